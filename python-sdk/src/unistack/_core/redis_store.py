"""Accounts of quotas in Redis, shared by many processes."""

from __future__ import annotations

import hashlib
import inspect
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from .ledger_script import LEDGER_SCRIPT
from .limiter import Later

__all__ = ["RedisStore", "SharedTicket"]

_SHA: Final = hashlib.sha1(LEDGER_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_LOGGER: Final = logging.getLogger(__name__.partition(".")[0])


class SharedTicket:
    """One admitted request: its lease, and what the account said when it was taken."""

    __slots__ = ("at", "epoch", "lease", "least", "number", "pause")

    def __init__(
        self, lease: str, pause: float, number: str, least: str, at: str, epoch: str
    ) -> None:
        self.lease = lease
        self.pause = pause
        self.number = number
        self.least = least
        self.at = at
        self.epoch = epoch


class RedisStore:
    """Keeps accounts in Redis 5 or newer: one hash for each quota, changed by one script.

    Every request under way holds a lease. When a process dies its leases run out, and their share
    returns. While Redis does not answer, each process goes on with an account of its own: calls
    never fail for it, a warning is logged once, and Redis is tried again every few seconds.

    Keys are named by a digest of origin, credential and policy, and expire some minutes after the
    last use.

    Args:
        client: A `redis.Redis` or `redis.asyncio.Redis` (or their `RedisCluster`), which is never
            closed here, or a URL such as `redis://localhost:6379/0`. The sync client needs a sync
            one; the async client can use both.
        prefix: Put before every key.
        account: Whom the calls are counted as, for credentials that are got at run time (a
            callable, a login), which do not say it: a user's or tenant's id.
        lease: Seconds after which a request without an answer is taken for lost. Choose it above
            your slowest call.
        timeout: Seconds that an answer of Redis is waited for. A sync `redis.Redis` waits as long
            as it was told itself (`socket_timeout`, `retry`).
        retry_after: Seconds without Redis after a failure.
        now: Seconds, for tests. By default the time of Redis itself, so that the clocks of the
            machines need not agree.

    Raises:
        ValueError: For a client that would wait for ever, or a number that is not positive.
    """

    def __init__(
        self,
        client: Any,
        *,
        prefix: str = "rate-limit:",
        account: str | None = None,
        lease: float = 30.0,
        timeout: float = 1.0,
        retry_after: float = 5.0,
        now: Callable[[], float] | None = None,
    ) -> None:
        if not (lease > 0 and timeout > 0 and retry_after > 0):
            raise ValueError("lease, timeout and retry_after must be positive")
        from redis.exceptions import NoScriptError, RedisError

        if isinstance(client, str):
            client = _connected(client, timeout)
        self.account = account
        self._client = client
        self._asynchronous = inspect.iscoroutinefunction(client.execute_command)
        if not self._asynchronous and _waits_for_ever(client):
            raise ValueError(
                "a Redis that hangs would hang every call: give the client a timeout, such as "
                "redis.Redis(..., socket_timeout=1, socket_connect_timeout=1)"
            )
        self._prefix = prefix
        self._lease = lease
        self._timeout = timeout
        self._retry_after = retry_after
        self._now = now
        self._missing: type[Exception] = NoScriptError
        self._failures: tuple[type[Exception], ...] = (RedisError, OSError)
        self._lock = threading.Lock()
        self._down_until = -math.inf
        self._warned = False

    def ask(self, name: str, random: float, spread: bool) -> SharedTicket | Later | float | None:
        """Ask for a share of a quota, blocking.

        Args:
            name: The quota's name.
            random: A number in [0, 1).
            spread: Whether the request may be held back a little.

        Returns:
            A ticket; when to ask again; seconds after which somebody's answer is likely; or None
            when Redis does not answer.
        """
        if self._asynchronous:
            raise TypeError("the sync client needs a sync Redis: RedisStore(redis.Redis(...))")
        lease = secrets.token_hex(8)
        return self._read(lease, self._run(name, "ask", lease, self._asking(random, spread)))

    async def aask(
        self, name: str, random: float, spread: bool
    ) -> SharedTicket | Later | float | None:
        """Ask for a share of a quota in a task; see `ask`."""
        lease = secrets.token_hex(8)
        try:
            return self._read(
                lease, await self._arun(name, "ask", lease, self._asking(random, spread))
            )
        except BaseException:
            # It may have been granted, and nobody will use it.
            await self._shielded(name, "lost", lease, ())
            raise

    def book(
        self,
        name: str,
        operation: str,
        ticket: SharedTicket | None,
        took: float,
        fields: tuple[float | None, ...],
    ) -> bool:
        """Tell how a request ended, blocking.

        Args:
            name: The quota's name.
            operation: `answered`, `refused` or `lost`.
            ticket: Of the request; None when it was sent without one.
            took: Seconds that the answer took.
            fields: What the operation takes.

        Returns:
            Whether Redis knows it now.
        """
        lease, arguments = _booking(ticket, took, fields)
        return self._run(name, operation, lease, arguments) is not None

    async def abook(
        self,
        name: str,
        operation: str,
        ticket: SharedTicket | None,
        took: float,
        fields: tuple[float | None, ...],
    ) -> bool:
        """Tell how a request ended in a task, even if that is being cancelled; see `book`."""
        lease, arguments = _booking(ticket, took, fields)
        return await self._shielded(name, operation, lease, arguments) is not None

    def after_fork(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self._lock = threading.Lock()

    def _asking(self, random: float, spread: bool) -> tuple[str, ...]:
        return repr(random), "1" if spread else "0", repr(self._lease)

    def _arguments(self, name: str, operation: str, lease: str, rest: tuple[str, ...]) -> list[Any]:
        now = "" if self._now is None else repr(self._now())
        return [1, self._prefix + name, operation, now, lease, *rest]

    def _run(self, name: str, operation: str, lease: str, rest: tuple[str, ...]) -> Any:
        if self._is_down():
            return None
        arguments = self._arguments(name, operation, lease, rest)
        try:
            try:
                answer = self._client.evalsha(_SHA, *arguments)
            except self._missing:
                answer = self._client.eval(LEDGER_SCRIPT, *arguments)
        except self._failures as error:
            self._failed(error)
            return None
        self._answered()
        return answer

    async def _arun(self, name: str, operation: str, lease: str, rest: tuple[str, ...]) -> Any:
        import anyio

        if self._is_down():
            return None
        if not self._asynchronous:
            # The answer is not waited for longer than the thread is by its socket's timeout.
            return await anyio.to_thread.run_sync(self._run, name, operation, lease, rest)
        arguments = self._arguments(name, operation, lease, rest)
        try:
            with anyio.fail_after(self._timeout):
                try:
                    answer = await self._client.evalsha(_SHA, *arguments)
                except self._missing:
                    answer = await self._client.eval(LEDGER_SCRIPT, *arguments)
        except self._failures as error:
            self._failed(error)
            return None
        self._answered()
        return answer

    async def _shielded(self, name: str, operation: str, lease: str, rest: tuple[str, ...]) -> Any:
        import anyio

        with anyio.CancelScope(shield=True):
            return await self._arun(name, operation, lease, rest)

    def _read(self, lease: str, answer: Any) -> SharedTicket | Later | float | None:
        if answer is None:
            return None
        kind, *rest = (part.decode() if isinstance(part, bytes) else part for part in answer)
        if kind == "go":
            pause, number, least, at, epoch = rest
            return SharedTicket(lease, float(pause), number, least, at, epoch)
        if kind == "until":
            return Later(float(rest[1]), float(rest[2]))
        return float(rest[0])

    def _is_down(self) -> bool:
        if not self._warned:
            return False
        now = time.monotonic()
        with self._lock:
            if now < self._down_until:
                return True
            # One tries it, the others go on without.
            self._down_until = now + self._retry_after
        return False

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._down_until = time.monotonic() + self._retry_after
            first, self._warned = not self._warned, True
        if first:
            _LOGGER.warning(
                "Redis does not answer (%s: %s): each process keeps to the rate limits by itself "
                "until it does",
                type(error).__name__,
                error,
            )

    def _answered(self) -> None:
        if self._warned:
            with self._lock:
                self._warned = False
            _LOGGER.warning("Redis answers again: rate limits are shared")

    def __repr__(self) -> str:
        return f"RedisStore(prefix={self._prefix!r})"


def _booking(
    ticket: SharedTicket | None, took: float, fields: tuple[float | None, ...]
) -> tuple[str, tuple[str, ...]]:
    known = ("0", "1", "", "") if ticket is None else _known(ticket)
    said = tuple("" if field is None else repr(field) for field in fields)
    return ("" if ticket is None else ticket.lease), (*known, repr(took), *said)


def _known(ticket: SharedTicket) -> tuple[str, ...]:
    return ticket.number, ticket.least, ticket.at, ticket.epoch


def _connected(url: str, timeout: float) -> Any:
    """A sync client that asks once, and not longer than so many seconds."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        # A connection that Redis has closed meanwhile is opened anew.
        retry=Retry(NoBackoff(), 1),
    )


def _waits_for_ever(client: Any) -> bool:
    """Whether a sync client has no limit for an answer; False where that cannot be seen."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return False
    connection = pool.connection_class(**pool.connection_kwargs)  # which connects to nothing yet
    return getattr(connection, "socket_timeout", 0.0) is None

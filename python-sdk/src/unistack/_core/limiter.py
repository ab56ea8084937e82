"""The accounts of all quotas, in this process's memory or in a store that many processes share."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .commands import Command, Waiter
from .ledger import AwaitAnswer, Bucket, Go, Ticket
from .ratelimit import Reading, ServerClock, read_rate_limit
from .retry import server_wait

if TYPE_CHECKING:
    from .redis_store import RedisStore, SharedTicket

__all__ = [
    "Admission",
    "Asking",
    "Later",
    "LocalQueue",
    "Outcome",
    "Queue",
    "RateLimiter",
    "SharedQueue",
    "Turn",
]

_THROTTLED: Final = 429
# Asking again while somebody else's answer is awaited that may arrive at another process: after
# the usual round trip first, then ever more rarely.
_ASK_LEAST: Final = 0.01  # seconds
_ASK_MOST: Final = 1.0  # seconds


class Later:
    """Ask again after so many seconds; `added` of them are more than the server asked for."""

    __slots__ = ("added", "seconds")

    def __init__(self, seconds: float, added: float) -> None:
        self.seconds = seconds
        self.added = added


class Turn:
    """Ask again when the waiter is woken, or after so many seconds; None is no limit."""

    __slots__ = ("seconds", "waiter")

    def __init__(self, waiter: Waiter, seconds: float | None = None) -> None:
        self.waiter = waiter
        self.seconds = seconds


class Admission:
    """One admitted request, until its answer is booked.

    Attributes:
        pause: Seconds to wait before it is sent, which spreads clients that waited together.
    """

    __slots__ = ("_queue", "_ticket", "pause")

    def __init__(self, queue: LocalQueue, ticket: Ticket, pause: float = 0.0) -> None:
        self._queue = queue
        self._ticket = ticket
        self.pause = pause

    def answered(
        self, status: int, headers: Mapping[str, str], now: float, wall: float
    ) -> Command | None:
        """Book a response.

        Args:
            status: HTTP status.
            headers: Response headers by lower-case name.
            now: Monotonic seconds.
            wall: Epoch seconds.

        Returns:
            What the driver must still do, if the account is kept elsewhere.
        """
        queue = self._queue
        if status == _THROTTLED:
            wait = _asked_wait(headers, wall)
            with queue.lock:
                queue.bucket.refused(self._ticket, now, wait)
        else:
            reading = queue.read(headers, wall, max(0.0, now - self._ticket.at))
            with queue.lock:
                queue.bucket.answered(self._ticket, now, reading.remaining, reading.reset_in)
        if queue.waiters:
            queue.wake()
        return None

    def lost(self) -> Command | None:
        """Book that there was no response; returns what `answered` returns."""
        queue = self._queue
        with queue.lock:
            queue.bucket.lost(self._ticket)
        queue.wake()
        return None


def _asked_wait(headers: Mapping[str, str], wall: float) -> float | None:
    """What a refusal asks for: Retry-After, else the reset that it states."""
    wait = server_wait(headers, wall)
    return read_rate_limit(headers, wall).reset_in if wait is None else wait


class LocalQueue:
    """A bucket, its lock, and those who wait for somebody else's answer."""

    __slots__ = ("_server", "bucket", "lock", "waiters")

    def __init__(self) -> None:
        self._server = ServerClock()
        self.bucket = Bucket()
        self.lock = threading.Lock()
        self.waiters: list[Waiter] = []

    def ask(self, now: float, random: float, spread: bool = True, turns: int = 0) -> Outcome:
        """Whether a request may go.

        Args:
            now: Monotonic seconds.
            random: A number in [0, 1).
            spread: Whether it may be held back a little, to spread those who waited together.
            turns: How often it has waited for its turn.
        """
        bucket = self.bucket
        with self.lock:
            decision = bucket.ask(now, random)
            if isinstance(decision, Go):
                pause = decision.pause if spread else 0.0
                return Admission(self, bucket.take(now + pause), pause)
            if isinstance(decision, AwaitAnswer):
                waiter = Waiter()
                self.waiters.append(waiter)
                return Turn(waiter)
            return Later(decision.time - now, bucket.added)

    def read(self, headers: Mapping[str, str], wall: float, took: float) -> Reading:
        """Read a response's limits, its reset in seconds from when the request was sent.

        The server stated it later than that, so nobody comes before the reset.

        Args:
            headers: Response headers by lower-case name.
            wall: Epoch seconds when the response arrived.
            took: Seconds that it took.
        """
        sent = wall - took
        return read_rate_limit(headers, sent, self._server.heard(headers, sent, wall))

    def unasked(self, started: float) -> Admission:
        """An admission for a request that was sent without asking, at that time."""
        with self.lock:
            return Admission(self, self.bucket.take(started))

    def wake(self) -> None:
        """Let all who wait ask again; call without the lock."""
        with self.lock:
            woken, self.waiters = self.waiters, []
        for waiter in woken:
            waiter.wake()


class SharedQueue:
    """An account in a store, and this process's own for when the store does not answer."""

    __slots__ = ("local", "name", "store")

    def __init__(self, store: RedisStore, name: str) -> None:
        self.local = LocalQueue()
        self.store = store
        self.name = name

    def ask(self, now: float, random: float, spread: bool = True, turns: int = 0) -> Outcome:
        """What to do to learn whether a request may go; see `LocalQueue.ask`."""
        return Asking(self, now, random, spread, turns)

    def unasked(self, started: float) -> Admission:
        """An admission for a request that was sent without asking, at that time."""
        return SharedAdmission(self, None, started)

    def turn(self, round_trip: float, turns: int) -> Turn:
        """Wait until this process books an answer; another's is asked for now and then."""
        waiter = Waiter()
        with self.local.lock:
            self.local.waiters.append(waiter)
        seconds = max(_ASK_LEAST, round_trip) * float(2 ** min(turns, 16))
        return Turn(waiter, min(_ASK_MOST, seconds))


class Asking:
    """Ask a shared account; the result is an `Outcome`. Without the store the process's own."""

    __slots__ = ("_arguments", "_queue")

    def __init__(
        self, queue: SharedQueue, now: float, random: float, spread: bool, turns: int
    ) -> None:
        self._queue = queue
        self._arguments = (now, random, spread, turns)

    def run(self) -> Outcome:
        """Ask, blocking."""
        _, random, spread, _ = self._arguments
        return self._outcome(self._queue.store.ask(self._queue.name, random, spread))

    async def arun(self) -> Outcome:
        """Ask in a task."""
        _, random, spread, _ = self._arguments
        return self._outcome(await self._queue.store.aask(self._queue.name, random, spread))

    def _outcome(self, answer: Any) -> Outcome:
        now, random, spread, turns = self._arguments
        if answer is None:
            return self._queue.local.ask(now, random, spread, turns)
        if isinstance(answer, Later):
            return answer
        if isinstance(answer, float):
            return self._queue.turn(answer, turns)
        return SharedAdmission(self._queue, answer, now, answer.pause)


class SharedAdmission(Admission):
    """An admitted request whose account is in a store."""

    __slots__ = ("_shared", "_started", "_told")

    def __init__(
        self, queue: SharedQueue, ticket: SharedTicket | None, started: float, pause: float = 0.0
    ) -> None:
        self._shared = queue
        self._told = ticket
        self._started = started
        self.pause = pause

    def answered(
        self, status: int, headers: Mapping[str, str], now: float, wall: float
    ) -> Command | None:
        """See `Admission.answered`."""
        took = max(0.0, now - self._started - self.pause)

        def local() -> None:
            self._shared.local.unasked(now - took).answered(status, headers, now, wall)

        if status == _THROTTLED:
            fields: tuple[float | None, ...] = (_asked_wait(headers, wall),)
            return _Booking(self._shared, "refused", self._told, took, fields, local)
        reading = self._shared.local.read(headers, wall, took)
        fields = (reading.remaining, reading.reset_in)
        return _Booking(self._shared, "answered", self._told, took, fields, local)

    def lost(self) -> Command | None:
        """See `Admission.lost`."""
        return _Booking(self._shared, "lost", self._told, 0.0, (), lambda: None)


class _Booking:
    """Tell a store how a request ended; never raises, since the answer is there already."""

    __slots__ = ("_arguments", "_local", "_queue")

    def __init__(
        self,
        queue: SharedQueue,
        operation: str,
        ticket: SharedTicket | None,
        took: float,
        fields: tuple[float | None, ...],
        local: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._arguments = (operation, ticket, took, fields)
        self._local = local

    def run(self) -> None:
        """Tell it, blocking."""
        self._told(self._queue.store.book(self._queue.name, *self._arguments))

    async def arun(self) -> None:
        """Tell it in a task; a cancellation waits for that."""
        self._told(await self._queue.store.abook(self._queue.name, *self._arguments))

    def _told(self, booked: bool) -> None:
        if not booked:
            # This process goes on by itself, with what it has just learnt.
            self._local()
        self._queue.local.wake()


Outcome: TypeAlias = "Admission | Later | Turn | Asking"
Queue: TypeAlias = LocalQueue | SharedQueue


class RateLimiter:
    """Holds requests back before they pass a quota. Thread safe.

    A client has one of its own. Clients that are given the same one share their accounts, and with
    a store so do processes::

        limiter = RateLimiter(store=RedisStore(redis.Redis()))

    Args:
        store: Where the accounts are kept; None is this process's memory.
    """

    def __init__(self, store: RedisStore | None = None) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._queues: dict[Hashable, Queue] = {}
        _LIMITERS.add(self)

    def queue(self, key: Hashable, name: Callable[[], str | None]) -> Queue:
        """The queue of one quota.

        Args:
            key: What tells it apart in this process.
            name: Makes what tells it apart among processes; None when nothing does, so that the
                account stays in this process.
        """
        found = self._queues.get(key)
        if found is None:
            shared = None if self._store is None else name()
            made: Queue
            if self._store is None or shared is None:
                made = LocalQueue()
            else:
                made = SharedQueue(self._store, shared)
            with self._lock:
                found = self._queues.setdefault(key, made)
        return found

    @property
    def account(self) -> str | None:
        """Whom the store was told that calls are counted as."""
        return None if self._store is None else self._store.account

    def after_fork(self) -> None:
        """Start anew in the child: the parent's requests are not the child's."""
        self._lock = threading.Lock()
        self._queues = {}
        if self._store is not None:
            self._store.after_fork()

    def __repr__(self) -> str:
        return f"RateLimiter(store={self._store!r})"


_LIMITERS: weakref.WeakSet[RateLimiter] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for limiter in list(_LIMITERS):
        limiter.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

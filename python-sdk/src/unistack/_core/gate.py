"""Admission: who may send now, by the ledger of the quota that the request is counted under."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Final

from .commands import AwaitWaiter, Flow, Pause, Waiter
from .errors import RateLimitWaitError
from .failures import deadline_error
from .ledger import AwaitAnswer, Bucket, Go, Ticket
from .ratelimit import read_rate_limit
from .redaction import redacted_url
from .retry import server_wait

if TYPE_CHECKING:
    from .base_client import BaseClient
    from .call import Call
    from .request import Plan

__all__ = ["Admission", "Gate", "admit", "asked"]

_THROTTLED: Final = 429
# What whole seconds make of a reset, which is no wish of the server's: up to one by its own rounding,
# up to one by that of its `Date`, and the one that is put on top of both. Without it no quota of
# "n a minute" could be waited for within a `max_wait` of a minute.
_ROUNDING: Final = 3.0  # seconds


class _Queue:
    """A bucket, its lock, and those who wait for somebody else's answer."""

    __slots__ = ("bucket", "lock", "waiters")

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.lock = threading.Lock()
        self.waiters: list[Waiter] = []

    def wake(self) -> None:
        """Let all who wait ask again; call without the lock."""
        with self.lock:
            woken, self.waiters = self.waiters, []
        for waiter in woken:
            waiter.wake()


class Gate:
    """The queues of a client and its copies: one for each origin, credential and policy."""

    __slots__ = ("_lock", "_queues")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, _Queue] = {}

    def queue(self, key: Hashable) -> _Queue:
        """The queue of one quota."""
        found = self._queues.get(key)
        if found is None:
            with self._lock:
                found = self._queues.setdefault(key, _Queue())
        return found

    def after_fork(self) -> None:
        """Start anew in the child: the parent's requests are not the child's."""
        self._lock = threading.Lock()
        self._queues = {}


class Admission:
    """One admitted request, until its answer is booked."""

    __slots__ = ("_queue", "_ticket")

    def __init__(self, queue: _Queue, ticket: Ticket) -> None:
        self._queue = queue
        self._ticket = ticket

    def answered(self, status: int, headers: Mapping[str, str], now: float, wall: float) -> None:
        """Book a response.

        Args:
            status: HTTP status.
            headers: Response headers by lower-case name.
            now: Monotonic seconds.
            wall: Epoch seconds.
        """
        queue = self._queue
        if status == _THROTTLED:
            wait = server_wait(headers, wall)
            with queue.lock:
                queue.bucket.refused(self._ticket, now, wait)
        else:
            reading = read_rate_limit(headers, wall)
            with queue.lock:
                queue.bucket.answered(self._ticket, now, reading.remaining, reading.reset_in)
        if queue.waiters:
            queue.wake()

    def lost(self) -> None:
        """Book that there was no response."""
        queue = self._queue
        with queue.lock:
            queue.bucket.lost(self._ticket)
        queue.wake()


def asked(wait: float, bucket: Bucket) -> float:
    """What the server asked for, at least, when the ledger makes it so many seconds."""
    return wait - _ROUNDING - bucket.added


def admit(client: BaseClient, plan: Plan, call: Call, retry_index: int) -> Flow:
    """Wait until a request may be sent without passing its quota.

    Returns:
        An Admission, to be booked by whoever sends.

    Raises:
        RateLimitWaitError: When that would take longer than the caller allows.
        APITimeoutError: When the deadline passes while others' answers are awaited.
    """
    shared, settings = client._shared, client._settings
    clock = shared.clock
    queue = shared.gate.queue(plan.quota)
    bucket = queue.bucket
    while True:
        now = clock.monotonic()
        with queue.lock:
            decision = bucket.ask(now, clock.random())
            if isinstance(decision, Go):
                # A retry has had its own jitter, so it need not be spread again.
                pause = 0.0 if retry_index else decision.pause
                admission = Admission(queue, bucket.take(now + pause))
                break
            waiter = None
            if isinstance(decision, AwaitAnswer):
                waiter = Waiter()
                queue.waiters.append(waiter)
        if waiter is not None:
            left = None if call.deadline is None else call.deadline - now
            if left is not None and left <= 0:
                raise deadline_error(plan.endpoint.method, call.url, shared.secret_names)
            yield AwaitWaiter(waiter, left)
            continue
        assert not isinstance(decision, AwaitAnswer)
        wait = decision.time - now
        late = call.deadline is not None and decision.time > call.deadline
        long = asked(wait, bucket) > settings.max_wait
        if settings.on_limit == "raise" or long or late:
            raise _refusal(client, plan, call, wait)
        yield Pause(clock, wait)
    if pause:
        try:
            yield Pause(clock, pause)
        except BaseException:
            admission.lost()
            raise
    return admission


def _refusal(client: BaseClient, plan: Plan, call: Call, wait: float) -> RateLimitWaitError:
    shared = client._shared
    return RateLimitWaitError(
        f"not sent: the rate limit leaves room in {wait:.1f} s",
        wait=wait,
        policy=plan.endpoint.rate_limit,
        method=plan.endpoint.method,
        url=redacted_url(call.url, shared.secret_names),
    )

"""Admission: who may send now, by the ledger of the quota that the request is counted under."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .accounts import shared_name
from .commands import AwaitWaiter, Flow, Pause
from .errors import RateLimitWaitError
from .failures import deadline_error
from .limiter import Admission, Asking, Later, Turn
from .redaction import redacted_url

if TYPE_CHECKING:
    from .base_client import BaseClient
    from .call import Call
    from .clock import Clock
    from .limiter import Outcome, Queue
    from .request import Plan

__all__ = ["admit", "asked", "wait_for_room"]

# What whole seconds make of a reset, which is no wish of the server's: up to one by its own rounding,
# up to one by that of its `Date`, and the one that is put on top of both. Without it no quota of
# "n a minute" could be waited for within a `max_wait` of a minute.
_ROUNDING: Final = 3.0  # seconds


def asked(later: Later) -> float:
    """What the server asked for, at least, when the ledger makes it a longer wait."""
    return later.seconds - _ROUNDING - later.added


def admit(client: BaseClient, plan: Plan, call: Call, retry_index: int) -> Flow:
    """Wait until a call may be sent without passing its quota.

    Returns:
        An Admission, to be booked by whoever sends.

    Raises:
        RateLimitWaitError: When that would take longer than the caller allows.
        APITimeoutError: When the deadline passes while others' answers are awaited.
    """
    shared, settings = client._shared, client._settings
    clock, limiter = shared.clock, shared.limiter
    queue = limiter.queue(plan.quota, lambda: shared_name(plan, limiter.account))
    # A retry has had its own jitter, so it need not be spread again.
    spread = not retry_index
    first = queue.ask(clock.monotonic(), clock.random(), spread)
    if isinstance(first, Admission) and not first.pause:
        return first  # as nearly always

    def refuse(later: Later) -> None:
        deadline = call.deadline
        late = deadline is not None and clock.monotonic() + later.seconds > deadline
        if settings.on_limit == "raise" or asked(later) > settings.max_wait or late:
            raise _refusal(client, plan, call, later.seconds)

    def patience() -> float | None:
        if call.deadline is None:
            return None
        left = call.deadline - clock.monotonic()
        if left <= 0:
            raise deadline_error(plan.endpoint.method, call.url, shared.secret_names)
        return left

    return (yield from wait_for_room(first, queue, clock, spread, refuse, patience))


def wait_for_room(
    outcome: Outcome,
    queue: Queue,
    clock: Clock,
    spread: bool,
    refuse: Callable[[Later], None],
    patience: Callable[[], float | None],
) -> Flow:
    """Wait until a request may be sent without passing a quota.

    Args:
        outcome: What the queue said when it was asked first.
        queue: The quota's.
        clock: For the time and the waits.
        spread: Whether the request may be held back a little, to spread those who waited together.
        refuse: Raises where a wait is longer than the caller allows.
        patience: How many seconds somebody else's answer may be awaited; None is no limit.

    Returns:
        An Admission, to be booked by whoever sends.
    """
    turns = 0
    while True:
        if isinstance(outcome, Asking):
            outcome = yield outcome
        if isinstance(outcome, Turn):
            yield AwaitWaiter(outcome.waiter, _shorter(patience(), outcome.seconds))
            turns += 1
        elif isinstance(outcome, Later):
            refuse(outcome)
            yield Pause(clock, outcome.seconds)
            turns = 0
        else:
            break
        outcome = queue.ask(clock.monotonic(), clock.random(), spread, turns)
    assert isinstance(outcome, Admission)
    if outcome.pause:
        try:
            yield Pause(clock, outcome.pause)
        except BaseException as error:
            booking = outcome.lost()
            if booking is not None and not isinstance(error, GeneratorExit):
                yield booking
            raise
    return outcome


def _shorter(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _refusal(client: BaseClient, plan: Plan, call: Call, wait: float) -> RateLimitWaitError:
    shared = client._shared
    return RateLimitWaitError(
        f"not sent: the rate limit leaves room in {wait:.1f} s",
        wait=wait,
        policy=plan.endpoint.rate_limit,
        method=plan.endpoint.method,
        url=redacted_url(call.url, shared.secret_names),
    )

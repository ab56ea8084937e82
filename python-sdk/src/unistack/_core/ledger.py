"""The rate-limit ledger: which request may go now, so that no quota is ever passed.

A bucket is what one server meters together: one host, one credential, one policy. It learns the
quota from the responses, by counting. If the n-th request of this client, sent after `done` others
had been answered, comes back with `remaining` left, the server has counted at least `done + 1` of
ours before it wrote that number and at most all that were sent until the answer arrived; so the
quota ends between `remaining + done + 1` and `remaining + sent`, counted in our own requests.

Values in, decisions out: no clock, no lock, no random numbers (see `gate.py` for those).
All times are monotonic seconds.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from .record import Record

__all__ = ["AwaitAnswer", "Bucket", "Decision", "Go", "Ticket", "WaitUntil"]

_FOREIGN_GAIN: Final = 0.3  # how fast the rate of others' requests is learnt
_FOREIGN_DECAY: Final = 0.98  # how fast it is forgotten, per answer that shows none
_RTT_GAIN: Final = 0.3
_NEGLIGIBLE: Final = 0.2  # requests of others during one round trip that need no margin
_SPREAD: Final = 0.01  # seconds, least spread of those who waited out a refusal together
_GAP_LEAST: Final = 0.05  # seconds
_GAP_MOST: Final = 5.0  # seconds
_GAP_DECAY: Final = 0.9

_TICK: Final = 0.001  # seconds, least time between two observations
# A server that asks for years has made a mistake, and a mistake must not close a client for good:
# after a day one request looks.
_LONGEST: Final = 86_400.0  # seconds


class Go(Record):
    """Send, after a pause of so many seconds (which spreads clients that waited together)."""

    __slots__ = ("pause",)

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause


class WaitUntil(Record):
    """Ask again at this time."""

    __slots__ = ("time",)

    def __init__(self, time: float) -> None:
        self.time = time


class AwaitAnswer(Record):
    """Ask again when a request that is under way has been answered, or has failed."""

    __slots__ = ()


Decision: TypeAlias = Go | WaitUntil | AwaitAnswer
# Made once: nearly every request goes at once.
_AT_ONCE: Final = Go()


class Ticket(Record):
    """One admitted request: its number, the least count at the server, when it was sent."""

    __slots__ = ("at", "least", "number")

    def __init__(self, number: int, least: int, at: float) -> None:
        self.number = number
        self.least = least
        self.at = at


class Bucket:
    """The account of one quota.

    Attributes:
        sent: Requests admitted so far, less those that were lost.
        done: Requests answered so far.
        total: How many of our requests the quota admits in all, as far as is known.
        raised_by: Number of the request whose answer last raised `total`.
        reset: When the quota is replenished.
        granted: The last `reset` for which a probe was let through.
        closed: Nothing is sent before this time.
        foreign: Requests a second that others take from the same quota.
        rtt: Smoothed round trip.
        gap: Spread of clients after a refusal, in seconds.
        window: Most requests under way at once where the server states no quota.
    """

    __slots__ = (
        "_probing",
        "_seen",
        "closed",
        "done",
        "foreign",
        "gap",
        "granted",
        "raised_by",
        "reset",
        "rtt",
        "sent",
        "total",
        "unmetered",
        "window",
    )

    def __init__(self) -> None:
        self.sent = 0
        self.done = 0
        self.total: int | None = None
        self.raised_by = 0
        self.reset = -math.inf
        self.granted = -math.inf
        self.closed = -math.inf
        self.foreign = 0.0
        self.rtt = 0.0
        self.gap = 0.0
        self.window = math.inf
        self.unmetered = False
        self._probing = False
        self._seen: float | None = None

    @property
    def under_way(self) -> int:
        """Requests that were admitted and not answered yet."""
        return self.sent - self.done

    @property
    def added(self) -> float:
        """The most seconds that a wait has beyond what the server asked for."""
        return self.rtt + _SPREAD + self.gap

    def ask(self, now: float, random: float) -> Decision:
        """Whether a request may go now. After `Go` the caller takes a ticket with `take`.

        Args:
            now: Monotonic seconds.
            random: A number in [0, 1).
        """
        if now < self.closed:
            return WaitUntil(self.closed + random * (_SPREAD + self.gap))
        if self.unmetered:
            return _AT_ONCE if self.under_way < max(1.0, self.window) else AwaitAnswer()
        if self.total is None:
            # Nothing is known: one request finds out.
            return AwaitAnswer() if self._probing and self.under_way else _AT_ONCE
        if self.total - self.sent >= 1 + self._margin():
            return _AT_ONCE
        if self.reset > self.granted:
            return Go(random * 2 * self.gap) if now >= self.reset else WaitUntil(self.reset)
        return AwaitAnswer() if self.under_way else _AT_ONCE

    def _margin(self) -> int:
        others = self.foreign * self.rtt
        return 0 if others <= _NEGLIGIBLE else math.ceil(others)

    def take(self, now: float) -> Ticket:
        """Count a request that is sent now."""
        if self.total is None:
            self._probing = True
        elif self.total - self.sent < 1 + self._margin() and now >= self.reset > self.granted:
            self.granted = self.reset
        self.sent += 1
        return Ticket(self.sent, self.done + 1, now)

    def answered(
        self, ticket: Ticket, now: float, remaining: int | None, reset_in: float | None
    ) -> None:
        """Learn from a response that was no refusal.

        Args:
            ticket: Of the request.
            now: When the response arrived.
            remaining: What the server says is left; None when it does not say.
            reset_in: Seconds from the response to the replenishment; None when it is not said.
        """
        self._settle(ticket, now)
        if remaining is None:
            if self.total is None:
                self.unmetered = True
            if self.window is not math.inf:
                self.window += 1 / max(1.0, self.window)
            return
        self.unmetered = False
        most = self.sent
        if self.total is None or remaining + ticket.least > self.total:
            self.total = remaining + ticket.least
            self.raised_by = ticket.number
        elif ticket.number >= self.raised_by and remaining + most < self.total:
            elapsed = max(_TICK, now - (self._seen if self._seen is not None else ticket.at))
            taken = (self.total - remaining - most) / elapsed
            self.foreign += _FOREIGN_GAIN * (taken - self.foreign)
            self.total = remaining + most
        else:
            self.foreign *= _FOREIGN_DECAY
        self._seen = now
        self.gap *= _GAP_DECAY
        if reset_in is not None:
            self.reset = max(self.reset, ticket.at + self.rtt / 2 + min(reset_in, _LONGEST))

    def refused(self, ticket: Ticket, now: float, retry_after: float | None) -> None:
        """Learn from a 429.

        Args:
            ticket: Of the request.
            now: When the response arrived.
            retry_after: Seconds that the server asks to wait; None when it does not say.
        """
        self._settle(ticket, now)
        wait = min(retry_after or 0.0, _LONGEST)
        self.closed = max(self.closed, now + wait)
        self.gap = min(_GAP_MOST, max(_GAP_LEAST, 2 * self.gap))
        if self.unmetered:
            self.window = max(1.0, min(self.window, self.under_way + 1) / 2)
            return
        self.total = self.sent
        self.raised_by = ticket.number
        # What the server says of this refusal wins over a reset learnt before: a burst limit in
        # front of an hourly quota must not close the client for an hour.
        self.reset = max(self.reset, now) if retry_after is None else self.closed

    def lost(self, ticket: Ticket) -> None:
        """Take back a request that ended without a response; it may not have been counted."""
        self.sent -= 1
        self._probing = False
        if self.granted == self.reset:
            # The probe after a replenishment may have been this one: let another through.
            self.granted = -math.inf

    def _settle(self, ticket: Ticket, now: float) -> None:
        self.done += 1
        self._probing = False
        took = max(0.0, now - ticket.at)
        self.rtt += (took - self.rtt) * (_RTT_GAIN if self._seen is not None else 1.0)

"""Time for the mock server: real, or virtual and moved only when somebody says so.

Everything that shows or needs a time (timestamps, rate-limit windows, token expiry, delayed
responses, webhook retries, the ``Date`` header) asks one :class:`Clock`, so a test that owns the
clock owns all of it and never waits.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TypeAlias

__all__ = [
    "EPOCH",
    "LATEST",
    "Clock",
    "Timer",
    "format_http_date",
    "format_timestamp",
    "parse_instant",
    "parse_timestamp",
]

EPOCH = 1_767_225_600.0
"""Where virtual time and seeded data begin: 2026-01-01T00:00:00Z, in epoch seconds."""

LATEST = 253_370_764_800.0
"""The last reading that a clock is set to: 9999-01-01T00:00:00Z; later ones have no date."""

Callback: TypeAlias = Callable[[], Awaitable[None] | None]
"""What a timer runs; virtual time stands still until an awaitable that it returns is done."""


class Timer:
    """A callback that waits for its time; :meth:`cancel` keeps it from running."""

    __slots__ = ("callback", "cancelled", "due")

    def __init__(self, due: float, callback: Callback) -> None:
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True


class Clock:
    """A session's time. All times are epoch seconds, UTC; all methods run on one event loop.

    Virtual time stands still until it is set or advanced, or until everybody waits for it: when
    every registered client sleeps and no request is being served (:meth:`enter`, :meth:`leave`),
    nobody is left who could act, and time jumps to the earliest end of a sleep. Timers that fall
    due on the way run in order.

    Args:
        virtual: Whether time moves only when told.
        start: The first reading of virtual time.
    """

    def __init__(self, *, virtual: bool = False, start: float = EPOCH) -> None:
        self.virtual = virtual
        self.start = start
        self._now = start
        self._order = 0
        self._timers: list[tuple[float, int, Timer]] = []
        self._clients: dict[str, float | None] = {}
        self._sleeps: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self._busy = 0
        self._activity = 0
        self._moving = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        """The time, in epoch seconds."""
        return self._now if self.virtual else time.time()

    @property
    def clients(self) -> list[str]:
        """Names of the registered clients, sorted."""
        return sorted(self._clients)

    @property
    def sleeping(self) -> int:
        """How many sleeps are pending."""
        return len(self._sleeps)

    def register(self, client: str, idle_after: float | None = None) -> None:
        """Count ``client`` among those that must sleep before time moves by itself.

        Args:
            client: The client's name.
            idle_after: Real seconds without any request after which clients that do not sleep are
                taken to wait for one that does.
        """
        self._clients[client] = idle_after

    def unregister(self, client: str) -> None:
        """Stop counting ``client``, and wake it; time moves at once if all others sleep."""
        self._clients.pop(client, None)
        for sleeper, future in list(self._sleeps.values()):
            if sleeper == client and not future.done():
                future.set_result(None)
        self._consider()

    def switch(self, *, virtual: bool) -> None:
        """Change between real and virtual time; virtual time goes on from the present reading."""
        if virtual and not self.virtual:
            self._now = time.time()
        self.virtual = virtual

    def enter(self) -> None:
        """A request is being served: time does not jump."""
        self._busy += 1
        self._activity += 1

    def leave(self) -> None:
        """A request that :meth:`enter` counted has been answered."""
        self._busy -= 1
        self._activity += 1
        if self._sleeps:
            self._consider()

    def call_at(self, due: float, callback: Callback) -> Timer:
        """Run ``callback`` once the time is ``due``; a past time runs it as soon as possible."""
        timer = Timer(due, callback)
        if self.virtual:
            self._order += 1
            heapq.heappush(self._timers, (due, self._order, timer))
            if due <= self._now:
                self._spawn(self.advance(0.0))
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(max(0.0, due - self.now()), lambda: self._spawn(self._run(timer)))
        return timer

    async def set(self, now: float) -> None:
        """Jump to ``now`` (epoch seconds). Going back fires nothing."""
        async with self._moving:
            if now >= self._now:
                await self._move(now)
            else:
                self._now = now

    async def advance(self, seconds: float) -> None:
        """Move forward by ``seconds``; with a real clock, wait that long.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError("time cannot be advanced by a negative number of seconds")
        if not self.virtual:
            await asyncio.sleep(seconds)
            return
        async with self._moving:
            await self._move(self._now + seconds)

    async def sleep(self, client: str, seconds: float) -> None:
        """Return when the time has moved on by ``seconds``, or the client was unregistered."""
        if seconds <= 0:
            return
        if not self.virtual:
            await asyncio.sleep(seconds)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        timer = self.call_at(self._now + seconds, wake)
        self._order += 1
        number = self._order
        self._sleeps[number] = (client, future)
        try:
            self._consider()
            await future
        finally:
            timer.cancel()
            del self._sleeps[number]

    def wake_all(self) -> None:
        """End every sleep, cancel every timer and forget the clients."""
        for _, future in self._sleeps.values():
            if not future.done():
                future.set_result(None)
        for _, _, timer in self._timers:
            timer.cancel()
        self._clients.clear()

    def reset(self, start: float | None = None) -> None:
        """Go back to the beginning of virtual time, with nobody waiting."""
        self.wake_all()
        self._timers.clear()
        self.start = self.start if start is None else start
        self._now = self.start

    def resume(self, now: float) -> None:
        """Begin virtual time at another reading than its start; nothing falls due on the way."""
        self._now = now

    def _idle(self) -> bool:
        awake = Counter(self._clients.keys())
        for client, future in self._sleeps.values():
            if not future.done():
                awake.pop(client, None)
        return not awake and self._busy == 0

    def _consider(self) -> None:
        """Start moving time if nobody is left who could act."""
        if not self.virtual or not any(not f.done() for _, f in self._sleeps.values()):
            return
        if self._idle():
            self._spawn(self._jump())
            return
        patience = [seconds for seconds in self._clients.values() if seconds is not None]
        if patience and self._busy == 0:
            mark = self._activity
            asyncio.get_running_loop().call_later(min(patience), self._out_of_patience, mark)

    def _out_of_patience(self, mark: int) -> None:
        if mark == self._activity and self._busy == 0:
            self._spawn(self._jump(patient=False))

    async def _jump(self, *, patient: bool = True) -> None:
        async with self._moving:
            pending = [future for _, future in self._sleeps.values() if not future.done()]
            if not pending or (patient and not self._idle()):
                return
            while self._timers and not any(future.done() for future in pending):
                await self._move(self._timers[0][0])

    async def _move(self, target: float) -> None:
        while self._timers and self._timers[0][0] <= target:
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
            await self._run(timer)
        self._now = max(self._now, target)

    async def _run(self, timer: Timer) -> None:
        if timer.cancelled:
            return
        result = timer.callback()
        if result is not None:
            await result

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def format_timestamp(epoch: float) -> str:
    """An RFC 3339 date-time in UTC ending in ``Z``; milliseconds only when there are any."""
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def parse_timestamp(text: str) -> float:
    """Epoch seconds of an ISO 8601 date or date-time (UTC where no zone is named).

    Raises:
        ValueError: ``text`` is neither.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def parse_instant(value: str | float) -> float:
    """Epoch seconds of a date-time, or of a number that is that already.

    Raises:
        ValueError: The text is no date-time.
    """
    return parse_timestamp(value) if isinstance(value, str) else float(value)


def format_http_date(epoch: float) -> str:
    """An IMF-fixdate (RFC 9110, section 5.6.7)."""
    return formatdate(epoch, usegmt=True)

"""The kinds of quota that servers have: four of our own, and three of the package `limits`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import limits
import limits.storage.memory
import limits.strategies
from simulated_time import START

__all__ = ["LIMIT", "WINDOW", "WINDOWS", "Window", "floor"]

LIMIT = 100
WINDOW = 60.0  # seconds
_STEP = 0.01  # seconds between two looks of the client that knows everything

# Whether a request at that time is served, how many are left, and seconds until there are more.
Verdict = tuple[bool, int, float]


class Window(ABC):
    """What the kinds of server window have in common."""

    @abstractmethod
    def ask(self, now: float) -> Verdict:
        """Count a request."""


class Aligned(Window):
    """A fixed window that begins with each minute of the clock."""

    def __init__(self) -> None:
        self.opened = -math.inf
        self.used = 0

    def open(self, now: float) -> None:
        if now - now % WINDOW != self.opened:
            self.opened, self.used = now - now % WINDOW, 0

    def ask(self, now: float) -> Verdict:
        self.open(now)
        allowed = self.used < LIMIT
        self.used += allowed
        return allowed, LIMIT - self.used, self.opened + WINDOW - now


class FromFirst(Aligned):
    """A fixed window that begins with its first request."""

    def open(self, now: float) -> None:
        if now >= self.opened + WINDOW:
            self.opened, self.used = now, 0


class Sliding(Window):
    """The requests of the last minute; the reset is when the oldest leaves it."""

    def __init__(self) -> None:
        self.log: deque[float] = deque()

    def ask(self, now: float) -> Verdict:
        while self.log and self.log[0] <= now - WINDOW:
            self.log.popleft()
        allowed = len(self.log) < LIMIT
        if allowed:
            self.log.append(now)
        return allowed, LIMIT - len(self.log), self.log[0] + WINDOW - now


class TokenBucket(Window):
    """A bucket that refills evenly; the reset is when the next token comes."""

    def __init__(self) -> None:
        self.tokens = float(LIMIT)
        self.at = START

    def ask(self, now: float) -> Verdict:
        rate = LIMIT / WINDOW
        self.tokens = min(LIMIT, self.tokens + (now - self.at) * rate)
        self.at = now
        allowed = self.tokens >= 1
        self.tokens -= allowed
        return allowed, int(self.tokens), max(0.0, (1 - self.tokens % 1) / rate)


class Limits(Window):
    """A strategy of `limits`, with the storage in memory and the time of the simulation."""

    def __init__(self, strategy: Any) -> None:
        self.now = START
        clock: Any = SimpleNamespace(time=lambda: self.now)
        limits.storage.memory.time = clock
        limits.strategies.time = clock
        self.strategy = strategy(limits.storage.MemoryStorage())
        self.item = limits.RateLimitItemPerSecond(LIMIT, int(WINDOW))

    def ask(self, now: float) -> Verdict:
        self.now = now
        allowed = self.strategy.hit(self.item, "caller")
        stats = self.strategy.get_window_stats(self.item, "caller")
        return allowed, stats.remaining, max(0.0, stats.reset_time - now)


WINDOWS: dict[str, Callable[[], Window]] = {
    "aligned": Aligned,
    "from first": FromFirst,
    "sliding": Sliding,
    "token bucket": TokenBucket,
    "limits: fixed": lambda: Limits(limits.strategies.FixedWindowRateLimiter),
    "limits: moving": lambda: Limits(limits.strategies.MovingWindowRateLimiter),
    "limits: sliding": lambda: Limits(limits.strategies.SlidingWindowCounterRateLimiter),
}


def floor(window: Window, requests: int) -> float:
    """The seconds that a client needs that tries all the time, and for which a try is free."""
    steps = served = 0
    while True:
        now = START + steps * _STEP
        while window.ask(now)[0]:
            served += 1
            if served == requests:
                return now - START
        steps += 1

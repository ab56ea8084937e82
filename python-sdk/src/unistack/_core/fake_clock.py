"""Time that only moves when somebody says so."""

from __future__ import annotations

import threading

__all__ = ["FakeClock"]


class FakeClock:
    """A clock for tests: a sleep takes no time and moves the clock on.

    Args:
        now: Epoch seconds at the start.
        random: What `random()` answers, in [0, 1): 0 takes the jitter out of waits.

    Attributes:
        sleeps: The seconds of each sleep so far, in order.
    """

    def __init__(self, now: float = 1_700_000_000.0, *, random: float = 0.0) -> None:
        self._now = now
        self._elapsed = 0.0
        self._random = random
        self._lock = threading.Lock()
        self.sleeps: list[float] = []

    def time(self) -> float:
        """Epoch seconds."""
        return self._now + self._elapsed

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def random(self) -> float:
        """The number that the clock was made with."""
        return self._random

    def advance(self, seconds: float) -> None:
        """Move the clock on.

        Raises:
            ValueError: For a negative number: time does not go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._elapsed += seconds

    def sleep(self, seconds: float) -> None:
        """Note the sleep and move the clock on."""
        with self._lock:
            self.sleeps.append(seconds)
            self._elapsed += max(0.0, seconds)

    async def asleep(self, seconds: float) -> None:
        """Note the sleep, move the clock on, and let other tasks run."""
        import anyio.lowlevel

        self.sleep(seconds)
        await anyio.lowlevel.checkpoint()

    def __repr__(self) -> str:
        return f"<FakeClock {self.time()}>"

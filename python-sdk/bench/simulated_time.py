"""Time that jumps to the next thing that happens, so that figures are exact on every machine."""

from __future__ import annotations

import asyncio
import random
import selectors
from typing import Any

__all__ = ["START", "SimulatedClock", "SimulatedLoop"]

START = 1_767_225_613.7  # epoch seconds, in the middle of a minute
_TURN = 1e-7  # seconds of each turn of the loop: who asks again at once must not hold time up


class _Jump(selectors.DefaultSelector):
    """A selector that does not wait: it moves the time on instead."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits and nothing will happen")
        if not ready and timeout:
            self.elapsed += timeout
        self.elapsed += _TURN
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nobody has anything to do."""

    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.elapsed


class SimulatedClock:
    """The SDK's clock, by the loop's time."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.chance = random.Random(1)

    def time(self) -> float:
        return START + self.loop.time()

    def monotonic(self) -> float:
        return self.loop.time()

    def random(self) -> float:
        return self.chance.random()

    def sleep(self, seconds: float) -> None:
        raise RuntimeError("the async client does not block")

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

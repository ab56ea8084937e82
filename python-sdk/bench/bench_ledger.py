"""The rate-limit ledger against retries alone: 950 requests, 100 a minute, 8 workers.

Both are the same client, once with `on_limit="wait"` and once with `on_limit="off"`, against four
kinds of server window. Time is simulated: the event loop jumps to the next thing that happens, so
the figures are exact and the same on every machine. Prints a table, and the same as JSON in the
last line.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import selectors
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import httpx

from unistack import AsyncUnistack, RateLimitError, RateLimitWaitError

REQUESTS = 950
LIMIT = 100
WINDOW = 60.0  # seconds
WORKERS = 8
LATENCY = (0.01, 0.05)  # seconds, each way
START = 1_767_225_613.7  # epoch seconds, in the middle of a minute
# What the ledger may take over the floor. Resets come in whole seconds, and one is put on top so
# that no request is early: up to two seconds of each minute.
SLACK = 1.035

# Whether a request at that time is served, how many are left, and seconds until there are more.
Verdict = tuple[bool, int, float]


class Window(ABC):
    """What the kinds of server window have in common."""

    @abstractmethod
    def ask(self, now: float) -> Verdict:
        """Count a request."""

    def floor(self) -> float:
        """The least seconds in which all requests can be served."""
        return (math.ceil(REQUESTS / LIMIT) - 1) * WINDOW


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

    def floor(self) -> float:
        return super().floor() - START % WINDOW


class FromFirst(Aligned):
    """A fixed window that begins with its first request."""

    def open(self, now: float) -> None:
        if now >= self.opened + WINDOW:
            self.opened, self.used = now, 0

    def floor(self) -> float:
        return Window.floor(self)


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

    def floor(self) -> float:
        return (REQUESTS - LIMIT) * WINDOW / LIMIT


WINDOWS: dict[str, Callable[[], Window]] = {
    "aligned": Aligned,
    "from first": FromFirst,
    "sliding": Sliding,
    "token bucket": TokenBucket,
}


class _Jump(selectors.DefaultSelector):
    """A selector that does not wait: it moves the time on instead."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits and nothing will happen")
        if not ready and timeout:
            self.elapsed += timeout
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


def measure(window: Window, on_limit: Literal["wait", "off"]) -> dict[str, Any]:
    """Send all requests under one policy; a call that fails is not repeated."""
    counts = {"served": 0, "failed": 0, "refused": 0, "sent": 0}
    latency = random.Random(2)

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        clock = SimulatedClock(loop)

        async def answer(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(latency.uniform(*LATENCY))
            now = clock.time()
            allowed, remaining, reset = window.ask(now)
            await asyncio.sleep(latency.uniform(*LATENCY))
            counts["sent"] += 1
            headers = {
                "X-RateLimit-Limit": str(LIMIT),
                "X-RateLimit-Remaining": str(remaining),
                "X-RateLimit-Reset": str(math.ceil(round(now + reset, 6))),
            }
            if allowed:
                return httpx.Response(200, json={"success": True}, headers=headers)
            counts["refused"] += 1
            headers["Retry-After"] = str(math.ceil(reset))
            return httpx.Response(429, json={"success": False}, headers=headers)

        client = AsyncUnistack(
            api_key="sk_live_bench",
            base_url="https://api.unistack.dev/v1",
            transport=httpx.MockTransport(answer),
            on_limit=on_limit,
            clock=clock,
        )
        left = iter(range(REQUESTS))

        async def work() -> None:
            for _ in left:
                try:
                    await client.get("/users/user_1")
                    counts["served"] += 1
                except (RateLimitError, RateLimitWaitError):
                    counts["failed"] += 1

        async def run() -> None:
            await asyncio.gather(*(work() for _ in range(WORKERS)))

        runner.run(run())
        seconds = loop.time()
    floor = window.floor()
    return {
        **counts,
        "seconds": round(seconds, 1),
        "floor": round(floor, 1),
        "ratio": round(seconds / floor, 3),
    }


def main() -> int:
    """Measure, print, and fail when the ledger meets a 429 or wastes time."""
    results: dict[str, dict[str, Any]] = {}
    for name, make in WINDOWS.items():
        results[f"{name}, ledger"] = measure(make(), "wait")
        results[f"{name}, retries"] = measure(make(), "off")
    names = ("sent", "served", "failed", "refused", "seconds", "floor", "ratio")
    heads = ("sent", "served", "failed", "429s", "seconds", "floor", "ratio")
    print(f"{'window, policy':<24}" + "".join(f"{head:>9}" for head in heads))
    for name, row in results.items():
        print(f"{name:<24}" + "".join(f"{row[column]:>9}" for column in names))
    print(json.dumps({"bench_ledger": results}))
    over = [
        name
        for name, row in results.items()
        if name.endswith("ledger")
        and (row["refused"] or row["served"] != REQUESTS or row["ratio"] > SLACK)
    ]
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

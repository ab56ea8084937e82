"""Any response may be lost, in any way, and nothing waits for ever: through the whole client."""

from __future__ import annotations

import asyncio
import itertools
import math
import secrets
import selectors
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unistack._core.brand import Brand
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.errors import APIConnectionError, APIStatusError
from unistack.rate_limits import RateLimiter, RedisStore

BRAND = Brand("Api", "api", "API_TEST", "1", "https://api.test")
LIMIT, WINDOW = 5, 10.0
CALLS = 20
PATIENCE = 60.0  # real seconds until it is certain that a thread hangs

# What becomes of a request: `unsent` never arrives, `unheard` is counted and its answer lost,
# `broken` is answered with an error that states no quota, `cancelled` is given up on the wire.
Fate = Literal["unsent", "unheard", "broken", "cancelled"]
FATES = st.dictionaries(
    st.integers(0, 60), st.sampled_from(["unsent", "unheard", "broken", "cancelled"]), max_size=45
)
CHOSEN = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), max_examples=40
)


class Jump(selectors.DefaultSelector):
    """Does not wait: it moves the time on instead, and notices when nothing can happen any more."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        assert ready or timeout is not None, "everybody waits and nothing will happen"
        if not ready and timeout:
            self.elapsed += timeout
        self.elapsed += 1e-7
        return ready


class JumpLoop(asyncio.SelectorEventLoop):
    """Time passes only while nobody has anything to do."""

    def __init__(self) -> None:
        self.jump = Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.elapsed


class Clock:
    """By a function that tells the time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.time = self.monotonic = now

    def random(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        raise AssertionError("the async client does not block")

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Server:
    """A fixed window; loses what it is told to lose."""

    def __init__(self, now: Callable[[], float], fates: dict[int, Fate]) -> None:
        self.now = now
        self.fates = fates
        self.numbers = itertools.count()
        self.lock = threading.Lock()
        self.opened, self.used = -math.inf, 0

    def serve(self) -> httpx.Response | Fate:
        with self.lock:
            fate = self.fates.get(next(self.numbers))
            if fate in ("unsent", "cancelled"):
                return fate
            now = self.now()
            if now >= self.opened + WINDOW:
                self.opened, self.used = now, 0
            allowed = self.used < LIMIT
            self.used += allowed
            if fate == "unheard":
                return fate
            if fate == "broken":
                return httpx.Response(502, text="from a proxy")
            left = math.ceil(self.opened + WINDOW - now)
            headers = {
                "X-RateLimit-Remaining": str(LIMIT - self.used),
                "X-RateLimit-Reset": str(left),
            }
            if not allowed:
                return httpx.Response(429, json={}, headers={**headers, "Retry-After": str(left)})
            return httpx.Response(200, json={}, headers=headers)

    def sync(self, request: httpx.Request) -> httpx.Response:
        answer = self.serve()
        if not isinstance(answer, httpx.Response):
            raise httpx.ReadError("broken")
        return answer

    async def asynchronous(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        answer = self.serve()
        await asyncio.sleep(0)
        if answer == "cancelled":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        if not isinstance(answer, httpx.Response):
            raise httpx.ReadError("broken")
        return answer


class InLoop:
    """A sync Redis that looks async: no simulated time passes while it answers."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def execute_command(self, *arguments: Any) -> Any:
        return self.client.execute_command(*arguments)

    async def evalsha(self, *arguments: Any) -> Any:
        return self.client.evalsha(*arguments)

    async def eval(self, *arguments: Any) -> Any:
        return self.client.eval(*arguments)


def run_tasks(fates: dict[int, Fate], limiters: Callable[[Any], list[RateLimiter]]) -> None:
    """Let four tasks work until all calls are served; each limiter is a process's."""
    served = 0
    with asyncio.Runner(loop_factory=JumpLoop) as runner:
        now = runner.get_loop().time
        server = Server(now, fates)
        clients = [
            AsyncClient(
                BRAND,
                transport=httpx.MockTransport(server.asynchronous),
                clock=Clock(now),
                rate_limiter=limiter,
                max_retries=0,
            )
            for limiter in limiters(now)
        ]
        left = iter(range(CALLS))

        async def work(client: AsyncClient) -> None:
            nonlocal served
            for _ in left:
                while True:
                    task = asyncio.create_task(client.get("/things"))
                    await asyncio.wait([task])
                    if task.cancelled() or task.exception() is not None:
                        assert task.cancelled() or isinstance(
                            task.exception(), APIConnectionError | APIStatusError
                        )
                        continue
                    served += 1
                    break

        async def run() -> None:
            await asyncio.gather(*(work(clients[n % len(clients)]) for n in range(4)))

        runner.run(run())
    assert served == CALLS


@CHOSEN
@given(fates=FATES)
def test_tasks(fates: dict[int, Fate]) -> None:
    """Tasks of one client."""
    run_tasks(fates, lambda _: [RateLimiter()])


@pytest.mark.redis
@settings(CHOSEN, max_examples=15)
@given(fates=FATES)
def test_processes(redis_url: str, fates: dict[int, Fate]) -> None:
    """Clients that share nothing but Redis."""
    import redis

    with redis.Redis.from_url(redis_url, socket_timeout=30) as client:
        prefix = f"{secrets.token_hex(4)}:"

        def limiters(now: Callable[[], float]) -> list[RateLimiter]:
            stores = [RedisStore(InLoop(client), prefix=prefix, now=now) for _ in range(2)]
            return [RateLimiter(store=store) for store in stores]

        run_tasks(fates, limiters)


class JumpClock:
    """Who sleeps jumps to the end of the sleep, and takes everybody along."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def time(self) -> float:
        return self.now

    monotonic = time

    def random(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    async def asleep(self, seconds: float) -> None:
        raise AssertionError("the sync client does not await")


@CHOSEN
@given(fates=FATES)
def test_threads(fates: dict[int, Fate]) -> None:
    """Threads of one client."""
    clock = JumpClock()
    server = Server(clock.time, fates)
    client = SyncClient(
        BRAND,
        transport=httpx.MockTransport(server.sync),
        clock=clock,
        max_retries=0,
        max_wait=1e6,
    )

    def call(_: int) -> None:
        while True:
            try:
                client.get("/things")
            except (APIConnectionError, APIStatusError):
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(call, number) for number in range(CALLS)]:
            job.result(PATIENCE)

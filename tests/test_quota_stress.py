"""Many threads and tasks of the SDK against the mock server's quotas, on its virtual clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from specloom_mock import MockServer, Options
from specloom_mock.ratelimit import Algorithm, Quota
from unistack import AsyncUnistack, Unistack

ROOT = Path(__file__).parent.parent
WORKERS = 6
REQUESTS = 70
LIMIT = 20
WINDOW = 60.0  # seconds


class SessionClock:
    """The SDK's clock is the mock's: time passes when those who sleep have nothing else to do."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self.clock = server.session().clock

    def time(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.now()

    def random(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        self.server.wait(self.clock.sleep(f"thread {threading.get_ident()}", seconds))

    async def asleep(self, seconds: float) -> None:
        await asyncio.to_thread(self.sleep, seconds)


@pytest.fixture(params=["fixed", "sliding", "token_bucket"])
def server(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    algorithm: Algorithm = request.param
    options = Options(virtual=True, rows=45, limit=Quota("small", LIMIT, WINDOW, algorithm))
    with MockServer(ROOT / "openapi.yaml", options, chaos_port=None) as running:
        yield running


def options_of(server: MockServer) -> dict[str, Any]:
    return {
        "base_url": server.base_url,
        "api_key": "sk_live_0123456789abcdef01234567",
        "clock": SessionClock(server),
        "max_retries": 0,
        # Time jumps while requests are on the wire, so they seem to take long, and so do waits.
        "max_wait": 3600.0,
    }


def check(server: MockServer, started: float, requests: int) -> None:
    """Nothing was refused, and the quota was waited for."""
    session = server.session()
    entries = server.call(lambda: list(session.journal))
    assert [entry.answer and entry.answer.status for entry in entries] == [200] * requests
    # Of all kinds of window the bucket lets most through.
    assert session.clock.now() - started >= (requests - LIMIT) / LIMIT * WINDOW


def test_threads(server: MockServer) -> None:
    """Threads that share a client, one of which reads a list ahead, meet no 429."""
    started = server.session().clock.now()
    with Unistack(**options_of(server)) as client, ThreadPoolExecutor(WORKERS + 1) as pool:
        listed = pool.submit(
            lambda: list(client.users.list(per_page=10, sort="name").items(concurrency=3))
        )
        list(pool.map(lambda _: client.users.list(per_page=1), range(REQUESTS)))
        names = [user.name for user in listed.result()]
    assert names == sorted(names)
    assert len(names) == 45
    check(server, started, REQUESTS + 5)


def test_tasks(server: MockServer) -> None:
    """The same with tasks."""
    started = server.session().clock.now()

    async def scenario() -> list[str]:
        left = iter(range(REQUESTS))
        async with AsyncUnistack(**options_of(server)) as client:

            async def work() -> None:
                for _ in left:
                    await client.users.list(per_page=1)

            async def read() -> list[str]:
                rows = client.users.list(per_page=10, sort="name").items(concurrency=3)
                return [user.name async for user in rows]

            reading = asyncio.create_task(read())
            await asyncio.gather(*(work() for _ in range(WORKERS)))
            return await reading

    names = asyncio.run(scenario())
    assert names == sorted(names)
    assert len(names) == 45
    check(server, started, REQUESTS + 5)

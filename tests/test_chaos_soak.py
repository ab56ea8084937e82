"""The SDK against the mock server's chaos profiles: nothing lost, doubled, leaked or left hanging.

``SPECLOOM_SOAK`` says how many calls the whole soak makes (`nox -s soak` makes 20,000).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import pickle
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from unistack import AsyncUnistack, Unistack, UnistackError

ROOT = Path(__file__).parent.parent
CALLS = int(os.environ.get("SPECLOOM_SOAK", "1200"))
PROFILES = ("flaky", "brownout", "storm")
WORKERS = 8
SHARE = CALLS // (2 * len(PROFILES) * WORKERS)  # of one worker, in one profile, in one kind
SECRET = "sk_live_soak0123456789abcdef0123"
DEADLINE = 40.0  # seconds of the worker's own time


class OwnClock:
    """Time that each thread and task has for itself: it passes only where a client waits."""

    def __init__(self) -> None:
        self._passed: contextvars.ContextVar[float] = contextvars.ContextVar("passed", default=0.0)
        self._random = random.Random(7)
        self._lock = threading.Lock()

    def time(self) -> float:
        return 1_767_225_600.0 + self.monotonic()

    def monotonic(self) -> float:
        return self._passed.get()

    def random(self) -> float:
        with self._lock:
            return self._random.random()

    def sleep(self, seconds: float) -> None:
        self._passed.set(self._passed.get() + seconds)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class Streams:
    """How many responses were opened, and how many of them closed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1


class SyncStream(httpx.SyncByteStream):
    def __init__(self, stream: Any, streams: Streams) -> None:
        self.stream, self.streams = stream, streams
        streams.count("opened")

    def __iter__(self) -> Iterator[bytes]:
        yield from self.stream

    def close(self) -> None:
        self.streams.count("closed")
        self.stream.close()


class AsyncStream(httpx.AsyncByteStream):
    def __init__(self, stream: Any, streams: Streams) -> None:
        self.stream, self.streams = stream, streams
        streams.count("opened")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.stream:
            yield chunk

    async def aclose(self) -> None:
        self.streams.count("closed")
        await self.stream.aclose()


class SyncCounting(httpx.HTTPTransport):
    def __init__(self, streams: Streams) -> None:
        super().__init__()
        self.streams = streams

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.stream = SyncStream(response.stream, self.streams)
        return response


class AsyncCounting(httpx.AsyncHTTPTransport):
    def __init__(self, streams: Streams) -> None:
        super().__init__()
        self.streams = streams

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        response.stream = AsyncStream(response.stream, self.streams)
        return response


class Ledger:
    """What the workers were told, to be compared with what the server has."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: list[str] = []
        self.unsure: list[str] = []
        self.told: list[str] = []
        self.overdue: list[float] = []
        self.calls = 0

    def note(self, error: Exception | None, took: float, *texts: str) -> None:
        with self.lock:
            self.calls += 1
            if took > DEADLINE:
                self.overdue.append(took)
            if error is not None:
                assert isinstance(error, UnistackError), repr(error)
                kept = pickle.loads(pickle.dumps(error))
                self.told += [str(error), repr(error), repr(vars(kept))]


def steps(worker: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What one worker does: creations, lists and reads, by turns."""
    for number in range(SHARE):
        name = f"soak-{worker}-{number}"
        if number % 3 == 0:
            yield name, {"name": name, "email": f"{name}@example.com"}
        else:
            yield "", {"per_page": 10, "page": 1 + number % 4}


@pytest.fixture(params=PROFILES)
def server(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    options = Options(virtual=True, limits=False, profile=request.param)
    with MockServer(ROOT / "openapi.yaml", options) as running:
        yield running


def settings(server: MockServer, clock: OwnClock) -> dict[str, Any]:
    return {
        "base_url": server.mock.base_url(server.session(), chaos=True),
        "api_key": SECRET,
        "clock": clock,
        "deadline": DEADLINE,
        "max_retries": 6,
        # The storm tells waits of thousands of years, which the ledger would rightly keep to.
        "on_limit": "off",
        "timeout": 30,
    }


def check(server: MockServer, ledger: Ledger, streams: Streams, logged: str) -> None:
    """Compare with the truth, which the conformance port has."""
    assert ledger.calls == SHARE * WORKERS
    names = server.call(
        lambda: [row.data["name"] for row in server.session().store.collection("users").rows]
    )
    there = Counter(name for name in names if name.startswith("soak-"))
    assert [name for name, count in there.items() if count > 1] == []
    assert set(ledger.made) <= set(there)
    assert set(there) <= set(ledger.made) | set(ledger.unsure)
    assert ledger.overdue == []
    assert streams.counts["opened"] == streams.counts["closed"] > 0
    assert not any(SECRET in text for text in (*ledger.told, logged))
    # The soak was one: some calls failed on the way, and most succeeded all the same.
    assert server.call(lambda: any(entry.faults for entry in server.session().journal))
    assert len(ledger.made) > len(ledger.unsure)


def test_threads(server: MockServer, caplog: pytest.LogCaptureFixture) -> None:
    """Threads that share a client: every creation exactly once, every error typed."""
    caplog.set_level(logging.DEBUG, logger="unistack")
    clock, ledger, streams = OwnClock(), Ledger(), Streams()

    def work(worker: int) -> None:
        for name, given in steps(worker):
            started = clock.monotonic()
            failure: Exception | None = None
            try:
                if name:
                    client.users.create(**given)
                    ledger.made.append(name)
                else:
                    client.users.list(**given)
            except Exception as error:
                failure = error
                if name:
                    ledger.unsure.append(name)
            ledger.note(failure, clock.monotonic() - started)

    with (
        SyncCounting(streams) as transport,
        Unistack(transport=transport, **settings(server, clock)) as client,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        list(pool.map(work, range(WORKERS)))
    check(server, ledger, streams, caplog.text)


def test_tasks(server: MockServer, caplog: pytest.LogCaptureFixture) -> None:
    """The same with tasks."""
    caplog.set_level(logging.DEBUG, logger="unistack")
    clock, ledger, streams = OwnClock(), Ledger(), Streams()

    async def work(client: AsyncUnistack, worker: int) -> None:
        for name, given in steps(worker):
            started = clock.monotonic()
            failure: Exception | None = None
            try:
                if name:
                    await client.users.create(**given)
                    ledger.made.append(name)
                else:
                    await client.users.list(**given)
            except Exception as error:
                failure = error
                if name:
                    ledger.unsure.append(name)
            ledger.note(failure, clock.monotonic() - started)

    async def scenario() -> None:
        async with (
            AsyncCounting(streams) as transport,
            AsyncUnistack(transport=transport, **settings(server, clock)) as client,
        ):
            await asyncio.gather(*(work(client, worker) for worker in range(WORKERS)))

    asyncio.run(scenario())
    check(server, ledger, streams, caplog.text)

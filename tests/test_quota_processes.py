"""Many processes of the SDK share a quota of the mock server through a real Redis."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from specloom_mock import MockServer, Options
from specloom_mock.ratelimit import Algorithm, Quota
from unistack import RateLimitWaitError, Unistack
from unistack.rate_limits import RateLimiter, RedisStore

pytestmark = pytest.mark.redis

ROOT = Path(__file__).parent.parent
LIMIT = 16
WINDOW = 60.0  # seconds
LEASE = 10.0  # seconds
PROCESSES = 4
THREADS = 2
CALLS = 12  # of each process
PATIENCE = 120.0  # real seconds until it is certain that nothing will come
KEY = "sk_live_0123456789abcdef01234567"
OTHER_KEY = "sk_live_76543210fedcba9876543210"


class Fleet:
    """Processes that work against one mock server, and what they write."""

    def __init__(self, server: MockServer, redis_url: str) -> None:
        self.server = server
        self.redis_url = redis_url
        self.prefix = f"{secrets.token_hex(4)}:"
        self.processes: list[subprocess.Popen[str]] = []
        self.reads, self.writes = os.pipe()

    def start(self, *, threads: int = THREADS, **changes: Any) -> subprocess.Popen[str]:
        """Start another process."""
        name = f"p{len(self.processes)}"
        clock = self.server.session().clock
        for thread in range(threads):
            client = f"{name}-{thread}"
            self.server.call(lambda client=client: clock.register(client))  # type: ignore[misc]
        job = {
            "control": f"{self.server.url}/__mock",
            "base_url": self.server.base_url,
            "api_key": KEY,
            "redis": self.redis_url,
            "prefix": self.prefix,
            "process": name,
            "threads": threads,
            "calls": CALLS,
            "max_retries": 0,
            **changes,
        }
        command = [sys.executable, str(ROOT / "tests/quota_worker.py"), json.dumps(job)]
        self.processes.append(subprocess.Popen(command, stdout=self.writes, text=True))
        return self.processes[-1]

    def read(self, count: int) -> None:
        """Return when so many lines have been written."""
        while count > 0:
            assert select.select([self.reads], [], [], PATIENCE)[0], "nobody writes"
            count -= os.read(self.reads, 4096).count(b"\n")

    def end(self) -> list[int]:
        """Wait for all; returns their exit codes."""
        return [process.wait(PATIENCE) for process in self.processes]

    def statuses(self) -> Counter[int]:
        """How the mock answered."""
        session = self.server.session()
        entries = self.server.call(lambda: list(session.journal))
        return Counter(entry.answer.status if entry.answer else 0 for entry in entries)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()
        os.close(self.writes)
        os.close(self.reads)


@pytest.fixture(params=["fixed", "sliding", "token_bucket"])
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    kind: Algorithm = request.param
    return kind


def serve(algorithm: Algorithm = "fixed", limit: int = LIMIT) -> MockServer:
    options = Options(virtual=True, rows=3, limit=Quota("small", limit, WINDOW, algorithm))
    return MockServer(ROOT / "openapi.yaml", options, chaos_port=None)


@pytest.fixture
def server(algorithm: Algorithm) -> Iterator[MockServer]:
    with serve(algorithm) as running:
        yield running


@pytest.fixture
def fixed_server() -> Iterator[MockServer]:
    with serve() as running:
        yield running


@pytest.fixture
def small_server() -> Iterator[MockServer]:
    with serve(limit=5) as running:
        yield running


@pytest.fixture
def fleet_of() -> Iterator[Callable[[MockServer, str], Fleet]]:
    """Makes fleets, and kills what is left of them."""
    made: list[Fleet] = []

    def make(server: MockServer, redis_url: str) -> Fleet:
        made.append(Fleet(server, redis_url))
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()


def test_processes_share_a_quota(server: MockServer, redis_url: str, fleet_of: Any) -> None:
    """Four processes with two threads each: all calls are served, and none meets a 429."""
    fleet = fleet_of(server, redis_url)
    clock = fleet.server.session().clock
    started = clock.now()
    for _ in range(PROCESSES):
        fleet.start()
    assert fleet.end() == [0] * PROCESSES
    assert fleet.statuses() == {200: PROCESSES * CALLS}
    # All of them together waited for each window.
    assert clock.now() - started >= (PROCESSES * CALLS - LIMIT) / LIMIT * WINDOW


def test_two_credentials_have_an_account_each(
    fixed_server: MockServer, redis_url: str, fleet_of: Any
) -> None:
    """Nobody waits for the quota of another key."""
    fleet = fleet_of(fixed_server, redis_url)
    clock = fixed_server.session().clock
    started = clock.now()
    for key in (KEY, OTHER_KEY):
        fleet.start(api_key=key, calls=LIMIT)
    assert fleet.end() == [0, 0]
    assert fleet.statuses() == {200: 2 * LIMIT}
    assert clock.now() == started


def test_redis_restarts_in_the_middle(
    fixed_server: MockServer, own_redis: Any, fleet_of: Any
) -> None:
    """Without Redis, and after it came back empty, every call is still served in the end."""
    fleet = fleet_of(fixed_server, own_redis.url)
    for _ in range(2):
        fleet.start(max_retries=10, calls=20)
    fleet.read(12)
    own_redis.stop()
    fleet.read(12)
    own_redis.start()
    assert fleet.end() == [0, 0]
    assert fleet.statuses()[200] == 40


def test_a_killed_process_gives_its_share_back(
    small_server: MockServer, redis_url: str, fleet_of: Any
) -> None:
    """What a process had under way when it was killed can be sent by others after the lease."""
    fleet = fleet_of(small_server, redis_url)
    clock = small_server.session().clock

    class Clock:
        time = staticmethod(clock.now)
        monotonic = time

        def random(self) -> float:
            return 0.5

        def sleep(self, seconds: float) -> None:
            raise AssertionError("it does not wait")

        async def asleep(self, seconds: float) -> None:
            raise AssertionError("it does not wait")

    store = RedisStore(redis_url, prefix=fleet.prefix, now=clock.now, timeout=30, lease=LEASE)
    with Unistack(
        base_url=small_server.base_url,
        api_key=KEY,
        clock=Clock(),
        rate_limiter=RateLimiter(store=store),
        on_limit="raise",
    ) as client:
        client.users.list()  # one of five
        killed = fleet.start(threads=3, hang=True, lease=LEASE)
        fleet.read(3)
        client.users.list()
        with pytest.raises(RateLimitWaitError):
            client.users.list()
        killed.send_signal(signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL
        with pytest.raises(RateLimitWaitError):
            client.users.list()
        small_server.wait(clock.advance(LEASE))
        for _ in range(3):
            client.users.list()
        with pytest.raises(RateLimitWaitError):
            client.users.list()
    assert fleet.statuses() == {200: 5}

"""Admission through the ledger: threads, tasks, several event loops, cancellation, fork."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from unistack._core.clock import SystemClock
from unistack._core.endpoint import Endpoint, Json
from unistack._core.errors import APITimeoutError, RateLimitError, RateLimitWaitError
from unistack._core.limiter import RateLimiter

SECONDS = 30.0  # how long a test waits before it is certain that something will not come
GET = Endpoint("things.get", "GET", "/things", result=Json(Any))
LIMIT = 10
WINDOW = 60.0  # seconds
WORKERS = 8


class JumpClock:
    """Who sleeps jumps to the end of the sleep, and takes everybody along."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0
        self.chance = 0.0
        self.lock = threading.Lock()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def random(self) -> float:
        return self.chance

    def sleep(self, seconds: float, start: float | None = None) -> None:
        with self.lock:
            self.now = max(self.now, (self.now if start is None else start) + seconds)

    async def asleep(self, seconds: float) -> None:
        start = self.now
        await asyncio.sleep(0)
        self.sleep(seconds, start)


class Server:
    """A fixed window that begins with its first request; counts what it refuses."""

    def __init__(self, clock: JumpClock, limit: int = LIMIT) -> None:
        self.clock = clock
        self.limit = limit
        self.lock = threading.Lock()
        self.opened = -WINDOW
        self.used = self.served = self.refused = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            now = self.clock.now
            if now >= self.opened + WINDOW:
                self.opened, self.used = now, 0
            left = str(-int(-(self.opened + WINDOW - now) // 1))
            headers = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Reset": left}
            if self.used >= self.limit:
                self.refused += 1
                headers |= {"X-RateLimit-Remaining": "0", "Retry-After": left}
                return httpx.Response(429, json={}, headers=headers)
            self.used += 1
            self.served += 1
            headers["X-RateLimit-Remaining"] = str(self.limit - self.used)
            return httpx.Response(200, json={}, headers=headers)

    async def serve(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        response = self(request)
        await asyncio.sleep(0)
        return response


@pytest.fixture
def sync_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("sync-direct") as kit:
        yield kit


@pytest.fixture
def async_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("async-direct") as kit:
        yield kit


def client_of(kit: Any, handler: Any, **options: Any) -> Any:
    return kit.client(transport=httpx.MockTransport(handler), **options)


def bucket_of(client: Any, endpoint: Endpoint = GET) -> Any:
    return client._shared.limiter.queue(client._plan(endpoint).quota, lambda: None).bucket


def test_threads_share_a_quota(sync_kit: Any) -> None:
    """Many threads, a small quota: all are served, none is refused, nothing stays booked."""
    clock = JumpClock()
    server = Server(clock)
    # The clock jumps while others stand between a look at it and their question: waits seem long.
    client = client_of(sync_kit, server, clock=clock, max_wait=1e6)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda _: sync_kit.call(client, GET), range(95)))
    assert (server.served, server.refused) == (95, 0)
    assert clock.now - 1_767_225_600.0 >= 9 * WINDOW
    assert bucket_of(client).under_way == 0


def test_tasks_share_a_quota(async_kit: Any) -> None:
    """The same with tasks."""
    clock = JumpClock()
    server = Server(clock)
    client = client_of(async_kit, server.serve, clock=clock)
    resource = async_kit.resource(client)

    async def scenario() -> None:
        left = iter(range(95))

        async def work() -> None:
            for _ in left:
                await resource._call(GET)

        await asyncio.gather(*(work() for _ in range(WORKERS)))

    async_kit.runner.run(scenario())
    assert (server.served, server.refused) == (95, 0)
    assert bucket_of(client).under_way == 0


def test_a_copy_of_the_client_shares_the_quota(kit: Any) -> None:
    """`with_options` makes no second account."""
    clock = JumpClock()
    server = Server(clock)
    client = client_of(kit, server, clock=clock)
    for _ in range(12):
        kit.call(client, GET)
        kit.call(client.with_options(max_retries=0), GET)
    assert (server.served, server.refused) == (24, 0)


def test_policies_and_credentials_have_accounts_of_their_own(kit: Any) -> None:
    """What one quota refuses does not hold up another."""
    clock = JumpClock()
    server = Server(clock, limit=1)

    def handler(request: httpx.Request) -> httpx.Response:
        alone = request.url.path.endswith("others") or "second" in request.headers["authorization"]
        return httpx.Response(200, json={}) if alone else server(request)

    endpoint = Endpoint("a.get", "GET", "/things", security=(("bearer",),), result=Json(Any))
    other = Endpoint(
        "b.get", "GET", "/others", security=(("bearer",),), result=Json(Any), rate_limit="b"
    )
    client = client_of(kit, handler, clock=clock, on_limit="raise", credentials={"bearer": "first"})
    kit.call(client, endpoint)
    with pytest.raises(RateLimitWaitError):
        kit.call(client, endpoint)
    kit.call(client, other)
    kit.call(client.with_options(credentials={"bearer": "second"}), endpoint)


def test_what_to_do_at_the_limit(kit: Any) -> None:
    """Wait, raise without sending, or leave it to the server."""
    clock = JumpClock()
    server = Server(clock, limit=1)
    client = client_of(kit, server, clock=clock, max_retries=0)
    kit.call(client, GET)
    with pytest.raises(RateLimitWaitError) as raised:
        kit.call(client.with_options(on_limit="raise"), GET)
    assert raised.value.wait == pytest.approx(61)
    with pytest.raises(RateLimitWaitError):
        kit.call(client.with_options(max_wait=30), GET)
    with pytest.raises(RateLimitWaitError):
        kit.call(client.with_options(deadline=30), GET)
    assert (server.served, server.refused) == (1, 0)
    with pytest.raises(RateLimitError):
        kit.call(client.with_options(on_limit="off"), GET)
    assert (server.served, server.refused) == (1, 1)
    start = clock.now
    kit.call(client, GET)
    assert (server.served, server.refused) == (2, 1)
    assert clock.now - start >= 60


class Held:
    """The first request hangs until it is let go; all others are answered at once."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.go = threading.Event()
        self.count = 0
        self.fail: Exception | None = None

    def answer(self) -> httpx.Response:
        if self.fail is not None:
            raise self.fail
        headers = {"X-RateLimit-Remaining": str(100 - self.count), "X-RateLimit-Reset": "60"}
        return httpx.Response(200, json=self.count, headers=headers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == 1:
            self.there.set()
            assert self.go.wait(SECONDS)
            return self.answer()
        self.fail = None
        return self.answer()

    async def serve(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == 1:
            self.there.set()
            await asyncio.to_thread(self.go.wait, SECONDS)
            return self.answer()
        self.fail = None
        return self.answer()


def waiting(client: Any, count: int) -> Callable[[], bool]:
    """Whether so many are waiting for somebody else's answer."""
    queue = client._shared.limiter.queue(client._plan(GET).quota, lambda: None)
    return lambda: len(queue.waiters) >= count


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0)


@pytest.mark.parametrize("error", [None, httpx.ReadError("broken")])
def test_threads_wait_for_the_first_answer(sync_kit: Any, error: Exception | None) -> None:
    """One request finds the quota out; its answer, or its failure, lets the others go."""
    held = Held()
    client = client_of(sync_kit, held, clock=SystemClock(), max_retries=0)
    ready = waiting(client, 4)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(sync_kit.call, client, GET)
        assert held.there.wait(SECONDS)
        rest = [pool.submit(sync_kit.call, client, GET) for _ in range(4)]
        asyncio.run(until(ready))
        assert held.count == 1
        held.fail = error
        held.go.set()
        assert (first.exception(SECONDS) is None) == (error is None)
        assert sorted(job.result(SECONDS) for job in rest) == [2, 3, 4, 5]
    assert bucket_of(client).under_way == 0


def test_an_answer_in_one_loop_wakes_a_task_in_another(async_kit: Any) -> None:
    """A client that two event loops share, each in its thread, is one account."""
    held = Held()
    client = client_of(async_kit, held.serve, clock=SystemClock())
    resource = async_kit.resource(client)

    async def call() -> Any:
        return await resource._call(GET)

    ready = waiting(client, 2)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(lambda: asyncio.run(call()))
        assert held.there.wait(SECONDS)
        others = [pool.submit(lambda: asyncio.run(call())) for _ in range(2)]
        asyncio.run(until(ready))
        held.go.set()
        assert first.result(SECONDS) == 1
        assert sorted(other.result(SECONDS) for other in others) == [2, 3]


def test_a_waiter_whose_loop_is_gone_disturbs_nobody(async_kit: Any) -> None:
    """A loop that was closed while a task of its waited is left out."""
    held = Held()
    client = client_of(async_kit, held.serve, clock=SystemClock())
    resource = async_kit.resource(client)

    async def give_up() -> None:
        task = asyncio.create_task(resource._call(GET))
        await until(waiting(client, 1))
        task.cancel()

    async def call() -> Any:
        return await resource._call(GET)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: asyncio.run(call()))
        assert held.there.wait(SECONDS)
        asyncio.run(give_up())
        held.go.set()
        assert first.result(SECONDS) == 1
    assert asyncio.run(call()) == 2


def test_cancelled_while_waiting_for_an_answer(async_kit: Any) -> None:
    """Who waits and is cancelled was not counted, and the others go on."""
    held = Held()
    client = client_of(async_kit, held.serve, clock=SystemClock())
    resource = async_kit.resource(client)

    async def scenario() -> None:
        tasks = [asyncio.create_task(resource._call(GET)) for _ in range(4)]
        await until(waiting(client, 3))
        tasks[1].cancel()
        tasks[2].cancel()
        held.go.set()
        assert await tasks[3] == 2
        assert await tasks[0] == 1
        assert [task.cancelled() for task in tasks] == [False, True, True, False]

    async_kit.runner.run(scenario())
    bucket = bucket_of(client)
    assert (bucket.sent, bucket.done) == (2, 2)


def test_cancelled_on_the_wire(async_kit: Any) -> None:
    """A request that is broken off is taken back, and the next one finds the quota out."""
    held = Held()
    client = client_of(async_kit, held.serve, clock=SystemClock())
    resource = async_kit.resource(client)

    async def scenario() -> Any:
        first = asyncio.create_task(resource._call(GET))
        await until(held.there.is_set)
        second = asyncio.create_task(resource._call(GET))
        await until(waiting(client, 1))
        first.cancel()
        answer = await second
        held.go.set()
        return answer

    assert async_kit.runner.run(scenario()) == 2
    bucket = bucket_of(client)
    assert (bucket.sent, bucket.done) == (1, 1)


def test_cancelled_while_sleeping(async_kit: Any) -> None:
    """Who sleeps until the reset, or before its probe, and is cancelled, leaves no trace."""

    class Stuck(JumpClock):
        async def asleep(self, seconds: float) -> None:
            asleep.set()
            await asyncio.Event().wait()

    clock = Stuck()
    server = Server(clock, limit=2)
    client = client_of(async_kit, server.serve, clock=clock, max_retries=0)
    resource = async_kit.resource(client)
    bucket = bucket_of(client)

    async def give_up() -> None:
        task = asyncio.create_task(resource._call(GET))
        await asyncio.wait_for(asleep.wait(), SECONDS)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    async def scenario() -> None:
        await resource._call(GET)
        await resource._call(GET)
        await give_up()
        assert (bucket.sent, bucket.done) == (2, 2)
        clock.now += WINDOW + 2
        bucket.gap, clock.chance = 1.0, 0.5  # so that the probe is sent after a pause
        asleep.clear()
        await give_up()
        assert (bucket.sent, bucket.done) == (2, 2)
        clock.chance = 0.0
        await resource._call(GET)

    asleep = asyncio.Event()
    async_kit.runner.run(scenario())
    assert (server.served, server.refused) == (3, 0)


def test_a_deadline_while_others_are_awaited(sync_kit: Any) -> None:
    """Somebody else's answer is not awaited past the caller's deadline."""
    held = Held()
    client = client_of(sync_kit, held, clock=SystemClock())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sync_kit.call, client, GET)
        assert held.there.wait(SECONDS)
        with pytest.raises(APITimeoutError):
            sync_kit.call(client.with_options(deadline=0.01), GET)
        held.go.set()
        assert first.result(SECONDS) == 1
    assert bucket_of(client).under_way == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_waits_for_nobody(sync_kit: Any) -> None:
    """A request that the parent has under way is not the child's to wait for."""
    held = Held()
    client = client_of(sync_kit, held, clock=SystemClock())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sync_kit.call, client, GET)
        assert held.there.wait(SECONDS)
        child = os.fork()
        if child == 0:  # pragma: no cover - not seen by coverage
            # The deadline only ends the test should the child wait after all.
            try:
                answer = sync_kit.call(client.with_options(deadline=SECONDS), GET)
            except BaseException:
                os._exit(1)
            os._exit(0 if answer == 2 else 2)
        assert os.waitpid(child, 0)[1] == 0
        held.go.set()
        assert first.result(SECONDS) == 1


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_accounts_of_its_own() -> None:
    """A limiter that no client knows of starts anew in the child, whoever held its lock."""
    limiter = RateLimiter()
    mine = limiter.queue("quota", lambda: None)
    limiter._lock.acquire()
    child = os.fork()
    if child == 0:  # pragma: no cover - not seen by coverage
        theirs = limiter._lock.acquire(blocking=False)
        limiter._lock.release()
        os._exit(0 if theirs and limiter.queue("quota", lambda: None) is not mine else 1)
    assert os.waitpid(child, 0)[1] == 0
    limiter._lock.release()
    assert limiter.queue("quota", lambda: None) is mine


@pytest.mark.parametrize("dialect", ["seconds", "epoch", "epoch with date"])
@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.5, 0.999])
def test_a_quota_a_minute_is_no_wait_of_more_than_one(
    kit: Any, dialect: str, fraction: float
) -> None:
    """Whole seconds, the server's and ours, do not make a minute longer than `max_wait`."""
    clock = JumpClock()
    clock.now += fraction
    served = []

    def handler(request: httpx.Request) -> httpx.Response:
        now = clock.now
        served.append(now)
        clock.now += 0.2  # the answer's way back
        reset = 60 if dialect == "seconds" else math.ceil(now + 60)
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
        if dialect == "epoch with date":
            headers["Date"] = formatdate(now, usegmt=True)
        return httpx.Response(200, json={}, headers=headers)

    client = client_of(kit, handler, clock=clock)
    for _ in range(3):
        kit.call(client, GET)
    assert all(60 <= later - earlier < 64 for earlier, later in itertools.pairwise(served))

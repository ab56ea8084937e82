"""Clients that keep their accounts in a real Redis: sync, async, threads, and Redis gone or slow."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import redis
import redis.asyncio

from unistack._core.endpoint import Endpoint, Json
from unistack._core.errors import APITimeoutError, RateLimitWaitError
from unistack._core.retry_transport import RetryTransport
from unistack.rate_limits import RateLimiter, RedisStore

pytestmark = pytest.mark.redis

GET = Endpoint("a.get", "GET", "/things", security=(("bearer",), ()), result=Json(Any))
OTHER = Endpoint(
    "b.get", "GET", "/others", security=(("bearer",),), result=Json(Any), rate_limit="b"
)
SECRET = "sk_live_0123456789"
LONG = 30  # seconds; longer than Redis ever takes


class Counting:
    """A quota that is never replenished; every origin, credential and path has its own."""

    def __init__(self, limit: int = 3) -> None:
        self.limit = limit
        self.used: dict[tuple[str, str, str], int] = {}
        self.refused = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        key = (url.host, request.headers.get("authorization", ""), url.path)
        used = self.used[key] = self.used.get(key, 0) + 1
        left = max(0, self.limit - used)
        headers = {"X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "3000"}
        if used > self.limit:
            self.refused += 1
            return httpx.Response(429, json={}, headers=headers)
        return httpx.Response(200, json=used, headers=headers)


@pytest.fixture
def server() -> Counting:
    return Counting()


@pytest.fixture
def prefix() -> str:
    return f"{secrets.token_hex(4)}:"


@pytest.fixture
def sync_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("sync-direct") as kit:
        yield kit


@pytest.fixture
def async_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("async-direct") as kit:
        yield kit


def limited(kit: Any, server: Any, store: RedisStore, **options: Any) -> Any:
    """A client that raises at the limit, and never tries again."""
    given = {"on_limit": "raise", "max_retries": 0, "credentials": {"bearer": SECRET}}
    limiter = RateLimiter(store=store)
    transport = httpx.MockTransport(server)
    return kit.client(transport=transport, rate_limiter=limiter, **{**given, **options})


def exhausted(kit: Any, client: Any, endpoint: Endpoint = GET) -> int:
    """How many calls go before the limit is met."""
    for count in range(100):
        try:
            kit.call(client, endpoint)
        except RateLimitWaitError:
            return count
    raise AssertionError("no limit")


def test_clients_share_an_account(kit: Any, server: Counting, redis_url: str, prefix: str) -> None:
    """Clients with limiters of their own share what is in Redis, sync and async alike."""
    one, two = (
        limited(kit, server, RedisStore(redis_url, prefix=prefix, timeout=LONG)) for _ in range(2)
    )
    kit.call(one, GET)
    kit.call(two, GET)
    assert exhausted(kit, one) == 1
    assert exhausted(kit, two) == 0
    assert server.refused == 0


def test_accounts_are_kept_apart(
    sync_kit: Any, server: Counting, redis_url: str, prefix: str
) -> None:
    """Another credential, origin or policy has a quota of its own."""
    store = RedisStore(redis_url, prefix=prefix, timeout=LONG)
    client = limited(sync_kit, server, store)
    assert exhausted(sync_kit, client) == 3
    assert exhausted(sync_kit, client, OTHER) == 3
    assert exhausted(sync_kit, client.with_options(credentials={"bearer": "sk_other"})) == 3
    assert exhausted(sync_kit, client.with_options(base_url="https://other.test")) == 3
    assert exhausted(sync_kit, client) == 0
    with redis.Redis.from_url(redis_url, socket_timeout=LONG) as client:
        keys = client.keys(f"{prefix}*")
        assert len(keys) == 4
        assert all(client.ttl(key) > 0 for key in keys)


def test_no_secret_is_kept(sync_kit: Any, server: Counting, redis_url: str, prefix: str) -> None:
    """Neither keys nor values hold a credential, plain or as a bare digest of it."""
    import hashlib

    sync_kit.call(limited(sync_kit, server, RedisStore(redis_url, prefix=prefix)), GET)
    with redis.Redis.from_url(redis_url, socket_timeout=LONG) as client:
        (key,) = client.keys(f"{prefix}*")
        held = key + b"".join(b"".join(pair) for pair in client.hgetall(key).items())
    assert SECRET.encode() not in held
    for text in (SECRET, f"Bearer {SECRET}"):
        assert hashlib.sha256(text.encode()).hexdigest().encode() not in held


@pytest.mark.parametrize("own", [False, True])
def test_async_redis_clients(
    async_kit: Any, server: Counting, redis_url: str, prefix: str, own: bool
) -> None:
    """An async client takes a `redis.asyncio.Redis` as well as a sync one."""
    resource = async_kit.resource

    async def scenario() -> None:
        kind = redis.asyncio.Redis if own else redis.Redis
        made: Any = kind.from_url(redis_url, socket_timeout=LONG)
        store = RedisStore(made, prefix=prefix, timeout=LONG)
        client = limited(async_kit, server, store)
        await asyncio.gather(*(resource(client)._call(GET) for _ in range(3)))
        with pytest.raises(RateLimitWaitError):
            await resource(client)._call(GET)
        await made.aclose() if own else made.close()

    async_kit.runner.run(scenario())
    assert server.refused == 0


def test_threads_share_an_account(
    sync_kit: Any, server: Counting, redis_url: str, prefix: str
) -> None:
    """Of many threads as many are served as the quota admits; nobody meets a 429."""
    server.limit = 20
    client = limited(sync_kit, server, RedisStore(redis_url, prefix=prefix, timeout=LONG))

    def call(_: int) -> bool:
        try:
            sync_kit.call(client, GET)
        except RateLimitWaitError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(40))) == 20
    assert server.refused == 0


def test_the_transport_shares_an_account(server: Counting, redis_url: str, prefix: str) -> None:
    """`RetryTransport` keeps to a limiter in Redis for any httpx client."""
    transports = [
        RetryTransport(
            httpx.MockTransport(server),
            rate_limiter=RateLimiter(store=RedisStore(redis_url, prefix=prefix, timeout=LONG)),
            max_wait=5,
        )
        for _ in range(2)
    ]
    one, two = (httpx.Client(transport=transport) for transport in transports)
    with one, two:
        assert one.get("https://api.test/things").status_code == 200
        assert two.get("https://api.test/things").status_code == 200
        assert one.get("https://api.test/things").status_code == 200
        with pytest.raises(RateLimitWaitError):
            two.get("https://api.test/things")
    assert server.refused == 0


# --- credentials that are got at run time -------------------------------------------------------


def test_a_credential_got_at_run_time_is_not_shared_unsaid(
    sync_kit: Any, server: Counting, redis_url: str, prefix: str, caplog: Any
) -> None:
    """A callable does not say whose calls they are: its account stays in the process."""
    credentials = {"bearer": lambda: SECRET}
    store = RedisStore(redis_url, prefix=prefix, timeout=LONG)
    client = limited(sync_kit, server, store, credentials=credentials)
    with caplog.at_level(logging.WARNING):
        assert exhausted(sync_kit, client) == 3
    assert [record.message for record in caplog.records if "account=" in record.message]
    with redis.Redis.from_url(redis_url, socket_timeout=LONG) as client:
        assert client.keys(f"{prefix}*") == []


def test_an_account_that_is_said_is_shared(
    sync_kit: Any, server: Counting, redis_url: str, prefix: str
) -> None:
    """With `account=` calls are counted as that user's, and as nobody else's."""

    def client_of(account: str) -> Any:
        store = RedisStore(redis_url, prefix=prefix, account=account, timeout=LONG)
        return limited(sync_kit, server, store, credentials={"bearer": lambda: f"sk_{account}"})

    one, again, other = client_of("ada"), client_of("ada"), client_of("grace")
    sync_kit.call(one, GET)
    assert exhausted(sync_kit, again) == 2
    assert exhausted(sync_kit, one) == 0
    assert exhausted(sync_kit, other) == 3
    assert server.refused == 0


# --- Redis that is gone, slow, or of the wrong kind ---------------------------------------------


def test_without_redis_each_process_goes_on_by_itself(
    kit: Any, server: Counting, own_redis: Any, prefix: str, caplog: Any
) -> None:
    """No call fails for Redis: the account in memory takes over, and gives back; one warning each."""
    store = RedisStore(own_redis.url, prefix=prefix, timeout=LONG, retry_after=1e-9)
    client = limited(kit, server, store)
    kit.call(client, GET)
    own_redis.stop()
    with caplog.at_level(logging.WARNING):
        assert exhausted(kit, client) == 2
        assert exhausted(kit, client) == 0
        own_redis.start()
        server.used.clear()
        assert exhausted(kit, client) == 3
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert "Redis does not answer" in said[0]
    assert "Redis answers again" in said[1]
    assert server.refused == 0


def test_redis_goes_while_a_request_is_under_way(kit: Any, own_redis: Any, prefix: str) -> None:
    """An answer that Redis cannot be told of is handed out, and teaches the process's own account."""

    def handler(request: httpx.Request) -> httpx.Response:
        own_redis.stop()
        return server(request)

    server = Counting(limit=2)
    store = RedisStore(own_redis.url, prefix=prefix, timeout=LONG, retry_after=1e-9)
    client = limited(kit, handler, store)
    assert kit.call(client, GET) == 1
    assert exhausted(kit, client) == 1
    assert server.refused == 0


def test_redis_that_hangs_is_not_waited_for(
    kit: Any, server: Counting, own_redis: Any, prefix: str
) -> None:
    """A stopped Redis costs the timeout, then nothing until it is tried again."""
    store = RedisStore(own_redis.url, prefix=prefix, timeout=0.05, retry_after=3600)
    client = limited(kit, server, store)
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        assert exhausted(kit, client) == 3
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    assert server.refused == 0


def test_async_redis_that_hangs_is_not_waited_for(
    async_kit: Any, server: Counting, own_redis: Any, prefix: str
) -> None:
    """The async client bounds the wait itself, whatever its Redis was told."""

    async def scenario() -> None:
        made = redis.asyncio.Redis(unix_socket_path=own_redis.path, socket_timeout=LONG)
        store = RedisStore(made, prefix=prefix, timeout=0.05, retry_after=3600)
        client = limited(async_kit, server, store)
        os.kill(own_redis.process.pid, signal.SIGSTOP)
        try:
            for _ in range(3):
                await async_kit.resource(client)._call(GET)
        finally:
            os.kill(own_redis.process.pid, signal.SIGCONT)
        await made.aclose()

    async_kit.runner.run(scenario())
    assert server.refused == 0


def test_a_request_that_is_cancelled_gives_its_share_back(
    async_kit: Any, redis_url: str, prefix: str
) -> None:
    """Who is cancelled on the wire leaves no lease behind."""

    async def scenario() -> None:
        sent, made = asyncio.Event(), redis.asyncio.Redis.from_url(redis_url, socket_timeout=LONG)

        async def handler(request: httpx.Request) -> httpx.Response:
            sent.set()
            return await asyncio.Event().wait()  # type: ignore[return-value]

        client = limited(async_kit, handler, RedisStore(made, prefix=prefix, timeout=LONG))
        task = asyncio.create_task(async_kit.resource(client)._call(GET))
        await sent.wait()
        (key,) = await made.keys(f"{prefix}*")
        assert [name for name in await made.hkeys(key) if name.startswith(b"lease:")]
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not [name for name in await made.hkeys(key) if name.startswith(b"lease:")]
        assert await made.hget(key, "sent") == b"0"
        await made.aclose()

    async_kit.runner.run(scenario())


def test_a_failed_request_gives_its_share_back(
    kit: Any, server: Counting, redis_url: str, prefix: str
) -> None:
    """A connection that breaks is not counted, and the next request finds the quota out."""
    store = RedisStore(redis_url, prefix=prefix, timeout=LONG)

    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow")

    with pytest.raises(APITimeoutError):
        kit.call(limited(kit, handler, store), GET)
    assert exhausted(kit, limited(kit, server, store)) == 3


def test_a_redis_of_the_wrong_kind_is_refused(sync_kit: Any, server: Counting) -> None:
    """A client that could hang for ever, or that cannot be awaited, is the caller's mistake."""
    with pytest.raises(ValueError, match="socket_timeout=1"):
        RedisStore(redis.Redis(socket_timeout=None))
    with pytest.raises(ValueError, match="must be positive"):
        RedisStore("redis://localhost", lease=0)
    client = limited(sync_kit, server, RedisStore(redis.asyncio.Redis()))
    with pytest.raises(TypeError, match="needs a sync Redis"):
        sync_kit.call(client, GET)

"""A virtual clock, and one way to drive the sync and the async client over both ways to the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
import respx
from hypothesis import HealthCheck, settings

from unistack._core.auth import Scheme
from unistack._core.brand import Brand, ErrorShape
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.endpoint import Endpoint
from unistack._core.resource import AsyncResource, SyncResource

# A loaded machine says nothing about the code; wall-clock limits stay out of the tests.
settings.register_profile("sdk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sdk")

TRUST = httpx.create_ssl_context()
BASE = "https://api.test/v1"
BRAND = Brand(
    name="Api",
    package="api",
    env_prefix="API_TEST",
    version="1.2.3",
    base_url=BASE,
    error=ErrorShape(
        code=("/error/code",),
        message=("/error/message",),
        details=("/error/details",),
        request_id=("/request_id",),
        success_flag="/success",
    ),
)
SCHEMES = (
    Scheme("bearer", "bearer", env="API_TEST_KEY", option="api_key"),
    Scheme("header", "header", name="X-API-Key", option="x_api_key"),
    Scheme("cookie", "cookie", name="session", option="session"),
    Scheme("basic", "basic", option="basic"),
    Scheme("query", "query", name="api_key", option="query_key"),
)


class VirtualClock:
    """Time passes only when somebody sleeps, or a test says so."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0
        self.chance = 0.0
        self.sleeps: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def random(self) -> float:
        return self.chance

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Kit:
    """Calls through one kind of client: sync or async, straight or through an httpx client."""

    def __init__(self, asynchronous: bool, direct: bool, clock: VirtualClock) -> None:
        self.asynchronous = asynchronous
        self.direct = direct
        self.clock = clock
        self.runner = asyncio.Runner() if asynchronous else None

    def client(self, **options: Any) -> Any:
        """Make a client; it has the bearer credential unless the test gives others."""
        options.setdefault("credentials", {"bearer": "sk_test"})
        options.setdefault("clock", self.clock)
        if not self.direct and "transport" not in options:
            made = (httpx.AsyncClient if self.asynchronous else httpx.Client)(verify=TRUST)
            options.setdefault("http_client", made)
        return (AsyncClient if self.asynchronous else SyncClient)(BRAND, SCHEMES, **options)

    def resource(self, client: Any, bound: tuple[tuple[str, str], ...] = ()) -> Any:
        return (AsyncResource if self.asynchronous else SyncResource)(client, bound)

    def run(self, result: Any) -> Any:
        """Wait for what an async client's method returned."""
        if self.runner is None:
            return result

        async def wait() -> Any:
            return await result

        return self.runner.run(wait())

    def call(self, client: Any, endpoint: Endpoint, **arguments: Any) -> Any:
        return self.run(self.resource(client)._call(endpoint, **arguments))

    def raw(self, client: Any, endpoint: Endpoint, **arguments: Any) -> Any:
        return self.run(self.resource(client)._raw()._call(endpoint, **arguments))

    def page(self, client: Any, endpoint: Endpoint, **arguments: Any) -> Any:
        return self.run(self.resource(client)._page(endpoint, **arguments))

    def lister(self, client: Any, endpoint: Endpoint, **arguments: Any) -> Any:
        """What `list()` returns, not awaited."""
        return self.resource(client)._page(endpoint, **arguments)

    def items(self, iterable: Any) -> list[Any]:
        """Everything that an iterator of the client's kind hands out."""
        if self.runner is None:
            return list(iterable)

        async def collect() -> list[Any]:
            return [item async for item in iterable]

        return self.runner.run(collect())

    def next(self, iterator: Any) -> Any:
        if self.runner is None:
            return next(iterator)
        return self.run(anext(iterator))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@contextmanager
def _made(name: str, clock: VirtualClock) -> Iterator[Kit]:
    kind, _, way = name.partition("-")
    made = Kit(kind == "async", way == "direct", clock)
    try:
        yield made
    finally:
        if made.runner is not None:
            made.runner.close()


@pytest.fixture(params=["sync-direct", "sync-client", "async-direct", "async-client"])
def kit(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Kit]:
    with _made(request.param, clock) as made:
        yield made


@pytest.fixture
def one_kit(clock: VirtualClock) -> Callable[[str], AbstractContextManager[Kit]]:
    """Makes a kit by name, for tests that compare them."""
    return lambda name: _made(name, clock)


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """The API, intercepted below httpx's transports."""
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router

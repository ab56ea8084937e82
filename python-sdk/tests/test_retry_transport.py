"""The SDK's retries as an httpx transport, on a clock that stands still unless it sleeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import anyio
import httpx
import pytest

from unistack.errors import RateLimitWaitError
from unistack.transport import AsyncRetryTransport, RetryTransport

URL = "http://api.test/things"
Answer = httpx.Response | Exception


class Clock:
    """Time that passes only while something sleeps; random numbers are all 0."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return 1_700_000_000.0 + self.now

    def monotonic(self) -> float:
        return self.now

    def random(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Server:
    """Hands out prepared answers and remembers the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(httpx.Request(request.method, request.url, headers=request.headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


Play = Callable[..., httpx.Response]


@pytest.fixture(params=["sync", "async"])
def play(request: pytest.FixtureRequest) -> Play:
    """Sends one request through the transport, either of the two kinds."""

    def sync(server: Server, clock: Clock, method: str, options: dict, **sent) -> httpx.Response:
        inner = httpx.MockTransport(server)
        transport = RetryTransport(inner, clock=clock, **options)
        with httpx.Client(transport=transport) as client:
            return client.request(method, URL, **sent)

    def asynchronous(
        server: Server, clock: Clock, method: str, options: dict, **sent
    ) -> httpx.Response:
        async def run() -> httpx.Response:
            inner = httpx.MockTransport(server)
            transport = AsyncRetryTransport(inner, clock=clock, **options)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, URL, **sent)

        main: Callable[[], Awaitable[httpx.Response]] = run
        return anyio.run(main)

    return sync if request.param == "sync" else asynchronous


def test_a_success_is_sent_once(play: Play) -> None:
    """The first answer is handed out as it is."""
    server, clock = Server(httpx.Response(200, json={"ok": True})), Clock()
    assert play(server, clock, "GET", {}).json() == {"ok": True}
    assert clock.slept == []
    assert "x-retry-count" not in server.requests[0].headers


def test_transient_failures_are_repeated_with_backoff(play: Play) -> None:
    """A 503 and a broken connection are waited out, 0.5 s and 1 s, and counted for the server."""
    server = Server(httpx.Response(503), httpx.ReadError("reset"), httpx.Response(200))
    clock = Clock()
    assert play(server, clock, "GET", {}).status_code == 200
    assert clock.slept == [0.5, 1.0]
    assert [r.headers.get("x-retry-count") for r in server.requests] == [None, "1", "2"]


def test_the_last_failure_is_handed_out(play: Play) -> None:
    """After `max_retries` the response is the caller's, body included."""
    server = Server(*(httpx.Response(503, text=f"attempt {n}") for n in range(3)))
    response = play(server, Clock(), "GET", {"max_retries": 2})
    assert (response.status_code, response.text) == (503, "attempt 2")


def test_the_last_exception_is_raised(play: Play) -> None:
    """After `max_retries` the transport's own exception comes through."""
    server = Server(*(httpx.ConnectError(f"attempt {n}") for n in range(2)))
    with pytest.raises(httpx.ConnectError, match="attempt 1"):
        play(server, Clock(), "GET", {"max_retries": 1})


def test_retry_after_is_a_floor(play: Play) -> None:
    """A 429 is repeated, whatever the method, after the time that the server names."""
    server = Server(httpx.Response(429, headers={"retry-after": "3"}), httpx.Response(201))
    clock = Clock()
    assert play(server, clock, "POST", {}, json={}).status_code == 201
    assert clock.slept == [3.0]


def test_a_long_retry_after_is_not_waited_for(play: Play) -> None:
    """More than `max_wait` and the response is handed out at once."""
    server = Server(httpx.Response(429, headers={"retry-after": "61"}))
    clock = Clock()
    assert play(server, clock, "GET", {"max_wait": 60.0}).status_code == 429
    assert clock.slept == []


@pytest.mark.parametrize(("headers", "sent"), [({}, 1), ({"Idempotency-Key": "k"}, 2)])
def test_a_post_needs_a_key(play: Play, headers: dict[str, str], sent: int) -> None:
    """A POST is repeated after a 503 only with an idempotency key, which stays the same."""
    server = Server(httpx.Response(503), httpx.Response(201))
    play(server, Clock(), "POST", {}, json={"a": 1}, headers=headers)
    assert [r.headers.get("idempotency-key") for r in server.requests] == [
        headers.get("Idempotency-Key")
    ] * sent


def test_a_body_that_is_read_once_is_sent_once() -> None:
    """A generator cannot be sent again, so it is not, though the method would allow it."""

    def chunks() -> Iterator[bytes]:
        yield b"once"

    server = Server(httpx.Response(503))
    transport = RetryTransport(httpx.MockTransport(server), clock=Clock())
    with httpx.Client(transport=transport) as client:
        assert client.put(URL, content=chunks()).status_code == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "status"), [("IDEMPOTENCY_IN_FLIGHT", 200), ("ALREADY_EXISTS", 409)]
)
def test_a_conflict_is_repeated_while_in_flight(play: Play, code: str, status: int) -> None:
    """A 409 is looked into; only a request still in flight is repeated, and no body is lost."""
    body = {"success": False, "error": {"code": code}}
    server = Server(httpx.Response(409, json=body), httpx.Response(200, json=body))
    response = play(server, Clock(), "GET", {})
    assert (response.status_code, response.json()) == (status, body)


def test_an_empty_quota_is_waited_for_before_the_next_request() -> None:
    """`Remaining: 0` closes the host until its reset, plus the second that integers may hide."""
    clock = Clock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "10"}
    server = Server(httpx.Response(200, headers=empty), httpx.Response(200))
    transport = RetryTransport(httpx.MockTransport(server), clock=clock)
    with httpx.Client(transport=transport) as client:
        client.get(URL)
        assert transport.rate_limit is not None
        assert transport.rate_limit.remaining == 0
        client.get(URL)
    assert clock.slept == [pytest.approx(11.0)]


def test_a_pause_over_the_limit_is_not_begun() -> None:
    """The request is not sent; the error says how long it would have taken."""
    clock = Clock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}
    server = Server(httpx.Response(200, headers=empty))
    with httpx.Client(transport=RetryTransport(httpx.MockTransport(server), clock=clock)) as client:
        client.get(URL)
        with pytest.raises(RateLimitWaitError) as caught:
            client.get(f"{URL}?api_key=secret")
    assert caught.value.wait == pytest.approx(3601.0)
    assert "secret" not in str(caught.value)
    assert len(server.requests) == 1


def test_hosts_do_not_wait_for_each_other() -> None:
    """A pause belongs to the host that asked for it."""
    clock = Clock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "10"}
    server = Server(httpx.Response(200, headers=empty), httpx.Response(200))
    with httpx.Client(transport=RetryTransport(httpx.MockTransport(server), clock=clock)) as client:
        client.get(URL)
        client.get("http://elsewhere.test/")
    assert clock.slept == []


def test_the_budget_stops_a_storm() -> None:
    """When every request fails, retries end long before requests do."""
    clock, sent = Clock(), 100
    server = Server(*(httpx.Response(503) for _ in range(3 * sent)))
    transport = RetryTransport(httpx.MockTransport(server), clock=clock)
    with httpx.Client(transport=transport) as client:
        for _ in range(sent):
            client.get(URL)
    assert len(server.requests) == sent + 500 // 14


def test_concurrent_requests_stay_within_the_quota() -> None:
    """What a response says is left is shared among all that wait, so none meets a 429."""
    clock = Clock()
    left, refused = 3, 0

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal left, refused
        if clock.now >= 1_060.0 and left == 0:
            left = 100
        if left == 0:
            refused += 1
            return httpx.Response(429, headers={"retry-after": "60"})
        left -= 1
        headers = {"x-ratelimit-remaining": str(left), "x-ratelimit-reset": "60.0"}
        return httpx.Response(200, headers=headers)

    async def run() -> list[int]:
        transport = AsyncRetryTransport(httpx.MockTransport(serve), clock=clock)
        statuses: list[int] = []
        async with httpx.AsyncClient(transport=transport) as client, anyio.create_task_group() as g:

            async def ask() -> None:
                statuses.append((await client.get(URL)).status_code)

            for _ in range(10):
                g.start_soon(ask)
        return statuses

    assert anyio.run(run) == [200] * 10
    assert refused == 0


def test_a_quota_of_ones_own_is_counted_apart() -> None:
    """`quota` tells apart what the server counts apart."""
    clock = Clock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "10"}
    server = Server(httpx.Response(200, headers=empty), httpx.Response(200))
    transport = RetryTransport(
        httpx.MockTransport(server), clock=clock, quota=lambda request: request.url.path
    )
    with httpx.Client(transport=transport) as client:
        client.get(URL)
        client.get("http://api.test/others")
    assert clock.slept == []


def test_credentials_have_quotas_of_their_own() -> None:
    """One user's empty quota does not stop another's requests."""
    clock = Clock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "10"}
    server = Server(httpx.Response(200, headers=empty), httpx.Response(200))
    transport = RetryTransport(httpx.MockTransport(server), clock=clock)
    with httpx.Client(transport=transport) as client:
        client.get(URL, headers={"Authorization": "Bearer one"})
        client.get(URL, headers={"Authorization": "Bearer two"})
    assert clock.slept == []


def test_a_small_quota_beside_a_large_one_stops_only_its_own() -> None:
    """Quotas are told apart by their limits: an empty one for exports leaves lists alone."""
    clock = Clock()

    def serve(request: httpx.Request) -> httpx.Response:
        few = "export" in request.url.path
        headers = {"limit": "1", "remaining": "0", "reset": "30"} if few else {"limit": "1000"}
        if not few:
            headers |= {"remaining": "900", "reset": "3600"}
        return httpx.Response(200, headers={f"x-ratelimit-{k}": v for k, v in headers.items()})

    transport = RetryTransport(httpx.MockTransport(serve), clock=clock)
    with httpx.Client(transport=transport) as client:
        client.get(f"{URL}/1")
        client.post(f"{URL}/2/export")
        client.get(f"{URL}/3")
        client.get(f"{URL}/4/parts")
        assert clock.slept == []
        client.post(f"{URL}/5/export")
    assert clock.slept == [pytest.approx(31.0)]

"""What is repeated, when, and what goes with it; on every way to the wire."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest
import respx

from unistack._core.endpoint import Body, Endpoint, Json, Nothing
from unistack._core.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    RateLimitError,
)
from unistack._core.settings import Budget

GET = Endpoint("x.get", "GET", "/x", security=(("bearer",),), result=Json(dict[str, Any]))
PUT = Endpoint("x.put", "PUT", "/x", body=Body(), result=Json(dict[str, Any]))
POST = Endpoint("x.post", "POST", "/x", body=Body(), result=Json(dict[str, Any]))
KEYED = Endpoint(
    "x.create",
    "POST",
    "/x",
    body=Body(),
    result=Json(dict[str, Any]),
    idempotency="Idempotency-Key",
)
PROBE = Endpoint("health.check", "GET", "/x", metered=False, result=Nothing())

GOOD = httpx.Response(200, json={"ok": True})


def failing(times: int, status: int = 503, **headers: str) -> list[httpx.Response]:
    return [httpx.Response(status, headers=headers, json={}) for _ in range(times)] + [GOOD]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_transient_statuses_are_repeated(kit: Any, api: respx.MockRouter, status: int) -> None:
    """A GET that fails in passing is repeated until it succeeds."""
    route = api.get("/x").mock(side_effect=failing(2, status))
    assert kit.call(kit.client(), GET) == {"ok": True}
    assert route.call_count == 3
    assert kit.clock.sleeps == [0.5, 1.0]


def test_retries_end_at_max_retries(kit: Any, api: respx.MockRouter) -> None:
    """The attempt after the last retry is not made, and its error is raised."""
    route = api.get("/x").respond(503)
    with pytest.raises(InternalServerError) as caught:
        kit.call(kit.client(max_retries=3), GET)
    assert route.call_count == 4
    assert caught.value.status_code == 503


def test_max_retries_of_one_call(kit: Any, api: respx.MockRouter) -> None:
    """The call's own max_retries wins over the client's."""
    route = api.get("/x").respond(503)
    with pytest.raises(InternalServerError):
        kit.call(kit.client(max_retries=5), GET, options={"max_retries": 1})
    with pytest.raises(InternalServerError):
        kit.call(kit.client().with_options(max_retries=0), GET)
    assert route.call_count == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 501])
def test_lasting_failures_are_not_repeated(kit: Any, api: respx.MockRouter, status: int) -> None:
    """A failure that repeating cannot change is raised at once."""
    route = api.get("/x").respond(status)
    with pytest.raises(Exception, match=str(status)):
        kit.call(kit.client(), GET)
    assert route.call_count == 1
    assert kit.clock.sleeps == []


def test_retry_after_is_a_floor(kit: Any, api: respx.MockRouter) -> None:
    """The wait is never shorter than the server asked for, and jitter comes on top."""
    kit.clock.chance = 0.5
    api.get("/x").mock(side_effect=failing(1, 429, **{"Retry-After": "8"}))
    kit.call(kit.client(), GET)
    assert kit.clock.sleeps == [9.0]


def test_retry_after_ms_wins(kit: Any, api: respx.MockRouter) -> None:
    """Milliseconds are the more exact statement."""
    headers = {"Retry-After": "8", "retry-after-ms": "1500"}
    api.get("/x").mock(side_effect=failing(1, 429, **headers))
    kit.call(kit.client(), GET)
    assert kit.clock.sleeps == [1.5]


def test_too_long_a_wait_raises_at_once(kit: Any, api: respx.MockRouter) -> None:
    """A server that asks for more than max_wait gets no second request; the error says how long."""
    route = api.get("/x").mock(side_effect=failing(1, 429, **{"Retry-After": "61"}))
    with pytest.raises(RateLimitError) as caught:
        kit.call(kit.client(), GET)
    assert caught.value.retry_after == 61
    assert route.call_count == 1
    assert kit.clock.sleeps == []


def test_deadline_forbids_a_wait_that_would_pass_it(kit: Any, api: respx.MockRouter) -> None:
    """With two seconds left a wait of three is not begun."""
    route = api.get("/x").mock(side_effect=failing(1, 503, **{"Retry-After": "3"}))
    with pytest.raises(InternalServerError):
        kit.call(kit.client(deadline=2.0), GET)
    assert route.call_count == 1
    assert kit.clock.sleeps == []


def test_deadline_bounds_all_attempts_together(kit: Any, api: respx.MockRouter) -> None:
    """Attempts that take time use up the deadline: the next one is not made."""

    def slow(request: httpx.Request) -> httpx.Response:
        kit.clock.now += 4
        return httpx.Response(503)

    route = api.get("/x").mock(side_effect=slow)
    with pytest.raises(InternalServerError):
        kit.call(kit.client(deadline=9.0, max_retries=10), GET)
    assert route.call_count == 2


def test_deadline_caps_the_phases(kit: Any, api: respx.MockRouter) -> None:
    """An attempt's timeouts are no longer than the time left."""
    seen: list[Any] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        kit.clock.now += 2
        return httpx.Response(503) if len(seen) == 1 else GOOD

    api.get("/x").mock(side_effect=note)
    kit.call(kit.client(deadline=10.0), GET)
    assert seen[0] == {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 10.0}
    assert seen[1] == {"connect": 5.0, "read": 7.5, "write": 7.5, "pool": 7.5}


def test_deadline_is_looked_at_while_the_body_is_read(kit: Any, api: respx.MockRouter) -> None:
    """A body that trickles in past the deadline is given up."""

    class Trickle(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __init__(self) -> None:
            self.read = 0

        def __iter__(self) -> Any:
            for _ in range(10):
                self.read += 1
                kit.clock.now += 1
                yield b" "

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    body = Trickle()
    api.get("/x").mock(return_value=httpx.Response(200, stream=body))
    with pytest.raises(APITimeoutError, match="deadline"):
        kit.call(kit.client(deadline=3.5), GET)
    assert body.read == 4


def test_post_without_key_is_not_repeated(kit: Any, api: respx.MockRouter) -> None:
    """Repeating a POST after a 500 might do it twice."""
    route = api.post("/x").respond(500)
    with pytest.raises(InternalServerError):
        kit.call(kit.client(), POST, body={"a": 1})
    assert route.call_count == 1
    assert "idempotency-key" not in route.calls.last.request.headers


def test_post_with_a_callers_key_is_sent_and_not_repeated(kit: Any, api: respx.MockRouter) -> None:
    """Only a declared key says that the server knows what it means."""
    route = api.post("/x").respond(500)
    with pytest.raises(InternalServerError):
        kit.call(kit.client(), POST, body={}, options={"idempotency_key": "mine"})
    assert route.call_count == 1
    assert route.calls.last.request.headers["idempotency-key"] == "mine"


def test_the_key_is_the_same_on_each_retry(kit: Any, api: respx.MockRouter) -> None:
    """A declared key is made once for the call, and anew for the next call."""
    route = api.post("/x").mock(side_effect=[*failing(2, 500), GOOD])
    client = kit.client()
    kit.call(client, KEYED, body={"a": 1})
    kit.call(client, KEYED, body={"a": 1})
    keys = [call.request.headers["idempotency-key"] for call in route.calls]
    assert keys[0] == keys[1] == keys[2]
    assert keys[3] != keys[0]
    bodies = {call.request.content for call in route.calls}
    assert bodies == {b'{"a":1}'}


def test_retry_count_tells_the_server(kit: Any, api: respx.MockRouter) -> None:
    """Retries are numbered, first attempts are not."""
    route = api.put("/x").mock(side_effect=failing(2))
    kit.call(kit.client(), PUT, body={})
    counts = [call.request.headers.get("x-retry-count") for call in route.calls]
    assert counts == [None, "1", "2"]


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_post_that_never_left_is_repeated(
    kit: Any, api: respx.MockRouter, error: type[Exception]
) -> None:
    """When no connection was made, nothing was done."""
    route = api.post("/x").mock(side_effect=[error("no"), GOOD])
    kit.call(kit.client(), POST, body={})
    assert route.call_count == 2


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
def test_a_post_that_may_have_arrived_is_not_repeated(
    kit: Any, api: respx.MockRouter, error: type[Exception]
) -> None:
    """When the connection broke after sending, the server may have done it."""
    route = api.post("/x").mock(side_effect=error("cut"))
    with pytest.raises(APIConnectionError):
        kit.call(kit.client(), POST, body={})
    assert route.call_count == 1


def test_throttled_posts_are_repeated(kit: Any, api: respx.MockRouter) -> None:
    """A 429 says that nothing was done."""
    route = api.post("/x").mock(side_effect=failing(1, 429))
    kit.call(kit.client(), POST, body={})
    assert route.call_count == 2


def test_an_operation_in_flight_is_awaited(kit: Any, api: respx.MockRouter) -> None:
    """A 409 is repeated when the first request with the key is still at work, and only then."""
    body = {"error": {"code": "IDEMPOTENCY_IN_FLIGHT", "message": "wait"}}
    api.post("/x").mock(side_effect=[httpx.Response(409, json=body), GOOD])
    kit.call(kit.client(), KEYED, body={})
    body["error"]["code"] = "CONFLICT"
    api.post("/x").respond(409, json=body)
    with pytest.raises(ConflictError):
        kit.call(kit.client(), KEYED, body={})


def test_the_server_decides(kit: Any, api: respx.MockRouter) -> None:
    """x-should-retry overrides the rules, both ways."""
    route = api.get("/x").mock(side_effect=failing(1, 400, **{"x-should-retry": "true"}))
    kit.call(kit.client(), GET)
    assert route.call_count == 2
    api.get("/x").respond(503, headers={"x-should-retry": "false"})
    with pytest.raises(InternalServerError):
        kit.call(kit.client(), GET)
    assert route.call_count == 3


def test_probes_are_never_repeated(kit: Any, api: respx.MockRouter) -> None:
    """A health check that fails has said what it was asked for."""
    route = api.get("/x").respond(503)
    with pytest.raises(InternalServerError):
        kit.call(kit.client(), PROBE)
    assert route.call_count == 1


def test_tls_failures_are_not_repeated(kit: Any) -> None:
    """A server that does not speak TLS will not learn it by being asked again."""
    connections: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                connections.append(len(peer.recv(4096)))
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        client = kit.client(base_url=f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(APIConnectionError, match="TLS") as caught:
            kit.call(client, GET)
        thread.join()
    assert len(connections) == 1
    assert caught.value.kind == "tls"
    assert kit.clock.sleeps == []


def test_mistakes_are_not_repeated(kit: Any, api: respx.MockRouter) -> None:
    """An exception that is not the transport's passes through as it is."""
    route = api.get("/x").mock(side_effect=KeyError("mine"))
    with pytest.raises(KeyError, match="mine"):
        kit.call(kit.client(), GET)
    assert route.call_count == 1


def test_timeouts_have_their_own_error(kit: Any, api: respx.MockRouter) -> None:
    """Every attempt timed out."""
    route = api.get("/x").mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(APITimeoutError) as caught:
        kit.call(kit.client(), GET)
    assert route.call_count == 3
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
    assert str(caught.value).endswith("GET https://api.test/v1/x")


def test_failed_responses_are_read_and_closed(kit: Any, api: respx.MockRouter) -> None:
    """A failed response holds no connection while its retry waits."""
    answers = failing(1)
    api.get("/x").mock(side_effect=answers)
    kit.call(kit.client(), GET)
    assert all(answer.is_closed for answer in answers)


def test_an_outage_exhausts_the_budget(kit: Any, api: respx.MockRouter) -> None:
    """500 tokens at 14 a retry are 35 retries; then each call is one attempt."""
    route = api.get("/x").respond(503)
    client = kit.client()
    for _ in range(30):
        with pytest.raises(InternalServerError):
            kit.call(client, GET)
    assert route.call_count == 30 + 500 // 14


def test_successes_refill_the_budget(kit: Any, api: respx.MockRouter) -> None:
    """What a call's retries took comes back when it succeeds; plain successes give one token."""
    client = kit.client()
    budget = client._shared.budget
    api.get("/x").mock(side_effect=failing(2))
    kit.call(client, GET)
    assert budget.tokens == 500
    api.get("/x").respond(503)
    with pytest.raises(InternalServerError):
        kit.call(client, GET)
    assert budget.tokens == 500 - 28
    api.get("/x").respond(200, json={})
    kit.call(client, GET)
    assert budget.tokens == 500 - 27


def test_copies_share_the_budget(kit: Any) -> None:
    """with_options makes no second budget."""
    client = kit.client()
    assert client.with_options(timeout=1)._shared.budget is client._shared.budget


def test_the_budget_never_overflows_or_overdraws() -> None:
    """Tokens stay between nothing and the full budget."""
    budget = Budget()
    budget.refund(100)
    assert budget.tokens == 500
    assert budget.take(495)
    assert not budget.take(14)
    assert budget.tokens == 5


def test_a_bad_request_needs_no_tenacity(kit: Any, api: respx.MockRouter) -> None:
    """The error of a single attempt has no retry machinery in its traceback."""
    api.get("/x").respond(400)
    with pytest.raises(BadRequestError) as caught:
        kit.call(kit.client(), GET)
    names = [entry.path for entry in caught.traceback]
    assert not any("tenacity" in str(name) for name in names)

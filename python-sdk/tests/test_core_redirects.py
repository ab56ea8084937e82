"""Redirects are followed by the core itself, and credentials stay with their origin."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from unistack._core.endpoint import Body, Endpoint, Json
from unistack._core.errors import APIError, APIStatusError

EVERY = (("bearer", "header", "cookie"),)
GET = Endpoint("x.get", "GET", "/x", security=EVERY, result=Json(dict[str, Any]))
HEAD = Endpoint("x.head", "HEAD", "/x", security=EVERY)
POST = Endpoint("x.post", "POST", "/x", security=EVERY, body=Body(), result=Json(Any))
CREDENTIALS = {"bearer": "b-secret", "header": "h-secret", "cookie": "c-secret"}
SENT = ("authorization", "x-api-key", "cookie")


def to(url: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"Location": url})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_same_origin_keeps_credentials(kit: Any, api: respx.MockRouter, status: int) -> None:
    """A redirect within the API is followed with everything that was sent."""
    api.get("/x").mock(return_value=to("/v1/y", status))
    target = api.get("/y").respond(200, json={"y": 1})
    client = kit.client(credentials=CREDENTIALS, default_headers={"X-Plain": "p"})
    assert kit.call(client, GET, query={"a": 1}) == {"y": 1}
    headers = target.calls.last.request.headers
    assert headers["authorization"] == "Bearer b-secret"
    assert headers["x-api-key"] == "h-secret"
    assert headers["cookie"] == "session=c-secret"
    assert headers["x-plain"] == "p"
    assert headers.get_list("host") == ["api.test"]


@pytest.mark.parametrize(
    "url",
    [
        "https://other.test/y",
        "http://api.test/v1/y",
        "https://api.test:8443/v1/y",
        "//other.test/y",
        "https://api.test.evil.test/v1/y",
    ],
)
def test_another_origin_gets_no_credential(kit: Any, api: respx.MockRouter, url: str) -> None:
    """Host, port or scheme differ: no scheme's credential goes there, other headers do."""
    api.get("/x").mock(return_value=to(url))
    with respx.mock(assert_all_called=False) as everywhere:
        api.get("/x").mock(return_value=to(url))
        target = everywhere.get(url__regex="/y$").respond(200, json={"y": 1})
        client = kit.client(
            credentials=CREDENTIALS,
            default_headers={"X-Plain": "p", "X-Session-Token": "t", "Proxy-Authorization": "q"},
        )
        assert kit.call(client, GET) == {"y": 1}
    headers = target.calls.last.request.headers
    for name in (*SENT, "x-session-token", "proxy-authorization"):
        assert name not in headers
    assert headers["x-plain"] == "p"
    assert "secret" not in repr(headers.raw)


def test_credentials_do_not_come_back(kit: Any, api: respx.MockRouter) -> None:
    """A detour over another origin loses the credentials for good."""
    with respx.mock(assert_all_called=False) as everywhere:
        everywhere.get("https://other.test/y").mock(return_value=to("https://api.test/v1/z"))
        api.get("/x").mock(return_value=to("https://other.test/y"))
        target = api.get("/z").respond(200, json={})
        kit.call(kit.client(credentials=CREDENTIALS), GET)
    assert not any(name in target.calls.last.request.headers for name in SENT)


def test_no_more_than_five(kit: Any, api: respx.MockRouter) -> None:
    """The sixth redirect is raised as what it is."""
    route = api.get("/x").mock(return_value=to("/v1/x"))
    with pytest.raises(APIStatusError) as caught:
        kit.call(kit.client(), GET)
    assert route.call_count == 6
    assert caught.value.status_code == 302


def test_head_stays_head(kit: Any, api: respx.MockRouter) -> None:
    """A redirected HEAD does not become a GET."""
    api.head("/x").mock(return_value=to("/v1/y", 303))
    target = api.head("/y").respond(200)
    assert kit.call(kit.client(), HEAD) is None
    assert target.called


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_not_redirected(kit: Any, api: respx.MockRouter, status: int) -> None:
    """Sending a body somewhere else is the caller's decision."""
    route = api.post("/x").mock(return_value=to("/v1/y", status))
    with pytest.raises(APIStatusError) as caught:
        kit.call(kit.client(), POST, body={"a": 1})
    assert (route.call_count, caught.value.status_code) == (1, status)


@pytest.mark.parametrize("location", [None, "ftp://files.test/x", "file:///etc/passwd"])
def test_a_redirect_to_nowhere(kit: Any, api: respx.MockRouter, location: str | None) -> None:
    """Without a Location that HTTP can follow, the 3xx is raised."""
    headers = {} if location is None else {"Location": location}
    route = api.get("/x").respond(302, headers=headers)
    with pytest.raises(APIStatusError):
        kit.call(kit.client(), GET)
    assert route.call_count == 1


@pytest.mark.parametrize("location", ["http://[:::/x", "https://api.test:99999/x"])
def test_a_redirect_to_what_is_no_url(kit: Any, api: respx.MockRouter, location: str) -> None:
    """The 3xx, or what an httpx client of the caller's own makes of it; no error of a parser."""
    api.get("/x").respond(302, headers={"Location": location})
    with pytest.raises(APIError):
        kit.call(kit.client(), GET)


def test_relative_locations(kit: Any, api: respx.MockRouter) -> None:
    """A Location is resolved against the URL that sent it; its fragment goes nowhere."""
    api.get("/x").mock(return_value=to("y?b=2#part"))
    target = api.get("/y", params={"b": 2}).respond(200, json={})
    kit.call(kit.client(), GET)
    assert str(target.calls.last.request.url) == "https://api.test/v1/y?b=2"


def test_a_redirect_is_one_attempt(kit: Any, api: respx.MockRouter) -> None:
    """The middleware sees one request and the last response, and no retry is counted."""
    api.get("/x").mock(return_value=to("/v1/y"))
    api.get("/y").respond(200, json={})
    seen: list[Any] = []

    def blocking(request: Any, call_next: Any) -> Any:
        response = call_next(request)
        seen.append((request.url.path, response.status_code))
        return response

    async def suspending(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append((request.url.path, response.status_code))
        return response

    kit.call(kit.client(middleware=[suspending if kit.asynchronous else blocking]), GET)
    assert seen == [("/v1/x", 200)]

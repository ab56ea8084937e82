"""Which credential goes where, and logins under many threads and tasks."""

from __future__ import annotations

import base64
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
import respx

from unistack._core.auth import Login, LoginFlow, Scheme, choose, placement
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.endpoint import Endpoint, Json
from unistack._core.errors import AuthenticationError, InternalServerError, SDKError
from unistack._core.resource import AsyncResource, SyncResource

BASE = "https://api.test/v1"


def get(*security: tuple[str, ...]) -> Endpoint:
    return Endpoint("x.get", "GET", "/x", security=security, result=Json(dict[str, Any]))


FLOW = LoginFlow(
    "bearer",
    login=("POST", "/auth/login"),
    refresh=("POST", "/auth/refresh"),
    access_token="/data/access_token",
    refresh_token="/data/refresh_token",
    refresh_body={"refresh_token": "{refresh_token}", "grant": "refresh"},
)


@pytest.mark.parametrize(
    ("security", "available", "chosen"),
    [
        ((), {}, ()),
        ((("a",), ("b",)), {"b": "x"}, ("b",)),
        ((("a",), ("b",)), {"a": "x", "b": "x"}, ("a",)),
        ((("a", "b"), ("c",)), {"a": "x", "c": "x"}, ("c",)),
        ((("a", "b"),), {"a": "x", "b": "x"}, ("a", "b")),
        (((), ("a",)), {"a": "x"}, ("a",)),
        (((), ("a",)), {}, ()),
        ((("a",),), {}, None),
    ],
)
def test_the_first_requirement_with_credentials(
    security: Any, available: dict[str, str], chosen: Any
) -> None:
    """The document's order decides among the alternatives whose credentials all exist."""
    assert choose(security, available) == chosen


def test_every_kind_of_scheme(kit: Any, api: respx.MockRouter) -> None:
    """Bearer, basic, header, query and cookie stand where the document says."""
    route = api.get("/x").respond(200, json={})
    cases: list[tuple[str, Any, Any]] = [
        ("bearer", "t", lambda r: r.headers["authorization"] == "Bearer t"),
        (
            "basic",
            ("u", "pä"),
            lambda r: base64.b64decode(r.headers["authorization"][6:]).decode() == "u:pä",
        ),
        ("header", "k", lambda r: r.headers["x-api-key"] == "k"),
        ("cookie", "s", lambda r: r.headers["cookie"] == "session=s"),
        ("query", "q&", lambda r: r.url.query == b"api_key=q%26"),
    ]
    for scheme, secret, check in cases:
        for given in (secret, lambda secret=secret: secret):
            kit.call(kit.client(credentials={scheme: given}), get((scheme,)))
            assert check(route.calls.last.request)


def test_schemes_that_go_together(kit: Any, api: respx.MockRouter) -> None:
    """A requirement of several schemes sends all of them, beside the call's own cookies."""
    route = api.get("/x").respond(200, json={})
    client = kit.client(credentials={"bearer": "b", "cookie": "c"})
    kit.call(client, get(("bearer", "cookie")), cookies={"theme": "dark"})
    headers = route.calls.last.request.headers
    assert headers["authorization"] == "Bearer b"
    assert headers["cookie"] == "session=c; theme=dark"


def test_operations_without_security_get_no_credential(kit: Any, api: respx.MockRouter) -> None:
    """What an operation does not ask for is not sent."""
    route = api.get("/x").respond(200, json={})
    kit.call(kit.client(), get())
    assert "authorization" not in route.calls.last.request.headers


def test_a_callable_is_asked_for_each_attempt(kit: Any, api: respx.MockRouter) -> None:
    """A token that was renewed meanwhile is in the retry."""
    route = api.get("/x").mock(side_effect=[httpx.Response(503), httpx.Response(200, json={})])
    tokens = itertools.count(1)
    kit.call(kit.client(credentials={"bearer": lambda: f"t{next(tokens)}"}), get(("bearer",)))
    sent = [call.request.headers["authorization"] for call in route.calls]
    assert sent == ["Bearer t1", "Bearer t2"]


def test_an_async_callable(kit: Any, api: respx.MockRouter) -> None:
    """The async client waits for the token; the sync one says that it cannot."""

    async def token() -> str:
        await anyio.lowlevel.checkpoint()
        return "async"

    route = api.get("/x").respond(200, json={})
    client = kit.client(credentials={"bearer": token})
    if kit.asynchronous:
        kit.call(client, get(("bearer",)))
        assert route.calls.last.request.headers["authorization"] == "Bearer async"
    else:
        with pytest.raises(TypeError, match="async client only"):
            kit.call(client, get(("bearer",)))


@pytest.mark.parametrize("secret", ["a\r\nX-Evil: 1", "a\nb"])
def test_a_credential_cannot_start_a_header(secret: str) -> None:
    """A line break in a secret is refused before anything is sent."""
    with pytest.raises(ValueError, match="line break"):
        placement(Scheme("bearer", "bearer"), secret)


def test_the_environment(kit: Any, api: respx.MockRouter, monkeypatch: Any) -> None:
    """A variable helps a client that was told nothing, and never overrides what it was told."""
    monkeypatch.setenv("API_TEST_KEY", "from-env")
    route = api.get("/x").respond(200, json={})
    endpoint = get(("bearer",), ("header",))
    kit.call(kit.client(credentials={}), endpoint)
    assert route.calls.last.request.headers["authorization"] == "Bearer from-env"
    kit.call(kit.client(credentials={"header": "told"}), endpoint)
    assert route.calls.last.request.headers["x-api-key"] == "told"
    assert "authorization" not in route.calls.last.request.headers


class Issuer:
    """A server of tokens: each refresh makes the ones before it invalid.

    A refresh is answered when so many requests have been refused, so that they really meet it.
    """

    def __init__(self, refusals: int = 0) -> None:
        self.valid = 0
        self.logins = 0
        self.refreshes = 0
        self.refused = 0
        self.refresh_refused = False
        self.refusals = refusals
        self.all_refused = threading.Event()
        self.lock = threading.Lock()
        self.bodies: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        if path == "/auth/login":
            assert "authorization" not in request.headers
            self.bodies.append(request.content)
            with self.lock:
                self.logins += 1
            return self._issue()
        if path == "/auth/refresh":
            self.bodies.append(request.content)
            with self.lock:
                self.refreshes += 1
            if self.refusals:
                assert self.all_refused.wait(30), "the other requests were held back"
            if self.refresh_refused:
                return httpx.Response(401, json={"error": {"code": "UNAUTHORIZED"}})
            return self._issue()
        if request.headers.get("authorization") == f"Bearer access-{self.valid}":
            return httpx.Response(200, json={"ok": True})
        with self.lock:
            self.refused += 1
            if self.refused == self.refusals:
                self.all_refused.set()
        return httpx.Response(401, json={"error": {"code": "UNAUTHORIZED", "message": "expired"}})

    def _issue(self) -> httpx.Response:
        with self.lock:
            self.valid += 1
            data = {
                "access_token": f"access-{self.valid}",
                "refresh_token": f"refresh-{self.valid}",
            }
        return httpx.Response(200, json={"success": True, "data": data})

    def expire(self) -> None:
        self.valid += 1


def logged_in(kit: Any, issuer: Issuer) -> Any:
    return kit.client(
        credentials={},
        login=Login(email="ada@example.com", password="hunter2"),
        login_flow=FLOW,
        transport=httpx.MockTransport(issuer),
    )


def test_login_then_refresh(kit: Any) -> None:
    """The first call logs in, a 401 refreshes, and later calls use what there is."""
    issuer = Issuer()
    client = logged_in(kit, issuer)
    for _ in range(3):
        assert kit.call(client, get(("bearer",))) == {"ok": True}
    assert (issuer.logins, issuer.refreshes) == (1, 0)
    issuer.expire()
    assert kit.call(client, get(("bearer",))) == {"ok": True}
    assert (issuer.logins, issuer.refreshes) == (1, 1)
    assert issuer.bodies == [
        b'{"email":"ada@example.com","password":"hunter2"}',
        b'{"refresh_token":"refresh-1","grant":"refresh"}',
    ]


def test_a_refused_refresh_logs_in_again(kit: Any) -> None:
    """When the refresh token is no longer good, the login is."""
    issuer = Issuer()
    client = logged_in(kit, issuer)
    kit.call(client, get(("bearer",)))
    issuer.expire()
    issuer.refresh_refused = True
    assert kit.call(client, get(("bearer",))) == {"ok": True}
    assert (issuer.logins, issuer.refreshes) == (2, 1)


def test_a_401_that_stays_is_raised(kit: Any) -> None:
    """One renewal is all that a 401 gets."""
    requests: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        if "auth" in request.url.path:
            tokens = {"access_token": "a", "refresh_token": "r"}
            return httpx.Response(200, json={"data": tokens})
        return httpx.Response(401, json={})

    client = kit.client(
        credentials={},
        login=Login(a=1),
        login_flow=FLOW,
        transport=httpx.MockTransport(handler),
    )
    with pytest.raises(AuthenticationError):
        kit.call(client, get(("bearer",)))
    assert requests == ["/v1/auth/login", "/v1/x", "/v1/auth/refresh", "/v1/x"]


def test_a_wrong_password_is_the_logins_error(kit: Any) -> None:
    """The error of the login is what the caller sees, without the password."""
    client = kit.client(
        credentials={},
        login=Login(password="hunter2"),
        login_flow=FLOW,
        transport=httpx.MockTransport(lambda _: httpx.Response(401, json={})),
    )
    with pytest.raises(AuthenticationError) as caught:
        kit.call(client, get(("bearer",)))
    assert str(caught.value).endswith("POST https://api.test/v1/auth/login")
    assert "hunter2" not in repr(caught.value.__dict__)


def test_a_login_that_fails_in_passing_is_repeated(kit: Any) -> None:
    """The call is repeated as a whole when its login met a 503."""
    issuer = Issuer()
    down = [503, 503]

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(down.pop()) if down else issuer(request)

    client = kit.client(
        credentials={}, login=Login(a=1), login_flow=FLOW, transport=httpx.MockTransport(handler)
    )
    assert kit.call(client, get(("bearer",))) == {"ok": True}
    down[:] = [503] * 5
    issuer.expire()
    with pytest.raises(InternalServerError):
        kit.call(client, get(("bearer",)))


def test_a_login_without_a_token(kit: Any) -> None:
    """A response that holds no token says where it was looked for."""
    client = kit.client(
        credentials={},
        login=Login(a=1),
        login_flow=FLOW,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {}})),
    )
    with pytest.raises(SDKError, match="/data/access_token"):
        kit.call(client, get(("bearer",)))


def brand() -> Any:
    from unistack._core.brand import Brand

    return Brand("Api", "api", "API_TEST", "1", BASE)


def test_fifty_threads_refresh_once() -> None:
    """Fifty calls that meet an expired token at once cost one refresh."""
    issuer = Issuer(refusals=50)
    client = SyncClient(
        brand(),
        (Scheme("bearer", "bearer"),),
        login=Login(a=1),
        login_flow=FLOW,
        transport=httpx.MockTransport(issuer),
    )
    resource = SyncResource(client)
    resource._call(get(("bearer",)))
    issuer.expire()
    gate = threading.Barrier(50)

    def call(_: int) -> Any:
        gate.wait()
        return resource._call(get(("bearer",)))

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(call, range(50))) == [{"ok": True}] * 50
    assert (issuer.logins, issuer.refreshes) == (1, 1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_fifty_tasks_log_in_and_refresh_once(backend: str) -> None:
    """The same with tasks, under asyncio and under trio."""
    issuer = Issuer()

    async def handler(request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return issuer(request)

    async def main() -> None:
        client = AsyncClient(
            brand(),
            (Scheme("bearer", "bearer"),),
            login=Login(a=1),
            login_flow=FLOW,
            transport=httpx.MockTransport(handler),
        )
        resource = AsyncResource(client)
        results: list[Any] = []

        async def call() -> None:
            results.append(await resource._call(get(("bearer",))))

        for _ in range(2):
            async with anyio.create_task_group() as group:
                for _ in range(50):
                    group.start_soon(call)
            issuer.expire()
        assert results == [{"ok": True}] * 100

    anyio.run(main, backend=backend)
    assert (issuer.logins, issuer.refreshes) == (1, 1)


def test_credentials_never_show(kit: Any) -> None:
    """Neither the client's repr nor the login's tells a secret."""
    client = kit.client(
        credentials={"bearer": "b-secret"},
        login=Login(password="p-secret"),
        login_flow=FLOW,
        default_headers={"X-Token": "h-secret"},
    )
    assert repr(Login(password="p-secret", email="x")) == "Login(password=..., email=...)"
    plan = client._plan(get(("bearer",)))
    shared = client._shared
    for thing in (client, client._settings, shared, shared.login, shared.tokens, plan, plan.static):
        assert "secret" not in repr(thing)


def test_another_origin_gets_no_credential(kit: Any, api: respx.MockRouter) -> None:
    """An absolute URL of another host is called without credentials."""
    with respx.mock() as everywhere:
        target = everywhere.get("https://other.test/y").respond(200, json={})
        kit.run(kit.client().get("https://other.test/y"))
    assert "authorization" not in target.calls.last.request.headers
    home = api.get("/y").respond(200, json={})
    kit.run(kit.client().get("https://api.test/v1/y"))
    kit.run(kit.client().get("/y"))
    assert all("authorization" in call.request.headers for call in home.calls)

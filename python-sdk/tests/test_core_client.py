"""The client as a whole: options, connections, threads, processes, logging, middleware."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import socket
import socketserver
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import httpx2
import pytest
import respx

from unistack._core import transport
from unistack._core.absent import Omit, omit
from unistack._core.auth import Scheme
from unistack._core.brand import Brand
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.clock import Clock, SystemClock
from unistack._core.endpoint import Body, Endpoint, Json, Nothing
from unistack._core.errors import APIConnectionError, APITimeoutError, NotFoundError
from unistack._core.ratelimit import RateLimit
from unistack._core.resource import SyncResource

GET = Endpoint("x.get", "GET", "/x", security=(("bearer",),), rate_limit="user", result=Json(Any))
POST = Endpoint("x.post", "POST", "/x", security=(("bearer",),), body=Body(), result=Json(Any))


class Handler(BaseHTTPRequestHandler):
    """A real server that says which connection a request came by."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.client_address[1]).encode()
        if self.path.startswith("/cookie"):
            self.send_response(200)
            self.send_header("Set-Cookie", "tracked=1; Path=/")
            body = b'"set"'
        elif self.path.startswith("/headers"):
            self.send_response(200)
            body = f'"{self.headers.get("Cookie", "")}"'.encode()
        elif self.path.startswith("/short"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"a":')
            self.close_connection = True
            return
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The base URL of a real server."""
    socketserver.TCPServer.allow_reuse_address = True
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_with_options_makes_a_copy(kit: Any, api: respx.MockRouter) -> None:
    """A copy differs in what it is told, and shares connections and tokens."""
    client = kit.client(default_headers={"X-A": "1"}, default_query={"q": 1}, timeout=3)
    copy = client.with_options(
        timeout=1,
        max_retries=7,
        deadline=9,
        max_wait=5,
        strict=True,
        on_limit="raise",
        base_url="https://api.test/v2/",
        default_headers={"X-B": "2"},
        default_query={"r": 2},
        credentials={"bearer": "other"},
        middleware=[],
    )
    settings = copy._settings
    assert type(copy) is type(client)
    assert copy._shared is client._shared
    assert (settings.max_retries, settings.deadline, settings.max_wait) == (7, 9, 5)
    assert (settings.strict, settings.on_limit, copy.base_url) == (
        True,
        "raise",
        "https://api.test/v2",
    )
    assert client._settings.max_retries == 2
    assert client.base_url == "https://api.test/v1"
    route = api.get(url="https://api.test/v2/x").respond(200, json={})
    kit.call(copy, GET)
    request = route.calls.last.request
    assert request.headers["authorization"] == "Bearer other"
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    assert request.url.query == b"q=1&r=2"
    assert set(request.extensions["timeout"].values()) == {1}
    assert client.copy(timeout=omit)._settings == client._settings


def test_resources_of_a_copy_are_its_own(api: respx.MockRouter) -> None:
    """A resource that the first client made is not the copy's."""
    from unistack import Unistack

    client = Unistack(api_key="sk_live_0123456789abcdef0123")
    assert client.users is client.users
    assert client.with_options(timeout=1).users is not client.users


def test_the_base_url(monkeypatch: Any, clock: Any) -> None:
    """Argument, environment, environment's name, document: in that order; it must be absolute."""
    brand = Brand(
        "Api", "api", "API_TEST", "1", "https://doc.test/v1", (("staging", "https://st.test/v1"),)
    )
    assert SyncClient(brand).base_url == "https://doc.test/v1"
    assert SyncClient(brand, base_url="staging").base_url == "https://st.test/v1"
    monkeypatch.setenv("API_TEST_BASE_URL", "https://env.test/v1/")
    assert SyncClient(brand).base_url == "https://env.test/v1"
    assert SyncClient(brand, base_url="https://arg.test").base_url == "https://arg.test"
    with pytest.raises(ValueError, match="API_TEST_BASE_URL"):
        SyncClient(brand, base_url="arg.test/v1")


def test_servers_of_operations_move_with_the_api(clock: Any) -> None:
    """A server on the documented host follows the client's base URL; another host stays."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={})

    brand = Brand("Api", "api", "API_TEST", "1", "https://doc.test/v1")
    client = SyncClient(
        brand, base_url="http://localhost:8080/v1", transport=httpx.MockTransport(handler)
    )
    for own in ("https://doc.test", "https://doc.test/v2", "/v3", "https://files.test/v1", None):
        endpoint = Endpoint("x", "GET", "/x", base_url=own, result=Json(Any))
        SyncResource(client)._call(endpoint)
    assert seen == [
        "http://localhost:8080/x",
        "http://localhost:8080/v2/x",
        "http://localhost:8080/v3/x",
        "https://files.test/v1/x",
        "http://localhost:8080/v1/x",
    ]


def test_timeouts_of_a_client(kit: Any, api: respx.MockRouter) -> None:
    """Five seconds for connecting, sixty for the rest, unless the program or its client says."""
    route = api.get("/x").respond(200, json={})
    made = httpx.AsyncClient if kit.asynchronous else httpx.Client

    def sent(**options: Any) -> Any:
        kit.call(kit.client(**options), GET)
        return route.calls.last.request.extensions["timeout"]

    default = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 60.0}
    assert sent() == default
    assert set(sent(timeout=2).values()) == {2}
    assert sent(timeout=httpx.Timeout(1, read=9))["read"] == 9
    assert set(sent(timeout=None).values()) == {None}
    assert set(sent(http_client=made(timeout=7)).values()) == {7}
    assert sent(http_client=made(timeout=7), timeout=2)["read"] == 2
    assert sent(http_client=made()) == default


def test_an_empty_credential_is_a_mistake() -> None:
    """An empty key would be sent as one; most often a variable was not set."""
    with pytest.raises(ValueError, match="api_key is empty"):
        SyncClient(
            Brand("A", "a", "A", "1", "https://x"),
            (Scheme("bearer", "bearer", option="api_key"),),
            credentials={"bearer": ""},
        )


def test_undocumented_calls_leave_nothing_behind(kit: Any, api: respx.MockRouter) -> None:
    """A thousand paths with ids in them do not fill the client."""
    api.get(url__regex=".*").respond(200, json={})
    client = kit.client()
    for i in range(20):
        kit.run(client.get(f"/things/{i}"))
    assert client._plans == {}


def test_two_ways_to_the_wire_exclude_each_other() -> None:
    """A client has its own transport, so both at once is a mistake."""
    with pytest.raises(TypeError, match="not both"):
        SyncClient(
            Brand("A", "a", "A", "1", "https://x"),
            http_client=httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))),
            transport=httpx.MockTransport(lambda _: httpx.Response(200)),
        )


def test_closing(kit: Any, api: respx.MockRouter) -> None:
    """A closed client says so; what was passed in is not closed."""
    api.get("/x").respond(200, json={})
    made = (httpx.AsyncClient if kit.asynchronous else httpx.Client)()
    client = kit.client(http_client=made)

    async def use_async() -> None:
        async with client as entered:
            assert entered is client
            await kit.resource(client)._call(GET)

    if kit.asynchronous:
        kit.run(use_async())
    else:
        with client as entered:
            assert entered is client
            kit.call(client, GET)
    with pytest.raises(RuntimeError, match="closed"):
        kit.call(client, GET)
    assert not made.is_closed
    kit.run(made.aclose()) if kit.asynchronous else made.close()


def test_a_passed_transport_is_not_closed(kit: Any) -> None:
    """The same for a transport."""

    class Noted(httpx.MockTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

        async def aclose(self) -> None:
            self.closed = True

    made = Noted(lambda _: httpx.Response(200, json={}))
    client = kit.client(transport=made)
    kit.call(client, GET)
    kit.run(client.close())
    assert not made.closed


def test_connections_are_kept(server: str) -> None:
    """Calls one after another go over one connection."""
    with SyncClient(Brand("A", "a", "A", "1", server)) as client:
        ports = {client.get("/x") for _ in range(5)}
    assert len(ports) == 1


def test_keep_alive_is_on(server: str) -> None:
    """TCP asks after silent peers, so a dead connection is noticed."""
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in transport._keep_alive()
    with SyncClient(Brand("A", "a", "A", "1", server)) as client:
        client.get("/x")
        sender = client._shared.senders.choose()
        connection = sender.transport._pool.connections[0]
        stream = connection._connection._network_stream
        sock = stream.get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


def test_a_cut_body_on_a_real_socket(server: str) -> None:
    """A server that goes away within a body is a typed error, not a short value."""
    from unistack._core.errors import APIResponseValidationError

    with (
        SyncClient(Brand("A", "a", "A", "1", server)) as client,
        pytest.raises(APIResponseValidationError, match="broke off"),
    ):
        client.get("/short")


def test_a_refused_connection() -> None:
    """Nobody listens: a connection error after the retries, with the system's reason."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    brand = Brand("A", "a", "A", "1", f"http://127.0.0.1:{port}")
    with SyncClient(brand, max_retries=0) as client, pytest.raises(APIConnectionError) as caught:
        client.get("/x")
    assert caught.value.kind == "connect"


def test_a_silent_server_times_out() -> None:
    """A server that accepts and says nothing ends in a timeout of the phase."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        brand = Brand("A", "a", "A", "1", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with (
            SyncClient(brand, max_retries=0, timeout=0.05) as client,
            pytest.raises(APITimeoutError),
        ):
            client.get("/x")


def test_cookies_of_responses_are_not_sent_back(server: str) -> None:
    """On both ways only the cookies that the program chose go along."""
    given = httpx.Client(cookies={"mine": "1"})
    brand = Brand("A", "a", "A", "1", server)
    for client, expected in (
        (SyncClient(brand), ""),
        (SyncClient(brand, http_client=given), "mine=1"),
    ):
        client.get("/cookie")
        assert client.get("/headers") == expected
        client.close()
    given.close()


def test_an_abandoned_client_leaves_nothing_open(server: str) -> None:
    """A client that is dropped without close() warns of nothing and closes its sockets."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = SyncClient(Brand("A", "a", "A", "1", server))
        client.get("/x")
        del client
        gc.collect()
    assert [str(w.message) for w in caught if issubclass(w.category, ResourceWarning)] == []


def test_many_threads(server: str) -> None:
    """One client serves many threads from its first call on."""
    with SyncClient(Brand("A", "a", "A", "1", server)) as client:
        gate = threading.Barrier(16)

        def call(i: int) -> Any:
            gate.wait()
            return client.get("/x", query={"i": i})

        with ThreadPoolExecutor(16) as pool:
            assert len(list(pool.map(call, range(16)))) == 16


def test_a_forked_child_has_its_own_connections(server: str) -> None:
    """Parent and child do not talk over one socket; held locks do not pass on."""
    with SyncClient(Brand("A", "a", "A", "1", server), (Scheme("bearer", "bearer"),)) as client:
        mine = client.get("/x")
        client._shared.tokens.lock.acquire()
        client._shared.budget._lock.acquire()
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                free = client._shared.tokens.lock.acquire(blocking=False)
                free = client._shared.budget._lock.acquire(blocking=False) and free
                os.write(write, pickle.dumps((client.get("/x"), free)))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        theirs, free = pickle.loads(os.read(read, 1000))
        os.close(read)
        os.close(write)
        assert theirs != mine
        assert free
        assert client.get("/x") == mine


def test_one_async_client_in_two_event_loops() -> None:
    """A client may be used in one run of a loop after another."""

    async def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={})

    client = AsyncClient(
        Brand("A", "a", "A", "1", "https://x"), transport=httpx.MockTransport(handler)
    )
    for _ in range(2):
        assert asyncio.run(client.get("/x")) == {}


def test_a_cancelled_call_is_not_repeated(api: respx.MockRouter, clock: Any) -> None:
    """Cancelling a task ends the call at once."""
    started = 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal started
        started += 1
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> None:
        client = AsyncClient(
            Brand("A", "a", "A", "1", "https://x"),
            transport=httpx.MockTransport(handler),
            clock=clock,
        )
        task = asyncio.ensure_future(client.get("/x"))
        while not started:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert started == 1
    assert clock.sleeps == []


def chosen(asynchronous: bool = False, **options: Any) -> str:
    cls = AsyncClient if asynchronous else SyncClient
    client = cls(Brand("A", "a", "A", "1", "https://x"), **options)
    return type(client._shared.senders.choose()).__name__


def test_the_short_way_where_nothing_needs_the_long_one(monkeypatch: Any) -> None:
    """Proxies, a wrapped `send` and a client that was passed in take the way through httpx."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    mock = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    assert chosen() == chosen(transport=mock) == "DirectSender"
    assert chosen(True) == chosen(True, transport=mock) == "AsyncDirectSender"
    assert chosen(http_client=httpx.Client(transport=mock)) == "ClientSender"
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert chosen() == "ClientSender"
    assert chosen(transport=mock) == "DirectSender"
    monkeypatch.delenv("HTTPS_PROXY")

    original = httpx.Client.send

    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append("traced")
        return original(self, *args, **kwargs)

    seen: list[str] = []
    client = SyncClient(Brand("A", "a", "A", "1", "https://x"), transport=mock)
    client.get("/x")
    monkeypatch.setattr(httpx.Client, "send", traced)
    client.get("/x")
    assert seen == ["traced"]
    assert chosen(True) == "AsyncDirectSender"


def test_httpx2_clients_are_taken(clock: Any) -> None:
    """A client of the compatible library works: answers, errors, retries, exceptions."""
    answers: list[Any] = [
        httpx2.Response(503),
        httpx2.ConnectError("no"),
        httpx2.Response(200, json={"a": 1}),
        httpx2.Response(404, json={"error": {"code": "X", "message": "m"}}),
        httpx2.ReadTimeout("slow"),
    ]

    def handler(request: httpx2.Request) -> httpx2.Response:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = SyncClient(
        Brand("A", "a", "A", "1", "https://x/v1"),
        (Scheme("bearer", "bearer"),),
        credentials={"bearer": "secret"},
        http_client=httpx2.Client(transport=httpx2.MockTransport(handler)),
        clock=clock,
        deadline=100,
    )
    assert client.get("/x") == {"a": 1}
    assert clock.sleeps == [0.5, 1.0]
    with pytest.raises(NotFoundError) as caught:
        client.get("/x")
    assert isinstance(caught.value.request, httpx2.Request)
    assert "secret" not in repr(caught.value.request.headers)
    assert pickle.loads(pickle.dumps(caught.value)).status_code == 404
    with pytest.raises(APITimeoutError):
        client.with_options(max_retries=0).get("/x")


def test_async_httpx2_clients_are_taken(clock: Any) -> None:
    """The same for the async client, streams and closing included."""
    answers: list[Any] = [
        httpx2.Response(503),
        httpx2.ConnectError("no"),
        httpx2.Response(200, json={"a": 1}),
        httpx2.Response(302, headers={"location": "https://elsewhere.test/y"}),
        httpx2.Response(200, json={"b": 2}),
        httpx2.Response(404, json={"error": {"code": "X", "message": "m"}}),
        httpx2.ReadTimeout("slow"),
    ]
    seen: list[httpx2.Request] = []

    async def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def scenario() -> None:
        own = httpx2.AsyncClient(transport=httpx2.MockTransport(handler))
        client = AsyncClient(
            Brand("A", "a", "A", "1", "https://x/v1"),
            (Scheme("bearer", "bearer"),),
            credentials={"bearer": "secret"},
            http_client=own,
            clock=clock,
            deadline=100,
        )
        assert await client.get("/x") == {"a": 1}
        assert clock.sleeps == [0.5, 1.0]
        assert await client.get("/moved") == {"b": 2}
        assert [("authorization" in r.headers) for r in seen] == [True] * 4 + [False]
        with pytest.raises(NotFoundError) as caught:
            await client.get("/x")
        assert isinstance(caught.value.request, httpx2.Request)
        with pytest.raises(APITimeoutError):
            await client.with_options(max_retries=0).get("/x")
        await client.close()
        assert not own.is_closed
        await own.aclose()

    asyncio.run(scenario())


def test_middleware_wraps_each_attempt(kit: Any, api: respx.MockRouter) -> None:
    """Layers see each attempt once, outermost first, and may change request and response."""
    route = api.get("/x").mock(side_effect=[httpx.Response(503), httpx.Response(200, json={})])
    order: list[str] = []

    def layer(name: str) -> Any:
        def blocking(request: Any, call_next: Any) -> Any:
            order.append(f"{name} in")
            request.headers[f"X-{name}"] = "1"
            response = call_next(request)
            order.append(f"{name} out {response.status_code}")
            return response

        async def suspending(request: Any, call_next: Any) -> Any:
            order.append(f"{name} in")
            request.headers[f"X-{name}"] = "1"
            response = await call_next(request)
            order.append(f"{name} out {response.status_code}")
            return response

        return suspending if kit.asynchronous else blocking

    kit.call(kit.client(middleware=[layer("a"), layer("b")]), GET)
    assert order == [
        *("a in", "b in", "b out 503", "a out 503"),
        *("a in", "b in", "b out 200", "a out 200"),
    ]
    assert route.calls.last.request.headers["x-a"] == route.calls.last.request.headers["x-b"] == "1"


def test_middleware_may_answer_itself(kit: Any, api: respx.MockRouter) -> None:
    """A layer that does not call the next one ends the attempt, also with an error."""
    answer = httpx.Response(404, json={})

    def blocking(request: Any, call_next: Any) -> Any:
        return answer

    async def suspending(request: Any, call_next: Any) -> Any:
        return answer

    client = kit.client(middleware=[suspending if kit.asynchronous else blocking])
    with pytest.raises(NotFoundError, match="GET https://api"):
        kit.call(client, GET)


def test_errors_of_middleware_pass_through(kit: Any, api: respx.MockRouter) -> None:
    """A layer's own exception is the caller's to see, and not repeated."""
    calls: list[int] = []

    def blocking(request: Any, call_next: Any) -> Any:
        calls.append(1)
        raise LookupError("mine")

    async def suspending(request: Any, call_next: Any) -> Any:
        blocking(request, call_next)

    client = kit.client(middleware=[suspending if kit.asynchronous else blocking])
    with pytest.raises(LookupError, match="mine"):
        kit.call(client, GET)
    assert calls == [1]


def test_the_log(kit: Any, api: respx.MockRouter, caplog: Any) -> None:
    """Method, path, status, time, attempt and request id; no query, no secret and no body."""
    api.post("/x").mock(
        side_effect=[
            httpx.ConnectError("no"),
            httpx.Response(200, json={"p": "body-secret"}, headers={"X-Request-ID": "r1"}),
        ]
    )
    with caplog.at_level(logging.DEBUG, logger="api"):
        kit.call(
            kit.client(), POST, query={"token": "q-secret", "a": 1}, body={"password": "b-secret"}
        )
    lines = [record.getMessage() for record in caplog.records if record.name == "api"]
    assert lines == [
        "POST /v1/x -> connect error in 0 ms, attempt 1",
        "POST /v1/x: retry 1 of 2 in 0.50 s",
        "POST /v1/x -> 200 in 0 ms, attempt 2, request r1",
    ]


def test_the_log_is_off_by_default(kit: Any, api: respx.MockRouter, capfd: Any) -> None:
    """A program that asked for nothing sees nothing."""
    api.get("/x").respond(200, json={})
    kit.call(kit.client(), GET)
    assert capfd.readouterr().err == ""


def test_the_log_variable() -> None:
    """<PREFIX>_LOG=debug is all that it takes to see the requests, and not their secrets."""
    program = (
        "import httpx\n"
        "from unistack import Unistack\n"
        "t = httpx.MockTransport(lambda _: httpx.Response(404, json={}))\n"
        "try: Unistack(api_key='sk_live_secret', transport=t).get('/odd')\n"
        "except Exception: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "UNISTACK_LOG": "debug"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "unistack DEBUG GET /v1/odd -> 404" in done.stderr
    assert "sk_live_secret" not in done.stderr


def test_the_last_rate_limit(kit: Any, api: respx.MockRouter) -> None:
    """client.rate_limit is the last reading; responses without one leave it."""
    client = kit.client(on_limit="off")
    assert client.rate_limit is None
    headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "30"}
    api.get("/x").respond(200, json={}, headers=headers)
    kit.call(client, GET)
    expected = RateLimit(100, 7, kit.clock.now + 31, "user")
    assert client.rate_limit == expected
    api.get("/x").respond(200, json={})
    kit.call(client, GET)
    probe = Endpoint("health", "GET", "/health", metered=False, result=Nothing())
    api.get("/health").respond(200, headers={"X-RateLimit-Remaining": "0"})
    kit.call(client, probe)
    assert client.rate_limit == expected


def test_omit() -> None:
    """There is one omit; it is falsy and survives copying and pickling."""
    import copy

    assert not omit
    assert Omit() is omit
    assert copy.deepcopy({"a": omit})["a"] is copy.copy(omit) is omit
    assert pickle.loads(pickle.dumps(omit)) is omit
    assert repr(omit) == "omit"


def test_the_system_clock() -> None:
    """The default clock is a Clock, and its time moves on."""
    clock = SystemClock()
    assert isinstance(clock, Clock)
    before = clock.monotonic(), clock.time()
    clock.sleep(0)
    asyncio.run(clock.asleep(0))
    assert clock.monotonic() >= before[0]
    assert clock.time() > 1.7e9
    assert 0 <= clock.random() < 1


def test_lean_imports() -> None:
    """The package, its errors and its client load neither httpx nor pydantic until a call."""
    program = (
        "import sys, unistack, unistack.errors\n"
        "from unistack import Unistack\n"
        "client = Unistack(api_key='k')\n"
        "heavy = {'httpx', 'httpcore', 'pydantic', 'pydantic_core', 'tenacity', 'anyio'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_success_needs_no_tenacity() -> None:
    """The happy path does not even import what drives retries."""
    program = (
        "import sys, httpx\n"
        "from unistack import Unistack\n"
        "t = httpx.MockTransport(lambda _: httpx.Response(200, json={}))\n"
        "Unistack(api_key='k', transport=t).get('/x')\n"
        "print('tenacity' in sys.modules, 'anyio' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == "False"

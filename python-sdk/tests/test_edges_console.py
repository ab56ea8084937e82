"""The WebSocket console, against real servers on this machine."""

from __future__ import annotations

import asyncio
import builtins
import datetime as dt
import ipaddress
import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.sync.server import ServerConnection, serve

from unistack._brand import BRAND
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.console import AsyncConsole, Console, Socket
from unistack._core.endpoint import Endpoint, Json
from unistack._core.models import Model
from unistack._core.resource import AsyncResource, SyncResource
from unistack._core.ticket import Ticket
from unistack.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    UnexpectedDataWarning,
)

TOKEN = "strk_console_0123456789abcdef"
TICKET = Endpoint("ticket", "GET", "/console-token", result=Json())


class Message(Model):
    type: Literal["output", "status"] | str
    data: str


SOCKET = Socket("/data/url", "/data/token", {"type": "auth", "token": "{token}"}, receive=Message)


def answering(body: Any) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, json=body))


def ticket_for(url: str) -> dict[str, Any]:
    return {"success": True, "data": {"url": url, "token": TOKEN, "expires_at": "x"}}


def console(
    url: str, *, socket: Socket = SOCKET, body: Any = None, **options: Any
) -> Console[Any, Any]:
    transport = answering(ticket_for(url) if body is None else body)
    client = SyncClient(BRAND, transport=transport, strict=options.pop("strict", False))
    resource = SyncResource(client)
    return Console(client, socket, lambda: resource._raw()._call(TICKET), **options)


def aconsole(url: str, **options: Any) -> AsyncConsole[Any, Any]:
    client = AsyncClient(BRAND, transport=answering(ticket_for(url)))
    resource = AsyncResource(client)
    return AsyncConsole(client, SOCKET, lambda: resource._raw()._call(TICKET), **options)


@contextmanager
def server(handler: Callable[[ServerConnection], None], **options: Any) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0, **options) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            port = running.socket.getsockname()[1]
            yield f"{'wss' if 'ssl' in options else 'ws'}://127.0.0.1:{port}/console?server=srv_1"
        finally:
            running.shutdown()
            thread.join()


class Recorder:
    """A console that greets after the first message, echoes commands and remembers everything."""

    def __init__(self, *greeting: Any, close: tuple[int, str] = (1000, "")) -> None:
        self.greeting = greeting or ({"type": "status", "data": "running"},)
        self.close = close
        self.received: list[Any] = []
        self.requests: list[Any] = []

    def __call__(self, connection: ServerConnection) -> None:
        self.requests.append(connection.request)
        for text in connection:
            message = json.loads(text)
            self.received.append(message)
            if message["type"] == "auth":
                for item in self.greeting:
                    connection.send(item if isinstance(item, str | bytes) else json.dumps(item))
            elif message["data"] == "exit":
                break
            else:
                connection.send(json.dumps({"type": "output", "data": message["data"]}))
        connection.close(*self.close)


def run(steps: Any) -> Any:
    return asyncio.run(steps())


def test_edges_console_authenticates_first_and_hands_out_typed_messages() -> None:
    """The token travels in the first message; then messages come typed, and commands go."""
    recorder = Recorder()
    with server(recorder) as url, console(url) as terminal:
        first = next(iter(terminal))
        assert isinstance(first, Message)
        assert (first.type, first.data) == ("status", "running")
        terminal.send({"type": "command", "data": "say é"})
        assert terminal.receive().data == "say é"
        terminal.send(Message(type="command", data="exit"))
        assert list(terminal) == []
    assert recorder.received == [
        {"type": "auth", "token": TOKEN},
        {"type": "command", "data": "say é"},
        {"type": "command", "data": "exit"},
    ]


def test_edges_console_in_async_does_the_same() -> None:
    """The async console is the same conversation."""
    recorder = Recorder()

    async def steps() -> None:
        with server(recorder) as url:
            async with aconsole(url) as terminal:
                assert (await terminal.receive()).data == "running"
                await terminal.send({"type": "command", "data": "x"})
                assert (await terminal.receive(timeout=30)).data == "x"
                await terminal.send({"type": "command", "data": "exit"})
                assert [message async for message in terminal] == []
                assert "open" in repr(terminal)
            assert "closed" in repr(terminal)

    run(steps)
    assert recorder.received[0] == {"type": "auth", "token": TOKEN}


def test_edges_console_handshake_carries_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the token nor the API's credentials are in the handshake, in logs or in repr."""
    recorder = Recorder()
    with caplog.at_level(logging.DEBUG), server(recorder) as url, console(url) as terminal:
        terminal.receive()
        assert TOKEN not in repr(terminal)
    (request,) = recorder.requests
    assert TOKEN not in f"{request.path} {dict(request.headers)}"
    assert "Authorization" not in request.headers
    assert "Cookie" not in request.headers
    assert request.headers["User-Agent"].startswith("unistack/")
    client_logs = [r.getMessage() for r in caplog.records if r.name != "websockets.server"]
    assert not any(TOKEN in text for text in client_logs)


def test_edges_console_follows_no_redirect() -> None:
    """A redirect leads to no token at its target, in either kind."""
    thief = Recorder()

    def answer(connection: ServerConnection, request: Any) -> Any:
        response = connection.respond(302, "")
        response.headers["Location"] = target
        return response

    with server(thief) as target, server(Recorder(), process_request=answer) as url:
        with pytest.raises(APIConnectionError) as caught, console(url):
            raise AssertionError("connected")
        assert "redirects" in str(caught.value) or "302" in str(caught.value)

        async def steps() -> None:
            async with aconsole(url):
                raise AssertionError("connected")

        with pytest.raises(APIConnectionError):
            run(steps)
    assert thief.received == []


@pytest.mark.parametrize(
    "url",
    [
        "ws://node.example.com/console",
        "ws://127.0.0.1.example.com/",
        "ws://10.0.0.1/",
        "http://127.0.0.1/",
        "https://node.example.com",
        "wss://",
        "wss:///path",
        "wss://user:pass@node.example.com/",
        "wss://nodé.example.com/",
        "wss://node.example.com:port/",
        "wss://[::1/",
        "/console",
        "",
    ],
)
def test_edges_console_address_must_be_safe(url: str) -> None:
    """Plain connections go to this machine only, and nothing goes to what is no WebSocket URL."""
    with pytest.raises(APIResponseValidationError) as caught, console(url):
        raise AssertionError("connected")
    assert TOKEN not in str(caught.value)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["wss://node.example.com:5000/c", "ws://localhost/", "ws://[::1]:9/"]
)
def test_edges_console_safe_addresses_are_accepted(url: str) -> None:
    """Encrypted addresses, and those of this machine."""
    assert Ticket(SOCKET, ticket_for(url)).url == url


@pytest.mark.parametrize(
    ("host", "target", "same"),
    [
        ("node.example.com", "/c?a=1", True),
        ("NODE.example.com:443", "/c?a=1", True),
        ("node.example.com:444", "/c?a=1", False),
        ("evil.example.com", "/c?a=1", False),
        ("node.example.com", "/c?a=2", False),
        ("node.example.com", "/", False),
    ],
)
def test_edges_console_token_is_for_one_address(host: str, target: str, same: bool) -> None:
    """Host, port and path must be the ticket's."""
    ticket = Ticket(SOCKET, ticket_for("wss://node.example.com/c?a=1"))
    assert ticket.is_for(host, target) is same


@pytest.mark.parametrize(
    "body", [{}, [], "text", {"data": {}}, {"data": {"url": 5}}, {"data": {"url": "wss://x"}}]
)
def test_edges_console_response_without_a_ticket_is_an_error(body: Any) -> None:
    """The operation's answer must hold address and token."""
    with (
        pytest.raises(APIResponseValidationError, match="no address and token"),
        console("", body=body),
    ):
        raise AssertionError("connected")


def test_edges_console_close_codes_are_told() -> None:
    """An abnormal close is an error that names the code; a normal one ends the loop."""
    refusing = Recorder(close=(1008, "invalid token"))
    with server(refusing) as url, console(url) as terminal:
        terminal.receive()
        terminal.send({"type": "command", "data": "exit"})
        with pytest.raises(APIConnectionError, match="1008 invalid token") as caught:
            list(terminal)
        assert caught.value.__cause__ is not None
        with pytest.raises(APIConnectionError):
            terminal.send({"type": "command", "data": "x"})
        with pytest.raises(APIConnectionError):
            terminal.receive()


def test_edges_console_async_close_codes_are_told() -> None:
    """The async console tells them alike."""

    async def steps() -> None:
        with server(Recorder(close=(1011, "crashed"))) as url:
            async with aconsole(url) as terminal:
                await terminal.receive()
                await terminal.send({"type": "command", "data": "exit"})
                with pytest.raises(APIConnectionError, match="1011 crashed"):
                    _ = [message async for message in terminal]
                with pytest.raises(APIConnectionError):
                    await terminal.send({"type": "command", "data": "x"})

    run(steps)


def test_edges_console_refusals_are_connection_errors() -> None:
    """No server, and a server that refuses the handshake, are APIConnectionErrors."""
    with server(Recorder()) as url:
        pass
    with pytest.raises(APIConnectionError, match="could not connect") as caught, console(url):
        raise AssertionError("connected")
    assert str(caught.value).endswith(f"GET {url}")
    with (
        server(Recorder(), process_request=lambda c, r: c.respond(403, "no")) as url,
        pytest.raises(APIConnectionError, match="HTTP 403"),
        console(url),
    ):
        raise AssertionError("connected")

    async def steps() -> None:
        async with aconsole(url):
            raise AssertionError("connected")

    with pytest.raises(APIConnectionError):
        run(steps)


def test_edges_console_waits_have_limits() -> None:
    """A silent console raises APITimeoutError and stays open; a silent handshake does too."""
    silent = Recorder()
    silent.greeting = ()
    with server(silent) as url, console(url) as terminal:
        with pytest.raises(APITimeoutError):
            terminal.receive(timeout=0.001)
        terminal.send({"type": "command", "data": "x"})
        assert terminal.receive().data == "x"

    async def steps() -> None:
        with server(silent) as url:
            async with aconsole(url) as terminal:
                with pytest.raises(APITimeoutError):
                    await terminal.receive(timeout=0.001)
                await terminal.send({"type": "command", "data": "x"})
                assert (await terminal.receive()).data == "x"

    run(steps)
    held = threading.Event()

    def hold(connection: ServerConnection, request: Any) -> None:
        held.wait(30)

    with server(Recorder(), process_request=hold) as url:
        try:
            with pytest.raises(APITimeoutError), console(url, open_timeout=0.01):
                raise AssertionError("connected")
        finally:
            held.set()


def test_edges_console_message_that_does_not_fit_is_read_leniently() -> None:
    """Odd messages arrive with a warning, strict ones and no JSON are errors."""
    odd = {"type": "metrics", "data": 5, "new": True}
    with server(Recorder(odd)) as url, console(url) as terminal:
        with pytest.warns(UnexpectedDataWarning, match="leniently"):
            message = terminal.receive()
        assert (message.type, message.data, message.new) == ("metrics", 5, True)
    with (
        server(Recorder(odd)) as url,
        console(url, strict=True) as terminal,
        pytest.raises(APIResponseValidationError, match="does not fit"),
    ):
        terminal.receive()
    mixed = Recorder("no json", b'{"type": "x", "data": "bytes"}', "[]")
    with server(mixed) as url, console(url) as terminal:
        with pytest.raises(APIResponseValidationError, match="is not JSON"):
            terminal.receive()
        assert terminal.receive().data == "bytes"
        with pytest.raises(APIResponseValidationError, match="of kind array"):
            terminal.receive()


def test_edges_console_outside_its_block_says_so() -> None:
    """A console that was not entered is the caller's mistake; it can be entered again."""
    recorder = Recorder()
    with server(recorder) as url:
        terminal = console(url)
        with pytest.raises(RuntimeError, match="`with` block"):
            terminal.receive()
        assert "not opened yet" in repr(terminal)
        for _ in range(2):
            with terminal:
                assert terminal.receive().data == "running"
    assert len(recorder.requests) == 2


def test_edges_console_without_authentication_sends_nothing_first() -> None:
    """A WebSocket without a first message in the document gets none."""
    seen: list[str] = []

    def handler(connection: ServerConnection) -> None:
        seen.extend(connection)

    socket = Socket("/data/url", None, None)
    with server(handler) as url, console(url, socket=socket) as terminal:
        terminal.send({"hello": 1})
    assert seen == ['{"hello": 1}']


def test_edges_console_without_its_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without websockets an ImportError names the command that helps, before any call."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("websockets"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"unistack\[console\]"), console("wss://x"):
        raise AssertionError("connected")

    async def steps() -> None:
        async with aconsole("wss://x"):
            raise AssertionError("connected")

    with pytest.raises(ImportError, match=r"unistack\[console\]"):
        run(steps)


# --- TLS ---------------------------------------------------------------------------------------


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that only its own file makes trusted, and a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def test_edges_console_over_tls_trusts_nobody_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is sent only to a server whose certificate is trusted."""
    public, context = certificate(tmp_path)
    recorder = Recorder()
    with server(recorder, ssl=context) as url:
        with pytest.raises(APIError), console(url):
            raise AssertionError("connected")
        assert recorder.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        with console(url) as terminal:
            assert terminal.receive().data == "running"
    assert recorder.received == [{"type": "auth", "token": TOKEN}]

"""Uploads, event streams and consoles through whole clients, on real sockets where it matters."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.server import ServerConnection, serve

from unistack import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncUnistack,
    InternalServerError,
    Unistack,
)
from unistack._core.files import CHUNK_BYTES
from unistack.testing import FakeAPI, FakeClock
from unistack.types import ConsoleMessage

CONTENT = bytes(range(256)) * 1024
FILE = {
    "id": "file_1",
    "project_id": "proj_1",
    "name": "a.bin",
    "size": len(CONTENT),
    "sha256": "0" * 64,
    "content_type": "application/octet-stream",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


class Recorder(BaseHTTPRequestHandler):
    """Answers with what the server was told to, and remembers bodies as they came."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        server.seen.append((dict(self.headers), body))
        status = server.statuses.pop(0)
        content = json.dumps({"success": True, "data": FILE}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def recording(*statuses: int) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        server.seen, server.statuses = [], list(statuses)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


Ways = Callable[[Any, Any], Any]


@pytest.fixture(params=["sync-direct", "sync-client", "async-direct", "async-client"])
def upload(request: pytest.FixtureRequest) -> Ways:
    """Upload to a server in one of the four ways to the wire."""
    kind, _, way = request.param.partition("-")

    def blocking(server: Any, file: Any) -> Any:
        base_url = f"http://127.0.0.1:{server.server_port}"
        http_client = httpx.Client(trust_env=False) if way == "client" else None
        with (
            http_client or nullcontext(),
            Unistack(
                api_key="k", base_url=base_url, clock=FakeClock(), http_client=http_client
            ) as client,
        ):
            return client.files.upload("proj_1", file=file, name="a.bin")

    async def awaited(server: Any, file: Any) -> Any:
        base_url = f"http://127.0.0.1:{server.server_port}"
        http_client = httpx.AsyncClient(trust_env=False) if way == "client" else None
        async with (
            http_client or nullcontext(),
            AsyncUnistack(
                api_key="k", base_url=base_url, clock=FakeClock(), http_client=http_client
            ) as client,
        ):
            return await client.files.upload("proj_1", file=file, name="a.bin")

    if kind == "sync":
        return blocking
    return lambda server, file: asyncio.run(awaited(server, file))


class Pipe(io.RawIOBase):
    """A source that can be read once, in small pieces, and has no length."""

    def __init__(self) -> None:
        self._left = io.BytesIO(CONTENT)
        self.largest = 0

    def read(self, size: int = -1) -> bytes:
        self.largest = max(self.largest, size)
        return self._left.read(min(size, 10_000))


def test_edges_upload_is_sent_again_by_a_retry(upload: Ways, tmp_path: Path) -> None:
    """A file is read anew for each attempt: the same bytes, the same key, an exact length."""
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    with recording(503, 201) as server, path.open("rb") as opened:
        for file in (path, opened, CONTENT, io.BytesIO(CONTENT)):
            server.seen.clear()
            server.statuses[:] = [503, 201]
            assert upload(server, file).id == "file_1"
            (first, body), (second, again) = server.seen
            assert body == again
            assert CONTENT in body
            assert b'name="name"\r\n\r\na.bin\r\n' in body
            assert int(first["Content-Length"]) == len(body)
            assert "Transfer-Encoding" not in first
            assert first["Idempotency-Key"] == second["Idempotency-Key"]


def test_edges_upload_of_a_pipe_is_streamed_and_not_repeated(upload: Ways) -> None:
    """A pipe goes out chunked, a little at a time; a failure is raised as it is."""
    pipe = Pipe()
    with recording(201) as server:
        assert upload(server, ("a.bin", pipe)).id == "file_1"
        ((headers, body),) = server.seen
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers
    assert CONTENT in body
    assert pipe.largest == CHUNK_BYTES
    with recording(503, 201) as server:
        with pytest.raises(InternalServerError):
            upload(server, ("a.bin", Pipe()))
        assert len(server.seen) == 1


# --- event streams ------------------------------------------------------------------------------


def streaming(*chunks: bytes, media_type: str = "text/event-stream") -> FakeAPI:
    api = FakeAPI()

    class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for chunk in chunks:
                if chunk == b"break":
                    raise httpx.ReadError("reset by peer")
                yield chunk

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    headers = {"Content-Type": media_type}
    api.route("ai.generate").mock(
        side_effect=lambda request: httpx.Response(200, headers=headers, stream=Chunks())
    )
    return api


def texts(api: FakeAPI, kind: Any, **options: Any) -> list[Any]:
    """The pieces of a streamed generation, through a client of either kind."""
    client: Any = api.client(kind, max_retries=0, **options)
    if kind is Unistack:
        with client.ai.generate(prompt="x", stream=True) as stream:
            return [chunk.text for chunk in stream]

    async def collect() -> list[Any]:
        async with await client.ai.generate(prompt="x", stream=True) as stream:
            return [chunk.text async for chunk in stream]

    return asyncio.run(collect())


BOTH = pytest.mark.parametrize("kind", [Unistack, AsyncUnistack])


@BOTH
def test_edges_stream_survives_any_cut(kind: Any) -> None:
    """Events may be cut anywhere, also within a character; the marker ends the stream."""
    sent = 'data: {"text": "é"}\r\n\r\n: ping\n\ndata: {"text":\ndata: "b"}\n\ndata: [DONE]\n\nx'
    chunks = [bytes([byte]) for byte in sent.encode()]
    assert texts(streaming(*chunks), kind) == ["é", "b"]


@BOTH
def test_edges_stream_that_breaks_is_a_connection_error(kind: Any) -> None:
    """What came before the break is handed out, then the SDK's error is raised."""
    with pytest.raises(APIConnectionError, match="reset by peer") as caught:
        texts(streaming(b'data: {"text": "a"}\n\n', b"break"), kind)
    assert caught.value.method == "POST"


@BOTH
def test_edges_stream_of_something_else_is_a_typed_error(kind: Any) -> None:
    """HTML, JSON and a chunk that is no JSON are APIResponseValidationErrors."""
    for sent, media_type in (
        (b"<html>", "text/html"),
        (b"{}", "application/json"),
        (b"data: no json\n\n", "text/event-stream"),
    ):
        with pytest.raises(APIResponseValidationError):
            texts(streaming(sent, media_type=media_type), kind)


@BOTH
def test_edges_stream_of_endless_data_is_a_typed_error(kind: Any) -> None:
    """An event that never ends is given up before it fills the memory."""
    chunk = b"x" * (1024 * 1024)
    with pytest.raises(APIResponseValidationError, match="longer than"):
        texts(streaming(b"data: ", *[chunk] * 17), kind)


# --- the console --------------------------------------------------------------------------------


@contextmanager
def console_server(seen: list[Any]) -> Iterator[str]:
    def handler(connection: ServerConnection) -> None:
        for text in connection:
            message = json.loads(text)
            seen.append(message)
            reply = {"type": "output", "data": f"got {message.get('data', 'in')}"}
            connection.send(json.dumps(reply))
            if message.get("data") == "stop":
                return

    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/console"
        finally:
            server.shutdown()
            thread.join()


@BOTH
def test_edges_console_of_a_server(kind: Any) -> None:
    """`client.servers.console(id)` fetches a ticket, authenticates and talks, typed."""
    seen: list[Any] = []
    token = "strk_console_0123456789"
    with console_server(seen) as url:
        api = FakeAPI()
        ticket = {"token": token, "url": url, "expires_at": "2026-01-01T00:00:00Z"}
        api.reply("servers.create_console_token", ticket, server_id="srv_1")
        client: Any = api.client(kind, strict=True)

        def blocking() -> list[Any]:
            with client.servers.console("srv_1", max_retries=0) as console:
                first = console.receive()
                console.send({"type": "command", "data": "stop"})
                return [first, *console]

        async def awaited() -> list[Any]:
            async with client.servers.console("srv_1", max_retries=0) as console:
                first = await console.receive()
                await console.send({"type": "command", "data": "stop"})
                return [first, *[message async for message in console]]

        messages = blocking() if kind is Unistack else asyncio.run(awaited())
    assert [message.data for message in messages] == ["got in", "got stop"]
    assert {type(message) for message in messages} == {ConsoleMessage}
    assert seen == [{"type": "auth", "token": token}, {"type": "command", "data": "stop"}]
    assert len(api.calls("servers.create_console_token")) == 1

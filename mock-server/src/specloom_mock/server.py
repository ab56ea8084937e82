"""The HTTP server: uvicorn with access to the connection, in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from specloom_mock.app import App
from specloom_mock.chaos import TRANSPORT
from specloom_mock.mock import DEFAULT_SESSION, Mock
from specloom_mock.overlay import Overlay
from specloom_mock.session import Options, Session

__all__ = ["MockServer", "listen", "make_server"]

T = TypeVar("T")

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also hands the transport to the application."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {TRANSPORT: self.transport}}


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: The address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2048)
    except OSError:
        found.close()
        raise
    found.setblocking(False)
    return found


def make_server(mock: Mock) -> uvicorn.Server:
    """A uvicorn server for a mock, silent and without headers of its own."""
    config = uvicorn.Config(
        App(mock),
        http=_Protocol,
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


class MockServer:
    """A mock server in a thread of this process, on a port of its own.

    Args:
        document: The document's file, its bytes, or a loaded mock.
        options: How to serve it.
        overlay: The overlay, or its file.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        chaos_port: The chaos port; 0 for any that is free, None for none.

    Example:
        >>> with MockServer("openapi.yaml") as server:
        ...     httpx.get(f"{server.base_url}/users", headers=server.auth)
    """

    auth = {"Authorization": "Bearer sk_live_mock_0123456789abcdef"}
    """Headers of a caller who may do everything."""

    def __init__(
        self,
        document: str | Path | bytes | Mock,
        options: Options | None = None,
        *,
        overlay: str | Path | Overlay | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        chaos_port: int | None = 0,
    ) -> None:
        if isinstance(document, Mock):
            self.mock = document
        else:
            self.mock = Mock.load(document, options, overlay=overlay)
        self._host = host
        self._ports = (port, chaos_port)
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: list[socket.socket] = []

    def start(self) -> MockServer:
        """Listen, and return when the first request can be sent."""
        port, chaos = self._ports
        self._sockets = [listen(self._host, port)]
        addresses = self.mock.addresses
        addresses.host = f"[{self._host}]" if ":" in self._host else self._host
        addresses.port = self._sockets[0].getsockname()[1]
        if chaos is not None:
            self._sockets.append(listen(self._host, chaos))
            addresses.chaos_port = self._sockets[1].getsockname()[1]
        self._server = make_server(self.mock)
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="specloom-mock", daemon=True
        )
        self._thread.start()
        # The sockets listen already: a request that comes before the loop runs waits in the queue.
        if not started.wait(_START_TIMEOUT):
            raise RuntimeError("the mock server did not start")
        return self

    def _run(self, started: threading.Event) -> None:
        assert self._server is not None
        server = self._server
        factory = server.config.get_loop_factory()
        with asyncio.Runner(loop_factory=factory) as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(started.set)
            with contextlib.suppress(KeyboardInterrupt):
                runner.run(server.serve(sockets=self._sockets))

    def stop(self) -> None:
        """Stop listening and end the thread."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_TIMEOUT)
        for found in self._sockets:
            found.close()
        self._sockets.clear()
        self._server = None
        self._thread = None

    def __enter__(self) -> MockServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Scheme, host and conformance port."""
        return f"http://{self.mock.addresses.host}:{self.mock.addresses.port}"

    @property
    def base_url(self) -> str:
        """The base URL of the default session: with the first server's path."""
        return self.mock.base_url(self.session()) or self.url

    @property
    def chaos_url(self) -> str | None:
        """The default session's base URL on the chaos port."""
        return self.mock.base_url(self.session(), chaos=True)

    def session(self, name: str = DEFAULT_SESSION) -> Session:
        """A session, for looking at; change it through :meth:`call`."""
        return self.mock.session(name)

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the server's own thread, and return what it returns."""
        if self._loop is None:
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_START_TIMEOUT)

    def wait(self, coroutine: Any) -> Any:
        """Run a coroutine on the server's loop, such as ``session.clock.advance(5)``."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_START_TIMEOUT)

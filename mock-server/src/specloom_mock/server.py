"""The HTTP server: uvicorn with access to the connection, in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TypeVar

import uvicorn

from specloom_mock.app import App
from specloom_mock.expectations import Expectation
from specloom_mock.mock import DEFAULT_SESSION, Mock
from specloom_mock.overlay import Overlay
from specloom_mock.protocol import WireLimits, limited_protocol
from specloom_mock.session import Options, Session
from specloom_mock.watching import Watcher

__all__ = ["MockServer", "Server", "listen", "make_server"]

T = TypeVar("T")

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn's server, which ends as somebody who waits for it expects.

    The first SIGTERM or SIGINT stops listening and lets the requests that are being answered
    finish; a second one cuts them off. The process then goes on, and exits with a status of its
    own choosing, where uvicorn would die of the signal.

    Attributes:
        app: What is served.
        cut_off: Whether a second signal ended requests that were being answered.
        ready: Called when requests and signals are taken: the place to announce the server.
        watcher: Looks after the document while the server runs; None where nobody does.
    """

    def __init__(self, app: App, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.app = app
        self.cut_off = False
        self.ready: Callable[[], None] | None = None
        self.watcher: Watcher | None = None
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.ready is not None:
            self.ready()
        if self.watcher is not None:
            self._watching = asyncio.create_task(self.watcher.run())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, wake what waits for a time that will not come, and finish the rest."""
        if self._watching is not None:
            self._watching.cancel()
        self.app.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals while serving; in another thread than the main one there are none."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order at the first signal, at once at the second."""
        if self.should_exit and self._loop is not None:
            self.force_exit = self.cut_off = True
            self._loop.call_soon_threadsafe(self._cut)
        self.should_exit = True

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


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


def make_server(mock: Mock, *, grace: int = 1, wire: WireLimits | None = None) -> Server:
    """A server for a mock, silent and without headers of its own.

    Args:
        mock: What is served.
        grace: Real seconds that requests have to finish once the server is told to stop.
        wire: What a connection may ask of the server.
    """
    app = App(mock)
    config = uvicorn.Config(
        app,
        http=limited_protocol(wire or WireLimits()),
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=grace,
    )
    return Server(app, config)


class MockServer:
    """A mock server in a thread of this process, on a port of its own.

    Args:
        document: The document's file, its bytes, or a loaded mock.
        options: How to serve it.
        overlay: The overlay, or its file.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        chaos_port: The chaos port; 0 for any that is free, None for none.
        wire: What a connection may ask of the server.

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
        wire: WireLimits | None = None,
    ) -> None:
        if isinstance(document, Mock):
            self.mock = document
        else:
            self.mock = Mock.load(document, options, overlay=overlay)
        self._host = host
        self._ports = (port, chaos_port)
        self._wire = wire
        self._thread: threading.Thread | None = None
        self._server: Server | None = None
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
        self._server = make_server(self.mock, wire=self._wire)
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

    def expect(self, **where: Any) -> Expectation:
        """Requests of the default session that a claim is about.

        Args:
            **where: ``operation``, ``method``, ``path``, ``status``, ``port``.
        """
        return Expectation(self.session, where)

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

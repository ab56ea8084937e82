"""The ASGI application: sockets' side of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

import orjson

from specloom_mock.admin import Admin
from specloom_mock.browser import REFERENCE_SHORT
from specloom_mock.chaos import Connection, carry_out
from specloom_mock.clock import format_http_date
from specloom_mock.console import PATH as CONSOLE
from specloom_mock.console import serve_console
from specloom_mock.faults import Fault, Subject, expand
from specloom_mock.forcing import parse_fault_header, parse_prefer, unusable
from specloom_mock.journal import Answer, Entry, Port
from specloom_mock.kinds import BESIDE, INLINE, FaultError
from specloom_mock.message import Request, Response
from specloom_mock.mock import DEFAULT_SESSION, SESSION_NAME, Mock
from specloom_mock.plan import OperationPlan
from specloom_mock.session import Session

__all__ = ["App"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_BODYLESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_ADMIN_PREFIX = "/__mock"
_OFF = "the control interface is off beyond loopback; it needs --admin-token"
_DISCARDED = 256 * 1024 * 1024
"""Bytes beyond the largest body that are read and thrown away."""


class _EndlessError(Exception):
    """A body that goes on after everything that is read of it."""


class App:
    """Serves one mock over ASGI.

    Args:
        mock: What is served.
    """

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.admin = Admin(self)
        self._names: dict[str, tuple[str, bytes]] = {}
        self._date: tuple[int, str] = (0, "")
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """The server is about to end: wake whoever waits for something that will not come."""
        self.stopping.set()
        for session in self.mock.sessions.values():
            session.clock.wake_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection's event (ASGI 3)."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a console; any other path is refused."""
        path = scope["path"]
        name = DEFAULT_SESSION
        if path.startswith("/~"):
            name, slash, rest = path[2:].partition("/")
            path = slash + rest
        if path == CONSOLE and SESSION_NAME.fullmatch(name) is not None:
            await serve_console(self.mock.session(name), receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(scope, receive, send)
        try:
            request = await _read(scope, receive, self.mock.engine.largest_body)
        except _EndlessError:
            headers = {"Connection": "close"}
            body = orjson.dumps({"error": "the request's body has no end"})
            answer = Response(413, headers, body, "application/json")
            await self._write(connection, Request("POST", "/"), answer, None)
            return
        if request is None:
            return
        name = request.headers.get("x-mock-session", DEFAULT_SESSION)
        prefix = ""
        if request.path.startswith("/~"):
            name, slash, rest = request.path[2:].partition("/")
            prefix = f"/~{name}"
            request.path = slash + rest if slash else "/"
        if SESSION_NAME.fullmatch(name) is None:
            await self._refuse(connection, 400, f"not a session name: {name!r}")
            return
        if self.mock.options.admin and self._is_admin(request):
            reply = await self.admin.answer(request, name, connection, prefix)
            if reply is not None:
                await self._write(connection, request, reply, None)
            return
        if request.path == _ADMIN_PREFIX or request.path.startswith(_ADMIN_PREFIX + "/"):
            await self._refuse(connection, 403, _OFF)
            return
        session = self.mock.sessions.get(name) or self.mock.session(name)
        port: Port = "conformance"
        chaos_port = self.mock.addresses.chaos_port
        server = scope.get("server")
        if chaos_port is not None and server is not None and server[1] == chaos_port:
            port = "chaos"
        session.clock.enter()
        try:
            entry = session.journal.open(
                session.clock.now(),
                port,
                request.method,
                request.path,
                request.query,
                request.header_list,
                request.body,
            )
            await self.traffic(connection, session, request, entry, prefix)
        finally:
            session.clock.leave()

    def _is_admin(self, request: Request) -> bool:
        """Whether the mock itself is asked; a document that has ``/docs`` keeps it."""
        path = request.path
        if path == REFERENCE_SHORT:
            return self.mock.engine.find(request)[0] is None
        return path == _ADMIN_PREFIX or path.startswith(_ADMIN_PREFIX + "/")

    async def traffic(
        self, connection: Connection, session: Session, request: Request, entry: Entry, prefix: str
    ) -> None:
        """Answer a request that the journal has.

        Args:
            connection: Where to.
            session: The world that it happens in.
            request: The request, its path without the session's prefix.
            entry: Its journal entry.
            prefix: The session's prefix.
        """
        port = entry.port
        _, operation = self.mock.engine.find(request)
        entry.operation = operation.id if operation is not None else None
        faults: list[Fault] = []
        if session.faulty or "x-mock-fault" in request.headers or "prefer" in request.headers:
            try:
                faults = self._faults(session, request, entry, port, operation)
            except FaultError as error:
                await self._refuse(connection, 400, str(error), entry, session)
                return
        host = request.headers.get("host") or f"{self.mock.addresses.host}"
        origin = f"{connection.scheme}://{host}{prefix}"
        inline = [fault for fault in faults if fault.kind in INLINE]
        engine = self.mock.engine

        async def genuine() -> Response:
            unchecked = port == "chaos" and bool(inline)
            response = engine.handle(session, request, entry, origin, inline, unchecked=unchecked)
            if response.deferred is not None:
                response = await response.deferred()
            self.mock.save(session, request.method)
            return response

        others = [fault for fault in faults if fault.kind not in INLINE]
        if others:
            await carry_out(self, connection, session, request, entry, others, genuine)
            return
        await self.send(connection, session, request, await genuine(), entry)

    def _faults(
        self,
        session: Session,
        request: Request,
        entry: Entry,
        port: Port,
        operation: OperationPlan | None,
    ) -> list[Fault]:
        """The faults for a request: its own first, then the stored ones."""

        def usable(fault: Fault) -> bool:
            reason = unusable(fault, port, operation)
            if reason is not None and (fault.id == "header" or fault.kind == "status"):
                entry.ignored = reason
            return reason is None

        own: list[Fault] = []
        header = request.headers.get("x-mock-fault")
        if header is not None:
            own = parse_fault_header(header)
        elif "prefer" in request.headers:
            own = parse_prefer(request.headers["prefer"])
        own = [fault for fault in own if usable(fault)]
        query: dict[str, list[str]] = {}
        for key, value in request.pairs:
            query.setdefault(key, []).append(value)
        subject = Subject(
            entry.operation, request.method, request.path, query, request.headers, port
        )
        decided = any(fault.kind not in BESIDE for fault in own)
        taken = own + session.faults.take(subject, decided=decided, usable=usable)
        if session.profile is not None and own == taken:
            taken = own + session.mixture.take(subject, decided=decided, usable=usable)
        if not taken:
            return taken
        entry.faults = [fault.id for fault in taken]
        urls = {
            "conformance": self.mock.base_url(session) or "",
            "chaos": self.mock.base_url(session, chaos=True) or "",
        }
        now = session.clock.now()
        return [_expanded(fault, urls, now) for fault in taken]

    async def send(
        self,
        connection: Connection,
        session: Session,
        request: Request,
        response: Response,
        entry: Entry | None,
    ) -> None:
        """Complete what the response completes, and write it."""
        if response.claim is not None:
            session.idempotency.complete(response.claim, _kept(response))
        await self._write(connection, request, response, entry, session)

    async def _write(
        self,
        connection: Connection,
        request: Request,
        response: Response,
        entry: Entry | None,
        session: Session | None = None,
    ) -> None:
        names = self._names
        now = session.clock.now() if session is not None else None
        encoded: list[tuple[bytes, bytes]] = []
        shown: list[tuple[str, str]] = []
        pairs = self.header_pairs(response, now)
        if entry is not None and entry.ignored is not None:
            pairs.append(("X-Mock-Fault-Ignored", entry.ignored))
        for name, value in pairs:
            lowered = names.get(name)
            if lowered is None:
                folded = name.lower()
                lowered = names[name] = (folded, folded.encode("latin-1", "replace"))
            shown.append((lowered[0], value))
            encoded.append((lowered[1], value.encode("latin-1", "replace")))
        if entry is not None and now is not None:
            body = b"" if request.method == "HEAD" else response.body
            entry.answer = Answer(now, response.status, shown, body)
        await connection.start(response.status, encoded)
        if response.stream is not None and request.method != "HEAD":
            sent = bytearray()
            async for chunk in response.stream():
                sent += chunk
                if entry is not None and entry.answer is not None:
                    entry.answer.body = bytes(sent)
                await connection.body(chunk, more=True)
            await connection.body(b"", more=False)
            return
        await connection.body(b"" if request.method == "HEAD" else response.body, more=False)

    def header_pairs(self, response: Response, now: float | None) -> list[tuple[str, str]]:
        """The header lines of a response, in the order in which they are written."""
        pairs: list[tuple[str, str]] = []
        if response.media_type is not None:
            pairs.append(("Content-Type", response.media_type))
        pairs.extend(response.headers.items())
        if response.stream is None and response.status not in {204, 304}:
            pairs.append(("Content-Length", str(len(response.body))))
        if now is not None and "Date" not in response.headers:
            second = int(now)
            if self._date[0] != second:
                self._date = (second, format_http_date(second))
            pairs.append(("Date", self._date[1]))
        return pairs

    async def _refuse(
        self,
        connection: Connection,
        status: int,
        message: str,
        entry: Entry | None = None,
        session: Session | None = None,
    ) -> None:
        """A 400 of the mock itself, not of the document."""
        body = orjson.dumps({"error": message})
        response = Response(status, {}, body, "application/json")
        request = Request("GET", "/")
        await self._write(connection, request, response, entry, session)


def _kept(response: Response) -> Response:
    """What an idempotency key remembers: the answer without what belongs to one exchange."""
    dropped = {"X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in dropped and not name.startswith("Access-Control-")
    }
    return Response(
        response.status, headers, response.body, response.media_type, value=response.value
    )


def _expanded(fault: Fault, urls: dict[str, str], now: float) -> Fault:
    params = expand(fault.params, urls, now)
    return Fault(fault.id, fault.kind, params, fault.match, applied=fault.applied)


async def _read(scope: Scope, receive: Receive, ceiling: int) -> Request | None:
    """The whole request; None when the client went away before it was complete.

    Args:
        scope: The connection's scope.
        receive: Gives the body's pieces.
        ceiling: Bytes of a body that are kept at least; nothing takes more.

    Raises:
        _EndlessError: The body is longer than anybody reads.
    """
    headers: dict[str, str] = {}
    lines: list[tuple[str, str]] = []
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        lines.append((name, value))
        if name in headers:
            headers[name] += ("; " if name == "cookie" else ", ") + value
        else:
            headers[name] = value
    raw_path = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    request = Request(
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        header_list=lines,
        client=client[0] if client else "",
    )
    if request.method in _BODYLESS and not (
        "content-length" in headers or "transfer-encoding" in headers
    ):
        return request
    # A body beyond what any operation takes is read to its end, so that the sender sees the 413,
    # but not kept; one that has no end at all is cut off.
    chunks: list[bytes] = []
    size = kept = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        chunk = event.get("body", b"")
        size += len(chunk)
        if kept <= ceiling:
            chunks.append(chunk)
            kept += len(chunk)
        if not event.get("more_body", False):
            break
        if size > ceiling + _DISCARDED:
            raise _EndlessError
    request.body = b"".join(chunks)
    return request

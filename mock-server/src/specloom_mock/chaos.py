"""Faults carried out: cut, slow and wrong answers on a live connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http
import os
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.faults import Fault
from specloom_mock.journal import Answer, Entry
from specloom_mock.latency import draw
from specloom_mock.message import Request, Response
from specloom_mock.session import Session

if TYPE_CHECKING:
    from specloom_mock.app import App

__all__ = ["TRANSPORT", "Connection", "carry_out"]

TRANSPORT = "specloom.transport"
"""Key of the ASGI scope's ``extensions`` under which the server puts the asyncio transport."""

_PIECES = 10
_PAGE = b"<!doctype html><title>Gateway</title><p>This page is not JSON.</p>\n"


class Connection:
    """One exchange on a connection: regular ASGI sends, and the raw transport beneath."""

    __slots__ = ("_receive", "_send", "scheme", "transport")

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        self._receive = receive
        self._send = send
        self.scheme: str = scope.get("scheme", "http")
        extensions = scope.get("extensions") or {}
        self.transport: asyncio.Transport | None = (extensions.get(TRANSPORT) or {}).get(TRANSPORT)

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Write the status line and the headers."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def body(self, data: bytes, *, more: bool) -> None:
        """Write a piece of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def gone(self) -> None:
        """Return when the connection has ended."""
        while True:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                return

    def write(self, data: bytes) -> None:
        """Write raw bytes; nothing happens where the server gives no transport."""
        if self.transport is not None:
            self.transport.write(data)

    async def close(self) -> None:
        """End the connection in order (FIN)."""
        if self.transport is None:
            raise ConnectionError("the server gives no access to the connection")
        self.transport.close()
        await self.gone()

    async def reset(self) -> None:
        """End the connection at once (RST)."""
        if self.transport is None:
            raise ConnectionError("the server gives no access to the connection")
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            twin = socket.socket(fileno=os.dup(raw.fileno()))
            with contextlib.suppress(OSError):
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            twin.close()
        self.transport.abort()
        await self.gone()


def _head(response: Response, pairs: list[tuple[str, str]]) -> bytes:
    phrase = ""
    with contextlib.suppress(ValueError):
        phrase = http.HTTPStatus(response.status).phrase
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in pairs]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


async def carry_out(
    app: App,
    connection: Connection,
    session: Session,
    request: Request,
    entry: Entry,
    faults: list[Fault],
    genuine: Callable[[], Awaitable[Response]],
) -> None:
    """Answer a request as its faults say.

    Args:
        app: Writes regular answers.
        connection: Where to.
        session: The request's session.
        request: The request.
        entry: Its journal entry.
        faults: Delays, and at most one that decides what is sent.
        genuine: Carries the request out and gives its answer.
    """
    deciding = next((fault for fault in faults if fault.kind != "delay"), None)
    kind = deciding.kind if deciding is not None else None
    params = deciding.params if deciding is not None else {}
    unhandled = {"close", "stall", "respond", "redirect", "html"}
    response: Response | None = None
    if kind not in unhandled and not (kind == "reset" and "bytes" not in params):
        response = await genuine()
    for fault in faults:
        if fault.kind == "delay":
            await _wait(session, fault)
    if kind is None or response is None:
        if kind is None and response is not None:
            await app.send(connection, session, request, response, entry)
            return
        await _without_answer(app, connection, session, request, entry, kind, params)
        return
    if response.claim is not None:
        from specloom_mock.app import _kept

        session.idempotency.complete(response.claim, _kept(response))
        response.claim = None
    if response.stream is not None:
        response.body = b"".join([chunk async for chunk in response.stream()])
        response.stream = None
    if kind == "lose_response":
        _cut(session, entry, None, b"")
        await (connection.reset() if params.get("how") == "reset" else connection.close())
        return
    if kind == "malformed_json":
        response.body = response.body[: len(response.body) // 2]
        await app.send(connection, session, request, response, entry)
        return
    # From here on the connection ends after the answer, and a client must not send another
    # request on it.
    pairs = [*app.header_pairs(response, session.clock.now()), ("Connection", "close")]
    head = _head(response, pairs)
    if kind == "wrong_length":
        declared = int(params.get("bytes", len(response.body) // 2))
        pairs = [(n, str(declared) if n == "Content-Length" else v) for n, v in pairs]
        _cut(session, entry, response, response.body[:declared], pairs)
        connection.write(_head(response, pairs) + response.body)
        await connection.close()
        return
    if kind in {"truncate", "reset"}:
        count = int(params.get("bytes", len(response.body) // 2))
        shown = response.body[:count]
        _cut(session, entry, response, shown, pairs)
        if kind == "reset":
            connection.write((head + response.body)[:count])
            await asyncio.sleep(0)
            await connection.reset()
        else:
            connection.write(head + shown)
            await connection.close()
        return
    first, second = (head, response.body) if kind == "slow_headers" else (response.body, b"")
    if kind == "slow_body":
        connection.write(head)
    pause = float(params.get("seconds", 1.0)) / _PIECES
    step = max(1, -(-len(first) // _PIECES))
    gone = asyncio.ensure_future(connection.gone())
    try:
        for at in range(0, len(first), step):
            await asyncio.wait({gone}, timeout=pause)
            if gone.done():
                _cut(session, entry, response, first[:at] if kind == "slow_body" else b"", pairs)
                return
            connection.write(first[at : at + step])
    finally:
        gone.cancel()
    connection.write(second)
    shown_headers = [(name.lower(), value) for name, value in pairs]
    entry.answer = Answer(session.clock.now(), response.status, shown_headers, response.body)
    await connection.close()


async def _wait(session: Session, fault: Fault) -> None:
    seconds = draw(fault.params, session.latency)
    if fault.params.get("real") or not session.clock.virtual:
        await asyncio.sleep(seconds)
    else:
        await session.clock.advance(seconds)


async def _without_answer(
    app: App,
    connection: Connection,
    session: Session,
    request: Request,
    entry: Entry,
    kind: str | None,
    params: dict[str, Any],
) -> None:
    """The kinds that do not carry the request out."""
    if kind in {"close", "reset", "stall"}:
        _cut(session, entry, None, b"")
        if kind == "close":
            await connection.close()
        elif kind == "reset":
            await connection.reset()
        else:
            session.clock.leave()
            gone = asyncio.ensure_future(connection.gone())
            waits: set[asyncio.Future[Any]] = {gone, asyncio.ensure_future(app.stopping.wait())}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                session.clock.enter()
                for waiting in waits:
                    waiting.cancel()
            if app.stopping.is_set():
                await connection.close()
        return
    if kind == "html":
        page = Response(int(params.get("status", 200)), {}, _PAGE, "text/html; charset=utf-8")
    elif kind == "redirect":
        status = int(params.get("status", 307))
        page = Response(status, {"Location": str(params.get("location", "/"))})
    else:
        page = _answer(params)
    await app.send(connection, session, request, page, entry)


def _answer(params: dict[str, Any]) -> Response:
    """The answer that a ``respond`` fault spells out."""
    headers = {k: v for k, v in (params.get("headers") or {}).items() if v is not None}
    response = Response(int(params.get("status", 200)), headers)
    if "json" in params:
        response.body = orjson.dumps(params["json"])
        if not any(name.lower() == "content-type" for name in headers):
            response.media_type = "application/json"
    elif "text" in params:
        response.body = str(params["text"]).encode()
    elif "base64" in params:
        response.body = base64.b64decode(params["base64"])
    return response


def _cut(
    session: Session,
    entry: Entry,
    response: Response | None,
    body: bytes,
    pairs: list[tuple[str, str]] | None = None,
) -> None:
    """Note an answer that did not arrive whole."""
    headers = [(name.lower(), value) for name, value in pairs or ()]
    status = response.status if response is not None else None
    entry.answer = Answer(session.clock.now(), status, headers, body, complete=False)

"""HTTP as it arrives: uvicorn's protocol with limits, and with the connection handed on.

What no application sees is refused here: heads without end, senders that stop in the middle, text
that is not HTTP. The answer is JSON with one ``error``, as everything is that the mock itself says.
"""

from __future__ import annotations

import asyncio
import http
from dataclasses import dataclass
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from specloom_mock.chaos import TRANSPORT

__all__ = ["WireLimits", "limited_protocol"]

_LINGER = 2.0
"""Real seconds in which a refused sender is still read, so that it gets to see the answer."""
_LINE_OVERHEAD = 4
_NOTHING, _HEAD, _BODY, _REFUSED = "nothing", "head", "body", "refused"
"""What a connection is receiving."""


@dataclass(frozen=True, slots=True)
class WireLimits:
    """What a connection may ask of the server.

    Attributes:
        head_bytes: Bytes of a request line and its headers.
        header_lines: Header lines of a request.
        pause: Real seconds that a head may take altogether, and that a body may stand still.
    """

    head_bytes: int = 64 * 1024
    header_lines: int = 200
    pause: float = 20.0


class _Refusal(Exception):
    """Raised inside a parser's callback; the answer is kept beside it."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Subclasses made by :func:`limited_protocol` carry the limits."""

    wire = WireLimits()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._part = _NOTHING
        self._head_bytes = 0
        self._refusal: tuple[int, str] | None = None
        self._watch: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read on; refuse what is too long, and watch what is not complete."""
        before = self._part
        if before == _REFUSED:
            return
        super().data_received(data)
        part = self._part
        if part == _HEAD:
            # Where a head begins in its first piece is not known, so that piece alone is never
            # too long.
            first = before != _HEAD
            self._head_bytes += min(len(data), self.wire.head_bytes) if first else len(data)
            if self._head_bytes > self.wire.head_bytes:
                self._refuse(431, self._too_long())
                return
        if part in {_HEAD, _BODY}:
            if self._watch is None or part == _BODY:
                self._unwatch()
                self._watch = self.loop.call_later(self.wire.pause, self._too_slow)
        elif part == _NOTHING:
            self._unwatch()

    def on_message_begin(self) -> None:
        """Begin a request, and hand the transport to the application."""
        super().on_message_begin()
        self._part = _HEAD
        self._head_bytes = 0
        self.scope["extensions"] = {TRANSPORT: {TRANSPORT: self.transport}}

    def on_headers_complete(self) -> None:
        """Hold the head to the limits before anybody sees it."""
        lines = self.headers
        if len(lines) > self.wire.header_lines:
            most = self.wire.header_lines
            self._refusal = (431, f"{len(lines)} header lines; at most {most} are read")
            raise _Refusal
        size = sum(len(name) + len(value) + _LINE_OVERHEAD for name, value in lines)
        if size + len(self.url) > self.wire.head_bytes:
            self._refusal = (431, self._too_long())
            raise _Refusal
        self._part = _BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._part = _NOTHING
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser did not take."""
        status, message = self._refusal or (400, "this is not HTTP/1.1")
        self._refuse(status, message)

    def _too_long(self) -> str:
        return f"the request line and headers are longer than {self.wire.head_bytes} bytes"

    def _too_slow(self) -> None:
        self._watch = None
        if self.flow.read_paused:  # the server itself does not read: not the client's fault
            self._watch = self.loop.call_later(self.wire.pause, self._too_slow)
            return
        if self._part == _BODY and self.cycle.response_started:
            self.transport.close()
            return
        what = "headers" if self._part == _HEAD else "body"
        self._refuse(408, f"the request's {what} did not arrive within {self.wire.pause:g} s")

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _refuse(self, status: int, message: str) -> None:
        """Answer, and end the connection once the sender has had time to read the answer."""
        self._part = _REFUSED
        self._unwatch()
        body = orjson.dumps({"error": message})
        head = (
            f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        transport = self.transport
        transport.write(head.encode() + body)
        if transport.can_write_eof():
            transport.write_eof()
        self._watch = self.loop.call_later(_LINGER, transport.close)


def limited_protocol(limits: WireLimits) -> type[LimitedProtocol]:
    """The protocol with these limits."""
    return type("LimitedProtocol", (LimitedProtocol,), {"wire": limits})

"""One request and one response, as the server's core sees them: bytes in, bytes out, no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote_plus

__all__ = ["EventStream", "Request", "Response", "parameter_name", "parse_query"]

EventStream: TypeAlias = Callable[[], AsyncIterator[bytes]]
"""Makes the chunks of a streamed body."""


def parse_query(raw: str) -> list[tuple[str, str]]:
    """Name and value pairs of a raw query string, decoded, in order; empty values are kept."""
    if not raw:
        return []
    pairs: list[tuple[str, str]] = []
    for piece in raw.split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        if "%" in piece or "+" in piece:
            name, value = unquote_plus(name), unquote_plus(value)
        pairs.append((name, value))
    return pairs


def parameter_name(piece: str) -> str:
    """The decoded name of one ``name=value`` piece of a raw query string."""
    name = piece.partition("=")[0]
    return unquote_plus(name) if "%" in name or "+" in name else name


@dataclass(slots=True)
class Request:
    """A received request.

    Attributes:
        method: Upper case.
        path: The path as sent, percent-encoded, without the query.
        query: The query string as sent.
        headers: Lower-case names; repeated headers are joined with ``", "`` (cookies ``"; "``).
        header_list: Every header line as received, in order.
        body: The whole body.
        client: The peer's address.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    header_list: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    client: str = "127.0.0.1"
    _pairs: list[tuple[str, str]] | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The decoded query, in order."""
        if self._pairs is None:
            self._pairs = parse_query(self.query)
        return self._pairs

    @property
    def cookies(self) -> dict[str, str]:
        """The request's cookies (RFC 6265, section 5.4)."""
        found: dict[str, str] = {}
        for piece in self.headers.get("cookie", "").split(";"):
            name, equals, value = piece.strip().partition("=")
            if equals:
                found.setdefault(name, value.strip('"'))
        return found


@dataclass(slots=True)
class Response:
    """A response before it is written.

    Attributes:
        status: The status code.
        headers: Names as they are to be written; values are text.
        body: The body's bytes; ignored when ``stream`` is set.
        media_type: What the body is, ``None`` without a body.
        stream: Makes the body's chunks, for server-sent events.
        value: The body before it was encoded, when it is JSON and was built for this response.
        checked: True when the body is known to conform to the document.
        deferred: Makes the real response, when something must be awaited for it.
        conforms: True when the body was held to the document already.
        keep: Where the finished body may be kept: a mapping, the key, and the handler's headers.
        claim: The idempotency key that this response completes when it is sent.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    media_type: str | None = None
    stream: EventStream | None = None
    value: Any = None
    checked: bool = False
    conforms: bool = False
    keep: tuple[dict[Any, Any], Any, dict[str, str]] | None = None
    claim: tuple[str, str, str] | None = None
    deferred: Callable[[], Awaitable[Response]] | None = None

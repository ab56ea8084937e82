"""What opens a WebSocket: an address, a token, and the first message; checked, without I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from .absent import omit
from .pointers import pluck

__all__ = ["NoTicketError", "Socket", "Ticket"]

_PORTS: Final = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, eq=False)
class Socket:
    """How to open a WebSocket and what travels on it. Pointers are JSON pointers (RFC 6901).

    Args:
        url: Pointer to the address in the response that hands it out.
        token: Pointer to the token in the same response.
        auth: The first message to send, with `{token}` where the token goes; None sends none.
        receive: "module:Name" below the package's `types`, or a type: what one message holds.
        aliases: As `Body.nested_aliases`, for the messages that are sent.
    """

    url: str = "/url"
    token: str | None = "/token"
    auth: Any = None
    receive: Any = Any
    aliases: str | None = None


class Ticket:
    """An address and the first message, checked."""

    __slots__ = ("greeting", "parts", "url")

    def __init__(self, socket: Socket, body: Any) -> None:
        url = pluck(body, socket.url)
        token = pluck(body, socket.token) if socket.token is not None else None
        if not isinstance(url, str) or token is omit:
            raise NoTicketError("the response holds no address and token of a WebSocket")
        self.url = url
        self.parts = _checked(url)
        self.greeting = None if socket.auth is None else json.dumps(_filled(socket.auth, token))

    def is_for(self, host: str, target: str) -> bool:
        """Whether a handshake (its Host header, its request target) was with this address."""
        there = urlsplit(f"//{host}")
        default = _PORTS[self.parts.scheme]
        target_here = self.parts.path or "/"
        target_here += f"?{self.parts.query}" if self.parts.query else ""
        return (
            (there.hostname or "").lower() == (self.parts.hostname or "").lower()
            and (there.port or default) == (self.parts.port or default)
            and target == target_here
        )


class NoTicketError(Exception):
    """The operation's response cannot be used to connect."""


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise NoTicketError("the WebSocket's address is no URL") from None
    if not url.isascii() or not parts.hostname or parts.scheme not in _PORTS:
        raise NoTicketError("the WebSocket's address is no ws or wss URL")
    if "@" in parts.netloc:
        raise NoTicketError("the WebSocket's address holds credentials")
    if parts.scheme == "ws" and not _is_loopback(parts.hostname):
        raise NoTicketError("the WebSocket's address is not encrypted (ws), and not this machine")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _filled(template: Any, token: Any) -> Any:
    if isinstance(template, str):
        return token if template == "{token}" else template.replace("{token}", str(token))
    if isinstance(template, dict):
        return {key: _filled(value, token) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(value, token) for value in template]
    return template

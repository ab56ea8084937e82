"""How requests reach the wire: straight through an httpx transport, or through an httpx client.

The direct way serves where the SDK owns the connection and nothing needs `httpx.Client`'s layers
(proxies from the environment, a tracer that wraps `send`). Both build and send the same bytes.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import types
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.request import getproxies
from weakref import WeakKeyDictionary

import httpx

from .timeouts import Phases

__all__ = [
    "AsyncClientSender",
    "AsyncDirectSender",
    "ClientSender",
    "DirectSender",
    "Senders",
]

Pairs: TypeAlias = Sequence[tuple[str, str]]

_MAX_CONNECTIONS: Final = 1000
_MAX_IDLE: Final = 100
_IDLE_SECONDS: Final = 30.0
_PROBE_AFTER: Final = 60  # seconds of silence before TCP asks whether the peer is alive
_PROBE_EVERY: Final = 60  # seconds
_PROBES: Final = 5
_LIMITS: Final = httpx.Limits(
    max_connections=_MAX_CONNECTIONS,
    max_keepalive_connections=_MAX_IDLE,
    keepalive_expiry=_IDLE_SECONDS,
)
_EMPTY: Final = httpx.ByteStream(b"")
_HOME: Final = str(Path(httpx.__file__).parent)
# What a tracer or a mock may replace on httpx's clients; then requests go through them.
_WRAPPED: Final = ("send", "_transport_for_url")

_url: Final = lru_cache(maxsize=256)(httpx.URL)


def _keep_alive() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", _PROBE_AFTER),
        ("TCP_KEEPALIVE", _PROBE_AFTER),  # the same by its macOS name
        ("TCP_KEEPINTVL", _PROBE_EVERY),
        ("TCP_KEEPCNT", _PROBES),
    ):
        number = getattr(socket, name, None)
        if number is not None:
            options.append((socket.IPPROTO_TCP, number, value))
    return options


@cache
def _trusted(http2: bool, *environment: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _trust(http2: bool) -> ssl.SSLContext:
    """The certificates to trust, loaded once: it takes longer than a request.

    The protocols that a connection offers are set on the context when it is opened, so those with
    HTTP/2 have one of their own.
    """
    return _trusted(http2, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


def _original(cls: type[Any]) -> tuple[Any, ...]:
    """The methods that a tracer may wrap, while they are httpx's own; else an unmatchable value."""
    methods = tuple(getattr(cls, name, None) for name in _WRAPPED)
    for method in methods:
        if method is None:
            continue
        plain = isinstance(method, types.FunctionType) and not hasattr(method, "__wrapped__")
        if not plain or not method.__code__.co_filename.startswith(_HOME):
            return (object(),)
    return methods


@cache
def accept_encoding() -> str:
    """The content codings that this httpx decodes, as its own clients announce them."""
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        return str(client.headers["accept-encoding"])


class _Direct:
    """Builds requests without `httpx.Client`."""

    def prepare(self, url: str, pairs: Pairs) -> httpx.Headers:
        """Make headers for requests to a URL's host, which `build` can copy cheaply."""
        present = {name.lower() for name, _ in pairs}
        automatic = [
            ("Host", _url(url).netloc.decode("ascii")),
            ("Accept-Encoding", accept_encoding()),
            ("Connection", "keep-alive"),
        ]
        return httpx.Headers([*(p for p in automatic if p[0].lower() not in present), *pairs])

    def build(
        self, method: str, url: str, headers: httpx.Headers, content: Any, limits: Phases
    ) -> httpx.Request:
        """Make a request; `headers` are complete."""
        if content is None or type(content) is bytes:
            stream = httpx.ByteStream(content) if content else _EMPTY
        else:
            stream = content()
        return httpx.Request(
            method, _url(url), headers=headers, stream=stream, extensions={"timeout": limits}
        )


class DirectSender(_Direct):
    """Sends through a sync httpx transport."""

    def __init__(self, transport: httpx.BaseTransport | None, http2: bool = False) -> None:
        self.owned = transport is None
        self.transport = transport or httpx.HTTPTransport(
            verify=_trust(http2), http2=http2, limits=_LIMITS, socket_options=_keep_alive()
        )

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send; the response's body is not read yet."""
        return self.transport.handle_request(request)

    def close(self) -> None:
        """Close the connections, unless the transport is the caller's."""
        if self.owned:
            self.transport.close()


class _EachLoop:
    """One of something for each event loop: connections die with the loop that opened them."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._latest: tuple[Any, Any] = (None, None)

    def get(self) -> Any:
        """The one of the loop that runs now."""
        loop, latest = _running_loop(), self._latest
        if latest[0] is loop:
            return latest[1]
        with self._lock:
            found = self._made.get(loop)
            if found is None:
                found = self._made[loop] = self._make()
            self._latest = (loop, found)
        return found

    def pop(self) -> Any:
        """Forget the one of the loop that runs now, and hand it out; None when there is none."""
        with self._lock:
            self._latest = (None, None)
            return self._made.pop(_running_loop(), None)


class _Elsewhere:
    """Stands for the loop of another library than asyncio."""


_ELSEWHERE: Final = _Elsewhere()


def _running_loop() -> Any:
    # A sync program never loads asyncio, and must not for this.
    asyncio = sys.modules.get("asyncio")
    try:
        return _ELSEWHERE if asyncio is None else asyncio.get_running_loop()
    except RuntimeError:
        return _ELSEWHERE


class AsyncDirectSender(_Direct):
    """Sends through an async httpx transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None, http2: bool = False) -> None:
        self._given = transport
        self._own = _EachLoop(
            lambda: httpx.AsyncHTTPTransport(
                verify=_trust(http2), http2=http2, limits=_LIMITS, socket_options=_keep_alive()
            )
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send; the response's body is not read yet."""
        transport = self._own.get() if self._given is None else self._given
        response: httpx.Response = await transport.handle_async_request(request)
        return response

    async def close(self) -> None:
        """Close the connections of this loop, unless the transport is the caller's."""
        own = self._own.pop()
        if own is not None:
            await own.aclose()


class _ThroughClient:
    """Builds requests with a client's own defaults (its headers, cookies, parameters)."""

    # A stream that iterates both ways would be taken for a blocking one.
    _stream: Callable[[Any], Any]

    def __init__(self, client: Any, owned: bool) -> None:
        self.client = client
        self.owned = owned
        # Cookies that responses set stay out of later requests, as on the direct way: a login's
        # cookie would go along with, or instead of, the credential that the caller chose.
        self._cookies = type(client.cookies)(client.cookies)

    def prepare(self, url: str, pairs: Pairs) -> list[tuple[str, str]]:
        """Make headers that `build` takes; the client adds the automatic ones."""
        return list(pairs)

    def build(
        self, method: str, url: str, headers: Pairs, content: Any, limits: Phases
    ) -> httpx.Request:
        """Make a request; the SDK's headers win over the client's."""
        if content is not None and type(content) is not bytes:
            content = self._stream(content())
        # A tuple rather than httpx.Timeout: the client may be httpx2's, which has its own class.
        timeout = (limits["connect"], limits["read"], limits["write"], limits["pool"])
        request: httpx.Request = self.client.build_request(
            method, url, headers=list(headers), content=content or None, timeout=timeout
        )
        if self.client.cookies and not any(name.lower() == "cookie" for name, _ in headers):
            request.headers.pop("cookie", None)
            self._cookies.set_cookie_header(request)
        return request


class ClientSender(_ThroughClient):
    """Sends through an `httpx.Client`, or one that is compatible."""

    _stream = staticmethod(iter)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send; the response's body is not read yet."""
        response: httpx.Response = self.client.send(request, stream=True, follow_redirects=False)
        return response

    def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if self.owned:
            self.client.close()


class AsyncClientSender(_ThroughClient):
    """Sends through an `httpx.AsyncClient`, or one that is compatible."""

    _stream = staticmethod(aiter)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send; the response's body is not read yet."""
        response: httpx.Response = await self.client.send(
            request, stream=True, follow_redirects=False
        )
        return response

    async def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if self.owned:
            await self.client.aclose()


class Senders:
    """Chooses the sender for each request, and owns what it opens.

    Args:
        asynchronous: Which kind to open.
        http_client: The caller's httpx client; every request goes through it.
        transport: The caller's httpx transport.
        http2: Whether connections that are opened here offer HTTP/2.
    """

    def __init__(
        self, asynchronous: bool, http_client: Any, transport: Any, http2: bool = False
    ) -> None:
        self._http2 = http2
        self._client_class: type[Any] = httpx.AsyncClient if asynchronous else httpx.Client
        self._direct_class = AsyncDirectSender if asynchronous else DirectSender
        self._through_class = AsyncClientSender if asynchronous else ClientSender
        self._transport = transport
        self._direct: Any = None
        self._through: Any = None
        self._plain = _original(self._client_class)
        if http_client is not None:
            self._through = self._through_class(http_client, owned=False)
            self._plain = (object(),)
        elif transport is None and any(k in getproxies() for k in ("http", "https", "all")):
            self._plain = (object(),)

    def choose(self) -> Any:
        """The sender for a request made now."""
        cls = self._client_class
        if self._plain == (cls.send, getattr(cls, "_transport_for_url", None)):
            if self._direct is None:
                self._direct = self._direct_class(self._transport, self._http2)
            return self._direct
        if self._through is None:
            self._through = self._through_class(
                self._client_class(
                    transport=self._transport,
                    verify=_trust(self._http2),
                    http2=self._http2,
                    limits=_LIMITS,
                    follow_redirects=False,
                ),
                owned=True,
            )
        return self._through

    def opened(self) -> list[Any]:
        """The senders that have been opened."""
        return [sender for sender in (self._direct, self._through) if sender is not None]

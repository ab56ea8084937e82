"""A WebSocket whose address and token another operation hands out, such as a server's console.

The token is sent in the first message, to the address that came with it and to no other: the
connection is `wss`, plain `ws` to this machine only, and a redirect is not followed.
"""

from __future__ import annotations

import json
import logging
import platform
from abc import ABC
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from .alias import to_wire
from .encoding import wire_default
from .errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
)
from .redaction import redacted_url
from .references import resolve
from .ticket import NoTicketError, Socket, Ticket

if TYPE_CHECKING:
    from .response import RawResponse

__all__ = ["AsyncConsole", "Console", "Socket"]

ReceivedT = TypeVar("ReceivedT")
SentT = TypeVar("SentT")

OPEN_TIMEOUT: Final = 10.0
"""Seconds for connecting, TLS and handshake together."""
MAX_MESSAGE_BYTES: Final = 1024 * 1024
_SWITCHING_PROTOCOLS: Final = 101
_SILENT: Final = logging.Logger("console", logging.CRITICAL)
_SILENT.addHandler(logging.NullHandler())


class _Console(ABC, Generic[ReceivedT, SentT]):
    """What the blocking and the async console have in common."""

    _ticket: Callable[[], Any]

    def __init__(self, client: Any, socket: Socket, *, open_timeout: float = OPEN_TIMEOUT) -> None:
        self._client = client
        self._socket = socket
        self._open_timeout = open_timeout
        self._url = ""
        self._status = 0
        self._connection: Any = None

    def __repr__(self) -> str:
        state = "open" if self._connection is not None else "closed"
        return f"<{type(self).__name__} {self._shown_url() or 'not opened yet'} ({state})>"

    def _shown_url(self) -> str:
        return redacted_url(self._url, self._client._shared.secret_names)

    def _accept(self, response: RawResponse[Any]) -> Ticket:
        """Check what the operation handed out.

        Raises:
            APIResponseValidationError: When there is nothing to connect to.
        """
        self._url, self._status = response.url, response.status_code
        try:
            ticket = Ticket(self._socket, response.json())
        except (NoTicketError, ValueError) as error:
            message = str(error) if isinstance(error, NoTicketError) else "the body is not JSON"
            raise self._error(APIResponseValidationError, message) from None
        self._url, self._status = ticket.url, _SWITCHING_PROTOCOLS
        return ticket

    def _options(self, ticket: Ticket) -> dict[str, Any]:
        """Arguments for `websockets.connect`."""
        brand = self._client._shared.brand
        agent = f"{brand.package}/{brand.version} python/{platform.python_version()}"
        options: dict[str, Any] = {
            "user_agent_header": agent,
            "open_timeout": self._open_timeout,
            "max_size": MAX_MESSAGE_BYTES,
            # At level DEBUG websockets logs what it sends, the token included.
            "logger": _SILENT,
        }
        if ticket.parts.scheme == "ws":
            # A proxy would carry the token away from this machine, unencrypted.
            options["proxy"] = None
        return options

    def _check_place(self, ticket: Ticket, request: Any) -> None:
        """Refuse to hand the token to where a redirect has led.

        Raises:
            APIConnectionError: The handshake was not with the ticket's address.
        """
        if not ticket.is_for(request.headers["Host"], request.path):
            raise self._error(APIConnectionError, "the console redirects, which is not followed")

    def _open_connection(self) -> Any:
        if self._connection is None:
            raise RuntimeError("the console is not open: use it in a `with` block")
        return self._connection

    def _encode(self, message: Any) -> str:
        wire = to_wire(message, self._socket.aliases)
        return json.dumps(wire, default=wire_default, ensure_ascii=False, allow_nan=False)

    def _decode(self, message: str | bytes) -> Any:
        from .messages import read_message

        receive = self._socket.receive
        return read_message(
            resolve(receive) if isinstance(receive, str) else receive,
            message,
            what="the console's message",
            strict=self._client._settings.strict,
            invalid=lambda text: self._error(APIResponseValidationError, text),
        )

    def _translated(self, error: Exception) -> Exception:
        """The SDK's error for one of the connection's; other errors stay."""
        names = {cls.__name__ for cls in type(error).__mro__}
        if "ConnectionClosed" in names:
            rcvd = getattr(error, "rcvd", None)
            why = (
                f"{rcvd.code} {rcvd.reason}".strip() if rcvd is not None else "no closing handshake"
            )
            return self._error(APIConnectionError, f"the console closed: {why}")
        if "InvalidStatus" in names:
            status = getattr(getattr(error, "response", None), "status_code", None)
            return self._error(APIConnectionError, f"the console refuses: HTTP {status}")
        if isinstance(error, TimeoutError):
            return self._error(APITimeoutError, "the console did not answer in time")
        if isinstance(error, OSError) or "WebSocketException" in names:
            return self._error(APIConnectionError, f"could not connect to the console: {error}")
        return error

    def _without_extra(self) -> ImportError:
        package = self._client._shared.brand.package
        return ImportError(
            f"the console needs the websockets package: pip install '{package}[console]'"
        )

    def _cause(self, error: Exception) -> BaseException | None:
        """What `error` is the cause of when it is translated; else its own cause."""
        return error if self._translated(error) is not error else error.__cause__

    def _error(self, kind: type[APIError], message: str) -> APIError:
        import httpx

        request = httpx.Request("GET", self._shown_url())
        if issubclass(kind, APIResponseValidationError):
            # Not the response that holds the token.
            return kind(
                message, request=request, response=httpx.Response(self._status, request=request)
            )
        return kind(message, request=request)


class Console(_Console[ReceivedT, SentT]):
    """A console: messages to iterate over, and to send.

    It connects when its `with` block is entered and closes when that is left; each time with a new
    token. Iteration ends when the other side closes.

    Args:
        client: The client that fetches the token.
        socket: How to open the WebSocket.
        ticket: Calls the operation that hands out address and token.
        open_timeout: Seconds for connecting, TLS and handshake together.
    """

    def __init__(
        self,
        client: Any,
        socket: Socket,
        ticket: Callable[[], RawResponse[Any]],
        *,
        open_timeout: float = OPEN_TIMEOUT,
    ) -> None:
        super().__init__(client, socket, open_timeout=open_timeout)
        self._ticket = ticket

    def __enter__(self) -> Self:
        try:
            from websockets.sync.client import connect
        except ImportError as error:
            raise self._without_extra() from error
        ticket = self._accept(self._ticket())
        try:
            connection = connect(ticket.url, **self._options(ticket)).__enter__()
            try:
                self._check_place(ticket, connection.request)
                if ticket.greeting is not None:
                    connection.send(ticket.greeting)
            except BaseException:
                connection.close()
                raise
        except Exception as error:
            raise self._translated(error) from self._cause(error)
        self._connection = connection
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; leaving the `with` block does."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def receive(self, timeout: float | None = None) -> ReceivedT:
        """Wait for the next message.

        Args:
            timeout: Seconds; None waits for as long as the connection lives.

        Raises:
            APITimeoutError: None came in time; the console stays open.
            APIConnectionError: The other side closed, or the connection broke.
        """
        connection = self._open_connection()
        try:
            message = connection.recv(timeout)
        except Exception as error:
            raise self._translated(error) from self._cause(error)
        value: ReceivedT = self._decode(message)
        return value

    def __iter__(self) -> Iterator[ReceivedT]:
        from websockets.exceptions import ConnectionClosedOK

        while True:
            try:
                message = self._open_connection().recv()
            except ConnectionClosedOK:
                return
            except Exception as error:
                raise self._translated(error) from self._cause(error)
            yield self._decode(message)

    def send(self, message: SentT) -> None:
        """Send a message.

        Raises:
            APIConnectionError: The other side closed, or the connection broke.
        """
        connection = self._open_connection()
        try:
            connection.send(self._encode(message))
        except Exception as error:
            raise self._translated(error) from self._cause(error)


class AsyncConsole(_Console[ReceivedT, SentT]):
    """A console for asyncio: messages to iterate over, and to send.

    It connects when its `async with` block is entered and closes when that is left; each time with
    a new token. Iteration ends when the other side closes.

    Args:
        client: The client that fetches the token.
        socket: How to open the WebSocket.
        ticket: Calls the operation that hands out address and token.
        open_timeout: Seconds for connecting, TLS and handshake together.
    """

    def __init__(
        self,
        client: Any,
        socket: Socket,
        ticket: Callable[[], Awaitable[RawResponse[Any]]],
        *,
        open_timeout: float = OPEN_TIMEOUT,
    ) -> None:
        super().__init__(client, socket, open_timeout=open_timeout)
        self._ticket = ticket

    async def __aenter__(self) -> Self:
        try:
            from websockets.asyncio.client import connect
        except ImportError as error:
            raise self._without_extra() from error
        ticket = self._accept(await self._ticket())
        try:
            connection = await connect(ticket.url, **self._options(ticket))
            try:
                self._check_place(ticket, connection.request)
                if ticket.greeting is not None:
                    await connection.send(ticket.greeting)
            except BaseException:
                await connection.close()
                raise
        except Exception as error:
            raise self._translated(error) from self._cause(error)
        self._connection = connection
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; leaving the `async with` block does."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def receive(self, timeout: float | None = None) -> ReceivedT:
        """Wait for the next message.

        Args:
            timeout: Seconds; None waits for as long as the connection lives.

        Raises:
            APITimeoutError: None came in time; the console stays open.
            APIConnectionError: The other side closed, or the connection broke.
        """
        import asyncio

        connection = self._open_connection()
        try:
            async with asyncio.timeout(timeout):
                message = await connection.recv()
        except Exception as error:
            raise self._translated(error) from self._cause(error)
        value: ReceivedT = self._decode(message)
        return value

    async def __aiter__(self) -> AsyncIterator[ReceivedT]:
        from websockets.exceptions import ConnectionClosedOK

        while True:
            try:
                message = await self._open_connection().recv()
            except ConnectionClosedOK:
                return
            except Exception as error:
                raise self._translated(error) from self._cause(error)
            yield self._decode(message)

    async def send(self, message: SentT) -> None:
        """Send a message.

        Raises:
            APIConnectionError: The other side closed, or the connection broke.
        """
        connection = self._open_connection()
        try:
            await connection.send(self._encode(message))
        except Exception as error:
            raise self._translated(error) from self._cause(error)

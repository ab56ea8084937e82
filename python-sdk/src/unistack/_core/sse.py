"""Server-sent events and JSON lines: a response that is read message by message.

Parsing follows the WHATWG HTML standard, section 9.2.6 ("Interpreting an event stream"). The
parsers are fed bytes and do no I/O; the streams feed them from a response and close it when the
loop over them ends, be it by `break`, an exception or the last message.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar

if TYPE_CHECKING:
    import httpx

__all__ = [
    "MAX_MESSAGE_BYTES",
    "AsyncEventStream",
    "AsyncLineStream",
    "EventParser",
    "EventStream",
    "LineParser",
    "LineStream",
    "MessageTooLongError",
    "ServerSentEvent",
]

T = TypeVar("T")

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""One event or line; a stream that never ends one must not fill the memory."""
_BOM: Final = b"\xef\xbb\xbf"


class MessageTooLongError(Exception):
    """An event or line is longer than the limit; who makes a stream translates it."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a message of the stream is longer than {limit} bytes")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as it was sent.

    Attributes:
        data: The data lines, joined by line feeds.
        event: The event's type; `message` when none was sent.
        id: The last id that the stream has named so far; empty before there is one.
        retry: Milliseconds to wait before connecting again, where this event says so.
    """

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


class _Lines:
    """Cuts bytes into lines; what a line's end is, the subclasses say."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._size = 0

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._size += len(piece)
            self._check(self._size)

    def _take(self, piece: bytes) -> bytes:
        """The line that ends with this piece."""
        if not self._pieces:
            return piece
        line = b"".join([*self._pieces, piece])
        self._pieces.clear()
        self._size = 0
        return line

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise MessageTooLongError(self._max_bytes)


class EventParser(_Lines):
    """Turns chunks of bytes into events.

    Args:
        max_bytes: Largest event, in bytes.
    """

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        super().__init__(max_bytes)
        self._started = False
        self._after_cr = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._event = b""
        self._id = ""
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes and hand out the events that they complete.

        Raises:
            MessageTooLongError: The event under construction is larger than the limit.
        """
        if self._after_cr and chunk:
            # CR has ended its line already; the LF of a CRLF that was cut in two is no other line.
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        events: list[ServerSentEvent] = []
        for piece in chunk.splitlines(keepends=True):
            if piece[-1:] not in (b"\n", b"\r"):
                self._keep(piece)
                break
            self._after_cr = piece[-1:] == b"\r"
            line = self._take(piece).rstrip(b"\r\n")
            if not self._started:
                line = line.removeprefix(_BOM)
                self._started = True
            if line:
                self._field(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        return events

    def finish(self) -> list[ServerSentEvent]:
        """The end of the stream: an event that no blank line has ended is dropped."""
        return []

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
            self._check(self._data_size)
        elif name == b"event":
            self._event = value
        elif name == b"id" and b"\0" not in value:
            self._id = _text(value)
        elif name == b"retry" and value.isdigit() and len(value) < 16:
            self._retry = int(value)

    def _dispatch(self) -> ServerSentEvent | None:
        data, event, retry = self._data, self._event, self._retry
        self._data, self._data_size, self._event, self._retry = [], 0, b"", None
        if not data:
            return None
        return ServerSentEvent(_text(b"\n".join(data)), _text(event) or "message", self._id, retry)


class LineParser(_Lines):
    """Turns chunks of bytes into lines of JSON (NDJSON, JSON Lines); blank lines are passed over.

    Args:
        max_bytes: Largest line, in bytes.
    """

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        super().__init__(max_bytes)

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes and hand out the lines that they complete, as events' data.

        Raises:
            MessageTooLongError: The line under construction is larger than the limit.
        """
        *ends, rest = chunk.split(b"\n")
        lines = [self._take(piece) for piece in ends]
        self._keep(rest)
        return [ServerSentEvent(_text(line.strip())) for line in lines if line.strip()]

    def finish(self) -> list[ServerSentEvent]:
        """The end of the stream: the last line needs no line feed."""
        line = self._take(b"").strip()
        return [ServerSentEvent(_text(line))] if line else []


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


class _Parser(Protocol):
    def feed(self, chunk: bytes) -> list[ServerSentEvent]: ...

    def finish(self) -> list[ServerSentEvent]: ...


class _Messages(ABC, Generic[T]):
    """What the blocking and the async streams have in common.

    Args:
        response: A response whose body has not been read.
        decode: Makes a value of a message's text.
        done: The text that ends the stream; None when only the connection's end does.
        translate: Makes the SDK's error of an exception that reading raised; None leaves it.
        max_bytes: Largest message, in bytes.
    """

    _parser_class: Callable[[int], _Parser] = EventParser

    def __init__(
        self,
        response: httpx.Response,
        decode: Callable[[str], T],
        *,
        done: str | None = None,
        translate: Callable[[Exception], Exception | None] | None = None,
        max_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self.http_response = response
        self._decode = decode
        self._done = done
        self._translate = translate
        self._parser = self._parser_class(max_bytes)
        self._finished = False
        self._raw = self._read()

    @abstractmethod
    def _read(self) -> Any:
        """Iterate over the events, closing the response in the end."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """Response headers, by case-insensitive name."""
        return self.http_response.headers

    def _until_done(self, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        for index, event in enumerate(events):
            if event.data == self._done:
                self._finished = True
                return events[:index]
        return events

    def _error(self, error: Exception) -> Exception:
        translated = None if self._translate is None else self._translate(error)
        return error if translated is None else translated

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.http_response.status_code}>"


class EventStream(_Messages[T]):
    """The events of a response, one by one, as they arrive.

    A `for` loop closes the connection when it ends, `break` included; `next()` does not, and so
    belongs into a `with` block.
    """

    _raw: Generator[ServerSentEvent, None, None]

    def _read(self) -> Generator[ServerSentEvent, None, None]:
        try:
            for chunk in self.http_response.iter_bytes():
                yield from self._until_done(self._parser.feed(chunk))
                if self._finished:
                    return
            yield from self._until_done(self._parser.finish())
        except Exception as error:
            translated = self._error(error)
            if translated is error:
                raise
            raise translated from error
        finally:
            self.http_response.close()

    def events(self) -> Iterator[ServerSentEvent]:
        """The events as they were sent, with type and id, their data not decoded."""
        try:
            yield from self._raw
        finally:
            self.close()

    def __next__(self) -> T:
        return self._decode(next(self._raw).data)

    def __iter__(self) -> Iterator[T]:
        try:
            for event in self._raw:
                yield self._decode(event.data)
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection; iteration is over."""
        self._raw.close()
        self.http_response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncEventStream(_Messages[T]):
    """The events of a response, one by one, as they arrive.

    An `async for` loop that runs to its end closes the connection at once. After `break` the event
    loop closes it when it next can; `async with` closes it there and then.
    """

    _raw: AsyncGenerator[ServerSentEvent, None]

    async def _read(self) -> AsyncGenerator[ServerSentEvent, None]:
        try:
            async for chunk in self.http_response.aiter_bytes():
                for event in self._until_done(self._parser.feed(chunk)):
                    yield event
                if self._finished:
                    return
            for event in self._until_done(self._parser.finish()):
                yield event
        except Exception as error:
            translated = self._error(error)
            if translated is error:
                raise
            raise translated from error
        finally:
            await self.http_response.aclose()

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """The events as they were sent, with type and id, their data not decoded."""
        try:
            async for event in self._raw:
                yield event
        finally:
            await self.close()

    async def __anext__(self) -> T:
        return self._decode((await anext(self._raw)).data)

    async def __aiter__(self) -> AsyncIterator[T]:
        try:
            async for event in self._raw:
                yield self._decode(event.data)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connection; iteration is over."""
        await self._raw.aclose()
        await self.http_response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class LineStream(EventStream[T]):
    """The lines of an NDJSON response, one by one, as they arrive; as `EventStream`."""

    _parser_class = LineParser


class AsyncLineStream(AsyncEventStream[T]):
    """The lines of an NDJSON response, one by one, as they arrive; as `AsyncEventStream`."""

    _parser_class = LineParser

"""Server-sent events and JSON lines: the WHATWG rules, and connections that are closed."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unistack._core.sse import (
    AsyncEventStream,
    AsyncLineStream,
    EventParser,
    EventStream,
    LineParser,
    LineStream,
    MessageTooLongError,
    ServerSentEvent,
)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body in chunks that knows whether it was closed, and may break off."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.sent = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.sent += 1
            yield chunk
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            await anyio.lowlevel.checkpoint()
            yield chunk

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def response(body: Body) -> httpx.Response:
    return httpx.Response(200, stream=body, request=httpx.Request("GET", "https://x"))


def stream(body: Body, **options: Any) -> EventStream[Any]:
    return EventStream(response(body), json.loads, **options)


def astream(body: Body, **options: Any) -> AsyncEventStream[Any]:
    return AsyncEventStream(response(body), json.loads, **options)


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = EventParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events + parser.finish()


# --- the parser --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("YHOO\n+2\n10", "message", "")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n",
            [("first event", "message", "1"), ("second event", "message", "")],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [("", "message", ""), ("\n", "message", "")]),
        (b"data:test\n\ndata: test\n\n", [("test", "message", ""), ("test", "message", "")]),
        (b"event: add\ndata: 1\n\ndata: 2\n\n", [("1", "add", ""), ("2", "message", "")]),
        (b"event: add\n\ndata: 2\n\n", [("2", "message", "")]),
        (b"id: 7\ndata: 1\n\ndata: 2\n\n", [("1", "message", "7"), ("2", "message", "7")]),
        (b"id: a\0b\ndata: 1\n\n", [("1", "message", "")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [("1", "message", "")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", [("2", "message", "")]),
        (b"data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n", [("1",), ("2",), ("3",)]),
        (b"data: a\xffb\n\n", [("a\ufffdb",)]),
        (b"data: a\x0bb\x0c\xc2\x85\xe2\x80\xa8c\n\n", [("a\x0bb\x0c\x85\u2028c",)]),
        (b"Data: 1\nunknown: 2\nnothing\n\n", []),
        (b"data:\tx\n\n", [("\tx",)]),
        (b"", []),
        (b"data: cut off", []),
    ],
)
def test_edges_sse_rules_of_the_standard(sent: bytes, expected: list[tuple[str, ...]]) -> None:
    """The standard's own examples, and each of its rules."""
    found = [(event.data, event.event, event.id) for event in parse(sent)]
    assert [facts[: len(want)] for facts, want in zip(found, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"10", 10), (b"1e3", None), (b"-1", None), (b"\xd9\xa1", None), (b"", None)],
)
def test_edges_sse_retry_is_digits(value: bytes, expected: int | None) -> None:
    """A reconnection time is ASCII digits, anything else is passed over."""
    (event,) = parse(b"retry: " + value + b"\ndata: x\n\n")
    assert event.retry == expected


def oracle(sent: bytes) -> list[tuple[str, str, str]]:
    """The algorithm of the standard, step by step, over the whole text at once."""
    text = sent.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    *lines, _ = text.split("\n")
    events, data, kind, last = [], "", "", ""
    for line in lines:
        if line == "":
            if data != "":
                events.append((data.removesuffix("\n"), kind or "message", last))
            data, kind = "", ""
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data += value + "\n"
            elif name == "event":
                kind = value
            elif name == "id" and "\0" not in value:
                last = value
    return events


PIECES = st.sampled_from(
    [
        *(
            b"data",
            b"event",
            b"id",
            b"retry",
            b":",
            b" ",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"x",
            b"1",
        ),
        *(b"\xef\xbb\xbf", "é".encode(), b"\0", b"data: 1\n\n", b"\xff"),
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.data())
@example(b"data: 1\r\n\r\ndata: 2\r\n\r\n", None)
def test_edges_sse_chunks_may_end_anywhere(sent: bytes, data: Any) -> None:
    """However the bytes are cut, the events are those of the standard's algorithm."""
    if data is None:
        chunks = [sent[i : i + 1] for i in range(len(sent))]
    else:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
        chunks = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    expected = oracle(sent)
    assert [(e.data, e.event, e.id) for e in parse(*chunks)] == expected


@given(st.binary(max_size=300))
def test_edges_sse_any_bytes_are_survived(sent: bytes) -> None:
    """No bytes make a parser raise."""
    parse(sent)
    lines = LineParser()
    lines.feed(sent)
    lines.finish()


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_edges_sse_message_size_is_limited(cut: int) -> None:
    """Neither an endless line nor an endless event can fill the memory."""
    for endless in (b"data: " + b"x" * 200, b"data: xxxxxxxx\n" * 20):
        chunks = [endless[i : i + cut] for i in range(0, len(endless), cut)]
        parser = EventParser(100)
        with pytest.raises(MessageTooLongError, match="100 bytes"):
            _ = [parser.feed(chunk) for chunk in chunks]
    lines = LineParser(100)
    with pytest.raises(MessageTooLongError):
        lines.feed(b"x" * 101)
    small = EventParser(100)
    for _ in range(50):
        assert len(small.feed(b"data: xxxxxxxx\n\n")) == 1


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers()), max_size=5), st.integers(1, 9))
def test_edges_ndjson_lines_are_read(values: list[Any], size: int) -> None:
    """Lines end in LF or CRLF, blank ones are passed over, the last needs no end."""
    sent = "\r\n \n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()
    parser = LineParser()
    events = [e for i in range(0, len(sent), size) for e in parser.feed(sent[i : i + size])]
    events += parser.finish()
    assert [json.loads(event.data) for event in events] == values


# --- the streams -------------------------------------------------------------------------------

# httpx reads bodies through nested async generators, of which trio says when one is left early.
LEFT_EARLY = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
THREE = (b"data: 1\n\nda", b"ta: 2\n\n", b"data: 3\n\n", b"data: [DONE]\n\n", b"data: 4\n\n")


def test_edges_sse_stream_ends_at_the_done_marker() -> None:
    """What stands behind the marker is not read, and the connection is closed."""
    body = Body(*THREE)
    assert list(stream(body, done="[DONE]")) == [1, 2, 3]
    assert (body.sent, body.closed) == (4, 1)


def test_edges_sse_stream_ends_with_the_connection() -> None:
    """Without a marker the end of the body ends the stream."""
    body = Body(*THREE[:3])
    assert list(stream(body)) == [1, 2, 3]
    assert body.closed == 1


def test_edges_sse_break_closes_the_connection() -> None:
    """Leaving the loop closes, although the stream is still referenced."""
    body = Body(*THREE)
    events = stream(body)
    for value in events:
        assert value == 1
        break
    gc.collect()
    assert body.closed == 1
    assert list(events) == []


def test_edges_sse_exception_in_the_loop_closes_the_connection() -> None:
    """An error of the caller's, or of decoding, closes as well."""
    body = Body(*THREE)
    with pytest.raises(ZeroDivisionError):
        _ = [1 / (value - 1) for value in stream(body)]
    assert body.closed == 1
    body = Body(b"data: no json\n\n")
    with pytest.raises(ValueError):
        list(stream(body))
    assert body.closed == 1


def test_edges_sse_next_goes_on_and_with_closes() -> None:
    """Events can be taken one at a time, and the rest by a loop."""
    body = Body(*THREE)
    with stream(body, done="[DONE]") as events:
        assert next(events) == 1
        assert next(events) == 2
        assert body.closed == 0
        assert list(events) == [3]
        with pytest.raises(StopIteration):
            next(events)
    assert body.closed == 1
    assert events.status_code == 200
    assert "content-type" not in events.headers
    assert repr(events) == "<EventStream 200>"


def test_edges_sse_raw_events_have_type_and_id() -> None:
    """The events can be had as they were sent."""
    body = Body(b"event: delta\nid: 5\nretry: 10\ndata: not json\n\n")
    assert list(stream(body).events()) == [ServerSentEvent("not json", "delta", "5", 10)]
    assert body.closed == 1


def test_edges_sse_broken_connection_is_translated() -> None:
    """The transport's exception becomes the SDK's, with the cause kept; another one stays."""
    broken = httpx.ReadError("reset")
    body = Body(*THREE[:1], error=broken)
    events = stream(body, translate=lambda error: LookupError(str(error)))
    with pytest.raises(LookupError, match="reset") as caught:
        list(events)
    assert caught.value.__cause__ is broken
    assert body.closed == 1
    with pytest.raises(httpx.ReadError):
        list(stream(Body(error=broken), translate=lambda error: None))
    with pytest.raises(MessageTooLongError):
        list(stream(Body(b"data: 123456789\n\n"), max_bytes=5))


def test_edges_ndjson_stream_reads_lines() -> None:
    """A line stream hands out one value a line."""
    body = Body(b'{"a": 1}\n{"a"', b": 2}\n\n", b'{"a": 3}')
    lines: LineStream[Any] = LineStream(response(body), json.loads)
    assert list(lines) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert body.closed == 1


@LEFT_EARLY
@pytest.mark.anyio
async def test_edges_sse_async_stream_ends_at_the_done_marker() -> None:
    """The async stream reads what the blocking one reads, and closes."""
    body = Body(*THREE)
    assert [value async for value in astream(body, done="[DONE]")] == [1, 2, 3]
    assert (body.sent, body.closed) == (4, 1)
    lines: AsyncLineStream[Any] = AsyncLineStream(response(Body(b"1\n2")), json.loads)
    assert [value async for value in lines] == [1, 2]


@LEFT_EARLY
@pytest.mark.anyio
async def test_edges_sse_async_with_closes_after_break() -> None:
    """Leaving the block closes, whatever was read."""
    body = Body(*THREE)
    async with astream(body) as events:
        assert await anext(events) == 1
        async for value in events:
            assert value == 2
            break
    assert body.closed == 1


@LEFT_EARLY
@pytest.mark.anyio
async def test_edges_sse_async_break_closes_soon() -> None:
    """Without a block the event loop closes an abandoned stream."""
    body = Body(*THREE)
    events = astream(body)
    async for _ in events:
        break
    gc.collect()
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert body.closed == 1


@pytest.mark.anyio
async def test_edges_sse_async_cancellation_closes() -> None:
    """A cancelled task closes its connection."""

    class Endless(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            await anyio.sleep_forever()

    body = Endless()
    with anyio.CancelScope() as scope:
        async for _ in astream(body):
            scope.cancel()
    assert scope.cancelled_caught
    assert body.closed == 1


@pytest.mark.anyio
async def test_edges_sse_async_errors_are_translated() -> None:
    """The transport's exception becomes the SDK's in the async stream too."""
    body = Body(error=httpx.ReadError("reset"))
    with pytest.raises(LookupError):
        [x async for x in astream(body, translate=lambda error: LookupError(str(error)))]
    assert body.closed == 1
    raw = [event async for event in astream(Body(b"data: x\n\n")).events()]
    assert raw == [ServerSentEvent("x")]

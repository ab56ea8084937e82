"""Server-sent events of an operation: the stream, and what one event's data becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .binary import broken_off
from .endpoint import Json
from .failures import invalid_response
from .response import decoder
from .sse import AsyncEventStream, AsyncLineStream, EventStream, LineStream, MessageTooLongError

if TYPE_CHECKING:
    import httpx

    from .call import Call

__all__ = ["finish_async_events", "finish_events"]


_LINES = frozenset({"application/jsonl", "application/x-ndjson", "application/json-lines"})


def _media_type(response: httpx.Response) -> str:
    media_type: str = response.headers.get("content-type", "").partition(";")[0]
    return media_type.strip().lower()


def _decode(client: Any, call: Call, response: httpx.Response) -> Callable[[str], Any]:
    """What makes a value of one event's data."""
    shared = client._shared
    if _media_type(response) in ("text/html", "application/json"):
        raise invalid_response(
            f"the body is no event stream but {_media_type(response)}",
            response,
            response.request,
            shared.brand.error,
            shared.secret_names,
        )
    events = call.endpoint.events
    assert events is not None
    # One result for each endpoint, so that its decoder is made once.
    reader = decoder(client, shared.event_results.setdefault(call.endpoint, Json(events.type)))
    return lambda data: reader.read(client, call, response, data)


def _options(client: Any, call: Call, response: httpx.Response) -> dict[str, Any]:
    def translate(error: Exception) -> Exception | None:
        if isinstance(error, MessageTooLongError):
            return invalid_response(
                str(error),
                response,
                response.request,
                client._shared.brand.error,
                client._shared.secret_names,
            )
        translated = broken_off(client, response, error)
        return None if translated is error else translated

    events = call.endpoint.events
    return {"done": None if events is None else events.done, "translate": translate}


def finish_events(client: Any, call: Call, response: httpx.Response) -> EventStream[Any]:
    """Make an event stream of a response."""
    stream = LineStream if _media_type(response) in _LINES else EventStream
    decode = _decode(client, call, response)
    return stream(response, decode, **_options(client, call, response))


def finish_async_events(client: Any, call: Call, response: httpx.Response) -> AsyncEventStream[Any]:
    """Make an event stream of a response."""
    stream = AsyncLineStream if _media_type(response) in _LINES else AsyncEventStream
    decode = _decode(client, call, response)
    return stream(response, decode, **_options(client, call, response))

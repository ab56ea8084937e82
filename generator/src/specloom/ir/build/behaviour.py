"""The extensions that say how an operation behaves: limits, streams, WebSockets."""

from __future__ import annotations

import re
from typing import Any

from specloom.ir.build.context import Context, Place
from specloom.ir.build.types import Types
from specloom.ir.model import (
    AnyType,
    BodyKind,
    RateLimit,
    Response,
    StreamShape,
    Text,
    Type,
    WebSocket,
)

__all__ = ["rate_limit", "seconds", "stream_shape", "websocket"]

_WINDOW = re.compile(r"([0-9]+)\s*([smhd]?)\Z")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_STREAMS = (BodyKind.EVENTS, BodyKind.LINES)


def seconds(window: Any) -> float | None:
    """Return the seconds of ``1h``, ``30s`` or a bare number; None where it is neither."""
    if isinstance(window, (int, float)) and not isinstance(window, bool):
        return float(window)
    match = _WINDOW.match(window) if isinstance(window, str) else None
    return float(int(match[1]) * _SECONDS[match[2]]) if match else None


def rate_limit(
    context: Context, node: dict[str, Any], pointer: str
) -> tuple[RateLimit | None, bool]:
    """Return the quota of ``x-rate-limit`` and whether the operation is metered at all."""
    value = node.get("x-rate-limit")
    if value is None:
        return None, True
    if value == "none":
        return None, False
    if isinstance(value, dict):
        policy, limit, window = (
            value.get("policy"),
            value.get("limit"),
            seconds(value.get("window")),
        )
        if isinstance(policy, str) and isinstance(limit, int) and window:
            return RateLimit(Text(policy), limit, window), True
    context.warn(
        "bad-extension",
        "x-rate-limit is neither `none` nor {policy, limit, window}",
        f"{pointer}/x-rate-limit",
        "the operation is metered with its host",
    )
    return None, True


def stream_shape(
    context: Context,
    types: Types,
    node: dict[str, Any],
    responses: tuple[Response, ...],
    pointer: str,
    place: Place,
) -> StreamShape | None:
    """Return how an operation streams: said by ``x-stream``, or by its only media type."""
    value = node.get("x-stream")
    if isinstance(value, dict):
        param, done = value.get("param"), value.get("done")
        media_type = str(value.get("media_type", "text/event-stream"))
        kind = BodyKind.EVENTS if media_type == "text/event-stream" else BodyKind.LINES
        event = value.get("event")
        made: Type = AnyType()
        if isinstance(event, dict):
            made = types.of(event, f"{pointer}/x-stream/event", place.under("event"))
        return StreamShape(
            Text(param) if isinstance(param, str) else None,
            kind,
            made,
            Text(done) if isinstance(done, str) else None,
        )
    for response in responses:
        if response.status.startswith("2") and response.contents:
            first = response.contents[0]
            return StreamShape(None, first.kind, first.type) if first.kind in _STREAMS else None
    return None


def websocket(
    context: Context, types: Types, node: dict[str, Any], pointer: str, place: Place
) -> WebSocket | None:
    """Return the WebSocket that ``x-websocket`` describes."""
    value = node.get("x-websocket")
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        return None
    messages = value.get("messages")
    messages = messages if isinstance(messages, dict) else {}
    token = value.get("token")
    where = f"{pointer}/x-websocket/messages"

    def message(direction: str) -> Type:
        if direction not in messages:
            return AnyType()
        return types.of(
            messages[direction], f"{where}/{direction}", place.under(direction).under("message")
        )

    return WebSocket(
        url=value["url"],
        token=token if isinstance(token, str) else None,
        auth=value.get("auth"),
        send=message("send"),
        receive=message("receive"),
    )

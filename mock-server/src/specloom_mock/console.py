"""WebSockets that a response hands out (``x-websocket``): a console that echoes and tells status."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.auth import ACCESS_LIFETIME
from specloom_mock.bodies import pointer_keys
from specloom_mock.generate import Generator
from specloom_mock.names import words_of
from specloom_mock.schemas import Direction, Schemas

if TYPE_CHECKING:
    from specloom_mock.call import Call
    from specloom_mock.session import Session

__all__ = ["PATH", "Console", "hand_out", "serve_console"]

PATH = "/__console"
"""Where consoles are, below a session's prefix."""

AUTH_TIMEOUT = 10.0
"""Real seconds in which the first message must come."""

_NORMAL, _POLICY = 1000, 1008

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Console:
    """A token that was handed out: what it opens, and until when.

    Attributes:
        auth: The first message that is expected.
        receive: Schema of what the server sends.
        send: Schema of what the client sends.
        collection: Collection of the row that the console belongs to, with its parents and key.
        expires_at: Epoch seconds.
    """

    auth: Any
    receive: Any
    send: Any
    collection: tuple[str, tuple[str, ...], str] | None
    expires_at: float


def _with_token(template: Any, token: str) -> Any:
    if isinstance(template, str):
        return template.replace("{token}", token)
    if isinstance(template, dict):
        return {key: _with_token(value, token) for key, value in template.items()}
    return template


def hand_out(call: Call, shape: Mapping[str, Any]) -> dict[str, Any]:
    """A new token and the address of its console, by the words of their properties' names."""
    session, response = call.session, call.plan.success
    known: dict[str, Any] = {}
    url_name = pointer_keys(str(shape.get("url", "")))[-1:]
    token_name = pointer_keys(str(shape.get("token", "")))[-1:]
    host = call.origin.replace("http", "ws", 1)
    for name in url_name:
        known[" ".join(words_of(name))] = f"{host}{PATH}"
    properties = call.schemas.properties(response.payload_schema or {})
    for name in token_name:
        part = properties.get(name, {"type": "string"})
        token = str(Generator(call.schemas).value(part, session.rng, name))
        known[" ".join(words_of(name))] = token
        messages = shape.get("messages") or {}
        where = None
        if call.plan.collection is not None and call.plan.item_param is not None:
            collection = call.collection_plan()
            key = call.path.get(call.plan.item_param, "")
            where = (collection.name, call.parents(collection), key)
        session.consoles[token] = Console(
            _with_token(shape.get("auth"), token),
            messages.get("receive") or {},
            messages.get("send") or {},
            where,
            call.now + ACCESS_LIFETIME,
        )
    return known


def _message(schemas: Schemas, schema: Any, kind: str, text: str) -> bytes:
    """A message of the kind, in the shape of the schema."""
    properties = schemas.properties(schema)
    bound: dict[str, Any] = {}
    values = schemas.keyword(properties.get("type"), "enum") or [kind]
    bound["type"] = kind if kind in values else values[0]
    bound |= {name: text for name in ("data", "message", "text", "line") if name in properties}
    if not properties:
        return orjson.dumps({"type": kind, "data": text})
    value = {name: item for name, item in bound.items() if name in properties}
    if not schemas.check(schema, Direction.RESPONSE).is_valid(value):
        value = Generator(schemas).value(schema, _quiet(), bound=value)
    return orjson.dumps(value)


def _quiet() -> Any:
    from specloom_mock.generate import rng_for

    return rng_for(0, "console")


async def _text(receive: Receive) -> str | None:
    """The next message's text; None when the client has left."""
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return None
        if event["type"] == "websocket.receive":
            text = event.get("text")
            return text if text is not None else bytes(event.get("bytes") or b"").decode()


def _status(session: Session, console: Console) -> str:
    if console.collection is None:
        return "connected"
    name, parents, key = console.collection
    row = session.store.collection(name, parents).get(key)
    return str(row.data.get("status", "connected")) if row is not None else "deleted"


async def serve_console(session: Session, receive: Receive, send: Send) -> None:
    """Accept a WebSocket, check its first message, tell the status and echo what comes.

    Args:
        session: Whose console it is.
        receive: ASGI events in.
        send: ASGI events out.
    """
    await receive()
    await send({"type": "websocket.accept"})
    first: str | None = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(AUTH_TIMEOUT):
            first = await _text(receive)
    try:
        given = orjson.loads(first or "")
    except orjson.JSONDecodeError:
        given = None
    console = next((c for c in session.consoles.values() if c.auth == given), None)
    if console is None or console.expires_at <= session.clock.now():
        body = orjson.dumps({"type": "error", "data": "the token is not valid"})
        await send({"type": "websocket.send", "text": body.decode()})
        await send({"type": "websocket.close", "code": _POLICY})
        return

    async def say(kind: str, text: str) -> None:
        body = _message(session.schemas, console.receive, kind, text)
        await send({"type": "websocket.send", "text": body.decode()})

    await say("status", _status(session, console))
    check = session.schemas.check(console.send, Direction.REQUEST)
    while True:
        line = await _text(receive)
        if line is None:
            return
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            await say("error", "the message is not JSON")
            continue
        if not check.is_valid(message):
            await say("error", check.violations(message)[0].message)
            continue
        text = message.get("data", "") if isinstance(message, dict) else line
        if text == "exit":
            await send({"type": "websocket.close", "code": _NORMAL})
            return
        await say("output", f"> {text}")
        await say("status", _status(session, console))

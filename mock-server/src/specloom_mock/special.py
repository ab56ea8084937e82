"""Actions, and operations that could not be derived: examples, generated data, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from specloom_mock.auth import (
    ACCESS_LIFETIME,
)
from specloom_mock.call import Call
from specloom_mock.clock import format_timestamp
from specloom_mock.console import hand_out
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.files import sample_content
from specloom_mock.fitting import NOTHING
from specloom_mock.generate import Generator, rng_for
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan
from specloom_mock.resources import noun_of
from specloom_mock.responses import is_json
from specloom_mock.schemas import Direction
from specloom_mock.store import Row

__all__ = ["act", "fixed", "stateless"]


def act(call: Call) -> Response:
    """An action such as ``/servers/{id}/start``: sets what ``x-mock`` says it sets."""
    collection = call.collection_plan()
    rows, row = call.row(collection)
    action = call.plan.mock.get("action") or {}
    allowed = action.get("from")
    if isinstance(allowed, dict):
        for field, values in allowed.items():
            if row.data.get(field) not in values:
                wanted = " or ".join(str(value) for value in values)
                value = row.data.get(field)
                raise ApiError(
                    409,
                    f"The {collection.singular.replace('_', ' ')} is {value}",
                    "conflict",
                    problems=[FieldProblem(field, f"Must be {wanted}", value, has_value=True)],
                )
    changes = action.get("set") or {}
    same = all(row.data.get(name) == value for name, value in changes.items())
    if changes and same and not action.get("repeat"):
        return call.respond(_as_payload(call, row))
    data = {**row.data, **changes}
    data = call.session.rows.touched(collection, data, call.now)
    fresh = rows.replace(row, data)
    call.session.changed(call, collection, fresh, "acted")
    return call.respond(_as_payload(call, fresh))


def _as_payload(call: Call, row: Row) -> Any:
    """The row, when the response shows one; else what the response declares, filled from it."""
    response = call.plan.success
    check = call.schemas.check(response.payload_schema or {}, Direction.RESPONSE)
    view = call.view(response, row)
    if check.is_valid(view):
        return view
    known = {" ".join(words_of(name)): value for name, value in row.data.items()}
    return call.known_payload(response, known)


def fixed(call: Call) -> Response:
    """What could not be derived: the document's example, else data from the schema.

    Names that say something are filled from the state all the same: counts of collections, the id
    of the row in the path, the time.
    """
    known = _facts(call)
    socket = call.plan.raw.get("x-websocket")
    if isinstance(socket, dict):
        known |= hand_out(call, socket)
    stream = call.plan.raw.get("x-stream")
    if isinstance(stream, dict):
        _spend(call)
        if _asks_for(call, stream):
            return _stream(call, stream, known)
    response = call.plan.success
    if response.media_type is None:
        return call.respond(None)
    if not is_json(response.media_type):
        return _plain(call)
    if call.plan.impossible is not None:
        return _documented(call)
    prefer = bool(response.examples)
    payload = call.known_payload(response, known, prefer_example=prefer)
    if response.payload is None:
        return Response(
            response.status, {}, media_type=response.media_type, value=_whole(call, known)
        )
    return call.respond(payload)


def stateless(call: Call) -> Response:
    """The documented success for a valid request (``Prefer: code=200``), whatever rows there are."""
    response = call.plan.success
    stream = call.plan.raw.get("x-stream")
    if isinstance(stream, dict) and _asks_for(call, stream):
        return _stream(call, stream, {})
    if response.media_type is None:
        return call.respond(None)
    if not is_json(response.media_type):
        return _plain(call)
    if call.plan.impossible is not None:
        return _documented(call)
    # Nothing is made, so a Location has nothing else to point at.
    here = f"{call.origin}{call.request.path}"
    headers = {name: here for name in response.headers if name.lower() == "location"}
    value = _whole(call, {})
    return Response(response.status, headers, media_type=response.media_type, value=value)


def _asks_for(call: Call, stream: Mapping[str, Any]) -> bool:
    """Whether the request asks for events."""
    body = call.body if isinstance(call.body, dict) else {}
    return stream.get("param") is None or body.get(stream["param"]) is True


def _plain(call: Call) -> Response:
    """A body that is no JSON: the example's text, else text or bytes of the declared kind."""
    response = call.plan.success
    example = next((item for item in response.examples if isinstance(item, str)), None)
    if example is None:
        binary = call.schemas.keyword(response.schema, "format") == "binary"
        if binary or not str(response.media_type).startswith("text/"):
            content = sample_content(call.plan.id)
            return Response(response.status, {}, content, response.media_type)
        rng = rng_for(call.session.seed, call.plan.id, *call.path.values())
        example = str(Generator(call.schemas, call.now).value(response.schema, rng, "text"))
    return Response(response.status, {}, example.encode(), response.media_type)


def _documented(call: Call) -> Response:
    """What the document shows, where nothing can be what it says: marked, so that nobody is misled."""
    response = call.plan.success
    generator = Generator(call.schemas, call.now)
    value = next(iter(response.examples), None)
    if value is None:
        value = generator.documented(response.schema)
    if value is None:
        value = generator.value(response.schema, rng_for(call.session.seed, call.plan.id))
    headers = {"X-Mock-Violation": "document"}
    return Response(response.status, headers, media_type=response.media_type, value=value)


def _whole(call: Call, known: dict[str, Any]) -> Any:
    """A body without a place for a resource: its example, else generated."""
    response = call.plan.success
    for example in response.examples:
        if call.schemas.check(response.schema, Direction.RESPONSE).is_valid(example):
            return example
    rng = rng_for(call.session.seed, call.plan.id, *call.path.values())
    made = call.session.rows.fitter.fresh(response.schema, rng)
    return (
        Generator(call.schemas, call.now).value(response.schema, rng) if made is NOTHING else made
    )


def _spend(call: Call) -> None:
    """Take one credit.

    Raises:
        ApiError: 402, when the credential has none left.
    """
    credential = call.credential
    if credential is None or credential.credits is None or "402" not in call.plan.responses:
        return
    if credential.credits <= 0:
        raise ApiError(402, "The credits are used up", "credits")
    credential.credits -= 1


def _facts(call: Call) -> dict[str, Any]:
    """What is known by name: counts, times, the caller, the row that the path names."""
    session = call.session
    now = format_timestamp(call.now)
    known: dict[str, Any] = {
        "timestamp": now,
        "time": now,
        "measured at": now,
        "created at": now,
        "updated at": now,
        "generated at": now,
        "expires at": format_timestamp(call.now + ACCESS_LIFETIME),
        "status": "healthy",
    }
    shown = call.schemas.properties(call.plan.success.payload_schema or {})
    asked = {" ".join(words_of(name)) for name in shown}
    for collection in session.plan.collections.values():
        if collection.parents:
            continue
        words = " ".join(words_of(collection.name))
        if words in asked:  # counting makes the rows
            known.setdefault(words, _Count(call, collection).total)
    if call.plan.collection is not None and call.plan.item_param is not None:
        collection = call.collection_plan()
        _, row = call.row(collection)
        known |= {" ".join(words_of(k)): v for k, v in row.data.items() if k != "status"}
    for name, value in call.path.items():
        known[" ".join(words_of(name))] = value
        owner = _owner(call, name) if name != call.plan.item_param else None
        if owner is not None and session.store.collection(owner.name).get(value) is None:
            raise call.missing(owner, value)
    _status_counts(call, known)
    return known


def _owner(call: Call, name: str) -> CollectionPlan | None:
    """The top-level collection whose row a path parameter names, when its rows can be known.

    The parameter stands behind the collection's own path, or is called after its rows and stands
    behind the name of something else: the user of ``/teams/{id}/members/{user_id}``.
    """
    before = call.plan.path.partition("{" + name + "}")[0].rstrip("/")
    words = [word for word in words_of(name) if word not in {"id", "uuid", "key", "name"}]
    for collection in call.session.plan.collections.values():
        if collection.parents or collection.implied or collection.id_param != name:
            continue
        named = bool(words) and "_".join(words) == collection.singular
        other = noun_of(before) == noun_of(collection.path)
        if collection.path == before or (named and not other):
            return collection
    return None


class _Count:
    """How many rows a collection has, and how many with a status."""

    def __init__(self, call: Call, collection: CollectionPlan) -> None:
        self._rows = call.session.store.collection(collection.name).rows
        self.total = len(self._rows)

    def with_status(self, status: str, match: tuple[str, str] | None) -> int:
        """Rows with that status, and with that value in a field when one is given."""
        return sum(
            (status in ("total", row.data.get("status")))
            and (match is None or row.data.get(match[0]) == match[1])
            for row in self._rows
        )


def _status_counts(call: Call, known: dict[str, Any]) -> None:
    """``servers_running``, ``servers_total``: counts, of the row in the path when they point at it."""
    properties = call.schemas.properties(call.plan.success.payload_schema or {})
    collections = {
        " ".join(words_of(c.name)): c
        for c in call.session.plan.collections.values()
        if not c.parents
    }
    for name in properties:
        words = words_of(name)
        collection = collections.get(" ".join(words[:-1]))
        if collection is None or len(words) < 2:
            continue
        match = None
        fields = call.schemas.properties(collection.row_schema)
        for param, value in call.path.items():
            if param in fields:
                match = (param, value)
        known[" ".join(words)] = _Count(call, collection).with_status(words[-1], match)


def _stream(call: Call, shape: dict[str, Any], known: dict[str, Any]) -> Response:
    """Server-sent events: the text of the answer word by word, then the end mark."""
    response = call.plan.success
    whole = call.known_payload(response, known, prefer_example=True)
    event = shape.get("event") or {}
    text_field, text = "text", ""
    if isinstance(whole, dict):
        for name, value in whole.items():
            if isinstance(value, str) and " " in value:
                text_field, text = name, value
                break
    words = text.split(" ")
    allowed = set(call.schemas.properties(event)) or {text_field}
    last = {k: v for k, v in whole.items() if k in allowed} if isinstance(whole, dict) else {}
    chunks: list[dict[str, Any]] = []
    for index, word in enumerate(words):
        final = index == len(words) - 1
        chunks.append({**(last if final else {}), text_field: word if final else f"{word} "})
    done = shape.get("done")

    async def events() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield b"data: " + orjson.dumps(chunk) + b"\n\n"
        if done is not None:
            yield f"data: {done}\n\n".encode()

    media_type = str(shape.get("media_type") or "text/event-stream")
    return Response(
        response.status, {"Cache-Control": "no-cache"}, media_type=media_type, stream=events
    )

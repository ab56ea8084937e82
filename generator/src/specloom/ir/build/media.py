"""Media types: how each kind of content is written and read, and in which order it is preferred."""

from __future__ import annotations

from typing import Any

from specloom.ir.build.context import Context, Place
from specloom.ir.build.types import Types
from specloom.ir.model import (
    Binary,
    BodyContent,
    BodyKind,
    Encoding,
    Json,
    ListOf,
    Ref,
    ResponseContent,
    Scalar,
    ScalarKind,
    Style,
    Text,
    Type,
)
from specloom.spec.pointer import child, escape

__all__ = ["body_contents", "body_kind", "example_values", "response_contents"]

_FORM = "application/x-www-form-urlencoded"
_LINES = frozenset(
    (
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json-lines",
        "application/json-seq",
        "application/stream+json",
    )
)
_TEXTUAL = frozenset(
    (
        "application/xml",
        "application/yaml",
        "application/x-yaml",
        "application/javascript",
        "application/graphql",
        "application/sql",
        "application/csv",
    )
)
_REQUEST_ORDER = {
    BodyKind.JSON: 0,
    BodyKind.MULTIPART: 1,
    BodyKind.FORM: 2,
    BodyKind.BINARY: 3,
    BodyKind.TEXT: 4,
    BodyKind.LINES: 5,
    BodyKind.EVENTS: 6,
}
_STYLES = {style.value: style for style in Style}


def body_kind(media_type: str, made: Type) -> BodyKind:
    """Return how a media type's content travels."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare.startswith("multipart/"):
        return BodyKind.MULTIPART
    if bare == _FORM:
        return BodyKind.FORM
    if bare == "text/event-stream":
        return BodyKind.EVENTS
    if bare in _LINES:
        return BodyKind.LINES
    if isinstance(made, Binary):
        return BodyKind.BINARY
    if bare == "application/json" or bare.endswith(("+json", "/json")):
        return BodyKind.JSON
    if bare.startswith("text/") or bare in _TEXTUAL or bare.endswith(("+xml", "+yaml")):
        return BodyKind.TEXT
    if bare == "*/*" or bare == "application/*":
        plain = isinstance(made, Scalar) and made.kind is ScalarKind.STRING
        return BodyKind.TEXT if plain else BodyKind.JSON
    return BodyKind.BINARY


def example_values(context: Context, node: dict[str, Any], pointer: str) -> list[Json]:
    """Return the example values of a media type, parameter or header, in order."""
    examples = node.get("examples")
    values = []
    for name, item in examples.items() if isinstance(examples, dict) else ():
        if isinstance(item, dict):
            found, _ = context.resolve(item, f"{pointer}/examples/{escape(name)}")
            if "value" in found:
                values.append(found["value"])
    return values


def _typed(
    context: Context, types: Types, media: dict[str, Any], pointer: str, place: Place
) -> tuple[Type, Json]:
    made = types.of(media.get("schema"), f"{pointer}/schema", place)
    values = example_values(context, media, pointer)
    if isinstance(made, Ref):
        context.examples.setdefault(made.model, []).extend(values)
    elif isinstance(made, ListOf) and isinstance(made.item, Ref):
        for value in values:
            if isinstance(value, list):
                context.examples.setdefault(made.item.model, []).extend(value)
    return made, values[0] if values else None


def body_contents(
    context: Context, types: Types, body: dict[str, Any], pointer: str, place: Place
) -> tuple[BodyContent, ...]:
    """Return the media types of a request body, the one that SDKs send first."""
    made = []
    for media_type, media in body.get("content", {}).items():
        here = child(pointer, "content", media_type)
        kind_type, example = _typed(context, types, media, here, place)
        kind = body_kind(media_type, kind_type)
        encodings = _encodings(media) if kind in (BodyKind.FORM, BodyKind.MULTIPART) else ()
        made.append(BodyContent(Text(media_type), kind, kind_type, encodings, example))
    made.sort(key=lambda content: _REQUEST_ORDER[content.kind])
    for content in made[1:]:
        context.degraded(
            child(pointer, "content", content.media_type.raw),
            f"SDKs send {made[0].media_type.raw}",
        )
    return tuple(made)


def _encodings(media: dict[str, Any]) -> tuple[Encoding, ...]:
    made = []
    for name, node in media.get("encoding", {}).items():
        if isinstance(node, dict):
            content_type = node.get("contentType")
            style = _STYLES.get(str(node.get("style")), Style.FORM)
            explode = node.get("explode")
            made.append(
                Encoding(
                    Text(name),
                    Text(content_type) if isinstance(content_type, str) else None,
                    style,
                    explode if isinstance(explode, bool) else style is Style.FORM,
                )
            )
    return tuple(made)


def response_contents(
    context: Context, types: Types, response: dict[str, Any], pointer: str, place: Place
) -> tuple[ResponseContent, ...]:
    """Return the media types of a response, JSON first."""
    made = []
    for media_type, media in response.get("content", {}).items():
        here = child(pointer, "content", media_type)
        kind_type, example = _typed(context, types, media, here, place)
        kind = body_kind(media_type, kind_type)
        made.append(ResponseContent(Text(media_type), kind, kind_type, example))
    return tuple(made)

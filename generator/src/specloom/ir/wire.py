"""What travels: parameters, request bodies, responses and their headers."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from specloom.ir.types import Docs, Json, Source, Text, Type, Words

__all__ = [
    "BodyContent",
    "BodyKind",
    "Encoding",
    "Header",
    "Parameter",
    "ParameterLocation",
    "PathPart",
    "RequestBody",
    "Response",
    "ResponseContent",
    "Style",
]


class ParameterLocation(enum.Enum):
    """Where a parameter travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


class Style(enum.Enum):
    """OpenAPI's serialisation styles; JSON is a ``content``-style parameter."""

    FORM = "form"
    SIMPLE = "simple"
    LABEL = "label"
    MATRIX = "matrix"
    SPACE = "spaceDelimited"
    PIPE = "pipeDelimited"
    DEEP_OBJECT = "deepObject"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation (defaults of style and explode already applied)."""

    wire_name: Text
    name: Words
    location: ParameterLocation
    type: Type
    required: bool
    style: Style
    explode: bool
    source: Source
    allow_reserved: bool = False
    deprecated: bool = False
    has_default: bool = False
    default: Json = None
    docs: Docs = Docs()
    example: Json = None


@dataclass(frozen=True, slots=True)
class PathPart:
    """A piece of a path template: literal text, or the path parameter of that wire name."""

    text: Text
    is_parameter: bool


class BodyKind(enum.Enum):
    """How a media type's content is written or read."""

    JSON = "json"
    FORM = "form"  # application/x-www-form-urlencoded
    MULTIPART = "multipart"
    BINARY = "binary"
    TEXT = "text"
    EVENTS = "events"  # text/event-stream
    LINES = "lines"  # application/x-ndjson, application/jsonl


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form or multipart body is written."""

    wire_name: Text
    content_type: Text | None = None
    style: Style = Style.FORM
    explode: bool = True


@dataclass(frozen=True, slots=True)
class BodyContent:
    """One media type of a request body."""

    media_type: Text
    kind: BodyKind
    type: Type
    encodings: tuple[Encoding, ...] = ()
    example: Json = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body; ``contents[0]`` is the one that SDKs send."""

    required: bool
    contents: tuple[BodyContent, ...]
    source: Source
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class Header:
    """A response header."""

    wire_name: Text
    name: Words
    type: Type
    required: bool
    source: Source
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class ResponseContent:
    """One media type of a response."""

    media_type: Text
    kind: BodyKind
    type: Type
    example: Json = None


@dataclass(frozen=True, slots=True)
class Response:
    """What may come back. ``status`` is ``"200"``, a range ``"4XX"`` or ``"default"``."""

    status: str
    contents: tuple[ResponseContent, ...]
    headers: tuple[Header, ...]
    source: Source
    docs: Docs = Docs()

"""Types and named models: what values look like, in no programming language's words.

Everything here is frozen. Names are tuples of lower-case words (``("user", "create")``), never
identifiers. Text that came from a document is :class:`Text`, which refuses to become a ``str`` by
itself: an emitter must pick the encoder of the context (identifier, string, docstring, path) that
it prints the text into, so document text can never reach a generated file as code.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = [
    "AnyType",
    "Binary",
    "Constraints",
    "Docs",
    "EnumModel",
    "EnumValue",
    "Field",
    "Json",
    "ListOf",
    "LiteralType",
    "MapOf",
    "Model",
    "ModelId",
    "NamedType",
    "Nullable",
    "ObjectModel",
    "Ref",
    "Scalar",
    "ScalarKind",
    "Source",
    "Text",
    "Type",
    "Union",
    "Words",
    "references",
]

Json: TypeAlias = Any
"""A JSON value: ``None | bool | int | float | str | list[Json] | dict[str, Json]``."""

Words: TypeAlias = tuple[str, ...]
"""A name as lower-case words, each matching ``[a-z0-9]+`` (see ``ir/names.py``)."""

ModelId: TypeAlias = str
"""The key of a named type in :attr:`Api.models`: unique and stable, never shown to a user."""


@dataclass(frozen=True, slots=True)
class Text:
    """Untrusted text from a document. ``raw`` is for encoders only; ``str()`` is refused."""

    raw: str

    def __str__(self) -> str:
        raise TypeError("document text must pass through an encoder before it is printed")

    def __bool__(self) -> bool:
        return bool(self.raw)


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the document a thing stands: a JSON pointer (RFC 6901) into the root document."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Docs:
    """What a document says about a thing to its reader."""

    summary: Text | None = None
    description: Text | None = None
    external_url: Text | None = None


# --- types ---------------------------------------------------------------------------------------


class ScalarKind(enum.Enum):
    """The kinds of value that JSON writes as one token."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE_TIME = "date-time"  # RFC 3339
    DATE = "date"
    TIME = "time"
    DURATION = "duration"  # ISO 8601
    UUID = "uuid"
    BYTES = "bytes"  # base64 text inside JSON (format: byte)
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Constraints:
    """JSON Schema assertions kept beside a type; None means that the document sets none."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: Text | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    min_properties: int | None = None
    max_properties: int | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One JSON token. ``format`` is the document's own word when it says more than ``kind``."""

    kind: ScalarKind
    format: Text | None = None
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class LiteralType:
    """One of a few fixed values, written where they are used (``const``, a one-value enum)."""

    values: tuple[str | int | float | bool | None, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array whose items are all of one type."""

    item: Type
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with arbitrary keys and values of one type (``additionalProperties``)."""

    value: Type
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A named type: ``Api.models[model]``."""

    model: ModelId


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types. ``mapping`` is discriminator value -> model; empty without one."""

    variants: tuple[Type, ...]
    discriminator: Text | None = None
    mapping: tuple[tuple[str, ModelId], ...] = ()


@dataclass(frozen=True, slots=True)
class Nullable:
    """``inner`` or null. Never nested, never around :class:`AnyType`."""

    inner: Type


@dataclass(frozen=True, slots=True)
class AnyType:
    """Any JSON value (an empty schema, or one that could not be read: see the ledger)."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Raw bytes outside JSON (``format: binary``): an upload or a download."""


Type: TypeAlias = Scalar | LiteralType | ListOf | MapOf | Ref | Union | Nullable | AnyType | Binary


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object. ``required`` is about presence, :class:`Nullable` about null."""

    wire_name: Text
    name: Words
    type: Type
    required: bool
    source: Source
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    has_default: bool = False
    default: Json = None
    docs: Docs = Docs()
    example: Json = None


@dataclass(frozen=True, slots=True)
class ObjectModel:
    """A named object.

    Attributes:
        additional: Type of unknown properties; None where the document forbids them
            (``additionalProperties: false``); AnyType where it says nothing.
        is_request, is_response: Where the model is reachable from (both may be true).
        examples: Whole example values found for the model.
    """

    id: ModelId
    name: Words
    fields: tuple[Field, ...]
    source: Source
    additional: Type | None = AnyType()
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enumeration, with the words of a constant's name."""

    value: str | int | float | bool | None
    name: Words
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class EnumModel:
    """A named enumeration. Open: a server may send values that the document does not know."""

    id: ModelId
    name: Words
    kind: ScalarKind
    values: tuple[EnumValue, ...]
    source: Source
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False


@dataclass(frozen=True, slots=True)
class NamedType:
    """A component that is neither object nor enumeration: a named union, list, map or scalar."""

    id: ModelId
    name: Words
    type: Type
    source: Source
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False
    examples: tuple[Json, ...] = ()


Model: TypeAlias = ObjectModel | EnumModel | NamedType


def references(type_: Type) -> Iterator[ModelId]:
    """Ids of the named types that ``type_`` mentions directly, in order, repeats included."""
    if isinstance(type_, Ref):
        yield type_.model
    elif isinstance(type_, ListOf):
        yield from references(type_.item)
    elif isinstance(type_, MapOf):
        yield from references(type_.value)
    elif isinstance(type_, Nullable):
        yield from references(type_.inner)
    elif isinstance(type_, Union):
        for variant in type_.variants:
            yield from references(variant)

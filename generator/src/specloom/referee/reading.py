"""A reading: what one reader understood of a document, in words that both readers have.

The vocabulary is what Specloom and openapi-python-client can both express. Formats that only one
of them tells apart (``time``, ``duration``, ``byte``, ``email``) are plain strings here, fixed values
that are neither strings nor integers (``enum: [true]``) are values of their kind; everything that
only one of them reads at all (constraints, docs, response headers) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = [
    "ANY",
    "BINARY",
    "NULL",
    "Atom",
    "Choice",
    "FieldReading",
    "Items",
    "Named",
    "ObjectReading",
    "OperationKey",
    "OperationReading",
    "ParameterKey",
    "ParameterReading",
    "Reading",
    "ResponseReading",
    "Shape",
    "Values",
    "choice",
    "describe",
    "values",
]


@dataclass(frozen=True, slots=True)
class Atom:
    """A kind of value with no parts: ``string``, ``integer``, ``date-time``, ``any``, ..."""

    kind: str


ANY = Atom("any")
NULL = Atom("null")
BINARY = Atom("binary")


@dataclass(frozen=True, slots=True)
class Values:
    """One of a few fixed values, each as JSON text."""

    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Items:
    """An array of one type."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """A type in :attr:`Reading.named`; ``label`` is what a person calls it."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several types, null among them."""

    options: tuple[Shape, ...]


Shape: TypeAlias = Atom | Values | Items | Named | Choice


def choice(options: Iterable[Shape]) -> Shape:
    """A union, flattened and without repetition; its only option where it has one."""
    flat: dict[Shape, None] = {}
    for option in options:
        for part in option.options if isinstance(option, Choice) else (option,):
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else Choice(tuple(flat))


def values(found: Iterable[Any]) -> Shape:
    """The shape of an enumeration. What is neither string nor integer stands beside the values."""
    fixed: list[str] = []
    others: list[Shape] = []
    for value in found:
        if value is None:
            others.append(NULL)
        elif isinstance(value, bool):
            others.append(Atom("boolean"))
        elif isinstance(value, float):
            others.append(Atom("number"))
        else:
            fixed.append(json.dumps(value))
    return choice([*([Values(frozenset(fixed))] if fixed else []), *others])


def describe(shape: Shape) -> str:
    """The shape as a person writes it: ``list[User] | null``."""
    if isinstance(shape, Atom):
        return shape.kind
    if isinstance(shape, Values):
        return " | ".join(sorted(shape.values))
    if isinstance(shape, Items):
        return f"list[{describe(shape.item)}]"
    if isinstance(shape, Named):
        return shape.label
    return " | ".join(describe(option) for option in shape.options)


@dataclass(frozen=True, slots=True)
class FieldReading:
    """A property of an object; ``pointer`` is known to Specloom's reading only."""

    shape: Shape
    required: bool
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ObjectReading:
    """An object: properties by wire name, and the type of others (None: there are none)."""

    fields: Mapping[str, FieldReading]
    additional: Shape | None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class ParameterReading:
    """A parameter. ``style`` is empty where a plain reader sends the same bytes."""

    shape: Shape
    required: bool
    pointer: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class ResponseReading:
    """A response: its type by media type, empty where it has no body."""

    contents: Mapping[str, Shape]
    pointer: str = ""


OperationKey: TypeAlias = tuple[str, str]
"""``("GET", "/users/{user_id}")``."""

ParameterKey: TypeAlias = tuple[str, str]
"""``("query", "page")``."""


@dataclass(frozen=True, slots=True)
class OperationReading:
    """An operation: what may be sent and what may come back."""

    parameters: Mapping[ParameterKey, ParameterReading]
    bodies: Mapping[str, Shape]
    body_required: bool
    responses: Mapping[str, ResponseReading]
    pointer: str = ""
    body_pointer: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document as one reader understood it.

    Attributes:
        named: Objects, and other types that have a name, by :attr:`Named.key`.
        complaints: What the reader itself said that it could not read.
    """

    operations: Mapping[OperationKey, OperationReading]
    named: Mapping[str, ObjectReading | Shape]
    complaints: tuple[str, ...] = field(default=())

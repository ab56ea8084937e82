"""What a schema says beyond its type, as short sentences for docstrings."""

from __future__ import annotations

import json
from collections.abc import Iterator

from specloom.ir.model import Constraints, Json, ListOf, MapOf, Nullable, Scalar, ScalarKind, Type

__all__ = ["facts"]

_TOLD_BY_TYPE = frozenset(
    {"date", "date-time", "double", "float", "int32", "int64", "byte", "binary", "boolean"}
)
_LONGEST_PATTERN = 80
_LONGEST_DEFAULT = 60


def facts(type_: Type, *, has_default: bool = False, default: Json = None) -> str:
    """Limits, format and default: ``From 1 to 100. Default: 20.``; untrusted, for encoders."""
    sentences = [f"{text}." for text in _limits(type_)]
    if has_default and default is not None:
        shown = json.dumps(default, ensure_ascii=False)
        if len(shown) <= _LONGEST_DEFAULT:
            sentences.append(f"Default: {shown.strip(chr(34)) or shown}.")
    return " ".join(sentences)


def _limits(type_: Type) -> Iterator[str]:
    if isinstance(type_, Nullable):
        yield from _limits(type_.inner)
    elif isinstance(type_, Scalar):
        word = type_.format.raw if type_.format is not None else ""
        if type_.kind in (ScalarKind.UUID, ScalarKind.DURATION, ScalarKind.TIME):
            word = word or type_.kind.value
        if type_.kind is ScalarKind.BYTES:
            word = "base64"
        if word and word not in _TOLD_BY_TYPE and len(word) <= _LONGEST_PATTERN:
            yield f"Format: {word}"
        if type_.constraints is not None:
            yield from _numbers(type_.constraints)
            yield from _count(
                type_.constraints.min_length, type_.constraints.max_length, "character"
            )
            pattern = type_.constraints.pattern
            if pattern is not None and len(pattern.raw) <= _LONGEST_PATTERN:
                yield f"Pattern: `{pattern.raw}`"
    elif isinstance(type_, ListOf) and type_.constraints is not None:
        yield from _count(type_.constraints.min_items, type_.constraints.max_items, "item")
        if type_.constraints.unique_items:
            yield "Items are unique"
    elif isinstance(type_, MapOf) and type_.constraints is not None:
        limits = type_.constraints
        yield from _count(limits.min_properties, limits.max_properties, "entry")


def _numbers(limits: Constraints) -> Iterator[str]:
    if limits.minimum is not None and limits.maximum is not None:
        yield f"From {_number(limits.minimum)} to {_number(limits.maximum)}"
    elif limits.minimum is not None:
        yield f"At least {_number(limits.minimum)}"
    elif limits.maximum is not None:
        yield f"At most {_number(limits.maximum)}"
    if limits.exclusive_minimum is not None:
        yield f"More than {_number(limits.exclusive_minimum)}"
    if limits.exclusive_maximum is not None:
        yield f"Less than {_number(limits.exclusive_maximum)}"
    if limits.multiple_of is not None:
        yield f"A multiple of {_number(limits.multiple_of)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _count(least: int | None, most: int | None, noun: str) -> Iterator[str]:
    many = noun.removesuffix("y") + "ies" if noun.endswith("y") else f"{noun}s"
    if least and most is not None:
        yield (
            f"{least} to {most} {many}"
            if least != most
            else f"{most} {noun if most == 1 else many}"
        )
    elif least:
        yield f"At least {least} {noun if least == 1 else many}"
    elif most is not None:
        yield f"At most {most} {noun if most == 1 else many}"

"""JSON pointers (RFC 6901) into JSON values and into models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from .absent import Omit, omit

__all__ = ["first_value", "placed", "pluck", "tokens"]


@cache
def tokens(pointer: str) -> tuple[str, ...]:
    """Split a pointer: `/meta/total_pages` is `("meta", "total_pages")`; "" is the whole."""
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:])


@lru_cache(maxsize=1024)  # bounded: models may be made at run time
def _attributes(model: Any) -> dict[str, str] | None:
    """A model's attributes by wire name; None for a class that is no model."""
    fields = getattr(model, "model_fields", None)
    if fields is None:
        return None
    return {str(field.alias or name): name for name, field in fields.items()}


def pluck(value: Any, pointer: str) -> Any:
    """Follow a pointer through models, objects and lists.

    Returns:
        What stands there; `omit` when nothing does.
    """
    for token in tokens(pointer):
        if isinstance(value, dict):
            value = value.get(token, omit)
        elif isinstance(value, list):
            index = int(token) if token.isdecimal() else -1
            value = value[index] if 0 <= index < len(value) else omit
        else:
            kind: Any = type(value)
            attributes = _attributes(kind)
            if attributes is None:
                return omit
            name = attributes.get(token)
            if name is not None:
                value = value.__dict__.get(name, omit)
            else:
                value = (value.__pydantic_extra__ or {}).get(token, omit)
        if value is omit:
            return omit
    return value


def first_value(value: Any, pointers: Iterable[str]) -> Any:
    """The first pointer's value that is there and not null; None when there is none."""
    for pointer in pointers:
        found = pluck(value, pointer)
        if found is not None and not isinstance(found, Omit):
            return found
    return None


def placed(value: Any, pointer: str, new: Any) -> Any:
    """A copy of an object with a value at a pointer; objects on the way are made where none are."""
    for token in reversed(tokens(pointer)):
        parent = pluck(value, pointer.rpartition("/")[0])
        new = {**(parent if isinstance(parent, Mapping) else {}), token: new}
        pointer = pointer.rpartition("/")[0]
    return new

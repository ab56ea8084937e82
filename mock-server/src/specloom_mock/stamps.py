"""When a row was made and changed: which properties record it, and in which form."""

from __future__ import annotations

from typing import Any

from specloom_mock.clock import format_timestamp
from specloom_mock.names import words_of
from specloom_mock.schemas import Schemas

__all__ = ["is_stamp", "make_stamp", "stamp_kind"]

_CREATED = {"created at", "created", "created on", "created time", "create time", "date created"}
_UPDATED = {
    "updated at",
    "updated",
    "updated on",
    "modified at",
    "modified",
    "last modified",
    "update time",
    "date updated",
    "last updated",
}


def stamp_kind(name: str) -> str | None:
    """``created`` or ``updated`` for the properties that record it."""
    words = " ".join(words_of(name))
    if words in _CREATED:
        return "created"
    return "updated" if words in _UPDATED else None


def is_stamp(schemas: Schemas, schema: Any) -> bool:
    """Whether a time can stand in a property: text or a number."""
    types = schemas.types(schema) - {"null"}
    return not types or bool(types & {"string", "integer", "number"})


def make_stamp(schemas: Schemas, schema: Any, at: float) -> Any:
    """A time in the form that a property wants: a date-time, a date or epoch seconds."""
    types = schemas.types(schema)
    if types & {"integer", "number"}:
        return int(at)
    text = format_timestamp(at)
    return text[:10] if schemas.keyword(schema, "format") == "date" else text

"""How a list is sorted: its parameters, and what they may say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any, Final

from .plan import Endpoint, SortPlan
from .schema import Schemas

__all__ = ["find_sort", "in_order"]

_FIELDS: Final = frozenset({"sort", "sortby", "orderby", "sortfield", "ordering", "sortkey"})
_DIRECTIONS: Final = frozenset(
    {"order", "direction", "sortorder", "sortdirection", "dir", "sortdir"}
)
_SUFFIX: Final = re.compile(r"^(?P<field>.+?)[:._ ,-](?P<way>asc|desc|ascending|descending)$", re.I)
_LIKELY: Final = (
    "created_at",
    "createdAt",
    "name",
    "title",
    "updated_at",
    "email",
    "id",
    "created",
)
_MOST: Final = 4


def find_sort(schemas: Schemas, listing: Endpoint, row: Any) -> SortPlan | None:
    """Read the sort parameters of a list; None where it has none."""
    by_word = {
        re.sub(r"[^a-z]", "", p["name"].lower()): p
        for p in listing.parameters
        if p["in"] == "query"
    }
    chosen = next((by_word[word] for word in by_word if word in _FIELDS), None)
    direction = next((by_word[word] for word in by_word if word in _DIRECTIONS), None)
    if chosen is None:
        if direction is None or not _is_field_list(schemas, direction, row):
            return None
        chosen, direction = direction, None
    fields = schemas.properties(row)
    values = [str(value) for value in schemas.enum(chosen.get("schema"))]
    choices = list(_choices(schemas, chosen["name"], direction, values, fields))
    pointer = f"{listing.pointer}/parameters"
    return SortPlan(chosen["name"], tuple(choices), pointer)


def _is_field_list(schemas: Schemas, parameter: Any, row: Any) -> bool:
    values = {str(value).lstrip("+-") for value in schemas.enum(parameter.get("schema"))}
    return bool(values & schemas.properties(row).keys())


def _choices(
    schemas: Schemas, name: str, direction: Any, values: list[str], fields: dict[str, Any]
) -> Iterator[tuple[tuple[tuple[str, str], ...], str, bool]]:
    if direction is not None:
        ways = [str(value) for value in schemas.enum(direction.get("schema"))] or ["asc", "desc"]
        for field in values or _likely(schemas, fields):
            if field in fields:
                for way in ways:
                    falls = way.lower().startswith("d")
                    yield ((name, field), (direction["name"], way)), field, falls
        return
    if values:
        for value in values:
            read = _read(value, fields)
            if read is not None:
                yield ((name, value),), *read
        return
    for field in _likely(schemas, fields):
        yield ((name, field),), field, False
        yield ((name, f"-{field}"),), field, True


def _read(value: str, fields: dict[str, Any]) -> tuple[str, bool] | None:
    """(field, descending) of one allowed value; None for one that speaks of no field."""
    suffix = _SUFFIX.match(value)
    if suffix is not None and suffix["field"] in fields:
        return suffix["field"], suffix["way"].lower().startswith("d")
    field = value.lstrip("+-")
    return (field, value.startswith("-")) if field in fields else None


def _likely(schemas: Schemas, fields: dict[str, Any]) -> list[str]:
    """A few fields of simple type, those first by which lists are usually sorted."""
    simple = [
        name
        for name, schema in fields.items()
        if set(schemas.types(schema)) & {"string", "integer", "number"}
    ]
    known = [name for name in _LIKELY if name in simple]
    return [*known, *(name for name in simple if name not in known)][:_MOST]


def in_order(values: list[Any], *, descending: bool) -> bool:
    """Whether values rise (or fall) by any usual comparison; those that are null do not count.

    Text may be compared by code point, without regard to case, or as a number: a document seldom
    says, and databases differ.
    """
    known = [value for value in values if value is not None]
    if descending:
        known.reverse()
    keys: list[Any] = [lambda value: value]
    if all(isinstance(value, str) for value in known):
        keys += [str.casefold, lambda value: re.sub(r"[\W_]+", "", value.casefold())]
        if all(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) for value in known):
            keys.append(float)
    for key in keys:
        try:
            if all(key(a) <= key(b) for a, b in itertools.pairwise(known)):
                return True
        except TypeError:
            continue
    return False

"""How a list is filtered: which parameter speaks of which field, and what it demands of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from specloom.ir.names import split_words

from .plan import Endpoint, FilterPlan, FilterRule
from .schema import Schemas

__all__ = ["find_filters", "meets"]

_SCALARS: Final = {"string", "integer", "number", "boolean"}
_SEARCH: Final = frozenset({"search", "q", "query"})
_LOWER: Final = frozenset({"after", "since", "from", "gte", "min", "start"})
_UPPER: Final = frozenset({"before", "until", "to", "lte", "max", "end"})


def find_filters(schemas: Schemas, listing: Endpoint, row: Any) -> tuple[FilterPlan, ...]:
    """Read the filter parameters of a list."""
    fields = schemas.properties(row)
    pagination = listing.operation.pagination
    paging = set()
    if pagination is not None:
        names = (
            pagination.page_param,
            pagination.size_param,
            pagination.offset_param,
            pagination.cursor_param,
        )
        paging = {name.raw for name in names if name is not None}
    found = []
    for index, parameter in enumerate(listing.parameters):
        name = parameter["name"]
        if parameter["in"] != "query" or name in paging:
            continue
        read = _read(schemas, name, parameter.get("schema"), fields)
        if read is not None:
            field, rule = read
            found.append(FilterPlan(name, field, rule, f"{listing.pointer}/parameters/{index}"))
    return tuple(found)


def _read(
    schemas: Schemas, name: str, schema: Any, fields: dict[str, Any]
) -> tuple[str, FilterRule] | None:
    types = set(schemas.types(schema)) or {"string"}
    if name in fields:
        own = set(schemas.types(fields[name]))
        if types <= _SCALARS and own and own <= _SCALARS:
            return name, _equality(schemas, schema, fields[name])
        return None
    if name.lower() in _SEARCH and "string" in types:
        return "", FilterRule.SEARCH
    parts = split_words(name)
    for rule, marks in ((FilterRule.AT_LEAST, _LOWER), (FilterRule.AT_MOST, _UPPER)):
        stem = [word for word in parts if word not in marks]
        if len(stem) == len(parts) - 1 and stem:
            field = _ranged(schemas, stem, fields)
            if field is not None:
                return field, rule
    return None


def _equality(schemas: Schemas, schema: Any, own: Any) -> FilterRule:
    """Free text may be searched for; what is chosen from a set, or has a form, is compared."""
    free = "string" in schemas.types(own) and not any(
        schemas.keyword(node, word) is not None
        for node in (schema, own)
        for word in ("enum", "const", "format", "pattern")
    )
    return FilterRule.CONTAINS if free else FilterRule.EQUALS


def _ranged(schemas: Schemas, stem: list[str], fields: dict[str, Any]) -> str | None:
    """The field that a bound speaks of: ``created`` of created_after is created_at."""
    for name, schema in fields.items():
        own = list(split_words(name))
        dated = schemas.keyword(schema, "format") in {"date-time", "date"}
        counted = bool(set(schemas.types(schema)) & {"integer", "number"})
        if (dated and own in (stem, [*stem, "at"], [*stem, "on"])) or (counted and own == stem):
            return name
    return None


def meets(rule: FilterRule, row: Any, field: str, value: Any) -> bool | None:
    """Whether a row may be in the answer; None where the row does not show the field.

    Bounds are read generously: whether they include their own value, documents seldom say.
    """
    if not isinstance(row, dict):
        return None
    if rule is FilterRule.SEARCH:
        return _mentions(row, str(value).casefold())
    if field not in row:
        return None
    own = row[field]
    if rule is FilterRule.CONTAINS:
        return str(value).casefold() in str(own).casefold()
    if rule is FilterRule.EQUALS:
        return _same(own, value)
    if own is None:
        return False
    try:
        left, right = _instant(own), _instant(value)
        return bool(left >= right) if rule is FilterRule.AT_LEAST else bool(left <= right)
    except (TypeError, ValueError):
        return None


def _same(own: Any, value: Any) -> bool:
    if isinstance(own, list):
        return any(_same(item, value) for item in own)
    if isinstance(own, str) and isinstance(value, str):
        return own.casefold() == value.casefold()
    return bool(own == value)


def _mentions(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(part, text) for part in value.values())
    if isinstance(value, list):
        return any(_mentions(part, text) for part in value)
    return text in str(value).casefold()


def _instant(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"^\d{4}-\d\d-\d\d", value):
        return datetime.fromisoformat(value)
    return value

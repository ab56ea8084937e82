"""Choosing, ordering and cutting rows: filters, search, date ranges, sort, pages, cursors.

Pure functions over row data. Nothing here knows a document; the plan of an operation
(:mod:`specloom_mock.derive`) says which parameter means what.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from specloom_mock.clock import parse_timestamp
from specloom_mock.store import Row

__all__ = [
    "Condition",
    "QueryError",
    "SortKey",
    "compile_filter",
    "decode_cursor",
    "encode_cursor",
    "matches",
    "order_rows",
    "page_count",
    "parse_sort",
    "search_rows",
    "select_rows",
]

T = TypeVar("T")

MAX_FILTER_DEPTH = 8


class QueryError(ValueError):
    """A filter, sort or cursor that cannot be understood.

    Attributes:
        reason: ``filter``, ``sort`` or ``cursor``.
        field: The parameter or field at fault.
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field of a sort order."""

    field: str
    descending: bool = False


def _equal(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, list):
        return any(_equal(item, wanted) for item in actual)
    if isinstance(wanted, list):
        return any(_equal(actual, item) for item in wanted)
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted or (
            isinstance(wanted, str) and str(actual).lower() == wanted.lower()
        )
    if actual == wanted:
        return True
    if isinstance(actual, (int, float)) and isinstance(wanted, str):
        return str(actual) == wanted
    return False


def _comparable(actual: Any, wanted: Any) -> tuple[Any, Any] | None:
    if isinstance(actual, str) and isinstance(wanted, str):
        try:
            return parse_timestamp(actual), parse_timestamp(wanted)
        except ValueError:
            return actual, wanted
    numbers = (int, float)
    if isinstance(actual, numbers) and isinstance(wanted, numbers):
        return actual, wanted
    return None


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(actual: Any, wanted: Any) -> bool:
        pair = _comparable(actual, wanted)
        return pair is not None and test(*pair)

    return check


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda actual, wanted: not _equal(actual, wanted),
    "in": lambda actual, wanted: _equal(actual, wanted if isinstance(wanted, list) else [wanted]),
    "nin": lambda actual, wanted: (
        not _equal(actual, wanted if isinstance(wanted, list) else [wanted])
    ),
    "gt": _ordered(lambda actual, wanted: actual > wanted),
    "gte": _ordered(lambda actual, wanted: actual >= wanted),
    "lt": _ordered(lambda actual, wanted: actual < wanted),
    "lte": _ordered(lambda actual, wanted: actual <= wanted),
    "contains": lambda actual, wanted: (
        str(wanted).lower() in str(actual).lower() if actual is not None else False
    ),
}


def matches(data: dict[str, Any], conditions: Sequence[Condition]) -> bool:
    """Whether the row's data meets every condition."""
    return all(_OPERATORS[c.operator](data.get(c.field), c.value) for c in conditions)


def select_rows(rows: Iterable[Row], conditions: Sequence[Condition]) -> list[Row]:
    """The rows that meet every condition, in the order given."""
    return [row for row in rows if matches(row.data, conditions)]


def compile_filter(text: str, fields: frozenset[str] | None) -> list[Condition]:
    """Conditions of a JSON filter: ``{"status": "done", "price": {"gte": 10}}``.

    Operators may be written with or without ``$``. An unknown operator, a nested value that is no
    operator object, or a field outside ``fields`` (when the row type is closed) is an error.

    Raises:
        QueryError: The filter cannot be understood.
    """
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise QueryError("filter", "filter", f"is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise QueryError("filter", "filter", "must be a JSON object")
    conditions: list[Condition] = []
    for name, value in parsed.items():
        if fields is not None and name not in fields:
            raise QueryError("filter", name, f"there is no field {name!r} to filter by")
        if isinstance(value, dict):
            for operator, operand in value.items():
                known = operator.removeprefix("$")
                if known not in _OPERATORS:
                    raise QueryError("filter", name, f"unknown operator {operator!r}")
                conditions.append(Condition(name, known, operand))
        else:
            conditions.append(Condition(name, "eq", value))
    return conditions


def search_rows(rows: Iterable[Row], text: str) -> list[Row]:
    """Rows of which one text value holds ``text``, whatever the case."""
    wanted = text.lower()

    def hit(row: Row) -> bool:
        return any(wanted in value.lower() for value in row.data.values() if isinstance(value, str))

    return [row for row in rows if hit(row)]


def parse_sort(text: str, fields: frozenset[str] | None, direction: str | None) -> list[SortKey]:
    """Sort keys of ``name,-created_at`` (also ``field:desc`` and ``+field``).

    Args:
        text: The parameter's value.
        fields: Sortable fields; None when the row type is open.
        direction: A separate ``order`` parameter's value, applied to keys without their own.

    Raises:
        QueryError: A field is unknown or empty.
    """
    keys: list[SortKey] = []
    falling = (direction or "asc").lower().startswith("d")
    for piece in text.split(","):
        name = piece.strip()
        descending = falling
        if name[:1] in {"-", "+"}:
            descending, name = name[0] == "-", name[1:]
        elif ":" in name:
            name, _, suffix = name.partition(":")
            descending = suffix.lower().startswith("d")
        if not name or (fields is not None and name not in fields):
            raise QueryError("sort", "sort", f"cannot sort by {name!r}")
        keys.append(SortKey(name, descending))
    return keys


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, (int, float)):
        return 2, value
    if isinstance(value, str):
        return 3, value
    return 4, orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def order_rows(rows: Iterable[Row], keys: Sequence[SortKey]) -> list[Row]:
    """Rows sorted by the keys; ties keep their order, rows without a value come last."""
    result = list(rows)
    for key in reversed(keys):
        present = [row for row in result if row.data.get(key.field) is not None]
        absent = [row for row in result if row.data.get(key.field) is None]
        field = key.field
        present.sort(key=lambda row: _rank(row.data[field]), reverse=key.descending)
        result = present + absent
    return result


def page_count(total: int, size: int) -> int:
    """How many pages ``total`` items fill."""
    return -(-total // size) if size > 0 else 0


def encode_cursor(row: Row) -> str:
    """An opaque cursor that points behind ``row``."""
    return base64.urlsafe_b64encode(orjson.dumps([row.seq, row.key])).decode().rstrip("=")


def decode_cursor(
    text: str, rows: Sequence[Row], is_id: Callable[[str], bool] | None = None
) -> int:
    """Index of the first row behind a cursor.

    A cursor outlives its row: when the row is gone, the first row with a later (or, in a list that
    runs newest first, an earlier) position follows. An id in base64, or as it is, is a cursor too;
    nothing is behind an id that no row has.

    Args:
        text: The cursor.
        rows: The list, in its order.
        is_id: Whether a text is an id of the form that rows have.

    Raises:
        QueryError: The text is no cursor of this server.
    """
    try:
        seq, key = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        seq = int(seq)
    except (ValueError, TypeError, binascii.Error, orjson.JSONDecodeError):
        return _plain_cursor(text, rows, is_id)
    for index, row in enumerate(rows):
        if row.key == key:
            return index + 1
    newest_first = len(rows) > 1 and rows[0].seq > rows[-1].seq
    for index, row in enumerate(rows):
        if row.seq < seq if newest_first else row.seq > seq:
            return index
    return len(rows)


def _plain_cursor(text: str, rows: Sequence[Row], is_id: Callable[[str], bool] | None) -> int:
    """A cursor that is simply an id (``starting_after=cus_1``)."""
    names = {text}
    with contextlib.suppress(ValueError, binascii.Error):
        names.add(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    for index, row in enumerate(rows):
        if row.key in names:
            return index + 1
    if is_id is not None and any(is_id(name) for name in names):
        return len(rows)
    raise QueryError("cursor", "cursor", "is not a cursor of this list")

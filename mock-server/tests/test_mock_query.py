"""Filters, search, sort, cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom_mock.query import (
    Condition,
    QueryError,
    SortKey,
    compile_filter,
    decode_cursor,
    encode_cursor,
    order_rows,
    page_count,
    parse_sort,
    search_rows,
    select_rows,
)
from specloom_mock.store import Row

ROWS = [
    Row("a", {"id": "a", "name": "Ada", "age": 36, "tags": ["x"], "at": "2026-01-01T00:00:00Z"}, 0),
    Row("b", {"id": "b", "name": "Bob", "age": None, "tags": [], "at": "2026-01-02T00:00:00Z"}, 1),
    Row(
        "c",
        {"id": "c", "name": "Cy", "age": 7, "tags": ["x", "y"], "at": "2026-01-03T00:00:00Z"},
        2,
    ),
]


def keys(rows: list[Row]) -> str:
    return "".join(row.key for row in rows)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("age", "eq", 36), "a"),
        (Condition("age", "ne", 36), "bc"),
        (Condition("age", "gte", 7), "ac"),
        (Condition("age", "lt", 36), "c"),
        (Condition("tags", "eq", "x"), "ac"),
        (Condition("name", "in", ["Ada", "Cy"]), "ac"),
        (Condition("name", "contains", "o"), "b"),
        (Condition("at", "gte", "2026-01-02T01:00:00+01:00"), "bc"),
        (Condition("at", "lt", "2026-01-02T00:00:00Z"), "a"),
        (Condition("age", "eq", None), "b"),
    ],
)
def test_conditions_select_rows(condition: Condition, expected: str) -> None:
    """Each operator keeps exactly the rows that meet it; instants are compared as instants."""
    assert keys(select_rows(ROWS, [condition])) == expected


def test_a_json_filter_becomes_conditions() -> None:
    """Plain values mean equality, objects mean operators, with or without `$`."""
    found = compile_filter('{"name": "Ada", "age": {"$gte": 3, "lt": 40}}', None)
    assert found == [
        Condition("name", "eq", "Ada"),
        Condition("age", "gte", 3),
        Condition("age", "lt", 40),
    ]


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"nope": 1}', '{"age": {"near": 1}}'])
def test_a_filter_that_makes_no_sense_is_an_error(text: str) -> None:
    """Malformed JSON, other values, unknown fields and operators are refused."""
    with pytest.raises(QueryError):
        compile_filter(text, frozenset({"age", "name"}))


def test_sorting_puts_missing_values_last_and_is_stable() -> None:
    """Rows without a value come last in either direction; the first key decides first."""
    assert keys(order_rows(ROWS, [SortKey("age")])) == "cab"
    assert keys(order_rows(ROWS, [SortKey("age", descending=True)])) == "acb"
    assert parse_sort("name,-age", None, None) == [SortKey("name"), SortKey("age", True)]
    assert parse_sort("name", None, "desc") == [SortKey("name", True)]
    assert parse_sort("name:desc", None, None) == [SortKey("name", True)]


@pytest.mark.parametrize("text", ["nope", "name,", "-"])
def test_sorting_by_an_unknown_field_is_an_error(text: str) -> None:
    """Unknown and empty fields are refused."""
    with pytest.raises(QueryError):
        parse_sort(text, frozenset({"name"}), None)


def test_search_wants_every_word() -> None:
    """All words must occur somewhere in the row's texts, whatever the case."""
    assert keys(search_rows(ROWS, "ADA")) == "a"
    assert keys(search_rows(ROWS, "ada bob")) == ""


@given(st.sets(st.integers(0, 30), max_size=20), st.integers(1, 7), st.randoms())
def test_cursors_visit_every_surviving_row_once(removed: set[int], size: int, rng: object) -> None:
    """Rows deleted between two pages neither hide nor repeat another row."""
    rows = [Row(f"r{n}", {}, n) for n in range(31)]
    seen: list[str] = []
    at, gone = 0, set[int]()
    while at < len(rows):
        page = rows[at : at + size]
        seen += [row.key for row in page]
        cursor = encode_cursor(page[-1])
        gone |= {n for n in removed if n % 2 == len(seen) % 2}
        rows = [row for row in rows if row.seq not in gone]
        at = decode_cursor(cursor, rows)
    assert len(seen) == len(set(seen))
    assert {row.key for row in rows} <= set(seen)


def test_a_foreign_cursor_is_refused() -> None:
    """Text that is neither cursor nor id of the list is an error; an id in base64 is a cursor."""
    with pytest.raises(QueryError):
        decode_cursor("garbage!", ROWS)
    assert decode_cursor("b", ROWS) == 2
    assert decode_cursor("Yg", ROWS) == 2
    assert decode_cursor("eg", ROWS, lambda text: len(text) == 1) == 3


def test_pages_are_counted_up() -> None:
    """A last page that is not full counts; no rows fill no page."""
    assert [page_count(n, 20) for n in (0, 1, 20, 21)] == [0, 1, 1, 2]

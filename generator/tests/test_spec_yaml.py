"""YAML 1.2 semantics, bounds and syntax errors."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom.diagnostics import Diagnostics, Severity
from specloom.spec import SpecError
from specloom.spec.limits import MAX_DEPTH
from specloom.spec.yaml_reader import read_yaml, resolve_plain


def parse(text: str):
    return read_yaml(text, "doc.yaml", Diagnostics())


def failure(text: str):
    with pytest.raises(SpecError) as caught:
        parse(text)
    return caught.value.diagnostic


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("2024-01-31", "2024-01-31"),
        ("12:30:00", "12:30:00"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1_000", "1_000"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("+1", 1),
        ("-", "-"),
        ("3.1.0", "3.1.0"),
    ],
)
def test_plain_scalars_follow_the_core_schema(text, value):
    """YAML 1.1's booleans, dates and base 60 stay text; what JSON cannot hold stays text."""
    assert resolve_plain(text) == value
    assert type(resolve_plain(text)) is type(value)


def test_a_very_long_number_stays_text():
    """No digits are lost, and no interpreter limit is met."""
    assert resolve_plain("9" * 5000) == "9" * 5000


def test_keys_are_text():
    """A status without quotes, a boolean and a null are all names."""
    assert parse("200: a\non: b\ntrue: c\nnull: d\n1.0: e") == {
        "200": "a",
        "on": "b",
        "true": "c",
        "null": "d",
        "1.0": "e",
    }


def test_a_bare_status_is_a_note_with_its_place():
    """The first one is shown, and how many more there are."""
    found = Diagnostics()
    read_yaml("a:\n  200: x\n  404: y", "doc.yaml", found)
    (note,) = found
    assert note.severity is Severity.NOTE
    assert (note.code, note.line, note.column) == ("unquoted-status", 2, 3)
    assert "1 more" in note.message


def test_aliases_are_copies():
    """Normalisation edits in place: one node must never stand in two places."""
    made = parse("a: &x {b: [1]}\nc: *x")
    assert made == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert made["a"]["b"] is not made["c"]["b"]


def test_merge_keys_give_way_to_own_members():
    """A mapping's own members win, then the earlier source."""
    made = parse("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}")
    assert made["c"] == {"x": 3, "y": 1, "z": 2}


def test_a_quoted_merge_key_is_a_name():
    """And so is one whose value cannot be merged."""
    assert parse("a: {'<<': {x: 1}}\nb: {<<: 5}") == {"a": {"<<": {"x": 1}}, "b": {"<<": 5}}


def test_a_duplicate_key_is_an_error_with_its_place():
    """The second place is shown; the last value is used."""
    found = Diagnostics()
    assert read_yaml("a: 1\nb: 2\na: 3", "doc.yaml", found) == {"a": 3, "b": 2}
    (item,) = found
    assert (item.code, item.line, item.column) == ("duplicate-key", 3, 1)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [1, 2", "yaml-syntax", 2, 1),
        ("a: b: c", "yaml-syntax", 1, 5),
        ("a: 1\n\tb: 2", "yaml-syntax", 2, 1),
        ("a: *nope", "yaml-alias", 1, 4),
        ("a: &x\n  b: *x", "yaml-recursion", 2, 6),
        ("? [1]\n: 2", "yaml-key", 1, 3),
    ],
)
def test_errors_name_their_place(text, code, line, column):
    """Each names file, line and column, and what follows from it."""
    item = failure(text)
    assert (item.code, item.file, item.line, item.column) == (code, "doc.yaml", line, column)
    assert item.consequence


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000 + "x",
        "\n".join(" " * depth + "a:" for depth in range(2000)),
    ],
)
def test_deep_nesting_is_refused(text):
    """Ten thousand levels end in a diagnostic, not in a crash."""
    assert failure(text).code == "too-deep"


def test_the_deepest_nesting_allowed_is_read():
    """The limit itself is still read."""
    made = parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH - 1):
        made = made[0]
    assert made == []


def test_an_alias_bomb_is_refused():
    """A billion laughs is refused before it takes memory."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert failure("\n".join(lines)).code == "alias-bomb"


def test_only_the_first_document_is_read():
    """A further document is a warning."""
    found = Diagnostics()
    assert read_yaml("a: 1\n---\nb: 2", "doc.yaml", found) == {"a": 1}
    assert [item.code for item in found] == ["yaml-documents"]


def test_unknown_tags_are_read_as_text():
    """A private tag is a warning; the core tags are obeyed."""
    found = Diagnostics()
    made = read_yaml("a: !Ref x\nb: !!str 1\nc: !!int '2'", "doc.yaml", found)
    assert made == {"a": "x", "b": "1", "c": 2}
    assert [item.code for item in found] == ["yaml-tag"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(
        st.characters(
            codec="utf-8",
            exclude_categories=("Cs", "Cc"),
            exclude_characters="\x85\u2028\u2029\ufeff\ufffe\uffff",
        )
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc<{é\U0001f600", max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_json_is_yaml(value):
    """Any JSON text means the same when it is read as YAML."""
    text = json.dumps(value, ensure_ascii=False)
    assert parse(text) == json.loads(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """No text makes the reader fail in another way than with a diagnostic."""
    with contextlib.suppress(SpecError):
        parse(text)

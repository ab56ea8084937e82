"""JSON: duplicates, depth, numbers that JSON does not have, positions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom.diagnostics import Diagnostics
from specloom.spec import SpecError
from specloom.spec.json_reader import depth_of, read_json
from specloom.spec.pointer import child, evaluate
from specloom.spec.positions import JsonPositions, YamlPositions


def failure(text: str):
    with pytest.raises(SpecError) as caught:
        read_json(text, "doc.json", Diagnostics())
    return caught.value.diagnostic


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('{"a":', "json-syntax", 1, 6),
        ('{"a": 1,\n "b" 2}', "json-syntax", 2, 6),
        ("[" * 100_000, "too-deep", 1, 251),
        ('{"a":' * 300 + "1" + "}" * 300, "too-deep", 1, 1251),
        ('{"a": "[[[",\n "b": ' + "9" * 5000 + "}", "json-number", 2, 7),
    ],
)
def test_errors_name_their_place(text, code, line, column):
    """Each names file, line and column."""
    item = failure(text)
    assert (item.code, item.file, item.line, item.column) == (code, "doc.json", line, column)


def test_a_duplicate_key_is_an_error_with_its_place():
    """The place is that of the value that is used: the last one."""
    found = Diagnostics()
    made = read_json('{"x": {"a": 1,\n "a": 2}}', "doc.json", found)
    assert made == {"x": {"a": 2}}
    (item,) = found
    assert (item.code, item.line, item.column) == ("duplicate-key", 2, 2)


def test_nan_is_null_and_a_warning():
    """The warning names the constant's place, not that of one in a text."""
    found = Diagnostics()
    assert read_json('{"a": "NaN",\n "b": NaN}', "doc.json", found) == {"a": "NaN", "b": None}
    (item,) = found
    assert (item.code, item.line, item.column) == ("json-number", 2, 7)


def test_depth_counts_containers():
    """A scalar has none."""
    assert [depth_of(value) for value in (1, [], [1], {"a": [{}]})] == [0, 1, 1, 3]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab/~\\"é\n', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('ab/~\\"é', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def pointers(node, pointer=""):
    yield pointer
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in items:
        yield from pointers(value, child(pointer, key))


@given(values, st.sampled_from([None, 1, 4]))
def test_every_node_has_a_place(value, indent):
    """A member's place is its key, an item's its value; both readers agree on scalars."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    positions = JsonPositions(text)
    for pointer in pointers(value):
        line, column = positions.find(pointer)
        rest = text.split("\n")[line - 1][column - 1 :]
        holder = evaluate(value, pointer.rpartition("/")[0]) if pointer else None
        if isinstance(holder, dict):
            key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            assert rest.startswith(json.dumps(key, ensure_ascii=False))
        node = evaluate(value, pointer)
        if not isinstance(node, (dict, list)):
            expected = node if isinstance(node, str) else json.dumps(node)
            assert positions.raw(pointer) == expected


def test_yaml_places_are_keys_and_items():
    """Lines and columns count from 1, aliases and merge keys included."""
    text = "a:\n  - x: 1.10\n    y: &y\n      z: 2\nb: *y\nc:\n  <<: *y\n"
    positions = YamlPositions(text)
    assert positions.find("/a") == (1, 1)
    assert positions.find("/a/0") == (2, 5)
    assert positions.find("/a/0/y/z") == (4, 7)
    assert positions.find("/b/z") == (4, 7)
    assert positions.find("/c/z") == (4, 7)
    assert positions.raw("/a/0/x") == "1.10"
    assert positions.find("/a/0/nope/deeper") == (2, 5)
    assert positions.raw("/a/0/nope") is None

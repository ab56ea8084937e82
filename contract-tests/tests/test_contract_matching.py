"""Expectations: what they accept, and the difference they show."""

from __future__ import annotations

import pytest

from specloom_contract.matching import ABSENT, differences
from specloom_contract.variables import Variables


def found(expected, actual, **values):
    return [str(difference) for difference in differences(expected, actual, Variables(**values))]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 1.0004),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, {"a": 2}], [1, {"a": 2, "b": 3}]),
        ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00.000+02:00"),
        (None, None),
        ({"a": {"$absent": True}}, {}),
        ({"a": {"$present": True}}, {"a": None}),
        ({"$equals": {"a": [1]}}, {"a": [1]}),
        ({"$type": "integer"}, 3),
        ({"$matches": "^a.c$"}, "abc"),
        ({"$at_least": 2, "$at_most": 3}, 2.5),
        ({"$at_least": 7}, 6.9999),
        ({"$in": [1, 2]}, 2),
        ({"$not": {"a": 1}}, {"a": 2}),
        ({"$not": {"$matches": "x"}}, "abc"),
        ({"$all": [{"$type": "string"}, {"$not": "b"}]}, "a"),
        ({"$any": [1, {"$absent": True}]}, ABSENT),
        ({"$length": 2}, [1, 2]),
        ({"$length": {"$at_least": 1}}, "ab"),
        ({"$unique": "id"}, [{"id": 1}, {"id": 2}]),
        ({"$unique": True}, ["a", "b"]),
        ({"$sorted": "n"}, [{"n": 1}, {"n": 1}, {"n": 2}]),
        ({"$sorted": "-n"}, [{"n": 2}, {"n": 1}]),
        ({"$sorted": "r,-n"}, [{"r": "a", "n": 2}, {"r": "a", "n": 1}, {"r": "b", "n": 9}]),
        ({"$each": {"a": 1}}, [{"a": 1}, {"a": 1, "b": 2}]),
        ({"$some": {"a": 1}}, [{"a": 2}, {"a": 1}]),
        ({"$none": {"a": 1}}, [{"a": 2}]),
        ({"$first": 1, "$last": 3}, [1, 2, 3]),
        ({"$pluck": {"field": "a.b", "is": [1, 2]}}, [{"a": {"b": 1}}, {"a": {"b": 2}}]),
        ({"$set": [2, 1]}, [1, 2]),
        ({"$set": ["x", {"$absent": True}]}, [ABSENT, "x"]),
        ({"$bearer": "t"}, "Bearer t"),
        ({"value": {"$base64": "AA=="}}, {"value": {"$base64": "AA=="}}),
    ],
)
def test_holds(expected, actual):
    """An expectation that holds shows no difference."""
    assert found(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 1.01),
        (True, 1),
        (1, "1"),
        ("a", "b"),
        (None, ABSENT),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ({"a": 1}, [1]),
        ([1, 2], [1]),
        ([1], [1, 2]),
        ({"a": {"$absent": True}}, {"a": None}),
        ({"a": {"$present": True}}, {}),
        ({"$equals": {"a": 1}}, {"a": 1, "b": 2}),
        ({"$equals": []}, ABSENT),
        ({"$type": "integer"}, True),
        ({"$matches": "x"}, None),
        ({"$at_least": 7}, 6.99),
        ({"$at_least": 7}, 6),
        ({"$at_least": 7}, None),
        ({"$at_most": 7}, 8),
        ({"$in": [1, 2]}, 3),
        ({"$not": {"a": 1}}, {"a": 1, "b": 1}),
        ({"$all": [1, 2]}, 1),
        ({"$any": [1, {"$type": "null"}]}, 2),
        ({"$length": 2}, [1]),
        ({"$length": 0}, None),
        ({"$unique": "id"}, [{"id": 1}, {"id": 1}]),
        ({"$unique": "id"}, None),
        ({"$sorted": "n"}, [{"n": 2}, {"n": 1}]),
        ({"$sorted": "-n"}, [{"n": 1}, {"n": 2}]),
        ({"$sorted": "r,-n"}, [{"r": "a", "n": 1}, {"r": "a", "n": 2}]),
        ({"$each": {"a": 1}}, [{"a": 1}, {"a": 2}]),
        ({"$each": {"a": 1}}, None),
        ({"$some": {"a": 1}}, []),
        ({"$none": {"a": 1}}, [{"a": 1}]),
        ({"$first": 1}, []),
        ({"$last": 1}, [1, 2]),
        ({"$pluck": {"field": "a", "is": [1]}}, [{"a": 2}]),
        ({"$set": [1, 2]}, [1, 1]),
        ({"$set": [1]}, [1, 2]),
        ({"$save": "x"}, ABSENT),
        ({"$bearer": "t"}, "Bearer u"),
    ],
)
def test_shows_difference(expected, actual):
    """An expectation that does not hold shows where."""
    assert found(expected, actual)


def test_smallest_difference():
    """The difference names the one place that is wrong, not the whole."""
    expected = {"$equals": {"a": {"b": [1, {"c": 2}]}, "d": 3}}
    actual = {"a": {"b": [1, {"c": 9}]}, "d": 3}
    assert found(expected, actual) == ["a.b.1.c: expected exactly 2, got 9"]


def test_unknown_matcher():
    """A misspelt matcher is an error, not an expectation that holds."""
    with pytest.raises(ValueError, match="lenght"):
        found({"$lenght": 1}, [1])


def test_saved_values():
    """A value saved by one expectation is compared by the next."""
    variables = Variables()
    entries = [{"$save": "key"}, "{key}", {"$not": "{key}"}]
    assert list(differences(entries, ["k", "k", "other"], variables)) == []
    assert len(list(differences(entries, ["k", "l", "k"], variables))) == 2


def test_placeholders():
    """Placeholders give whole values or text; unknown ones are left for the mock server."""
    variables = Variables(user={"id": "u1", "tags": [1, 2]}, n=7)
    assert variables.fill("{user}") == {"id": "u1", "tags": [1, 2]}
    assert variables.fill({"p": "/users/{user.id}?n={n}", "t": "{user.tags.1}"}) == {
        "p": "/users/u1?n=7",
        "t": 2,
    }
    assert variables.fill("{now+5:http} {unknown} {chaos}/x") == "{now+5:http} {unknown} {chaos}/x"
    with pytest.raises(LookupError, match="name"):
        variables.fill("{user.name}")

"""Compares what was expected with what came, and says the smallest difference.

A map expects at least its entries, a list exactly its elements. A map whose keys begin with ``$``
is a matcher; ``schema/scenario.json`` describes each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from .variables import Variables

__all__ = ["ABSENT", "Difference", "differences"]

TOLERANCE: Final = 0.001
"""Numbers this close are equal: times are sums of floating-point seconds."""

_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


_VALUES: Final = frozenset({"$base64"})
"""Keys that spell a value in a driver's answer and are no matchers."""


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()
"""Stands for a property that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an expectation does not hold."""

    path: str
    expected: str
    actual: Any

    def __str__(self) -> str:
        shown = repr(self.actual)
        if len(shown) > 400:
            shown = f"{shown[:400]}... ({len(shown)} characters)"
        return f"{self.path or 'answer'}: expected {self.expected}, got {shown}"


def differences(
    expected: Any, actual: Any, variables: Variables, path: str = ""
) -> Iterator[Difference]:
    """Every place where ``actual`` is not what ``expected`` says.

    Args:
        expected: Plain JSON, or matchers at any depth.
        actual: Plain JSON, or ABSENT.
        variables: Fills placeholders in the expectation; ``$save`` adds to them.
        path: Dotted path of ``actual``, for messages.
    """
    if isinstance(expected, dict) and any(_names_matcher(key) for key in expected):
        for name, argument in expected.items():
            matcher = _MATCHERS.get(name)
            if matcher is None:
                raise ValueError(f"{path}: unknown matcher {name!r}")
            yield from matcher(argument, actual, variables, path)
        return
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            yield Difference(path, f"a map with {sorted(map(str, expected))}", actual)
            return
        for key, value in expected.items():
            name = str(variables.fill(key))
            yield from differences(value, actual.get(name, ABSENT), variables, _join(path, name))
        return
    if isinstance(expected, list):
        if not isinstance(actual, list):
            yield Difference(path, f"a list of {len(expected)}", actual)
            return
        for index, value in enumerate(expected):
            found = actual[index] if index < len(actual) else ABSENT
            yield from differences(value, found, variables, _join(path, index))
        for index in range(len(expected), len(actual)):
            yield Difference(_join(path, index), "nothing more", actual[index])
        return
    filled = variables.fill(expected)
    if isinstance(filled, dict | list):
        yield from _equals(filled, actual, variables, path)
    elif not _same(filled, actual):
        yield Difference(path, repr(filled), actual)


def _names_matcher(key: Any) -> bool:
    return str(key).startswith("$") and key not in _VALUES


def _join(path: str, step: str | int) -> str:
    return f"{path}.{step}" if path else str(step)


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return abs(expected - actual) <= TOLERANCE
    if isinstance(expected, str) and isinstance(actual, str) and expected != actual:
        left, right = _instant(expected), _instant(actual)
        return left is not None and left == right
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            _same(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    return type(expected) is type(actual) and bool(expected == actual)


def _instant(text: str) -> datetime | None:
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _elements(actual: Any) -> list[Any] | None:
    if isinstance(actual, dict):
        return list(actual.values())
    return actual if isinstance(actual, list) else None


def _member(element: Any, dotted: str) -> Any:
    for step in dotted.split("."):
        if isinstance(element, dict):
            element = element.get(step, ABSENT)
        elif isinstance(element, list) and step.isdigit() and int(step) < len(element):
            element = element[int(step)]
        else:
            return ABSENT
    return element


Matcher = Callable[[Any, Any, Variables, str], Iterator[Difference]]
_MATCHERS: Final[dict[str, Matcher]] = {}


def _matcher(name: str) -> Callable[[Matcher], Matcher]:
    def register(function: Matcher) -> Matcher:
        _MATCHERS[f"${name}"] = function
        return function

    return register


@_matcher("absent")
def _absent(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if actual is not ABSENT:
        yield Difference(path, "nothing", actual)


@_matcher("present")
def _present(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if actual is ABSENT:
        yield Difference(path, "something", actual)


@_matcher("equals")
def _equals(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    expected = variables.fill(argument)
    if _same(expected, actual):
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys(), key=str):
            left, right = expected.get(key, ABSENT), actual.get(key, ABSENT)
            if left is ABSENT:
                yield Difference(_join(path, key), "nothing", right)
            else:
                yield from _equals(left, right, variables, _join(path, key))
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, value in enumerate(expected):
            yield from _equals(value, actual[index], variables, _join(path, index))
    else:
        yield Difference(path, f"exactly {expected!r}", actual)


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


@_matcher("type")
def _type(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    right = isinstance(actual, _TYPES[argument])
    if not right or (isinstance(actual, bool) and argument != "boolean"):
        yield Difference(path, f"a value of type {argument}", actual)


@_matcher("matches")
def _matches(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if not isinstance(actual, str) or not re.search(variables.fill(argument), actual):
        yield Difference(path, f"text that matches {argument!r}", actual)


def _comparable(limit: Any, actual: Any) -> bool:
    numbers = isinstance(limit, int | float) and isinstance(actual, int | float)
    return numbers or (isinstance(limit, str) and isinstance(actual, str))


@_matcher("at_least")
def _at_least(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    limit = variables.fill(argument)
    slack = TOLERANCE if isinstance(actual, float) else 0
    if not _comparable(limit, actual) or (actual + slack if slack else actual) < limit:
        yield Difference(path, f"at least {limit!r}", actual)


@_matcher("at_most")
def _at_most(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    limit = variables.fill(argument)
    slack = TOLERANCE if isinstance(actual, float) else 0
    if not _comparable(limit, actual) or (actual - slack if slack else actual) > limit:
        yield Difference(path, f"at most {limit!r}", actual)


@_matcher("in")
def _in(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    choices = variables.fill(argument)
    if not any(_same(choice, actual) for choice in choices):
        yield Difference(path, f"one of {choices!r}", actual)


@_matcher("not")
def _not(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if not any(differences(argument, actual, variables, path)):
        yield Difference(path, f"anything but {variables.fill(argument)!r}", actual)


@_matcher("all")
def _all(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    for expected in argument:
        yield from differences(expected, actual, variables, path)


@_matcher("any")
def _any(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if all(any(differences(expected, actual, variables)) for expected in argument):
        yield Difference(path, f"one of {variables.fill(argument)!r}", actual)


@_matcher("length")
def _length(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if not isinstance(actual, str | list | dict):
        yield Difference(path, "something with a length", actual)
        return
    yield from differences(argument, len(actual), variables, _join(path, "length"))


@_matcher("unique")
def _unique(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    elements = _elements(actual)
    if elements is None:
        yield Difference(path, "a list", actual)
        return
    keys = [_member(e, argument) if isinstance(argument, str) else e for e in elements]
    seen: list[Any] = []
    for index, key in enumerate(keys):
        if any(_same(key, other) for other in seen):
            yield Difference(_join(path, index), f"no second {key!r}", elements[index])
            return
        seen.append(key)


@_matcher("sorted")
def _sorted(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if not isinstance(actual, list):
        yield Difference(path, "a list", actual)
        return
    for index in range(1, len(actual)):
        for field in argument.split(","):
            name = field.removeprefix("-")
            left, right = _member(actual[index - 1], name), _member(actual[index], name)
            if left == right:
                continue
            if not _comparable(left, right) or (left > right) != field.startswith("-"):
                what = f"elements sorted by {argument}: {left!r} stands before"
                yield Difference(_join(path, index), what, right)
                return
            break


@_matcher("each")
def _each(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    elements = _elements(actual)
    if elements is None:
        yield Difference(path, "a list", actual)
        return
    for index, element in enumerate(elements):
        yield from differences(argument, element, variables, _join(path, index))


@_matcher("some")
def _some(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    elements = _elements(actual) or []
    if not any(not any(differences(argument, element, variables)) for element in elements):
        yield Difference(path, f"an element like {variables.fill(argument)!r}", actual)


@_matcher("none")
def _none(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    for index, element in enumerate(_elements(actual) or []):
        if not any(differences(argument, element, variables)):
            where = _join(path, index)
            yield Difference(where, f"no element like {variables.fill(argument)!r}", element)


@_matcher("first")
def _first(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    found = actual[0] if isinstance(actual, list) and actual else ABSENT
    yield from differences(argument, found, variables, _join(path, 0))


@_matcher("last")
def _last(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    found = actual[-1] if isinstance(actual, list) and actual else ABSENT
    yield from differences(argument, found, variables, _join(path, -1))


@_matcher("pluck")
def _pluck(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    elements = _elements(actual)
    if elements is None:
        yield Difference(path, "a list", actual)
        return
    plucked = [_member(element, argument["field"]) for element in elements]
    where = _join(path, f"*.{argument['field']}")
    yield from differences(argument["is"], plucked, variables, where)


@_matcher("set")
def _set(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    elements = _elements(actual)
    if elements is None:
        yield Difference(path, "a list", actual)
        return
    left = list(elements)
    for expected in argument:
        for index, element in enumerate(left):
            if not any(differences(expected, element, variables)):
                del left[index]
                break
        else:
            yield Difference(path, f"an element like {variables.fill(expected)!r}", left)
    if left and len(elements) != len(argument):
        yield Difference(path, f"{len(argument)} elements and no more", left)


@_matcher("save")
def _save(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    if actual is ABSENT:
        yield Difference(path, f"a value to keep as {argument!r}", actual)
    else:
        variables.save(argument, actual)


@_matcher("bearer")
def _bearer(argument: Any, actual: Any, variables: Variables, path: str) -> Iterator[Difference]:
    yield from differences(f"Bearer {variables.fill(argument)}", actual, variables, path)

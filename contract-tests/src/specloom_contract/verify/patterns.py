"""A text that a regular expression allows, by walking its parse tree."""

from __future__ import annotations

import random
import re
import string
from typing import Any, Final

__all__ = ["text_like"]

_MORE: Final = 6
"""How often a part without an upper bound is repeated beyond its lower one, at most."""

_CLASSES: Final = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": string.ascii_lowercase + string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
    "CATEGORY_NOT_WORD": "-",
}
_PRINTABLE: Final = string.ascii_letters + string.digits + "-_. "


def text_like(pattern: str, rng: random.Random) -> str | None:
    """A text that matches ``pattern``; None where the expression is beyond this walk.

    Args:
        pattern: An expression as JSON Schema has them (ECMA-262, the part that Python shares).
    """
    try:
        tree: Any = vars(re)["_parser"].parse(pattern)  # the library has no public one
        made = _sequence(tree, rng)
    except (re.error, LookupError, OverflowError, RecursionError):
        return None
    return made if re.search(pattern, made) else None


def _sequence(tree: Any, rng: random.Random) -> str:
    return "".join(_one(str(op), value, rng) for op, value in tree)


def _one(op: str, value: Any, rng: random.Random) -> str:
    match op:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return rng.choice([c for c in _PRINTABLE if ord(c) != value])
        case "ANY":
            return rng.choice(string.ascii_lowercase)
        case "IN":
            return rng.choice(_members(value))
        case "BRANCH":
            return _sequence(rng.choice(value[1]), rng)
        case "SUBPATTERN":
            return _sequence(value[-1], rng)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, part = value
            times = rng.randint(least, min(int(most), least + _MORE))
            return "".join(_sequence(part, rng) for _ in range(times))
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case _:
            raise LookupError(op)


def _members(parts: Any) -> str:
    negated = any(str(op) == "NEGATE" for op, _ in parts)
    found = set[str]()
    for op, value in parts:
        match str(op):
            case "LITERAL":
                found.add(chr(value))
            case "RANGE":
                low, high = value
                found.update(chr(code) for code in range(low, min(high, low + 200) + 1))
            case "CATEGORY":
                found.update(_CLASSES[str(value)])
    return "".join(sorted(set(_PRINTABLE) - found if negated else found))

"""Lays out expressions as the formatter would, so that printed code needs no formatting.

An expression is a string (never broken) or a :class:`Group`: an opening, items and a closing. A
group stands on one line when that fits; else each item has its own line and a trailing comma,
which the formatter keeps as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from specloom.emit.python.encode import width

__all__ = ["COLUMNS", "Expression", "Group", "Item", "call", "flat", "lay", "pairs", "sequence"]

COLUMNS = 100
"""Columns of a line of generated code."""


@dataclass(frozen=True, slots=True)
class Item:
    """A member of a group with what stands before it: ``name=`` or ``"key": ``."""

    value: Expression
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A bracketed list. ``single_comma`` writes the comma of a one-item tuple."""

    head: str
    items: Sequence[Item]
    tail: str
    single_comma: bool = False


Expression: TypeAlias = str | Group


def call(name: str, arguments: Sequence[Expression | Item]) -> Group:
    """``name(arguments)``."""
    return Group(f"{name}(", [_item(argument) for argument in arguments], ")")


def sequence(items: Sequence[Expression | Item], brackets: str = "()") -> Expression:
    """A tuple, list or set display; ``()`` for an empty tuple."""
    if not items:
        return brackets
    return Group(
        brackets[0],
        [_item(item) for item in items],
        brackets[1],
        single_comma=brackets == "()" and len(items) == 1,
    )


def pairs(items: Sequence[tuple[str, Expression]]) -> Expression:
    """A dict display; keys are encoded already."""
    if not items:
        return "{}"
    return Group("{", [Item(value, f"{key}: ") for key, value in items], "}")


def _item(value: Expression | Item) -> Item:
    return value if isinstance(value, Item) else Item(value)


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    inner = ", ".join(item.lead + flat(item.value) for item in expression.items)
    return expression.head + inner + ("," if expression.single_comma else "") + expression.tail


def lay(expression: Expression, indent: int, lead: str = "", trail: str = "") -> str:
    """The expression between ``lead`` and ``trail``, starting at column ``indent``."""
    line = " " * indent + lead + flat(expression) + trail
    if isinstance(expression, str) or not expression.items or width(line) <= COLUMNS:
        return line
    out = [" " * indent + lead + expression.head]
    out.extend(lay(item.value, indent + 4, item.lead, ",") for item in expression.items)
    out.append(" " * indent + expression.tail + trail)
    return "\n".join(out)

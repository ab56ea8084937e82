"""Lays out expressions as the formatter would, so that printed code needs no formatting.

An expression is a string (never broken), a :class:`Group` (an opening, items and a closing) or
:class:`Alternatives` (members joined by ``|``). A group stands on one line when that fits; else
each item has its own line and a trailing comma, which the formatter keeps as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from specloom.emit.python.encode import width

__all__ = [
    "COLUMNS",
    "Alternatives",
    "Expression",
    "Group",
    "Item",
    "call",
    "either",
    "flat",
    "lay",
    "lay_statement",
    "pairs",
    "sequence",
    "signature",
    "subscript",
]

COLUMNS = 100
"""Columns of a line of generated code."""


@dataclass(slots=True)  # as those below not frozen: hundreds of thousands are made
class Item:
    """A member of a group with what stands before and after it: ``name=`` or ``"key": ``."""

    value: Expression
    lead: str = ""
    trail: str = ""


@dataclass(slots=True)
class Group:
    """A bracketed list.

    Attributes:
        head, items, tail: What it is made of.
        lone_comma: Whether a single item is followed by a comma even on one line (a tuple).
        bare: Whether a single item is never followed by a comma (a subscript).
    """

    head: str
    items: Sequence[Item]
    tail: str
    lone_comma: bool = False
    bare: bool = False


@dataclass(slots=True)
class Alternatives:
    """The members of a union, at least two."""

    members: Sequence[Expression]


Expression: TypeAlias = str | Group | Alternatives


def call(name: str, arguments: Iterable[Expression | Item]) -> Group:
    """``name(arguments)``."""
    return Group(f"{name}(", [_item(argument) for argument in arguments], ")")


def subscript(name: str, arguments: Iterable[Expression | Item]) -> Group:
    """``name[arguments]``."""
    return Group(f"{name}[", [_item(argument) for argument in arguments], "]", bare=True)


def sequence(items: Sequence[Expression | Item], brackets: str = "()") -> Expression:
    """A tuple or list display; ``()`` for an empty tuple."""
    if not items:
        return brackets
    lone = brackets == "()" and len(items) == 1
    return Group(brackets[0], [_item(item) for item in items], brackets[1], lone_comma=lone)


def pairs(items: Sequence[tuple[str, Expression]]) -> Expression:
    """A dict display; keys are encoded already."""
    if not items:
        return "{}"
    return Group("{", [Item(value, f"{key}: ") for key, value in items], "}")


def either(members: Iterable[Expression]) -> Expression:
    """A union of one or more members, each once, ``None`` last."""
    kept: list[Expression] = []
    for member in members:
        parts = member.members if isinstance(member, Alternatives) else [member]
        kept.extend(part for part in parts if part not in kept)
    if "None" in kept:
        kept.remove("None")
        kept.append("None")
    return kept[0] if len(kept) == 1 else Alternatives(kept)


def _item(value: Expression | Item) -> Item:
    return value if isinstance(value, Item) else Item(value)


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, Alternatives):
        return " | ".join(flat(member) for member in expression.members)
    inner = ", ".join(item.lead + flat(item.value) + item.trail for item in expression.items)
    return expression.head + inner + ("," if expression.lone_comma else "") + expression.tail


def lay(expression: Expression, indent: int, lead: str = "", trail: str = "") -> str:
    """The expression between ``lead`` and ``trail``, starting at column ``indent``.

    For expressions inside brackets, or whose own brackets take a line break.
    """
    line = " " * indent + lead + flat(expression) + trail
    if isinstance(expression, str) or width(line) <= COLUMNS:
        return line
    if isinstance(expression, Alternatives):
        last = len(expression.members) - 1
        return "\n".join(
            lay(member, indent, "| " if number else lead, trail if number == last else "")
            for number, member in enumerate(expression.members)
        )
    if not expression.items:
        return line
    comma = "" if expression.bare and len(expression.items) == 1 else ","
    out = [" " * indent + lead + expression.head]
    out.extend(
        lay(item.value, indent + 4, item.lead, item.trail + comma) for item in expression.items
    )
    out.append(" " * indent + expression.tail + trail)
    return "\n".join(out)


def lay_statement(expression: Expression, indent: int, lead: str = "", trail: str = "") -> str:
    """As :func:`lay`, outside brackets: a long union is put in parentheses.

    A value behind it (``= None``) goes on a line of its own when that alone makes the rest fit.
    """
    margin = " " * indent
    line = margin + lead + flat(expression) + trail
    if width(line) > COLUMNS and trail.startswith(" = "):
        start = f"{margin}{lead}{flat(expression)} = ("
        if width(start) <= COLUMNS:
            return f"{start}\n{margin}    {trail[3:]}\n{margin})"
    wide = width(line) > COLUMNS
    if isinstance(expression, str) and wide and width(expression) + indent + 4 <= COLUMNS:
        return f"{margin}{lead}(\n{margin}    {expression}\n{margin}){trail}"
    if isinstance(expression, Group) and wide and lead.endswith("= "):
        # parentheses only where not even the opening bracket fits behind the name, and they help
        inner = lay(expression, indent + 4)
        if width(margin + lead + expression.head) <= COLUMNS or _overflows(inner):
            return lay(expression, indent, lead, trail)
        return f"{margin}{lead}(\n{inner}\n{margin}){trail}"
    if not (isinstance(expression, Alternatives) and wide):
        return lay(expression, indent, lead, trail)
    return f"{margin}{lead}(\n{lay(expression, indent + 4)}\n{margin}){trail}"


def _overflows(text: str) -> bool:
    return any(width(line) > COLUMNS for line in text.splitlines())


def signature(head: str, items: Sequence[Item], returned: Expression, indent: int) -> str:
    """``def name(items) -> returned:``."""
    line = " " * indent + head + flat(Group("(", items, f") -> {flat(returned)}:"))
    if width(line) <= COLUMNS:
        return line
    out = [" " * indent + head + "("]
    out.extend(lay(item.value, indent + 4, item.lead, f"{item.trail},") for item in items)
    out.append(lay_statement(returned, indent, ") -> ", ":"))
    return "\n".join(out)

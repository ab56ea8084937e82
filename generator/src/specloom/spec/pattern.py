"""Text that matches a regular expression, for ids and other patterned strings.

Understands what API documents use: literals, classes, groups, alternation, quantifiers, anchors
and the usual escapes. Anything else (look-around, back references) is refused, and the caller
falls back to the document's example.
"""

from __future__ import annotations

import random
import re
import string
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["PatternError", "literal_prefix", "sample"]

_DIGITS = string.digits
_WORD = string.ascii_letters + string.digits + "_"
_SPACE = " "
_ANY = string.ascii_lowercase + string.digits
_PRINTABLE = "".join(chr(code) for code in range(33, 127))
_UNBOUNDED = 12
"""How many repetitions an open quantifier may add to its minimum."""

_STEPS = 50_000
"""Nodes that one sample may visit: ``(a{9999}){9999}`` is a short text that asks for a long one."""

_DEPTH = 100
"""Groups within groups."""


_Node: TypeAlias = tuple[str, Any]
"""A kind (``lit``, ``set``, ``seq``, ``alt``, ``rep``) and what it holds."""


class PatternError(ValueError):
    """The expression uses something that is not understood."""


class _Parser:
    """Recursive descent over the expression, into a tree of tuples."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def next(self) -> str:
        char = self.peek()
        if not char:
            raise PatternError("the expression ends too early")
        self.at += 1
        return char

    def alternation(self) -> _Node:
        self.depth += 1
        if self.depth > _DEPTH:
            raise PatternError("the groups are nested too deep")
        options = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            options.append(self.sequence())
        self.depth -= 1
        return options[0] if len(options) == 1 else ("alt", options)

    def sequence(self) -> _Node:
        parts: list[_Node] = []
        while self.peek() not in {"", "|", ")"}:
            part = self.atom()
            if part is not None:
                parts.append(self.quantified(part))
        return ("seq", parts)

    def atom(self) -> _Node | None:
        char = self.next()
        if char in "^$":
            return None
        if char == ".":
            return ("set", _ANY)
        if char == "[":
            return ("set", self.char_class())
        if char == "(":
            return self.group()
        if char == "\\":
            return self.escape()
        if char in "*+?{":
            raise PatternError(f"nothing to repeat before {char!r}")
        return ("lit", char)

    def group(self) -> _Node:
        if self.peek() == "?":
            self.at += 1
            kind = self.next()
            if kind == "P" or (kind == "<" and self.text[self.at : self.at + 1] not in {"=", "!"}):
                end = self.text.find(">", self.at)
                if end < 0:
                    raise PatternError("a group's name does not end")
                self.at = end + 1
            elif kind != ":":
                raise PatternError("look-around is not understood")
        inner = self.alternation()
        if self.next() != ")":
            raise PatternError("a group does not end")
        return inner

    def escape(self) -> _Node | None:
        char = self.next()
        if char in "bB":
            return None
        known = _escape_class(char)
        if known is not None:
            return ("set", known)
        if char == "u" or char == "x":
            width = 4 if char == "u" else 2
            code = self.text[self.at : self.at + width]
            self.at += width
            try:
                return ("lit", chr(int(code, 16)))
            except ValueError as error:
                raise PatternError("a character code is malformed") from error
        if char.isalnum():
            literal = {"n": "\n", "t": "\t", "r": "\r"}.get(char)
            if literal is None:
                raise PatternError(f"\\{char} is not understood")
            return ("lit", literal)
        return ("lit", char)

    def char_class(self) -> str:
        negated = self.peek() == "^"
        if negated:
            self.at += 1
        chars: list[str] = []
        first = True
        while first or self.peek() != "]":
            first = False
            start = self.class_char()
            if len(start) == 1 and self.peek() == "-" and self.text[self.at + 1 :][:1] != "]":
                self.at += 1
                end = self.class_char()
                if len(end) != 1 or ord(end) < ord(start):
                    raise PatternError("a class has a range that makes no sense")
                chars.extend(chr(code) for code in range(ord(start), min(ord(end), 0x2FF) + 1))
            else:
                chars.extend(start)
        self.at += 1
        allowed = set(chars)
        if negated:
            return "".join(char for char in _PRINTABLE if char not in allowed)
        return "".join(dict.fromkeys(chars))

    def class_char(self) -> str:
        char = self.next()
        if char != "\\":
            return char
        escaped = self.next()
        known = _escape_class(escaped)
        if known is not None:
            return known
        return {"n": "\n", "t": "\t", "r": "\r"}.get(escaped, escaped)

    def quantified(self, part: _Node) -> _Node:
        char = self.peek()
        bounds: tuple[int, int | None] | None = None
        if char in {"*", "+", "?"} and char:
            self.at += 1
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        elif char == "{":
            match = re.compile(r"\{(\d+)(,(\d*))?\}").match(self.text, self.at)
            if match is None:
                raise PatternError("a quantifier is malformed")
            self.at = match.end()
            low = int(match[1])
            bounds = (low, low if match[2] is None else int(match[3]) if match[3] else None)
        if bounds is None:
            return part
        if self.peek() in {"?", "+"} and self.peek():
            self.at += 1
        return ("rep", (part, bounds))


def _escape_class(char: str) -> str | None:
    return {
        "d": _DIGITS,
        "w": _WORD,
        "s": _SPACE,
        "S": _ANY,
        "D": string.ascii_lowercase,
        "W": "-",
    }.get(char)


@lru_cache(maxsize=512)
def _parse(pattern: str) -> _Node:
    parser = _Parser(pattern)
    tree = parser.alternation()
    if parser.at != len(pattern):
        raise PatternError("an unmatched parenthesis")
    return tree


def _emit(node: _Node, rng: random.Random, room: int | None, out: list[str], left: int) -> int:
    """Append a sample of a node; how many of the ``left`` steps are left after it."""
    kind, value = node
    left -= 1
    if left < 0:
        raise PatternError("a sample of it would be too long")
    if kind == "lit":
        out.append(value)
    elif kind == "set":
        if not value:
            raise PatternError("a class holds no printable character")
        out.append(rng.choice(value))
    elif kind == "seq":
        for part in value:
            left = _emit(part, rng, room, out, left)
    elif kind == "alt":
        left = _emit(rng.choice(value), rng, room, out, left)
    else:
        part, (low, high) = value
        top = high if high is not None else max(low, _UNBOUNDED if room is None else room)
        top = min(top, low + max(_UNBOUNDED, room or 0))
        for _ in range(top if room is not None else rng.randint(low, top)):
            left = _emit(part, rng, room, out, left)
    return left


def sample(pattern: str, rng: random.Random, min_length: int = 0, max_length: int = 10_000) -> str:
    """A text that matches ``pattern`` and has a length within the bounds.

    Raises:
        PatternError: The expression is not understood, or no such text was found.
    """
    tree = _parse(pattern)
    for attempt in range(24):
        out: list[str] = []
        room = None if attempt < 8 else max(0, min_length - attempt + 8)
        _emit(tree, rng, room, out, _STEPS)
        text = "".join(out)
        if min_length <= len(text) <= max_length:
            return text
    raise PatternError("no text of that length matches")


def literal_prefix(pattern: str) -> str:
    """The fixed text that every match begins with; empty when there is none."""
    if not pattern.startswith("^"):
        return ""
    try:
        kind, parts = _parse(pattern)
    except PatternError:
        return ""
    prefix = []
    if kind == "seq":
        for part_kind, value in parts:
            if part_kind != "lit":
                break
            prefix.append(value)
    return "".join(prefix)

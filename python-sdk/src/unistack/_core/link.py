"""The Link header (RFC 8288), its whole grammar; what cannot be read is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urljoin

from .record import Record

__all__ = ["Link", "next_link", "parse_links"]

_SPACE: Final = " \t"
_TARGET: Final = re.compile(r"<([^<>]*)>")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN: Final = re.compile(r"[^\s,;\"<>]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


class Link(Record):
    """One link.

    Args:
        target: The target as it stands, relative or absolute.
        params: Parameters in their order, names in lower case; None where there is no value.
    """

    __slots__ = ("params", "target")

    def __init__(
        self,
        target: str,
        params: tuple[tuple[str, str | None], ...],
    ) -> None:
        self.target = target
        self.params = params

    def param(self, name: str) -> str | None:
        """The first parameter of a name; later ones do not count (RFC 8288 section 3.3)."""
        for key, value in self.params:
            if key == name:
                return value
        return None

    @property
    def relations(self) -> tuple[str, ...]:
        """Relation types in lower case: they are compared that way (section 2.1)."""
        return tuple((self.param("rel") or "").lower().split())


class _Reader:
    """A position in a field line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def skip_element(self) -> None:
        """Pass over what cannot be read, up to the next element of the list."""
        while self.at < len(self.text) and self.peek() != ",":
            if self.peek() == '"' and self.take(_QUOTED) is not None:
                continue
            self.at += 1


def parse_links(lines: Iterable[str]) -> list[Link]:
    """Read the Link field lines of a response. Never raises."""
    return [link for line in lines for link in _parse_line(line)]


def _parse_line(line: str) -> Iterator[Link]:
    reader = _Reader(line)
    while True:
        reader.skip(f"{_SPACE},")
        if not reader.peek():
            return
        target = reader.take(_TARGET)
        params = None if target is None else _parse_params(reader)
        if target is None or params is None:
            reader.skip_element()
        else:
            yield Link(target.group(1), tuple(params))


def _parse_params(reader: _Reader) -> list[tuple[str, str | None]] | None:
    """The parameters after a target; None when they cannot be read."""
    params: list[tuple[str, str | None]] = []
    while True:
        reader.skip(_SPACE)
        if reader.peek() in ("", ","):
            return params
        if reader.peek() != ";":
            return None
        reader.skip(f"{_SPACE};")
        if reader.peek() in ("", ","):
            return params
        name = reader.take(_NAME)
        if name is None:
            return None
        reader.skip(_SPACE)
        value: str | None = None
        if reader.peek() == "=":
            reader.at += 1
            reader.skip(_SPACE)
            quoted = reader.take(_QUOTED)
            if quoted is not None:
                value = _PAIR.sub(r"\1", quoted.group(1))
            elif reader.peek() == '"':
                return None
            else:
                token = reader.take(_TOKEN)
                value = token.group(0) if token is not None else ""
        params.append((name.group(0).lower(), value))


def next_link(lines: Iterable[str], url: str) -> str | None:
    """The absolute URL of the next page; None when there is none.

    Args:
        lines: The Link field lines.
        url: URL of the response, against which a relative target is resolved.
    """
    for link in parse_links(lines):
        # A link with an anchor is about another resource than this page (section 3.2).
        if "next" in link.relations and link.param("anchor") is None:
            return urljoin(url, link.target) if link.target else url
    return None

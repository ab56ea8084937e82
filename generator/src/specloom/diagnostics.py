"""What Specloom tells the author of a document: what is wrong, where, and what follows from it.

A diagnostic names a severity, a place (``file:line:column``, counted from 1), a message, its
consequence for the generated SDKs and a hint. Places are looked up late: a document of many
megabytes is only searched for positions when a diagnostic is read.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = [
    "Diagnostic",
    "Diagnostics",
    "Locator",
    "Position",
    "Severity",
    "SpecloomError",
    "render_json",
    "render_text",
]


class Severity(enum.Enum):
    """How much a diagnostic matters. Only an error makes a command fail."""

    ERROR = "error"  # a part of the input cannot be used
    WARNING = "warning"  # the output differs from what the author may expect
    NOTE = "note"  # repaired without loss


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; ``line`` and ``column`` count from 1, None where they are unknown."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


Locator: TypeAlias = Callable[[str], Position]
"""Finds the position of a JSON pointer (RFC 6901)."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        severity: How much it matters.
        code: A stable kebab-case name of the kind of finding, for filters and tests.
        message: What is wrong.
        file, line, column: Where, from 1; None where unknown.
        pointer: JSON pointer of the node, None where the file could not be parsed.
        consequence: What follows for the output.
        hint: What the author can do about it.
        written_at: The pointer into the document's own file, where the node stands in it.
    """

    severity: Severity
    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    pointer: str | None = None
    consequence: str = ""
    hint: str = ""
    written_at: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnostic as JSON values, without its empty members."""
        members = {
            "severity": self.severity.value,
            "code": self.code,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "pointer": self.pointer,
            "consequence": self.consequence or None,
            "hint": self.hint or None,
        }
        return {key: value for key, value in members.items() if value is not None}


class SpecloomError(Exception):
    """Input that cannot be used at all. ``diagnostic`` says where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(render_text([diagnostic]))
        self.diagnostic = diagnostic


class Diagnostics:
    """Collects findings in the order in which they are made, each place and message once."""

    def __init__(self) -> None:
        self._pending: list[tuple[Diagnostic, Locator | None]] = []
        self._seen: set[tuple[str, str, str | None, int | None, int | None]] = set()
        self._errors = 0

    def add(
        self,
        severity: Severity,
        code: str,
        message: str,
        *,
        pointer: str | None = None,
        locate: Locator | None = None,
        position: Position | None = None,
        consequence: str = "",
        hint: str = "",
        written_at: str | None = None,
    ) -> None:
        """Add a finding.

        Args:
            severity: How much it matters.
            code: Stable kebab-case name of the kind of finding.
            message: What is wrong, in one sentence.
            pointer: JSON pointer of the node.
            locate: Finds the pointer's position; called when the findings are read.
            position: The position itself, where it is known already.
            consequence: What follows for the output.
            hint: What the author can do.
            written_at: The pointer into the document's own file.
        """
        line = position.line if position else None
        column = position.column if position else None
        key = (code, message, pointer, line, column)
        if key in self._seen:
            return
        self._seen.add(key)
        self._errors += severity is Severity.ERROR
        found = Diagnostic(
            severity,
            code,
            message,
            position.file if position else None,
            line,
            column,
            pointer,
            consequence,
            hint,
            written_at,
        )
        self._pending.append((found, None if position else locate))

    def append(self, diagnostic: Diagnostic) -> None:
        """Add a finding that is complete."""
        self._errors += diagnostic.severity is Severity.ERROR
        self._pending.append((diagnostic, None))

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return self._errors > 0

    def __len__(self) -> int:
        return len(self._pending)

    def __iter__(self) -> Iterator[Diagnostic]:
        for index, (found, locate) in enumerate(self._pending):
            if locate is None or found.pointer is None:
                yield found
                continue
            place = locate(found.pointer)
            located = Diagnostic(
                found.severity,
                found.code,
                found.message,
                place.file,
                place.line,
                place.column,
                found.pointer,
                found.consequence,
                found.hint,
                found.written_at,
            )
            self._pending[index] = (located, None)
            yield located

    def by_place(self) -> list[Diagnostic]:
        """Return the findings in the order in which they stand in their files."""
        return sorted(
            self, key=lambda item: (item.file or "", item.line or 0, item.column or 0, item.code)
        )

    def pointers(self) -> Iterator[tuple[Severity, str, str]]:
        """Yield (severity, pointer, message) of findings about nodes; no position is looked up."""
        for found, _ in self._pending:
            if found.pointer is not None:
                yield found.severity, found.pointer, found.message

    def count(self, severity: Severity) -> int:
        """Return the number of findings of a severity."""
        return sum(found.severity is severity for found, _ in self._pending)


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Render findings for a reader: one line each, consequence and hint indented below it."""
    lines: list[str] = []
    for item in diagnostics:
        place = Position(item.file, item.line, item.column) if item.file else None
        where = f"{place}: " if place else ""
        lines.append(f"{where}{item.severity.value}: {_one_line(item.message)} [{item.code}]")
        if item.consequence:
            lines.append(f"    consequence: {_one_line(item.consequence)}")
        if item.hint:
            lines.append(f"    hint: {_one_line(item.hint)}")
    return "\n".join(lines)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Render findings for a machine: a JSON array, keys in a fixed order."""
    return json.dumps([item.as_dict() for item in diagnostics], ensure_ascii=False, indent=2)


def _one_line(text: str) -> str:
    """Make document text safe for a terminal: control characters become escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

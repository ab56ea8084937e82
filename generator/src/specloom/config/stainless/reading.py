"""Values of a stainless.yml with their places: read strictly, and nothing of them lost unsaid.

Every key is taken by name. What is of the wrong type is an error and the configuration is not
used; what nobody takes, or what has no place in the output, is a finding and an entry of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from specloom.diagnostics import Diagnostics, Severity
from specloom.fidelity import Entry, Outcome
from specloom.spec.pointer import child
from specloom.spec.source import Source

__all__ = ["Node", "Report"]


class Report:
    """Collects what is said of a configuration's keys.

    Args:
        source: The file.
        diagnostics: Receives findings, each with its line and column.
    """

    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self._source = source
        self._file = Path(source.name).name
        self._diagnostics = diagnostics
        self.entries: list[Entry] = []

    def onto(self, diagnostics: Diagnostics) -> Report:
        """Return a report of the same file, and of what was said of it, for further findings."""
        made = Report(self._source, diagnostics)
        made.entries = list(self.entries)
        return made

    def error(self, pointer: str, message: str, hint: str = "") -> None:
        """Say that a value cannot be read."""
        self._add(Severity.ERROR, pointer, message, "the configuration is not used", hint)

    def lost(self, pointer: str, reason: str, *, degraded: bool = False, hint: str = "") -> None:
        """Say that a key is not honoured, or only in part.

        Args:
            pointer: The key.
            reason: Why, or in how far.
            degraded: Whether it has some effect.
            hint: What its author can do.
        """
        outcome = Outcome.DEGRADED if degraded else Outcome.DROPPED
        said = "honoured in part" if degraded else "not honoured"
        self._add(
            Severity.WARNING if degraded else Severity.NOTE,
            pointer,
            f"{pointer} is {said}: {reason}",
            "the SDK does less than the configuration asks"
            if degraded
            else "the key has no effect",
            hint,
        )
        self.entries.append(Entry(outcome, f"{self._file}#{pointer}", reason))

    def missing(self, pointer: str, message: str, consequence: str, hint: str = "") -> None:
        """Say that a key names something that the document does not have."""
        self._add(Severity.WARNING, pointer, message, consequence, hint)
        self.entries.append(Entry(Outcome.DROPPED, f"{self._file}#{pointer}", message))

    def unknown(self, pointer: str, key: str, known: Iterable[str]) -> None:
        """Say that a key is none of this format."""
        names = sorted(known)
        close = get_close_matches(key, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(names)}"
        self._add(
            Severity.WARNING, pointer, f"the key {key!r} is unknown", "the key has no effect", hint
        )
        self.entries.append(Entry(Outcome.DROPPED, f"{self._file}#{pointer}", "the key is unknown"))

    def _add(
        self, severity: Severity, pointer: str, message: str, consequence: str, hint: str
    ) -> None:
        # the place is looked up here: pointers of diagnostics are into the OpenAPI document
        self._diagnostics.add(
            severity,
            "stainless",
            message,
            position=self._source.position(pointer),
            consequence=consequence,
            hint=hint,
        )


class Node:
    """One value with its place."""

    __slots__ = ("_known", "pointer", "report", "value")

    def __init__(self, value: Any, pointer: str, report: Report) -> None:
        self.value = value
        self.pointer = pointer
        self.report = report
        self._known: dict[str, None] = {}

    # -- what it is

    def _wrong(self, wanted: str) -> None:
        kind = {dict: "a mapping", list: "a list", str: "text", bool: "a boolean"}
        found = kind.get(type(self.value), "null" if self.value is None else "a number")
        self.report.error(
            self.pointer,
            f"{self.pointer or 'the file'} is {found}, not {wanted}",
            f"write {wanted}",
        )

    def text(self) -> str | None:
        """The value as text; None, with an error, where it is none."""
        if isinstance(self.value, str):
            return self.value
        self._wrong("text")
        return None

    def flag(self) -> bool | None:
        """The value as a boolean; None, with an error, where it is none."""
        if isinstance(self.value, bool):
            return self.value
        self._wrong("true or false")
        return None

    def number(self) -> float | None:
        """The value as a number that is not negative; None, with an error, where it is none."""
        value = self.value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return value
        self._wrong("a number that is not negative")
        return None

    def texts(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        return tuple(text for item in self.items() if (text := item.text()) is not None)

    def items(self) -> Iterator[Node]:
        """The members of a list."""
        if not isinstance(self.value, list):
            self._wrong("a list")
            return
        for index, item in enumerate(self.value):
            yield Node(item, f"{self.pointer}/{index}", self.report)

    def members(self) -> Iterator[tuple[str, Node]]:
        """The members of a mapping whose keys are names of its author's choice."""
        if not isinstance(self.value, dict):
            self._wrong("a mapping")
            return
        for key, item in self.value.items():
            yield key, Node(item, child(self.pointer, key), self.report)

    # -- a mapping whose keys the format fixes

    def take(self, key: str) -> Node | None:
        """The member of that name, None where it is missing or null."""
        self._known[key] = None
        if not isinstance(self.value, dict) or self.value.get(key) is None:
            return None
        return Node(self.value[key], child(self.pointer, key), self.report)

    def leave(self, reason: str, *keys: str) -> None:
        """Say of members that are there that they have no effect, and why."""
        for key in keys:
            self._known[key] = None
            if isinstance(self.value, dict) and key in self.value:
                self.report.lost(child(self.pointer, key), reason)

    def close(self) -> None:
        """Say of every member that was not asked for that it is unknown."""
        if not isinstance(self.value, dict):
            self._wrong("a mapping")
            return
        for key in self.value:
            if key not in self._known and not key.startswith("x-"):
                self.report.unknown(child(self.pointer, key), key, self._known)

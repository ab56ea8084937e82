"""The fidelity ledger: what of a document reached the output, what was degraded, what was dropped.

A ledger is filled in three places: normalisation reports what it quarantined, the builder of the
intermediate representation what it could not express, an emitter what its language cannot say.
Everything in the document that no entry names is emitted as it stands.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from specloom.diagnostics import Diagnostics, Severity

__all__ = ["Entry", "Ledger", "Outcome"]


class Outcome(enum.Enum):
    """What became of a node of the document."""

    EMITTED = "emitted"  # in the output as the document says it
    DEGRADED = "degraded"  # in the output, but says less than the document
    DROPPED = "dropped"  # not in the output


@dataclass(frozen=True, slots=True)
class Entry:
    """One node that is not emitted as it stands. ``pointer`` is into the canonical document."""

    outcome: Outcome
    pointer: str
    reason: str


class Ledger:
    """Collects entries; each pointer and reason once, the first outcome for a pointer first."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}

    def add(self, entry: Entry) -> None:
        """Record an entry that was made elsewhere."""
        self._entries.setdefault((entry.pointer, entry.reason), entry)

    def degraded(self, pointer: str, reason: str) -> None:
        """Record a node that the output says less about than the document."""
        self._entries.setdefault((pointer, reason), Entry(Outcome.DEGRADED, pointer, reason))

    def dropped(self, pointer: str, reason: str) -> None:
        """Record a node that the output says nothing about."""
        self._entries.setdefault((pointer, reason), Entry(Outcome.DROPPED, pointer, reason))

    def add_quarantined(self, diagnostics: Diagnostics) -> None:
        """Record what normalisation reported: errors were dropped, warnings degraded."""
        for severity, pointer, message in diagnostics.pointers():
            if severity is Severity.ERROR:
                self.dropped(pointer, message)
            elif severity is Severity.WARNING:
                self.degraded(pointer, message)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

"""What a run of ``specloom verify`` found: frozen values, no behaviour of any server."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

__all__ = [
    "ABORTED",
    "CONFORMS",
    "UNUSABLE",
    "VIOLATIONS",
    "Cell",
    "Check",
    "Derivation",
    "EngineRun",
    "EngineState",
    "Exchange",
    "Finding",
    "Outcome",
    "Report",
]

CONFORMS: Final = 0
VIOLATIONS: Final = 1
UNUSABLE: Final = 2
ABORTED: Final = 3


class Outcome(enum.Enum):
    """What became of a check or of a cell of the matrix."""

    OK = "ok"
    VIOLATED = "violated"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, without credentials: safe to show to anybody.

    Attributes:
        curl: The request as a command; credentials stand in it as names of shell variables.
        status: None where no answer came.
        body: The answer's beginning, as text.
        error: Why no answer came.
        seconds: How long it took.
    """

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    curl: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: str
    error: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the exchange that shows it."""

    message: str
    expected: str = ""
    got: str = ""
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """What in the document a check follows from: JSON pointer, and file:line where it is known."""

    pointer: str
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the document, held against the server.

    Attributes:
        kind: Stable name of the kind of check, such as ``pages.overlap``.
        title: The promise as a sentence.
        subject: What it is about, such as ``GET /users``.
        operations: Ids of the operations that it calls.
        reason: Why it is untested; empty otherwise.
    """

    kind: str
    title: str
    subject: str
    operations: tuple[str, ...]
    derived: Derivation
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    engine: str = "semantic"


class EngineState(enum.Enum):
    """How far an engine came."""

    RAN = "ran"
    INCOMPLETE = "incomplete"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One of the judges: the semantic pack, Schemathesis or Prism.

    Attributes:
        detail: What it did, or why it did not run.
        remedy: How to get it, where it is missing.
        required: Whether its absence fails the run.
    """

    name: str
    state: EngineState
    detail: str = ""
    remedy: str = ""
    requests: int = 0
    seconds: float = 0.0
    required: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One declared (or undeclared, but seen) answer of an operation.

    Attributes:
        status: ``"200"``, ``"4XX"`` or ``"default"``, as the document writes it.
        media_type: Empty for an answer without a body.
        seen: Answers of this kind that came.
        note: Why it is untested, or what is wrong.
    """

    operation: str
    status: str
    media_type: str
    outcome: Outcome
    seen: int = 0
    note: str = ""
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run.

    Attributes:
        operations: (id, method, path) of every operation that was chosen, in document order.
        mode: ``"read-only"`` or ``"writes allowed"``.
        aborted: Why the run ended early; empty when it did not.
        left_behind: What the run created and could not delete.
        started: RFC 3339 time.
    """

    title: str
    version: str
    document: str
    base_url: str
    mode: str
    seed: int
    started: str
    seconds: float
    requests: int
    operations: tuple[tuple[str, str, str], ...]
    checks: tuple[Check, ...]
    cells: tuple[Cell, ...]
    engines: tuple[EngineRun, ...]
    left_behind: tuple[str, ...] = ()
    aborted: str = ""
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many checks had this outcome."""
        return sum(check.outcome is outcome for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 violations, 3 the server could not be reached or the run ended early."""
        if self.aborted:
            return ABORTED
        missing = any(e.required and e.state is not EngineState.RAN for e in self.engines)
        return VIOLATIONS if missing or self.count(Outcome.VIOLATED) else CONFORMS

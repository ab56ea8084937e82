"""What the commands say, as JSON values and as lines for a reader; the command line prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specloom.diagnostics import Diagnostics, Severity, render_text
from specloom.fidelity import Outcome
from specloom.ir.model import Api
from specloom.measure import KINDS, Measurement
from specloom.spec import Document
from specloom.targets import Produced

__all__ = [
    "counted",
    "diagnostic_lines",
    "fidelity_lines",
    "fidelity_values",
    "generate_lines",
    "generate_values",
    "lint_line",
    "lint_values",
]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def diagnostic_lines(diagnostics: Diagnostics, limit: int | None = None) -> str:
    """Return findings as text. With a limit, notes are left out and only so many are shown."""
    if limit is None:
        return render_text(diagnostics.by_place())
    important = [item for item in diagnostics.by_place() if item.severity is not Severity.NOTE]
    text = render_text(important[:limit])
    if len(important) > limit:
        text += f"\n... and {len(important) - limit} more: see specloom lint"
    return text


def generate_values(
    document: Document,
    api: Api,
    made: Sequence[Produced],
    measurement: Measurement,
    diagnostics: Diagnostics,
    seconds: float,
) -> dict[str, Any]:
    """Return the report of ``generate --json``."""
    return {
        "document": document.path,
        "operations": len(api.operations),
        "models": len(api.models),
        "seconds": round(seconds, 3),
        "fidelity": round(measurement.percent, 2),
        "targets": [
            {
                "target": item.target,
                "out": str(item.out),
                "files": item.files,
                "missing": list(item.changes.missing),
                "changed": list(item.changes.changed),
                "stale": list(item.changes.stale),
            }
            for item in made
        ],
        "diagnostics": [item.as_dict() for item in diagnostics.by_place()],
    }


def generate_lines(api: Api, made: Sequence[Produced], seconds: float, *, check: bool) -> list[str]:
    """Return the report of ``generate``: what differs under ``--check``, a summary a target."""
    lines: list[str] = []
    for item in made:
        if check:
            lines.extend(f"{item.out}: {line}" for line in item.changes.lines())
            state = ": out of date" if item.changes else ": up to date"
        else:
            state = "" if item.changes else ", none changed"
        lines.append(
            f"{item.target}: {counted(len(api.operations), 'operation')}, "
            f"{counted(len(api.models), 'model')}, {counted(item.files, 'file')} in {item.out}"
            f"{state} ({seconds:.2f} s)"
        )
    return lines


def lint_values(
    document: Document, api: Api, extensions: int, diagnostics: Diagnostics
) -> dict[str, Any]:
    """Return the report of ``lint --json``."""
    return {
        "document": document.path,
        "version": document.source_version,
        "operations": len(api.operations),
        "extensions": extensions,
        "counts": {severity.value: diagnostics.count(severity) for severity in Severity},
        "diagnostics": [item.as_dict() for item in diagnostics.by_place()],
    }


def lint_line(document: Document, api: Api, extensions: int, diagnostics: Diagnostics) -> str:
    """Return the last line of ``lint``."""
    counts = ", ".join(counted(diagnostics.count(item), item.value) for item in Severity)
    return (
        f"{document.path}: OpenAPI {document.source_version}, "
        f"{counted(len(api.operations), 'operation')}, {counted(extensions, 'extension')}; {counts}"
    )


def _rows(made: Measurement) -> dict[str, dict[str, int]]:
    return {
        kind: {
            "total": made.totals[kind],
            "emitted": made.emitted(kind),
            "degraded": made.losses.get(kind, {}).get(Outcome.DEGRADED, 0),
            "dropped": made.losses.get(kind, {}).get(Outcome.DROPPED, 0),
        }
        for kind in KINDS
    }


def fidelity_values(
    document: Document, targets: Sequence[str], made: Measurement
) -> dict[str, Any]:
    """Return the report of ``fidelity --json``."""
    return {
        "document": document.path,
        "targets": list(targets),
        "percent": round(made.percent, 2),
        "totals": _rows(made),
        "entries": [
            {"outcome": item.outcome.value, "pointer": item.pointer, "reason": item.reason}
            for item in made.entries
        ],
    }


def fidelity_lines(document: Document, targets: Sequence[str], made: Measurement) -> list[str]:
    """Return the report of ``fidelity``: every loss, then a table of totals."""
    rows = _rows(made)
    lines = [f"{item.outcome.value}: {item.pointer}: {item.reason}" for item in made.entries]
    lines.append(f"{'':16}" + "".join(f"{name:>10}" for name in rows[KINDS[0]]))
    for kind, row in rows.items():
        lines.append(f"{kind:16}" + "".join(f"{number:>10}" for number in row.values()))
    lines.append(f"{document.path}: {made.percent:.2f} % emitted ({', '.join(targets)})")
    return lines

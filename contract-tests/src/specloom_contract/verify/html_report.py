"""A report as one HTML page that needs nothing else, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from .model import Cell, Check, Outcome, Report

__all__ = ["as_html"]

_OPEN: Final = 3
"""Findings that stand open; of more, a reader chooses."""

_SUBJECTS: Final = 12
"""Subjects that are named for one reason."""


@dataclass(frozen=True, slots=True)
class _Chip:
    """A cell as the page shows it; ``short`` tells media types of one status apart."""

    status: str
    media_type: str
    outcome: Outcome
    seen: int
    note: str
    declared: bool
    short: str


def as_html(report: Report) -> str:
    """The report as a page: every text escaped, style and script inside, no other loaded."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = _file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    counts = {outcome.value: report.count(outcome) for outcome in Outcome}
    cells = Counter(cell.outcome.value for cell in report.cells)
    return environment.from_string(_file("report.html.jinja")).render(
        report=report,
        style=Markup(_file("report.css")),
        script=Markup(script),
        script_hash=digest,
        tone="bad" if report.exit_code else "good",
        verdict={0: "Conforms", 1: "Violations"}.get(report.exit_code, "Aborted"),
        headline=_headline(report),
        counts=counts,
        cells={outcome.value: cells[outcome.value] for outcome in Outcome},
        violations=list(_violations(report)),
        few=counts["violated"] <= _OPEN,
        promises=list(_promises(report)),
        matrix=list(_matrix(report)),
        untested=list(_untested(report)),
    )


def _file(name: str) -> str:
    return (
        resources.files("specloom_contract.verify")
        .joinpath("page", name)
        .read_text(encoding="utf-8")
    )


def _headline(report: Report) -> str:
    if report.aborted:
        return "The run could not be finished"
    broken = {check.title for check in report.checks if check.outcome is Outcome.VIOLATED}
    if broken:
        made = {check.title for check in report.checks if check.outcome is not Outcome.UNTESTED}
        return f"{len(broken)} of {len(made)} promises {'is' if len(broken) == 1 else 'are'} broken"
    if report.exit_code:
        return "A required judge did not run"
    return "The server keeps what the document promises"


def _violations(report: Report) -> Iterator[tuple[str, list[Check]]]:
    """Violated checks by promise, the rarest first: what is wrong everywhere says least."""
    found: dict[str, list[Check]] = {}
    for check in report.checks:
        if check.outcome is Outcome.VIOLATED:
            found.setdefault(check.title, []).append(check)
    yield from sorted(found.items(), key=lambda item: len(item[1]))


def _promises(report: Report) -> Iterator[tuple[str, int, int, int]]:
    """(title, ok, violated, untested) of every kind of check, in the order of the run."""
    found: dict[str, Counter[Outcome]] = {}
    for check in report.checks:
        found.setdefault(check.title, Counter())[check.outcome] += 1
    for title, tally in found.items():
        yield title, tally[Outcome.OK], tally[Outcome.VIOLATED], tally[Outcome.UNTESTED]


def _matrix(report: Report) -> Iterator[tuple[str, str, str, list[_Chip]]]:
    by_operation: dict[str, list[Cell]] = {}
    for cell in report.cells:
        by_operation.setdefault(cell.operation, []).append(cell)
    for name, method, path in report.operations:
        cells = by_operation.get(name, [])
        times = Counter(cell.status for cell in cells)
        chips = [
            _Chip(
                cell.status,
                cell.media_type,
                cell.outcome,
                cell.seen,
                cell.note,
                cell.declared,
                cell.media_type.rpartition("/")[2] if times[cell.status] > 1 else "",
            )
            for cell in cells
        ]
        yield name, method, path, chips


def _untested(report: Report) -> Iterator[tuple[str, list[tuple[str, int, list[str]]]]]:
    """By promise: (reason, how often, about what)."""
    found: dict[str, dict[str, list[str]]] = {}
    for check in report.checks:
        if check.outcome is Outcome.UNTESTED:
            found.setdefault(check.title, {}).setdefault(check.reason, []).append(check.subject)
    for title, reasons in found.items():
        yield (
            title,
            [(reason, len(s), _some(s)) for reason, s in reasons.items()],
        )


def _some(subjects: list[str]) -> list[str]:
    shown = list(dict.fromkeys(subjects))
    rest = len(shown) - _SUBJECTS
    return [*shown[:_SUBJECTS], f"and {rest} more"] if rest > 0 else shown

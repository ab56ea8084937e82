"""The conformance matrix: operation, status, media type, and what came of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .model import Cell, Exchange, Finding, Outcome
from .plan import Endpoint
from .schema import Schemas

__all__ = ["Tally"]

_MOST_FINDINGS: Final = 8


@dataclass(slots=True)
class _Seen:
    times: int = 0
    problems: list[str] = field(default_factory=list)
    declared: bool = True
    provoked: bool = False


class Tally:
    """Counts what came, and what was wrong with it.

    Args:
        schemas: The document's schemas.
        endpoints: The operations that the run may call.
    """

    def __init__(self, schemas: Schemas, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints = tuple(endpoints)
        self._declared = {e.id: dict(_declared(schemas, e)) for e in self._endpoints}
        self._seen: dict[tuple[str, str, str], _Seen] = {}
        self._findings: dict[str, dict[str, tuple[Finding, int]]] = {}
        self._calls: dict[str, int] = {}
        self.reasons: dict[str, str] = {}

    def calls(self, operation: str) -> int:
        """How often an operation was called."""
        return self._calls.get(operation, 0)

    def note(
        self,
        endpoint: Endpoint,
        status: int,
        media_type: str,
        problems: Iterable[str],
        exchange: Exchange | None,
        *,
        provoked: bool,
    ) -> None:
        """Count an answer.

        Args:
            provoked: The request was wrong on purpose; an undeclared 4xx is no violation then.
        """
        key = self.key(endpoint.id, status)
        declared = bool(key)
        cell = self._cell(endpoint.id, key or str(status), media_type, declared)
        cell.times += 1
        self._calls[endpoint.id] = self.calls(endpoint.id) + 1
        if not declared and provoked and 400 <= status < 500:
            cell.provoked = True
            return
        for problem in problems:
            cell.problems.append(problem)
            self.find(endpoint.id, problem, exchange)

    def fail(self, endpoint: Endpoint, failure: str, exchange: Exchange) -> None:
        """Count a request that got no answer."""
        self._calls[endpoint.id] = self.calls(endpoint.id) + 1
        self.find(endpoint.id, failure, exchange)

    def find(self, operation: str, problem: str, exchange: Exchange | None) -> None:
        """Keep a problem; places in lists that differ by their number only are one."""
        known = self._findings.setdefault(operation, {})
        message = problem.removeprefix(f"{operation}: ")
        shape = re.sub(r"(?<=/)\d+(?=[/:])", "*", message)
        shape = re.sub(r"\"[^\"]*\"|'[^']*'|\d+", "…", shape)
        finding, times = known.get(shape, (Finding(message, exchange=exchange), 0))
        known[shape] = (finding, times + 1)

    def findings(self, operation: str) -> tuple[Finding, ...]:
        """What is wrong with the answers of an operation."""
        found = list(self._findings.get(operation, {}).values())
        made = [
            Finding(f"{f.message} ({times} times)" if times > 1 else f.message, exchange=f.exchange)
            for f, times in found[:_MOST_FINDINGS]
        ]
        if len(found) > _MOST_FINDINGS:
            made.append(Finding(f"and {len(found) - _MOST_FINDINGS} more"))
        return tuple(made)

    def key(self, operation: str, status: int) -> str:
        """The declared status that covers one; empty when none does."""
        statuses = {name.upper(): name for name, _ in self._declared.get(operation, {})}
        wanted = (str(status), f"{status // 100}XX", "DEFAULT")
        return next((statuses[name] for name in wanted if name in statuses), "")

    def _cell(self, operation: str, status: str, media_type: str, declared: bool) -> _Seen:
        media = media_type
        if declared:
            known = [m for s, m in self._declared[operation] if s == status]
            media = next((m for m in known if m.lower() == media_type), media_type)
            if media not in known:
                wild = [m for m in known if "*" in m or (m and not media_type)]
                media = wild[0] if wild else media_type
        return self._seen.setdefault((operation, status, media), _Seen(declared=declared))

    def cells(self) -> tuple[Cell, ...]:
        """The matrix, operation by operation, declared cells first."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[Cell]:
        for endpoint in self._endpoints:
            declared = self._declared[endpoint.id]
            for (status, media), why in declared.items():
                seen = self._seen.get((endpoint.id, status, media))
                if seen is None:
                    reason = self.reasons.get(endpoint.id) or why
                    yield Cell(endpoint.id, status, media, Outcome.UNTESTED, note=reason)
                else:
                    yield _judged(endpoint.id, status, media, seen, declared=True)
            for (operation, status, media), seen in self._seen.items():
                if operation == endpoint.id and (status, media) not in declared:
                    yield _judged(operation, status, media, seen, declared=seen.declared)


def _judged(operation: str, status: str, media: str, seen: _Seen, *, declared: bool) -> Cell:
    if seen.problems:
        outcome, note = Outcome.VIOLATED, seen.problems[0].removeprefix(f"{operation}: ")
    elif seen.provoked:
        outcome, note = Outcome.UNTESTED, "not declared; came for a request wrong on purpose"
    else:
        outcome, note = Outcome.OK, ""
    return Cell(operation, status, media, outcome, seen.times, note, declared)


def _declared(schemas: Schemas, endpoint: Endpoint) -> Iterator[tuple[tuple[str, str], str]]:
    """Declared (status, media type), each with why it may stay untested."""
    responses: Mapping[str, Any] = endpoint.raw.get("responses") or {}
    for status, node in responses.items():
        content = schemas.resolve(node).get("content") or {}
        for media in content or ("",):
            yield (str(status), media), _why(str(status), endpoint)


def _why(status: str, endpoint: Endpoint) -> str:
    """Why an answer of a status did not come: what the run would have had to do."""
    reasons = {
        "402": "no request is known that lacks payment",
        "403": "needs a credential without the right to do this",
        "409": "no conflict was provoked",
        "412": "no precondition was made to fail",
        "413": "no oversized body is sent",
        "429": "the quota was not used up",
        "default": "no status came that is not declared by itself",
    }
    if status in reasons:
        return reasons[status]
    if status.startswith("5"):
        return "the server did not fail"
    if status.startswith("4"):
        return "no request of this run was refused so"
    return "no request of this run was answered so"

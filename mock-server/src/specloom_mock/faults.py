"""Faults: what shall go wrong, for which requests, how often.

Selection only; :mod:`specloom_mock.chaos` carries faults out. The kinds and their parameters are
those of ``admin.openapi.yaml``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any

from specloom_mock.clock import format_http_date, format_timestamp
from specloom_mock.kinds import BESIDE, KINDS, FaultError, check_params, is_conforming

__all__ = ["Fault", "FaultQueue", "Match", "Subject", "expand", "make_fault"]

_TEMPLATE = re.compile(r"\{(conformance|chaos|now(?:([+-]\d+(?:\.\d+)?))?:(http|epoch|iso))\}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a fault's match can look at. ``query`` gives each decoded parameter's values."""

    operation: str | None
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    port: str


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a fault is for; everything that is set must hold."""

    operation: str | None = None
    method: str | None = None
    path: re.Pattern[str] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    port: str | None = None

    def __call__(self, subject: Subject) -> bool:
        """Whether the request is one of them."""
        return (
            self.operation in (None, subject.operation)
            and self.method in (None, subject.method)
            and self.port in (None, subject.port)
            and (self.path is None or self.path.fullmatch(subject.path) is not None)
            and all(value in subject.query.get(name, ()) for name, value in self.query.items())
            and all(subject.headers.get(name) == value for name, value in self.headers.items())
        )


@dataclass(slots=True)
class Fault:
    """One thing that shall go wrong.

    Attributes:
        skip: Matching requests that pass first.
        times: How often it is taken; None for always.
        probability: Of being taken, decided by the session's seed.
        burst: How many matching requests in a row take it once chance has decided for it.
        seen: Matching requests so far.
        applied: How often it was taken.
    """

    id: str
    kind: str
    params: dict[str, Any]
    match: Match = Match()
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    burst: int = 1
    seen: int = 0
    applied: int = 0
    left: int = 0
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def conforming(self) -> bool:
        """Whether the conformance port can carry it out."""
        return is_conforming(self.kind, self.params)

    def as_json(self) -> dict[str, Any]:
        """The fault in the form of the control interface."""
        shown: dict[str, Any] = {"id": self.id, "kind": self.kind}
        if self.given:
            shown["match"] = self.given
        shown |= {"params": self.params, "skip": self.skip, "times": self.times}
        if self.probability != 1.0:
            shown["probability"] = self.probability
        if self.burst != 1:
            shown["burst"] = self.burst
        return {**shown, "applied": self.applied}


def make_fault(raw: Mapping[str, Any], fault_id: str) -> Fault:
    """A fault from its JSON form.

    Raises:
        FaultError: The kind is unknown, or does not take one of the parameters.
    """
    kind = raw.get("kind")
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise FaultError(f"unknown fault kind {kind!r}; known: {known}", "/kind")
    params = dict(raw.get("params") or {})
    check_params(kind, params)
    match = raw.get("match") or {}
    path = match.get("path")
    pattern = None
    if path is not None:
        pattern = re.compile(translate(path.replace("[", "[[]").replace("?", "[?]")))
    return Fault(
        fault_id,
        kind,
        params,
        Match(
            match.get("operation"),
            match["method"].upper() if "method" in match else None,
            pattern,
            match.get("query") or {},
            {name.lower(): value for name, value in (match.get("headers") or {}).items()},
            match.get("port"),
        ),
        raw.get("skip", 0),
        raw.get("times", 1),
        raw.get("probability", 1.0),
        raw.get("burst", 1),
        given=dict(match),
    )


class FaultQueue:
    """Faults that wait for their requests.

    Args:
        chance: Gives numbers from 0 to 1, for probabilities.
        prefix: What the faults' ids begin with.

    """

    def __init__(self, chance: Callable[[], float] | None = None, *, prefix: str = "fault") -> None:
        self._faults: list[Fault] = []
        self._number = 0
        self._prefix = prefix
        self._chance = chance or random.Random(0).random  # noqa: S311

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, raws: Iterable[Mapping[str, Any]]) -> list[Fault]:
        """Add faults from their JSON form, all or none.

        Raises:
            FaultError: One cannot be understood; its pointer begins with the index.
        """
        made: list[Fault] = []
        for index, raw in enumerate(raws):
            try:
                made.append(make_fault(raw, f"{self._prefix}_{self._number + index + 1}"))
            except FaultError as error:
                raise FaultError(str(error), f"/{index}{error.pointer}") from error
        self._number += len(made)
        self._faults.extend(made)
        return made

    def remove(self, fault_id: str) -> bool:
        """Remove one fault; whether there was one."""
        kept = [fault for fault in self._faults if fault.id != fault_id]
        found = len(kept) < len(self._faults)
        self._faults = kept
        return found

    def clear(self) -> None:
        """Remove all faults; numbering starts again."""
        self._faults.clear()
        self._number = 0

    def take(
        self,
        subject: Subject,
        *,
        decided: bool = False,
        usable: Callable[[Fault], bool] | None = None,
    ) -> list[Fault]:
        """The faults for a request: the first that decides its fate, delays and patches beside it.

        Every matching request counts towards each fault's ``skip``, also one that another fault
        took. Kinds that break the document are passed over on the conformance port.

        Args:
            subject: The request.
            decided: A fault of the request's own already decides its fate.
            usable: Passes over faults that cannot be used for this request.
        """
        taken: list[Fault] = []
        for fault in self._faults:
            if not fault.conforming and subject.port != "chaos":
                continue
            if fault.times is not None and fault.applied >= fault.times:
                continue
            if not fault.match(subject) or not (usable is None or usable(fault)):
                continue
            fault.seen += 1
            if fault.seen <= fault.skip or (decided and fault.kind not in BESIDE):
                continue
            if fault.left > 0:
                fault.left -= 1
            elif fault.probability < 1.0 and self._chance() >= fault.probability:
                continue
            else:
                fault.left = fault.burst - 1
            fault.applied += 1
            taken.append(fault)
            decided = decided or fault.kind not in BESIDE
        return taken


def expand(value: Any, urls: Mapping[str, str], now: float) -> Any:
    """Replace ``{conformance}``, ``{chaos}`` and ``{now+5:http}`` in every string of a value."""
    if isinstance(value, str):

        def replace(match: re.Match[str]) -> str:
            word = match[1]
            if word in urls:
                return urls[word]
            if match[3] is None:
                return match[0]
            moment = now + float(match[2] or 0)
            if match[3] == "http":
                return format_http_date(moment)
            return format_timestamp(moment) if match[3] == "iso" else str(int(moment))

        return _TEMPLATE.sub(replace, value)
    if isinstance(value, dict):
        return {key: expand(item, urls, now) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, urls, now) for item in value]
    return value

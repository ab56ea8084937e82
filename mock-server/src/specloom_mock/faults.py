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

__all__ = [
    "CHAOS_ONLY",
    "KINDS",
    "Fault",
    "FaultError",
    "FaultQueue",
    "Match",
    "Subject",
    "expand",
    "make_fault",
    "parse_fault_header",
    "parse_prefer",
    "prefers",
]

KINDS: dict[str, frozenset[str]] = {
    "status": frozenset({"status", "code", "message", "details", "retry_after", "headers"}),
    "delay": frozenset({"seconds", "real"}),
    "patch": frozenset({"set", "remove", "headers"}),
    "lose_response": frozenset({"how"}),
    "close": frozenset(),
    "reset": frozenset({"bytes"}),
    "stall": frozenset(),
    "respond": frozenset({"status", "headers", "json", "text", "base64"}),
    "redirect": frozenset({"location", "status"}),
    "html": frozenset({"status"}),
    "malformed_json": frozenset(),
    "truncate": frozenset({"bytes"}),
    "slow_headers": frozenset({"seconds"}),
    "slow_body": frozenset({"seconds"}),
}
"""Every kind with the parameters that it takes."""

CHAOS_ONLY = frozenset(
    {
        "respond",
        "redirect",
        "html",
        "malformed_json",
        "truncate",
        "slow_headers",
        "slow_body",
    }
)
"""Kinds that break the document: they do nothing on the conformance port."""

_BESIDE = frozenset({"delay", "patch"})
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*")
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,3})?")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_TEMPLATE = re.compile(r"\{(conformance|chaos|now(?:([+-]\d+(?:\.\d+)?))?:(http|epoch|iso))\}")


class FaultError(ValueError):
    """A fault that cannot be understood. ``pointer`` says where, relative to the fault."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


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
    seen: int = 0
    applied: int = 0
    given: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fault in the form of the control interface."""
        shown: dict[str, Any] = {"id": self.id, "kind": self.kind}
        if self.given:
            shown["match"] = self.given
        shown |= {"params": self.params, "skip": self.skip, "times": self.times}
        if self.probability != 1.0:
            shown["probability"] = self.probability
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
    for name in params:
        if name not in KINDS[kind]:
            takes = ", ".join(sorted(KINDS[kind])) or "no parameters"
            raise FaultError(
                f"a {kind} fault does not take {name!r}; it takes {takes}", f"/params/{name}"
            )
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
        given=dict(match),
    )


class FaultQueue:
    """The stored faults of one session."""

    def __init__(self, chance: Callable[[], float] | None = None) -> None:
        self._faults: list[Fault] = []
        self._number = 0
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
                made.append(make_fault(raw, f"fault_{self._number + index + 1}"))
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
            if fault.kind in CHAOS_ONLY and subject.port != "chaos":
                continue
            if fault.times is not None and fault.applied >= fault.times:
                continue
            if not fault.match(subject) or not (usable is None or usable(fault)):
                continue
            fault.seen += 1
            if fault.seen <= fault.skip or (decided and fault.kind not in _BESIDE):
                continue
            if fault.probability < 1.0 and self._chance() >= fault.probability:
                continue
            fault.applied += 1
            taken.append(fault)
            decided = decided or fault.kind not in _BESIDE
        return taken


def parse_fault_header(text: str) -> list[Fault]:
    """The faults of ``X-Mock-Fault: status;status=503, delay;seconds=1.5`` (RFC 8941 list).

    Raises:
        FaultError: The header does not parse, or names an unknown kind or parameter.
    """
    return [
        make_fault({"kind": kind.replace("-", "_"), "params": params}, "header")
        for kind, params in _parse_list(text.strip())
    ]


def parse_prefer(text: str) -> list[Fault]:
    """``Prefer: code=429`` as a fault; other preferences are ignored."""
    return [
        make_fault({"kind": "status", "params": {"status": code}}, "header")
        for code in _preferred(text)[:1]
        if 400 <= code <= 599
    ]


def prefers(text: str | None, success: int) -> bool:
    """Whether ``Prefer: code=200`` asks for the documented success, whatever the state is."""
    return text is not None and _preferred(text)[:1] == [success]


def _preferred(text: str) -> list[int]:
    """The codes of a ``Prefer`` header (RFC 7240; the preference itself is Prism's)."""
    codes = []
    for piece in re.split(r"[,;]", text):
        name, _, value = piece.strip().partition("=")
        code = value.strip().strip('"')
        if name.strip().lower() == "code" and code.isascii() and code.isdecimal():
            codes.append(int(code[:4]))
    return codes


def _parse_list(text: str) -> Iterable[tuple[str, dict[str, Any]]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            raise FaultError(f"X-Mock-Fault: a fault's kind is expected at position {at}")
        kind, at = match[0], match.end()
        params: dict[str, Any] = {}
        while at < len(text) and text[at] == ";":
            key = _KEY.match(text, at + 1 + _spaces(text, at + 1))
            if key is None:
                raise FaultError(
                    f"X-Mock-Fault: a parameter's name is expected at position {at + 1}"
                )
            at = key.end()
            value: Any = True
            if text[at : at + 1] == "=":
                value, at = _parse_item(text, at + 1)
            params[key[0].replace("-", "_")] = value
        yield kind, params
        at += _spaces(text, at)
        if at == len(text):
            return
        if text[at] != ",":
            raise FaultError(f"X-Mock-Fault: a comma is expected at position {at}")
        at += 1 + _spaces(text, at + 1)


def _parse_item(text: str, at: int) -> tuple[Any, int]:
    if text[at : at + 2] in {"?0", "?1"}:
        return text[at + 1] == "1", at + 2
    if (match := _STRING.match(text, at)) is not None:
        return re.sub(r"\\(.)", r"\1", match[1]), match.end()
    if (match := _NUMBER.match(text, at)) is not None:
        number = match[0]
        return (float(number) if "." in number else int(number)), match.end()
    if (match := _TOKEN.match(text, at)) is not None:
        return match[0], match.end()
    raise FaultError(f"X-Mock-Fault: a value is expected at position {at}")


def _spaces(text: str, at: int) -> int:
    rest = text[at:]
    return len(rest) - len(rest.lstrip(" \t"))


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

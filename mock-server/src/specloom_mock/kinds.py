"""The kinds of faults, what each takes, and which of them break the document."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from specloom_mock.latency import DISTRIBUTIONS, LatencyError, check_latency
from specloom_mock.retry_after import CONFORMING, FORMS

__all__ = [
    "BESIDE",
    "CHAOS_ONLY",
    "INLINE",
    "KINDS",
    "PAGING",
    "FaultError",
    "check_params",
    "is_conforming",
]

_LATENCY = frozenset({"seconds", "distribution", "low", "high", "deviation", "p95", "p99"})

KINDS: dict[str, frozenset[str]] = {
    "status": frozenset(
        {"status", "code", "message", "details", "retry_after", "retry_after_form", "headers"}
    ),
    "delay": _LATENCY | {"real"},
    "patch": frozenset({"set", "remove", "headers"}),
    "lose_response": frozenset({"how"}),
    "close": frozenset(),
    "reset": frozenset({"bytes"}),
    "stall": frozenset(),
    "shift_page": frozenset({"rows"}),
    "repeat_page": frozenset(),
    "cursor_loop": frozenset(),
    "empty_page": frozenset(),
    "respond": frozenset({"status", "headers", "json", "text", "base64"}),
    "redirect": frozenset({"location", "status"}),
    "html": frozenset({"status"}),
    "malformed_json": frozenset(),
    "truncate": frozenset({"bytes"}),
    "wrong_length": frozenset({"bytes"}),
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
        "wrong_length",
        "slow_headers",
        "slow_body",
    }
)
"""Kinds that break the document: they do nothing on the conformance port."""

PAGING = frozenset({"shift_page", "repeat_page", "cursor_loop", "empty_page"})
"""Kinds that concern lists alone."""

INLINE = frozenset({"status", "patch"}) | PAGING
"""Kinds that the engine applies while it makes the answer."""

BESIDE = frozenset({"delay", "patch"})
"""Kinds that are taken beside the one that decides a request's fate."""

_SECONDS = frozenset({"seconds", "low", "high", "deviation", "p95", "p99"})
_LONGEST = 1e9
_INTEGERS = {"status": (100, 599), "bytes": (0, 2**31), "rows": (-10_000, 10_000)}
_CHOICES = {
    "how": ("close", "reset"),
    "distribution": DISTRIBUTIONS,
    "retry_after_form": FORMS,
}
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class FaultError(ValueError):
    """A fault that cannot be understood. ``pointer`` says where, relative to the fault."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


def check_params(kind: str, params: Mapping[str, Any]) -> None:
    """Refuse parameters that a kind does not take, and values that mean nothing.

    Raises:
        FaultError: With the parameter's name.
    """
    for name, value in params.items():
        at = f"/params/{name}"
        if name not in KINDS[kind]:
            takes = ", ".join(sorted(KINDS[kind])) or "no parameters"
            raise FaultError(f"a {kind} fault does not take {name!r}; it takes {takes}", at)
        problem = _problem(name, value)
        if problem is not None:
            raise FaultError(f"{name} of a {kind} fault {problem}, not {value!r}", at)
    if kind == "delay":
        try:
            check_latency(params)
        except LatencyError as error:
            raise FaultError(str(error), "/params") from error


def is_conforming(kind: str, params: Mapping[str, Any]) -> bool:
    """Whether a fault sends nothing that the document has no room for by its kind alone."""
    return kind not in CHAOS_ONLY and params.get("retry_after_form", "seconds") in CONFORMING


def _problem(name: str, value: Any) -> str | None:
    """What is wrong with a parameter's value; None when nothing is."""
    if name in _SECONDS:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        good = number and 0 <= value <= _LONGEST
        return None if good else f"is a number of seconds from 0 to {_LONGEST:g}"
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        whole = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if whole else f"is a whole number from {low} to {high}"
    if name in _CHOICES:
        known = _CHOICES[name]
        return None if value in known else f"is one of {', '.join(known)}"
    if name == "base64":
        try:
            base64.b64decode(str(value), validate=True)
        except binascii.Error:
            return "is base64 text"
    if name in {"location", "retry_after"} and _CONTROL.search(str(value)):
        return "has no control characters"
    if name == "headers" and isinstance(value, Mapping):
        for header, text in value.items():
            if not _TOKEN.fullmatch(header) or (text is not None and _CONTROL.search(str(text))):
                return f"has a header that cannot be sent ({header!r})"
    return None

"""What a request asks for itself: ``X-Mock-Fault`` and ``Prefer``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from specloom_mock.faults import Fault, make_fault
from specloom_mock.kinds import PAGING, FaultError
from specloom_mock.plan import OperationPlan
from specloom_mock.responses import response_for

__all__ = ["parse_fault_header", "parse_prefer", "prefers", "unusable"]

_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*")
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,3})?")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')


def unusable(fault: Fault, port: str, operation: OperationPlan | None) -> str | None:
    """Why a request cannot have a fault; None when it can.

    Args:
        fault: The fault.
        port: Where the request came in: the conformance port sends what the document has, the
            chaos port sends anything.
        operation: The operation that was asked for.
    """
    if fault.kind in PAGING and (operation is None or operation.list is None):
        return f"{fault.kind} is for lists"
    if port == "chaos" or operation is None:
        return None
    if not fault.conforming:
        return f"{fault.kind} breaks the document; send it to the chaos port"
    status = int(fault.params.get("status", 500))
    if fault.kind == "status" and response_for(operation.responses, status) is None:
        return f"{operation.id} declares no {status}; send it to the chaos port"
    return None


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

"""Prism's reports: the ``sl-violations`` header that ``prism proxy`` adds to each response.

The header is a JSON array of ``{"location": [...], "severity": ..., "message": ...}``. Prism cuts
it at about 8 KB: the text then starts with ``Too many violations!`` and ends in mid-object, so it
is no JSON. A cut header says that more went wrong than it could say, and counts as a report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["HEADER", "Violation", "parse_violations", "response_violations"]

HEADER: Final = "sl-violations"
"""Name of the response header that carries the report."""

_CUT_CODE: Final = "cut"


@dataclass(frozen=True, slots=True)
class Violation:
    """One disagreement between the document and a request or response.

    Attributes:
        location: Path to the place, e.g. ``("response", "body", "data", "0")``.
        severity: Prism's word. An undeclared 5xx is only a ``Warning`` to it; treat both alike.
        message: Prism's sentence.
        code: JSON Schema keyword where one failed, ``"cut"`` for a header that was cut or could
            not be read, else None.
    """

    location: tuple[str, ...]
    severity: Literal["Error", "Warning"]
    message: str
    code: str | None = None

    @property
    def is_response(self) -> bool:
        """True when the server, not the client, is at fault."""
        return self.location[:1] == ("response",)

    def __str__(self) -> str:
        return f"{'.'.join(self.location)}: {self.message} ({self.severity})"


def parse_violations(header: str | None) -> tuple[Violation, ...]:
    """Read the value of one ``sl-violations`` header.

    Args:
        header: The header's value; None or empty when the response has none.

    Returns:
        Every violation that can be read, in Prism's order. For a header that was cut, or that is
        not the JSON that Prism writes, a last one at ``("response",)`` with code ``"cut"``:
        nothing in what is missing can be ruled out.
    """
    if not header:
        return ()
    entries, complete = _entries(header)
    found = []
    for entry in entries:
        violation = _violation(entry)
        if violation is None:
            complete = False
        else:
            found.append(violation)
    if not complete:
        message = f"the report was cut or is unreadable after {len(found)} entries"
        found.append(Violation(("response",), "Error", message, _CUT_CODE))
    return tuple(found)


def response_violations(headers: Mapping[str, str]) -> tuple[Violation, ...]:
    """The violations of the server, of either severity, that a response's headers report.

    Args:
        headers: Response headers; names may have any case.
    """
    value = next((v for name, v in headers.items() if name.lower() == HEADER), None)
    return tuple(v for v in parse_violations(value) if v.is_response)


def _entries(header: str) -> tuple[list[Any], bool]:
    """The array's readable elements, and whether the array was whole."""
    start = header.find("[")
    if start < 0:
        return [], False
    decoder = json.JSONDecoder()
    entries: list[Any] = []
    position = start + 1
    while position < len(header):
        if header[position] in ", \t":
            position += 1
            continue
        if header[position] == "]":
            return entries, start == 0
        try:
            entry, position = decoder.raw_decode(header, position)
        except ValueError:
            break
        entries.append(entry)
    return entries, False


def _violation(entry: Any) -> Violation | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("location"), list):
        return None
    severity: Literal["Error", "Warning"] = (
        "Warning" if entry.get("severity") == "Warning" else "Error"
    )
    code = entry.get("code")
    return Violation(
        location=tuple(str(part) for part in entry["location"]),
        severity=severity,
        message=str(entry.get("message", "")),
        code=None if code is None else str(code),
    )

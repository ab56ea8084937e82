"""The report that Prism's proxy adds to each answer, in the header ``sl-violations``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["response_violations"]

HEADER: Final = "sl-violations"
_CUT: Final = "the report was cut: more is wrong than fits into a header"


def response_violations(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What Prism objects to in an answer, a sentence each; what the request did is left out.

    Args:
        headers: Names in lower case. Prism cuts the header at 8 KB: what can be read counts, and
            that it was cut is one objection more.
    """
    text = headers.get(HEADER, "")
    if not text:
        return ()
    return tuple(dict.fromkeys(_read(text)))


def _read(text: str) -> Iterator[str]:
    position = text.find("[") + 1
    decoder = json.JSONDecoder()
    whole = text.startswith("[") and text.endswith("]")
    while position and position < len(text):
        if text[position] in ", \t":
            position += 1
            continue
        try:
            entry, position = decoder.raw_decode(text, position)
        except ValueError:
            break
        told = _sentence(entry)
        if told:
            yield told
    if not whole:
        yield _CUT


def _sentence(entry: Any) -> str:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("location"), list):
        return ""
    location = [str(part) for part in entry["location"]]
    if location[:1] != ["response"]:
        return ""
    # Rows of a list differ by their number only; one of them stands for all.
    place = ".".join("*" if part.isdigit() else part for part in location[1:])
    return f"{place or 'response'}: {entry.get('message', '')}"

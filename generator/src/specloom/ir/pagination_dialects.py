"""Other tools' ways to say how an operation pages, read as ``x-pagination``.

``x-speakeasy-pagination`` lists inputs and outputs, ``x-fern-pagination`` maps ``$request`` to
``$response``. Paths into the response are simple JSONPaths: ``$.meta.next``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specloom.spec.pointer import escape

__all__ = ["said_by"]

_STEP = re.compile(r"\.([^.\[\]]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_SPEAKEASY_INPUTS = {"page": "page", "offset": "offset", "limit": "size", "cursor": "cursor"}
_SPEAKEASY_OUTPUTS = {
    "results": "items",
    "numPages": "total_pages",
    "nextCursor": "next_cursor",
    "nextUrl": "next_url",
}


def said_by(node: Mapping[str, Any]) -> Any:
    """Return what an operation says about its pagination as an ``x-pagination`` value.

    None where it says nothing; a value that cannot be used is returned as it is, so that it is
    reported.
    """
    if "x-pagination" in node:
        return node["x-pagination"]
    speakeasy = node.get("x-speakeasy-pagination")
    if isinstance(speakeasy, dict):
        return _speakeasy(speakeasy)
    fern = node.get("x-fern-pagination")
    return _fern(fern) if isinstance(fern, dict) else None


def _speakeasy(value: Mapping[str, Any]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    inputs = value.get("inputs")
    for item in inputs if isinstance(inputs, list) else ():
        key = _SPEAKEASY_INPUTS.get(str(item.get("type"))) if isinstance(item, dict) else None
        if key is not None:
            made[key] = item.get("name")
            if item.get("in") == "requestBody":
                made["in"] = "body"
    outputs = value.get("outputs")
    for name, path in outputs.items() if isinstance(outputs, dict) else ():
        key = _SPEAKEASY_OUTPUTS.get(name)
        if key is not None:
            made[key] = _pointer(path)
    return _with_style(made)


def _fern(value: Mapping[str, Any]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    for key, member in (
        ("offset", "offset"),
        ("cursor", "cursor"),
        ("next_cursor", "next_cursor"),
        ("next_uri", "next_url"),
        ("results", "items"),
        ("has-next-page", "has_more"),
    ):
        path = value.get(key)
        if isinstance(path, str):
            root, _, rest = path.partition(".")
            made[member] = rest if root == "$request" else _pointer(f"$.{rest}")
    if "offset" in made and "page" in made["offset"].lower():
        made["page"] = made.pop("offset")
    return _with_style(made)


def _with_style(made: dict[str, Any]) -> dict[str, Any] | None:
    """Name the style that the members speak of; None where they speak of none."""
    for key, style in (
        ("next_url", "next_url"),
        ("cursor", "cursor"),
        ("offset", "offset"),
        ("page", "page"),
    ):
        if key in made:
            return {
                "style": style,
                **{name: item for name, item in made.items() if item is not None},
            }
    return None


def _pointer(path: Any) -> str | None:
    """Return the JSON pointer of a simple JSONPath, None for any other."""
    if not isinstance(path, str) or not path.startswith("$"):
        return None
    steps = _STEP.findall(path)
    if _STEP.sub("", path[1:]):
        return None
    return "".join("/" + escape("".join(step)) for step in steps)

"""An Overlay that makes of a document what Specloom reads: what is quarantined, taken out.

The author applies it as it is, or puts what was meant in the place of what is removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specloom.diagnostics import Diagnostic, Diagnostics, Severity
from specloom.spec import Document
from specloom.spec.pointer import MISSING, evaluate, split, unescape

__all__ = ["Repairs"]

_REPLACED = frozenset(("bad-required", "duplicate-enum"))
"""Findings about lists of which a part is kept: the list is written anew."""

_ANYTHING = frozenset(("bad-schema",))
"""Findings about schemas that are read as any value: others may refer to them."""


class Repairs:
    """The actions that repair a document.

    Args:
        document: The document as it was read.
        diagnostics: What was found on the way.

    Attributes:
        actions: Overlay actions (Overlay 1.0, section 4.4), last places first: indexes stay true.
        elsewhere: How many findings stand in other files, which an overlay cannot reach.
    """

    def __init__(self, document: Document, diagnostics: Diagnostics) -> None:
        self._document = document
        self._written = document.source.parse(Diagnostics())
        self.elsewhere = 0
        found = dict(self._found(diagnostics))
        self.actions = [
            action
            for pointer in sorted(found, key=_place, reverse=True)
            for action in self._repair(pointer, found[pointer])
        ]

    def _found(self, diagnostics: Diagnostics) -> Iterator[tuple[str, Diagnostic]]:
        """Yield what can be repaired, by its pointer into the file."""
        for item in diagnostics:
            repairable = item.severity is Severity.ERROR or item.code in _REPLACED
            if not repairable or not item.pointer:
                continue
            pointer = item.written_at
            if item.code == "bad-extension" and item.file == self._document.path:
                pointer = item.pointer  # extensions are checked as they are written
            if pointer and evaluate(self._written, pointer) is not MISSING:
                yield pointer, item
            else:
                self.elsewhere += 1

    def _repair(self, pointer: str, item: Diagnostic) -> Iterator[dict[str, Any]]:
        text = f"{item.message}; {item.consequence}" if item.consequence else item.message
        yield {"target": self._path(pointer), "description": text, "remove": True}
        parent, _, last = pointer.rpartition("/")
        listed = isinstance(evaluate(self._written, parent), list)
        kept = evaluate(self._document.root, item.pointer or "")
        if item.code in _ANYTHING:
            kept = {}
        elif item.code not in _REPLACED or kept is MISSING or not kept:
            return
        yield {"target": self._path(parent), "update": kept if listed else {unescape(last): kept}}

    def _path(self, pointer: str) -> str:
        """Write a pointer into the file as a JSONPath (RFC 9535, section 2.7)."""
        node, path = self._written, "$"
        for key in split(pointer):
            if isinstance(node, list):
                path, node = f"{path}[{key}]", node[int(key)]
            else:
                path, node = f"{path}[{_quoted(key)}]", node[key]
        return path

    def overlay(self) -> str:
        """Return the Overlay as YAML, in a fixed order."""
        name = json.dumps(f"Repairs of {Path(self._document.path).name}", ensure_ascii=True)
        lines = ["overlay: 1.0.0", f"info: {{title: {name}, version: '1'}}", "actions:"]
        for action in self.actions:
            lead = "-"
            for key, value in action.items():
                lines.append(f"{lead} {key}: {json.dumps(value, ensure_ascii=True)}")
                lead = " "
        return "\n".join(lines if self.actions else [*lines[:-1], "actions: []"]) + "\n"


def _place(pointer: str) -> tuple[tuple[bool, int, str], ...]:
    return tuple(
        (token.isdecimal(), int(token) if token.isdecimal() else 0, token)
        for token in split(pointer)
    )


def _quoted(key: str) -> str:
    """A name in a JSONPath: JSON's escapes are its own, but for the quotation mark."""
    return "'" + json.dumps(key)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"

"""Overlays (OpenAPI Overlay Specification 1.0): corrections kept beside a document.

An action selects nodes with an RFC 9535 JSONPath and merges an ``update`` into them or removes
them. Objects merge member by member, an update of an array is appended to it.
"""

from __future__ import annotations

import re
from typing import Any

from jsonpath_rfc9535 import JSONPathError, find

from specloom.diagnostics import Diagnostics, Position, Severity
from specloom.spec.document import Document
from specloom.spec.errors import spec_error
from specloom.spec.limits import MAX_ALIAS_NODES
from specloom.spec.pointer import child
from specloom.spec.source import Source

__all__ = ["apply_overlay"]

_VERSION = re.compile(r"1\.[01](?:\.[0-9]+)?\Z")


def apply_overlay(document: Document, source: Source, diagnostics: Diagnostics) -> None:
    """Apply an overlay to a parsed document, in place.

    Args:
        document: The document as it was written; nothing is canonical yet.
        source: The overlay's file.
        diagnostics: Receives actions that do nothing or cannot be done.

    Raises:
        SpecError: The file is no overlay.
    """
    root = source.parse(diagnostics)
    version = root.get("overlay") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not _VERSION.match(str(version)):
        raise spec_error(
            "not-overlay",
            "the file is no overlay of version 1.0",
            Position(source.name, 1, 1),
            hint="an overlay begins with `overlay: 1.0.0`",
        )
    actions = root.get("actions")
    overlay = _Overlay(document, source, diagnostics)
    for index, action in enumerate(actions if isinstance(actions, list) else []):
        overlay.act(action, index)


class _Overlay:
    def __init__(self, document: Document, source: Source, diagnostics: Diagnostics) -> None:
        self._document = document
        self._source = source
        self._diagnostics = diagnostics
        self._copied = 0

    def act(self, action: Any, index: int) -> None:
        where = f"/actions/{index}"
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str):
            self._report(Severity.ERROR, "an action has no target", where)
            return
        try:
            nodes = list(find(target, self._document.root))
        except JSONPathError as error:
            self._report(
                Severity.ERROR,
                f"the target is no JSONPath: {error}",
                f"{where}/target",
                "see RFC 9535: $.paths['/users'].get",
            )
            return
        if not nodes:
            self._report(
                Severity.WARNING,
                f"the target {target!r} selects nothing",
                f"{where}/target",
                "the document may have changed: correct or remove the action",
            )
        if action.get("remove") is True:
            self._remove([node.location for node in nodes], where)
        elif "update" in action:
            for node in nodes:
                self._update(node.location, node.value, action["update"], f"{where}/update")

    def _remove(self, locations: list[tuple[int | str, ...]], where: str) -> None:
        # From the end, so that the indexes of what is still to be removed stay right.
        for location in sorted(locations, key=_last_first, reverse=True):
            if not location:
                self._report(Severity.ERROR, "the document itself cannot be removed", where)
                continue
            holder: Any = self._document.root
            for key in location[:-1]:
                holder = holder[key]
            del holder[location[-1]]

    def _update(self, location: tuple[int | str, ...], node: Any, update: Any, where: str) -> None:
        pointer = child("", *location)
        if isinstance(node, list):
            node.append(self._copy(update))
            self._document.moved(f"{pointer}/{len(node) - 1}", where, self._source)
        elif isinstance(node, dict) and isinstance(update, dict):
            self._merge(node, update, pointer, where)
        else:
            self._report(
                Severity.ERROR,
                "an update cannot be merged: only objects and arrays can be updated",
                where,
                "select the object that holds the value",
            )

    def _merge(
        self, node: dict[str, Any], update: dict[str, Any], pointer: str, where: str
    ) -> None:
        for key, value in update.items():
            known = node.get(key)
            here, there = child(pointer, key), child(where, key)
            if isinstance(known, dict) and isinstance(value, dict):
                self._merge(known, value, here, there)
            elif isinstance(known, list) and isinstance(value, list):
                known.extend(self._copy(item) for item in value)
            else:
                node[key] = self._copy(value)
                self._document.moved(here, there, self._source)

    def _copy(self, node: Any) -> Any:
        self._copied += 1
        if self._copied > MAX_ALIAS_NODES:
            raise spec_error(
                "overlay-bomb",
                f"the overlay adds more than {MAX_ALIAS_NODES} nodes",
                Position(self._source.name),
            )
        if isinstance(node, dict):
            return {key: self._copy(value) for key, value in node.items()}
        return [self._copy(value) for value in node] if isinstance(node, list) else node

    def _report(self, severity: Severity, message: str, pointer: str, hint: str = "") -> None:
        self._diagnostics.add(
            severity,
            "overlay",
            message,
            pointer=pointer,
            locate=self._source.position,
            consequence="the action has no effect",
            hint=hint,
        )


def _last_first(location: tuple[int | str, ...]) -> list[tuple[int, str]]:
    return [(key, "") if isinstance(key, int) else (-1, key) for key in location]

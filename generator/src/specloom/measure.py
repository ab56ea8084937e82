"""How much of a document reached the output: every node counted, every loss named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from specloom.fidelity import Entry, Ledger, Outcome
from specloom.ir.model import Api
from specloom.spec import Document
from specloom.spec.pointer import escape

__all__ = ["KINDS", "Measurement", "measure"]

KINDS = (
    "operation",
    "parameter",
    "body",
    "response",
    "header",
    "schema",
    "keyword",
    "security scheme",
    "webhook",
    "callback",
)

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))
_SERVER_ONLY = "no SDK checks it: the server does"
_UNSAID = {
    "not": _SERVER_ONLY,
    "if": _SERVER_ONLY,
    "then": _SERVER_ONLY,
    "else": _SERVER_ONLY,
    "contains": _SERVER_ONLY,
    "minContains": _SERVER_ONLY,
    "maxContains": _SERVER_ONLY,
    "propertyNames": _SERVER_ONLY,
    "dependentSchemas": _SERVER_ONLY,
    "dependentRequired": _SERVER_ONLY,
    "unevaluatedProperties": _SERVER_ONLY,
    "unevaluatedItems": _SERVER_ONLY,
    "xml": "SDKs speak JSON",
    "contentSchema": "text inside text is handed out as text",
}
_NOT_COUNTED = frozenset(("$defs", "definitions", "$schema", "$id", "$anchor", "$comment"))
_SCHEMA_MAPS = frozenset(("properties", "patternProperties", "dependentSchemas"))
_SCHEMA_LISTS = frozenset(("allOf", "oneOf", "anyOf", "prefixItems"))
_SCHEMA_MEMBERS = frozenset(
    (
        "items",
        "additionalProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
    )
)

_LOST_FROM = {
    "parameters": "parameter",
    "responses": "response",
    "headers": "header",
    "securitySchemes": "security scheme",
}


@dataclass(slots=True)
class Measurement:
    """The totals of a document, and everything in it that is not emitted as it stands.

    Attributes:
        totals: Kind -> how many nodes of it the document has.
        losses: Kind -> outcome -> how many.
        entries: What was degraded or dropped, in document order.
    """

    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    losses: dict[str, dict[Outcome, int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def emitted(self, kind: str) -> int:
        """Return how many nodes of a kind are emitted as they stand."""
        return self.totals[kind] - sum(self.losses.get(kind, {}).values())

    @property
    def percent(self) -> float:
        """How much is emitted as it stands, in per cent; 100.0 only where nothing is lost."""
        total = sum(self.totals.values())
        if not total:
            return 100.0
        share = 100 * sum(self.emitted(kind) for kind in KINDS) / total
        return share if share == 100 else min(share, 99.99)


def measure(document: Document, api: Api, ledger: Ledger) -> Measurement:
    """Count a document's nodes and what became of them.

    Args:
        document: The canonical document.
        api: Its representation: an operation that it lacks was dropped.
        ledger: What normalisation, the builder and emitters reported.
    """
    kinds: dict[str, str] = {}
    for pointer, kind in _Nodes(document.root).all():
        kinds.setdefault(pointer, kind)  # `items` is a keyword, and not its schema once more
    made = Measurement()
    for kind in kinds.values():
        made.totals[kind] += 1
    entries = list(ledger)
    order = {pointer: index for index, pointer in enumerate(kinds)}
    for entry in entries:
        lost = None if entry.pointer in kinds else _lost_kind(kinds, entry)
        if lost is not None:
            order[entry.pointer] = order.get(_counted(kinds, entry.pointer) or "", -1)
            kinds[entry.pointer] = lost
            made.totals[lost] += 1
    named = {entry.pointer for entry in entries}
    emitted = {operation.source.pointer for operation in api.operations.values()}
    for pointer, kind in kinds.items():
        if kind == "operation" and pointer not in emitted and pointer not in named:
            entries.append(Entry(Outcome.DROPPED, pointer, "the operation is not in the output"))
        elif kind == "keyword" and pointer not in named:
            reason = _UNSAID.get(pointer.rpartition("/")[2])
            if reason is not None:
                entries.append(Entry(Outcome.DROPPED, pointer, reason))
    worst: dict[str, Outcome] = {}
    for entry in entries:
        node = _counted(kinds, entry.pointer)
        if node is not None and worst.get(node) is not Outcome.DROPPED:
            worst[node] = entry.outcome
    for node, outcome in worst.items():
        losses = made.losses.setdefault(kinds[node], {})
        losses[outcome] = losses.get(outcome, 0) + 1
    entries.sort(key=lambda entry: order.get(_counted(kinds, entry.pointer) or "", -1))
    made.entries = entries
    return made


def _lost_kind(kinds: dict[str, str], entry: Entry) -> str | None:
    """Return the kind of a node that normalisation took away; None for a part of a counted one."""
    if entry.outcome is not Outcome.DROPPED or not entry.pointer.startswith("/"):
        return None  # what is not of the document is of its configuration
    parent = entry.pointer.rpartition("/")[0]
    if kinds.get(parent) in ("schema", "keyword"):
        return "keyword"
    section = parent.rpartition("/")[2]
    if entry.pointer.startswith("/paths/") and entry.pointer.count("/") <= 3:
        return "operation" if section != "parameters" else "parameter"
    return _LOST_FROM.get(section)


def _counted(kinds: dict[str, str], pointer: str) -> str | None:
    """Return the node that an entry speaks about: the nearest one that is counted."""
    while pointer and pointer not in kinds:
        pointer = pointer.rpartition("/")[0]
    return pointer or None


class _Nodes:
    """Walks a canonical document and yields (pointer, kind), each node once."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root

    def all(self) -> Iterator[tuple[str, str]]:
        for key, kind in (("paths", "operation"), ("webhooks", "webhook")):
            for path, item in self._root[key].items():
                if isinstance(item, dict):
                    yield from self._item(item, f"/{key}/{escape(path)}", kind)
        components = self._root["components"]
        walks: dict[str, Callable[[Any, str], Iterator[tuple[str, str]]]] = {
            "schemas": self._schema,
            "parameters": self._parameter,
            "requestBodies": self._body,
            "responses": self._response,
            "headers": self._header,
        }
        for section, walk in walks.items():
            for name, node in components.get(section, {}).items():
                yield from walk(node, f"/components/{section}/{escape(name)}")
        for name in components.get("securitySchemes", {}):
            yield f"/components/securitySchemes/{escape(name)}", "security scheme"

    def _item(self, item: dict[str, Any], pointer: str, kind: str) -> Iterator[tuple[str, str]]:
        for index, node in enumerate(item.get("parameters", ())):
            yield from self._parameter(node, f"{pointer}/parameters/{index}")
        for method in _METHODS & item.keys():
            operation, here = item[method], f"{pointer}/{method}"
            yield here, kind
            for name, node in operation.get("callbacks", {}).items():
                yield from self._callback(node, f"{here}/callbacks/{escape(name)}")
            for index, node in enumerate(operation.get("parameters", ())):
                yield from self._parameter(node, f"{here}/parameters/{index}")
            if "requestBody" in operation:
                yield from self._body(operation["requestBody"], f"{here}/requestBody")
            for status, node in operation.get("responses", {}).items():
                if not status.startswith("x-"):
                    yield from self._response(node, f"{here}/responses/{status}")

    def _callback(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        if "$ref" in node:
            yield pointer, "callback"
            return
        for url, item in node.items():
            if isinstance(item, dict) and not url.startswith("x-"):
                yield from self._item(item, f"{pointer}/{escape(url)}", "callback")

    def _parameter(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        yield pointer, "parameter"
        yield from self._typed(node, pointer)

    def _header(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        yield pointer, "header"
        yield from self._typed(node, pointer)

    def _typed(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        if "schema" in node:
            yield from self._schema(node["schema"], f"{pointer}/schema")
        for media_type, media in node.get("content", {}).items():
            if "schema" in media:
                here = f"{pointer}/content/{escape(media_type)}/schema"
                yield from self._schema(media["schema"], here)

    def _body(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        if "$ref" in node:
            yield pointer, "body"
        for media_type, media in node.get("content", {}).items():
            here = f"{pointer}/content/{escape(media_type)}"
            yield here, "body"
            if "schema" in media:
                yield from self._schema(media["schema"], f"{here}/schema")

    def _response(self, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
        yield pointer, "response"
        for name, header in node.get("headers", {}).items():
            yield from self._header(header, f"{pointer}/headers/{escape(name)}")
        yield from self._typed(node, pointer)

    def _schema(self, root: Any, start: str) -> Iterator[tuple[str, str]]:
        stack = [(root, start)]
        while stack:
            node, pointer = stack.pop()
            if not isinstance(node, dict):
                continue
            yield pointer, "schema"
            for key, value in node.items():
                if key.startswith("x-") or key in _NOT_COUNTED:
                    continue
                here = f"{pointer}/{escape(key)}"
                yield here, "keyword"
                if key in _SCHEMA_MAPS and isinstance(value, dict):
                    stack.extend((item, f"{here}/{escape(name)}") for name, item in value.items())
                elif key in _SCHEMA_LISTS and isinstance(value, list):
                    stack.extend((item, f"{here}/{index}") for index, item in enumerate(value))
                elif key in _SCHEMA_MEMBERS:
                    stack.append((value, here))

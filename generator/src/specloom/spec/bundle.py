"""References to other files, made local: each target is copied under ``components`` once.

Files are only read from the document's own folder and below (unless told otherwise), and nothing
is ever fetched from a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from specloom.diagnostics import Diagnostics, Severity, SpecloomError
from specloom.spec.document import Document
from specloom.spec.limits import MAX_ALIAS_NODES, MAX_DEPTH, MAX_FILES
from specloom.spec.pointer import MISSING, child, escape, evaluate, from_fragment, split
from specloom.spec.source import Source, read_bytes

__all__ = ["bundle"]

_SCHEMA_KEYS = frozenset(
    ("schema", "items", "additionalProperties", "not", "if", "then", "else", "contains", "event")
)
_SCHEMA_MAPS = frozenset(
    ("properties", "patternProperties", "schemas", "definitions", "$defs", "dependentSchemas")
)
_SCHEMA_LISTS = frozenset(("allOf", "oneOf", "anyOf", "prefixItems"))
_SECTIONS = {
    "parameters": "parameters",
    "responses": "responses",
    "headers": "headers",
    "examples": "examples",
    "links": "links",
    "callbacks": "callbacks",
    "requestBodies": "requestBodies",
    "securitySchemes": "securitySchemes",
    "securityDefinitions": "securitySchemes",
    "paths": "pathItems",
    "webhooks": "pathItems",
    "x-webhooks": "pathItems",
    "pathItems": "pathItems",
}
_LITERAL = frozenset(("example", "default", "const", "enum"))
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


def bundle(
    document: Document, path: Path | None, diagnostics: Diagnostics, *, confine: bool
) -> list[bytes]:
    """Make every reference of the document local, in place.

    Args:
        document: The parsed document.
        path: Its file; without it no other file can be read.
        diagnostics: Receives what cannot be read.
        confine: Refuse files outside the document's folder.

    Returns:
        The bytes of each file that was pulled in, in the order of first use.
    """
    return _Bundler(document, path, diagnostics, confine=confine).run()


class _Bundler:
    def __init__(
        self, document: Document, path: Path | None, diagnostics: Diagnostics, *, confine: bool
    ) -> None:
        self.document = document
        self.diagnostics = diagnostics
        self.path = path.resolve() if path is not None else None
        self.confine = confine
        self.data: list[bytes] = []
        self.files: dict[Path, tuple[Source, Any] | None] = {}
        self.targets: dict[tuple[Path, str, str], str] = {}
        self.copied = 0
        self.ready: list[tuple[str, Any, Path]] = []
        self.taken: set[str] = set()
        self.queue: list[tuple[Any, str, Path | None]] = []
        self.swagger = "swagger" in document.root

    def run(self) -> list[bytes]:
        self.queue.append((self.document.root, "", self.path))
        while self.queue:
            node, pointer, base = self.queue.pop()
            self._walk(node, split(pointer), base)
            for local, copied, target in self.ready:  # never into a mapping that is being walked
                holder = self.document.root
                for key in split(local)[:-1]:
                    if not isinstance(holder.get(key), dict):
                        holder[key] = {}
                    holder = holder[key]
                holder[split(local)[-1]] = copied
                self.queue.append((copied, local, target))
            self.ready.clear()
        return self.data

    def _walk(self, node: Any, path: list[str], base: Path | None) -> None:
        if len(path) > 2 * MAX_DEPTH:
            return
        literal = False
        if isinstance(node, dict):
            ref = node.get("$ref")
            inside = base != self.path
            if isinstance(ref, str) and (inside or not ref.startswith("#")):
                made = self._localise(ref, path, base)
                if made is None:
                    del node["$ref"]
                else:
                    node["$ref"] = made
            literal = path[-1:] != ["properties"]
            members: Iterator[tuple[str, Any]] = (
                (key, value) for key, value in node.items() if not (literal and key in _LITERAL)
            )
        else:
            members = ((str(index), value) for index, value in enumerate(node))
        texts: list[str] = []
        for key, value in members:
            if isinstance(value, (dict, list)):
                path.append(key)
                if key == "description" and literal and _is_file_ref(value):
                    texts.append(key)
                else:
                    self._walk(value, path, base)
                path.pop()
        for key in texts:
            self._include(node, key, path, base)

    def _include(self, node: Any, key: str, path: list[str], base: Path | None) -> None:
        """Read a description that stands in a file of its own, as documentation tools do."""
        ref = node[key]["$ref"]
        target = (base.parent / unquote(ref)).resolve() if base is not None else None
        try:
            if target is None or not self._inside(target):
                raise ValueError("the file is outside the document's folder")
            data = read_bytes(target)
            node[key] = Source(self._shown(target), data).text
            self.data.append(data)
        except (SpecloomError, ValueError):
            del node[key]
            self.diagnostics.add(
                Severity.WARNING,
                "file-ref",
                f"the description {ref!r} cannot be read",
                pointer="".join("/" + escape(item) for item in [*path, key]),
                locate=self.document.position,
                consequence="there is no description",
            )

    def _inside(self, target: Path) -> bool:
        return not self.confine or (
            self.path is not None and target.is_relative_to(self.path.parent)
        )

    def _localise(self, ref: str, path: list[str], base: Path | None) -> str | None:
        """Return the local reference for a reference, None where it cannot be had."""
        name, _, fragment = ref.partition("#")
        if "://" in name or name.startswith("//"):
            self._report(ref, path, "network addresses are never fetched")
            return None
        if base is None or self.path is None:
            self._report(ref, path, "the document was given as bytes and has no folder")
            return None
        target = (base.parent / unquote(name)).resolve() if name else base
        pointer = from_fragment(fragment)
        if target == self.path:
            return f"#{fragment}"
        if not self._inside(target):
            self._report(ref, path, "the file is outside the document's folder")
            return None
        section = _section(path)
        known = self.targets.get((target, pointer, section))
        if known is not None:
            return known
        loaded = self._file(target, ref, path)
        if loaded is None:
            return None
        source, root = loaded
        node = evaluate(root, pointer)
        if node is MISSING:
            self._report(ref, path, "the file has no such node")
            return None
        local = self._free_pointer(section, target, pointer)
        self.targets[target, pointer, section] = f"#{local}"
        self.document.moved(local, pointer, source)
        self.taken.add(local)
        self.ready.append((local, self._copy(node), target))
        return f"#{local}"

    def _file(self, target: Path, ref: str, path: list[str]) -> tuple[Source, Any] | None:
        if target not in self.files:
            self.files[target] = None
            if len(self.data) >= MAX_FILES:
                self._report(ref, path, f"the document pulls in more than {MAX_FILES} files")
                return None
            try:
                data = read_bytes(target)
                source = Source(self._shown(target), data)
                self.files[target] = (source, source.parse(self.diagnostics))
                self.data.append(data)
            except SpecloomError as error:
                self.diagnostics.append(error.diagnostic)
                self._report(ref, path, "the file cannot be read")
        return self.files[target]

    def _shown(self, target: Path) -> str:
        """Name a file as the document's own path is written, so that editors find it."""
        if self.path is not None and target.is_relative_to(self.path.parent):
            own = Path(self.document.path)
            return str(own.parent / target.relative_to(self.path.parent))
        return str(target)

    def _free_pointer(self, section: str, target: Path, pointer: str) -> str:
        keys = split(pointer)
        stem = _NOT_NAME.sub("_", target.stem)
        last = _NOT_NAME.sub("_", keys[-1]) if keys else stem
        folder = _NOT_NAME.sub("_", target.parent.name)
        names = [last, f"{stem}_{last}", f"{folder}_{stem}_{last}"]
        names.append(f"{folder}_{stem}_" + "_".join(_NOT_NAME.sub("_", key) for key in keys))
        prefix = self._prefix(section)
        for name in names:
            local = child(prefix, name)
            if local not in self.taken and evaluate(self.document.root, local) is MISSING:
                return local
        relative = target.relative_to(self.path.parent) if self.path is not None else target
        return child(prefix, f"{relative}#{pointer}")

    def _prefix(self, section: str) -> str:
        if not self.swagger:
            return f"/components/{section}"
        names = {"schemas": "definitions", "securitySchemes": "securityDefinitions"}
        return "/" + names.get(section, section)

    def _copy(self, node: Any) -> Any:
        self.copied += 1
        if self.copied > MAX_ALIAS_NODES * 4:
            return {}
        if isinstance(node, dict):
            return {key: self._copy(value) for key, value in node.items()}
        return [self._copy(value) for value in node] if isinstance(node, list) else node

    def _report(self, ref: str, path: list[str], reason: str) -> None:
        pointer = "".join("/" + escape(key) for key in [*path, "$ref"])
        source, written_at = self.document.origin(pointer)
        self.diagnostics.add(
            Severity.ERROR,
            "file-ref",
            f"$ref {ref!r} cannot be followed: {reason}",
            pointer=pointer,
            written_at=written_at if source is self.document.source else None,
            locate=self.document.position,
            consequence="the reference is read as an empty node",
            hint="put the file next to the document, or copy its part into components",
        )


def _is_file_ref(node: Any) -> bool:
    ref = node.get("$ref") if isinstance(node, dict) and len(node) == 1 else None
    return isinstance(ref, str) and "#" not in ref and "://" not in ref


def _section(path: list[str]) -> str:
    """Return the section of ``components`` that a reference at this path belongs to."""
    key = path[-1] if path else ""
    holder = path[-2] if len(path) > 1 else ""
    grand = path[-3] if len(path) > 2 else ""
    if holder in _SCHEMA_MAPS or holder in _SCHEMA_LISTS:
        return "schemas"
    if key == "requestBody":
        return "requestBodies"
    if holder in _SECTIONS and grand not in _SCHEMA_MAPS:
        return _SECTIONS[holder]
    if grand == "callbacks":
        return "pathItems"
    return "schemas"

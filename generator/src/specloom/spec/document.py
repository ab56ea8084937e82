"""A document that was read: its canonical tree, and where each node came from."""

from __future__ import annotations

from typing import Any

from specloom.diagnostics import Position
from specloom.spec.pointer import MISSING, evaluate, from_fragment
from specloom.spec.source import Source

__all__ = ["Document"]

_MAX_MOVES = 8
"""How often a node may have moved: bundled, overlaid, converted, reordered."""


class Document:
    """One OpenAPI document in canonical OpenAPI 3.1 shape.

    Attributes:
        root: The canonical tree (see ``spec/normalise.py``). All references are local and none
            dangles.
        source_version: The version that the document declares, e.g. ``"3.0.3"`` or ``"2.0"``.
        path: The file's name as it was given, ``"<bytes>"`` for bytes.
        sha256: SHA-256 of the document's bytes in hex. Overlays and bundled files count too.
    """

    def __init__(self, source: Source, sha256: str) -> None:
        self.root: dict[str, Any] = {}
        self.source_version = ""
        self.path = source.name
        self.sha256 = sha256
        self.source = source
        self._origins: dict[str, tuple[Source, str]] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it was read from: its own, then those that it refers to or is overlaid by."""
        others = {source.name: None for source, _ in self._origins.values()}
        return tuple({self.source.name: None, **others})

    def moved(self, pointer: str, source_pointer: str, source: Source | None = None) -> None:
        """Record that the node at ``pointer`` stood elsewhere in the file (or in another one)."""
        self._origins[pointer] = (source or self.source, source_pointer)

    def origin(self, pointer: str) -> tuple[Source, str]:
        """Return the file and the pointer in it that a canonical pointer came from."""
        source, here = self.source, pointer
        for _ in range(_MAX_MOVES):
            found = self._moved_prefix(here)
            if found is None:
                break
            source, before = found
            if before == here or source is not self.source:
                return source, before
            here = before
        return source, here

    def _moved_prefix(self, pointer: str) -> tuple[Source, str] | None:
        rest = ""
        prefix = pointer
        while prefix:
            found = self._origins.get(prefix)
            if found is not None:
                return found[0], found[1] + rest
            cut = prefix.rfind("/")
            rest = prefix[cut:] + rest
            prefix = prefix[:cut]
        return None

    def position(self, pointer: str) -> Position:
        """Return where a node stands; its nearest known ancestor where it has no place itself."""
        source, inner = self.origin(pointer)
        return source.position(inner)

    def raw(self, pointer: str) -> str | None:
        """Return a scalar as the file spells it (``1.10``), None where there is none."""
        source, inner = self.origin(pointer)
        return source.raw(inner)

    def at(self, pointer: str) -> Any:
        """Return the node at a canonical pointer.

        Raises:
            KeyError: The pointer leads nowhere.
        """
        node = evaluate(self.root, pointer)
        if node is MISSING:
            raise KeyError(pointer)
        return node

    def resolve(self, node: Any, pointer: str = "") -> tuple[Any, str]:
        """Follow a node's ``$ref`` chain.

        Args:
            node: Any node; one without ``$ref`` is returned as it is.
            pointer: The node's own pointer, returned when it is not a reference.

        Returns:
            The node meant and its pointer; an empty object where a chain is circular or dangles.
        """
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(ref := node.get("$ref"), str):
            if ref in seen or not ref.startswith("#"):
                return {}, pointer
            seen.add(ref)
            pointer = from_fragment(ref[1:])
            node = evaluate(self.root, pointer)
            if node is MISSING:
                return {}, pointer
        return node, pointer

"""Checks of a document that generating it does not need: its extensions against their schemas."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specloom import schemas
from specloom.diagnostics import Diagnostics, Severity
from specloom.spec.pointer import child
from specloom.spec.source import Source, read_bytes

__all__ = ["lint_extensions"]


def lint_extensions(path: Path, diagnostics: Diagnostics) -> int:
    """Check every extension of a document that Specloom has a schema for.

    Args:
        path: The document, as its author wrote it.
        diagnostics: Receives what does not fit.

    Returns:
        How many values of extensions were checked.

    Raises:
        SpecError: The file cannot be read.
    """
    source = Source(str(path), read_bytes(path))
    known = {name for name in schemas.names() if name.startswith("x-")}
    checked = 0
    queue: list[tuple[Any, str]] = [(source.parse(Diagnostics()), "")]
    while queue:
        node, pointer = queue.pop()
        if isinstance(node, dict):
            for key in sorted(known & node.keys()):
                checked += 1
                _check(source, key, node[key], child(pointer, key), diagnostics)
        members: Iterable[tuple[str | int, Any]] = ()
        if isinstance(node, (dict, list)):
            members = node.items() if isinstance(node, dict) else enumerate(node)
        queue.extend(
            (value, child(pointer, key))
            for key, value in members
            if isinstance(value, (dict, list))
        )
    return checked


def _check(source: Source, name: str, value: Any, pointer: str, diagnostics: Diagnostics) -> None:
    for problem in schemas.violations(name, value):
        diagnostics.add(
            Severity.ERROR,
            "bad-extension",
            f"{name}: {problem.message}",
            pointer=pointer + problem.pointer,
            locate=source.position,
            consequence="the extension has no effect, or another one than is meant",
            hint=problem.hint or f"see the schema {name}.schema.json",
        )

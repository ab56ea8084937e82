"""Changes as JSON values, as lines for a reader, and as a section for a changelog."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from specloom.diagnostics import Locator
from specloom.diff.changes import Change, Level, bump, next_version

__all__ = ["lines", "markdown", "values"]

_DOCUMENTATION = "documentation-changed"
_HEADINGS = {Level.BREAKING: "Breaking changes", Level.FEATURE: "Added", Level.FIX: "Fixed"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def values(
    changes: Sequence[Change], version: str, old: tuple[str, Locator], new: tuple[str, Locator]
) -> dict[str, Any]:
    """Return the report of ``diff --json``.

    Args:
        changes: What :func:`specloom.diff.compare` found.
        version: The version of the SDKs as they are.
        old, new: Each document's path, and the function that finds a pointer's position.
    """
    part = bump(changes)
    return {
        "old": old[0],
        "new": new[0],
        "bump": part,
        "version": version,
        "next_version": next_version(version, part),
        "counts": {
            level.value: sum(change.level is level for change in changes) for level in Level
        },
        "changes": [
            {
                "level": change.level.value,
                "kind": change.kind,
                "subject": change.subject,
                "message": change.message,
                "why": change.why,
                "old": _place(change.old, old[1]),
                "new": _place(change.new, new[1]),
                "hint": change.hint or None,
            }
            for change in changes
        ],
    }


def _place(pointer: str | None, locate: Locator) -> dict[str, Any] | None:
    if pointer is None:
        return None
    found = locate(pointer)
    return {
        "pointer": pointer,
        "file": found.file,
        "line": found.line,
        "column": found.column,
    }


def lines(
    changes: Sequence[Change], version: str, old: tuple[str, Locator], new: tuple[str, Locator]
) -> list[str]:
    """Return the report for a reader: each change with its reason and places, then a summary."""
    out: list[str] = []
    for change in changes:
        if change.kind == _DOCUMENTATION:
            continue
        out.append(
            _printable(f"{change.level.value}: {change.subject}: {change.message} [{change.kind}]")
        )
        out.append(f"    {_printable(change.why)}")
        for name, pointer, (_, locate) in (("old", change.old, old), ("new", change.new, new)):
            if pointer is not None:
                out.append(f"    {name}: {locate(pointer)}: {_printable(pointer)}")
        if change.hint:
            out.append(f"    hint: {_printable(change.hint)}")
    documented = sum(change.kind == _DOCUMENTATION for change in changes)
    if documented:
        out.append(
            f"fix: documentation of {_counted(documented, 'method or type')} [{_DOCUMENTATION}]"
        )
    return [*out, _summary(changes, version)]


def _summary(changes: Sequence[Change], version: str) -> str:
    part = bump(changes)
    if part == "none":
        return "the surface is the same: no new version is needed"
    counts = ", ".join(
        f"{sum(change.level is level for change in changes)} {level.value}" for level in Level
    )
    following = next_version(version, part)
    suggested = f": {version} -> {following}" if following is not None else ""
    return f"{counts}; suggested bump: {part}{suggested}"


def markdown(changes: Sequence[Change]) -> str:
    """Return the changes as sections of a changelog (Keep a Changelog), gravest first."""
    sections: list[str] = []
    for title, chosen in _sections(changes):
        if chosen:
            sections.append("\n".join([f"### {title}", "", *map(_item, chosen)]))
    return "\n\n".join(sections)


def _sections(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    told = [change for change in changes if change.kind != _DOCUMENTATION]

    def chosen(
        level: Level, wanted: Callable[[Change], bool] = lambda change: True
    ) -> list[Change]:
        return [change for change in told if change.level is level and wanted(change)]

    yield _HEADINGS[Level.BREAKING], chosen(Level.BREAKING)
    yield _HEADINGS[Level.FEATURE], chosen(Level.FEATURE, lambda change: not _deprecates(change))
    yield "Deprecated", chosen(Level.FEATURE, _deprecates)
    yield _HEADINGS[Level.FIX], chosen(Level.FIX)


def _deprecates(change: Change) -> bool:
    return change.kind.endswith("deprecated")


def _item(change: Change) -> str:
    text = f"* `{_code(change.subject)}`: {_escaped(change.message)}"
    return f"{text}; {_escaped(change.why)}." if change.level is Level.BREAKING else f"{text}."


def _code(text: str) -> str:
    return _printable(text).replace("`", "'")


def _escaped(text: str) -> str:
    """Keep document text from becoming markup."""
    return _SPECIAL.sub(r"\\\1", _printable(text))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _printable(text: str) -> str:
    """Document text for a terminal: control characters become escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

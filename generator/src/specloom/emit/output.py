"""Generated files on disk: written whole or not at all, and never over anybody's own.

What was generated is listed in ``.specloom-manifest.json`` with its hashes. Files of the former
manifest that are not generated any more are removed; files that no manifest lists are not touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["MANIFEST", "Changes", "OutputError", "compare", "write"]

MANIFEST = ".specloom-manifest.json"
_FORMAT = 1


class OutputError(Exception):
    """Files that cannot be written where they should stand."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How generated files differ from those on disk. Paths are relative, sorted, with slashes.

    Attributes:
        missing: Generated, but not on disk.
        changed: On disk with another content.
        stale: On disk and generated once, but not any more.
    """

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.stale)

    def lines(self) -> list[str]:
        """One line a file, for a reader."""
        return [
            f"{kind}: {path}"
            for kind, paths in (
                ("missing", self.missing),
                ("changed", self.changed),
                ("stale", self.stale),
            )
            for path in paths
        ]


def compare(files: Mapping[str, bytes], out: Path) -> Changes:
    """Say what :func:`write` would change, without writing.

    Args:
        files: Content by path relative to ``out``.
        out: The folder; it need not exist.

    Raises:
        OutputError: If a path leaves the folder, or the manifest cannot be read.
    """
    wanted = _with_manifest(files)
    former = _former(out)
    missing, changed = [], []
    for path, content in wanted.items():
        target = _inside(out, path)
        if not target.is_file():
            missing.append(path)
        elif target.read_bytes() != content:
            changed.append(path)
    stale = [path for path in former if path not in wanted and _inside(out, path).is_file()]
    return Changes(tuple(sorted(missing)), tuple(sorted(changed)), tuple(sorted(stale)))


def write(
    files: Mapping[str, bytes], out: Path, *, once: Mapping[str, bytes] | None = None
) -> Changes:
    """Make the folder hold the generated files.

    All content is first written to a temporary sibling folder, so that a full disk or an
    interruption leaves the old files whole; each file is then moved into place.

    Args:
        files: Content by path relative to ``out``.
        out: The folder, made when missing.
        once: Files for a user to keep and change: written only where there is none, not listed.

    Returns:
        What was changed.

    Raises:
        OutputError: If a path leaves the folder, or a file that no manifest lists is in the way.
    """
    changes = compare(files, out)
    wanted = _with_manifest(files)
    former = _former(out)
    _refuse_clashes(changes, former, wanted, out)
    kept = {path: content for path, content in (once or {}).items() if path not in wanted}
    first = {path: content for path, content in kept.items() if not _present(out, path)}
    todo = [path for path in (*changes.missing, *changes.changed) if path != MANIFEST]
    content_by_path = {**wanted, **first}
    out.parent.mkdir(parents=True, exist_ok=True)
    if changes or first:
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            # the manifest moves last: after an interruption it still tells what is generated
            order = [*sorted(first), *todo, MANIFEST]
            for number, path in enumerate(order):
                (stage / str(number)).write_bytes(content_by_path[path])
            out.mkdir(exist_ok=True)
            for number, path in enumerate(order):
                target = _inside(out, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                (stage / str(number)).replace(target)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    for path in changes.stale:
        _inside(out, path).unlink()
    _remove_empty_folders((_inside(out, path).parent for path in changes.stale), out)
    return changes


def _with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    if MANIFEST in files:
        raise OutputError(f"{MANIFEST} is the manifest's own name")
    hashes = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    manifest = json.dumps({"format": _FORMAT, "files": hashes}, indent=1, ensure_ascii=False)
    return {**{path: files[path] for path in sorted(files)}, MANIFEST: f"{manifest}\n".encode()}


def _former(out: Path) -> dict[str, str]:
    """Path -> hash of the manifest on disk; empty when there is none."""
    path = out / MANIFEST
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_bytes())
        files = document["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutputError(
            f"{path} is not a manifest of Specloom: restore it, or remove the generated files"
        ) from None


def _refuse_clashes(
    changes: Changes, former: Mapping[str, str], wanted: Mapping[str, bytes], out: Path
) -> None:
    clashes = [path for path in changes.changed if path not in former and path != MANIFEST]
    for path in wanted:
        target = _inside(out, path)
        if target.is_dir():
            clashes.append(path)
        for parent in target.relative_to(out).parents:
            if (out / parent).exists() and not (out / parent).is_dir():
                clashes.append(parent.as_posix())
    if clashes:
        named = ", ".join(sorted(set(clashes)))
        raise OutputError(
            f"not generated by Specloom, and in the way of its output: {named}"
            f" (in {out}); move or rename it"
        )


def _present(out: Path, path: str) -> bool:
    target = _inside(out, path)
    return target.exists() or target.is_symlink()


def _inside(out: Path, path: str) -> Path:
    """The file of a relative path, provided that it stands inside ``out``.

    Raises:
        OutputError: For an absolute path, ``..``, or a symbolic link on the way.
    """
    pure = PurePosixPath(path)
    parts = pure.parts
    if not parts or pure.is_absolute() or ".." in parts or "\\" in path or "\0" in path:
        raise OutputError(f"{path!r} is no path inside the output folder")
    if os.name == "nt" and (":" in path):
        raise OutputError(f"{path!r} is no path inside the output folder")
    target = out
    for part in parts:
        target = target / part
        if target.is_symlink():
            raise OutputError(f"{target} is a symbolic link; the output must stand in {out} itself")
    return target


def _remove_empty_folders(folders: Iterable[Path], out: Path) -> None:
    for folder in sorted(set(folders), key=lambda path: len(path.parts), reverse=True):
        current = folder
        while current != out and current.is_dir():
            leftovers = list(current.iterdir())
            if [entry for entry in leftovers if entry.name != "__pycache__"]:
                break
            for entry in leftovers:
                shutil.rmtree(entry)
            current.rmdir()
            current = current.parent

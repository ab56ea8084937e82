"""Generated files on disk: written whole or not at all, and never over anybody's own.

What was generated is listed in ``.specloom-manifest.json`` with its hashes. Files of the former
manifest that are not generated any more are removed; files that no manifest lists are not touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MANIFEST", "Changes", "OutputError", "compare", "write"]

MANIFEST = ".specloom-manifest.json"
_FORMAT = 1
_DOTS = frozenset({"", ".", ".."})
_FORBIDDEN = re.compile(r"[\\\0]|^[A-Za-z]:")
_STAGE, _LAST = "stage", "last"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_FILE_MODE = 0o666


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
    return _compare(_with_manifest(files), _former(out), _Folder(out))


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
    folder = _Folder(out)
    wanted, former = _with_manifest(files), _former(out)
    changes = _compare(wanted, former, folder)
    _refuse_clashes(changes, former, wanted, folder)
    first = {
        path: content
        for path, content in (once or {}).items()
        if path not in wanted and not Path(folder.place(path)).exists()
    }
    if changes or first:
        todo = [path for path in (*changes.missing, *changes.changed) if path != MANIFEST]
        # while files move, the manifest lists old and new ones: an interruption leaves no orphans
        both = _manifest({**former, **json.loads(wanted[MANIFEST])["files"]})
        moves = [(MANIFEST, both), *first.items(), *((path, wanted[path]) for path in todo)]
        _move([*moves, (MANIFEST, wanted[MANIFEST])], out, folder)
    for path in changes.stale:
        Path(folder.place(path)).unlink()
    _remove_empty_folders((Path(folder.place(path)).parent for path in changes.stale), out)
    return changes


def _move(moves: list[tuple[str, bytes]], out: Path, folder: _Folder) -> None:
    """Write everything aside, then move it into place: a folder that is new there as a whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent)
    stage = f"{aside}/{_STAGE}"
    last, content = moves.pop()
    try:
        staged = _Folder(Path(stage))
        made: set[str] = set()
        for path, data in moves:
            target = staged.place(path)
            parent = target.rpartition("/")[0]
            if parent not in made:
                Path(parent).mkdir(parents=True, exist_ok=True)
                made.add(parent)
            _create(target, data)
        final = f"{aside}/{_LAST}"
        _create(final, content)
        if folder.is_new():
            os.replace(final, staged.place(last))  # noqa: PTH105 - as below
            Path(stage).rename(out)
            return
        wholes = {path: folder.new_part(path.rpartition("/")[0]) for path, _ in moves}
        for path, whole in wholes.items():
            if whole is None:
                os.replace(f"{stage}/{path}", folder.place(path))  # noqa: PTH105 - thousands of them
        for whole in dict.fromkeys(wholes.values()):
            if whole is not None:
                Path(f"{stage}/{whole}").rename(folder.place(whole))
        os.replace(final, folder.place(last))  # noqa: PTH105
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _create(path: str, content: bytes) -> None:
    """Write a new file, with as few calls of the system as it takes: there are thousands."""
    descriptor = os.open(path, _CREATE, _FILE_MODE)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _compare(wanted: Mapping[str, bytes], former: Mapping[str, str], folder: _Folder) -> Changes:
    missing, changed = [], []
    for path, content in wanted.items():
        found = folder.read(path)
        if found is None:
            missing.append(path)
        elif found != content:
            changed.append(path)
    stale = [path for path in former if path not in wanted and folder.read(path) is not None]
    return Changes(tuple(sorted(missing)), tuple(sorted(changed)), tuple(sorted(stale)))


def _with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    if MANIFEST in files:
        raise OutputError(f"{MANIFEST} is the manifest's own name")
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return {**{path: files[path] for path in sorted(files)}, MANIFEST: _manifest(hashes)}


def _manifest(hashes: Mapping[str, str]) -> bytes:
    listed = {path: hashes[path] for path in sorted(hashes)}
    text = json.dumps({"format": _FORMAT, "files": listed}, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def _former(out: Path) -> dict[str, str]:
    """Path -> hash of the manifest on disk; empty when there is none."""
    path = out / MANIFEST
    if not path.is_file():
        return {}
    try:
        files = json.loads(path.read_bytes())["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutputError(
            f"{path} is not a manifest of Specloom: restore it, or remove the generated files"
        ) from None


def _refuse_clashes(
    changes: Changes, former: Mapping[str, str], wanted: Mapping[str, bytes], folder: _Folder
) -> None:
    """Refuse to write over what is not Specloom's own."""
    clashes = {path for path in changes.changed if path not in former and path != MANIFEST}
    parents: set[str] = set()
    for path in changes.missing:
        if not folder.is_absent(path) and Path(folder.place(path)).exists():
            clashes.add(path)  # a folder of that name
        while path := path.rpartition("/")[0]:
            parents.add(path)
    for path in parents:
        place = Path(folder.place(path))
        if place.exists() and not place.is_dir():
            clashes.add(path)
    clashes |= parents & wanted.keys()
    if clashes:
        raise OutputError(
            f"not generated by Specloom, and in the way of its output: {', '.join(sorted(clashes))}"
            f" (in {folder.root}); move or rename it"
        )


class _Folder:
    """The output folder: knows where each file stands, and that none stands elsewhere."""

    def __init__(self, out: Path) -> None:
        self.root = os.fspath(out)
        self._sound: set[str] = {""}
        self._absent: dict[str, str] = {}  # parent -> the uppermost folder that is not there

    def is_new(self) -> bool:
        """Whether the folder is not there."""
        return not os.path.lexists(self.root)

    def is_absent(self, path: str) -> bool:
        """Whether a file cannot be there, since its folder was not when it was first asked for."""
        self.place(path)
        return path.rpartition("/")[0] in self._absent

    def new_part(self, parent: str) -> str | None:
        """The uppermost folder on the way to ``parent`` that was not there; None without one."""
        return self._absent.get(parent)

    def place(self, path: str) -> str:
        """The file of a relative path.

        Raises:
            OutputError: For an absolute path, ``..``, or a symbolic link on the way.
        """
        parts = path.split("/")
        if not _DOTS.isdisjoint(parts) or _FORBIDDEN.search(path):
            raise OutputError(f"{path!r} is no path inside the output folder")
        parent = path.rpartition("/")[0]
        if parent not in self._sound:
            for number in range(1, len(parts)):
                above = self._refuse_link("/".join(parts[:number]))
                if not os.path.lexists(above):
                    self._absent[parent] = "/".join(parts[:number])
                    break
            self._sound.add(parent)
        return f"{self.root}/{path}" if parent in self._absent else self._refuse_link(path)

    def _refuse_link(self, path: str) -> str:
        place = f"{self.root}/{path}"
        if os.path.islink(place):  # noqa: PTH114 - thousands of them
            raise OutputError(
                f"{place} is a symbolic link; the output must stand in {self.root} itself"
            )
        return place

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""
        place = self.place(path)
        if path.rpartition("/")[0] in self._absent:
            return None
        try:
            with open(place, "rb") as file:  # noqa: PTH123 - thousands of them
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


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

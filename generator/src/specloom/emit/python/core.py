"""The hand-written core that every Python SDK carries."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import specloom

__all__ = ["Requirements", "core_files", "core_folder", "core_requirements"]

_GENERATED = frozenset({"__init__.py", "_brand.py", "client.py", "webhook_events.py"})
"""Modules beside ``_core`` that are printed; the others there are hand-written and copied."""

_PACKAGE = Path(specloom.__file__).resolve().parent
_SOURCE_TREE = _PACKAGE.parents[2] / "python-sdk" / "src" / "unistack"
_CARRIED = _PACKAGE / "cores" / "python"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the core needs: requirement specifiers (PEP 508).

    Attributes:
        always: Those of every installation.
        extras: Those of each optional feature.
    """

    always: tuple[str, ...]
    extras: tuple[tuple[str, tuple[str, ...]], ...]


def core_folder() -> Path:
    """Where the core's source is: the SDK in the source tree, else what the wheel carries.

    Raises:
        FileNotFoundError: If the installation holds neither.
    """
    for folder in (_SOURCE_TREE, _CARRIED):
        if (folder / "_core").is_dir():
            return folder
    raise FileNotFoundError(
        f"this installation of Specloom carries no Python core ({_CARRIED}); install it again"
    )


def core_files(folder: Path) -> dict[str, bytes]:
    """The core's files by their path below the package."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "_core").rglob("*"))
        if path.is_file() and (path.suffix == ".py" or path.name == "LICENSE")
    }
    for path in sorted(folder.glob("*.py")):
        if path.name not in _GENERATED:
            files[path.name] = path.read_bytes()
    files["py.typed"] = b""
    return files


def core_requirements(folder: Path) -> Requirements:
    """Read the project file that belongs to the core: of the SDK, or carried beside the core."""
    own = folder / "pyproject.toml"
    path = own if own.is_file() else folder.parents[1] / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    return Requirements(
        tuple(project.get("dependencies", ())),
        tuple((name, tuple(texts)) for name, texts in sorted(extras.items())),
    )

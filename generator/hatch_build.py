"""Carries the hand-written cores into the sdist, and from there into the wheel.

In the source tree a core is part of its SDK (``python-sdk/src/unistack``). The sdist holds a copy
below ``specloom/cores``, so that a wheel built from the sdist alone is complete.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["CoresHook"]

_PRINTED = frozenset({"__init__.py", "_brand.py", "client.py", "webhook_events.py"})
"""Modules of the SDK that Specloom prints: no part of the core."""


class CoresHook(BuildHookInterface):  # type: ignore[type-arg]
    """Copies the Python core before anything is packed; an sdist brings its copy along."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copy the core, unless this is an editable installation, which reads it in place."""
        sdk = Path(self.root).parent / "python-sdk"
        if version == "editable" or not (sdk / "src" / "unistack" / "_core").is_dir():
            return
        target = Path(self.root) / "src" / "specloom" / "cores" / "python"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(
            sdk / "src" / "unistack" / "_core",
            target / "_core",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        for path in sorted((sdk / "src" / "unistack").glob("*.py")):
            if path.name not in _PRINTED:
                shutil.copyfile(path, target / path.name)
        shutil.copyfile(sdk / "pyproject.toml", target / "pyproject.toml")

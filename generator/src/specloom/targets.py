"""The targets: which emitter makes which SDK. Emitters are imported when they are asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from specloom.config import Config
from specloom.fidelity import Ledger
from specloom.ir.lock import FILE_NAME, NameLock, lock_of, parse_lock, render_lock
from specloom.ir.model import Api

if TYPE_CHECKING:
    from specloom.emit.output import Changes

__all__ = ["TARGETS", "Produced", "account", "produce", "read_lock"]

TARGETS = {
    "python": "specloom.emit.python.emitter",
    "python-functional": "specloom.emit.python_functional",
}
"""Target -> the module with its ``emit(api, config, ledger)``, and a ``generate`` of its own where
more than the emitted files is to be written."""


@dataclass(frozen=True, slots=True)
class Produced:
    """What a target made: where, how many files, and how they differ from those on disk."""

    target: str
    out: Path
    files: int
    changes: Changes


def produce(
    target: str, api: Api, config: Config, ledger: Ledger, out: Path, *, check_only: bool
) -> Produced:
    """Emit a target and write its files, or only compare them with those on disk.

    Args:
        target: A key of :data:`TARGETS`.
        api: The API.
        config: Its configuration.
        ledger: Receives what the target's language cannot say.
        out: The SDK's folder.
        check_only: Compare, write nothing.

    Raises:
        OutputError: A file that nobody generated stands in the way.
    """
    from specloom.emit.output import MANIFEST, compare, write

    lock = render_lock(lock_of(api))
    lock_file = out / FILE_NAME
    locked = lock_file.is_file() and lock_file.read_bytes() == lock
    module = import_module(TARGETS[target])
    if hasattr(module, "generate"):
        changes = module.generate(api, config, ledger, out, check_only=check_only)
    else:
        files = module.emit(api, config, ledger)
        changes = compare(files, out) if check_only else write(files, out)
    if not locked:
        if check_only:
            missing = () if lock_file.is_file() else (FILE_NAME,)
            changed = () if missing else (FILE_NAME,)
            changes = replace(
                changes,
                missing=(*changes.missing, *missing),
                changed=(*changes.changed, *changed),
            )
        else:
            lock_file.write_bytes(lock)
    manifest = out / MANIFEST
    listed = json.loads(manifest.read_bytes()).get("files", ()) if manifest.is_file() else ()
    return Produced(target, out, len(listed), changes)


def read_lock(out: Path) -> NameLock:
    """Return the names that an SDK's folder keeps; none where it has no lock.

    Raises:
        LockError: The lock cannot be read.
    """
    path = out / FILE_NAME
    return parse_lock(path.read_bytes()) if path.is_file() else NameLock()


def account(target: str, api: Api, config: Config, ledger: Ledger) -> None:
    """Emit a target only to learn what its language cannot say."""
    import_module(TARGETS[target]).emit(api, config, ledger)

"""The check of every printed module, shared with a second process where there are thousands.

Parsing is a quarter of the work on a document of many megabytes, and no module's verdict depends
on another's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Mapping

from specloom.emit.python.check import check

__all__ = ["MANY", "check_all"]

MANY = 1_000
"""Modules from which on a second process is worth its start."""

_FREE = frozenset(("callback_events.py", "webhook_events.py"))
"""Modules that have functions of their own, as packages have: the templates' text."""


def check_all(modules: Mapping[str, str], classes: Collection[str], many: int = MANY) -> None:
    """Refuse any module that holds unexpected syntax.

    Args:
        modules: Texts by path.
        classes: Classes of the package that its methods may call.
        many: How many modules are shared with another process.

    Raises:
        UnexpectedSyntaxError: Naming file and line.
    """
    paths = list(modules)
    child = _second_process() if len(paths) >= many else None
    theirs = [] if child is None else paths[::2]
    if child == 0:
        refused = 1
        try:
            _check(theirs, modules, classes)
            refused = 0
        finally:  # nothing of this process goes on: neither its buffers nor its exit handlers
            os._exit(refused)
    try:
        _check(paths if child is None else paths[1::2], modules, classes)
    finally:
        refused = 0 if child is None else os.waitpid(child, 0)[1]
    if refused:
        _check(theirs, modules, classes)  # to say which, or since the other process could not


def _second_process() -> int | None:
    """Fork; None where that cannot be done, or is not safe."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return None
    try:
        return os.fork()
    except OSError:  # no memory, or no process more
        return None


def _check(paths: Iterable[str], modules: Mapping[str, str], classes: Collection[str]) -> None:
    for path in paths:
        free = path in _FREE or path.endswith("__init__.py")
        check(path, modules[path], classes=classes, free=free)

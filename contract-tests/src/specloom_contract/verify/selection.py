"""Which operations a run may call: ``--include`` and ``--exclude``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from .plan import Endpoint

__all__ = ["SelectionError", "exclusions"]


class SelectionError(ValueError):
    """A pattern that no operation matches: a slip of the pen would test nothing."""


def exclusions(
    endpoints: Iterable[Endpoint], include: Sequence[str], exclude: Sequence[str]
) -> Mapping[str, str]:
    """Why operations may not be called, by id.

    Args:
        include, exclude: Operation ids or globs of paths (``/users*``, ``GET /admin/*``). With
            ``include`` only what matches one of them is called; ``exclude`` wins.

    Raises:
        SelectionError: A pattern matches nothing.
    """
    known = list(endpoints)
    for pattern in (*include, *exclude):
        if not any(_matches(endpoint, pattern) for endpoint in known):
            raise SelectionError(f"no operation id or path matches {pattern!r}")
    found = {}
    for endpoint in known:
        if any(_matches(endpoint, pattern) for pattern in exclude):
            found[endpoint.id] = "left out by --exclude"
        elif include and not any(_matches(endpoint, pattern) for pattern in include):
            found[endpoint.id] = "not among --include"
    return found


def _matches(endpoint: Endpoint, pattern: str) -> bool:
    names = (endpoint.id, endpoint.path, endpoint.label)
    return any(fnmatchcase(name, pattern) for name in names)

"""Time limits of an attempt's phases, with httpx's meanings."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

__all__ = ["HasPhases", "Phases", "TimeoutTypes", "capped", "phases"]


class HasPhases(Protocol):
    """What `httpx.Timeout` (and httpx2's) offers."""

    def as_dict(self) -> dict[str, float | None]:
        """Seconds by phase: connect, read, write, pool."""
        ...


TimeoutTypes: TypeAlias = "float | HasPhases | None"
Phases: TypeAlias = dict[str, float | None]


def phases(timeout: Any) -> Phases:
    """Spell out a timeout.

    Args:
        timeout: Seconds for every phase, an `httpx.Timeout`, or None for no limit.

    Returns:
        Seconds by phase (connect, read, write, pool); None is no limit.
    """
    if timeout is None or isinstance(timeout, int | float):
        return {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout}
    return dict(timeout.as_dict())


def capped(limits: Phases, left: float) -> Phases:
    """Cap every phase at the time left before a deadline, in seconds."""
    return {phase: left if limit is None else min(limit, left) for phase, limit in limits.items()}

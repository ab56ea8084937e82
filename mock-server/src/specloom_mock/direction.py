"""Which way a value travels."""

from __future__ import annotations

import enum

__all__ = ["Direction"]


class Direction(enum.Enum):
    """Which way a value travels; the value is the keyword that excludes properties."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"

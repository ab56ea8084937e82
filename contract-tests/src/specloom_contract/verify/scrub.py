"""The last gate before a report: no secret in any text of it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["scrub"]

T = TypeVar("T")


def scrub(value: T, hide: Callable[[str], str]) -> T:
    """A copy of a value in which every text has passed through ``hide``.

    Args:
        value: A report, or a part of one.
        hide: Replaces secrets.
    """
    made: Any = value
    if isinstance(value, str):
        made = hide(value)
    elif isinstance(value, tuple):
        made = tuple(scrub(part, hide) for part in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, (type, enum.Enum)):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        made = dataclasses.replace(value, **{n: scrub(part, hide) for n, part in fields.items()})
    found: T = made
    return found

"""A change of an SDK's surface, how much it matters, and the version that follows from all."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Change", "Level", "bump", "next_version"]

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)")


class Level(enum.Enum):
    """What a change asks of an SDK's users, the gravest first."""

    BREAKING = "breaking"  # a program that worked may fail, or its type check may
    FEATURE = "feature"  # something new that nobody has to use
    FIX = "fix"  # the same calls, sent or documented better


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        level: How much it matters.
        kind: A stable kebab-case name of the kind of change, for filters and tests.
        subject: The method, type, field or event, as words joined by dots: ``pets.list``.
        message: What is different, without the subject.
        why: What that does to a program that uses the SDK.
        old, new: JSON pointers into the two documents; None where there is nothing.
        hint: How the old name or behaviour can be kept.
    """

    level: Level
    kind: str
    subject: str
    message: str
    why: str
    old: str | None = None
    new: str | None = None
    hint: str = ""


def bump(changes: Iterable[Change]) -> str:
    """Return the part of the version to raise: ``major``, ``minor``, ``patch`` or ``none``."""
    levels = {change.level for change in changes}
    if Level.BREAKING in levels:
        return "major"
    if Level.FEATURE in levels:
        return "minor"
    return "patch" if levels else "none"


def next_version(version: str, part: str) -> str | None:
    """Return the version after a bump (SemVer 2.0.0), None where the version is no such one.

    Before 1.0 the second number says what breaks, so ``major`` and ``minor`` raise it.
    """
    match = _VERSION.match(version)
    if match is None:
        return None
    major, minor, patch = map(int, match.groups())
    if part == "none":
        return f"{major}.{minor}.{patch}"
    if part == "patch":
        return f"{major}.{minor}.{patch + 1}"
    if part == "minor" or major == 0:
        return f"{major}.{minor + 1}.0"
    return f"{major + 1}.0.0"

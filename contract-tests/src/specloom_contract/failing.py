"""Scenarios that a language is known not to pass yet, each with its reason."""

from __future__ import annotations

from pathlib import Path

from .places import KNOWN_FAILING

__all__ = ["known_failing"]


def known_failing(language: str, folder: Path = KNOWN_FAILING) -> dict[str, str]:
    """Reasons by scenario id.

    Raises:
        ValueError: A line has no reason, or an id stands there twice.
    """
    file = folder / f"{language}.txt"
    reasons: dict[str, str] = {}
    if not file.is_file():
        return reasons
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, colon, reason = text.partition(":")
        if not colon or not reason.strip() or name in reasons:
            raise ValueError(f"{file}:{number}: expected `<scenario id>: <reason>`, once each")
        reasons[name.strip()] = reason.strip()
    return reasons

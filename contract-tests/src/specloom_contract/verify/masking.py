"""Secrets that a server hands out: shown in no report."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["masked"]

_SECRET: Final = re.compile(
    r'("[^"]*(?:token|secret|password|api_?key|credential|session_?id|authorization)[^"]*"\s*:\s*)"'
    r'(?:[^"\\]|\\.)*"',
    re.IGNORECASE,
)
_SHAPED: Final = re.compile(
    r"\b(?:sk|pk|whsec|ghp|xox[bp])_[A-Za-z0-9_]{12,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+"
)


def masked(text: str) -> str:
    """The text of a body with the values of members that are called like secrets replaced.

    Args:
        text: JSON, or what should have been JSON: it is not parsed, so that broken bodies are
            treated alike.
    """
    return _SHAPED.sub("***", _SECRET.sub(r'\1"***"', text))

"""stainless.yml, read as it is: parsed strictly, its edits applied, bound to a document."""

from __future__ import annotations

from typing import Any

__all__ = ["is_stainless"]


def is_stainless(name: str, root: Any) -> bool:
    """Tell a stainless.yml by its name or, under any name, by what it holds."""
    if not isinstance(root, dict) or "specloom" in root:
        return False
    named = name.endswith(("stainless.yml", "stainless.yaml", "stainless.json"))
    return named or ("resources" in root and "organization" in root)

"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

__all__ = ["MISSING", "child", "escape", "evaluate", "from_fragment", "split", "unescape"]

MISSING: Any = object()
"""What :func:`evaluate` returns where a pointer leads nowhere."""


def escape(key: str) -> str:
    """Return a reference token for a key."""
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key


def unescape(token: str) -> str:
    """Return the key that a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def child(pointer: str, *keys: str | int) -> str:
    """Return the pointer of a descendant."""
    return pointer + "".join("/" + escape(str(key)) for key in keys)


def split(pointer: str) -> list[str]:
    """Return the keys of a pointer; the root's is the empty list."""
    return [unescape(token) for token in pointer.split("/")[1:]]


def from_fragment(fragment: str) -> str:
    """Return the pointer in a URI fragment (percent-decoded)."""
    return unquote(fragment) if "%" in fragment else fragment


def evaluate(root: Any, pointer: str) -> Any:
    """Return the node at a pointer, or :data:`MISSING`."""
    node = root
    for key in split(pointer):
        if isinstance(node, dict):
            node = node.get(key, MISSING)
        elif isinstance(node, list) and key.isascii() and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return MISSING
        if node is MISSING:
            return MISSING
    return node

"""The document as the mock shows it: with its own address in the place of the servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from specloom_mock.routing import server_path

__all__ = ["encode_any", "served_document"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def encode_any(value: Any) -> bytes:
    """JSON of a value that may have integers beyond 64 bits, as documents give them as limits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def served_document(root: Mapping[str, Any], origin: str, title: str) -> dict[str, Any]:
    """A copy of a document whose every ``servers`` leads to the mock, under the same base paths.

    Args:
        root: The document.
        origin: Scheme, host, port and the session's prefix.
        title: What the mock is called among the servers.
    """
    shown = {**root, "servers": list(_local(root.get("servers") or [{}], origin, title))}
    shown["paths"] = {
        path: _item(item, origin, title) for path, item in (root.get("paths") or {}).items()
    }
    return shown


def _local(servers: Any, origin: str, title: str) -> Iterator[dict[str, str]]:
    """One server for each base path, in order."""
    seen: set[str] = set()
    for server in servers if isinstance(servers, list) else ():
        variables = server.get("variables") or {}
        defaults = [(name, str(node.get("default", ""))) for name, node in variables.items()]
        base = server_path(str(server.get("url", "")), defaults)
        if base not in seen:
            seen.add(base)
            yield {"url": origin + base, "description": title}


def _item(item: Any, origin: str, title: str) -> Any:
    """A path item, its own servers and its operations' replaced."""
    if not isinstance(item, dict):
        return item
    changed = dict(item)
    for name in _METHODS:
        if isinstance(item.get(name), dict) and "servers" in item[name]:
            servers = list(_local(item[name]["servers"], origin, title))
            changed[name] = {**item[name], "servers": servers}
    if "servers" in item:
        changed["servers"] = list(_local(item["servers"], origin, title))
    return changed

"""Changing a genuine answer as a ``patch`` fault says."""

from __future__ import annotations

from typing import Any

from specloom_mock.faults import Fault
from specloom_mock.message import Response
from specloom_mock.schemas import pointer_parts

__all__ = ["patch_response", "remove_at", "set_at"]


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def set_at(root: Any, pointer: str, value: Any) -> Any:
    """Set the value at a JSON pointer; ``-`` appends, missing objects are made. The new root."""
    parts = pointer_parts(pointer)
    if not parts:
        return value
    node = root
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if isinstance(node, list):
            position = len(node) if part == "-" else int(part) if part.isdecimal() else len(node)
            if position >= len(node):
                node.append(value if last else {})
                position = len(node) - 1
            elif last:
                node[position] = value
            node = node[position]
        elif isinstance(node, dict):
            if last:
                node[part] = value
            elif not isinstance(node.get(part), (dict, list)):
                node[part] = {}
            node = node[part]
    return root


def remove_at(root: Any, pointer: str) -> None:
    """Remove what stands at a JSON pointer; nothing happens when nothing does."""
    *above, last = pointer_parts(pointer) or [""]
    node = root
    for part in above:
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return
    if isinstance(node, dict):
        node.pop(last, None)
    elif isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        del node[int(last)]


def patch_response(response: Response, fault: Fault) -> None:
    """Apply a patch to a response that is not encoded yet."""
    params = fault.params
    changes, removals = params.get("set") or {}, params.get("remove") or []
    if (changes or removals) and response.stream is None:
        value = _copied(response.value)
        for pointer, change in changes.items():
            value = set_at(value, pointer, change)
        for pointer in removals:
            remove_at(value, pointer)
        response.value = value
        response.checked = response.conforms = False
        response.keep = None
        response.headers.pop("ETag", None)
    for name, text in (params.get("headers") or {}).items():
        for present in [key for key in response.headers if key.lower() == name.lower()]:
            del response.headers[present]
        if name.lower() == "content-type" and text is not None:
            response.media_type = text
        elif text is not None:
            response.headers[name] = text

"""Request bodies in the media types that documents declare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

__all__ = ["encode"]

_BOUNDARY: Final = "specloom-verify-boundary"


def encode(media_type: str, value: Any) -> tuple[str, bytes] | None:
    """A value as (Content-Type, bytes); None for a media type that this cannot write."""
    name = media_type.partition(";")[0].strip().lower()
    if name == "application/json" or name.endswith("+json") or name in {"*/*", "application/*"}:
        sent = "application/json" if "*" in name else media_type
        return sent, json.dumps(value, ensure_ascii=False).encode()
    if name == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
        return media_type, urlencode({key: _plain(part) for key, part in value.items()}).encode()
    if name == "multipart/form-data" and isinstance(value, Mapping):
        parts = b"".join(_part(key, part) for key, part in value.items())
        return f"{name}; boundary={_BOUNDARY}", parts + f"--{_BOUNDARY}--\r\n".encode()
    if name.startswith("text/") or name == "application/octet-stream":
        return media_type, _plain(value).encode()
    return None


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _part(name: str, value: Any) -> bytes:
    """One part; what is called a file is sent as one (RFC 7578)."""
    shown = name.replace('"', "%22")
    is_file = name.lower() in {"file", "upload", "content", "attachment", "image"}
    filename = '; filename="verify.txt"\r\nContent-Type: text/plain' if is_file else ""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{shown}"{filename}\r\n\r\n'
    return head.encode() + _plain(value).encode() + b"\r\n"

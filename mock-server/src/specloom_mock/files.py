"""Files: what is said about their bytes, and the bytes of the seeded ones."""

from __future__ import annotations

import hashlib
from typing import Any

__all__ = ["file_facts", "sample_content"]


def file_facts(filename: str, media_type: str, data: bytes) -> dict[str, Any]:
    """What a resource may say about a file, by the words of the property's name."""
    digest = hashlib.sha256(data).hexdigest()
    return {
        "filename": filename,
        "file name": filename,
        "content type": media_type,
        "mime type": media_type,
        "media type": media_type,
        "size": len(data),
        "bytes": len(data),
        "file size": len(data),
        "sha 256": digest,
        "checksum": digest,
        "md 5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }


def sample_content(key: str) -> bytes:
    """The bytes of a seeded file."""
    line = f"Sample content of {key}.\n".encode()
    return line * 8

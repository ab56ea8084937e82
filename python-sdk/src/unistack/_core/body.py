"""Request bodies: encoded once for a call, before its first attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .absent import Omit
from .alias import to_wire
from .encoding import encode_query, scalar, wire_default
from .endpoint import Body, Param

__all__ = ["EncodedBody", "encode_body"]

_MEDIA_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "binary": "application/octet-stream",
    "text": "text/plain; charset=utf-8",
}


class EncodedBody:
    """A body, made once for all attempts.

    Attributes:
        content: The bytes; or, for a streamed body, what makes a new stream of them.
        media_type: Content-Type; None without a body.
        length: Number of bytes, None when it is not known before sending.
        repeatable: Whether it can be sent again; a pipe's bytes cannot.
    """

    __slots__ = ("content", "length", "media_type", "repeatable")

    def __init__(
        self,
        content: Any,
        media_type: str | None,
        length: int | None,
        repeatable: bool = True,
    ) -> None:
        self.content = content
        self.media_type = media_type
        self.length = length
        self.repeatable = repeatable


_NO_BODY = EncodedBody(b"", None, 0)


def encode_body(body: Body | None, value: Any, extra: Mapping[str, Any] | None) -> EncodedBody:
    """Encode a body.

    Args:
        body: How the operation writes it; None when the operation declares none (JSON then).
        value: Properties by wire name, or a body that is no object; `omit` is none.
        extra: Properties to add to an object, by wire name.

    Raises:
        TypeError: For a value that the body's kind cannot hold.
    """
    if isinstance(value, Omit):
        if not extra:
            return _NO_BODY
        value = {}
    body = body or Body()
    if isinstance(value, Mapping):
        value = to_wire({**value, **(extra or {})}, body.nested_aliases)
        if not value and not body.required:
            return _NO_BODY
    elif extra:
        raise TypeError("extra_body adds properties to an object, and this body is none")
    media_type = body.media_type or _MEDIA_TYPES.get(body.kind)
    if body.kind == "multipart":
        from .multipart import encode_multipart

        return encode_multipart(value, body.encodings)
    if body.kind == "json":
        wire = value if isinstance(value, Mapping) else to_wire(value, body.nested_aliases)
        content = _json_bytes(wire)
    elif body.kind == "form":
        params = {f.name: Param(f.name, f.style, f.explode) for f in body.encodings}
        content = encode_query(value, params).encode("ascii")
    elif body.kind == "text":
        content = scalar(value).encode("utf-8")
    elif isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
    else:
        from .upload_body import encode_upload

        return encode_upload(value, body.media_type)
    return EncodedBody(content, media_type, len(content))


def _json_bytes(value: Any) -> bytes:
    return json.dumps(
        value, default=wire_default, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")

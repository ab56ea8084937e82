"""`multipart/form-data` (RFC 7578), streamed: only one chunk of a file is in memory at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

import httpx

from .absent import Omit
from .body import EncodedBody
from .encoding import scalar, wire_default
from .endpoint import Field
from .files import Upload, is_file, upload

__all__ = ["MultipartStream", "encode_multipart"]

_JSON: Final = "application/json"
# Quotes and line breaks as browsers write them (WHATWG HTML, "multipart form data"), and alike
# what else could end the quoted name in some parser: a backslash, the other control characters.
_ESCAPES: Final = {code: f"%{code:02X}" for code in (*range(0x20), 0x7F, ord('"'), ord("\\"))}


class _Part:
    """One field: its head, and its bytes or a file."""

    __slots__ = ("content", "head")

    def __init__(
        self,
        name: str,
        content: bytes | Upload,
        media_type: str | None = None,
        filename: str | None = None,
    ) -> None:
        head = f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"'
        if filename is not None:
            head += f'; filename="{filename.translate(_ESCAPES)}"'
        if media_type is not None:
            if any(c in media_type for c in "\r\n\0"):
                raise ValueError(f"the media type of {name} cannot hold a line break")
            head += f"\r\nContent-Type: {media_type}"
        self.head = f"{head}\r\n\r\n".encode()
        self.content = content

    @property
    def size(self) -> int | None:
        """Number of bytes of head and content; None when only reading tells."""
        content = self.content.size if isinstance(self.content, Upload) else len(self.content)
        return None if content is None else len(self.head) + content


class MultipartStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of one attempt; iterated once, blocking or not."""

    def __init__(self, parts: Sequence[_Part], boundary: bytes) -> None:
        self._parts = parts
        self._boundary = boundary

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            yield b"--%b\r\n%b" % (self._boundary, part.head)
            if isinstance(part.content, Upload):
                yield from part.content.chunks()
            else:
                yield part.content
            yield b"\r\n"
        yield b"--%b--\r\n" % self._boundary

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield b"--%b\r\n%b" % (self._boundary, part.head)
            if isinstance(part.content, Upload):
                async for chunk in part.content.achunks():
                    yield chunk
            else:
                yield part.content
            yield b"\r\n"
        yield b"--%b--\r\n" % self._boundary


def encode_multipart(value: Any, encodings: Sequence[Field] = ()) -> EncodedBody:
    """Encode a multipart body.

    A file is a part with a filename; a list is one part for each of its items; an object is a part
    of JSON; anything else is text. None and absent values are left out: a form has no null.

    Args:
        value: Fields by wire name.
        encodings: Fields that are not written in the default way.

    Returns:
        A body whose `content()` makes the stream of one attempt.

    Raises:
        TypeError: The value is no mapping, or a field holds what a form cannot.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"a multipart body has named fields; got {type(value).__name__}")
    fields = {field.name: field for field in encodings}
    parts = [
        part
        for name, item in value.items()
        for part in _parts(name, item, fields.get(name) or Field(name))
    ]
    boundary = token_hex(16).encode("ascii")
    sizes = [part.size for part in parts]
    length: int | None = len(boundary) + 6
    for size in sizes:
        # Each part stands between "--boundary CRLF" and CRLF.
        length = None if size is None or length is None else length + size + len(boundary) + 6
    media_type = f"multipart/form-data; boundary={boundary.decode('ascii')}"
    files = [part.content for part in parts if isinstance(part.content, Upload)]
    repeatable = all(file.repeatable for file in files)
    return EncodedBody(lambda: MultipartStream(parts, boundary), media_type, length, repeatable)


def _parts(name: str, value: Any, field: Field) -> Iterator[_Part]:
    if value is None or isinstance(value, Omit):
        return
    if is_file(value):
        file = upload(value)
        yield _Part(name, file, _agreed(file.media_type, field.media_type), file.filename)
    elif field.style == "deepObject" and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _parts(f"{name}[{key}]", item, field)
    elif _is_json(field.media_type) or hasattr(value, "model_dump") or isinstance(value, Mapping):
        media_type = field.media_type if _is_json(field.media_type) else _JSON
        yield _Part(name, _json(value), media_type)
    elif isinstance(value, list | tuple | set | frozenset):
        if field.explode is False:
            text = ",".join(scalar(item) for item in value if item is not None)
            yield _Part(name, text.encode(), field.media_type)
        else:
            for item in value:
                yield from _parts(name, item, field)
    else:
        yield _Part(name, scalar(value).encode(), field.media_type)


def _is_json(media_type: str | None) -> bool:
    if media_type is None:
        return False
    bare = media_type.partition(";")[0].strip().lower()
    return bare == _JSON or bare.endswith("+json")


def _json(value: Any) -> bytes:
    return json.dumps(
        value, default=wire_default, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def _agreed(media_type: str, allowed: str | None) -> str:
    """The file's own media type where the document allows it, else the first that it names."""
    if allowed is None:
        return media_type
    ranges = [item.strip() for item in allowed.split(",") if item.strip()]
    for wanted in ranges:
        if wanted in ("*/*", media_type) or (
            wanted.endswith("/*") and media_type.startswith(wanted[:-1])
        ):
            return media_type
    return next((wanted for wanted in ranges if "*" not in wanted), media_type)

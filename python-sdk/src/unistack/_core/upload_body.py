"""A file as the whole body of a request, streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from .body import EncodedBody
from .files import Upload, upload

__all__ = ["UploadStream", "encode_upload"]


class UploadStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of one attempt; iterated once, blocking or not."""

    def __init__(self, file: Upload) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self._file.chunks()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._file.achunks()


def encode_upload(value: Any, media_type: str | None) -> EncodedBody:
    """Encode a file: a path, a file object, or one of these with a name and a media type.

    Args:
        value: The file.
        media_type: What the document says it is; None lets the file's name decide.
    """
    file = upload(value)
    return EncodedBody(lambda: UploadStream(file), media_type or file.media_type, file.size)

"""Files to upload: a path, bytes, a file object, or one of these with a name and a media type."""

from __future__ import annotations

import io
import mimetypes
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, TypeGuard

__all__ = ["CHUNK_BYTES", "FileContent", "FileInput", "Upload", "is_file", "upload"]

FileContent: TypeAlias = bytes | bytearray | os.PathLike[str] | IO[bytes]
"""What a file holds: its bytes, a path to it, or an object to read it from, opened in binary."""

FileInput: TypeAlias = (
    FileContent | tuple[str | None, FileContent] | tuple[str | None, FileContent, str | None]
)
"""A file to upload, alone or as `(filename, content)` or `(filename, content, media type)`."""

CHUNK_BYTES: Final = 64 * 1024
"""Read at a time; what a socket takes in one go."""
_DEFAULT_NAME: Final = "upload"
_DEFAULT_TYPE: Final = "application/octet-stream"


def _is_content(value: Any) -> TypeGuard[FileContent]:
    return isinstance(value, bytes | bytearray | memoryview | os.PathLike) or hasattr(value, "read")


def is_file(value: Any) -> TypeGuard[FileInput]:
    """Whether a value is one file; a list of files is not."""
    if isinstance(value, tuple | list):
        # No list of files looks like this: neither text nor None is a file.
        return (
            len(value) in (2, 3)
            and (value[0] is None or isinstance(value[0], str))
            and _is_content(value[1])
            and (len(value) == 2 or value[2] is None or isinstance(value[2], str))
        )
    return _is_content(value)


class Upload:
    """A file whose bytes can be read chunk by chunk, again for each attempt.

    Attributes:
        filename: The name that the server is told.
        media_type: What the caller said it is, or what its name suggests.
        size: Number of bytes; None when only reading tells.
        repeatable: Whether the bytes can be read a second time.
    """

    def __init__(self, content: FileContent, filename: str | None, media_type: str | None) -> None:
        self._content = content
        self._start = 0
        self._spent = False
        self.repeatable = True
        self.size: int | None
        name: Any = None
        if isinstance(content, bytes | bytearray | memoryview):
            self.size = memoryview(content).nbytes
        elif isinstance(content, os.PathLike):
            name = Path(content).name
            self.size = Path(content).stat().st_size
        else:
            name = getattr(content, "name", None)
            self._inspect(content)
        if filename is None:
            filename = Path(name).name if isinstance(name, str) and name else _DEFAULT_NAME
        self.filename = filename
        self.media_type = media_type or mimetypes.guess_type(filename)[0] or _DEFAULT_TYPE

    def _inspect(self, file: Any) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError("Expected a file opened in binary mode (open(path, 'rb')), not in text")
        try:
            self._start = file.tell()
            self.size = max(0, file.seek(0, os.SEEK_END) - self._start)
            file.seek(self._start)
        except (AttributeError, OSError, TypeError):
            self.size = None
            self.repeatable = False

    def chunks(self) -> Iterator[bytes]:
        """Read the file from where it stood when it was handed over.

        Raises:
            ValueError: It cannot be read again (it is a pipe, say), or changed its length.
        """
        content = self._content
        if isinstance(content, bytes | bytearray | memoryview):
            view = memoryview(content).cast("B")
            for start in range(0, len(view), CHUNK_BYTES):
                yield bytes(view[start : start + CHUNK_BYTES])
        elif isinstance(content, os.PathLike):
            with Path(content).open("rb") as file:
                yield from self._read(file)
        else:
            if self.repeatable:
                content.seek(self._start)
            elif self._spent:
                raise ValueError(
                    f"{self.filename} cannot be sent again: it was read by the first attempt and"
                    " has no way back; pass a path, bytes or a seekable file, or max_retries=0"
                )
            self._spent = True
            yield from self._read(content)

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        left = self.size
        while chunk := file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise TypeError(
                    f"Expected {self.filename} to give bytes when read, not {type(chunk).__name__}"
                )
            yield chunk
            if left is not None:
                left -= len(chunk)
        if left:
            # The length was announced; a server would wait for the rest.
            raise ValueError(f"{self.filename} became {left} bytes shorter while it was sent")

    async def achunks(self) -> AsyncIterator[bytes]:
        """As `chunks`; what is read from a disk or a pipe is read in a worker thread."""
        if isinstance(self._content, bytes | bytearray | memoryview | io.BytesIO):
            for chunk in self.chunks():
                yield chunk
            return
        from anyio import to_thread

        chunks = self.chunks()
        try:
            while (chunk := await to_thread.run_sync(next, chunks, b"")) != b"":
                yield chunk
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


def upload(value: Any) -> Upload:
    """Prepare a file.

    Raises:
        TypeError: It is not one of the forms of `FileInput`; text is ambiguous between a path and
            content.
        OSError: A path leads to no readable file.
    """
    if isinstance(value, str):
        raise TypeError(
            "Expected a file: pathlib.Path(...) for a path, or bytes for content; got str"
        )
    if not is_file(value):
        raise TypeError(
            "Expected a file as a path (os.PathLike), bytes, a binary file object, or a tuple of"
            f" name, content and media type; got {type(value).__name__}"
        )
    if isinstance(value, tuple | list):
        filename, content, *rest = value
        return Upload(content, filename, rest[0] if rest else None)
    return Upload(value, None, None)

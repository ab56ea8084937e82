"""Downloads: a response whose body is read as it is wanted."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .failures import connection_error, error_kind, request_id_of

if TYPE_CHECKING:
    import httpx

    from .call import Call

__all__ = ["AsyncBinaryResponse", "BinaryResponse", "finish_async_binary", "finish_binary"]


class _Binary:
    """What the blocking and the async download have in common.

    Attributes:
        http_response: The response; its body may still be on its way.
    """

    __slots__ = ("_client", "http_response")

    def __init__(self, client: Any, response: httpx.Response) -> None:
        self._client = client
        self.http_response = response

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """Response headers, by case-insensitive name."""
        return self.http_response.headers

    @property
    def request_id(self) -> str | None:
        """The request's id, for the API's support."""
        return request_id_of(self.http_response)

    def _raise(self, error: Exception) -> None:
        """Raise the SDK's error for one of the transport's; others are left to the caller."""
        translated = broken_off(self._client, self.http_response, error)
        if translated is not error:
            raise translated from error

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code}>"


def broken_off(client: Any, response: Any, error: Exception) -> Exception:
    """The SDK's error for a body that broke off while it was read; other errors stay."""
    kind = error_kind(error)
    if kind is None:
        return error
    return connection_error(error, "body", response.request, client._shared.secret_names)


class BinaryResponse(_Binary):
    """A download. Use it in a `with` block, or read it to its end: both free the connection."""

    __slots__ = ()

    def read(self) -> bytes:
        """Read the whole body into memory.

        Raises:
            APIConnectionError: When the connection breaks.
        """
        try:
            return self.http_response.read()
        except Exception as error:
            self.close()
            self._raise(error)
            raise

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Read the body chunk by chunk; the connection is freed at the end, `break` included.

        Args:
            chunk_size: Bytes in a chunk; None takes them as they arrive.
        """
        try:
            yield from self.http_response.iter_bytes(chunk_size)
        except Exception as error:
            self._raise(error)
            raise
        finally:
            self.close()

    def write_to_file(self, path: str | os.PathLike[str]) -> None:
        """Write the body to a file, chunk by chunk; an existing file is replaced."""
        with Path(path).open("wb") as file:
            for chunk in self.iter_bytes():
                file.write(chunk)

    def close(self) -> None:
        """Free the connection; what was not read is lost."""
        self.http_response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncBinaryResponse(_Binary):
    """A download. Use it in an `async with` block, or read it to its end."""

    __slots__ = ()

    async def read(self) -> bytes:
        """Read the whole body into memory.

        Raises:
            APIConnectionError: When the connection breaks.
        """
        try:
            return await self.http_response.aread()
        except Exception as error:
            await self.close()
            self._raise(error)
            raise

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Read the body chunk by chunk; the connection is freed at the end.

        Args:
            chunk_size: Bytes in a chunk; None takes them as they arrive.
        """
        try:
            async for chunk in self.http_response.aiter_bytes(chunk_size):
                yield chunk
        except Exception as error:
            self._raise(error)
            raise
        finally:
            await self.close()

    async def write_to_file(self, path: str | os.PathLike[str]) -> None:
        """Write the body to a file, chunk by chunk; an existing file is replaced."""
        from anyio import open_file

        async with await open_file(path, "wb") as file:
            async for chunk in self.iter_bytes():
                await file.write(chunk)

    async def close(self) -> None:
        """Free the connection; what was not read is lost."""
        await self.http_response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def finish_binary(client: Any, call: Call, response: httpx.Response) -> BinaryResponse:
    """Make a download of a response."""
    return BinaryResponse(client, response)


def finish_async_binary(client: Any, call: Call, response: httpx.Response) -> AsyncBinaryResponse:
    """Make a download of a response."""
    return AsyncBinaryResponse(client, response)

"""Sending through an httpx transport, and what can be done with the response that it returns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, cast

import httpx

__all__ = ["ReadBody", "Transmit", "adiscard", "discard", "error_code", "rewound"]

_CODES: Final = ("code", "type")


class Transmit:
    """Hand a request to the transport that sends."""

    __slots__ = ("request", "transport")

    def __init__(self, transport: Any, request: httpx.Request) -> None:
        self.transport = transport
        self.request = request

    def run(self) -> httpx.Response:
        """Send through a sync transport."""
        response: httpx.Response = self.transport.handle_request(self.request)
        return response

    async def arun(self) -> httpx.Response:
        """Send through an async transport."""
        response: httpx.Response = await self.transport.handle_async_request(self.request)
        return response


class ReadBody:
    """Read a response's body as it came, and close the response."""

    __slots__ = ("response",)

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    def run(self) -> bytes:
        """Read, blocking."""
        try:
            return b"".join(cast("Iterator[bytes]", self.response.stream))
        finally:
            self.response.close()

    async def arun(self) -> bytes:
        """Read in a task."""
        try:
            stream = cast("AsyncIterator[bytes]", self.response.stream)
            return b"".join([chunk async for chunk in stream])
        finally:
            await self.response.aclose()


def discard(state: Any) -> None:
    """Close a failed response before the wait, so that its connection serves others."""
    if not state.outcome.failed:
        state.outcome.result().close()


async def adiscard(state: Any) -> None:
    """The same in a task."""
    if not state.outcome.failed:
        await state.outcome.result().aclose()


def rewound(response: httpx.Response, body: bytes) -> httpx.Response:
    """A response whose body was read, as if it were not."""
    return httpx.Response(
        response.status_code,
        headers=response.headers,
        stream=httpx.ByteStream(body),
        extensions=response.extensions,
    )


def error_code(response: httpx.Response) -> str | None:
    """The error code in a response's body; None where there is none to be found."""
    try:
        content = json.loads(response.read())
    except (ValueError, httpx.DecodingError):
        return None
    error = content.get("error", content) if isinstance(content, dict) else None
    if isinstance(error, dict):
        for name in _CODES:
            if isinstance(code := error.get(name), str):
                return code
    return None

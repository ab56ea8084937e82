"""The sync and the async client: the base, and a way to send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, TypeVar

from typing_extensions import Unpack

from .absent import omit
from .base_client import BaseClient
from .call import Call
from .commands import adrive, drive
from .endpoint import Body, Endpoint, Json
from .errors import APIError
from .flow import attempt
from .loop import RetryState, repeat, repeat_async
from .options import RequestOptions
from .request import prepare_call
from .response import finish_value

__all__ = ["AsyncClient", "SyncClient"]

T = TypeVar("T")


@lru_cache(maxsize=256)
def _json(cast_to: Any) -> Json:
    """One result for each type, so that its decoder is made once."""
    return Json(cast_to)


def _undocumented(
    client: BaseClient,
    method: str,
    path: str,
    cast_to: Any,
    body: Any,
    query: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Call:
    """A call that no document describes: JSON both ways, any credential there is."""
    endpoint = Endpoint(
        f"{method} {path}",
        method,
        path,
        security=(*((scheme.id,) for scheme in client._shared.schemes), ()),
        body=None if body is omit else Body(),
        result=_json(Any if cast_to is None else cast_to),
    )
    return Call(endpoint, finish_value, query=query, body=body, options=options)


class SyncClient(BaseClient):
    """A client whose methods block."""

    def _execute(self, call: Call) -> Any:
        """Run a call to its value."""
        plan = self._plan(call.endpoint)
        prepare_call(plan, call, self._settings, self._shared.clock.monotonic())
        try:
            return drive(attempt(self, plan, call, 0))
        except APIError as error:
            state = RetryState(self, plan, call)
            if not state.again(error):
                raise
        return repeat(state)

    def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: type[T] | Any = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Call an endpoint that the document does not describe.

        Args:
            method: HTTP method.
            path: Path below the base URL, percent-encoded; or an absolute URL, which gets
                credentials only when it is of the same origin.
            cast_to: Type to read the JSON body as; None hands out plain JSON values.
            body: JSON body.
            query: Query parameters.
            options: Options of this call.
        """
        return self._execute(
            _undocumented(self, method.upper(), path, cast_to, body, query, options)
        )

    def close(self) -> None:
        """Close the connections; a client or transport that was passed in stays open."""
        self._shared.senders.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(BaseClient):
    """A client whose methods are awaited; under asyncio and trio."""

    _asynchronous = True

    async def _execute(self, call: Call) -> Any:
        """Run a call to its value."""
        plan = self._plan(call.endpoint)
        prepare_call(plan, call, self._settings, self._shared.clock.monotonic())
        try:
            return await adrive(attempt(self, plan, call, 0))
        except APIError as error:
            state = RetryState(self, plan, call)
            if not state.again(error):
                raise
        return await repeat_async(state)

    async def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: type[T] | Any = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Call an endpoint that the document does not describe.

        Args:
            method: HTTP method.
            path: Path below the base URL, percent-encoded; or an absolute URL, which gets
                credentials only when it is of the same origin.
            cast_to: Type to read the JSON body as; None hands out plain JSON values.
            body: JSON body.
            query: Query parameters.
            options: Options of this call.
        """
        return await self._execute(
            _undocumented(self, method.upper(), path, cast_to, body, query, options)
        )

    async def close(self) -> None:
        """Close the connections; a client or transport that was passed in stays open."""
        await self._shared.senders.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

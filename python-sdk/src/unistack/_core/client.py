"""The sync and the async client: the base, and a way to send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, cast

from typing_extensions import TypeVar, Unpack

from .absent import omit
from .base_client import BaseClient, close_senders
from .call import Call
from .commands import adrive, drive
from .endpoint import Body, Endpoint, Json
from .errors import APIError
from .flow import attempt
from .options import RequestOptions
from .request import Plan, prepare_call
from .response import finish_value

__all__ = ["AsyncClient", "SyncClient"]

# Without `cast_to` a call hands out plain JSON values.
T = TypeVar("T", default=Any)


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
    options: RequestOptions,
) -> Call:
    """A call that no document describes: JSON both ways, any credential there is.

    Its plan is not kept: paths may hold ids, and a client would collect them.
    """
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
        """Run a documented operation's call to its value."""
        return self._run(self._plan(call.endpoint), call)

    def _run(self, plan: Plan, call: Call) -> Any:
        prepare_call(plan, call, self._settings, self._shared.clock.monotonic())
        try:
            return drive(attempt(self, plan, call, 0))
        except APIError as error:
            from .loop import RetryState, repeat

            state = RetryState(self, plan, call)
            if not state.again(error):
                raise
        return repeat(state)

    def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
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
        call = _undocumented(self, method.upper(), path, cast_to, body, query, options)
        return cast("T", self._run(self._new_plan(call.endpoint), call))

    def get(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """GET an endpoint that the document does not describe; see `request`."""
        return self.request("GET", path, cast_to=cast_to, query=query, **options)

    def post(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """POST an endpoint that the document does not describe; see `request`."""
        return self.request("POST", path, cast_to=cast_to, body=body, query=query, **options)

    def put(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """PUT an endpoint that the document does not describe; see `request`."""
        return self.request("PUT", path, cast_to=cast_to, body=body, query=query, **options)

    def patch(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """PATCH an endpoint that the document does not describe; see `request`."""
        return self.request("PATCH", path, cast_to=cast_to, body=body, query=query, **options)

    def delete(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """DELETE an endpoint that the document does not describe; see `request`."""
        return self.request("DELETE", path, cast_to=cast_to, body=body, query=query, **options)

    def close(self) -> None:
        """Close the connections; a client or transport that was passed in stays open."""
        close_senders(self._shared.senders)

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
        """Run a documented operation's call to its value."""
        return await self._run(self._plan(call.endpoint), call)

    async def _run(self, plan: Plan, call: Call) -> Any:
        prepare_call(plan, call, self._settings, self._shared.clock.monotonic())
        try:
            return await adrive(attempt(self, plan, call, 0))
        except APIError as error:
            from .loop import RetryState, repeat_async

            state = RetryState(self, plan, call)
            if not state.again(error):
                raise
        return await repeat_async(state)

    async def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
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
        call = _undocumented(self, method.upper(), path, cast_to, body, query, options)
        return cast("T", await self._run(self._new_plan(call.endpoint), call))

    async def get(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """GET an endpoint that the document does not describe; see `request`."""
        return await self.request("GET", path, cast_to=cast_to, query=query, **options)

    async def post(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """POST an endpoint that the document does not describe; see `request`."""
        return await self.request("POST", path, cast_to=cast_to, body=body, query=query, **options)

    async def put(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """PUT an endpoint that the document does not describe; see `request`."""
        return await self.request("PUT", path, cast_to=cast_to, body=body, query=query, **options)

    async def patch(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """PATCH an endpoint that the document does not describe; see `request`."""
        return await self.request("PATCH", path, cast_to=cast_to, body=body, query=query, **options)

    async def delete(
        self,
        path: str,
        *,
        cast_to: type[T] | None = None,
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> T:
        """DELETE an endpoint that the document does not describe; see `request`."""
        return await self.request(
            "DELETE", path, cast_to=cast_to, body=body, query=query, **options
        )

    async def close(self) -> None:
        """Close the connections; a client or transport that was passed in stays open."""
        for sender in self._shared.senders.close():
            await sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

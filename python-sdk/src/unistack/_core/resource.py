"""The base of generated resources: from a method's arguments to a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar, cast

from typing_extensions import Unpack

from .call import Call, Finish
from .options import refuse_unknown
from .paging import AsyncPaginator, finish_async_page, finish_page
from .request import PLACEHOLDER
from .response import RawResponse, finish_value

if TYPE_CHECKING:
    from .client import AsyncClient, SyncClient
    from .endpoint import Endpoint
    from .options import RequestOptions

__all__ = ["AsyncResource", "SyncResource", "as_async_raw", "as_raw"]

P = ParamSpec("P")
T = TypeVar("T")


class Arguments(TypedDict, total=False):
    """What a generated method passes on.

    Attributes:
        path: Path values in the template's order, without the bound ones.
        query: Query values by wire name.
        headers: Header values by wire name.
        cookies: Cookie values by wire name.
        body: Properties by wire name, or a body that is no object.
        options: Options of the call.
    """

    path: Sequence[Any]
    query: Mapping[str, Any] | None
    headers: Mapping[str, Any] | None
    cookies: Mapping[str, Any] | None
    body: Any
    options: Mapping[str, Any] | RequestOptions | None


class _Resource:
    """A group of operations, with the path values that are bound to it by wire name."""

    __slots__ = ("_bound", "_client", "_wants_raw")

    def __init__(self, client: Any, bound: tuple[tuple[str, str], ...] = ()) -> None:
        self._client = client
        self._bound = bound
        self._wants_raw = False

    def _raw(self) -> Self:
        """A copy whose calls return `RawResponse`."""
        copy = object.__new__(type(self))
        copy._client = self._client
        copy._bound = self._bound
        copy._wants_raw = True
        return copy

    def _new(
        self, endpoint: Endpoint, finish: Finish, arguments: Any, stream: bool = False
    ) -> Call:
        options = arguments.get("options")
        if options:
            refuse_unknown(endpoint.id, options)
        if self._bound:
            bound = dict(self._bound)
            rest = iter(arguments.get("path", ()))
            names = PLACEHOLDER.findall(endpoint.path)
            path = [bound[name] if name in bound else next(rest) for name in names]
            arguments = {**arguments, "path": path}
        if endpoint.param_aliases is not None:
            arguments = {**arguments, **_with_wire_names(endpoint.param_aliases, arguments)}
        return Call(endpoint, finish, stream=stream, raw=self._wants_raw, **arguments)


def _with_wire_names(shape: str, arguments: Any) -> dict[str, Any]:
    """Parameters that are objects, with the wire names of their keys."""
    from .alias import to_wire

    places = ("query", "headers", "cookies")
    return {place: to_wire(arguments[place], shape) for place in places if place in arguments}


class SyncResource(_Resource):
    """A group of operations that block."""

    __slots__ = ()
    _client: SyncClient

    def _call(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        return self._client._execute(self._new(endpoint, finish_value, arguments))

    def _page(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        return self._client._execute(self._new(endpoint, finish_page, arguments))

    def _download(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        from .binary import finish_binary

        return self._client._execute(self._new(endpoint, finish_binary, arguments, stream=True))

    def _stream(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        from .events import finish_events

        return self._client._execute(self._new(endpoint, finish_events, arguments, stream=True))


class AsyncResource(_Resource):
    """A group of operations that are awaited."""

    __slots__ = ()
    _client: AsyncClient

    async def _call(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        return await self._client._execute(self._new(endpoint, finish_value, arguments))

    def _page(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        return AsyncPaginator(self._client, self._new(endpoint, finish_async_page, arguments))

    async def _download(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        from .binary import finish_async_binary

        call = self._new(endpoint, finish_async_binary, arguments, stream=True)
        return await self._client._execute(call)

    async def _stream(self, endpoint: Endpoint, **arguments: Unpack[Arguments]) -> Any:
        from .events import finish_async_events

        call = self._new(endpoint, finish_async_events, arguments, stream=True)
        return await self._client._execute(call)


def as_raw(method: Callable[P, T]) -> Callable[P, RawResponse[T]]:
    """Give a raw resource's method its true type."""
    return cast("Callable[P, RawResponse[T]]", method)


def as_async_raw(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[RawResponse[T]]]:
    """Give a raw async resource's method its true type."""
    return cast("Callable[P, Awaitable[RawResponse[T]]]", method)

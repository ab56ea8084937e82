"""Pages under the names of an API's own pagination schemes: what their classes build on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Self, TypeVar

from .following import Following
from .items import AsyncItems
from .paging import AsyncPage, SyncPage
from .record import Record

__all__ = ["AsyncNamedPage", "PageInfo", "SyncNamedPage", "T", "page_field"]

T = TypeVar("T")

_AT_THE_END = "there is no next page: ask `has_next_page()` before `get_next_page()`"


class _Field:
    """A property of the page's envelope; None where the response leaves it out."""

    __slots__ = ("_wire_name",)

    def __init__(self, wire_name: str) -> None:
        self._wire_name = wire_name

    def __get__(self, page: Any, owner: type | None = None) -> Any:
        if page is None:
            return self
        body = page.body
        if page._paging.items == f"/{self._wire_name}":
            return page.data
        if isinstance(body, dict):
            return body.get(self._wire_name)
        for name, info in type(body).model_fields.items():
            if (info.alias or name) == self._wire_name:
                return getattr(body, name)
        return (body.model_extra or {}).get(self._wire_name)


def page_field(wire_name: str) -> Any:
    """A property of the page's envelope, by its wire name, as an attribute of the page."""
    return _Field(wire_name)


class PageInfo(Record):
    """What asks for the next page.

    Args:
        url: Its address, where the server gives one.
        params: Query parameters that differ from those of this page.
    """

    __slots__ = ("params", "url")

    def __init__(self, url: str | None, params: Mapping[str, Any]) -> None:
        self.url = url
        self.params = params


def _info(following: Following | None) -> PageInfo | None:
    return None if following is None else PageInfo(following.url, dict(following.query or {}))


class SyncNamedPage(SyncPage[T]):
    """A page of a named scheme; iterating it goes on through all pages after it."""

    __slots__ = ()

    def next_page_info(self) -> PageInfo | None:
        """What asks for the page after this one; None at the end."""
        return _info(self._follow(self._chain))

    def get_next_page(self) -> Self:
        """Fetch the page after this one.

        Raises:
            RuntimeError: When there is none.
        """
        upcoming = self.next_page()
        if upcoming is None:
            raise RuntimeError(_AT_THE_END)
        assert isinstance(upcoming, type(self))
        return upcoming

    def iter_pages(self) -> Iterator[Self]:
        """Iterate over this page and all after it."""
        for page in self.pages():
            assert isinstance(page, type(self))
            yield page


class AsyncNamedPage(AsyncPage[T]):
    """A page of a named scheme; iterating it goes on through all pages after it."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncItems(self._client, self._call, self)  # `items` may be a field of the envelope

    def next_page_info(self) -> PageInfo | None:
        """What asks for the page after this one; None at the end."""
        return _info(self._follow(self._chain))

    async def get_next_page(self) -> Self:
        """Fetch the page after this one.

        Raises:
            RuntimeError: When there is none.
        """
        upcoming = await self.next_page()
        if upcoming is None:
            raise RuntimeError(_AT_THE_END)
        assert isinstance(upcoming, type(self))
        return upcoming

    async def iter_pages(self) -> AsyncIterator[Self]:
        """Iterate over this page and all after it."""
        async for page in self.pages():
            assert isinstance(page, type(self))
            yield page

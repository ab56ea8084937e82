"""Pages, and the iterators over them: lazy, one page in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .errors import SDKError
from .failures import invalid_response, request_id_of
from .following import Following, follow, identity, page_items
from .pointers import pluck
from .response import finish_value
from .resume import read_token, write_token

if TYPE_CHECKING:
    import httpx

    from .call import Call
    from .client import AsyncClient, SyncClient
    from .endpoint import Paging

__all__ = [
    "AsyncItems",
    "AsyncPage",
    "AsyncPaginator",
    "Items",
    "SyncPage",
    "finish_async_page",
    "finish_page",
]

T = TypeVar("T")


class _Chain:
    """The tokens of one walk through the pages, up to one of them.

    The tokens are shared by the pages of a walk; each page only sees those that came before it,
    so that asking a page twice for the next one is no repetition.
    """

    __slots__ = ("index", "previous", "tokens")

    def __init__(
        self,
        tokens: dict[str, int] | None = None,
        index: int = 0,
        previous: list[Any] | None = None,
    ) -> None:
        self.tokens = {} if tokens is None else tokens
        self.index = index
        self.previous = previous

    def __contains__(self, token: object) -> bool:
        return self.tokens.get(cast("str", token), self.index + 1) <= self.index

    def next(self, token: str | None, ids: list[Any] | None) -> _Chain:
        if token is not None:
            self.tokens[token] = self.index + 1
        return _Chain(self.tokens, self.index + 1, ids)


class _Page(Generic[T]):
    """One page of a list.

    What the envelope holds beside the items is an attribute by its own name, such as `page.meta`.

    Attributes:
        data: The page's items.
        body: The whole body: a model, or plain JSON values.
        http_response: The response.
    """

    __slots__ = ("_call", "_chain", "_client", "body", "data", "http_response")

    def __init__(
        self, client: Any, call: Call, response: httpx.Response, body: Any, data: list[T]
    ) -> None:
        self._client = client
        self._call = call
        self._chain = _Chain()
        self.http_response = response
        self.body = body
        self.data = data

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

    @property
    def total(self) -> int | None:
        """The number of all items, where the server says it; a hint, it may change."""
        return self._number(self._paging.total)

    @property
    def total_pages(self) -> int | None:
        """The number of all pages, where the server says it."""
        return self._number(self._paging.total_pages)

    def has_next_page(self) -> bool:
        """Whether there is another page.

        Raises:
            PaginationError: When the server repeats itself.
        """
        return self._follow(self._chain) is not None

    @property
    def _paging(self) -> Paging:
        paging = self._call.endpoint.paging
        assert paging is not None
        return paging

    def _number(self, pointer: str | None) -> int | None:
        found = pluck(self.body, pointer) if pointer is not None else None
        return found if isinstance(found, int) else None

    def _follow(self, chain: _Chain) -> Following | None:
        call = self._call
        extra = call.options.get("extra_query") if call.options else None
        query = call.query or {}
        return follow(
            self._paging,
            url=str(self.http_response.request.url),
            query={**query, **extra} if extra else query,
            headers=self.http_response.headers,
            body=self.body,
            items=self.data,
            seen=chain,
            previous=chain.previous,
        )

    def _next_call(self, chain: _Chain) -> tuple[Call, _Chain] | None:
        """The next page's call, and its place in the walk; None at the end."""
        following = self._follow(chain)
        if following is None:
            return None
        after = chain.next(following.token, identity(self.data))
        return self._call.copy(following.query, following.url), after

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        body = self.body
        if not isinstance(body, dict):
            return getattr(body, name)
        if name not in body:
            raise AttributeError(f"the page has no {name}")
        return body[name]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.data)} items>"


class SyncPage(_Page[T]):
    """One page; iterating it goes on through all pages after it."""

    __slots__ = ()
    _client: SyncClient

    def next_page(self) -> SyncPage[T] | None:
        """Fetch the page after this one; None at the end."""
        upcoming = self._next_call(self._chain)
        if upcoming is None:
            return None
        page: SyncPage[T] = self._client._execute(upcoming[0])
        page._chain = upcoming[1]
        return page

    def __iter__(self) -> Iterator[T]:
        return Items(self)

    def items(self, *, max_items: int | None = None, resume_token: str | None = None) -> Items[T]:
        """Iterate over the items of this page and of all after it.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.

        Raises:
            PaginationError: While iterating, when the server repeats a cursor or a page, or the
                token is of another list.
        """
        return Items(self, max_items, resume_token)

    def pages(self, *, max_pages: int | None = None) -> Iterator[SyncPage[T]]:
        """Iterate over this page and all after it.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        _check_limit("max_pages", max_pages)
        return self._pages(max_pages)

    def _pages(self, left: int | None) -> Iterator[SyncPage[T]]:
        page, chain = self, _Chain()
        while left is None or left > 0:
            yield page
            left = None if left is None else left - 1
            upcoming = page._next_call(chain) if left is None or left > 0 else None
            if upcoming is None:
                return
            page = self._client._execute(upcoming[0])
            page._chain = chain = upcoming[1]


class AsyncPage(_Page[T]):
    """One page; iterating it goes on through all pages after it."""

    __slots__ = ()
    _client: AsyncClient

    async def next_page(self) -> AsyncPage[T] | None:
        """Fetch the page after this one; None at the end."""
        upcoming = self._next_call(self._chain)
        if upcoming is None:
            return None
        page: AsyncPage[T] = await self._client._execute(upcoming[0])
        page._chain = upcoming[1]
        return page

    def __aiter__(self) -> AsyncIterator[T]:
        return self.items()

    def items(
        self, *, max_items: int | None = None, resume_token: str | None = None
    ) -> AsyncItems[T]:
        """Iterate over the items of this page and of all after it.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.
        """
        return AsyncItems(self._client, self._call, self, max_items, resume_token)

    def pages(self, *, max_pages: int | None = None) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over this page and all after it.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        _check_limit("max_pages", max_pages)
        return _async_pages(self._client, self._call, self, max_pages)


async def _async_pages(
    client: AsyncClient, call: Call, page: AsyncPage[T] | None, left: int | None
) -> AsyncIterator[AsyncPage[T]]:
    chain = _Chain()
    while left is None or left > 0:
        if page is None:
            page = cast("AsyncPage[T]", await client._execute(call))
            page._chain = chain
        yield page
        left = None if left is None else left - 1
        upcoming = page._next_call(chain) if left is None or left > 0 else None
        if upcoming is None:
            return
        call, chain = upcoming
        page = None


class AsyncPaginator(Generic[T]):
    """A list that is not fetched yet: await it for its first page, or iterate over its items."""

    __slots__ = ("_call", "_client")

    def __init__(self, client: AsyncClient, call: Call) -> None:
        self._client = client
        self._call = call

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._client._execute(self._call.copy()).__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return self.items()

    def items(
        self, *, max_items: int | None = None, resume_token: str | None = None
    ) -> AsyncItems[T]:
        """Iterate over the items of all pages.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.
        """
        return AsyncItems(self._client, self._call, None, max_items, resume_token)

    def pages(self, *, max_pages: int | None = None) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over the pages.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        _check_limit("max_pages", max_pages)
        return _async_pages(self._client, self._call.copy(), None, max_pages)


def _check_limit(name: str, limit: int | None) -> None:
    if limit is not None and limit < 0:
        raise ValueError(f"{name} is a number of things, not {limit}")


class _Walk(Generic[T]):
    """What the sync and the async item iterators have in common: where they stand."""

    def __init__(self, call: Call, max_items: int | None, resume_token: str | None) -> None:
        _check_limit("max_items", max_items)
        self._call = call
        self._left = max_items
        self._offset = 0
        self._chain = _Chain()
        self._skip = 0
        self._moved = False
        if resume_token is not None:
            position = read_token(call, resume_token)
            self._skip = self._offset = position.offset
            there = call.copy(position.query, position.url)
            self._moved = write_token(there, 0) != write_token(call, 0)
            self._call = there

    @property
    def resume_token(self) -> str:
        """Where the iteration stands, after each item: pass it to `.items(resume_token=...)`."""
        return write_token(self._call, self._offset)

    def _take(self, page: _Page[T]) -> Iterator[T]:
        """Hand out a page's items, keeping count."""
        start, self._skip = self._skip, 0
        self._offset = min(start, len(page.data))
        for item in islice(page.data, start, None):
            if self._left is not None:
                if self._left == 0:
                    return
                self._left -= 1
            self._offset += 1
            yield item

    def _advance(self, page: _Page[T]) -> bool:
        """Go to the next page; False at the end, and when enough items were handed out."""
        if self._left == 0:
            return False
        upcoming = page._next_call(self._chain)
        if upcoming is None:
            return False
        call, self._chain = upcoming
        self._upcoming = call
        return True

    _upcoming: Call

    def _arrive(self, page: _Page[T]) -> None:
        self._call = page._call
        self._offset = 0
        page._chain = self._chain


class Items(_Walk[T], Iterator[T]):
    """An iterator over the items of a page and of all pages after it."""

    def __init__(
        self, page: SyncPage[T], max_items: int | None = None, resume_token: str | None = None
    ) -> None:
        super().__init__(page._call, max_items, resume_token)
        self._iterator = self._iterate(page)

    def __next__(self) -> T:
        return next(self._iterator)

    def _iterate(self, page: SyncPage[T]) -> Iterator[T]:
        try:
            if self._left != 0 and self._moved:
                page = page._client._execute(self._call)
            while True:
                yield from self._take(page)
                if not self._advance(page):
                    return
                page = page._client._execute(self._upcoming)
                self._arrive(page)
        except SDKError as error:
            error.resume_token = self.resume_token
            raise


class AsyncItems(_Walk[T], AsyncIterator[T]):
    """An async iterator over the items of a page and of all pages after it."""

    def __init__(
        self,
        client: AsyncClient,
        call: Call,
        page: AsyncPage[T] | None,
        max_items: int | None = None,
        resume_token: str | None = None,
    ) -> None:
        super().__init__(call, max_items, resume_token)
        self._iterator = self._iterate(client, page)

    async def __anext__(self) -> T:
        return await self._iterator.__anext__()

    async def aclose(self) -> None:
        """End the iteration."""
        await self._iterator.aclose()

    async def _iterate(
        self, client: AsyncClient, page: AsyncPage[T] | None
    ) -> AsyncGenerator[T, None]:
        try:
            if self._left == 0:
                return
            if page is None or self._moved:
                page = cast("AsyncPage[T]", await client._execute(self._call.copy()))
            while True:
                for item in self._take(page):
                    yield item
                if not self._advance(page):
                    return
                page = cast("AsyncPage[T]", await client._execute(self._upcoming))
                self._arrive(page)
        except SDKError as error:
            error.resume_token = self.resume_token
            raise


def _contents(client: Any, call: Call, response: httpx.Response) -> tuple[Any, list[Any]]:
    body = finish_value(client, call, response)
    paging = call.endpoint.paging
    assert paging is not None
    items = page_items(paging, body)
    if items is None:
        shared = client._shared
        raise invalid_response(
            f"the body has no list at {paging.items or 'its top'}",
            response,
            response.request,
            shared.brand.error,
            shared.secret_names,
        )
    return body, items


def finish_page(client: SyncClient, call: Call, response: httpx.Response) -> SyncPage[Any]:
    """Make a page of a response."""
    return SyncPage(client, call, response, *_contents(client, call, response))


def finish_async_page(client: AsyncClient, call: Call, response: httpx.Response) -> AsyncPage[Any]:
    """Make a page of a response."""
    return AsyncPage(client, call, response, *_contents(client, call, response))

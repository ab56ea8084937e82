"""Pages, and the iterators over them: lazy, one page in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from .chain import Chain
from .failures import invalid_response, request_id_of
from .following import Following, follow, foresee, identity, page_items
from .items import AsyncItems, DedupeBy, Items, check_limit
from .pointers import pluck
from .references import page_class
from .response import finish_value

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
# What awaiting a list gives: pages of a named scheme are of a class of their own.
P = TypeVar("P", default="AsyncPage[T]")


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
        self._chain = Chain()
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

    @property
    def _query(self) -> Mapping[str, Any]:
        call = self._call
        extra = call.options.get("extra_query") if call.options else None
        query = call.asked
        return {**query, **extra} if extra else query

    def _foreseen(self) -> Iterator[Call] | None:
        """The calls of all pages after this one; None where only the next is known."""
        numbers = foresee(self._paging, query=self._query, body=self.body, items=self.data)
        if numbers is None:
            return None
        name, values = numbers
        return (self._call.copy({name: value}) for value in values)

    def _follow(self, chain: Chain) -> Following | None:
        return follow(
            self._paging,
            url=str(self.http_response.request.url),
            query=self._query,
            headers=self.http_response.headers,
            body=self.body,
            items=self.data,
            seen=chain,
            previous=chain.previous,
        )

    def _next_call(self, chain: Chain) -> tuple[Call, Chain] | None:
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

    def items(
        self,
        *,
        max_items: int | None = None,
        resume_token: str | None = None,
        prefetch: int = 0,
        concurrency: int = 1,
        dedupe_by: DedupeBy[T] = None,
    ) -> Items[T]:
        """Iterate over the items of this page and of all after it.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.
            prefetch: How many pages to fetch before they are needed, one after the other.
            concurrency: How many pages to fetch at once, where the first says how many there are;
                elsewhere they come one after the other. The order stays.
            dedupe_by: Name of a member, or a function of the item: of items that have the same,
                only the first is handed out. The iterator keeps what it has seen.

        Raises:
            PaginationError: While iterating, when the server repeats a cursor or a page, or the
                token is of another list.
        """
        return Items(self, max_items, resume_token, prefetch, concurrency, dedupe_by)

    def pages(self, *, max_pages: int | None = None) -> Iterator[SyncPage[T]]:
        """Iterate over this page and all after it.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        check_limit("max_pages", max_pages)
        return self._pages(max_pages)

    def _pages(self, left: int | None) -> Iterator[SyncPage[T]]:
        page, chain = self, Chain()
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
        self,
        *,
        max_items: int | None = None,
        resume_token: str | None = None,
        prefetch: int = 0,
        concurrency: int = 1,
        dedupe_by: DedupeBy[T] = None,
    ) -> AsyncItems[T]:
        """Iterate over the items of this page and of all after it.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.
            prefetch: How many pages to fetch before they are needed, one after the other.
            concurrency: How many pages to fetch at once, where the first says how many there are;
                elsewhere they come one after the other. The order stays.
            dedupe_by: Name of a member, or a function of the item: of items that have the same,
                only the first is handed out. The iterator keeps what it has seen.
        """
        return AsyncItems(
            self._client,
            self._call,
            self,
            max_items,
            resume_token,
            prefetch,
            concurrency,
            dedupe_by,
        )

    def pages(self, *, max_pages: int | None = None) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over this page and all after it.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        check_limit("max_pages", max_pages)
        return _async_pages(self._client, self._call, self, max_pages)


async def _async_pages(
    client: AsyncClient, call: Call, page: AsyncPage[T] | None, left: int | None
) -> AsyncIterator[AsyncPage[T]]:
    chain = Chain()
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


class AsyncPaginator(Generic[T, P]):
    """A list that is not fetched yet: await it for its first page, or iterate over its items."""

    __slots__ = ("_call", "_client")

    def __init__(self, client: AsyncClient, call: Call) -> None:
        self._client = client
        self._call = call

    def __await__(self) -> Generator[Any, Any, P]:
        return self._client._execute(self._call.copy()).__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return self.items()

    def items(
        self,
        *,
        max_items: int | None = None,
        resume_token: str | None = None,
        prefetch: int = 0,
        concurrency: int = 1,
        dedupe_by: DedupeBy[T] = None,
    ) -> AsyncItems[T]:
        """Iterate over the items of all pages.

        Args:
            max_items: The most items to hand out; None is no limit.
            resume_token: Where an earlier iteration of the same list stood.
            prefetch: How many pages to fetch before they are needed, one after the other.
            concurrency: How many pages to fetch at once, where the first says how many there are;
                elsewhere they come one after the other. The order stays.
            dedupe_by: Name of a member, or a function of the item: of items that have the same,
                only the first is handed out. The iterator keeps what it has seen.
        """
        return AsyncItems(
            self._client,
            self._call,
            None,
            max_items,
            resume_token,
            prefetch,
            concurrency,
            dedupe_by,
        )

    def pages(self, *, max_pages: int | None = None) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over the pages.

        Args:
            max_pages: The most pages to hand out; None is no limit.
        """
        check_limit("max_pages", max_pages)
        return _async_pages(self._client, self._call.copy(), None, max_pages)


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
    paging = call.endpoint.paging
    named = paging is not None and paging.classes
    made: type[SyncPage[Any]] = page_class(f"Sync{named}") if named else SyncPage
    return made(client, call, response, *_contents(client, call, response))


def finish_async_page(client: AsyncClient, call: Call, response: httpx.Response) -> AsyncPage[Any]:
    """Make a page of a response."""
    paging = call.endpoint.paging
    named = paging is not None and paging.classes
    made: type[AsyncPage[Any]] = page_class(f"Async{named}") if named else AsyncPage
    return made(client, call, response, *_contents(client, call, response))

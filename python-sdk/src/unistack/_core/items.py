"""Iterators over the items of all pages: where they stand, and how they go on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Hashable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from .absent import Omit
from .chain import Chain
from .errors import SDKError
from .pointers import pluck
from .resume import read_token, write_token

if TYPE_CHECKING:
    from .call import Call
    from .client import AsyncClient, SyncClient
    from .paging import AsyncPage, SyncPage

__all__ = ["AsyncItems", "DedupeBy", "Items", "Walk", "check_limit"]

T = TypeVar("T")
# A member's name, or what tells an item from others; None drops nothing.
DedupeBy: TypeAlias = "str | Callable[[T], Hashable] | None"


def check_limit(name: str, limit: int | None, least: int = 0) -> None:
    """Refuse a number of things that can be none."""
    if limit is not None and limit < least:
        raise ValueError(f"{name} is a number of things, at least {least}, not {limit}")


def _member(name: str) -> Callable[[Any], Hashable]:
    pointer = f"/{name}"

    def read(item: Any) -> Hashable:
        found = pluck(item, pointer)
        return None if isinstance(found, Omit) else cast("Hashable", found)

    return read


class Walk(Generic[T]):
    """Where a walk over the items of all pages stands; sync and async alike.

    Args:
        call: Of the first page.
        max_items: The most items to hand out; None is no limit.
        resume_token: Where an earlier walk stood.
        prefetch: Pages to fetch ahead.
        concurrency: Pages to fetch side by side.
        dedupe_by: What tells items apart; only the first of equal ones is handed out.
    """

    def __init__(
        self,
        call: Call,
        max_items: int | None,
        resume_token: str | None,
        prefetch: int,
        concurrency: int,
        dedupe_by: DedupeBy[T],
    ) -> None:
        check_limit("max_items", max_items)
        check_limit("prefetch", prefetch)
        check_limit("concurrency", concurrency, 1)
        self.call = call
        self.left = max_items
        self.moved = False
        self.prefetch = prefetch
        self.concurrency = concurrency
        self._key = _member(dedupe_by) if isinstance(dedupe_by, str) else dedupe_by
        self._keys: set[Hashable] = set()
        self._offset = 0
        self._chain = Chain()
        self._skip = 0
        if resume_token is not None:
            position = read_token(call, resume_token)
            self._skip = self._offset = position.offset
            there = call.copy(position.query, position.url)
            self.moved = write_token(there, 0) != write_token(call, 0)
            self.call = there

    @property
    def ahead(self) -> bool:
        """Whether pages are to be fetched before they are needed."""
        return self.prefetch > 0 or self.concurrency > 1

    @property
    def token(self) -> str:
        """Where the walk stands."""
        return write_token(self.call, self._offset)

    def room(self, page: Any) -> int | None:
        """How many items are wanted beyond a page that was just arrived at."""
        return None if self.left is None else self.left - max(0, len(page.data) - self._skip)

    def take(self, page: Any) -> Iterator[T]:
        """Hand out a page's items, keeping count."""
        start, self._skip = self._skip, 0
        self._offset = min(start, len(page.data))
        for item in islice(page.data, start, None):
            if self.left == 0:
                return
            self._offset += 1
            if self._key is not None and self._seen(self._key(item)):
                continue
            if self.left is not None:
                self.left -= 1
            yield item

    def _seen(self, key: Hashable) -> bool:
        if key is None:
            return False
        known = key in self._keys
        self._keys.add(key)
        return known

    def advance(self, page: Any) -> Call | None:
        """The next page's call; None at the end, and when enough items were handed out.

        Raises:
            PaginationError: When the server repeats itself.
        """
        if self.left == 0:
            return None
        upcoming = page._next_call(self._chain)
        if upcoming is None:
            return None
        call: Call
        call, self._chain = upcoming
        return call

    def arrive(self, page: Any) -> None:
        """The next page is there."""
        self.call = page._call
        self._offset = 0
        page._chain = self._chain


# The generators below hold the walk and not the iterator, so that an iterator that is dropped, by
# a `break` for instance, ends at once and not with the next garbage collection.


class Items(Iterator[T]):
    """An iterator over the items of a page and of all pages after it."""

    def __init__(
        self,
        page: SyncPage[T],
        max_items: int | None = None,
        resume_token: str | None = None,
        prefetch: int = 0,
        concurrency: int = 1,
        dedupe_by: DedupeBy[T] = None,
    ) -> None:
        self._walk: Walk[T] = Walk(
            page._call, max_items, resume_token, prefetch, concurrency, dedupe_by
        )
        self._iterator = _iterate(page._client, self._walk, page)

    @property
    def resume_token(self) -> str:
        """Where the iteration stands, after each item: pass it to `.items(resume_token=...)`."""
        return self._walk.token

    def __next__(self) -> T:
        return next(self._iterator)

    def close(self) -> None:
        """End the iteration, and let go of the pages that are fetched ahead."""
        self._iterator.close()


def _iterate(client: SyncClient, walk: Walk[T], page: SyncPage[T]) -> Generator[T, None, None]:
    fetcher = None
    fetch = client._execute
    if walk.ahead:
        from .fetching import Fetcher

        fetcher = Fetcher(client, walk.prefetch, walk.concurrency)
        fetch = fetcher.fetch
    try:
        if walk.left != 0 and walk.moved:
            page = client._execute(walk.call)
        while True:
            if fetcher is not None:
                fetcher.look(page, walk.room(page))
            yield from walk.take(page)
            upcoming = walk.advance(page)
            if upcoming is None:
                return
            page = fetch(upcoming)
            walk.arrive(page)
    except SDKError as error:
        error.resume_token = walk.token
        raise
    finally:
        if fetcher is not None:
            fetcher.close()


class AsyncItems(AsyncIterator[T]):
    """An async iterator over the items of a page and of all pages after it."""

    def __init__(
        self,
        client: AsyncClient,
        call: Call,
        page: AsyncPage[T] | None,
        max_items: int | None = None,
        resume_token: str | None = None,
        prefetch: int = 0,
        concurrency: int = 1,
        dedupe_by: DedupeBy[T] = None,
    ) -> None:
        self._walk: Walk[T] = Walk(call, max_items, resume_token, prefetch, concurrency, dedupe_by)
        self._iterator = _iterate_async(client, self._walk, page)

    @property
    def resume_token(self) -> str:
        """Where the iteration stands, after each item: pass it to `.items(resume_token=...)`."""
        return self._walk.token

    async def __anext__(self) -> T:
        return await self._iterator.__anext__()

    async def aclose(self) -> None:
        """End the iteration; what is fetched ahead is cancelled, its connections are closed."""
        await self._iterator.aclose()


async def _iterate_async(
    client: AsyncClient, walk: Walk[T], page: AsyncPage[T] | None
) -> AsyncGenerator[T, None]:
    fetcher = None
    fetch = client._execute
    if walk.ahead:
        from .fetching import AsyncFetcher

        fetcher = AsyncFetcher(client, walk.prefetch, walk.concurrency)
        fetch = fetcher.fetch
    try:
        if walk.left == 0:
            return
        if page is None or walk.moved:
            page = cast("AsyncPage[T]", await client._execute(walk.call.copy()))
        while True:
            if fetcher is not None:
                fetcher.look(page, walk.room(page))
            for item in walk.take(page):
                yield item
            upcoming = walk.advance(page)
            if upcoming is None:
                return
            page = cast("AsyncPage[T]", await fetch(upcoming))
            walk.arrive(page)
    except SDKError as error:
        error.resume_token = walk.token
        raise
    finally:
        if fetcher is not None:
            await fetcher.close()

"""What comes after a page: values in, a decision out."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from .absent import Omit
from .endpoint import Paging
from .errors import PaginationError
from .pointers import pluck
from .record import Record

__all__ = ["Following", "follow", "foresee", "identity", "page_items"]


class Following(Record):
    """The next request: query parameters to change, or another URL.

    Args:
        query: Parameters that change, by wire name; empty when `url` says it all.
        url: Absolute URL of the next page.
        token: What must not come twice in an iteration: cursor or URL; None where the request
            cannot repeat.
    """

    __slots__ = ("query", "token", "url")

    def __init__(
        self,
        query: Mapping[str, Any],
        url: str | None = None,
        token: str | None = None,
    ) -> None:
        self.query = query
        self.url = url
        self.token = token


def page_items(paging: Paging, body: Any) -> list[Any] | None:
    """The page's items; None when there is no list where they should be."""
    items = pluck(body, paging.items)
    if items is None:
        return []
    return items if isinstance(items, list) else None


def _whole(value: Any) -> int | None:
    """A number, or its text in a query."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def _at(body: Any, pointer: str | None) -> Any:
    """What a pointer leads to; None for nothing, and without a pointer."""
    if pointer is None:
        return None
    found = pluck(body, pointer)
    return None if isinstance(found, Omit) else found


def identity(items: Sequence[Any]) -> list[Any] | None:
    """The items' ids; None when there are no items, or some have none."""
    ids = [_at(item, "/id") for item in items]
    return None if not ids or any(id_ is None for id_ in ids) else ids


def follow(
    paging: Paging,
    *,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
    seen: Container[str] = (),
    previous: list[Any] | None = None,
) -> Following | None:
    """Decide what comes after a page.

    Args:
        paging: How the list goes on.
        url: URL of the response.
        query: Query parameters of the request.
        headers: Response headers by case-insensitive or lower-case name.
        body: The decoded body, models or plain values.
        items: The page's items.
        seen: Tokens already used in this iteration.
        previous: Ids of the items of the page before, from `identity`; None on the first.

    Returns:
        The next request, or None at the end.

    Raises:
        PaginationError: When the server repeats a cursor or a page, or says that there is more
            without saying where.
    """
    if previous is not None and identity(items) == previous:
        raise PaginationError(
            "the server sent the same page twice", token=_own_token(paging, url, query)
        )
    following = _FOLLOW[paging.style](paging, url, query, headers, body, items)
    if following is None or following.token is None:
        return following
    if following.token in seen or following.token == _own_token(paging, url, query):
        raise PaginationError(
            f"the server repeats {following.token!r}: the pages go in a circle",
            token=following.token,
        )
    return following


def foresee(
    paging: Paging, *, query: Mapping[str, Any], body: Any, items: Sequence[Any]
) -> tuple[str, range] | None:
    """Tell the numbers of all pages after one from its totals, which are a hint: they may change.

    Args:
        paging: How the list goes on.
        query: Query parameters of the page's request.
        body: The decoded body.
        items: The page's items.

    Returns:
        The query parameter and its values; None where the pages cannot be counted.
    """
    total = _whole(_at(body, paging.total))
    if paging.style == "offset":
        name = paging.offset or "offset"
        start = _whole(query.get(name)) or 0
        if total is None or not items:
            return None
        return name, range(start + len(items), total, len(items))
    if paging.style != "page":
        return None
    name = paging.page or "page"
    asked = _whole(query.get(name))
    number = paging.first if asked is None else asked
    pages = _whole(_at(body, paging.total_pages))
    if pages is None and total is not None and items:
        pages = -(-total // len(items))
    return None if pages is None else (name, range(number + 1, paging.first + pages))


def _own_token(paging: Paging, url: str, query: Mapping[str, Any]) -> str | None:
    """The token that the request itself used."""
    if paging.style in ("link", "next_url"):
        return url
    name = {"page": paging.page, "offset": paging.offset}.get(paging.style, paging.cursor)
    value = query.get(name) if name is not None else None
    return None if value is None or isinstance(value, Omit) else str(value)


def _page(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    name = paging.page or "page"
    asked = _whole(query.get(name))
    number = paging.first if asked is None else asked
    total_pages = _whole(_at(body, paging.total_pages))
    total = _whole(_at(body, paging.total))
    more = _at(body, paging.has_more)
    if isinstance(more, bool):
        ends = not more
    elif total_pages is not None:
        ends = number - paging.first + 1 >= total_pages
    elif total is not None:
        # Servers cap the size that was asked for, so a page that is fuller than the rest cannot
        # be told from it; what came is the size unless it is the short last page.
        size = len(items) or 1
        wanted = _whole(query.get(paging.size or paging.limit or ""))
        if wanted is not None and wanted > size and number == paging.first:
            wanted = None
        before = (number - paging.first) * (wanted or size)
        ends = not items or before + len(items) >= total
    else:
        ends = not items
    return None if ends else Following({name: number + 1})


def _offset(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    name = paging.offset or "offset"
    start = _whole(query.get(name)) or 0
    total = _whole(_at(body, paging.total))
    more = _at(body, paging.has_more)
    # By what came, not by what was asked: servers cap the limit.
    reached = start + len(items)
    if isinstance(more, bool):
        ends = not more
        if more and not items:
            reached += _whole(query.get(paging.limit or paging.size or "")) or 0
    elif total is not None:
        ends = reached >= total or not items
    else:
        ends = not items
    return None if ends else Following({name: reached}, token=str(reached))


def _cursor(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    more = _at(body, paging.has_more)
    if more is False:
        return None
    return _with_cursor(paging, _at(body, paging.next_cursor), more is True)


def _keyset(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    more = _at(body, paging.has_more)
    if more is False:
        return None
    last = _at(items[-1], paging.next_cursor or "/id") if items else None
    return _with_cursor(paging, last, more is True)


def _with_cursor(paging: Paging, value: Any, more: bool) -> Following | None:
    # Zero and false are cursors; null, absence and the empty string are the end.
    if value is None or value == "":
        if more:
            raise PaginationError("the server says that there is more, and not where")
        return None
    return Following({paging.cursor or "cursor": value}, token=str(value))


def _link(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    from .link import next_link  # a grammar that few lists need

    line = headers.get("link")
    if not line:
        return None
    with _addresses(line):
        target = next_link([line], url)
        return None if target is None else _to(target)


def _next_url(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    target = _at(body, paging.next_url or "/next")
    if not isinstance(target, str) or not target:
        return None
    with _addresses(target):
        return _to(urljoin(url, target))


def _to(target: str) -> Following:
    _ = urlsplit(target).port  # what is no port raises
    return Following({}, target, token=target)


@contextmanager
def _addresses(said: str) -> Iterator[None]:
    """Refuse what a server says that is no URL (RFC 3986)."""
    try:
        yield
    except ValueError as error:
        raise PaginationError(f"the next page's address is no URL ({error})", token=said) from error


def _token_header(
    paging: Paging,
    url: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: Any,
    items: Sequence[Any],
) -> Following | None:
    name = (paging.header or "").lower()
    return _with_cursor(paging, headers.get(name), more=False)


_FOLLOW = {
    "page": _page,
    "offset": _offset,
    "cursor": _cursor,
    "keyset": _keyset,
    "link": _link,
    "next_url": _next_url,
    "token_header": _token_header,
}

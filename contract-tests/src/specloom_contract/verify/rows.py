"""Rows of collections: read page by page, made, compared, deleted again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from specloom.ir.model import PaginationStyle

from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection
from .probe import Answer
from .schema import value_at

__all__ = ["Made", "Page", "Walk", "differences", "identity", "walk"]

MOST_PAGES: Final = 30
_NEXT: Final = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    items: list[Any]
    answer: Answer
    total: int | None
    total_pages: int | None


@dataclass(slots=True)
class Walk:
    """Pages from the first on; ``complete`` when the server said that there are no more."""

    pages: list[Page] = field(default_factory=list)
    complete: bool = False
    problem: Finding | None = None

    @property
    def items(self) -> list[Any]:
        """The items of all pages."""
        return [item for page in self.pages for item in page.items]

    @property
    def last(self) -> Answer:
        """The last answer."""
        return self.pages[-1].answer


@dataclass(frozen=True, slots=True)
class Made:
    """A row that the run created."""

    collection: Collection
    values: Mapping[str, Any]
    sent: Any
    row: Any
    answer: Answer

    @property
    def id(self) -> Any:
        """Its id; None where the answer does not tell."""
        return identity(self.collection, self.row)


def identity(collection: Collection, row: Any) -> Any:
    """The id of a row, None where it shows none."""
    if collection.id_field is None or not isinstance(row, Mapping):
        return None
    found = row.get(collection.id_field)
    return found if isinstance(found, (str, int)) and not isinstance(found, bool) else None


def walk(
    inquiry: Inquiry,
    collection: Collection,
    values: Mapping[str, Any],
    *,
    size: int | None = None,
    query: Sequence[tuple[str, str]] = (),
    most: int = MOST_PAGES,
) -> Walk:
    """Read a list from its first page on.

    Args:
        values: Path parameters.
        size: Items a page; None for the server's own.
        query: Filters, order.
        most: Pages after which the walk ends, incomplete.

    Raises:
        Untested: The first page is not served, or holds no list.
    """
    made = Walk()
    step: list[tuple[str, str]] | None = _first(collection, size)
    asked = set[str]()
    while step is not None and len(made.pages) < most:
        key = json.dumps(step)
        if key in asked:
            made.problem = Finding(
                "the next page leads back to one that was read already",
                exchange=made.last.exchange,
            )
            return made
        asked.add(key)
        page = _page(inquiry, collection, values, [*query, *step])
        if isinstance(page, Answer):
            if made.pages:
                made.problem = Finding(
                    f"page {len(made.pages) + 1} is not served: {_told(page)}",
                    exchange=page.exchange,
                )
                return made
            raise Untested(f"{_label(collection)} answered {_told(page)}")
        made.pages.append(page)
        step = _next(inquiry, collection, page, step, made, size)
    made.complete = step is None
    return made


def _label(collection: Collection) -> str:
    return collection.listing.label if collection.listing is not None else collection.path


def _told(answer: Answer) -> str:
    return answer.failure if answer.status is None else str(answer.status)


def _first(collection: Collection, size: int | None) -> list[tuple[str, str]]:
    paging = collection.pagination
    if paging is None:
        return []
    step = []
    if paging.page_param is not None and paging.style is PaginationStyle.PAGE:
        step.append((paging.page_param.raw, str(paging.first_page)))
    if paging.offset_param is not None and paging.style is PaginationStyle.OFFSET:
        step.append((paging.offset_param.raw, "0"))
    if size is not None and paging.size_param is not None:
        step.append((paging.size_param.raw, str(size)))
    return step


def _page(
    inquiry: Inquiry,
    collection: Collection,
    values: Mapping[str, Any],
    query: Sequence[tuple[str, str]],
) -> Page | Answer:
    assert collection.listing is not None
    answer = inquiry.call(collection.listing, values, query=query)
    items = value_at(answer.body, collection.items) if answer.ok else None
    if not isinstance(items, list):
        return answer
    paging = collection.pagination
    counts = [
        value_at(answer.body, pointer) if pointer else None
        for pointer in (paging.total if paging else None, paging.total_pages if paging else None)
    ]
    total, pages = (c if isinstance(c, int) and not isinstance(c, bool) else None for c in counts)
    return Page(items, answer, total, pages)


def _next(
    inquiry: Inquiry,
    collection: Collection,
    page: Page,
    step: list[tuple[str, str]],
    made: Walk,
    size: int | None,
) -> list[tuple[str, str]] | None:
    """The query of the next page; None after the last."""
    paging = collection.pagination
    if paging is None:
        return None
    rest = dict(step)
    body = page.answer.body
    more = value_at(body, paging.has_more) if paging.has_more else None
    if more is False:
        return None
    style = paging.style
    if style is PaginationStyle.PAGE and paging.page_param is not None:
        if page.total_pages is not None:
            if len(made.pages) >= page.total_pages:
                return None
        elif _ended(page, made, size, more):
            return None
        number = int(rest[paging.page_param.raw]) + 1
        return _with(step, paging.page_param.raw, str(number))
    if style is PaginationStyle.OFFSET and paging.offset_param is not None:
        if _ended(page, made, size, more):
            return None
        offset = int(rest[paging.offset_param.raw]) + len(page.items)
        return _with(step, paging.offset_param.raw, str(offset))
    cursor = _cursor(collection, page)
    if cursor is not None and paging.cursor_param is not None:
        return _with(step, paging.cursor_param.raw, cursor)
    if style in {PaginationStyle.LINK, PaginationStyle.NEXT_URL}:
        return _linked(inquiry, collection, page)
    return None


def _ended(page: Page, made: Walk, size: int | None, more: Any) -> bool:
    if not page.items:
        return True
    if more is True:
        return False
    if page.total is not None:
        return len(made.items) >= page.total
    return size is not None and len(page.items) < size


def _with(step: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    return [*(pair for pair in step if pair[0] != name), (name, value)]


def _cursor(collection: Collection, page: Page) -> str | None:
    paging = collection.pagination
    assert paging is not None
    found: Any = None
    if paging.style is PaginationStyle.CURSOR and paging.next_cursor:
        found = value_at(page.answer.body, paging.next_cursor)
    elif paging.style is PaginationStyle.KEYSET and page.items:
        found = value_at(page.items[-1], paging.item_cursor or "")
    elif paging.style is PaginationStyle.TOKEN_HEADER and paging.header is not None:
        found = page.answer.headers.get(paging.header.raw.lower())
    return None if found in (None, "", False) else str(found)


def _linked(inquiry: Inquiry, collection: Collection, page: Page) -> list[tuple[str, str]] | None:
    """The query of the next link; another origin is never asked."""
    paging = collection.pagination
    assert paging is not None
    if paging.style is PaginationStyle.NEXT_URL and paging.next_url:
        link = value_at(page.answer.body, paging.next_url)
    else:
        match = _NEXT.search(page.answer.headers.get("link", ""))
        link = match[1] if match else None
    if not isinstance(link, str) or not link:
        return None
    base = urlsplit(inquiry.probe.base_url)
    there = urlsplit(urljoin(page.answer.exchange.url, link))
    if (there.scheme, there.netloc) != (base.scheme, base.netloc):
        raise Untested(f"the next link leads to another origin, {there.netloc}: not followed")
    return parse_qsl(there.query, keep_blank_values=True)


def differences(sent: Any, got: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(place, sent, got) wherever a value came back changed; members that are absent are fine."""
    if isinstance(sent, Mapping) and isinstance(got, Mapping):
        for name, value in sent.items():
            if name in got:
                yield from differences(value, got[name], f"{path}/{name}")
    elif isinstance(sent, list) and isinstance(got, list):
        if len(sent) != len(got):
            yield path, sent, got
        else:
            for index, pair in enumerate(zip(sent, got, strict=True)):
                yield from differences(*pair, f"{path}/{index}")
    elif not _equal(sent, got):
        yield path, sent, got


def _equal(sent: Any, got: Any) -> bool:
    if isinstance(sent, bool) or isinstance(got, bool):
        return sent is got
    if isinstance(sent, str) and isinstance(got, str) and sent != got:
        if "@" in sent:
            return sent.casefold() == got.casefold()
        try:
            return datetime.fromisoformat(sent) == datetime.fromisoformat(got)
        except (ValueError, TypeError):
            return sent.rstrip("/") == got.rstrip("/")
    if isinstance(sent, (int, float)) and isinstance(got, str):
        return str(sent) == got
    return bool(sent == got)

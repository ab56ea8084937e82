"""Checks of lists: pages, totals, order, filters."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from specloom.ir.model import PaginationStyle

from .filtering import meets
from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection, FilterPlan, FilterRule
from .register import Register
from .rows import Walk, identity, walk
from .sorting import in_order

__all__ = ["check_list"]

_PIECES: Final = 4
"""Into so many pages a list is cut."""

_SORTED: Final = 4
"""Orders that are tried."""

_FILTER_PAGES: Final = 10
_SHOWN: Final = 6


def check_list(inquiry: Inquiry, register: Register, collection: Collection) -> None:
    """Make every check of one list."""
    listing = collection.listing
    if listing is None:
        return
    checks = _Lists(inquiry, register, collection)
    paged = "pagination, read from its parameters and response"
    for kind, checking in (
        ("pages.size", checks.size),
        ("pages.overlap", checks.overlap),
        ("pages.union", checks.union),
        ("pages.total", checks.total),
    ):
        inquiry.check(kind, listing.label, [listing], paged, checking, repeat=True)
    if collection.sort is not None:
        why = f"the parameter {collection.sort.parameter}"
        inquiry.check("list.sort", listing.label, [listing], why, checks.sort, repeat=True)
    else:
        inquiry.check(
            "list.sort", listing.label, [listing], "its parameters", _untested("it has no sort")
        )
    for plan in collection.filters:
        about = f"the field {plan.field}" if plan.field else "the text of a row"
        inquiry.check(
            "list.filter",
            f"{listing.label}?{plan.parameter}=",
            [listing],
            f"the parameter {plan.parameter}, about {about}",
            _bound(checks.filter, plan),
            repeat=True,
        )
    if not collection.filters:
        reason = "no parameter is called like a field of a row"
        inquiry.check("list.filter", listing.label, [listing], "its parameters", _untested(reason))


def _untested(reason: str) -> Callable[[], Iterable[Finding]]:
    def raise_it() -> Iterable[Finding]:
        raise Untested(reason)

    return raise_it


def _bound(
    check: Callable[[FilterPlan], Iterable[Finding]], plan: FilterPlan
) -> Callable[[], Iterable[Finding]]:
    return lambda: check(plan)


class _Lists:
    def __init__(self, inquiry: Inquiry, register: Register, collection: Collection) -> None:
        self._inquiry = inquiry
        self._register = register
        self._collection = collection
        self._walked: tuple[Walk, int] | None = None

    def _values(self) -> Mapping[str, Any]:
        return self._register.above(self._collection)

    def _whole(self) -> Walk:
        found = self._register.whole(self._collection)
        if isinstance(found, str):
            raise Untested(found)
        return found

    def _pages(self) -> tuple[Walk, int]:
        """The list in small pages, and how many items were asked for a page."""
        paging = self._collection.pagination
        if paging is None:
            raise Untested("nothing in the document says that it comes in pages")
        if paging.size_param is None:
            raise Untested("the document has no parameter for the size of a page")
        if self._walked is None:
            whole = self._whole()
            count = len(whole.items)
            if count < 2:
                raise Untested(f"the list has {count} rows: pages cannot be told apart")
            size = max(1, math.ceil(count / _PIECES))
            made = walk(self._inquiry, self._collection, self._values(), size=size)
            self._walked = made, size
        return self._walked

    def _again(self) -> tuple[Walk, int]:
        """The small pages; read anew when a check is made a second time."""
        made = self._pages()
        self._walked = None
        return made

    def size(self) -> Iterator[Finding]:
        walked, size = self._pages()
        numbered = {PaginationStyle.PAGE, PaginationStyle.OFFSET}
        paging = self._collection.pagination
        assert paging is not None
        for number, page in enumerate(walked.pages, 1):
            last = number == len(walked.pages)
            short = paging.style in numbered and not last and len(page.items) < size
            if len(page.items) > size or short:
                self._walked = None
                yield Finding(
                    f"page {number} has {len(page.items)} items where {size} were asked for",
                    f"{size} items" if not last else f"at most {size} items",
                    f"{len(page.items)} items",
                    page.answer.exchange,
                )
                return

    def overlap(self) -> Iterator[Finding]:
        walked, size = self._pages()
        seen: dict[Any, int] = {}
        for number, page in enumerate(walked.pages, 1):
            for row in page.items:
                key = self._key(row)
                if key in seen and seen[key] != number:
                    self._walked = None
                    yield Finding(
                        f"the item {key} is on page {seen[key]} and on page {number} "
                        f"({size} items a page)",
                        "every item on one page only",
                        f"{key} again on page {number}",
                        page.answer.exchange,
                    )
                    return
                seen[key] = number
        if walked.problem is not None:
            self._walked = None
            yield walked.problem

    def union(self) -> Iterator[Finding]:
        walked, size = self._pages()
        whole = self._register.whole(self._collection)
        assert isinstance(whole, Walk)
        if not (whole.complete and walked.complete):
            raise Untested("the list is longer than what this run reads of it")
        small = {self._key(row) for row in walked.items}
        large = {self._key(row) for row in whole.items}
        if small == large:
            return
        self._walked = None
        self._register.forget(self._collection)
        for found, text in ((large - small, "left out"), (small - large, "only")):
            if found:
                shown = ", ".join(map(str, sorted(found, key=str)[:3]))
                yield Finding(
                    f"{len(found)} of {len(large | small)} items are {text} in pages of {size}: "
                    f"{shown}",
                    f"{len(large)} items, as in the largest pages",
                    f"{len(small)} items",
                    walked.last.exchange,
                )

    def total(self) -> Iterator[Finding]:
        walked, size = self._again()
        paging = self._collection.pagination
        assert paging is not None
        if paging.total is None and paging.total_pages is None:
            raise Untested("the document declares no total")
        totals = [page.total for page in walked.pages]
        if paging.total is not None:
            if len(set(totals)) > 1:
                yield Finding(
                    f"the total differs from page to page: {totals}",
                    f"{totals[0]} on every page",
                    str(totals),
                    walked.last.exchange,
                )
                return
            if walked.complete and totals and totals[0] != len(walked.items):
                yield Finding(
                    f"the total is {totals[0]}, and the pages hold {len(walked.items)} items",
                    str(len(walked.items)),
                    str(totals[0]),
                    walked.pages[0].answer.exchange,
                )
                return
        count = walked.pages[0].total_pages
        total = totals[0] if totals[0] is not None else len(walked.items)
        if paging.total_pages is not None and count is not None and walked.complete:
            wanted = math.ceil(total / size)
            if count != wanted:
                yield Finding(
                    f"{total} items in pages of {size} are {wanted} pages, not {count}",
                    str(wanted),
                    str(count),
                    walked.pages[0].answer.exchange,
                )

    def sort(self) -> Iterator[Finding]:
        sort, listing = self._collection.sort, self._collection.listing
        assert sort is not None
        assert listing is not None
        parameter = listing.parameter(sort.parameter) or {}
        rows = [row for row in self._whole().items if isinstance(row, dict)]
        tried: list[str] = []
        refused: list[str] = []
        for query, field, descending in sort.choices:
            if len(tried) >= _SORTED:
                break
            values = {json.dumps(row.get(field)) for row in rows if row.get(field) is not None}
            if len(values) < 2 or not self._fits(parameter, query[0][1]):
                continue
            try:
                walked = walk(
                    self._inquiry,
                    self._collection,
                    self._values(),
                    size=self._register.largest(self._collection),
                    query=query,
                    most=2,
                )
            except Untested as untested:
                refused.append(str(untested))
                continue
            shown = "&".join("=".join(pair) for pair in query)
            tried.append(shown)
            got = [row.get(field) for row in walked.items if isinstance(row, dict)]
            if not in_order(got, descending=descending):
                yield Finding(
                    f"with {shown} the rows do not {'fall' if descending else 'rise'} by {field}",
                    "falling" if descending else "rising",
                    _shown([value for value in got if value is not None]),
                    walked.pages[0].answer.exchange,
                )
                return
        if not tried:
            raise Untested(refused[0] if refused else "no field has two values to sort by")

    def filter(self, plan: FilterPlan) -> Iterator[Finding]:
        listing = self._collection.listing
        assert listing is not None
        parameter = listing.parameter(plan.parameter) or {}
        whole = self._whole()
        rows = [row for row in whole.items if isinstance(row, dict)]
        if not rows:
            raise Untested("the list is empty")
        asked = False
        for value in self._wanted(plan, parameter, rows):
            text = _text(value)
            try:
                walked = walk(
                    self._inquiry,
                    self._collection,
                    self._values(),
                    size=self._register.largest(self._collection),
                    query=[(plan.parameter, text)],
                    most=_FILTER_PAGES,
                )
            except Untested:
                continue
            asked = True
            found = list(self._judged(plan, value, rows, whole, walked))
            if found:
                self._register.forget(self._collection)
                yield from found
                return
        if not asked:
            raise Untested("no value tells the rows apart")

    def _wanted(self, plan: FilterPlan, parameter: Any, rows: list[Any]) -> Iterator[Any]:
        """Values to filter by: one that some rows have and others not, and one that none has."""
        if plan.rule is FilterRule.SEARCH:
            texts = [row[n] for row in rows for n in ("name", "title", "email") if row.get(n)]
            yield from (text for text in texts[:1] if isinstance(text, str))
            yield f"{self._inquiry.sampler.word()}{self._inquiry.sampler.word()}"
            return
        values = [row[plan.field] for row in rows if row.get(plan.field) is not None]
        unlike = list({json.dumps(value): value for value in values}.values())
        if plan.rule in {FilterRule.AT_LEAST, FilterRule.AT_MOST}:
            ordered = sorted(unlike, key=lambda v: (isinstance(v, str), v))
            yield from ordered[len(ordered) // 2 :][:1] if len(ordered) > 1 else ()
            return
        if len(unlike) > 1:
            fitting = [value for value in unlike if self._fits(parameter, value)]
            yield from fitting[-1:]
        schema = parameter.get("schema") or {}
        chosen = self._inquiry.schemas.enum(schema)
        absent = [value for value in chosen if value not in values]
        if len(unlike) > 1:
            return
        if not chosen and "boolean" in self._inquiry.schemas.types(schema):
            absent = [value for value in (True, False) if value not in values]
        if not chosen and not absent and unlike:
            absent = [self._inquiry.sampler.stranger(schema, unlike[0])]
        yield from (value for value in absent[:1] if self._fits(parameter, value))

    def _fits(self, parameter: Any, value: Any) -> bool:
        """Whether the document allows a value of the parameter."""
        listing = self._collection.listing
        assert listing is not None
        schema = parameter.get("schema") or {}
        allowed = self._inquiry.schemas.enum(schema)
        if allowed and value not in allowed:
            return False
        return not any(True for _ in self._inquiry.judge.value_problems(schema, value))

    def _judged(
        self, plan: FilterPlan, value: Any, rows: list[Any], whole: Walk, walked: Walk
    ) -> Iterator[Finding]:
        shown = f"{plan.parameter}={_text(value)}"
        unsound = [row for row in walked.items if meets(plan.rule, row, plan.field, value) is False]
        known = {self._key(row) for row in rows}
        if plan.rule is FilterRule.SEARCH:
            hit = any(meets(plan.rule, row, "", value) for row in rows)
            if hit and not walked.items:
                yield Finding(
                    f"{shown} finds nothing, and a row has that text",
                    "at least one row",
                    "none",
                    walked.last.exchange,
                )
            if not hit and whole.complete and known and len(walked.items) >= len(known):
                yield Finding(
                    f"{shown} finds every row, and no row has that text",
                    "no row",
                    f"{len(walked.items)} rows",
                    walked.last.exchange,
                )
            return
        if unsound:
            yield Finding(
                f"{shown} gives rows whose {plan.field} is another: "
                f"{_shown([row.get(plan.field) for row in unsound])}",
                f"rows whose {plan.field} {_demand(plan.rule)} {_text(value)}",
                f"{len(unsound)} of {len(walked.items)} rows do not match",
                walked.pages[0].answer.exchange,
            )
            return
        if not walked.complete:
            return
        got = {self._key(row) for row in walked.items}
        missing = [row for row in rows if self._surely(plan, row, value)]
        missing = [row for row in missing if self._key(row) not in got]
        if missing:
            yield Finding(
                f"{shown} leaves out rows that match: "
                f"{', '.join(str(self._key(row)) for row in missing[:3])}",
                f"all rows whose {plan.field} {_demand(plan.rule)} {_text(value)}",
                f"{len(missing)} of them are left out",
                walked.last.exchange,
            )

    def _surely(self, plan: FilterPlan, row: Any, value: Any) -> bool:
        """Whether a row matches however the bound or the text is read."""
        if plan.rule in {FilterRule.AT_LEAST, FilterRule.AT_MOST}:
            return bool(meets(plan.rule, row, plan.field, value)) and row[plan.field] != value
        return bool(row.get(plan.field) == value)

    def _key(self, row: Any) -> Any:
        found = identity(self._collection, row)
        return found if found is not None else json.dumps(row, sort_keys=True)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _demand(rule: FilterRule) -> str:
    return {
        FilterRule.EQUALS: "is",
        FilterRule.CONTAINS: "contains",
        FilterRule.AT_LEAST: "is at least",
        FilterRule.AT_MOST: "is at most",
    }.get(rule, "has")


def _shown(values: list[Any]) -> str:
    texts = list(dict.fromkeys(json.dumps(value, ensure_ascii=False) for value in values))
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")

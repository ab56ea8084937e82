"""Iteration over pages of every style: lazy, complete, without loops, resumable."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import httpx
import pytest
import respx

from unistack._core.endpoint import Endpoint, Json, Paging
from unistack._core.errors import (
    APIResponseValidationError,
    InternalServerError,
    PaginationError,
    SDKError,
)
from unistack._core.models import Model

AUTH = (("bearer",),)


class Row(Model):
    id: str


class Meta(Model):
    total: int | None = None
    total_pages: int | None = None


class RowList(Model):
    data: list[Row]
    meta: Meta | None = None


def lister(paging: Paging, result: Any = RowList) -> Endpoint:
    return Endpoint("rows.list", "GET", "/rows", security=AUTH, result=Json(result), paging=paging)


PAGE = lister(
    Paging(
        "page", page="page", size="per_page", total="/meta/total", total_pages="/meta/total_pages"
    )
)
OFFSET = lister(Paging("offset", offset="offset", limit="limit", total="/meta/total"))
CURSOR = lister(
    Paging("cursor", cursor="after", next_cursor="/next_cursor", has_more="/has_more"),
    dict[str, Any],
)
KEYSET = lister(
    Paging("keyset", cursor="after", next_cursor="/id", has_more="/has_more"), dict[str, Any]
)
LINK = lister(Paging("link", items=""), list[Row])
NEXT_URL = lister(Paging("next_url", items="/results", next_url="/next"), dict[str, Any])
TOKEN = lister(Paging("token_header", items="", cursor="token", header="X-Next"), list[Row])


def rows(first: int, count: int) -> list[dict[str, str]]:
    return [{"id": f"r{i}"} for i in range(first, first + count)]


class Table:
    """Twenty-three rows, served in every style."""

    def __init__(self, total: int = 23) -> None:
        self.rows = rows(0, total)
        self.requests: list[httpx.Request] = []
        self.fail_on: set[int] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if len(self.requests) in self.fail_on:
            return httpx.Response(500, json={})
        query = request.url.params
        size = int(query.get("per_page") or query.get("limit") or 10)
        total = len(self.rows)
        style = query.get("style", "page")
        if style == "page":
            page = int(query.get("page", 1))
            meta = {"total": total, "total_pages": -(-total // size)}
            return httpx.Response(
                200, json={"data": self.rows[(page - 1) * size : page * size], "meta": meta}
            )
        mark = query.get("offset") or query.get("after") or query.get("token") or 0
        start = int(str(mark).lstrip("cr")) + (1 if str(mark).startswith("r") else 0)
        part = self.rows[start : start + size]
        end = start + size
        more = end < total
        following = str(request.url.copy_set_param("after", f"c{end}"))
        if style == "offset":
            return httpx.Response(200, json={"data": part, "meta": {"total": total}})
        if style == "cursor":
            body = {"data": part, "has_more": more, "next_cursor": f"c{end}" if more else None}
            return httpx.Response(200, json=body)
        if style == "keyset":
            return httpx.Response(200, json={"data": part, "has_more": more})
        if style == "link":
            headers = {"Link": f'<{following}>; rel="next"'} if more else {}
            return httpx.Response(200, json=part, headers=headers)
        if style == "next_url":
            body = {"results": part, "next": following if more else None}
            return httpx.Response(200, json=body)
        headers = {"X-Next": f"c{end}"} if more else {}
        return httpx.Response(200, json=part, headers=headers)


STYLES = {
    "page": PAGE,
    "offset": OFFSET,
    "cursor": CURSOR,
    "keyset": KEYSET,
    "link": LINK,
    "next_url": NEXT_URL,
    "token": TOKEN,
}


def ids(items: list[Any]) -> list[str]:
    return [item["id"] if isinstance(item, dict) else item.id for item in items]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_hands_out_every_row(kit: Any, api: respx.MockRouter, style: str) -> None:
    """All rows in order, each once, in as many requests as there are pages."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    arguments = {"query": {"style": style, "role": "admin", "note": "a b"}}
    found = kit.items(kit.lister(kit.client(), STYLES[style], **arguments))
    assert ids(found) == ids(table.rows)
    assert len(table.requests) == 3
    for request in table.requests:
        assert request.url.params["role"] == "admin"
        assert request.url.params["note"] == "a b"
        assert request.headers["authorization"] == "Bearer sk_test"


@pytest.mark.parametrize("style", STYLES)
def test_a_full_last_page_asks_no_extra_page(kit: Any, api: respx.MockRouter, style: str) -> None:
    """When the rows fill the last page exactly, the iteration knows that it is the last."""
    table = Table(20)
    api.get("/rows").mock(side_effect=table)
    found = kit.items(kit.lister(kit.client(), STYLES[style], query={"style": style}))
    assert (len(found), len(table.requests)) == (20, 2)


def test_only_what_is_needed_is_fetched(kit: Any, api: respx.MockRouter) -> None:
    """The second page is fetched when the eleventh row is asked for, not before."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    iterator = kit.lister(kit.client(), PAGE).items()
    for _ in range(10):
        kit.next(iterator)
    assert len(table.requests) == 1
    assert kit.next(iterator).id == "r10"
    assert len(table.requests) == 2


def test_async_lists_are_lazy(kit: Any, api: respx.MockRouter) -> None:
    """The sync list has its first page at once; the async one sends nothing until it is used."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    kit.lister(kit.client(), PAGE)
    assert len(table.requests) == (0 if kit.asynchronous else 1)


def test_one_page(kit: Any, api: respx.MockRouter) -> None:
    """A page has items, totals, what its envelope holds, and its response."""
    api.get("/rows").mock(side_effect=Table())
    page = kit.page(kit.client(), PAGE, query={"per_page": 10})
    assert ids(page.data) == [f"r{i}" for i in range(10)]
    assert (page.total, page.total_pages, page.meta.total, page.status_code) == (23, 3, 23, 200)
    assert page.has_next_page()
    second = kit.run(page.next_page())
    third = kit.run(second.next_page())
    assert ids(third.data) == ["r20", "r21", "r22"]
    assert not third.has_next_page()
    assert kit.run(third.next_page()) is None
    assert ids(kit.run(page.next_page()).data) == ids(second.data)
    assert ids(kit.items(second)) == [f"r{i}" for i in range(10, 23)]
    with pytest.raises(AttributeError):
        _ = page.nothing_like_this


def test_pages(kit: Any, api: respx.MockRouter) -> None:
    """Whole pages, at most as many as wanted, and no request for more."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    client = kit.client()
    assert [len(page.data) for page in kit.items(kit.lister(client, PAGE).pages())] == [10, 10, 3]
    table.requests.clear()
    pages = kit.items(kit.lister(client, PAGE).pages(max_pages=2))
    assert (len(pages), len(table.requests)) == (2, 2)
    first = kit.page(client, PAGE)
    assert len(kit.items(first.pages())) == 3


@pytest.mark.parametrize(
    ("limit", "requests"), [(0, 1), (5, 1), (10, 1), (11, 2), (23, 3), (99, 3)]
)
def test_max_items(kit: Any, api: respx.MockRouter, limit: int, requests: int) -> None:
    """No more rows than wanted, and no request for rows that are not."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    found = kit.items(kit.lister(kit.client(), PAGE).items(max_items=limit))
    assert len(found) == min(limit, 23)
    assert len(table.requests) == (0 if kit.asynchronous and limit == 0 else requests)


def test_limits_are_numbers_of_things(kit: Any, api: respx.MockRouter) -> None:
    """A negative limit is a mistake, said at the call."""
    api.get("/rows").mock(side_effect=Table())
    listed = kit.lister(kit.client(), PAGE)
    with pytest.raises(ValueError, match="max_items"):
        listed.items(max_items=-1)
    with pytest.raises(ValueError, match="max_pages"):
        listed.pages(max_pages=-1)


def test_a_fresh_iteration_restarts(kit: Any, api: respx.MockRouter) -> None:
    """Iterating twice gives everything twice, and the caller's arguments stay as they were."""
    api.get("/rows").mock(side_effect=Table())
    query = {"role": "admin"}
    options: dict[str, Any] = {"extra_query": {"x": 1}}
    listed = kit.lister(kit.client(), PAGE, query=query, options=options)
    assert len(kit.items(listed)) == len(kit.items(listed)) == 23
    assert query == {"role": "admin"}
    assert options == {"extra_query": {"x": 1}}


def test_an_empty_page_in_the_middle_is_not_the_end(kit: Any, api: respx.MockRouter) -> None:
    """A cursor that leads on is followed, whatever the page holds."""
    pages = [
        {"data": rows(0, 2), "has_more": True, "next_cursor": "a"},
        {"data": [], "has_more": True, "next_cursor": "b"},
        {"data": [], "has_more": True, "next_cursor": "c"},
        {"data": rows(2, 1), "has_more": False, "next_cursor": None},
    ]
    api.get("/rows").mock(side_effect=[httpx.Response(200, json=page) for page in pages])
    assert ids(kit.items(kit.lister(kit.client(), CURSOR))) == ["r0", "r1", "r2"]


@pytest.mark.parametrize("circle", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_circle_of_cursors_ends(kit: Any, api: respx.MockRouter, circle: list[str]) -> None:
    """A cursor that comes again is an error that names it, after the items that were new."""
    pages = [
        httpx.Response(200, json={"data": rows(i, 1), "has_more": True, "next_cursor": circle[i]})
        for i in range(len(circle))
    ]
    route = api.get("/rows").mock(side_effect=pages)
    iterator = kit.lister(kit.client(), CURSOR).items()
    found = [kit.next(iterator)["id"] for _ in circle]
    with pytest.raises(PaginationError) as caught:
        kit.next(iterator)
    assert found == [f"r{i}" for i in range(len(circle))]
    assert caught.value.token == circle[-1]
    assert route.call_count == len(circle)


def test_more_without_a_cursor_is_an_error(kit: Any, api: respx.MockRouter) -> None:
    """A server that says there is more, and not where, would lose rows in silence."""
    api.get("/rows").respond(200, json={"data": rows(0, 1), "has_more": True})
    with pytest.raises(PaginationError, match="not where"):
        kit.items(kit.lister(kit.client(), CURSOR))


def test_a_server_that_ignores_the_page(kit: Any, api: respx.MockRouter) -> None:
    """The same rows twice in a row are an error instead of endless repetition."""
    meta = {"total": 100, "total_pages": 50}
    route = api.get("/rows").respond(200, json={"data": rows(0, 2), "meta": meta})
    iterator = kit.lister(kit.client(), PAGE).items()
    with pytest.raises(PaginationError, match="same page"):
        kit.items(iterator)
    assert route.call_count == 2


@pytest.mark.parametrize("style", STYLES)
def test_resuming_anywhere(kit: Any, api: respx.MockRouter, style: str) -> None:
    """After any number of rows the token leads to the next one, in another client too."""
    table = Table()
    api.get("/rows").mock(side_effect=table)
    endpoint = STYLES[style]
    for taken in (0, 1, 9, 10, 11, 20, 22, 23):
        iterator = kit.lister(kit.client(), endpoint, query={"style": style}).items()
        found = [kit.next(iterator) for _ in range(taken)]
        token = iterator.resume_token
        again = kit.lister(kit.client(), endpoint, query={"style": style})
        rest = kit.items(again.items(resume_token=token))
        assert ids(found + rest) == ids(table.rows)


def test_a_token_of_another_list_is_refused(kit: Any, api: respx.MockRouter) -> None:
    """Other filters are another list; and what is no token is said to be none."""
    api.get("/rows").mock(side_effect=Table())
    client = kit.client()
    iterator = kit.lister(client, PAGE, query={"role": "admin"}).items()
    token = iterator.resume_token
    with pytest.raises(PaginationError, match="other arguments"):
        kit.lister(client, PAGE, query={"role": "member"}).items(resume_token=token)
    with pytest.raises(PaginationError, match="no resume token"):
        kit.lister(client, PAGE).items(resume_token="rubbish")
    with pytest.raises(PaginationError, match="version"):
        kit.lister(client, PAGE).items(resume_token="WzIsMSwyLDMsNF0")


def test_errors_carry_the_place(kit: Any, api: respx.MockRouter) -> None:
    """A page that fails costs nothing: its error says where to go on."""
    table = Table()
    table.fail_on = {2}
    api.get("/rows").mock(side_effect=table)
    client = kit.client(max_retries=0)
    iterator = kit.lister(client, PAGE).items()
    found = [kit.next(iterator) for _ in range(10)]
    with pytest.raises(InternalServerError) as caught:
        kit.next(iterator)
    token = caught.value.resume_token
    assert token is not None
    rest = kit.items(kit.lister(client, PAGE).items(resume_token=token))
    assert ids(found + rest) == ids(table.rows)


def test_only_the_failing_page_is_repeated(kit: Any, api: respx.MockRouter) -> None:
    """A page that fails in passing is retried alone."""
    table = Table()
    table.fail_on = {2}
    api.get("/rows").mock(side_effect=table)
    assert len(kit.items(kit.lister(kit.client(), PAGE))) == 23
    assert len(table.requests) == 4


@pytest.mark.parametrize("style", ["link", "next_url"])
def test_another_origin_gets_no_credential(kit: Any, api: respx.MockRouter, style: str) -> None:
    """A next link to another host is followed with the filters and without credentials."""
    url = "https://other.test/rows?after=c10"
    first = (
        httpx.Response(200, json=rows(0, 1), headers={"Link": f'<{url}>; rel="next"'})
        if style == "link"
        else httpx.Response(200, json={"results": rows(0, 1), "next": url})
    )
    last = httpx.Response(200, json=rows(1, 1) if style == "link" else {"results": rows(1, 1)})
    api.get("/rows").mock(return_value=first)
    client = kit.client(
        credentials={"bearer": "b", "query": "q-secret"},
        default_query={"lang": "de"},
        default_headers={"X-Plain": "p"},
    )
    endpoint = Endpoint(
        "rows.list",
        "GET",
        "/rows",
        security=(("bearer", "query"),),
        result=STYLES[style].result,
        paging=STYLES[style].paging,
    )
    with respx.mock(assert_all_called=False) as everywhere:
        target = everywhere.get(url__startswith="https://other.test/").mock(return_value=last)
        found = kit.items(kit.lister(client, endpoint, query={"role": "admin", "after": "c0"}))
    assert ids(found) == ["r0", "r1"]
    request = target.calls.last.request
    assert str(request.url) == "https://other.test/rows?after=c10&lang=de&role=admin"
    assert "authorization" not in request.headers
    assert request.headers["x-plain"] == "p"


def test_relative_next_links_keep_credentials(kit: Any, api: respx.MockRouter) -> None:
    """A relative link is of the same origin, and its own parameters win over the first ones."""
    first = httpx.Response(200, json=rows(0, 1), headers={"Link": "<?page=2&role=x>; rel=next"})
    route = api.get("/rows").mock(side_effect=[first, httpx.Response(200, json=rows(1, 1))])
    kit.items(kit.lister(kit.client(), LINK, query={"role": "admin", "q": "a,b"}))
    request = route.calls.last.request
    assert str(request.url) == "https://api.test/v1/rows?page=2&role=x&q=a%2Cb"
    assert request.headers["authorization"] == "Bearer sk_test"


@pytest.mark.parametrize(
    "body", [{"data": {"id": "r0"}}, {"data": "r0"}, {"rows": []}, [], "text", None]
)
def test_a_page_without_a_list(kit: Any, api: respx.MockRouter, body: Any) -> None:
    """A success that holds no list where it should is a typed error."""
    api.get("/rows").respond(200, json=body)
    with pytest.raises(APIResponseValidationError):
        kit.page(kit.client(), CURSOR)


def test_null_is_an_empty_list(kit: Any, api: respx.MockRouter) -> None:
    """Some servers write an empty list as null."""
    api.get("/rows").respond(200, json={"data": None, "has_more": False})
    assert kit.page(kit.client(), CURSOR).data == []


def test_the_raw_form_of_a_list(kit: Any, api: respx.MockRouter) -> None:
    """The raw response parses to the page."""
    api.get("/rows").mock(side_effect=Table())
    raw = kit.run(kit.resource(kit.client())._raw()._page(PAGE))
    assert raw.status_code == 200
    assert len(raw.parse().data) == 10
    assert raw.parse() is raw.parse()


def test_one_page_in_memory(kit: Any, api: respx.MockRouter) -> None:
    """Pages that have been walked over are let go."""
    api.get("/rows").mock(side_effect=Table(500))
    alive: list[weakref.ref[Any]] = []
    iterator = kit.lister(kit.client(), PAGE).items()
    for _ in range(500):
        item = kit.next(iterator)
        alive.append(weakref.ref(item))
    del item
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 10


def test_errors_of_the_iteration_are_the_sdks() -> None:
    """A pagination error is one of the SDK's."""
    assert issubclass(PaginationError, SDKError)

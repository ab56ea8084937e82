"""Lists whose paging parameters stand in the request's body."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from unistack._core.call import Call
from unistack._core.endpoint import Body, Endpoint, Json, Paging
from unistack._core.errors import PaginationError
from unistack._core.pointers import placed

ROWS = [{"id": f"r{i}"} for i in range(7)]
NUMBERED = Paging("page", page="/page", size="/size", total="/total", in_body=True)
COUNTED = Paging("offset", offset="/at/offset", limit="/at/limit", total="/total", in_body=True)
CURSOR = Paging("cursor", cursor="/at/cursor", next_cursor="/next", in_body=True)


def searcher(paging: Paging) -> Endpoint:
    return Endpoint(
        "rows.search", "POST", "/search", body=Body(), result=Json(dict[str, Any]), paging=paging
    )


def serve(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    at = body.get("at") or {}
    start = 3 * (body.get("page") or 1) - 3
    start = at.get("offset") or int(at.get("cursor") or 0) or start
    answer: dict[str, Any] = {"data": ROWS[start : start + 3], "total": len(ROWS)}
    if start + 3 < len(ROWS):
        answer["next"] = str(start + 3)
    return httpx.Response(200, json=answer)


@pytest.mark.parametrize("paging", [NUMBERED, COUNTED, CURSOR], ids=lambda paging: paging.style)
@pytest.mark.parametrize("concurrency", [1, 3])
def test_every_row_comes_once(
    kit: Any, api: respx.MockRouter, paging: Paging, concurrency: int
) -> None:
    """In order, one after the other or pages side by side; what else the body holds is kept."""
    route = api.post("/search").mock(side_effect=serve)
    body = {"query": {"name": "x"}, "at": {"kept": True}}
    lister = kit.lister(kit.client(), searcher(paging), body=body)
    assert [row["id"] for row in kit.items(lister.items(concurrency=concurrency))] == [
        row["id"] for row in ROWS
    ]
    sent = [json.loads(call.request.content) for call in route.calls]
    assert all(one["query"] == {"name": "x"} and one["at"]["kept"] is True for one in sent)
    assert body == {"query": {"name": "x"}, "at": {"kept": True}}


def test_a_cursor_that_comes_twice_is_a_circle(kit: Any, api: respx.MockRouter) -> None:
    """As with a cursor in the query."""
    api.post("/search").respond(200, json={"data": [], "next": "again"})
    with pytest.raises(PaginationError, match="again"):
        kit.items(kit.lister(kit.client(), searcher(CURSOR), body={}))


def test_a_value_is_placed_in_a_copy() -> None:
    """Objects on the way are copied, or made where there are none."""
    body = {"a": {"b": 1, "c": {"d": 2}}}
    assert placed(body, "/a/b", 3) == {"a": {"b": 3, "c": {"d": 2}}}
    assert placed(body, "/x/y", 3) == {"a": {"b": 1, "c": {"d": 2}}, "x": {"y": 3}}
    assert placed({"a": None}, "/a/b", 3) == {"a": {"b": 3}}
    assert body == {"a": {"b": 1, "c": {"d": 2}}}


def test_a_call_knows_what_was_asked() -> None:
    """By name from the query, by pointer from the body."""
    call = Call(searcher(COUNTED), lambda *given: None, body={"at": {"offset": 4}})
    assert call.asked["/at/offset"] == 4
    following = call.copy({"/at/offset": 8})
    assert (call.body, following.body) == ({"at": {"offset": 4}}, {"at": {"offset": 8}})
    assert following.query is None

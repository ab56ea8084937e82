"""Iteration over servers that misbehave in any way: it ends, loses nothing, and errs as the SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unistack._core.endpoint import Endpoint, Json, Paging
from unistack._core.errors import APIResponseValidationError, PaginationError, SDKError

AUTH = (("bearer",),)
SECRET = "sk_test"
STATES = 5


def lister(paging: Paging) -> Endpoint:
    return Endpoint("rows.list", "GET", "/rows", security=AUTH, result=Json(Any), paging=paging)


STYLES = {
    "page": lister(
        Paging("page", page="page", size="per_page", total="/total", total_pages="/total_pages")
    ),
    "page-limit": lister(Paging("page", page="page", size="limit", total="/total")),
    "offset": lister(Paging("offset", offset="offset", limit="limit", total="/total")),
    "cursor": lister(
        Paging("cursor", cursor="after", next_cursor="/next_cursor", has_more="/has_more")
    ),
    "keyset": lister(Paging("keyset", cursor="after", next_cursor="/id", has_more="/has_more")),
    "link": lister(Paging("link", items="/data")),
    "next_url": lister(Paging("next_url", next_url="/next")),
    "token": lister(Paging("token_header", cursor="token", header="X-Next")),
}


@dataclass(frozen=True)
class Answer:
    """One page: how many rows, where it leads, and what is wrong with it."""

    rows: int
    leads_to: int | None
    more: Any
    total: Any
    total_pages: Any
    trouble: str


ANSWERS = st.builds(
    Answer,
    rows=st.integers(0, 3),
    leads_to=st.one_of(st.none(), st.integers(0, STATES - 1)),
    more=st.sampled_from([True, False, None, "yes"]),
    total=st.sampled_from([None, 0, 3, 7, -1, 10**12, "9", 2.5]),
    total_pages=st.sampled_from([None, 0, 1, 3, -2, 10**12, "3"]),
    trouble=st.sampled_from(["", "", "", "", "no list", "null", "not json", "foreign", "odd link"]),
)


@dataclass
class Server:
    """Pages that lead to each other in any way; the rows of each are its own."""

    answers: list[Answer]
    given: list[list[str]] = field(default_factory=list)
    elsewhere: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "api.test":
            self.elsewhere.append(request)
        number = self._number(request.url.params)
        if number >= len(self.answers):
            self.given.append([])
            return httpx.Response(200, json={"data": [], "total": 0, "total_pages": 0})
        answer = self.answers[number]
        ids = [f"{number}.{row}" for row in range(answer.rows)]
        body: dict[str, Any] = {"data": [{"id": name} for name in ids]}
        headers = {}
        if answer.trouble == "not json":
            return httpx.Response(200, text="<html>")
        if answer.trouble in ("no list", "null"):
            body["data"] = {"no": "list"} if answer.trouble == "no list" else None
            ids = []
        self.given.append(ids)
        if answer.leads_to is not None:
            where = f"/v1/rows?after=c{answer.leads_to}"
            if answer.trouble == "foreign":
                where = f"https://evil.test{where}"
            elif answer.trouble == "odd link":
                where = "http://[:::"
            body |= {"next_cursor": f"c{answer.leads_to}", "next": where}
            headers = {"Link": f'<{where}>; rel="next"', "X-Next": f"c{answer.leads_to}"}
        body |= {"has_more": answer.more, "total": answer.total, "total_pages": answer.total_pages}
        return httpx.Response(200, json=body, headers=headers)

    def _number(self, query: httpx.QueryParams) -> int:
        mark = query.get("after") or query.get("token")
        if mark is None:
            return int(query.get("page") or 1) - 1 if "page" in query else self._by_offset(query)
        if mark.startswith("c"):
            return int(mark[1:])
        leads_to = self.answers[int(mark.partition(".")[0])].leads_to  # keyset: a row's id
        return len(self.answers) if leads_to is None else leads_to

    def _by_offset(self, query: httpx.QueryParams) -> int:
        offset, number = int(query.get("offset") or 0), 0
        while offset > 0 and number < len(self.answers):
            offset -= self.answers[number].rows
            number += 1
        return number


@pytest.mark.parametrize("how", [{}, {"prefetch": 2}], ids=["plain", "ahead"])
@pytest.mark.parametrize("style", STYLES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=STATES))
def test_any_server(kit: Any, style: str, how: dict[str, Any], answers: list[Answer]) -> None:
    """Every row that came is handed out, in order, in bounded requests; errors are the SDK's."""
    server = Server(answers)
    client = kit.client(transport=httpx.MockTransport(server), base_url="https://api.test/v1")
    found: list[str] = []
    failure: Exception | None = None
    try:
        iterator = kit.lister(client, STYLES[style]).items(**how)
        while True:
            found.append(kit.next(iterator)["id"])
            assert len(found) <= 3 * (STATES + 2)
    except (StopIteration, StopAsyncIteration):
        pass
    except SDKError as error:
        failure = error
    assert failure is None or isinstance(failure, PaginationError | APIResponseValidationError)
    came = [name for page in server.given for name in page]
    assert found == came[: len(found)]
    if failure is None and not how:
        assert found == came
    assert len(server.given) <= STATES + 3
    for request in server.elsewhere:
        assert SECRET not in str(request.headers.raw)

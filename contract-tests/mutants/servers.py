"""Seeded bugs of a server: a proxy in front of the mock that breaks one promise at a time.

The bugs live here, in test code, and are no option of the mock server. Each must be found by the
server scenarios; a bug that none finds is a hole in the suite.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

__all__ = ["SERVER_BUGS", "broken"]


@dataclass(frozen=True)
class Ask:
    """A request on its way to the mock server."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def api_path(self) -> str:
        """The path below the session's prefix and the server's path."""
        return re.sub(r"^(/~[^/]+)?/v1", "", self.path)

    @property
    def lists(self) -> bool:
        """Whether it reads a collection."""
        return self.method == "GET" and self.api_path.count("/") == 1

    @property
    def creates(self) -> bool:
        """Whether it adds to a collection."""
        return self.method == "POST" and self.api_path.count("/") == 1


@dataclass(frozen=True)
class Answer:
    """A response on its way back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_json(self, change: Callable[[Any], Any], status: int | None = None) -> Answer:
        """The same with its JSON changed; ``change`` may edit in place."""
        value = json.loads(self.body)
        changed = change(value)
        body = json.dumps(value if changed is None else changed).encode()
        return replace(self, body=body, status=status or self.status)

    def with_header(self, name: str, value: str | None) -> Answer:
        """The same with a header set, or removed."""
        headers = {n: v for n, v in self.headers.items() if n.lower() != name.lower()}
        if value is not None:
            headers[name] = value
        return replace(self, headers=headers)


Forward = Callable[[Ask], Answer]
Bug = Callable[[Ask, Forward], Answer]


def _data(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    """Change each row of a success."""

    def edit(value: Any) -> None:
        rows = value["data"] if isinstance(value["data"], list) else [value["data"]]
        for row in rows:
            change(row)

    return answer.with_json(edit) if answer.status in {200, 201} and answer.body else answer


def _rows(change: Callable[[dict[str, Any]], None]) -> Bug:
    return lambda ask, forward: _data(forward(ask), change)


def _ok(ask: Ask, answer: Answer, edit: Callable[[Answer], Answer]) -> Answer:
    return edit(answer) if answer.status in {200, 201} and answer.body else answer


def header_missing(ask: Ask, forward: Forward) -> Answer:
    return forward(ask).with_header("X-RateLimit-Remaining", None)


def header_mistyped(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    known = any(name.lower() == "x-ratelimit-remaining" for name in answer.headers)
    return answer.with_header("X-RateLimit-Remaining", "plenty") if known else answer


def _assign(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        if name in row:
            row[name] = value

    return change


def extra_property(ask: Ask, forward: Forward) -> Answer:
    return _data(forward(ask), lambda row: row.update(shoe_size=43))


def undeclared_status(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    return replace(answer, status=202) if answer.status == 201 else answer


def wrong_content_type(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    return answer.with_header("Content-Type", "text/html") if answer.body else answer


def invalid_json(ask: Ask, forward: Forward) -> Answer:
    return _ok(ask, forward(ask), lambda a: replace(a, body=a.body[: len(a.body) // 2]))


def location_missing(ask: Ask, forward: Forward) -> Answer:
    return forward(ask).with_header("Location", None)


def no_retry_after(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    return answer.with_header("Retry-After", None) if answer.status == 429 else answer


def not_found_envelope(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    return replace(answer, body=b'{"detail": "Not Found"}') if answer.status == 404 else answer


def undeclared_500(ask: Ask, forward: Forward) -> Answer:
    if b"'" in ask.body:
        return Answer(500, {"Content-Type": "text/plain"}, b"Internal Server Error")
    return forward(ask)


def auth_ignored(ask: Ask, forward: Forward) -> Answer:
    headers = {name: value for name, value in ask.headers.items() if name != "authorization"}
    headers["authorization"] = "Bearer sk_live_contract_0123456789abcdef"
    return forward(replace(ask, headers=headers))


def invalid_body_accepted(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    if ask.creates and answer.status == 422:
        row = json.dumps({"success": True, "data": {"id": "user_x"}}).encode()
        return replace(answer, status=201, body=row)
    return answer


def delete_is_a_no_op(ask: Ask, forward: Forward) -> Answer:
    if ask.method != "DELETE":
        return forward(ask)
    there = forward(replace(ask, method="GET"))
    if there.status != 200:
        return forward(ask)
    names = ("x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    return Answer(204, {n: v for n, v in there.headers.items() if n.lower() in names})


def create_not_stored(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    if ask.creates and answer.status == 201:
        made = json.loads(answer.body)["data"]["id"]
        headers = {n: v for n, v in ask.headers.items() if n != "content-type"}
        forward(Ask("DELETE", f"{ask.path}/{made}", {}, headers, b""))
    return answer


def create_echoes_wrong_value(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    if not (ask.creates and answer.status == 201):
        return answer

    def change(row: dict[str, Any]) -> None:
        for name in ("name", "title"):
            if isinstance(row.get(name), str):
                row[name] = row[name].upper()

    return _data(answer, change)


def total_wrong(ask: Ask, forward: Forward) -> Answer:
    def edit(value: Any) -> None:
        if "total" in value.get("meta", {}):
            value["meta"]["total"] += 1

    return _ok(ask, forward(ask), lambda a: a.with_json(edit)) if ask.lists else forward(ask)


def per_page_ignored(ask: Ask, forward: Forward) -> Answer:
    if ask.lists and "per_page" in ask.query:
        return forward(replace(ask, query={**ask.query, "per_page": "20"}))
    return forward(ask)


def page_ignored(ask: Ask, forward: Forward) -> Answer:
    if not (ask.lists and "page" in ask.query):
        return forward(ask)
    page = int(ask.query["page"]) if ask.query["page"].isdigit() else 1
    answer = forward(replace(ask, query={**ask.query, "page": "1"}))
    return _ok(ask, answer, lambda a: a.with_json(lambda v: v["meta"].update(page=page)))


def pages_overlap(ask: Ask, forward: Forward) -> Answer:
    answer = forward(ask)
    page = ask.query.get("page", "1")
    if not (ask.lists and answer.status == 200 and page.isdigit() and int(page) > 1):
        return answer
    before = forward(replace(ask, query={**ask.query, "page": str(int(page) - 1)}))
    last = json.loads(before.body)["data"][-1:]

    def edit(value: Any) -> None:
        if value["data"]:
            value["data"] = (last + value["data"])[: len(value["data"])]

    return answer.with_json(edit)


def sort_ignored(ask: Ask, forward: Forward) -> Answer:
    return forward(replace(ask, query={n: v for n, v in ask.query.items() if n != "sort"}))


def filter_ignored(ask: Ask, forward: Forward) -> Answer:
    kept = {"page", "per_page", "sort", "after", "limit", "fields", "include"}
    return forward(replace(ask, query={n: v for n, v in ask.query.items() if n in kept}))


SERVER_BUGS: dict[str, Bug] = {
    "declared-header-missing": header_missing,
    "header-mistyped": header_mistyped,
    "enum-outside": _rows(_assign("role", "emperor")),
    "date-malformed": _rows(_assign("created_at", "yesterday")),
    "email-malformed": _rows(_assign("email", "nowhere")),
    "extra-property": extra_property,
    "null-not-nullable": _rows(_assign("name", None)),
    "undeclared-status": undeclared_status,
    "wrong-content-type": wrong_content_type,
    "invalid-json": invalid_json,
    "location-missing": location_missing,
    "throttled-without-retry-after": no_retry_after,
    "not-found-envelope": not_found_envelope,
    "undeclared-500": undeclared_500,
    "auth-ignored": auth_ignored,
    "invalid-body-accepted": invalid_body_accepted,
    "delete-is-a-no-op": delete_is_a_no_op,
    "create-not-stored": create_not_stored,
    "create-echoes-wrong-value": create_echoes_wrong_value,
    "total-wrong": total_wrong,
    "per-page-ignored": per_page_ignored,
    "page-ignored": page_ignored,
    "pages-overlap": pages_overlap,
    "sort-ignored": sort_ignored,
    "filter-ignored": filter_ignored,
}
"""Every server bug of mutants.yaml by its name."""


@contextmanager
def broken(bug: Bug | None, upstream: str) -> Iterator[str]:
    """A proxy with one bug; yields its root URL.

    Args:
        bug: What goes wrong; None passes everything on unchanged.
        upstream: Root URL of the server behind it.
    """
    parts = urlsplit(upstream)

    def forward(ask: Ask) -> Answer:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            query = urlencode(ask.query, quote_via=quote)
            target = ask.path + (f"?{query}" if query else "")
            connection.request(ask.method, target, ask.body or None, ask.headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            size = int(self.headers.get("content-length", 0))
            ask = Ask(
                method=self.command,
                path=path,
                query=dict(parse_qsl(query, keep_blank_values=True)),
                headers={
                    name.lower(): value
                    for name, value in self.headers.items()
                    if name.lower() != "content-length"
                },
                body=self.rfile.read(size),
            )
            answer = forward(ask) if bug is None else bug(ask, forward)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            if answer.status not in {204, 304}:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            """Pass every method on: whether it exists is for the server behind to say."""
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

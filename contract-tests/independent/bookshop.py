"""A small server that has nothing to do with the rest of the project: Flask, and a few rules.

``BUGS`` names what it can be told to do wrong; without one it keeps every promise of its document,
``bookshop.yaml``, which was written by hand beside it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

__all__ = ["BUGS", "TOKEN", "bookshop", "serving"]

TOKEN = "shop-token-0123456789"
AUTHORS = ("austen", "lem", "borges")
QUOTA = 1_000_000

BUGS: dict[str, str] = {
    "pages-overlap": "pages.overlap",
    "page-short": "pages.union",
    "size-ignored": "pages.size",
    "total-wrong": "pages.total",
    "pages-miscounted": "pages.total",
    "sort-ignored": "list.sort",
    "sort-never-falls": "list.sort",
    "filter-unsound": "list.filter",
    "filter-incomplete": "list.filter",
    "bound-ignored": "list.filter",
    "search-ignored": "list.filter",
    "cursor-stuck": "pages.overlap",
    "create-forgotten": "create.read",
    "create-unlisted": "create.listed",
    "create-changes-case": "create.echo",
    "text-mangled": "create.text",
    "location-wrong": "create.location",
    "update-forgotten": "update.read",
    "patch-resets": "update.keeps",
    "delete-does-nothing": "delete.gone",
    "delete-still-listed": "delete.unlisted",
    "replay-creates-twice": "idempotency.replay",
    "mismatch-served": "idempotency.mismatch",
    "anonymous-served": "auth.missing",
    "any-token-served": "auth.wrong",
    "unknown-served": "refuse.unknown",
    "method-served": "refuse.method",
    "body-unchecked": "refuse.body",
    "malformed-crashes": "refuse.malformed",
    "media-type-ignored": "refuse.media-type",
    "query-unchecked": "refuse.query",
    "quota-missing": "limits.present",
    "quota-frozen": "limits.falling",
    "etag-never-matches": "etag.unchanged",
    "etag-always-matches": "etag.unchanged",
    "problem-is-html": "response.conforms",
    "year-is-text": "response.conforms",
}
"""What can be wrong, and the kind of check that must find it."""


class Refusal(Exception):
    """A request that is not served."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status, self.title = status, title


def bookshop(bug: str = "") -> Flask:
    """The application, with at most one bug."""
    app = Flask("bookshop")
    books: dict[str, dict[str, Any]] = {}
    unlisted: set[str] = set()
    ghosts: dict[str, dict[str, Any]] = {}
    replies: dict[str, tuple[str, str]] = {}
    state = {"number": 0, "left": QUOTA}
    lock = threading.Lock()

    def add(fields: dict[str, Any]) -> dict[str, Any]:
        with lock:
            state["number"] += 1
            isbn = f"isbn-{state['number']:04d}"
        book = {"isbn": isbn, "year": None, "in_print": False, **fields}
        books[isbn] = book
        return book

    for index in range(23):
        add(
            {
                "title": f"Volume {chr(ord('A') + index * 7 % 23)}",
                "author": AUTHORS[index % 3],
                "year": 1800 + index * 5 % 23,
                "in_print": index % 2 == 0,
            }
        )

    @app.before_request
    def guard() -> None:
        with lock:
            state["left"] -= 1
        given = request.headers.get("Authorization", "")
        if bug == "anonymous-served" and not given:
            return
        if bug == "any-token-served" and given.startswith("Bearer "):
            return
        if given != f"Bearer {TOKEN}":
            raise Refusal(401, "Who are you?")

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        return problem(error.status, error.title)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        status = error.code or 500
        if bug == "method-served" and status == 405:
            return answer({"fine": True})
        made = problem(status, error.name)
        if status == 405:
            made.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
        return made

    def problem(status: int, title: str) -> Response:
        if bug == "problem-is-html":
            return Response(f"<h1>{title}</h1>", status, content_type="text/html")
        text = json.dumps({"title": title, "status": status})
        return Response(text, status, content_type="application/problem+json")

    def answer(value: Any, status: int = 200) -> Response:
        made = Response(json.dumps(value), status, content_type="application/json")
        if bug != "quota-missing":
            left = QUOTA if bug == "quota-frozen" else state["left"]
            made.headers["X-RateLimit-Limit"] = str(QUOTA)
            made.headers["X-RateLimit-Remaining"] = str(left)
            made.headers["X-RateLimit-Reset"] = "4102444800"
        return made

    def number(name: str, fallback: int, most: int = 10**6) -> int:
        text = request.args.get(name, str(fallback))
        if bug == "query-unchecked" and not text.isdigit():
            return fallback
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise Refusal(400, f"{name} must be a number")
        return int(text)

    def chosen() -> list[dict[str, Any]]:
        rows = [book for isbn, book in books.items() if isbn not in unlisted]
        if bug == "delete-still-listed":
            rows += ghosts.values()
        author, printed = request.args.get("author"), request.args.get("in_print")
        if author is not None and bug != "filter-unsound":
            rows = [book for book in rows if book["author"] == author]
        if author is not None and bug == "filter-incomplete":
            rows = rows[1:]
        if printed is not None:
            rows = [book for book in rows if book["in_print"] == (printed == "true")]
        year = request.args.get("min_year")
        if year is not None and bug != "bound-ignored":
            rows = [book for book in rows if (book["year"] or 0) >= int(year)]
        text = request.args.get("q")
        if text is not None and bug != "search-ignored":
            rows = [book for book in rows if text.casefold() in book["title"].casefold()]
        return ordered(rows)

    def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        order = request.args.get("sort")
        if order is None or bug == "sort-ignored":
            return rows
        name = order.lstrip("-")
        falls = order.startswith("-") and bug != "sort-never-falls"
        known = sorted(
            (book for book in rows if book[name] is not None),
            key=lambda book: book[name],
            reverse=falls,
        )
        return known + [book for book in rows if book[name] is None]

    @app.get("/shop/books")
    def list_books() -> Response:
        page, limit = number("page", 1), number("limit", 10, 50)
        if bug == "size-ignored":
            limit = 10
        rows = chosen()
        start = (page - 1) * limit
        if bug == "pages-overlap" and page > 1:
            start -= 1
        cut = rows[start : start + limit]
        if bug == "page-short" and page > 1:
            cut = cut[1:]
        total = len(rows) + (1 if bug == "total-wrong" else 0)
        pages = -(-total // limit) + (1 if bug == "pages-miscounted" else 0)
        if bug == "year-is-text":
            cut = [{**book, "year": str(book["year"])} for book in cut]
        return answer({"books": cut, "paging": {"total": total, "pages": pages}})

    @app.post("/shop/books")
    def add_book() -> Response:
        text = request.get_data(as_text=True)
        key = request.headers.get("Idempotency-Key")
        if key is not None and key in replies:
            before, isbn = replies[key]
            if before != text and bug != "mismatch-served":
                raise Refusal(409, "The key was used for another book")
            if bug != "replay-creates-twice":
                return created(books.get(isbn) or ghosts[isbn])
        book = add(read_body(("title", "author", "year", "in_print"), ("title", "author")))
        if bug == "create-changes-case":
            book["title"] = book["title"].upper()
        if bug == "text-mangled":
            book["title"] = book["title"].encode("ascii", "replace").decode()
        if bug == "create-unlisted":
            unlisted.add(book["isbn"])
        if bug == "create-forgotten":
            del books[book["isbn"]]
            ghosts[book["isbn"]] = book
        if key is not None:
            replies[key] = text, book["isbn"]
        return created(book)

    def created(book: dict[str, Any]) -> Response:
        made = answer(book, 201)
        place = "isbn-0001" if bug == "location-wrong" else book["isbn"]
        made.headers["Location"] = f"/shop/books/{place}"
        return made

    def read_body(known: tuple[str, ...], required: tuple[str, ...]) -> dict[str, Any]:
        if request.mimetype != "application/json":
            if bug == "media-type-ignored":
                return {"title": "Anything", "author": "lem"}
            raise Refusal(415, "Send JSON")
        try:
            body = json.loads(request.get_data())
        except ValueError:
            if bug == "malformed-crashes":
                return {}["nothing"]  # type: ignore[no-any-return]
            raise Refusal(400, "That is no JSON") from None
        if bug == "body-unchecked":
            return {"title": "Untitled", "author": "lem", **body}
        kinds = {"title": str, "author": str, "year": int, "in_print": bool}
        fine = (
            isinstance(body, dict)
            and set(body) <= set(known)
            and set(required) <= set(body)
            and all(isinstance(value, kinds[name]) for name, value in body.items())
            and not isinstance(body.get("year"), bool)
            and body.get("author", "lem") in AUTHORS
            and 1450 <= body.get("year", 1999) <= 2100
            and 1 <= len(body.get("title", "x")) <= 120
        )
        if not fine:
            raise Refusal(400, "That is no book")
        made: dict[str, Any] = body
        return made

    def find(isbn: str) -> dict[str, Any]:
        book = books.get(isbn)
        if book is None and bug == "unknown-served":
            return books["isbn-0001"]
        if book is None:
            raise Refusal(404, "No such book")
        return book

    @app.get("/shop/books/<isbn>")
    def get_book(isbn: str) -> Response:
        book = find(isbn)
        tag = '"' + hashlib.sha256(json.dumps(book).encode()).hexdigest()[:16] + '"'
        asked = request.headers.get("If-None-Match")
        same = asked == tag and bug != "etag-never-matches"
        if asked is not None and (same or bug == "etag-always-matches"):
            return Response(status=304, headers={"ETag": tag})
        made = answer(book)
        made.headers["ETag"] = tag
        return made

    @app.patch("/shop/books/<isbn>")
    def change_book(isbn: str) -> Response:
        book = find(isbn)
        changes = read_body(("title", "year", "in_print"), ())
        if bug == "update-forgotten":
            return answer({**book, **changes})
        if bug == "patch-resets":
            book.update(year=None, in_print=False, author="borges")
        book.update(changes)
        return answer(book)

    @app.delete("/shop/books/<isbn>")
    def remove_book(isbn: str) -> Response:
        find(isbn)
        if bug == "delete-still-listed":
            ghosts[isbn] = books[isbn]
        if bug != "delete-does-nothing":
            del books[isbn]
        return Response(status=204)

    @app.get("/shop/sales")
    def list_sales() -> Response:
        limit = number("limit", 10, 50)
        cursor = request.args.get("cursor", "after-0")
        start = int(cursor.rpartition("-")[2]) if cursor.startswith("after-") else 0
        rows = [{"id": i, "amount": i * 1.5} for i in range(1, 18)][start : start + limit]
        following = f"after-{start + limit}" if start + limit < 17 else None
        if bug == "cursor-stuck" and following is not None and start > 0:
            following = cursor
        return answer({"data": rows, "next_cursor": following})

    return app


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port; yields its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/shop"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

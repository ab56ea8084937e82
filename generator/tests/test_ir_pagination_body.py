"""Pagination whose parameters stand in the request's body: read from it, or said outright."""

from __future__ import annotations

import pytest

from specloom.ir.model import PaginationStyle

SEARCH = """\
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /contacts/search:
    post:
      operationId: contacts.search
      EXTENSION
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                query: {type: string}
                PROPERTIES
      responses:
        '200':
          description: d
          content:
            application/json:
              schema:
                type: object
                properties:
                  data: {type: array, items: {type: object, properties: {id: {type: string}}}}
                  ANSWER
"""
CURSOR = "cursor: {type: string}"
NESTED = "pagination: {type: object, properties: {per_page: {type: integer}, starting_after: {type: string}}}"
NUMBERED = "page: {type: integer}\n                per_page: {type: integer}"
NEXT = "next_cursor: {type: string}"
PAGES = (
    "pages: {type: object, properties: {total_pages: {type: integer}, "
    "next: {type: object, properties: {starting_after: {type: string}}}}}"
)


def paged(built, properties, answer, extension="summary: s", edit=None):
    """The pagination that is read from a search, and what is said about the document."""
    text = SEARCH.replace("PROPERTIES", properties).replace("ANSWER", answer)
    text = text.replace("EXTENSION", extension)
    made = built(edit(text) if edit else text)
    return made.operation.pagination, made.codes


def test_a_cursor_in_the_body_that_the_response_hands_out(built):
    """Parameters are pointers into the body then."""
    found, _ = paged(built, CURSOR + "\n                limit: {type: integer}", NEXT)
    assert (found.style, found.in_body, found.explicit) == (PaginationStyle.CURSOR, True, False)
    assert (found.cursor_param.raw, found.size_param.raw) == ("/cursor", "/limit")
    assert (found.items, found.next_cursor) == ("/data", "/next_cursor")


def test_an_object_for_pagination_in_the_body(built):
    """Its properties are parameters; the next cursor has the same name as the parameter."""
    found, _ = paged(built, NESTED, PAGES)
    assert (found.cursor_param.raw, found.size_param.raw) == (
        "/pagination/starting_after",
        "/pagination/per_page",
    )
    assert (found.next_cursor, found.total_pages) == (
        "/pages/next/starting_after",
        "/pages/total_pages",
    )


def test_numbered_pages_of_a_search(built):
    """Counted in the response."""
    found, _ = paged(built, NUMBERED, "total: {type: integer}")
    assert (found.style, found.in_body) == (PaginationStyle.PAGE, True)
    assert (found.page_param.raw, found.size_param.raw) == ("/page", "/per_page")


@pytest.mark.parametrize(
    ("properties", "answer", "edit"),
    [
        (CURSOR, "note: {type: string}", None),
        ("size: {type: integer}", NEXT, None),
        ("book: {type: object, properties: {page: {type: string}}}", NEXT, None),
        (NUMBERED, "note: {type: string}", None),
        ("page: {type: integer}", "total: {type: integer}", None),
        (
            NUMBERED,
            "total: {type: integer}",
            lambda text: text.replace("/contacts/search", "/books").replace(
                "contacts.search", "books.create"
            ),
        ),
        (
            CURSOR,
            NEXT,
            lambda text: text.replace(
                "application/json:\n            schema:\n              type",
                "multipart/form-data:\n            schema:\n              type",
            ),
        ),
        (
            CURSOR,
            NEXT,
            lambda text: text.replace(
                "data: {type: array, items: {type: object, properties: {id: {type: string}}}}",
                "data: {type: string}",
            ),
        ),
    ],
    ids=[
        "no next",
        "size only",
        "other object",
        "no total",
        "no size",
        "a write",
        "no JSON",
        "no list",
    ],
)
def test_what_does_not_prove_it_is_none(built, properties, answer, edit):
    """A method that returns a value goes on returning it."""
    assert paged(built, properties, answer, edit=edit)[0] is None


@pytest.mark.parametrize(
    "extension",
    [
        "x-pagination: {style: cursor, in: body, items: /data, cursor: token, next_cursor: /after}",
        "x-pagination: {style: cursor, items: /data, cursor: token, next_cursor: /after}",
        "x-pagination: {style: cursor, in: body, items: /data, cursor: /token, next_cursor: /after}",
        (
            "x-speakeasy-pagination: {type: cursor, inputs: [{name: token, in: requestBody, type: cursor}], "
            "outputs: {results: $.data, nextCursor: $.after}}"
        ),
        "x-fern-pagination: {cursor: $request.token, next_cursor: $response.after, results: $response.data}",
    ],
    ids=["in body", "no parameter of that name", "pointer", "speakeasy", "fern"],
)
def test_it_can_be_said_outright(built, extension):
    """A property's name or a pointer to it, in three dialects."""
    found, codes = paged(built, "token: {type: string}", "after: {type: string}", extension)
    assert codes == []
    assert (found.explicit, found.in_body, found.cursor_param.raw) == (True, True, "/token")


@pytest.mark.parametrize(
    ("properties", "edit"),
    [
        ("other: {type: string}", None),
        (
            "token: {type: string}",
            lambda text: text.replace(
                "              type: object\n              properties:\n                query: {type: string}\n                token: {type: string}",
                "              type: string",
            ),
        ),
    ],
    ids=["no such property", "no object"],
)
def test_a_property_that_is_not_there_is_reported(built, properties, edit):
    """And nothing is taken for pagination."""
    extension = (
        "x-pagination: {style: cursor, in: body, items: /data, cursor: token, next_cursor: /after}"
    )
    found, codes = paged(built, properties, "after: {type: string}", extension, edit)
    assert (found, codes) == (None, ["bad-pagination"])


def test_searches_of_public_documents_page(zoo):
    """Those that are known to have their cursor or page in the body, and no write."""
    if "intercom.yaml" not in zoo:
        return
    from specloom.ir.build import build
    from specloom.spec import load

    api = build(load(zoo["intercom.yaml"]))
    found = {
        key for key, item in api.operations.items() if item.pagination and item.pagination.in_body
    }
    assert found == {"SearchContacts", "searchConversations", "searchTickets", "searchActivityLogs"}

"""A stainless.yml bound to its document: methods, models, pagination, security, servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specloom.diagnostics import Severity
from specloom.ir.model import ListOf, PaginationStyle, Ref, SecurityKind

USERS = """
paths:
  /users/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: A user., content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}
  /users:
    post: {operationId: users, responses: {'204': {description: Made.}}}
components:
  schemas:
    U: {type: object, properties: {id: {type: string}, tags: {type: array, items: {type: object, properties: {a: {type: string}}}}}}
"""


def listing(items: str, *, parameters: str = "", more: str = "") -> str:
    """A document with one list."""
    return f"""
paths:
  /items:
    get:
      operationId: items
      parameters: [{parameters}]
      responses:
        '200':
          description: Items.
          content:
            application/json:
              schema: {{type: object, properties: {{{items}}}}}
{more}
"""


QUERY = "{{name: {}, in: query, schema: {{type: {}}}}}"
LIST = "resources: {items: {methods: {list: get /items}}}\n"
PURPOSE = "x-stainless-pagination-property: {purpose: %s}"


def test_methods_have_their_places(reading: Callable[..., Any]) -> None:
    """Also where parameters have other names, and where two methods call one operation."""
    read = reading(
        USERS,
        """
        resources:
          users:
            methods: {retrieve: 'get /users/{userId}', create: post /users}
            subresources: {apiKeys: {methods: {makeOne: {endpoint: post /users}}}}
          $client: {methods: {sign_up: post /users}}
        """,
    )
    assert read.methods == {
        "users.retrieve": "get /users/{id}",
        "users.create": "users",
        "users.api_keys.make_one": "users as users.apiKeys.makeOne",
        "sign_up": "users as sign_up",
    }
    assert [item.positional for item in read.api.operations.values()] == [("id",), (), (), ()]
    assert not read.lost


def test_what_the_document_lacks_is_said(reading: Callable[..., Any]) -> None:
    """Methods, models, aliases, events and options that lead nowhere are left out, and named."""
    read = reading(
        USERS,
        """
        client_settings: {opts: {key: {type: string, auth: {security_scheme: nope}}}}
        resources:
          users:
            models:
              lost: Missing
              deep: '#/components/schemas/U/properties/none'
              far: {type: alias, to: users.nowhere}
              path: '$.components.schemas[*]..type'
            methods:
              retrieve: get /nowhere
              create: {endpoint: post /users, paginated: true, unwrap_response: data}
              make: {endpoint: post /users, streaming: {param_discriminator: stream}}
        """,
    )
    assert set(read.lost) == {
        "/client_settings/opts/key/auth",
        "/resources/users/models/lost",
        "/resources/users/models/deep",
        "/resources/users/models/far",
        "/resources/users/models/path",
        "/resources/users/methods/retrieve",
        "/resources/users/methods/create/paginated",
        "/resources/users/methods/create/unwrap_response",
        "/resources/users/methods/make/streaming",
    }
    found = [item for item in read.diagnostics if item.code == "stainless"]
    assert all(item.line and item.consequence for item in found)


def test_operations_without_a_method_are_said(reading: Callable[..., Any]) -> None:
    """One that is left out on purpose is no finding; both are in the ledger."""
    read = reading(USERS, "resources: {}\nunspecified_endpoints: [post /users]\n")
    assert not read.api.operations
    (finding,) = [item for item in read.diagnostics if item.code == "unlisted-operation"]
    assert finding.severity is Severity.WARNING
    assert "GET /users/{id}" in finding.message
    dropped = {entry.pointer for entry in read.ledger}
    assert {"/paths/~1users/post", "/paths/~1users~1{id}/get"} <= dropped


def test_models_are_named_by_their_keys(reading: Callable[..., Any]) -> None:
    """A component, an inner schema by pointer, by JSONPath; a second key is another name."""
    read = reading(
        USERS,
        """
        resources:
          $shared: {models: {tag: '#/components/schemas/U/properties/tags/items'}}
          users:
            models:
              user: U
              person: '#/components/schemas/U'
              tag_list: '$.components.schemas.U.properties.tags'
            methods: {retrieve: 'get /users/{id}'}
        """,
    )
    promises = read.config.promises
    assert {seat.name: seat.resource for seat in promises.seats.values()} == {
        "tag": "$shared",
        "user": "users",
        "tag_list": "users",
    }
    assert promises.aliases == {"users.person": "U"}
    names = {"_".join(model.name) for model in read.api.models.values()}
    assert {"tag", "user", "tag_list"} <= names


@pytest.mark.parametrize(
    ("kind", "request_", "response", "items", "expected"),
    [
        (
            "offset",
            f"start: {{type: integer, {PURPOSE % 'offset_count_param'}}}, limit: {{type: integer}}",
            f"rows: {{type: array}}, all: {{type: integer, {PURPOSE % 'offset_total_count_field'}}}",
            "rows: {type: array, items: {type: string}}, all: {type: integer}",
            (PaginationStyle.OFFSET, "/rows", "start", "limit", "/all"),
        ),
        (
            "page_number",
            f"page: {{type: integer, {PURPOSE % 'page_number_param'}}}, size: {{type: integer}}",
            (
                f"rows: {{type: array, {PURPOSE % 'items'}}}, n: {{type: integer, "
                f"{PURPOSE % 'total_page_count_field'}}}"
            ),
            "rows: {type: array, items: {type: string}}, n: {type: integer}",
            (PaginationStyle.PAGE, "/rows", "page", "size", "/n"),
        ),
        (
            "cursor",
            f"next: {{type: string, {PURPOSE % 'next_cursor_param'}}}",
            (
                f"rows: {{type: array}}, meta: {{type: object, properties: {{c: {{type: string, "
                f"{PURPOSE % 'next_cursor_field'}}}}}}}"
            ),
            (
                "rows: {type: array, items: {type: string}}, "
                "meta: {type: object, properties: {c: {type: string}}}"
            ),
            (PaginationStyle.CURSOR, "/rows", "next", None, "/meta/c"),
        ),
        (
            "cursor_id",
            f"after: {{type: string, {PURPOSE % 'next_cursor_id_param'}}}",
            (
                f"rows: {{type: array, items: {{type: object, properties: {{key: {{type: string, "
                f"{PURPOSE % 'cursor_item_id'}}}}}}}}}"
            ),
            "rows: {type: array, items: {type: object, properties: {key: {type: string}}}}",
            (PaginationStyle.KEYSET, "/rows", "after", None, "/key"),
        ),
        (
            "cursor_url",
            "",
            f"rows: {{type: array}}, more: {{type: string, {PURPOSE % 'cursor_url_field'}}}",
            "rows: {type: array, items: {type: string}}, more: {type: string}",
            (PaginationStyle.NEXT_URL, "/rows", None, None, "/more"),
        ),
        (
            "fake_page",
            "",
            "rows: {type: array}",
            "rows: {type: array, items: {type: string}}",
            (PaginationStyle.LINK, "/rows", None, None, None),
        ),
    ],
)
def test_schemes_are_matched(
    reading: Callable[..., Any],
    kind: str,
    request_: str,
    response: str,
    items: str,
    expected: tuple[Any, ...],
) -> None:
    """A list whose parameters and fields are a scheme's pages by it, under the scheme's name."""
    parameters = ", ".join(
        QUERY.format(name, "string") for name in ("start", "limit", "page", "size", "next", "after")
    )
    scheme = f"pagination: [{{name: my_page, type: {kind}, request: {{{request_}}}, response: {{{response}}}}}]\n"
    read = reading(listing(items, parameters=parameters), LIST + scheme)
    pagination = read.api.operations["items"].pagination
    assert pagination is not None
    assert pagination.name == ("my", "page")
    assert pagination.explicit
    said = (
        pagination.offset_param or pagination.page_param or pagination.cursor_param,
        pagination.size_param,
        pagination.total
        or pagination.total_pages
        or pagination.next_cursor
        or pagination.item_cursor
        or pagination.next_url,
    )
    assert (
        pagination.style,
        pagination.items,
        *(None if value is None else getattr(value, "raw", value) for value in said),
    ) == expected


SCHEME = (
    "pagination: [{name: pages, type: page_number, "
    f"request: {{page: {{type: integer, {PURPOSE % 'page_number_param'}}}}}, "
    "response: {rows: {type: array}, "
    "note: {type: string, x-stainless-pagination-property: {required: false}}}}]\n"
)
ROWS = "rows: {type: array, items: {type: string}}"


def test_a_list_that_lacks_a_field_does_not_page(reading: Callable[..., Any]) -> None:
    """Nor one without the parameter, nor one of which the configuration says so."""
    page = QUERY.format("page", "integer")
    for document, settings, pages in (
        (listing(ROWS, parameters=page), LIST, True),
        (listing("other: {type: array, items: {type: string}}", parameters=page), LIST, False),
        (listing(ROWS), LIST, False),
        (
            listing(ROWS, parameters=page),
            LIST.replace("get /items", "{endpoint: get /items, paginated: false}"),
            False,
        ),
        (
            listing(ROWS, parameters=page),
            LIST.replace("get /items", "{endpoint: get /items, paginated: pages}"),
            True,
        ),
    ):
        read = reading(document, settings + SCHEME)
        assert (read.api.operations["items"].pagination is not None) is pages


def test_only_envelopes_of_one_property_are_unwrapped(reading: Callable[..., Any]) -> None:
    """Objects with siblings are not; a method can say otherwise."""
    settings = LIST + "settings: {unwrap_response_fields: [data]}\n"
    data = "data: {type: array, items: {type: string}}"
    for items, said, unwrapped in (
        (data, "get /items", "data"),
        (f"{data}, ok: {{type: boolean}}", "get /items", None),
        ("rows: {type: array, items: {type: string}}", "get /items", None),
        (data, "{endpoint: get /items, unwrap_response: false}", None),
        (f"{data}, ok: {{type: boolean}}", "{endpoint: get /items, unwrap_response: data}", "data"),
    ):
        read = reading(listing(items), settings.replace("get /items", said))
        result = read.api.operations["items"].result
        assert (result.unwrap.raw if result.unwrap else None) == unwrapped
        assert isinstance(result.value_type, ListOf if unwrapped else Ref)


def test_security_and_servers_are_the_configuration_s(reading: Callable[..., Any]) -> None:
    """Its schemes replace the document's, its environments the servers, the first by default."""
    read = reading(
        listing(ROWS, more="servers: [{url: 'https://old.test'}]\nsecurity: [{old: []}]"),
        """
        organization: {name: acme}
        environments: {live: 'https://acme.test', trial: 'https://trial.acme.test'}
        security: [{key: []}, {}]
        security_schemes: {key: {type: apiKey, in: header, name: X-Key}}
        client_settings:
          opts:
            token: {type: string, read_env: TOKEN, description: Yours., auth: {security_scheme: key}}
        resources: {items: {methods: {list: get /items}}}
        """,
    )
    assert [(s.name.raw, s.url.raw) for s in read.api.servers] == [
        ("live", "https://acme.test"),
        ("trial", "https://trial.acme.test"),
    ]
    (scheme,) = read.api.security_schemes
    assert (scheme.kind, scheme.option, scheme.env) == (
        SecurityKind.API_KEY_HEADER,
        ("token",),
        "TOKEN",
    )
    assert scheme.docs.summary.raw == "Yours."
    secured = read.api.operations["items"].security
    assert [[name for name, _ in one.schemes] for one in secured] == [["key"], []]


def test_query_parameters_are_joined_by_commas(reading: Callable[..., Any]) -> None:
    """Unless the document or the configuration says otherwise."""
    kinds = "{name: kinds, in: query, schema: {type: array, items: {type: string}}}"
    said = kinds.replace("in: query", "in: query, explode: true")
    for document, settings, explode in (
        (listing(ROWS, parameters=kinds), LIST, False),
        (listing(ROWS, parameters=said), LIST, True),
        (listing(ROWS, parameters=kinds), LIST + "query_settings: {array_format: repeat}\n", True),
    ):
        (parameter,) = reading(document, settings).api.operations["items"].parameters
        assert parameter.explode is explode


def test_what_a_method_spells_out_replaces_the_document_s(reading: Callable[..., Any]) -> None:
    """A body and a response said in the configuration."""
    read = reading(
        USERS,
        """
        resources:
          users:
            methods:
              create:
                endpoint: post /users
                request_body:
                  content_type: multipart/form-data
                  properties: {file: {type: string, format: binary, required: true}}
                response: {type: string}
        """,
    )
    operation = read.api.operations["users"]
    assert operation.body is not None
    assert operation.body.contents[0].media_type.raw == "multipart/form-data"
    (model,) = [read.api.models[operation.body.contents[0].type.model]]
    assert [(f.wire_name.raw, f.required) for f in model.fields] == [("file", True)]
    assert operation.result.media_type.raw == "application/json"


def test_extensions_of_the_document_are_named(reading: Callable[..., Any]) -> None:
    """What the format says inside a document is not read, and so is in the ledger."""
    read = reading(
        listing("rows: {type: array, items: {type: string}, x-stainless-skip: [go]}"), LIST
    )
    assert any("x-stainless-skip" in entry.reason for entry in read.ledger)


def test_a_document_of_version_2_is_read_too(reading: Callable[..., Any]) -> None:
    """Its definitions are components; schemes of the configuration wait for a newer version."""
    read = reading(
        """
        swagger: '2.0'
        info: {title: Acme, version: '1'}
        paths:
          /items:
            get:
              operationId: items
              responses: {'200': {description: One., schema: {$ref: '#/definitions/Item'}}}
        definitions: {Item: {type: object, properties: {id: {type: string}}}}
        """,
        LIST.replace("{methods", "{models: {thing: Item}, methods")
        + "security_schemes: {key: {type: http, scheme: bearer}}\n",
    )
    assert read.config.promises.seats["Item"].name == "thing"
    assert list(read.lost) == ["/security_schemes"]

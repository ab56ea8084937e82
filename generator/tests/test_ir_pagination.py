"""How list operations page: inferred, and said outright."""

from __future__ import annotations

import pytest

from specloom.config import Config


@pytest.fixture
def paging(built):
    """Build GET /things with query parameters and a response schema; return its pagination."""

    def make(parameters, schema, *, headers=(), extension=None, config=None):
        queries = ", ".join(
            f"{{name: '{name}', in: query, schema: {text}}}" for name, text in parameters.items()
        )
        declared = ", ".join(f"{name}: {{schema: {{type: string}}}}" for name in headers)
        text = (
            "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /things:\n    get:\n"
            f"      operationId: things.list\n      parameters: [{queries}]\n"
            + (f"      x-pagination: {extension}\n" if extension else "")
            + f"      responses: {{'200': {{description: d, headers: {{{declared}}}, content: "
            f"{{application/json: {{schema: {schema}}}}}}}}}\n"
        )
        made = built(text, config)
        return made.operation.pagination, made

    return make


INT, STR = "{type: integer}", "{type: string}"
THING = "{properties: {id: {type: string}}}"
LIST = f"{{type: array, items: {THING}}}"


def obj(**members):
    return "{properties: {" + ", ".join(f"{key}: {value}" for key, value in members.items()) + "}}"


@pytest.mark.parametrize(
    ("parameters", "schema", "headers", "expected"),
    [
        (
            {"page": INT, "per_page": INT},
            obj(data=LIST, meta=obj(total=INT, total_pages=INT)),
            (),
            {
                "style": "page",
                "items": "/data",
                "page": "page",
                "size": "per_page",
                "total": "/meta/total",
                "total_pages": "/meta/total_pages",
            },
        ),
        (
            {"page": INT, "limit": INT},
            obj(total=INT, page=INT, limit=INT, data=LIST),
            (),
            {"style": "page", "items": "/data", "size": "limit", "total": "/total"},
        ),
        (
            {"page": INT, "limit": INT},
            obj(
                success="{type: boolean}",
                data=LIST,
                pagination=obj(total=INT, totalPages=INT, hasNext="{type: boolean}"),
            ),
            (),
            {
                "style": "page",
                "has_more": "/pagination/hasNext",
                "total_pages": "/pagination/totalPages",
            },
        ),
        (
            {"page": INT, "per_page": INT},
            obj(data=LIST, meta=obj(current_page=INT, total_pages=INT, total_count=INT)),
            (),
            {"style": "page", "total": "/meta/total_count", "total_pages": "/meta/total_pages"},
        ),
        (
            {"offset": INT, "limit": INT},
            obj(items=LIST, total=INT),
            (),
            {"style": "offset", "offset": "offset", "size": "limit", "total": "/total"},
        ),
        (
            {"skip": INT, "take": INT},
            LIST,
            (),
            {"style": "offset", "items": "", "offset": "skip", "size": "take"},
        ),
        (
            {"after": STR, "limit": INT},
            obj(data=LIST, has_more="{type: boolean}", next_cursor="{type: [string, 'null']}"),
            (),
            {
                "style": "cursor",
                "cursor": "after",
                "next_cursor": "/next_cursor",
                "has_more": "/has_more",
            },
        ),
        (
            {"pageToken": STR, "pageSize": INT},
            obj(things=LIST, nextPageToken=STR),
            (),
            {
                "style": "cursor",
                "items": "/things",
                "cursor": "pageToken",
                "next_cursor": "/nextPageToken",
            },
        ),
        (
            {"starting_after": STR, "per_page": INT},
            obj(data=LIST, pages=obj(next=obj(starting_after=STR))),
            (),
            {"style": "cursor", "next_cursor": "/pages/next/starting_after"},
        ),
        (
            {"starting_after": STR, "limit": INT},
            obj(data=LIST, has_more="{type: boolean}"),
            (),
            {"style": "keyset", "cursor": "starting_after", "item_cursor": "/id"},
        ),
        (
            {"page": STR, "limit": INT},
            obj(data=LIST, next_page=STR),
            (),
            {"style": "cursor", "cursor": "page", "next_cursor": "/next_page"},
        ),
        (
            {"page": INT, "per_page": INT},
            LIST,
            ("Link",),
            {"style": "link", "header": "Link", "page": "page", "items": ""},
        ),
        (
            {"page": INT},
            obj(results=LIST, next="{type: string, format: uri}"),
            (),
            {"style": "next_url", "next_url": "/next"},
        ),
        (
            {"PageSize": INT},
            obj(things=LIST, next_page_uri=STR, page=INT),
            (),
            {"style": "next_url", "next_url": "/next_page_uri", "size": "PageSize"},
        ),
        (
            {"limit": INT},
            obj(data=LIST, _links=obj(next=obj(href=STR))),
            (),
            {"style": "next_url", "next_url": "/_links/next/href"},
        ),
        (
            {"page[number]": INT, "page[size]": INT},
            obj(data=LIST, meta=obj(total=INT)),
            (),
            {"style": "page", "page": "page[number]", "size": "page[size]"},
        ),
        (
            {"page": "{type: integer, minimum: 0}"},
            obj(content=LIST, totalElements=INT),
            (),
            {"style": "page", "first_page": 0, "total": "/totalElements"},
        ),
    ],
)
def test_styles_are_inferred(paging, parameters, schema, headers, expected):
    """From names and types of parameters, properties and headers."""
    found, made = paging(parameters, schema, headers=headers)
    assert found is not None
    members = {
        "style": found.style.value,
        "items": found.items,
        "first_page": found.first_page,
        "item_cursor": found.item_cursor,
        **{
            name: getattr(found, name)
            for name in ("total", "total_pages", "next_cursor", "has_more", "next_url")
        },
        "header": found.header and found.header.raw,
        **{
            name: (value := getattr(found, f"{name}_param")) and value.raw
            for name in ("page", "size", "offset", "cursor")
        },
    }
    assert {key: members[key] for key in expected} == expected
    assert not found.explicit
    assert made.short(found.item_type).startswith("@")


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        ({}, LIST),
        ({"q": STR}, obj(data=LIST)),
        ({"limit": INT}, obj(data=LIST)),
        ({"page": INT}, obj(data=STR)),
        ({"page": INT}, STR),
        ({"page": STR}, obj(data=LIST)),
    ],
)
def test_what_does_not_page(paging, parameters, schema):
    """A list alone, or a size alone, is no pagination."""
    assert paging(parameters, schema)[0] is None


def test_it_may_be_said(paging):
    """The extension wins over what would be inferred."""
    found, made = paging(
        {"page": INT, "token": STR},
        obj(data=LIST, meta=obj(next=STR, total=INT)),
        extension="{style: cursor, items: /data, cursor: token, next_cursor: /meta/next}",
    )
    assert found is not None
    assert (found.style.value, found.explicit, found.next_cursor) == ("cursor", True, "/meta/next")
    assert made.codes == []


def test_the_configuration_overrules_the_document(paging):
    """By operation id: another value, or none at all."""
    arguments = ({"page": INT}, obj(data=LIST, total=INT))
    said = Config(pagination={"things.list": {"style": "link"}})
    found, _ = paging(*arguments, config=said)
    assert found is not None
    assert found.style.value == "link"
    none = Config(pagination={"things.list": False})
    assert paging(*arguments, config=none)[0] is None


@pytest.mark.parametrize(
    ("extension", "part"),
    [
        ("{style: nope}", "style"),
        ("{style: page, pgae: page}", "pgae is no part"),
        ("{style: page, page: [page]}", "page is not text"),
        ("{style: cursor, cursor: nope}", "no parameter 'nope'"),
        ("{style: cursor, cursor: page, next_cursor: /nope}", "no property '/nope'"),
        ("{style: cursor, cursor: page}", "needs next_cursor"),
        ("{style: page, items: /total}", "is not a list"),
    ],
)
def test_a_wrong_value_is_reported(paging, extension, part):
    """And what can be inferred is used instead."""
    found, made = paging({"page": INT}, obj(data=LIST, total=INT), extension=extension)
    assert found is not None
    assert found.style.value == "page"
    (item,) = made.found
    assert item.code == "bad-pagination"
    assert part in item.message


def test_only_get_pages_by_itself(built):
    """A POST with a page parameter creates something."""
    made = built(
        """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        paths:
          /a:
            post:
              parameters: [{name: page, in: query, schema: {type: integer}}]
              responses: {'200': {description: d, content: {application/json: {schema: {type: array, items: {}}}}}}
        """
    )
    assert made.operation.pagination is None


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (
            (
                "x-speakeasy-pagination: {type: offsetLimit, inputs: [{name: p, in: parameters, type: page}, "
                "{name: n, in: parameters, type: limit}], outputs: {results: $.rows, numPages: $.meta.last}}"
            ),
            ("page", "/rows", "p", "n"),
        ),
        (
            (
                "x-speakeasy-pagination: {type: cursor, inputs: [{name: t, in: parameters, type: cursor}], "
                "outputs: {results: $.rows, nextCursor: \"$.meta['next']\"}}"
            ),
            ("cursor", "/rows", None, None),
        ),
        (
            "x-fern-pagination: {cursor: $request.t, next_cursor: $response.meta.next, results: $response.rows}",
            ("cursor", "/rows", None, None),
        ),
        (
            "x-fern-pagination: {offset: $request.p, results: $response.rows}",
            ("offset", "/rows", None, None),
        ),
        (
            "x-fern-pagination: {next_uri: $response.meta.next, results: $response.rows}",
            ("next_url", "/rows", None, None),
        ),
        ("x-fern-pagination: true", None),
    ],
)
def test_other_tools_extensions_are_read(built, extension, expected):
    """They say the same in other words."""
    body = obj(rows=LIST, other=LIST, meta=obj(next=STR, last=INT))
    made = built(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n"
        f"      {extension}\n      parameters:\n"
        "        - {name: p, in: query, schema: {type: integer}}\n"
        "        - {name: n, in: query, schema: {type: integer}}\n"
        "        - {name: t, in: query, schema: {type: string}}\n"
        "      responses:\n        '200':\n          description: d\n          content:\n"
        f"            application/json: {{schema: {body}}}\n"
    )
    found = made.operation.pagination
    assert made.codes == []
    if expected is None:
        assert found is None or not found.explicit
    else:
        assert found is not None
        params = (found.page_param, found.size_param)
        assert (found.style.value, found.items, *(item and item.raw for item in params)) == expected

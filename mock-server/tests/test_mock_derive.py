"""What is derived from documents of other styles."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from specloom_mock import Mock, Options, Overlay

THING: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "size": {"type": "integer", "default": 3},
        "password": {"type": "string", "writeOnly": True},
        "createdAt": {"type": "string", "format": "date-time", "readOnly": True},
    },
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def query(name: str, kind: str = "integer", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": kind, **more}}


def item_parameter(name: str = "id", kind: str = "integer") -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def crud(answers: Any, listed: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    """Paths of a collection of things, listed in the given shape."""
    return {
        "/things": {
            "get": {"parameters": list(parameters), "responses": answers(listed)},
            "post": {"requestBody": body(THING), "responses": answers(THING, "201")},
        },
        "/things/{id}": {
            "parameters": [item_parameter()],
            "get": {"responses": answers(THING)},
            "put": {"requestBody": body(THING), "responses": answers(THING)},
            "patch": {
                "requestBody": body({"type": "object", "properties": THING["properties"]}),
                "responses": answers(THING),
            },
            "delete": {
                "responses": answers(
                    {
                        "type": "object",
                        "properties": {"id": {"type": "integer"}, "deleted": {"type": "boolean"}},
                    }
                )
            },
        },
    }


def test_bare_arrays_and_objects(serve, small, answers) -> None:
    """Without an envelope, lists are arrays; readOnly is made, writeOnly never shown."""
    server = serve(small(crud(answers, {"type": "array", "items": THING})))
    url = server.base_url
    assert len(httpx.get(f"{url}/things").json()) == 50
    sent = {"name": "a", "password": "secret", "id": 999}
    made = httpx.post(f"{url}/things", json={"name": "a", "password": "secret"}).json()
    assert made == {"id": 51, "name": "a", "size": 3, "createdAt": "2026-01-01T00:00:00Z"}
    own = httpx.post(f"{url}/things", json=sent).json()
    assert own["id"] == 52
    assert httpx.get(f"{url}/things/51").json() == made
    gone = httpx.delete(f"{url}/things/51").json()
    assert gone == {"id": 51, "deleted": True}
    assert httpx.get(f"{url}/things/51").status_code == 404


def test_put_replaces_where_patch_merges(serve, small, answers) -> None:
    """A PUT that requires properties sets the others back; PATCH leaves them."""
    server = serve(small(crud(answers, {"type": "array", "items": THING})))
    url = f"{server.base_url}/things/1"
    assert httpx.patch(url, json={"size": 9}).json()["size"] == 9
    assert httpx.patch(url, json={"name": "b"}).json()["size"] == 9
    assert httpx.put(url, json={"name": "c"}).json()["size"] == 3


ENVELOPE = {
    "type": "object",
    "required": ["items", "pagination"],
    "properties": {
        "items": {"type": "array", "items": THING},
        "pagination": {
            "type": "object",
            "required": ["currentPage", "totalPages", "totalCount", "hasNext", "hasPrev"],
            "properties": {
                "currentPage": {"type": "integer"},
                "totalPages": {"type": "integer"},
                "totalCount": {"type": "integer"},
                "hasNext": {"type": "boolean"},
                "hasPrev": {"type": "boolean"},
                "next": {"type": "string"},
            },
        },
    },
}


def test_page_and_limit_with_other_names(serve, small, answers) -> None:
    """Places in the envelope are found by what they are called; what has no value is left out."""
    parameters = [query("page", minimum=1), query("limit", default=10, maximum=30)]
    server = serve(small(crud(answers, ENVELOPE, *parameters)))
    first = httpx.get(f"{server.base_url}/things").json()
    assert len(first["items"]) == 10
    assert first["pagination"]["next"].endswith("/things?page=2")
    last = httpx.get(f"{server.base_url}/things", params={"page": 2, "limit": 30}).json()
    assert len(last["items"]) == 20
    assert last["pagination"] == {
        "currentPage": 2,
        "totalPages": 2,
        "totalCount": 50,
        "hasNext": False,
        "hasPrev": True,
    }


def test_offset_and_limit(serve, small, answers) -> None:
    """Offset style cuts where it is told to."""
    shape = {
        "type": "object",
        "required": ["data", "total"],
        "properties": {"data": {"type": "array", "items": THING}, "total": {"type": "integer"}},
    }
    parameters = [query("offset", minimum=0), query("limit", default=20)]
    server = serve(small(crud(answers, shape, *parameters)))
    answer = httpx.get(f"{server.base_url}/things", params={"offset": 45}).json()
    assert ([row["id"] for row in answer["data"]], answer["total"]) == ([46, 47, 48, 49, 50], 50)


def test_cursors(serve, small, answers) -> None:
    """Following the cursor visits every row once."""
    shape = {
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": THING},
            "next_cursor": {"type": ["string", "null"]},
        },
    }
    server = serve(small(crud(answers, shape, query("cursor", "string"), query("limit"))))
    seen: list[int] = []
    cursor = None
    while True:
        params = {"limit": 15, **({"cursor": cursor} if cursor else {})}
        answer = httpx.get(f"{server.base_url}/things", params=params).json()
        seen += [row["id"] for row in answer["data"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(1, 51))
    bad = httpx.get(f"{server.base_url}/things", params={"cursor": "nope!"})
    assert bad.status_code == 400


def test_sort_with_a_separate_order(serve, small, answers) -> None:
    """`sort` names the field and `order` the direction; startDate and endDate bound the time."""
    parameters = [
        query("sort", "string"),
        query("order", "string", enum=["asc", "desc"]),
        query("startDate", "string", format="date-time"),
        query("name", "string"),
    ]
    server = serve(small(crud(answers, {"type": "array", "items": THING}, *parameters)))
    url = f"{server.base_url}/things"
    ids = [row["id"] for row in httpx.get(url, params={"sort": "id", "order": "desc"}).json()]
    assert ids == list(range(50, 0, -1))
    rows = httpx.get(url).json()
    since = httpx.get(url, params={"startDate": rows[40]["createdAt"]}).json()
    assert since == rows[40:]
    named = httpx.get(url, params={"name": rows[3]["name"]}).json()
    assert named == [row for row in rows if row["name"] == rows[3]["name"]]
    assert httpx.get(url, params={"sort": "nope"}).status_code == 400


FLAT_ERROR = {
    "type": "object",
    "required": ["success", "error", "code"],
    "properties": {
        "success": {"type": "boolean"},
        "error": {"type": "string"},
        "code": {"type": "string", "enum": ["NOT_FOUND", "VALIDATION_FAILED", "UNAUTHORIZED"]},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
PROBLEM = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (
            FLAT_ERROR,
            {
                "success": False,
                "code": "VALIDATION_FAILED",
                "details": {"name": '"name" is a required property'},
            },
        ),
        (
            PROBLEM,
            {
                "status": 400,
                "errors": [{"pointer": "name", "message": '"name" is a required property'}],
            },
        ),
    ],
)
def test_errors_in_the_documents_shape(
    serve, small, answers, shape: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Flat errors and problem documents are filled, with the codes that there are."""
    paths = crud(answers, {"type": "array", "items": THING})
    paths["/things"]["post"]["responses"] |= answers(shape, "400")
    server = serve(small(paths))
    answer = httpx.post(f"{server.base_url}/things", json={})
    assert answer.status_code == 400
    assert expected.items() <= answer.json().items()


def test_what_is_not_derived_answers_from_examples_and_is_told(serve, small) -> None:
    """Examples come first, then data from the schema; both are noted at start."""
    media = {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    paths = {
        "/one": {
            "get": {
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {"application/json": {**media, "example": {"a": 42}}},
                    }
                }
            }
        },
        "/two": {
            "get": {
                "responses": {"200": {"description": "x", "content": {"application/json": media}}}
            }
        },
        "/text": {
            "get": {
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {"text/plain": {"schema": {"type": "string"}, "example": "hi"}},
                    }
                }
            }
        },
    }
    server = serve(small(paths))
    assert httpx.get(f"{server.base_url}/one").json() == {"a": 42}
    first = httpx.get(f"{server.base_url}/two").json()
    assert isinstance(first["a"], int)
    assert httpx.get(f"{server.base_url}/two").json() == first
    text = httpx.get(f"{server.base_url}/text")
    assert (text.text, text.headers["content-type"]) == ("hi", "text/plain")
    assert len(server.mock.engine.plan.notes) == 3


def test_rows_that_nobody_lists_exist_when_they_are_named(serve, small, answers) -> None:
    """An item that can only be read and deleted exists for any id, until it is deleted."""
    paths = {
        "/accounts/{id}": {
            "parameters": [item_parameter(kind="string")],
            "get": {
                "responses": answers(
                    THING | {"properties": {**THING["properties"], "id": {"type": "string"}}}
                )
            },
            "delete": {"responses": {"204": {"description": "Gone."}}},
        }
    }
    url = f"{serve(small(paths)).base_url}/accounts/abc"
    first = httpx.get(url).json()
    assert first["id"] == "abc"
    assert httpx.get(url).json() == first
    assert httpx.delete(url).status_code == 204
    assert httpx.get(url).status_code == 404


def test_server_paths_and_base_paths(serve, small, answers) -> None:
    """Every server's path is served, a path's own servers replace them."""
    paths = {
        "/a": {"get": {"responses": answers({"type": "object"})}},
        "/health": {
            "servers": [{"url": "https://x.example/api"}],
            "get": {"responses": answers({"type": "object"})},
        },
    }
    servers = [
        {"url": "https://x.example/api/v1"},
        {
            "url": "http://localhost:{port}/{base}",
            "variables": {"port": {"default": "1"}, "base": {"default": "v2"}},
        },
    ]
    url = serve(small(paths, servers=servers)).url
    found = {
        path: httpx.get(f"{url}{path}").status_code
        for path in ("/api/v1/a", "/v2/a", "/a", "/api/health", "/api/v1/health")
    }
    assert found == {
        "/api/v1/a": 200,
        "/v2/a": 200,
        "/a": 404,
        "/api/health": 200,
        "/api/v1/health": 404,
    }


def test_swagger_2_is_served_too(serve) -> None:
    """An old document is read into the same shape."""
    document = {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "basePath": "/api",
        "paths": {
            "/things": {
                "get": {
                    "produces": ["application/json"],
                    "responses": {
                        "200": {
                            "description": "x",
                            "schema": {"type": "array", "items": {"$ref": "#/definitions/Thing"}},
                        }
                    },
                }
            }
        },
        "definitions": {"Thing": THING},
    }
    server = serve(document)
    assert server.base_url.endswith("/api")
    assert len(httpx.get(f"{server.base_url}/things").json()) == 50


def test_recursive_and_composed_schemas(serve, small, answers) -> None:
    """References to themselves end, allOf is merged, oneOf with a discriminator is told apart."""
    schemas = {
        "Node": {
            "type": "object",
            "required": ["id", "children"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                "pet": {"$ref": "#/components/schemas/Pet"},
            },
        },
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind"},
        },
        "Base": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}},
        },
        "Cat": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {
                    "required": ["claws"],
                    "properties": {
                        "kind": {"const": "Cat"},
                        "claws": {"type": "integer", "minimum": 1},
                    },
                },
            ]
        },
        "Dog": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {
                    "required": ["bark"],
                    "properties": {"kind": {"const": "Dog"}, "bark": {"type": "string"}},
                },
            ]
        },
    }
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}
    paths = {"/nodes": {"get": {"responses": answers(listed)}}}
    server = serve(small(paths, components={"schemas": schemas}))
    answer = httpx.get(f"{server.base_url}/nodes")
    assert answer.status_code == 200
    assert {row["pet"]["kind"] for row in answer.json() if "pet" in row} <= {"Cat", "Dog"}


def test_forms_with_nested_names(serve, small, answers) -> None:
    """`metadata[a]=1&tags[]=x` becomes an object with an array."""
    schema = {
        "type": "object",
        "required": ["id", "metadata", "tags"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "amount": {"type": "integer"},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    form = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    paths = {
        "/charges": {"post": {"requestBody": form, "responses": answers(schema)}},
        "/charges/{id}": {
            "parameters": [item_parameter(kind="string")],
            "get": {"responses": answers(schema)},
        },
    }
    server = serve(small(paths))
    sent = "amount=5&metadata[a]=1&tags[]=x&tags[]=y"
    answer = httpx.post(
        f"{server.base_url}/charges",
        content=sent,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    made = answer.json()
    assert {k: made[k] for k in ("amount", "metadata", "tags")} == {
        "amount": 5,
        "metadata": {"a": "1"},
        "tags": ["x", "y"],
    }
    assert httpx.get(f"{server.base_url}/charges/{made['id']}").json() == made


def test_without_a_login_any_long_token_is_good(serve, small, answers) -> None:
    """Where the document offers no way to get a token, one of 24 characters is taken."""
    secured = {"get": {"responses": answers({"type": "object"}), "security": [{"b": []}]}}
    components = {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}}
    url = f"{serve(small({'/a': secured}, components=components)).base_url}/a"
    good = httpx.get(url, headers={"Authorization": "Bearer " + "x" * 24})
    bad = httpx.get(url, headers={"Authorization": "Bearer short"})
    assert (good.status_code, bad.status_code) == (200, 401)


def test_an_overlay_says_what_the_document_does_not(small, answers) -> None:
    """Rows, uniqueness and what an operation does come from the overlay."""
    paths = crud(answers, {"type": "array", "items": THING})
    for path in ("/things", "/things/{id}"):
        for method in ("get", "post"):
            if method in paths[path]:
                paths[path][method]["operationId"] = f"{method} {path}"
    paths["/all"] = {
        "get": {"operationId": "all", "responses": answers({"type": "array", "items": THING})}
    }
    overlay = Overlay(
        operations={"all": {"collection": "/things"}},
        collections={"/things": {"rows": 4, "unique": ["name"]}},
    )
    import orjson

    mock = Mock.load(orjson.dumps(small(paths)), Options(), overlay=overlay)
    plan = mock.engine.plan
    assert plan.operations["all"].collection is plan.collections["/things"]
    assert len(mock.session().store.collection("things")) == 4
    assert plan.collections["/things"].unique == ("name",)


def test_broken_documents_keep_serving_what_is_whole(serve, small, answers) -> None:
    """A dangling reference and a bad pattern do not stop the rest."""
    paths = {
        "/good": {"get": {"responses": answers({"type": "object"})}},
        "/dangling": {"get": {"responses": answers({"$ref": "#/components/schemas/Nope"})}},
        "/pattern": {
            "get": {
                "responses": answers(
                    {
                        "type": "object",
                        "required": ["a"],
                        "properties": {
                            "a": {"type": "string", "pattern": "(?<=x)[", "example": "x"}
                        },
                    }
                )
            }
        },
    }
    url = serve(small(paths)).base_url
    assert [httpx.get(f"{url}/{p}").status_code for p in ("good", "dangling", "pattern")] == [
        200,
        200,
        200,
    ]

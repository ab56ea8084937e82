"""Documents of every shape that OpenAPI allows, and of some that it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from specloom_mock import Mock, MockServer, Options
from specloom_mock.cli import main
from specloom_mock.overlay import OverlayError, read_overlay


def get(**responses: Any) -> dict[str, Any]:
    """A path item that can be read."""
    return {"get": {"responses": {key.lstrip("_"): value for key, value in responses.items()}}}


def content(media_type: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    """A response or a body with one media type."""
    return {"description": "x", "content": {media_type: {"schema": schema or {}, **more}}}


NUMBERS = {"type": "array", "items": {"type": "integer"}, "minItems": 1}
ONLY_DEFAULT = {"default": content("application/json", {"const": "yes"})}


@pytest.mark.parametrize(
    ("item", "status", "media_type", "body"),
    [
        ({"get": {"responses": ONLY_DEFAULT}}, 200, "application/json", b'"yes"'),
        ({"get": {"responses": {"204": {"description": "x"}}}}, 204, None, b""),
        (get(_2XX=content("application/json", {"const": 1})), 200, "application/json", b"1"),
        (get(_202=content("application/json", {"const": 1})), 202, "application/json", b"1"),
        (get(_302={"description": "There."}), 302, None, b""),
        (get(_200=content("*/*", {"const": 1})), 200, "application/json", b"1"),
        (get(_200=content("text/csv", {"type": "string"}, example="a,b\r\n")), 200, "text/csv", b"a,b\r\n"),
        (get(_200=content("application/vnd.x+json", {"const": 2})), 200, "application/vnd.x+json", b"2"),
        (get(_200=content("application/problem+json; v=1", {"const": 3})), 200, "application/problem+json; v=1", b"3"),
        (get(_200=content("application/json")), 200, "application/json", None),
        (get(_200=content("application/json", True)), 200, "application/json", None),
        (get(_200=content("image/png", {"type": "string", "format": "binary"})), 200, "image/png", None),
        (get(_200=content("application/*", {"type": "string"})), 200, None, None),
        ({"get": {"responses": {}}}, 200, None, b""),
    ],
)  # fmt: skip
def test_every_kind_of_response_is_answered(
    serve, small, item: dict[str, Any], status: int, media_type: str | None, body: bytes | None
) -> None:
    """The status, the media type and, where the document fixes it, the body."""
    server = serve(small({"/a": item}))
    answer = httpx.get(f"{server.base_url}/a")
    assert answer.status_code == status, answer.text
    assert "x-mock-violation" not in answer.headers
    if media_type is not None:
        assert answer.headers["content-type"] == media_type
    if body is not None:
        assert answer.content == body


NODE = {
    "Node": {
        "type": "object",
        "required": ["name", "next"],
        "properties": {
            "name": {"type": "string"},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
        },
    },
    "Endless": {
        "type": "object",
        "required": ["inner"],
        "properties": {"inner": {"$ref": "#/components/schemas/Endless"}},
    },
    "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
    "Dog": {
        "type": "object",
        "required": ["kind", "bark"],
        "properties": {"kind": {"type": "string"}, "bark": {"type": "integer"}},
    },
}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Node"},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"type": ["string", "null"], "maxLength": 3},
        {"type": "string", "pattern": "^[A-Z]{2}-(?:[0-9]{3}|x)$"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "date"},
        {"type": "number", "multipleOf": 0.25, "exclusiveMinimum": 3, "maximum": 4},
        {"type": "integer", "format": "int64", "minimum": -5, "maximum": -5},
        {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True, "minItems": 2},
        {"type": "array", "prefixItems": [{"const": 1}, {"const": "b"}], "items": False},
        {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "object"}]},
        {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 10}]},
        {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"d": "#/components/schemas/Dog", "c": "#/components/schemas/Cat"},
            },
        },
        {
            "allOf": [{"$ref": "#/components/schemas/Cat"}, {"required": ["age"]}],
            "properties": {"age": {"type": "integer", "minimum": 100}},
            "unevaluatedProperties": False,
        },
        {"type": "object", "required": ["undeclared"]},
        {"type": "object", "properties": {"a": {"not": {"type": "string"}}}, "required": ["a"]},
        {"if": {"type": "object"}, "then": {"required": ["z"]}, "type": "object"},
    ],
)
def test_answers_fit_their_schemas(serve, small, answers, schema: dict[str, Any]) -> None:
    """Unions, recursion, bounds, closed and composed objects: no answer breaks the document."""
    document = small({"/a": {"get": {"responses": answers(schema)}}}, components={"schemas": NODE})
    answer = httpx.get(f"{serve(document).base_url}/a")
    assert answer.status_code == 200, answer.text
    assert "x-mock-violation" not in answer.headers


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "#/components/schemas/Endless"}, "without end"),
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, "different types"),
        ({"allOf": [{"enum": ["a"]}, {"const": "b"}]}, "different values"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "minimum 5 is above maximum 4"),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, "not allowed"),
        (
            {"type": "object", "required": ["a"], "properties": {"a": False}},
            "`a`: nothing is allowed",
        ),
        ({"type": "array", "minItems": 1, "items": {"not": {}}}, "its items: nothing"),
        ({"oneOf": [{"allOf": [{"type": "null"}, {"type": "array"}]}]}, "oneOf"),
    ],
)
def test_what_cannot_be_right_is_told_at_start_and_marked(
    serve, small, schema: dict[str, Any], why: str
) -> None:
    """Nothing fits: the documented example is sent, with a header and a line in the journal."""
    item = get(_200=content("application/json", schema, example={"shown": 1}))
    server: MockServer = serve(small({"/a": item}, components={"schemas": NODE}))
    notes = [note for note in server.mock.engine.plan.notes if "nothing fits" in note]
    assert len(notes) == 1
    assert notes[0].startswith("GET /a: ")
    assert why in notes[0]
    answer = httpx.get(f"{server.base_url}/a")
    assert (answer.status_code, answer.json()) == (200, {"shown": 1})
    assert answer.headers["x-mock-violation"] == "document"
    assert any("nothing fits" in line for line in list(server.session().journal)[-1].violations)


def parameter(name: str, where: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "required": True, "schema": schema, **more}


RANGE = {
    "type": "object",
    "required": ["from"],
    "properties": {"from": {"type": "integer"}, "tags": NUMBERS},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("declared", "good", "bad"),
    [
        (parameter("f", "query", RANGE, style="deepObject"), "?f[from]=1&f[tags][]=2", "?f[from]=x"),
        (parameter("f", "query", RANGE), "?from=1&tags=3&tags=4", "?from=x"),
        (parameter("f", "query", NUMBERS), "?f=1&f=2", "?f=1&f=b"),
        (parameter("f", "query", NUMBERS, style="pipeDelimited", explode=False), "?f=1%7C2", "?f=a"),
        (parameter("f", "query", NUMBERS, style="spaceDelimited", explode=False), "?f=1%202", "?f=,"),
        (parameter("f[]", "query", NUMBERS), "?f[]=1&f[]=2", "?f[]=b"),
        (parameter("f", "query", {"type": "boolean"}), "?f=true", "?f=maybe"),
        (parameter("f", "query", {"oneOf": [{"type": "integer"}, {"const": "now"}]}), "?f=now", "?f=x"),
    ],
)  # fmt: skip
def test_query_parameters_of_every_style(
    serve, small, answers, declared: dict[str, Any], good: str, bad: str
) -> None:
    """Values are typed as the style and the schema say; what does not fit is refused."""
    responses = answers({"const": 1}) | {"400": {"description": "No."}}
    server = serve(small({"/a": {"get": {"parameters": [declared], "responses": responses}}}))
    url = f"{server.base_url}/a"
    assert httpx.get(url + good).status_code == 200
    assert [httpx.get(url + bad).status_code, httpx.get(url).status_code] == [400, 400]


def test_header_and_cookie_parameters(serve, small, answers) -> None:
    """They are needed, typed and checked like any other."""
    declared = [
        parameter("X-Depth", "header", {"type": "integer", "maximum": 3}),
        parameter("theme", "cookie", {"enum": ["dark", "light"]}),
    ]
    responses = answers({"const": 1}) | {"400": {"description": "No."}}
    server = serve(small({"/a": {"get": {"parameters": declared, "responses": responses}}}))

    def status(depth: str, theme: str) -> int:
        headers = {"X-Depth": depth, "Cookie": f"theme={theme}"}
        return httpx.get(f"{server.base_url}/a", headers=headers).status_code

    assert [status("2", "dark"), status("4", "dark"), status("2", "red")] == [200, 400, 400]


FORM = {
    "type": "object",
    "required": ["lines", "options"],
    "properties": {
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["amount"],
                "properties": {
                    "amount": {"type": "integer"},
                    "tax": {"anyOf": [{"type": "number"}, {"enum": [""]}]},
                },
            },
        },
        "options": {"type": "object", "properties": {"fast": {"type": "boolean"}}},
        "notes": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("lines[0][amount]=5&lines[1][amount]=6&lines[1][tax]=1.5&options[fast]=true", 200),
        ("lines[][amount]=5&lines[][tax]=&lines[][amount]=6&notes[]=a&notes[]=b", 200),
        ("lines[0][amount]=5", 200),  # an empty object cannot be sent: it is there
        ("lines[0][amount]=many", 400),
        ("lines[0][amount]=5&lines[1][tax]=x", 400),
        ("lines[0][amount]=5&lines[0]=6&=7&[]=8&a[", 400),
    ],
)
def test_forms_of_lists_and_unions(serve, small, answers, sent: str, status: int) -> None:
    """Indexed names are lists, unions take the first part that fits, nonsense is refused."""
    body = content("application/x-www-form-urlencoded", FORM)
    responses = answers({"const": 1}) | {"400": {"description": "No."}}
    server = serve(small({"/a": {"post": {"requestBody": body, "responses": responses}}}))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(f"{server.base_url}/a", content=sent, headers=headers)
    assert answer.status_code == status, answer.text


def test_bodies_of_other_media_types(serve, small, answers) -> None:
    """Files with fields, bytes, XML and wildcards are taken; what is not declared is 415."""
    upload = {
        "type": "object",
        "required": ["file", "count"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "count": {"type": "integer"},
            "labels": {"type": "array", "items": {"type": "string"}},
        },
    }
    responses = answers({"const": 1})
    paths = {
        "/form": {
            "post": {"requestBody": content("multipart/form-data", upload), "responses": responses}
        },
        "/bytes": {
            "put": {"requestBody": content("application/octet-stream"), "responses": responses}
        },
        "/xml": {"post": {"requestBody": content("application/xml"), "responses": responses}},
        "/any": {"post": {"requestBody": content("image/*"), "responses": responses}},
    }
    url = serve(small(paths)).base_url
    files = {"file": ("a.txt", b"hi", "text/plain")}
    assert httpx.post(f"{url}/form", files=files, data={"count": "2"}).status_code == 200
    assert httpx.post(f"{url}/form", files=files, data={"count": "x"}).status_code in {400, 422}
    assert httpx.put(f"{url}/bytes", content=b"\x00\xff").status_code == 415

    def send(path: str, media_type: str) -> int:
        method = "PUT" if path == "/bytes" else "POST"
        headers = {"Content-Type": media_type}
        return httpx.request(method, url + path, content=b"\x00<a/>", headers=headers).status_code

    assert send("/bytes", "application/octet-stream") == 200
    assert [send("/xml", "application/xml"), send("/any", "image/png")] == [200, 200]
    assert [send("/xml", "text/html"), send("/any", "text/plain")] == [415, 415]


def test_paths_of_one_shape_stand_side_by_side(serve, small, answers) -> None:
    """By method, by the form of the id, by a query or a fragment in the path."""

    def item(name: str, method: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
        known = {"name": name, "in": "path", "required": True, "schema": schema}
        return {method: {"parameters": [known], "responses": answers({"const": told})}}

    paths = {
        "/x/{id}/y": item("id", "get", {"type": "string", "format": "uuid"}, "by id"),
        "/x/{name}/y": item("name", "get", {"type": "string"}, "by name"),
        "/x/{other}/y": item("other", "put", {"type": "string"}, "put"),
        "/z": {"get": {"responses": answers({"const": "plain"})}},
        "/z?mode=a": {"get": {"responses": answers({"const": "mode"})}},
        "/z#b": {"delete": {"responses": answers({"const": "fragment"})}},
    }
    url = serve(small(paths)).base_url
    uuid = "6f0c2c1e-0f55-4a7c-8a3d-0d7c7a0a1b2c"
    assert httpx.get(f"{url}/x/{uuid}/y").json() == "by id"
    assert httpx.get(f"{url}/x/plum/y").json() == "by name"
    assert httpx.put(f"{url}/x/plum/y").json() == "put"
    refused = httpx.delete(f"{url}/x/plum/y")
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT"}
    assert httpx.get(f"{url}/z").json() == "plain"
    assert httpx.get(f"{url}/z?mode=a").json() == "mode"
    assert httpx.delete(f"{url}/z").json() == "fragment"
    assert httpx.delete(f"{url}/z%23b").json() == "fragment"


def test_what_is_written_comes_back_in_the_shape_that_is_read(serve, small, answers) -> None:
    """An id becomes the object that it names, half an object a whole one, an empty text nothing."""
    read = {
        "type": "object",
        "required": ["id", "owner", "price", "labels", "meta"],
        "properties": {
            "id": {"type": "integer"},
            "owner": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
            },
            "price": {
                "type": "object",
                "required": ["amount", "currency"],
                "properties": {"amount": {"type": "integer"}, "currency": {"enum": ["EUR"]}},
            },
            "labels": {"type": "array", "items": {"type": "string"}},
            "size": {"type": "string"},
            "meta": {"type": "object"},
        },
    }
    body = content("application/json", {"type": "object"})
    paths = {
        "/things": {"post": {"requestBody": body, "responses": answers(read, "201")}},
        "/things/{id}": {
            "parameters": [parameter("id", "path", {"type": "integer"})],
            "get": {"responses": answers(read)},
            "patch": {"requestBody": body, "responses": answers(read)},
        },
    }
    url = f"{serve(small(paths)).base_url}/things"
    sent = {"owner": "own_7", "price": {"amount": 3}, "labels": "one", "size": 12, "meta": ""}
    made = httpx.post(url, json=sent)
    assert made.status_code == 201, made.text
    row = made.json()
    assert row["owner"]["id"] == "own_7"
    assert row["price"] == {"amount": 3, "currency": "EUR"}
    assert (row["labels"], row["size"], row["meta"]) == (["one"], "12", {})
    changed = httpx.patch(f"{url}/{row['id']}", json={"owner": "own_8"}).json()
    assert changed["owner"]["id"] == "own_8"
    assert httpx.get(f"{url}/{row['id']}").json() == changed


def test_ids_take_the_form_that_paths_ask_for(serve, small, answers) -> None:
    """Numbers where one path takes numbers alone, snowflakes for their pattern, names for names."""
    text = {"type": "string"}
    row = {"type": "object", "required": ["id"], "properties": {"id": text}}
    flake = {"type": "string", "pattern": "^(0|[1-9][0-9]{2,})$"}
    org = {
        "type": "object",
        "required": ["id", "login"],
        "properties": {"id": {"type": "integer"}, "login": text},
    }

    def item(name: str, schema: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        known = parameter(name, "path", schema)
        return {"get": {"parameters": [known], "responses": answers(shown)}}

    def listing(shown: dict[str, Any]) -> dict[str, Any]:
        return {
            "get": {"responses": answers({"type": "array", "items": shown})},
            "post": {"responses": answers(shown, "201")},
        }

    paths = {
        "/contacts": listing(row),
        "/contacts/{id}": item("id", text, row),
        "/contacts/{id}/notes": item("id", {"type": "integer"}, {"const": 1}),
        "/flakes": listing(row | {"properties": {"id": flake}}),
        "/flakes/{id}": item("id", flake, row),
        "/orgs": listing(org),
        "/orgs/{org}": item("org", text, org),
    }
    url = serve(small(paths)).base_url
    contact = httpx.get(f"{url}/contacts").json()[4]
    assert contact["id"] == "5"
    assert httpx.get(f"{url}/contacts/5/notes").json() == 1
    flakes = [row["id"] for row in httpx.get(f"{url}/flakes").json()]
    assert len(set(flakes)) == 50
    assert httpx.post(f"{url}/flakes").json()["id"] not in flakes
    first = httpx.get(f"{url}/orgs").json()[0]
    assert httpx.get(f"{url}/orgs/{first['login']}").json() == first


@pytest.mark.parametrize(
    ("extension", "place"),
    [
        (5, "x-mock"),
        ({"kind": "wizard"}, "x-mock.kind"),
        ({"action": 5}, "x-mock.action"),
        ({"action": {"set": []}}, "x-mock.action.set"),
        ({"action": {"from": {"state": "on"}}}, "x-mock.action.from.state"),
        ({"scopes": "all"}, "x-mock.scopes"),
        ({"spell": True}, "x-mock"),
        ({"collection": {}}, "x-mock.collection"),
    ],
)
def test_a_wrong_extension_is_told_and_has_no_effect(
    small, answers, extension: Any, place: str
) -> None:
    """The note names the operation and the place; the rest is served."""
    item = {"get": {"x-mock": extension, "responses": answers({"const": 1})}}
    mock = Mock.load(orjson.dumps(small({"/a": item})), Options())
    told = [note for note in mock.engine.plan.notes if note.startswith(f"GET /a: {place}")]
    assert len(told) == 1
    assert "not understood" in told[0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("operations: 5", "operations"),
        ("operations: {a: {kind: wizard}}", "operations.a.kind"),
        ("collections: {/a: {rows: -1}}", "collections./a.rows"),
        ("collections: {/a: []}", "collections./a"),
        ("auth: {credentials: [{kind: bearer}]}", "auth.credentials.0"),
        ("server: {max_body: much}", "server.max_body"),
    ],
)
def test_a_wrong_overlay_is_refused_with_the_place(tmp_path: Path, text: str, place: str) -> None:
    """The message has the file, the place and what is expected there."""
    file = tmp_path / "a.mock.yaml"
    file.write_text(text)
    with pytest.raises(OverlayError, match=r"a\.mock\.yaml: ") as raised:
        read_overlay(file)
    assert f": {place}: " in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"openapi":"3.0.0","x":' + "[" * 10_000 + "]" * 10_000 + "}", "nested"),
        ("openapi: 3.0.0\nx: " + "[" * 10_000 + "]" * 10_000, "nested"),
        ("openapi: 9.9.9\ninfo: {title: a, version: b}\npaths: {}", "9.9.9"),
        ("[]", "not an object"),
        ("", "empty"),
        ("openapi: 3.0.0\n\tinfo: x", "tab"),
    ],
)
def test_a_hostile_document_is_a_diagnostic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    """One line with file and place, exit code 2, no traceback."""
    file = tmp_path / "hostile.yaml"
    file.write_text(text)
    assert main([str(file), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["event"] == "error"
    assert message in told["message"]
    assert "Traceback" not in told["message"]


def test_deep_and_wide_documents_are_served(serve, small, answers) -> None:
    """Sixty levels of objects, and a union of unions, end in an answer."""
    deep: dict[str, Any] = {"type": "integer"}
    for _ in range(60):
        deep = {"type": "object", "required": ["a"], "properties": {"a": deep}}
    wide: dict[str, Any] = {"type": "string", "pattern": "^a{400}$"}
    for _ in range(5):
        wide = {"oneOf": [{"type": "object", "required": ["b"], "properties": {"b": wide}}, wide]}
    url = serve(
        small(
            {
                "/deep": {"get": {"responses": answers(deep)}},
                "/wide": {"get": {"responses": answers(wide)}},
            }
        )
    ).base_url
    assert httpx.get(f"{url}/deep").status_code == 200
    assert httpx.get(f"{url}/wide").status_code == 200

"""The schemas, examples, webhooks and extensions of openapi.yaml hold together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from openapi_schema_validator import OAS30ReadValidator

if TYPE_CHECKING:
    from tests.conftest import Body, Document, Operation

SCHEMAS = Path(__file__).parent.parent / "generator" / "schemas"
ENTITIES = ("tasks", "products", "orders", "customers", "entities")
EXTENSIONS = {"x-webhooks", "x-websocket", "x-rate-limit", "x-mock", "x-pagination", "x-stream"}

# What one code means on the wire.
STATUS_OF_CODE = {
    "INVALID_REQUEST": 400,
    "INVALID_FILTER": 400,
    "INVALID_SORT": 400,
    "UNAUTHORIZED": 401,
    "EXPIRED_KEY": 401,
    "INSUFFICIENT_CREDITS": 402,
    "FORBIDDEN": 403,
    "INVALID_SCOPE": 403,
    "NOT_FOUND": 404,
    "ENTITY_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "CONFLICT": 409,
    "IDEMPOTENCY_IN_FLIGHT": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_ERROR": 422,
    "IDEMPOTENCY_MISMATCH": 422,
    "RATE_LIMIT_EXCEEDED": 429,
    "INTERNAL_ERROR": 500,
    "DATABASE_ERROR": 500,
    "UNAVAILABLE": 503,
}
CHANGES = ("created", "updated", "deleted")
EVENTS = {
    *(f"{name}.{change}" for name in ("user", "organization", "project") for change in CHANGES),
    *(f"{name}.{change}" for name in ("task", "order") for change in CHANGES),
    *(f"server.{change}" for change in ("started", "stopped", "restarted", "killed")),
    "api_key.revoked",
    "ping",
}


def test_examples_are_true(body: Body, document: Document) -> None:
    """Every body has an example, and each validates in its direction (readOnly, writeOnly)."""
    examples = document.at(body.pointer)["examples"]
    assert examples
    for name, entry in examples.items():
        value = document.resolve(entry)["value"]
        assert document.faults(body.validator, f"{body.pointer}/schema", value) == [], name


def test_validation_sees_what_is_wrong(document: Document) -> None:
    """The check behind the examples refuses null, unknown, malformed and read-only properties."""
    value = json.loads(json.dumps(document.at("/components/examples/UserResponse")["value"]))
    value["data"].update(name=None, extra=1, email="nobody", created_at="yesterday")
    found = document.faults(OAS30ReadValidator, "/components/schemas/UserResponse", value)
    for word in ("name", "extra", "email", "created_at"):
        assert any(word in fault for fault in found), word


def test_error_examples_carry_codes_of_their_status(
    operation: Operation, document: Document
) -> None:
    """The code of an error example belongs to the status that it stands under."""
    for status, response in operation.responses.items():
        if int(status) >= 400:
            for entry in response["content"]["application/json"]["examples"].values():
                code = document.resolve(entry)["value"]["error"]["code"]
                assert STATUS_OF_CODE[code] == int(status)


def test_error_codes_are_the_documented_ones(document: Document) -> None:
    """`ErrorCode` and the table in the introduction hold the same codes."""
    assert set(document.schemas["ErrorCode"]["enum"]) == STATUS_OF_CODE.keys()
    text = document.raw["info"]["description"]
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", text, re.MULTILINE)
    table = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert table == STATUS_OF_CODE


def test_examples_of_headers_are_true(document: Document) -> None:
    """The example of a header is what its schema allows."""
    for name, header in document.raw["components"]["headers"].items():
        faults = document.faults(
            OAS30ReadValidator, f"/components/headers/{name}/schema", header["example"]
        )
        assert faults == [], name


def test_json_is_listed_first(operation: Operation) -> None:
    """Where a body can be JSON, JSON is the first of its media types."""
    bodies = [operation.node.get("requestBody", {}), *operation.responses.values()]
    for content in (list(body.get("content", {})) for body in bodies):
        assert "application/json" not in content[1:]


def test_request_bodies_are_closed(operation: Operation, document: Document) -> None:
    """A body refuses properties that it does not know, except in the untyped entities."""
    for media in operation.node.get("requestBody", {}).get("content", {}).values():
        schema = document.resolve(media["schema"])
        assert schema["additionalProperties"] is (operation.resource == "entities")


def test_schemas_are_described(document: Document) -> None:
    """Every schema has a description, and so has every property that is not a reference."""
    for name, schema in document.schemas.items():
        assert schema["description"], name
        for field, node in schema.get("properties", {}).items():
            assert "$ref" in node or node["description"], f"{name}.{field}"


def test_user_is_the_binding_table(document: Document) -> None:
    """`User` and `UserCreate` have exactly the fields that the conventions bind."""
    user, create = document.schemas["User"], document.schemas["UserCreate"]
    required = {"id", "name", "email", "role", "active", "created_at", "updated_at"}
    assert set(user["required"]) == required
    assert user["properties"].keys() == required | {"username", "organization_id"}
    assert user["additionalProperties"] is False
    assert create["required"] == ["name", "email"]
    assert create["properties"]["password"]["writeOnly"] is True


def test_what_a_create_sends_can_be_read_again(operation: Operation, document: Document) -> None:
    """Each field of a JSON create that is not writeOnly is a field of what is read back."""
    if not operation.id.endswith(".create") or operation.resource == "entities":
        return
    content = operation.node["requestBody"]["content"]["application/json"]
    sent = document.resolve(content["schema"])["properties"]
    created = operation.responses["201"]["content"]["application/json"]["schema"]
    read = document.resolve(document.resolve(created)["properties"]["data"])["properties"]
    assert {name for name, node in sent.items() if not node.get("writeOnly")} <= read.keys()
    assert all(not node.get("readOnly") for node in sent.values())


def test_secrets_are_in_create_responses_only(document: Document) -> None:
    """The plain API key and webhook endpoint cannot hold a secret; the created ones must, warned."""
    for name, secret in (("ApiKey", "key"), ("WebhookEndpoint", "secret")):
        plain, created = document.schemas[name], document.schemas[f"{name}WithSecret"]
        assert secret not in plain["properties"]
        assert plain["additionalProperties"] is False
        assert secret in created["required"]
        assert "warning" in document.schemas[f"{name}WithSecretResponse"]["required"]


@pytest.mark.parametrize("resource", ENTITIES)
def test_filter_admits_json_objects_only(resource: str, document: Document) -> None:
    """What the pattern of `filter` lets through is a JSON object."""
    parameter = document.operations[f"{resource}.list"].parameters["filter"]
    pattern = re.compile(parameter["schema"]["pattern"])
    for text in (parameter["example"], "{}", '{"id": "a", "id":"b"}', '{"id": -1.5}'):
        assert pattern.search(text), text
        assert isinstance(json.loads(text), dict)
    for text in ("", "[]", "{id}", '{"id"}', '{"id": 01}', '{"id": "a"', '{"id": "a",}', "id=1"):
        assert not pattern.search(text), text


def test_webhooks_are_the_union(document: Document) -> None:
    """`x-webhooks`, the names of events and the union by `event` agree, and each sample is true."""
    union = document.schemas["WebhookEvent"]
    mapping = union["discriminator"]["mapping"]
    assert document.raw["x-webhooks"].keys() == EVENTS
    assert set(document.schemas["WebhookEventType"]["enum"]) == mapping.keys() == EVENTS
    assert [entry["$ref"] for entry in union["oneOf"]] == list(mapping.values())
    for event, pointer in mapping.items():
        schema = document.at(pointer)
        assert schema["properties"]["event"]["enum"] == [event]
        assert schema["required"] == ["event", "data", "timestamp"]
        for target in (pointer, "#/components/schemas/WebhookEvent"):
            assert document.faults(OAS30ReadValidator, target, schema["example"]) == []
        sent = document.raw["x-webhooks"][event]["post"]["requestBody"]["content"]
        assert sent["application/json"]["schema"] == {"$ref": pointer}


def extensions(node: Any, pointer: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every extension under a node: its name, where it stands, its value."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.startswith("x-"):
                yield key, pointer, value
            yield from extensions(value, f"{pointer}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from extensions(value, f"{pointer}/{index}")


def test_extensions_fit_their_schemas(document: Document) -> None:
    """Every extension has a JSON Schema in generator/schemas, and every use of it validates."""
    used = list(extensions(document.raw))
    assert {name for name, _, _ in used} == EXTENSIONS
    validators = {
        name: jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8")))
        for name in EXTENSIONS
        for path in [SCHEMAS / f"{name}.schema.json"]
    }
    for name, pointer, value in used:
        faults = [error.message for error in validators[name].iter_errors(value)]
        assert faults == [], f"{name} at {pointer}"


@pytest.mark.parametrize("name", sorted(EXTENSIONS))
def test_schemas_of_extensions_are_schemas(name: str) -> None:
    """The JSON Schema of an extension is one itself, of draft 2020-12."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-rate-limit", "unlimited"),
        ("x-rate-limit", {"policy": "user", "limit": 0, "window": "1h"}),
        ("x-rate-limit", {"policy": "user", "limit": 10, "window": "hour"}),
        ("x-rate-limit", {"policy": "user", "limit": 10, "window": "1h", "tiers": {"robot": {}}}),
        ("x-pagination", {"style": "cursor", "items": "/data"}),
        ("x-pagination", {"style": "page", "items": "data", "page": "page"}),
        ("x-webhooks", {"user.created": {"get": {}}}),
        ("x-websocket", {"url": "/data/url", "token": "/data/token", "auth": {"type": "auth"}}),
        ("x-stream", {"param": "stream", "media_type": "text/event-stream"}),
        ("x-mock", "running"),
        ("x-mock", {"scopes": "read"}),
    ],
)
def test_schemas_of_extensions_refuse(name: str, value: Any) -> None:
    """The JSON Schema of an extension refuses a value of the wrong form."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert not jsonschema_rs.is_valid(schema, value)


def test_extensions_point_at_what_exists(document: Document, operation: Operation) -> None:
    """References, pointers and parameter names inside extensions lead somewhere."""
    node = operation.node
    if "x-stream" in node:
        body = document.resolve(node["requestBody"]["content"]["application/json"]["schema"])
        assert body["properties"][node["x-stream"]["param"]]["type"] == "boolean"
        assert node["x-stream"]["media_type"] in operation.responses["200"]["content"]
        assert document.resolve(node["x-stream"]["event"])["type"] == "object"
    if "x-websocket" in node:
        token = document.schemas["ConsoleToken"]["properties"]
        for pointer in (node["x-websocket"]["url"], node["x-websocket"]["token"]):
            assert pointer.removeprefix("/data/") in token
        for message in node["x-websocket"]["messages"].values():
            assert document.resolve(message)["required"] == ["type", "data"]
    if "x-pagination" in node:
        assert {
            node["x-pagination"][key] for key in ("cursor", "limit")
        } <= operation.parameters.keys()
    mock = node.get("x-mock", {})
    assert {mock.get("emits"), mock.get("action", {}).get("event")} <= {None, *EVENTS}
    assert mock.get("collection", "/users") in document.raw["paths"]


def test_every_component_is_used(document: Document) -> None:
    """No component stands in the document without being referred to."""
    text = json.dumps(document.raw)
    for kind, entries in document.raw["components"].items():
        for name in entries:
            if kind != "securitySchemes":
                assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name}"

"""specs/entity-platform.yaml speaks the dialect of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Document


def test_entity_platform_lists(references: dict[str, Document]) -> None:
    """A list is success, data and pagination; ten parameters choose, four headers repeat."""
    document = references["entity-platform"]
    assert document.schema_of("entities.list", "200")["required"] == [
        "success",
        "data",
        "pagination",
    ]
    assert document.example_of("entities.list", "200")["pagination"] == {
        "page": 1,
        "limit": 10,
        "total": 150,
        "totalPages": 15,
        "hasNext": True,
        "hasPrev": False,
    }
    assert document.query("entities.list") == {
        *("page", "limit", "filter", "search", "sort", "order"),
        *("fields", "include", "startDate", "endDate"),
    }
    assert document.bounds("entities.list", "limit") == (20, 100)
    order = document.operations["entities.list"].parameters["order"]["schema"]
    assert (order["enum"], order["default"]) == (["asc", "desc"], "asc")
    for name in ("startDate", "endDate"):
        formats = document.operations["entities.list"].parameters[name]["schema"]["anyOf"]
        assert [entry["format"] for entry in formats] == ["date-time", "date"]
    headers = document.operations["entities.list"].responses["200"]["headers"]
    assert {"X-Total-Count", "X-Page", "X-Per-Page", "Link"} <= headers.keys()


def test_entity_platform_records_are_open(references: dict[str, Document]) -> None:
    """A record has an id and whatever its entity has; so has what is sent."""
    document = references["entity-platform"]
    record = document.schemas["Record"]
    assert record["required"] == ["id"]
    assert record["properties"].keys() == {"id", "createdAt", "updatedAt"}
    assert record["additionalProperties"] is True
    assert document.body_of("entities.create")["additionalProperties"] is True
    assert document.query("entities.get") == {"fields", "include"}


def test_entity_platform_errors_are_flat(references: dict[str, Document]) -> None:
    """A failure is success false, error, code and details by field."""
    document = references["entity-platform"]
    assert document.example_of("entities.create", "400") == {
        "success": False,
        "error": "Validation failed",
        "code": "VALIDATION_FAILED",
        "details": {
            "title": "Title is required",
            "status": "Must be one of: todo, in_progress, completed",
        },
    }
    error = document.schemas["Error"]
    assert error["required"] == ["success", "error", "code"]
    assert error["properties"]["details"]["additionalProperties"] == {"type": "string"}


def test_entity_platform_codes(references: dict[str, Document]) -> None:
    """The twelve codes stand under their statuses, and the plugin's own under 402."""
    found = references["entity-platform"].codes("code")
    assert found.pop("4XX") == {"VALIDATION_FAILED"}
    assert found.pop("5XX") == {"INTERNAL_ERROR"}
    assert found == {
        "400": {"VALIDATION_FAILED", "INVALID_FILTER", "INVALID_SORT"},
        "401": {"UNAUTHORIZED", "EXPIRED_KEY"},
        "402": {"INSUFFICIENT_CREDITS"},
        "403": {"FORBIDDEN", "INVALID_SCOPE"},
        "404": {"NOT_FOUND", "ENTITY_NOT_FOUND"},
        "422": {"VALIDATION_FAILED"},
        "429": {"RATE_LIMIT_EXCEEDED"},
        "500": {"INTERNAL_ERROR", "DATABASE_ERROR"},
    }


def test_entity_platform_statuses(references: dict[str, Document]) -> None:
    """Each operation declares the statuses that its text lists."""
    document = references["entity-platform"]
    listed = {
        "entities.list": "200 400 401 403 429",
        "entities.create": "201 400 401 403 422 429",
        "entities.get": "200 401 403 404 429",
        "entities.update": "200 400 401 403 404 422 429",
        "entities.delete": "200 401 403 404 429",
        "entities.describe": "200 401 404",
        "keys.list": "200 401",
        "keys.create": "201 400 401",
        "keys.delete": "200 401 404",
        "ai.generate": "200 400 401 402 429",
        "health.check": "200 503",
    }
    assert listed.keys() == document.operations.keys()
    for name, statuses in listed.items():
        assert set(statuses.split()) <= document.operations[name].responses.keys(), name


def test_entity_platform_credentials(references: dict[str, Document]) -> None:
    """An API key as bearer token, or the cookie with a dot in its name; keys with the cookie."""
    document = references["entity-platform"]
    key, session = document.raw["components"]["securitySchemes"].values()
    assert (key["type"], key["scheme"]) == ("http", "bearer")
    assert (session["in"], session["name"]) == ("cookie", "better-auth.session_token")
    for name in ("keys.list", "keys.create", "keys.delete"):
        assert document.operations[name].node["security"] == [{"sessionCookie": []}]
        assert document.operations[name].node["x-rate-limit"]["policy"] == "session"
    scopes = {
        "list": ["read"],
        "get": ["read"],
        "create": ["write"],
        "update": ["write"],
        "delete": ["delete"],
    }
    for method, wanted in scopes.items():
        assert document.operations[f"entities.{method}"].node["x-mock"]["scopes"] == wanted


def test_entity_platform_headers(references: dict[str, Document]) -> None:
    """X-Request-ID, Accept-Language and X-API-Version are taken; X-Request-ID comes back."""
    for operation in references["entity-platform"].operations.values():
        taken = {item["name"] for item in operation.parameters.values() if item["in"] == "header"}
        assert taken == {"X-Request-ID", "Accept-Language", "X-API-Version"}
        for status in operation.responses:
            assert "X-Request-ID" in operation.required_headers(status), operation.id


def test_entity_platform_deletes_and_warns(references: dict[str, Document]) -> None:
    """A delete answers with a message, the creation of a key with a warning."""
    document = references["entity-platform"]
    assert document.schema_of("entities.delete", "200")["required"] == ["success", "message"]
    assert document.example_of("keys.delete", "200")["message"] == ("API key revoked successfully")
    created = document.schema_of("keys.create", "201")
    assert created["required"] == ["success", "data", "warning"]
    key = document.resolve(created["properties"]["data"])
    assert {"id", "name", "key", "scopes", "createdAt", "expiresAt"} == set(key["required"])
    assert "lastUsedAt" in key["properties"]


def test_entity_platform_describes(references: dict[str, Document]) -> None:
    """OPTIONS tells methods, schema, relations, permissions and the quota."""
    document = references["entity-platform"]
    assert document.operations["entities.describe"].method == "options"
    data = document.example_of("entities.describe", "200")["data"]
    assert data.keys() == {
        *("entity", "methods", "schema", "relations", "permissions", "rateLimit")
    }
    assert data["schema"]["title"] == {"type": "string", "required": True, "maxLength": 200}
    assert data["rateLimit"] == {"limit": 1000, "window": "1h"}


def test_entity_platform_health_is_outside(references: dict[str, Document]) -> None:
    """The health check stands outside /api/v1, needs nobody's credentials and is unmetered."""
    document = references["entity-platform"]
    servers = document.raw["paths"]["/api/health"]["servers"]
    assert [server["url"] for server in servers] == [
        "https://yourdomain.com",
        "http://localhost:5173",
    ]
    check = document.operations["health.check"].node
    assert (check["security"], check["x-rate-limit"]) == ([], "none")
    assert document.example_of("health.check", "200")["status"] == "healthy"


def test_entity_platform_generates(references: dict[str, Document]) -> None:
    """A prompt, at most 100 tokens unless said otherwise, a temperature from 0 to 1."""
    document = references["entity-platform"]
    body = document.body_of("ai.generate")
    assert body["required"] == ["prompt"]
    assert body["properties"]["maxTokens"]["default"] == 100
    temperature = body["properties"]["temperature"]
    assert (temperature["minimum"], temperature["maximum"]) == (0, 1)
    assert temperature["default"] == 0.7

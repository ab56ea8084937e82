"""The reference documents speak the dialects of their texts: names, limits, headers, codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Document


# Nanostack


def test_nanostack_lists(references: dict[str, Document]) -> None:
    """A list is success, data and meta with page, per_page, total and total_pages."""
    document = references["nanostack"]
    for resource in ("users", "organizations", "tenants", "api_keys"):
        schema = document.schema_of(f"{resource}.list", "200")
        assert schema["required"] == ["success", "data", "meta"]
        meta = document.example_of(f"{resource}.list", "200")["meta"]
        assert meta == {"page": 2, "per_page": 50, "total": 150, "total_pages": 3}
        assert {"page", "per_page", "sort"} <= document.query(f"{resource}.list")
        assert document.bounds(f"{resource}.list", "page") == (1, None)
        assert document.bounds(f"{resource}.list", "per_page") == (20, 100)


def test_nanostack_success(references: dict[str, Document]) -> None:
    """A single resource is success and data, perhaps meta; a delete answers 200 like a get."""
    document = references["nanostack"]
    schema = document.schema_of("users.get", "200")
    assert schema["required"] == ["success", "data"]
    assert schema["properties"].keys() == {"success", "data", "meta"}
    assert document.example_of("users.get", "200")["meta"] == {
        "page": 1,
        "per_page": 20,
        "total": 1,
    }
    assert document.schema_of("users.delete", "200") is schema
    assert all("204" not in item.responses for item in document.operations.values())


def test_nanostack_filters_and_sorts(references: dict[str, Document]) -> None:
    """Users are filtered by role, active and email, and sorted by `name,-created_at`."""
    document = references["nanostack"]
    assert {"role", "active", "email"} <= document.query("users.list")
    assert document.operations["users.list"].parameters["sort"]["example"] == "name,-created_at"


def test_nanostack_errors(references: dict[str, Document]) -> None:
    """A failure is success false and error with code, message and details of field and value."""
    document = references["nanostack"]
    assert document.example_of("users.create", "422") == {
        "success": False,
        "error": {
            "code": "VALIDATION_ERROR",
            "message": "Invalid email format",
            "details": {"field": "email", "value": "invalid-email"},
        },
    }
    found = document.codes("error", "code")
    found.pop("default")
    assert found == {
        "400": {"BAD_REQUEST"},
        "401": {"UNAUTHORIZED"},
        "403": {"FORBIDDEN"},
        "404": {"NOT_FOUND"},
        "422": {"VALIDATION_ERROR"},
        "429": {"TOO_MANY_REQUESTS"},
        "500": {"INTERNAL_SERVER_ERROR"},
    }


def test_nanostack_credentials(references: dict[str, Document]) -> None:
    """A JWT as bearer token, or X-API-Key; administrators list and create tenants."""
    document = references["nanostack"]
    bearer, key = document.raw["components"]["securitySchemes"].values()
    assert (bearer["type"], bearer["scheme"], bearer["bearerFormat"]) == ("http", "bearer", "JWT")
    assert (key["type"], key["in"], key["name"]) == ("apiKey", "header", "X-API-Key")
    restricted = {
        operation.id for operation in document.operations.values() if "x-mock" in operation.node
    }
    assert restricted == {"tenants.list", "tenants.create"}
    for name in ("auth.login", "auth.register", "auth.refresh"):
        assert document.operations[name].node["security"] == []
        assert document.operations[name].node["x-rate-limit"]["policy"] == "anonymous"


def test_nanostack_updates_by_put(references: dict[str, Document]) -> None:
    """An update is a PUT that needs no field."""
    document = references["nanostack"]
    for resource in ("users", "organizations", "tenants", "api_keys"):
        assert document.operations[f"{resource}.update"].method == "put"
        assert "required" not in document.body_of(f"{resource}.update")


# The example REST API


def test_example_rest_objects_are_bare(references: dict[str, Document]) -> None:
    """A user is id, name, email and created_at, without an envelope."""
    document = references["example-rest"]
    for operation, status in (("users.get", "200"), ("users.create", "201")):
        schema = document.schema_of(operation, status)
        assert schema["required"] == ["id", "name", "email", "created_at"]
        assert schema["required"] == list(schema["properties"])
    assert document.body_of("users.create")["required"] == ["name", "email", "password"]


def test_example_rest_lists(references: dict[str, Document]) -> None:
    """A list is data and meta with current_page, total_pages and total_count."""
    document = references["example-rest"]
    assert document.schema_of("projects.list", "200")["required"] == ["data", "meta"]
    meta = document.example_of("projects.list", "200")["meta"]
    assert meta == {"current_page": 1, "total_pages": 5, "total_count": 100}
    assert document.query("projects.list") == {"page", "per_page", "status"}
    assert document.bounds("projects.list", "page") == (1, None)
    assert document.bounds("projects.list", "per_page") == (20, None)


def test_example_rest_errors(references: dict[str, Document]) -> None:
    """A failure is error with code, message and details by field; codes are lower case."""
    document = references["example-rest"]
    assert document.example_of("users.create", "400") == {
        "error": {
            "code": "invalid_request",
            "message": "A detailed error message",
            "details": {"field": "Additional error context"},
        }
    }
    found = document.codes("error", "code")
    assert found["400"] == {"invalid_request"}
    assert all(code == code.lower() for shown in found.values() for code in shown)
    assert all("422" not in item.responses for item in document.operations.values())


def test_example_rest_webhook(references: dict[str, Document]) -> None:
    """user.created is sent as event, data and timestamp."""
    document = references["example-rest"]
    assert list(document.raw["x-webhooks"]) == ["user.created"]
    content = document.raw["x-webhooks"]["user.created"]["post"]["requestBody"]["content"]
    schema = document.resolve(content["application/json"]["schema"])
    assert schema["required"] == ["event", "data", "timestamp"]
    value = content["application/json"]["examples"]["userCreated"]["value"]
    assert value == {
        "event": "user.created",
        "data": {"id": "user_123", "name": "John Doe", "email": "john@example.com"},
        "timestamp": "2024-01-01T00:00:00Z",
    }


# StellarStack


def test_stellarstack_lists(references: dict[str, Document]) -> None:
    """A list is data and meta with total, page and limit; limit is 20, at most 100."""
    document = references["stellarstack"]
    for resource in ("servers", "nodes", "blueprints", "admin.users"):
        assert document.schema_of(f"{resource}.list", "200")["required"] == ["data", "meta"]
        meta = document.example_of(f"{resource}.list", "200")["meta"]
        assert meta == {"total": 100, "page": 1, "limit": 20}
        assert document.query(f"{resource}.list") == {"page", "limit"}
        assert document.bounds(f"{resource}.list", "page") == (1, None)
        assert document.bounds(f"{resource}.list", "limit") == (20, 100)


def test_stellarstack_errors(references: dict[str, Document]) -> None:
    """A failure is error with code, message and a details object that may be empty."""
    document = references["stellarstack"]
    assert document.example_of("servers.list", "401") == {
        "error": {"code": "UNAUTHORIZED", "message": "Invalid or expired token", "details": {}}
    }
    found = document.codes("error", "code")
    found.pop("default")
    assert found == {
        "400": {"BAD_REQUEST"},
        "401": {"UNAUTHORIZED"},
        "403": {"FORBIDDEN"},
        "404": {"NOT_FOUND"},
        "422": {"VALIDATION_ERROR"},
        "429": {"RATE_LIMITED"},
        "500": {"SERVER_ERROR"},
    }


def test_stellarstack_says_nothing_where_there_is_nothing(references: dict[str, Document]) -> None:
    """Deletes and signing out answer 204 without a body."""
    document = references["stellarstack"]
    silent = {item.id for item in document.operations.values() if "204" in item.responses}
    assert silent == {"auth.signout", "servers.delete", "nodes.delete"}
    assert all(
        "content" not in document.operations[name].responses["204"] for name in sorted(silent)
    )


def test_stellarstack_servers(references: dict[str, Document]) -> None:
    """A server is created from a node, a blueprint and three sizes, in camelCase."""
    document = references["stellarstack"]
    wanted = ["name", "nodeId", "blueprintId", "memory", "cpu", "disk"]
    assert document.body_of("servers.create")["required"] == wanted
    for action in ("start", "stop", "restart", "kill"):
        schema = document.schema_of(f"servers.{action}", "200")
        assert "status" in document.resolve(schema["properties"]["data"])["required"]


def test_stellarstack_groups(references: dict[str, Document]) -> None:
    """auth is metered by 10, admin by 30, all else by 60 requests a minute."""
    groups = {"auth": "auth", "admin": "admin"}
    for operation in references["stellarstack"].operations.values():
        expected = groups.get(operation.resource, "general")
        assert operation.node["x-rate-limit"]["policy"] == expected, operation.id
        restricted = operation.resource in {"admin", "nodes"}
        assert ("x-mock" in operation.node) == restricted, operation.id


def test_stellarstack_console(references: dict[str, Document]) -> None:
    """A console token opens a WebSocket, and is the first thing that is sent there."""
    document = references["stellarstack"]
    operation = document.operations["servers.get_console_token"]
    assert operation.method == "get"
    socket = operation.node["x-websocket"]
    assert (socket["url"], socket["token"]) == ("/data/url", "/data/token")
    assert socket["auth"] == {"type": "auth", "token": "{token}"}
    message = document.resolve(socket["messages"]["receive"])
    assert message["required"] == ["type", "data"]
    data = document.example_of("servers.get_console_token", "200")["data"]
    assert data["url"] == "wss://node.example.com:5000/console"
    assert data["token"].startswith("strk_console_")


def test_stellarstack_credentials(references: dict[str, Document]) -> None:
    """A bearer token or a cookie; signing in sets the cookie."""
    document = references["stellarstack"]
    bearer, session = document.raw["components"]["securitySchemes"].values()
    assert (bearer["type"], bearer["scheme"]) == ("http", "bearer")
    assert session["in"] == "cookie"
    for name, status in (("auth.signin", "200"), ("auth.signup", "201")):
        assert document.operations[name].node["security"] == []
        assert "Set-Cookie" in document.operations[name].required_headers(status)


# The account API


def test_account_api_users(references: dict[str, Document]) -> None:
    """A user is id, username, email and created_at, without an envelope."""
    document = references["account-api"]
    schema = document.schema_of("users.get", "200")
    assert schema["required"] == ["id", "username", "email", "created_at"]
    assert schema["required"] == list(schema["properties"])
    assert document.body_of("users.create")["required"] == ["username", "email", "password"]


def test_account_api_lists(references: dict[str, Document]) -> None:
    """A list is total, page, limit and data side by side."""
    document = references["account-api"]
    schema = document.schema_of("projects.list", "200")
    assert schema["required"] == ["total", "page", "limit", "data"]
    value = document.example_of("projects.list", "200")
    assert (value["total"], value["page"], value["limit"]) == (42, 1, 20)
    assert document.query("projects.list") == {"page", "limit"}
    assert document.bounds("projects.list", "limit") == (20, None)


def test_account_api_errors(references: dict[str, Document]) -> None:
    """A failure is error with code, message and a sentence; a missing field is 400."""
    document = references["account-api"]
    assert document.example_of("users.create", "400") == {
        "error": {
            "code": "invalid_request",
            "message": "The request was invalid",
            "details": "The 'username' field is required",
        }
    }
    assert document.schemas["ErrorBody"]["properties"]["details"]["type"] == "string"
    for operation in document.operations.values():
        assert {"400", "401", "403", "429", "500"} <= operation.responses.keys()
        assert "422" not in operation.responses
    assert "404" in document.operations["users.get"].responses

"""The operations of openapi.yaml are the Unistack API's, under its conventions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS30WriteValidator
from openapi_spec_validator import OpenAPIV30SpecValidator

if TYPE_CHECKING:
    from tests.conftest import Document, Operation

ENTITY_METHODS = "list create get update delete describe"

# Resource -> methods; an operationId is resource.method.
RESOURCES = {
    "auth": "login register refresh logout session",
    "users": "list create get update delete get_me update_me",
    "organizations": "list create get update delete",
    "tenants": "list create get update",
    "api_keys": "list create get update delete",
    "projects": "list create get update delete",
    "files": "list get upload download delete",
    "tasks": ENTITY_METHODS,
    "products": ENTITY_METHODS,
    "orders": ENTITY_METHODS,
    "customers": ENTITY_METHODS,
    "entities": ENTITY_METHODS,
    "servers": "list create get update delete start stop restart kill create_console_token",
    "nodes": "list create get delete stats",
    "blueprints": "list get",
    "admin": "users.list stats nodes.create_token",
    "ai": "generate",
    "events": "list",
    "webhook_endpoints": "list create get update delete rotate_secret test",
    "health": "check",
}
EXPECTED = {
    f"{resource}.{method}" for resource, line in RESOURCES.items() for method in line.split()
}
PAGED_LISTS = {name for name in EXPECTED if name.endswith(".list")} - {"events.list"}
SINGLE_READS = {name for name in EXPECTED if name.endswith(".get")} | {
    "users.get_me",
    "files.download",
}
CREATES = {name for name in EXPECTED if name.endswith(".create")} | {
    "auth.register",
    "files.upload",
    "admin.nodes.create_token",
}
METHOD_OF = {
    "update": {"put"},
    "delete": {"delete"},
    "describe": {"options"},
    "list": {"get"},
    "get": {"get"},
}
PATCHED = {"tasks", "products", "orders", "customers", "entities", "servers"}
ENTITIES = ("tasks", "products", "orders", "customers", "entities")

QUOTAS = {
    "user": (1000, "1h"),
    "api_key": (5000, "1h"),
    "session": (100, "1h"),
    "anonymous": (100, "1h"),
    "auth": (10, "1m"),
    "admin": (30, "1m"),
    "general": (60, "1m"),
}
POLICY_OF = {
    "auth": "auth",
    "servers": "general",
    "admin": "admin",
    "tenants": "admin",
    "nodes": "admin",
}
QUOTA_HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
UNAUTHENTICATED = {"auth.login", "auth.register", "auth.refresh", "health.check"}
ANY_CREDENTIAL: list[dict[str, list[str]]] = [
    {"bearerAuth": []},
    {"apiKeyAuth": []},
    {"sessionCookie": []},
]


def test_document_is_valid(document: Document) -> None:
    """openapi-spec-validator finds no fault in the document, which is OpenAPI 3.0.3."""
    assert document.raw["openapi"] == "3.0.3"
    assert [error.message for error in OpenAPIV30SpecValidator(document.raw).iter_errors()] == []


def test_servers_are_the_two(document: Document) -> None:
    """The API is at its own address, and on this machine at port 8080 unless said otherwise."""
    production, local = document.raw["servers"]
    assert production["url"] == "https://api.unistack.dev/v1"
    assert local["url"] == "http://localhost:{port}/v1"
    assert local["variables"]["port"]["default"] == "8080"


def test_operations_are_the_96(document: Document) -> None:
    """The document describes exactly the operations of the API, under their names."""
    methods = [
        key for item in document.raw["paths"].values() for key in item if key != "parameters"
    ]
    assert set(document.operations) == EXPECTED
    assert len(document.operations) == len(methods) == 96


def test_method_follows_from_the_name(operation: Operation) -> None:
    """Lists and gets are GET, updates PUT or PATCH as the conventions say, descriptions OPTIONS."""
    word = operation.id.rsplit(".", 1)[1]
    if word in {"update", "update_me"}:
        patched = operation.resource in PATCHED or word == "update_me"
        assert operation.method == ("patch" if patched else "put")
    elif word in METHOD_OF:
        assert {operation.method} == METHOD_OF[word]


def test_operation_is_documented(operation: Operation, document: Document) -> None:
    """An operation has a summary, a description, one described tag, explicit security and a quota."""
    node = operation.node
    assert node["summary"]
    assert node["description"].endswith(".")
    assert node["tags"] == [operation.resource]
    assert operation.resource in {tag["name"] for tag in document.raw["tags"] if tag["description"]}
    assert {"security", "x-rate-limit"} <= node.keys()
    assert "deprecated" not in node


def test_parameters_are_described_and_constrained(operation: Operation) -> None:
    """A parameter has a description, a constraint, and an example that its schema allows."""
    checker = OAS30WriteValidator.FORMAT_CHECKER
    for name, parameter in operation.parameters.items():
        schema = parameter["schema"]
        faults = OAS30WriteValidator(schema, format_checker=checker).iter_errors(
            parameter["example"]
        )
        assert [fault.message for fault in faults] == [], name
        assert parameter["description"], name
        constraints = {"pattern", "enum", "minimum", "minLength", "format"}
        assert constraints & schema.keys() or schema["type"] == "boolean", name
    assert {"X-Request-ID", "Accept-Language", "X-API-Version"} <= operation.parameters.keys()


def test_identifiers_in_paths_are_prefixed(operation: Operation) -> None:
    """A path takes identifiers of one kind, told by their prefix."""
    for name in re.findall(r"{(\w+)}", operation.path):
        parameter = operation.parameters[name]
        assert parameter["in"] == "path"
        if name != "entity":
            prefix = r"\^([a-z]+|\[a-z\]\+)_\[A-Za-z0-9\]\{1,40\}\$"
            assert re.fullmatch(prefix, parameter["schema"]["pattern"])


def test_quota_is_the_documented_one(operation: Operation) -> None:
    """A policy means the same limit and window wherever it is named; only health is unmetered."""
    quota = operation.node["x-rate-limit"]
    if operation.id == "health.check":
        assert quota == "none"
        return
    tiers = quota.get("tiers", {})
    for entry in (quota, *tiers.values()):
        assert (entry["limit"], entry["window"]) == QUOTAS[entry["policy"]]
    assert quota["policy"] == POLICY_OF.get(operation.resource, "user")
    if quota["policy"] == "user":
        assert tiers.keys() == {"api_key", "session", "anonymous"}
        assert all(kind == tier["policy"] for kind, tier in tiers.items())
    else:
        assert tiers == {}


def test_metered_responses_declare_the_quota(operation: Operation) -> None:
    """Every response of a metered operation declares the quota, and promises it below 500."""
    metered = operation.node["x-rate-limit"] != "none"
    for status, response in operation.responses.items():
        declared = QUOTA_HEADERS & response["headers"].keys()
        assert declared == (QUOTA_HEADERS if metered else set()), status
        assert "X-Request-ID" in operation.required_headers(status), status
        if metered and int(status) < 500:
            assert operation.required_headers(status) >= QUOTA_HEADERS, status
    assert ("429" in operation.responses) == metered
    if metered:
        assert "Retry-After" in operation.required_headers("429")


def test_errors_are_declared_where_they_can_occur(operation: Operation) -> None:
    """Each status that a correct server may answer is declared, and every failure is the envelope."""
    declared = operation.responses
    success = next(iter(declared.values()))
    expected = {"400", "422", "500", "503"}
    expected |= {"401", "403"} if operation.node["security"] else set()
    expected |= {"404"} if "{" in operation.path else set()
    expected |= {"406"} if "content" in success else set()
    expected |= {"413", "415"} if "requestBody" in operation.node else set()
    expected |= {"402"} if operation.id == "ai.generate" else set()
    expected |= {"401"} if operation.id in {"auth.login", "auth.refresh"} else set()
    assert expected <= declared.keys()
    assert "405" not in declared
    for status, response in declared.items():
        if int(status) >= 400:
            media = response["content"]["application/json"]
            assert media["schema"] == {"$ref": "#/components/schemas/Error"}
            assert media["examples"]


def test_success_is_the_envelope(operation: Operation, document: Document) -> None:
    """A success is `success` and `data`, perhaps `meta` and `warning`; a delete has no body."""
    status, response = next(iter(operation.responses.items()))
    if operation.method == "delete" or operation.id == "auth.logout":
        assert status == "204"
        assert "content" not in response
    elif operation.id == "files.download":
        assert list(response["content"]) == ["application/octet-stream"]
    else:
        assert status == ("201" if operation.id in CREATES else "200")
        schema = document.resolve(response["content"]["application/json"]["schema"])
        assert {"success", "data"} <= set(schema["required"])
        assert schema["properties"].keys() <= {"success", "data", "meta", "warning"}
        assert schema["properties"]["success"]["enum"] == [True]


def test_security_and_scopes_are_described(operation: Operation) -> None:
    """Any credential is accepted; the description names the scope that the mock server asks for."""
    scopes = operation.node.get("x-mock", {}).get("scopes", [])
    assert re.findall(r"Needs the scope `(\w+)`\.$", operation.node["description"]) == scopes
    if operation.id in UNAUTHENTICATED:
        assert operation.node["security"] == []
    elif operation.id == "auth.logout":
        assert operation.node["security"] == [{"bearerAuth": []}, {"sessionCookie": []}]
    else:
        assert operation.node["security"] == ANY_CREDENTIAL
    if operation.id in {"api_keys.create", "api_keys.delete"}:
        assert scopes == ["admin"]
    elif operation.id in {"api_keys.list", "api_keys.get"}:
        assert scopes == ["read"]
    elif operation.resource in {"admin", "tenants", "nodes"}:
        assert scopes == ["admin"]
    elif operation.method == "delete":
        assert scopes == ["delete"]


def test_creates_are_idempotent_and_located(operation: Operation) -> None:
    """A create declares Idempotency-Key, Location and a link to what it made; nothing else does."""
    creates = operation.id in CREATES
    assert ("201" in operation.responses) == creates
    assert ("Idempotency-Key" in operation.parameters) == creates
    if creates:
        links = operation.responses["201"]["links"].values()
        assert operation.method == "post"
        assert "409" in operation.responses
        assert any(link["operationId"].endswith(".get") for link in links)
        # A node's token has no address of its own.
        located = "Location" in operation.required_headers("201")
        assert located == (operation.id != "admin.nodes.create_token")


def test_links_lead_to_operations(operation: Operation, document: Document) -> None:
    """A link names an operation and fills every parameter of its path."""
    for response in operation.responses.values():
        for link in response.get("links", {}).values():
            target = document.operations[link["operationId"]]
            assert set(re.findall(r"{(\w+)}", target.path)) == link["parameters"].keys()


@pytest.mark.parametrize("name", sorted(SINGLE_READS))
def test_single_reads_are_conditional(name: str, document: Document) -> None:
    """A read of one resource has an ETag and answers 304 to it."""
    operation = document.operations[name]
    assert "If-None-Match" in operation.parameters
    assert "ETag" in operation.required_headers("200")
    assert "ETag" in operation.required_headers("304")
    assert "content" not in operation.responses["304"]


@pytest.mark.parametrize("name", sorted(PAGED_LISTS))
def test_lists_page_as_the_conventions_say(name: str, document: Document) -> None:
    """A list takes the common parameters and answers with page meta and headers."""
    operation = document.operations[name]
    given: dict[str, Any] = operation.parameters
    assert {"page", "per_page", "sort", "search", "created_after", "created_before"} <= given.keys()
    assert given["page"]["schema"] == {"type": "integer", "minimum": 1, "default": 1}
    assert given["per_page"]["schema"]["default"] == 20
    assert given["per_page"]["schema"]["maximum"] == 100
    assert operation.required_headers("200") >= {"X-Total-Count", "X-Page", "X-Per-Page"}
    page = operation.responses["200"]
    assert "Link" in page["headers"]
    schema = document.resolve(page["content"]["application/json"]["schema"])
    assert schema["required"] == ["success", "data", "meta"]
    assert schema["properties"]["meta"] == {"$ref": "#/components/schemas/PageMeta"}
    assert "x-pagination" not in operation.node


def test_audit_log_pages_by_cursor(document: Document) -> None:
    """The audit log takes `after` and `limit`, and says where its cursor stands."""
    operation = document.operations["events.list"]
    assert {"after", "limit"} <= operation.parameters.keys()
    assert operation.node["x-pagination"]["style"] == "cursor"
    assert document.schemas["CursorMeta"]["required"] == ["has_more", "next_cursor"]


@pytest.mark.parametrize("resource", ENTITIES)
def test_entities_can_be_narrowed(resource: str, document: Document) -> None:
    """Entities take fields, include and filter as patterned strings; reads require `id` alone."""
    listing, single = (
        document.operations[f"{resource}.list"],
        document.operations[f"{resource}.get"],
    )
    for name in ("fields", "include", "filter"):
        schema = listing.parameters[name]["schema"]
        assert schema["type"] == "string"
        assert schema["pattern"]
    assert {"fields", "include"} <= single.parameters.keys()
    envelope = document.resolve(single.responses["200"]["content"]["application/json"]["schema"])
    assert document.resolve(envelope["properties"]["data"])["required"] == ["id"]


def test_me_can_be_read_and_patched_only(document: Document) -> None:
    """/users/me has no PUT: the concrete path wins over /users/{user_id}, so that is 405."""
    assert document.raw["paths"]["/users/me"].keys() == {"parameters", "get", "patch"}

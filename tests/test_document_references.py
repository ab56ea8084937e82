"""The documents in specs/ are valid, complete and true to the endpoints of their texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from openapi_spec_validator import OpenAPIV30SpecValidator

from specloom.config import load_config

if TYPE_CHECKING:
    from tests.conftest import Document, Operation

SPECS = Path(__file__).parent.parent / "specs"
ENDPOINTS = {
    "nanostack": """
        POST /auth/login POST /auth/register POST /auth/refresh POST /auth/logout
        GET /users POST /users GET /users/{id} PUT /users/{id} DELETE /users/{id}
        GET /organizations POST /organizations GET /organizations/{id} PUT /organizations/{id}
        DELETE /organizations/{id}
        GET /tenants POST /tenants GET /tenants/{id} PUT /tenants/{id}
        GET /api-keys POST /api-keys GET /api-keys/{id} PUT /api-keys/{id} DELETE /api-keys/{id}
    """,
    "example-rest": "GET /users/{id} POST /users GET /projects",
    "entity-platform": """
        GET /{entity} POST /{entity} OPTIONS /{entity}
        GET /{entity}/{id} PATCH /{entity}/{id} DELETE /{entity}/{id}
        GET /api/health GET /keys POST /keys DELETE /keys/{keyId} POST /ai/generate
    """,
    "stellarstack": """
        POST /auth/signin POST /auth/signup POST /auth/signout GET /auth/session
        GET /users/me PATCH /users/me
        GET /servers POST /servers GET /servers/{id} PATCH /servers/{id} DELETE /servers/{id}
        POST /servers/{id}/start POST /servers/{id}/stop POST /servers/{id}/restart
        POST /servers/{id}/kill GET /servers/{id}/console-token
        GET /nodes POST /nodes GET /nodes/{id} DELETE /nodes/{id} GET /nodes/{id}/stats
        GET /blueprints GET /blueprints/{id}
        GET /admin/users GET /admin/stats POST /admin/nodes/{id}/token
    """,
    "account-api": "GET /api/v1/users/{user_id} POST /api/v1/users GET /api/v1/projects",
}
SERVERS = {
    "nanostack": ["https://api.nanostack.dev/v1", "http://localhost:8080/v1"],
    "example-rest": ["https://api.example.com/v1"],
    "entity-platform": ["https://yourdomain.com/api/v1", "http://localhost:5173/api/v1"],
    "stellarstack": ["https://your-domain.com/api/v1"],
    "account-api": ["/"],
}
HOUR, MINUTE = "1h", "1m"
QUOTAS = {
    "nanostack": {
        "user": (1000, HOUR),
        "api_key": (5000, HOUR),
        "anonymous": (100, HOUR),
    },
    "example-rest": {"api_token": (100, MINUTE)},
    "entity-platform": {"api_key": (1000, HOUR), "session": (100, HOUR)},
    "stellarstack": {"general": (60, MINUTE), "auth": (10, MINUTE), "admin": (30, MINUTE)},
    "account-api": {"api_key": (100, MINUTE)},
}
BRANDS = {
    "nanostack": "Nanostack",
    "example-rest": "ExampleRest",
    "entity-platform": "EntityPlatform",
    "stellarstack": "StellarStack",
    "account-api": "AccountApi",
}


def endpoints(text: str) -> set[tuple[str, str]]:
    """Method and path of each endpoint in a list of them."""
    words = text.split()
    return set(zip(words[::2], words[1::2], strict=True))


def test_there_is_a_document_for_each_text(references: dict[str, Document]) -> None:
    """Five texts, five documents, five configurations."""
    assert references.keys() == ENDPOINTS.keys()


def test_reference_is_valid(reference: Document) -> None:
    """openapi-spec-validator finds no fault in the document, which is OpenAPI 3.0.3."""
    assert reference.raw["openapi"] == "3.0.3"
    assert [error.message for error in OpenAPIV30SpecValidator(reference.raw).iter_errors()] == []


def test_reference_has_the_endpoints_of_its_text(reference: Document, name: str) -> None:
    """Every endpoint of the text is there, and no other."""
    found = [(item.method.upper(), item.path) for item in reference.operations.values()]
    assert len(found) == len(set(found))
    assert set(found) == endpoints(ENDPOINTS[name])


def test_reference_stands_at_the_servers_of_its_text(reference: Document, name: str) -> None:
    """The servers are those that the text names."""
    assert [server["url"] for server in reference.raw["servers"]] == SERVERS[name]


def test_operations_are_documented(reference: Document) -> None:
    """An operation has a summary, a description, one described tag, a quota and its errors."""
    tags = {tag["name"] for tag in reference.raw["tags"] if tag["description"]}
    for operation in reference.operations.values():
        node = operation.node
        assert operation.id.count(".") >= 1
        assert node["summary"]
        assert node["description"].endswith(".")
        assert node["tags"] == [operation.resource]
        assert operation.resource in tags
        assert "x-rate-limit" in node
        assert next(iter(operation.responses)).startswith("2")
        assert {"default", "5XX", "503"} & operation.responses.keys()


def test_descriptions_say_where_the_text_is_silent(reference: Document) -> None:
    """The introduction tells what is not from the text."""
    assert "is silent\n" in reference.raw["info"]["description"]


def test_examples_validate(reference: Document) -> None:
    """Every body has an example, and each validates in its direction (readOnly, writeOnly)."""
    bodies = [body for body in reference.bodies if body.media_type == "application/json"]
    assert len(bodies) == len(reference.bodies)
    for body in bodies:
        examples = reference.at(body.pointer)["examples"]
        assert examples, body.pointer
        for key, entry in examples.items():
            value = reference.resolve(entry)["value"]
            faults = reference.faults(body.validator, f"{body.pointer}/schema", value)
            assert faults == [], f"{body.pointer} {key}"


def shown(node: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas below a node that show an example, and their JSON pointers."""
    if isinstance(node, dict):
        if "example" in node and "description" in node:
            yield pointer, node
        for key, item in node.items():
            if key not in ("example", "examples"):
                yield from shown(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from shown(item, f"{pointer}/{index}")


def test_examples_of_schemas_validate(reference: Document) -> None:
    """The example of a property is what the property allows."""
    found = list(shown(reference.raw["components"]["schemas"], "/components/schemas"))
    assert found
    for pointer, schema in found:
        validator = OAS30WriteValidator if schema.get("writeOnly") else OAS30ReadValidator
        assert reference.faults(validator, pointer, schema["example"]) == [], pointer


def test_parameters_and_headers_are_described_and_shown(reference: Document) -> None:
    """A parameter or a header has a description, and an example that its schema allows."""
    checker = OAS30WriteValidator.FORMAT_CHECKER
    for operation in reference.operations.values():
        declared = dict(operation.parameters)
        for response in operation.responses.values():
            declared |= response["headers"]
        for key, node in declared.items():
            assert node["description"], key
            schema = reference.resolve(node["schema"])
            found = OAS30WriteValidator(schema, format_checker=checker).iter_errors(node["example"])
            assert [fault.message for fault in found] == [], f"{operation.id} {key}"


def test_schemas_are_described(reference: Document) -> None:
    """Every schema has a description, and so has every property that is not a reference."""
    for key, schema in reference.schemas.items():
        assert schema["description"], key
        for field, node in schema.get("properties", {}).items():
            assert "$ref" in node or "allOf" in node or node["description"], f"{key}.{field}"


def quotas(operation: Operation) -> Iterator[tuple[str, tuple[int, str]]]:
    """The policies that an operation names, with limit and window."""
    quota = operation.node["x-rate-limit"]
    if quota != "none":
        for entry in (quota, *quota.get("tiers", {}).values()):
            yield entry["policy"], (entry["limit"], entry["window"])


def test_quotas_are_those_of_the_text(reference: Document, name: str) -> None:
    """A policy means the same wherever it is named, and each of the text is named."""
    found = {entry for operation in reference.operations.values() for entry in quotas(operation)}
    assert found == set(QUOTAS[name].items())


QUOTA_HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


def test_successes_and_429_tell_the_quota(reference: Document) -> None:
    """A metered success, and what is refused for the quota, promises the three headers."""
    for operation in reference.operations.values():
        if operation.node["x-rate-limit"] == "none":
            assert "429" not in operation.responses
            continue
        success = next(iter(operation.responses))
        assert operation.required_headers(success) >= QUOTA_HEADERS, operation.id
        assert operation.required_headers("429") >= QUOTA_HEADERS, operation.id
        assert "Retry-After" in operation.responses["429"]["headers"]
        assert "Retry-After" not in operation.required_headers("429")


def test_failures_have_one_form(reference: Document) -> None:
    """Whatever fails answers with the same schema, but for a health check."""
    for operation in reference.operations.values():
        for status, response in operation.responses.items():
            if status == "default" or status[0] in "45":
                schema = response["content"]["application/json"]["schema"]
                health = (operation.id, status) == ("health.check", "503")
                expected = "Health" if health else "Error"
                assert schema == {"$ref": f"#/components/schemas/{expected}"}


@pytest.mark.parametrize("name", BRANDS)
def test_configuration_fits_its_document(name: str, references: dict[str, Document]) -> None:
    """A configuration names what its document has: schemes, operations, pointers, resources."""
    document = references[name]
    config = load_config(SPECS / f"{name}.specloom.yaml")
    assert config.document == f"{name}.yaml"
    assert config.brand.name == BRANDS[name]
    schemes = document.raw["components"]["securitySchemes"]
    assert {option.scheme for option in config.auth} == schemes.keys()
    example = document.at("/components/responses/BadRequest")["content"]["application/json"]
    body = next(iter(example["examples"].values()))["value"]
    for pointer in (*(config.errors.code or ()), *(config.errors.message or ())):
        value = body
        for key in pointer.split("/")[1:]:
            value = value[key]
        assert isinstance(value, str)
    if config.login is not None:
        assert {config.login.login, config.login.refresh or config.login.login} <= (
            document.operations.keys()
        )
    for dynamic in config.dynamic:
        ids = [key for key in document.operations if key.startswith(f"{dynamic.resource}.")]
        assert ids
        assert all(dynamic.param in document.operations[key].parameters for key in ids)

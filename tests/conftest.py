"""The documents, read once for the tests that hold them to their texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parent.parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
URI = "urn:unistack"


def escape(key: str) -> str:
    """A key as a JSON pointer's token (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True)
class Operation:
    """One operation, its parameters and responses resolved."""

    id: str
    path: str
    method: str
    node: dict[str, Any] = field(repr=False)
    parameters: dict[str, dict[str, Any]] = field(repr=False)
    responses: dict[str, dict[str, Any]] = field(repr=False)

    @property
    def resource(self) -> str:
        """First word of the operationId."""
        return self.id.split(".")[0]

    def required_headers(self, status: str) -> set[str]:
        """Headers that a response of this status promises."""
        headers = self.responses[status].get("headers", {})
        return {name for name, header in headers.items() if header.get("required")}


@dataclass(frozen=True)
class Body:
    """One media type of a request or a response, and the direction that it travels in."""

    pointer: str
    media_type: str
    sent: bool

    @property
    def validator(self) -> type[Any]:
        """Requests may not carry readOnly properties, responses no writeOnly ones."""
        validator: type[Any] = OAS30WriteValidator if self.sent else OAS30ReadValidator
        return validator


class Document:
    """An OpenAPI 3.0 document whose references are all its own."""

    def __init__(self, path: Path) -> None:
        self.raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._registry: Registry[Any] = Registry().with_resource(
            URI, DRAFT202012.create_resource(self.raw)
        )

    @property
    def schemas(self) -> dict[str, Any]:
        """The schemas of the components, by name."""
        schemas: dict[str, Any] = self.raw["components"]["schemas"]
        return schemas

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """Every operation by its operationId."""
        return {operation.id: operation for operation in self._operations()}

    @cached_property
    def bodies(self) -> list[Body]:
        """Every media type of every request and response; shared responses once."""
        return list({body.pointer: body for body in self._bodies()}.values())

    def at(self, pointer: str) -> Any:
        """The node at a JSON pointer, references followed."""
        node: Any = self.raw
        for key in pointer.removeprefix("#").split("/")[1:]:
            node = node[key.replace("~1", "/").replace("~0", "~")]
        return self.resolve(node)

    def resolve(self, node: Any) -> Any:
        """The node itself, or what it refers to."""
        return self.at(node["$ref"]) if isinstance(node, dict) and "$ref" in node else node

    def faults(self, validator: type[Any], pointer: str, value: Any) -> list[str]:
        """What is wrong with a value under the schema at a JSON pointer."""
        schema = {"$ref": URI + "#" + pointer.removeprefix("#")}
        check = validator(schema, registry=self._registry, format_checker=validator.FORMAT_CHECKER)
        return [f"{error.json_path}: {error.message}" for error in check.iter_errors(value)]

    def schema_of(self, operation: str, status: str) -> dict[str, Any]:
        """The schema of a JSON response."""
        content = self.operations[operation].responses[status]["content"]
        found: dict[str, Any] = self.resolve(content["application/json"]["schema"])
        return found

    def body_of(self, operation: str) -> dict[str, Any]:
        """The schema of a JSON request body."""
        content = self.operations[operation].node["requestBody"]["content"]
        found: dict[str, Any] = self.resolve(content["application/json"]["schema"])
        return found

    def example_of(self, operation: str, status: str) -> Any:
        """The first example of a JSON response."""
        content = self.operations[operation].responses[status]["content"]
        examples = content["application/json"]["examples"]
        return self.resolve(next(iter(examples.values())))["value"]

    def codes(self, *path: str) -> dict[str, set[str]]:
        """The error codes that examples show at a path of keys, by status."""
        found: dict[str, set[str]] = {}
        for operation in self.operations.values():
            for status, response in operation.responses.items():
                if status != "default" and status[0] not in "45":
                    continue
                for entry in response["content"]["application/json"]["examples"].values():
                    value = self.resolve(entry)["value"]
                    for key in path:
                        value = value.get(key, {})
                    if value:
                        found.setdefault(status, set()).add(value)
        return found

    def query(self, operation: str) -> set[str]:
        """Names of an operation's query parameters."""
        parameters = self.operations[operation].parameters.values()
        return {item["name"] for item in parameters if item["in"] == "query"}

    def bounds(self, operation: str, name: str) -> tuple[Any, Any]:
        """Default and maximum of a parameter."""
        schema = self.operations[operation].parameters[name]["schema"]
        return schema.get("default"), schema.get("maximum")

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    entries = [*item.get("parameters", []), *node.get("parameters", [])]
                    parameters = [self.resolve(entry) for entry in entries]
                    yield Operation(
                        id=node["operationId"],
                        path=path,
                        method=method,
                        node=node,
                        parameters={parameter["name"]: parameter for parameter in parameters},
                        responses={
                            status: self._response(entry)
                            for status, entry in node["responses"].items()
                        },
                    )

    def _response(self, entry: dict[str, Any]) -> dict[str, Any]:
        response = self.resolve(entry)
        declared = response.get("headers", {})
        headers = {name: self.resolve(node) for name, node in declared.items()}
        return {**response, "headers": headers}

    def _bodies(self) -> Iterator[Body]:
        for operation in self.operations.values():
            at = f"/paths/{escape(operation.path)}/{operation.method}"
            for name in operation.node.get("requestBody", {}).get("content", {}):
                yield Body(f"{at}/requestBody/content/{escape(name)}", name, sent=True)
            for status, entry in operation.node["responses"].items():
                where = entry.get("$ref", f"#{at}/responses/{status}").removeprefix("#")
                for name in operation.responses[status].get("content", {}):
                    yield Body(f"{where}/content/{escape(name)}", name, sent=False)


UNISTACK = Document(ROOT / "openapi.yaml")
SPECS = ROOT / "specs"
REFERENCES = {
    path.name.removesuffix(".specloom.yaml"): Document(
        path.with_name(path.name.replace(".specloom.yaml", ".yaml"))
    )
    for path in sorted(SPECS.glob("*.specloom.yaml"))
}


@pytest.fixture(scope="session")
def document() -> Document:
    """The Unistack document."""
    return UNISTACK


@pytest.fixture(scope="session")
def references() -> dict[str, Document]:
    """The documents of the reference APIs, by name."""
    return REFERENCES


@pytest.fixture
def reference(name: str) -> Document:
    """The document of one reference API."""
    return REFERENCES[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `operation`, `body` or `reference` runs for each that there is."""
    if "reference" in metafunc.fixturenames:
        metafunc.parametrize("name", REFERENCES)
    if "operation" in metafunc.fixturenames:
        operations = UNISTACK.operations
        metafunc.parametrize("operation", operations.values(), ids=operations.keys())
    if "body" in metafunc.fixturenames:
        bodies = UNISTACK.bodies
        metafunc.parametrize("body", bodies, ids=[body.pointer for body in bodies])

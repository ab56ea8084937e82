"""openapi.yaml, read once for the tests that hold it to its conventions."""

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
        headers = {name: self.resolve(node) for name, node in response["headers"].items()}
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


@pytest.fixture(scope="session")
def document() -> Document:
    """The Unistack document."""
    return UNISTACK


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `operation` or `body` runs for each of the document's."""
    if "operation" in metafunc.fixturenames:
        operations = UNISTACK.operations
        metafunc.parametrize("operation", operations.values(), ids=operations.keys())
    if "body" in metafunc.fixturenames:
        bodies = UNISTACK.bodies
        metafunc.parametrize("body", bodies, ids=[body.pointer for body in bodies])

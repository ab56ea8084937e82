"""Checks responses against the OpenAPI document, by a reading of its own.

The mock server validates what it sends with its own code; this is the second opinion, and the only
one where the server is not the mock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs
import yaml

__all__ = ["ApiDocument", "Operation"]

_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete", "options", "head", "trace"})
_URI: Final = "urn:specloom-contract:document"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and where it stands in the document."""

    id: str
    method: str
    path: str
    pointer: str
    pattern: re.Pattern[str]
    fixed: int


class ApiDocument:
    """An OpenAPI 3.0 or 3.1 document whose references are all local.

    Args:
        root: The document as JSON.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._registries: dict[bool, jsonschema_rs.Registry] = {}
        self._validators: dict[tuple[str, bool], jsonschema_rs.Validator] = {}
        self.operations = sorted(self._read(), key=lambda operation: -operation.fixed)

    @classmethod
    def load(cls, file: Path) -> ApiDocument:
        """Read a YAML or JSON file."""
        return cls(json.loads(json.dumps(yaml.safe_load(file.read_bytes()), default=str)))

    def _read(self) -> Iterator[Operation]:
        for path, item in (self._root.get("paths") or {}).items():
            parts = re.split(r"\{[^}]*\}", path)
            pattern = re.compile("[^/]+".join(re.escape(part) for part in parts))
            for method, operation in item.items():
                if method in _METHODS and isinstance(operation, dict):
                    pointer = f"/paths/{_escape(path)}/{method}"
                    name = operation.get("operationId", f"{method} {path}")
                    fixed = sum(map(len, parts)) - 1000 * (len(parts) - 1)
                    yield Operation(name, method.upper(), path, pointer, pattern, fixed)

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a method and a path below the server's URL reach."""
        template = next((o.path for o in self.operations if o.pattern.fullmatch(path)), None)
        return next((o for o in self.operations if o.path == template and o.method == method), None)

    def problems(
        self, operation: Operation, status: int, headers: Mapping[str, str], content: bytes
    ) -> Iterator[str]:
        """Where a response is not what the document declares.

        Args:
            operation: What was asked.
            status: The response's status.
            headers: Its headers, names in lower case.
            content: Its body.
        """
        responses, pointer = self._at(operation.pointer + "/responses")
        key = next(
            (k for k in (str(status), f"{status // 100}XX", "default") if k in responses), ""
        )
        if not key:
            yield f"{operation.id}: status {status} is not declared"
            return
        response, pointer = self._at(f"{pointer}/{_escape(key)}")
        yield from self._header_problems(operation, pointer, response, headers)
        yield from self._body_problems(operation, status, pointer, response, headers, content)

    def _header_problems(
        self,
        operation: Operation,
        pointer: str,
        response: Mapping[str, Any],
        sent: Mapping[str, str],
    ) -> Iterator[str]:
        for name in response.get("headers", {}):
            header, place = self._at(f"{pointer}/headers/{_escape(name)}")
            value = sent.get(name.lower())
            if value is None:
                if header.get("required"):
                    yield f"{operation.id}: the header {name} is missing"
                continue
            kind = self._at(place + "/schema")[0].get("type") if "schema" in header else None
            parsed = _parse(value, kind)
            for problem in self._schema_problems(place + "/schema", parsed):
                yield f"{operation.id}: header {name}: {problem}"

    def _body_problems(
        self,
        operation: Operation,
        status: int,
        pointer: str,
        response: Mapping[str, Any],
        headers: Mapping[str, str],
        content: bytes,
    ) -> Iterator[str]:
        declared = response.get("content")
        if not declared or operation.method == "HEAD":
            if content:
                yield f"{operation.id}: {status} has a body, and the document declares none"
            return
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        named = _media_range(media, declared)
        if named is None:
            yield f"{operation.id}: media type {media!r} is not among {sorted(declared)}"
            return
        if not (media == "application/json" or media.endswith("+json")):
            return
        try:
            value = json.loads(content, parse_constant=_no_constant)
        except ValueError as error:
            yield f"{operation.id}: the body is not JSON: {error}"
            return
        except RecursionError:
            yield f"{operation.id}: the body is nested too deeply to be read"
            return
        if "schema" not in (declared[named] or {}):
            return
        place = f"{pointer}/content/{_escape(named)}/schema"
        for problem in self._schema_problems(place, value):
            yield f"{operation.id}: {problem}"

    def request_problems(self, pointer: str, value: Any) -> Iterator[str]:
        """Where a value does not fit the schema at a pointer, as a part of a request."""
        yield from self._schema_problems(pointer, value, response=False)

    def value_problems(self, schema: Any, value: Any) -> Iterator[str]:
        """Where a value does not fit a schema that stands by itself, or refers to components."""
        key = json.dumps(schema, sort_keys=True, default=str)
        validator = self._validators.get((key, False))
        if validator is None:
            text = key.replace('"$ref": "#', f'"$ref": "{_URI}#')
            validator = self._compiled(json.loads(text), response=False)
            self._validators[key, False] = validator
        for error in validator.iter_errors(value):
            yield error.message

    def _compiled(self, schema: Any, *, response: bool) -> jsonschema_rs.Validator:
        if response not in self._registries:
            schemas = _modern(self._root, response=response)
            self._registries[response] = jsonschema_rs.Registry([(_URI, schemas)])
        return jsonschema_rs.Draft202012Validator(
            schema, registry=self._registries[response], validate_formats=True
        )

    def _schema_problems(self, pointer: str, value: Any, *, response: bool = True) -> Iterator[str]:
        validator = self._validators.get((pointer, response))
        if validator is None:
            schema = {"$ref": f"{_URI}#{quote(pointer, safe='/~')}"}
            validator = self._compiled(schema, response=response)
            self._validators[pointer, response] = validator
        for error in validator.iter_errors(value):
            yield f"at /{'/'.join(map(str, error.instance_path))}: {error.message}"

    def _at(self, pointer: str) -> tuple[Any, str]:
        """The node at a pointer, and the pointer it has once references are followed."""
        node: Any = self._root
        place = ""
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) else node[name]
            place = f"{place}/{step}"
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                node, place = self._at(node["$ref"].removeprefix("#"))
        return node, place


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _no_constant(name: str) -> None:
    """NaN and Infinity are no JSON (RFC 8259, section 6)."""
    raise ValueError(f"{name} is no value")


def _media_range(media: str, declared: Mapping[str, Any]) -> str | None:
    """The declared media type, or range of them, that covers one."""
    names = {name.partition(";")[0].strip().lower(): name for name in declared}
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if wanted in names:
            return names[wanted]
    return None


def _parse(value: str, kind: Any) -> Any:
    """A header's value as the JSON value its schema speaks of; the text where it is none."""
    kinds = kind if isinstance(kind, list) else [kind]
    if "integer" in kinds and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if "number" in kinds and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return float(value)
    if "boolean" in kinds and value in {"true", "false"}:
        return value == "true"
    return value


def _modern(node: Any, *, response: bool, key: str = "") -> Any:
    """A copy of an OpenAPI 3.0 document whose schemas are JSON Schema 2020-12.

    In responses a `writeOnly` property must not appear (OpenAPI 3.0.3, Schema Object).
    """
    if isinstance(node, list):
        return [_modern(value, response=response) for value in node]
    if not isinstance(node, dict):
        return node
    if key in {"example", "examples", "default", "enum", "const"}:
        return node
    made = {name: _modern(value, response=response, key=name) for name, value in node.items()}
    if key == "properties":
        return made
    if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    for bound in ("Minimum", "Maximum"):
        exclusive = made.get(f"exclusive{bound}")
        if exclusive is True:
            made[f"exclusive{bound}"] = made.pop(bound.lower())
        elif exclusive is False:
            del made[f"exclusive{bound}"]
    properties = made.get("properties")
    if response and isinstance(properties, dict):
        hidden = {
            name
            for name, schema in properties.items()
            if isinstance(schema, dict) and schema.get("writeOnly") is True
        }
        if hidden:
            made["properties"] = {n: (n not in hidden) and s for n, s in properties.items()}
            if isinstance(made.get("required"), list):
                made["required"] = [n for n in made["required"] if n not in hidden]
    return made

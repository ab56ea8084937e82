"""JSON Schemas of a document, resolved, and compiled once for each direction.

A schema means two things: in a request ``readOnly`` properties need not be there, in a response
``writeOnly`` ones must not be (OpenAPI 3.0.3, "Fixed Fields" of the Schema Object). So each schema
is compiled per direction, closed over what it refers to, by the Rust validator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from specloom_mock.closure import Closure
from specloom_mock.direction import Direction

__all__ = ["Check", "Direction", "Schemas", "Violation", "pointer_parts"]

_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks its schema.

    Attributes:
        path: Property names and indices from the value's root; for a missing or an unexpected
            property they include its name.
        keyword: The JSON Schema keyword that failed.
        message: What is wrong, in words.
        value: The value at fault (None for a missing one).
    """

    path: tuple[str | int, ...]
    keyword: str
    message: str
    value: Any

    @property
    def field(self) -> str:
        """The path with dots: ``address.lines.0``."""
        return ".".join(str(part) for part in self.path)


class Check:
    """A compiled schema."""

    __slots__ = ("_validator", "is_valid")

    def __init__(self, validator: jsonschema_rs.Draft202012Validator) -> None:
        self._validator = validator
        self.is_valid = validator.is_valid

    def violations(self, value: Any) -> list[Violation]:
        """Everything wrong with ``value``, at most twenty findings."""
        found: list[Violation] = []
        for error in self._validator.iter_errors(value):
            path = tuple(error.instance_path)
            kind: Any = error.kind
            offender: Any = error.instance
            if kind.name == "required":
                path, offender = (*path, kind.property), None
            elif kind.name == "additionalProperties" and kind.unexpected:
                name = kind.unexpected[0]
                path, offender = (*path, name), offender.get(name)
            found.append(Violation(path, kind.name, error.message, offender))
            if len(found) >= _MAX_ERRORS:
                break
        return found


def pointer_parts(pointer: str) -> list[str]:
    """The unescaped parts of a JSON pointer, with or without a leading ``#``."""
    text = pointer.removeprefix("#")
    if not text:
        return []
    return [
        unquote(part).replace("~1", "/").replace("~0", "~")
        for part in text.removeprefix("/").split("/")
    ]


class Schemas:
    """Access to the schemas of one document (OpenAPI 3.1 shape, local references).

    Args:
        root: The document.

    Attributes:
        notes: What could not be compiled as it stands.
        shared: What was made once for several users of a reference.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.notes: list[str] = []
        self.shared: dict[tuple[str, str], Any] = {}
        self._nodes: dict[str, Any] = {}
        self._checks: dict[tuple[int, Direction], tuple[Any, Check]] = {}
        self._closures = {direction: Closure(self, direction) for direction in Direction}
        self._merged: dict[tuple[int, int], tuple[Any, Any, Any]] = {}

    def at(self, pointer: str) -> Any:
        """The node at a JSON pointer.

        Raises:
            LookupError: There is none.
        """
        found = self._nodes.get(pointer)
        if found is not None:
            return found
        node: Any = self.root
        for part in pointer_parts(pointer):
            node = node[int(part)] if isinstance(node, list) else node[part]
        self._nodes[pointer] = node
        return node

    def resolve(self, node: Any) -> Any:
        """Follow ``$ref`` to what is meant; a dangling or circular one is an empty schema."""
        seen = 0
        while isinstance(node, dict) and "$ref" in node:
            seen += 1
            try:
                node = self.at(node["$ref"]) if seen < 64 else {}
            except (LookupError, ValueError, TypeError):
                node = {}
        return node

    def ref_name(self, node: Any) -> str | None:
        """The last part of the reference that ``node`` is, if it is one."""
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            parts = pointer_parts(node["$ref"])
            return parts[-1] if parts else None
        return None

    def branches(self, schema: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
        """The schema and everything that it is ``allOf``."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict) or depth > 16:
            return
        yield schema
        for part in schema.get("allOf") or ():
            yield from self.branches(part, depth + 1)

    def properties(self, schema: Any) -> dict[str, Any]:
        """Properties of an object schema, those of its ``allOf`` parts included."""
        found: dict[str, Any] = {}
        for branch in self.branches(schema):
            for name, value in (branch.get("properties") or {}).items():
                known = found.setdefault(name, value)
                if known is not value and known != value:
                    found[name] = self._both(known, value)
        return found

    def _both(self, first: Any, second: Any) -> Any:
        """One schema for a property that two ``allOf`` parts describe."""
        key = (id(first), id(second))
        if key not in self._merged:
            self._merged[key] = (first, second, {"allOf": [first, second]})
        return self._merged[key][2]

    def required(self, schema: Any) -> frozenset[str]:
        """Names that an object must have."""
        return frozenset(
            name for branch in self.branches(schema) for name in branch.get("required") or ()
        )

    def keyword(self, schema: Any, name: str) -> Any:
        """The first value of a keyword in the schema and its ``allOf`` parts."""
        for branch in self.branches(schema):
            if name in branch:
                return branch[name]
        return None

    def items(self, schema: Any) -> Any:
        """The schema of an array's items; those of its ``allOf`` parts together.

        Of a union, those of the first part that is an array.
        """
        found: Any = None
        for branch in self.branches(schema):
            part = branch.get("items")
            if part is None and found is None:
                options = (*(branch.get("oneOf") or ()), *(branch.get("anyOf") or ()))
                part = next(
                    (self.items(option) for option in options if self.is_array(option)), None
                )
            if not isinstance(part, dict) or part is found:
                continue
            found = part if found is None or found == part else self._both(found, part)
        return {} if found is None else found

    def types(self, schema: Any) -> frozenset[str]:
        """The JSON types that the schema names (its parts' for a union); empty for any."""
        for branch in self.branches(schema):
            kind = branch.get("type")
            if isinstance(kind, str):
                return frozenset({kind})
            if isinstance(kind, list):
                return frozenset(kind)
            for key in ("oneOf", "anyOf"):
                if branch.get(key):
                    return frozenset().union(*(self.types(part) for part in branch[key]))
            if "properties" in branch:
                return frozenset({"object"})
            if "enum" in branch:
                return frozenset(_type_name(value) for value in branch["enum"])
        return frozenset()

    def is_object(self, schema: Any) -> bool:
        """Whether the schema describes an object."""
        return "object" in self.types(schema)

    def is_array(self, schema: Any) -> bool:
        """Whether the schema describes an array."""
        return "array" in self.types(schema)

    def is_closed(self, schema: Any) -> bool:
        """Whether an object may have no other properties than those declared."""
        return any(
            branch.get("additionalProperties") is False
            or branch.get("unevaluatedProperties") is False
            for branch in self.branches(schema)
        )

    def excluded(self, schema: Any, direction: Direction) -> bool:
        """Whether a property with that schema does not travel in ``direction``."""
        return any(branch.get(direction.value) is True for branch in self.branches(schema))

    def check(self, schema: Any, direction: Direction) -> Check:
        """The compiled schema; compiled when it is first asked for."""
        key = (id(schema), direction)
        found = self._checks.get(key)
        if found is None:
            found = (schema, self._compile(schema, direction))
            self._checks[key] = found
        return found[1]

    def _compile(self, schema: Any, direction: Direction) -> Check:
        closed = self._closures[direction].close(schema)
        try:
            return Check(_validator(closed))
        except (ValueError, jsonschema_rs.ValidationError) as error:
            self.notes.append(f"a schema was checked without its patterns: {error}")
        try:
            return Check(_validator(_without(closed, {"pattern", "patternProperties"})))
        except (ValueError, jsonschema_rs.ValidationError) as error:
            self.notes.append(f"a schema could not be compiled and checks nothing: {error}")
            return Check(_validator({}))


def _validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def _without(node: Any, keywords: set[str]) -> Any:
    if isinstance(node, dict):
        return {
            key: _without(value, keywords) for key, value in node.items() if key not in keywords
        }
    if isinstance(node, list):
        return [_without(value, keywords) for value in node]
    return node


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"

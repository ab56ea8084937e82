"""Schemas copied with everything that they refer to, for the validator, once for each direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specloom_mock.direction import Direction

if TYPE_CHECKING:
    from specloom_mock.schemas import Schemas

__all__ = ["Closure"]

_ANNOTATIONS = frozenset(
    {
        "default",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "examples",
        "externalDocs",
        "readOnly",
        "title",
        "writeOnly",
        "xml",
    }
)
_SCHEMA_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMAS = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)

_SHORTEST = {"uuid": 36, "date-time": 20, "date": 10, "email": 3, "ipv4": 7, "uri": 3}
"""Characters that the shortest text of a format has."""


def _too_long(form: Any, node: Mapping[str, Any]) -> bool:
    """Whether no text of a format is as short as ``maxLength`` wants it."""
    longest = node.get("maxLength")
    return isinstance(longest, int) and longest < _SHORTEST.get(str(form), 0)


class Closure:
    """Copies schemas with everything they refer to; what was copied once is shared."""

    def __init__(self, schemas: Schemas, direction: Direction) -> None:
        self._schemas = schemas
        self._direction = direction
        self._names: dict[tuple[str, frozenset[str]], str] = {}
        self._sources: dict[str, tuple[Any, frozenset[str]]] = {}
        self._defs: dict[str, tuple[Any, frozenset[str]]] = {}
        self._met: set[str] = set()

    def close(self, schema: Any) -> Any:
        """A self-contained copy of ``schema``."""
        top, queue = self._copied(schema, frozenset())
        reached: dict[str, Any] = {}
        waiting = list(queue)
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            known = self._defs.get(name)
            if known is None:
                known = self._defs[name] = self._copied(*self._sources[name])
            reached[name] = known[0]
            waiting.extend(known[1])
        return {"allOf": [top], "$defs": reached} if reached else top

    def _copied(self, node: Any, dropped: frozenset[str]) -> tuple[Any, frozenset[str]]:
        """A copy, and the names of what it refers to directly."""
        self._met = set()
        made = self._copy(node, dropped)
        return made, frozenset(self._met)

    def _reference(self, pointer: str, dropped: frozenset[str]) -> str:
        key = (pointer, dropped)
        name = self._names.get(key)
        if name is None:
            name = f"d{len(self._names)}"
            self._names[key] = name
            try:
                node = self._schemas.at(pointer)
            except (LookupError, ValueError, TypeError):
                node = {}
            self._sources[name] = (node, dropped)
        self._met.add(name)
        return f"#/$defs/{name}"

    def _copy(self, node: Any, dropped: frozenset[str]) -> Any:
        if not isinstance(node, dict):
            return node if isinstance(node, bool) else {}
        schemas, direction = self._schemas, self._direction
        own = frozenset(
            name
            for name, value in schemas.properties(node).items()
            if schemas.excluded(value, direction)
        )
        dropped = dropped | own if own else dropped
        result: dict[str, Any] = {}
        for key, value in node.items():
            if key in _ANNOTATIONS or key.startswith("x-"):
                continue
            if key.startswith("$") and key not in {"$ref", "$defs"}:
                continue
            if key == "$ref" and isinstance(value, str):
                result["$ref"] = self._reference(value, dropped)
            elif key == "required":
                names = [name for name in value if name not in dropped]
                if names:
                    result["required"] = names
            elif key == "properties" and isinstance(value, dict):
                result["properties"] = {
                    name: self._property(name, part, dropped) for name, part in value.items()
                }
            elif key in _SCHEMA_MAPS and isinstance(value, dict):
                result[key] = {name: self._copy(part, frozenset()) for name, part in value.items()}
            elif key in _SCHEMA_LISTS and isinstance(value, list):
                keep = dropped if key != "prefixItems" else frozenset()
                told = key == "oneOf" and "discriminator" in node and "anyOf" not in node
                if told and direction is Direction.REQUEST:
                    key = "anyOf"  # the discriminator chooses: that a second one fits is no fault
                result[key] = [self._copy(part, keep) for part in value]
            elif key in _SCHEMAS:
                keep = dropped if key in {"if", "then", "else", "not"} else frozenset()
                result[key] = self._copy(value, keep)
            elif key in {"$defs", "definitions"}:
                continue
            elif key == "format" and _too_long(value, node):
                continue  # what the document shows for it is of another form
            else:
                result[key] = value
        return result

    def _property(self, name: str, schema: Any, dropped: frozenset[str]) -> Any:
        if name in dropped and self._direction is Direction.RESPONSE:
            return False
        return True if name in dropped else self._copy(schema, frozenset())

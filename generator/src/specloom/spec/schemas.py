"""Schemas of any OpenAPI version to JSON Schema 2020-12 shape, in place.

What changes: ``nullable`` and ``x-nullable`` become a null type, boolean exclusive bounds become
numbers, ``example`` becomes ``examples``, a tuple ``items`` becomes ``prefixItems``, a string
``discriminator`` becomes an object. What no version allows is quarantined: the keyword (never the
document) is dropped and reported.
"""

from __future__ import annotations

from typing import Any

from specloom.spec.keywords import COUNTS, NUMBERS, TYPES, Keywords, kind_of
from specloom.spec.walk import Walk

__all__ = ["SchemaWalk"]

_TEXT_KEYWORDS = frozenset(("title", "description", "format", "pattern"))
_FLAGS = frozenset(("readOnly", "writeOnly", "deprecated", "uniqueItems"))
_LISTS = frozenset(("allOf", "oneOf", "anyOf", "prefixItems"))
_SINGLE = frozenset(
    (
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "additionalItems",
        "unevaluatedProperties",
        "unevaluatedItems",
    )
)
_MAPS = frozenset(("patternProperties", "$defs", "definitions", "dependentSchemas"))
_WORK = (
    frozenset(
        (
            "type",
            "enum",
            "items",
            "required",
            "properties",
            "additionalProperties",
            "nullable",
            "x-nullable",
            "example",
            "examples",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "discriminator",
        )
    )
    | COUNTS
    | NUMBERS
    | _FLAGS
    | _LISTS
    | _SINGLE
    | _MAPS
    | _TEXT_KEYWORDS
)
_ANNOTATIONS = frozenset(
    (
        "description",
        "summary",
        "title",
        "deprecated",
        "readOnly",
        "writeOnly",
        "default",
        "example",
        "examples",
        "nullable",
        "externalDocs",
    )
)
_NULL = {"type": "null"}


class SchemaWalk:
    """Normalises schemas. ``old`` is true for OpenAPI 2.0 and 3.0."""

    def __init__(self, walk: Walk, *, old: bool) -> None:
        self._walk = walk
        self._old = old
        self._keywords = Keywords(walk)

    def member(self, parent: Any, key: str | int) -> None:
        """Normalise the schema at ``parent[key]``, replacing it where it must change shape."""
        path = self._walk.path
        path.append(key)
        parent[key] = self.schema(parent[key])
        path.pop()

    def mapping(self, parent: dict[str, Any], key: str) -> None:
        """Normalise a mapping of names to schemas at ``parent[key]``."""
        named = parent[key]
        if not isinstance(named, dict):
            self._keywords.drop(parent, key, "is not an object")
            return
        path = self._walk.path
        path.append(key)
        for name in named:
            path.append(name)
            named[name] = self.schema(named[name])
            path.pop()
        path.pop()

    def schema(self, node: Any) -> Any:
        """Return the canonical form of the schema at the walk's path."""
        if type(node) is not dict:
            return self._not_an_object(node)
        if "$ref" in node:
            return self._reference(node)
        work = node.keys() & _WORK
        if not work:
            return node
        nullable = False
        for key in sorted(work) if len(work) > 1 else work:
            if key not in node:
                continue  # an earlier keyword took it along
            value = node[key]
            if key == "type":
                if type(value) is not str or value not in TYPES:
                    self._keywords.type(node, value)
            elif key in _TEXT_KEYWORDS:
                if type(value) is not str:
                    self._keywords.text(node, key, value)
            elif key == "properties":
                self._keywords.promote_required(node)
                self.mapping(node, key)
            elif key == "items":
                self._items(node, value)
            elif key == "example":
                if "examples" not in node:
                    node["examples"] = [value]
                del node["example"]
            elif key == "examples":
                if isinstance(value, dict):
                    node[key] = [
                        item["value"] if isinstance(item, dict) and "value" in item else item
                        for item in value.values()
                    ]
                elif not isinstance(value, list):
                    node[key] = [value]
            elif key in _LISTS:
                self._list(node, key, value)
            elif key == "enum":
                self._keywords.enum(node, value)
            elif key == "required":
                self._keywords.required(node, value)
            elif key == "additionalProperties":
                if type(value) is not bool:
                    if isinstance(value, dict):
                        self.member(node, key)
                    else:
                        self._keywords.drop(node, key, "is neither a schema nor true or false")
            elif key == "nullable" or key == "x-nullable":
                nullable = nullable or value is True or value == "true"
                del node[key]
            elif key in NUMBERS or key in COUNTS:
                self._keywords.number(node, key, value)
            elif key in _FLAGS:
                if type(value) is not bool:
                    self._keywords.flag(node, key, value)
            elif key == "discriminator":
                self._keywords.discriminator(node, value)
            elif key in _SINGLE:
                self.member(node, key)
            elif key in _MAPS:
                self.mapping(node, key)
            elif key in node:
                self._keywords.exclusive(node, key, value)
        return self._with_null(node) if nullable else node

    # -- whole nodes

    def _not_an_object(self, node: Any) -> Any:
        if node is True:
            return {}
        if node is False:
            return {"not": {}}
        self._walk.error(
            "bad-schema",
            f"a schema is {kind_of(node)}, not an object",
            consequence="it is read as a schema that allows any value",
        )
        return {}

    def _reference(self, node: dict[str, Any]) -> Any:
        if not self._walk.reference(node["$ref"]):
            del node["$ref"]
            return self.schema(node)
        if len(node) == 1:
            return node
        nullable = node.pop("nullable", False) is True or node.pop("x-nullable", False) is True
        reference = node["$ref"]
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        if self._old:
            dropped = [
                key for key in siblings if key not in _ANNOTATIONS and not key.startswith("x-")
            ]
            for key in dropped:
                del siblings[key]
            if dropped:
                self._walk.note(
                    "ref-siblings",
                    f"{', '.join(sorted(dropped))} beside $ref",
                    consequence="OpenAPI 3.0 ignores what stands beside a $ref, and so it is here",
                )
        siblings = self.schema(siblings) if siblings else {}
        if nullable:
            return {**siblings, "anyOf": [{"$ref": reference}, dict(_NULL)]}
        return {"$ref": reference, **siblings}

    def _with_null(self, node: dict[str, Any]) -> dict[str, Any]:
        if isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"].append(None)
        kind = node.get("type")
        if isinstance(kind, str):
            if kind != "null":
                node["type"] = [kind, "null"]
            return node
        if isinstance(kind, list):
            if "null" not in kind:
                kind.append("null")
            return node
        for key in ("oneOf", "anyOf"):
            if key in node:
                if not any(item.get("type") == "null" for item in node[key]):
                    node[key].append(dict(_NULL))
                return node
        if "allOf" in node:
            outside = {
                key: node.pop(key) for key in list(node) if key in _ANNOTATIONS and key != "title"
            }
            return {**outside, "anyOf": [node, dict(_NULL)]}
        return node

    def _items(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, list):
            node["prefixItems"] = value
            del node["items"]
            self._list(node, "prefixItems", value)
            if isinstance(node.get("additionalItems"), (dict, bool)):
                node["items"] = self.schema(node.pop("additionalItems"))
        elif value is False and "prefixItems" not in node:
            self._keywords.drop(node, "items", "is false, which allows only empty arrays")
        elif value is not False:
            self.member(node, "items")

    def _list(self, node: dict[str, Any], key: str, value: Any) -> None:
        if not isinstance(value, list) or not value:
            self._keywords.drop(node, key, "is not a list of schemas" if value else "is empty")
            return
        path = self._walk.path
        path.append(key)
        for index, item in enumerate(value):
            path.append(index)
            value[index] = self.schema(item)
            path.pop()
        path.pop()

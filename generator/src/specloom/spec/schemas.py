"""Schemas of any OpenAPI version to JSON Schema 2020-12 shape, in place.

What changes: ``nullable`` and ``x-nullable`` become a null type, boolean exclusive bounds become
numbers, ``example`` becomes ``examples``, a tuple ``items`` becomes ``prefixItems``, a string
``discriminator`` becomes an object. What no version allows is quarantined: the keyword (never the
document) is dropped and reported.
"""

from __future__ import annotations

from typing import Any

from .walk import Walk

__all__ = ["SchemaWalk"]

_TYPES = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
_TYPE_REPAIRS: dict[str, dict[str, Any]] = {
    "any": {},
    "file": {"type": "string", "format": "binary"},
    "int": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "timestamp": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "map": {"type": "object"},
    "hash": {"type": "object"},
}
_TEXT_KEYWORDS = frozenset(("title", "description", "format", "pattern"))
_COUNTS = frozenset(
    ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
)
_NUMBERS = frozenset(("minimum", "maximum", "multipleOf"))
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
    | _COUNTS
    | _NUMBERS
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
            self._drop(parent, key, "is not an object")
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
                if type(value) is not str or value not in _TYPES:
                    self._type(node, value)
            elif key in _TEXT_KEYWORDS:
                if type(value) is not str:
                    self._text(node, key, value)
            elif key == "properties":
                self.mapping(node, key)
                self._promote_required(node)
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
                self._enum(node, value)
            elif key == "required":
                self._required(node, value)
            elif key == "additionalProperties":
                if type(value) is not bool:
                    if isinstance(value, dict):
                        self.member(node, key)
                    else:
                        self._drop(node, key, "is neither a schema nor true or false")
            elif key == "nullable" or key == "x-nullable":
                nullable = nullable or value is True or value == "true"
                del node[key]
            elif key in _NUMBERS or key in _COUNTS:
                self._number(node, key, value)
            elif key in _FLAGS:
                if type(value) is not bool:
                    self._flag(node, key, value)
            elif key == "discriminator":
                self._discriminator(node, value)
            elif key in _SINGLE:
                self.member(node, key)
            elif key in _MAPS:
                self.mapping(node, key)
            elif key in node:
                self._exclusive(node, key, value)
        return self._with_null(node) if nullable else node

    # -- whole nodes

    def _not_an_object(self, node: Any) -> Any:
        if node is True:
            return {}
        if node is False:
            return {"not": {}}
        self._walk.error(
            "bad-schema",
            f"a schema is {_kind(node)}, not an object",
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

    # -- keywords

    def _type(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, list):
            known = [item for item in value if isinstance(item, str) and item in _TYPES]
            unique = list(dict.fromkeys(known))
            if len(unique) != len(value):
                self._walk.error(
                    "bad-type",
                    "a list of types holds something that is not a type, or one type twice",
                    "type",
                    consequence="only the known types are kept",
                )
            if unique:
                node["type"] = unique if len(unique) > 1 else unique[0]
            else:
                del node["type"]
            return
        if value is None:  # `type: null` without quotes
            node["type"] = "null"
            self._walk.note(
                "bad-type",
                "the type null has no quotes",
                "type",
                consequence='it is read as "null"',
            )
            return
        lowered = value.strip().lower() if isinstance(value, str) else ""
        del node["type"]
        if lowered in _TYPES:
            node["type"] = lowered
        elif lowered in _TYPE_REPAIRS:
            for key, repaired in _TYPE_REPAIRS[lowered].items():
                node.setdefault(key, repaired)
        else:
            self._walk.error(
                "bad-type",
                f"{value!r} is not a type",
                "type",
                consequence="the value may be of any type",
                hint=f"use one of {', '.join(sorted(_TYPES))}",
            )
            return
        self._walk.warn(
            "bad-type",
            f"{value!r} is not a type of OpenAPI",
            "type",
            consequence=f"it is read as {node.get('type', 'any type')}",
        )

    def _text(self, node: dict[str, Any], key: str, value: Any) -> None:
        if (
            key in ("title", "description")
            and value is not None
            and not isinstance(value, (dict, list))
        ):
            node[key] = self._walk.document.raw(self._walk.pointer(key)) or str(value)
            return
        self._drop(node, key, f"is {_kind(value)}, not text")

    def _items(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, list):
            node["prefixItems"] = value
            del node["items"]
            self._list(node, "prefixItems", value)
            if isinstance(node.get("additionalItems"), (dict, bool)):
                node["items"] = self.schema(node.pop("additionalItems"))
        elif value is False and "prefixItems" not in node:
            self._drop(node, "items", "is false, which allows only empty arrays")
        elif value is not False:
            self.member(node, "items")

    def _list(self, node: dict[str, Any], key: str, value: Any) -> None:
        if not isinstance(value, list) or not value:
            self._drop(node, key, "is not a list of schemas" if value else "is empty")
            return
        path = self._walk.path
        path.append(key)
        for index, item in enumerate(value):
            path.append(index)
            value[index] = self.schema(item)
            path.pop()
        path.pop()

    def _enum(self, node: dict[str, Any], value: Any) -> None:
        if not isinstance(value, list) or not value:
            self._drop(node, "enum", "is not a list" if value else "is empty")
            return
        if node.get("type") == "string" and not all(
            item is None or type(item) is str for item in value
        ):
            pointer = self._walk.pointer("enum")
            for index, item in enumerate(value):
                if isinstance(item, (bool, int, float)):
                    value[index] = self._walk.document.raw(f"{pointer}/{index}") or str(item)
            self._walk.note(
                "enum-text",
                "an enum of strings holds values without quotes",
                "enum",
                consequence="they are read as text, as they are written",
            )
        seen: set[tuple[type, str]] = set()
        unique = []
        for item in value:
            key = (type(item), repr(item))
            if key not in seen:
                seen.add(key)
                unique.append(item)
        if len(unique) != len(value):
            node["enum"] = unique
            self._walk.warn(
                "duplicate-enum",
                "an enum lists a value twice",
                "enum",
                consequence="the value is kept once",
                hint="remove the duplicate",
            )

    def _required(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, bool):
            return  # a property's own flag: the parent reads it (see _promote_required)
        if not isinstance(value, list):
            self._drop(node, "required", "is not a list of names")
            return
        names = list(dict.fromkeys(item for item in value if isinstance(item, str)))
        if len(names) != len(value):
            node["required"] = names
            self._walk.warn(
                "bad-required",
                "required holds something that is not a name, or a name twice",
                "required",
                consequence="only the distinct names are kept",
            )

    def _promote_required(self, node: dict[str, Any]) -> None:
        named = node.get("properties")
        if not isinstance(named, dict):
            return
        for name, item in named.items():
            if isinstance(item, dict) and isinstance(item.get("required"), bool):
                flag = item.pop("required")
                if flag:
                    required = node.get("required")
                    names = required if isinstance(required, list) else []
                    node["required"] = [*names, *([] if name in names else [name])]
                self._walk.warn(
                    "bad-required",
                    "required is a list of property names on the object, not a flag",
                    "properties",
                    name,
                    "required",
                    consequence="it is moved to the object's own list",
                )

    def _number(self, node: dict[str, Any], key: str, value: Any) -> None:
        if type(value) in (int, float) and (key in _NUMBERS or value >= 0):
            if key in _COUNTS and type(value) is float:
                node[key] = int(value)
            return
        if isinstance(value, str):
            try:
                number = float(value)
            except ValueError:
                number = float("nan")
            if number - number == 0 and (key in _NUMBERS or number >= 0):
                node[key] = int(number) if number.is_integer() else number
                self._walk.note(
                    "quoted-number",
                    f"{key} is text",
                    key,
                    consequence="it is read as the number it spells",
                )
                return
        self._drop(node, key, f"is {value!r}")

    def _flag(self, node: dict[str, Any], key: str, value: Any) -> None:
        if value in ("true", "false"):
            node[key] = value == "true"
        else:
            self._drop(node, key, f"is {_kind(value)}, not true or false")

    def _exclusive(self, node: dict[str, Any], key: str, value: Any) -> None:
        bound = "minimum" if key == "exclusiveMinimum" else "maximum"
        if value is True:
            del node[key]
            if bound in node:
                node[key] = node.pop(bound)
        elif value is False or value is None:
            del node[key]
        else:
            self._number_or_drop(node, key, value)

    def _number_or_drop(self, node: dict[str, Any], key: str, value: Any) -> None:
        if type(value) not in (int, float):
            self._drop(node, key, f"is {value!r}")

    def _discriminator(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, str):
            node["discriminator"] = {"propertyName": value}
        elif not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            self._drop(node, "discriminator", "names no property")
        elif "mapping" in value and not (
            isinstance(value["mapping"], dict)
            and all(isinstance(item, str) for item in value["mapping"].values())
        ):
            self._walk.path.append("discriminator")
            self._drop(value, "mapping", "is not a mapping of texts")
            self._walk.path.pop()

    def _drop(self, node: dict[str, Any], key: str, problem: str) -> None:
        null = node[key] is None
        del node[key]
        if null:
            self._walk.note(
                "null-keyword", f"{key} is null", key, consequence=f"the same as without {key}"
            )
            return
        self._walk.error(
            "bad-keyword",
            f"{key} {problem}",
            key,
            consequence=f"the schema is read without {key}",
            hint="correct it in the document, or with an overlay",
        )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else repr(value)

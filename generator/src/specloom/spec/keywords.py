"""Single keywords of a schema: repaired where their meaning is plain, dropped where it is not."""

from __future__ import annotations

from typing import Any

from specloom.spec.walk import Walk

__all__ = ["COUNTS", "NUMBERS", "TYPES", "Keywords", "kind_of"]

TYPES = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
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
NUMBERS = frozenset(("minimum", "maximum", "multipleOf"))
COUNTS = frozenset(
    ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
)


class Keywords:
    """Checks keywords of a schema, in place."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def type(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, list):
            known = [item for item in value if isinstance(item, str) and item in TYPES]
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
        if lowered in TYPES:
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
                hint=f"use one of {', '.join(sorted(TYPES))}",
            )
            return
        self._walk.warn(
            "bad-type",
            f"{value!r} is not a type of OpenAPI",
            "type",
            consequence=f"it is read as {node.get('type', 'any type')}",
        )

    def text(self, node: dict[str, Any], key: str, value: Any) -> None:
        if (
            key in ("title", "description")
            and value is not None
            and not isinstance(value, (dict, list))
        ):
            node[key] = self._walk.document.raw(self._walk.pointer(key)) or str(value)
            return
        self.drop(node, key, f"is {kind_of(value)}, not text")

    def enum(self, node: dict[str, Any], value: Any) -> None:
        if not isinstance(value, list) or not value:
            self.drop(node, "enum", "is not a list" if value else "is empty")
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

    def required(self, node: dict[str, Any], value: Any) -> None:
        if not isinstance(value, list):
            self.drop(node, "required", "is not a list of names")
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

    def promote_required(self, node: dict[str, Any]) -> None:
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

    def number(self, node: dict[str, Any], key: str, value: Any) -> None:
        if type(value) in (int, float) and (key in NUMBERS or value >= 0):
            if key in COUNTS and type(value) is float:
                node[key] = int(value)
            return
        if isinstance(value, str):
            try:
                number = float(value)
            except ValueError:
                number = float("nan")
            if number - number == 0 and (key in NUMBERS or number >= 0):
                node[key] = int(number) if number.is_integer() else number
                self._walk.note(
                    "quoted-number",
                    f"{key} is text",
                    key,
                    consequence="it is read as the number it spells",
                )
                return
        self.drop(node, key, f"is {value!r}")

    def flag(self, node: dict[str, Any], key: str, value: Any) -> None:
        if value in ("true", "false"):
            node[key] = value == "true"
        else:
            self.drop(node, key, f"is {kind_of(value)}, not true or false")

    def exclusive(self, node: dict[str, Any], key: str, value: Any) -> None:
        bound = "minimum" if key == "exclusiveMinimum" else "maximum"
        if value is True:
            del node[key]
            if bound in node:
                node[key] = node.pop(bound)
        elif value is False or value is None:
            del node[key]
        else:
            self.number_or_drop(node, key, value)

    def number_or_drop(self, node: dict[str, Any], key: str, value: Any) -> None:
        if type(value) not in (int, float):
            self.drop(node, key, f"is {value!r}")

    def discriminator(self, node: dict[str, Any], value: Any) -> None:
        if isinstance(value, str):
            node["discriminator"] = {"propertyName": value}
        elif not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            self.drop(node, "discriminator", "names no property")
        elif "mapping" in value and not (
            isinstance(value["mapping"], dict)
            and all(isinstance(item, str) for item in value["mapping"].values())
        ):
            self._walk.path.append("discriminator")
            self.drop(value, "mapping", "is not a mapping of texts")
            self._walk.path.pop()

    def drop(self, node: dict[str, Any], key: str, problem: str) -> None:
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


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else repr(value)

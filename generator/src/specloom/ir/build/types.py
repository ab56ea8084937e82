"""Schemas to types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom.ir.build.context import Context, Place
from specloom.ir.build.enums import literal
from specloom.ir.model import (
    AnyType,
    Binary,
    Constraints,
    ListOf,
    Nullable,
    Ref,
    Scalar,
    ScalarKind,
    Text,
    Type,
)

if TYPE_CHECKING:
    from specloom.ir.build.composition import Composition
    from specloom.ir.build.objects import Objects
    from specloom.ir.build.unions import Unions

__all__ = ["SHAPING", "Types", "constraints_of", "is_object", "nullable"]

ANY = AnyType()
NULL = Scalar(ScalarKind.NULL)

SHAPING = frozenset(
    (
        "$ref",
        "type",
        "properties",
        "additionalProperties",
        "patternProperties",
        "required",
        "items",
        "prefixItems",
        "enum",
        "const",
        "allOf",
        "oneOf",
        "anyOf",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "contentEncoding",
        "contentMediaType",
    )
)
"""Keywords that decide a type; all others describe it."""

_CONSTRAINTS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "minProperties": "min_properties",
    "maxProperties": "max_properties",
}
_STRING_FORMATS = {
    "date-time": ScalarKind.DATE_TIME,
    "date": ScalarKind.DATE,
    "time": ScalarKind.TIME,
    "duration": ScalarKind.DURATION,
    "uuid": ScalarKind.UUID,
    "byte": ScalarKind.BYTES,
    "base64": ScalarKind.BYTES,
}
_SCALARS = {
    "string": ScalarKind.STRING,
    "integer": ScalarKind.INTEGER,
    "number": ScalarKind.NUMBER,
    "boolean": ScalarKind.BOOLEAN,
    "null": ScalarKind.NULL,
}
_PLAIN = {kind: Scalar(kind) for kind in ScalarKind}
_TEXT_HINTS = frozenset(
    ("pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType")
)
_NUMBER_HINTS = frozenset(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
)


def constraints_of(schema: dict[str, Any]) -> Constraints | None:
    """Return the assertions of a schema, None where it makes none."""
    found = schema.keys() & _CONSTRAINTS.keys()
    if not found:
        return None
    values: dict[str, Any] = {_CONSTRAINTS[key]: schema[key] for key in found}
    if "pattern" in values:
        values["pattern"] = Text(values["pattern"])
    return Constraints(**values)


def nullable(inner: Type) -> Type:
    """Return ``inner`` or null."""
    if isinstance(inner, (Nullable, AnyType)) or inner == NULL:
        return inner
    return Nullable(inner)


def is_object(schema: dict[str, Any]) -> bool:
    """Tell whether a schema (without references and composition) describes objects."""
    kind = schema.get("type")
    if kind is None:
        return bool(
            schema.keys() & {"properties", "additionalProperties", "patternProperties", "required"}
        )
    if isinstance(kind, list):
        return "object" in kind and not {*kind} - {"object", "null"}
    return bool(kind == "object")


class Types:
    """Makes types. Models that it comes across are registered in the context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.objects: Objects
        self.composition: Composition
        self.unions: Unions
        self._refs: dict[str, Ref] = {}
        self._pointed: dict[str, Type | None] = {}
        self.nullable_components: set[str] = set()

    def of(self, schema: Any, pointer: str, place: Place) -> Type:
        """Return the type of a schema.

        Args:
            schema: A canonical schema.
            pointer: Where it stands.
            place: What an inline object in it is called after.
        """
        if type(schema) is not dict:
            return ANY
        if "$ref" in schema:
            return self._reference(schema, pointer, place)
        if "allOf" in schema:
            return self.composition.all_of(schema, pointer, place)
        if "oneOf" in schema or "anyOf" in schema:
            return self.unions.union(schema, pointer, place)
        if "enum" in schema or "const" in schema:
            return literal(self.context, schema, pointer)
        kind = schema.get("type")
        if type(kind) is list:
            return self._kinds(schema, kind, pointer, place)
        if kind == "string":
            return self._string(schema)
        if kind == "object":
            return self.objects.of(schema, pointer, place)
        if kind == "array":
            return self._array(schema, pointer, place)
        if kind is not None:
            return self._scalar(schema, kind)
        return self._unsaid(schema, pointer, place)

    def ref(self, model: str) -> Ref:
        """Return the reference to a model; one object for each."""
        known = self._refs.get(model)
        if known is None:
            known = self._refs[model] = Ref(model)
        return known

    def _component(self, pointer: str) -> Type:
        made = self.ref(pointer)
        return nullable(made) if pointer in self.nullable_components else made

    def is_component(self, pointer: str) -> bool:
        """Tell whether a pointer is that of a component schema."""
        return pointer.startswith("/components/schemas/") and pointer.count("/") == 3

    # -- references

    def _reference(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        if len(schema) > 1 and schema.keys() & SHAPING != {"$ref"}:
            return self.composition.all_of(schema, pointer, place)
        target_pointer = schema["$ref"][1:]
        if "%" in target_pointer:
            from specloom.spec.pointer import from_fragment

            target_pointer = from_fragment(target_pointer)
        if self.is_component(target_pointer):
            return self._component(target_pointer)
        target, target_pointer = self.context.resolve(schema, pointer)
        if self.is_component(target_pointer):
            return self._component(target_pointer)
        if target_pointer in self.context.models:
            return self.ref(target_pointer)
        if target_pointer in self._pointed:
            known = self._pointed[target_pointer]
            if known is None:
                self.context.degraded(pointer, "a recursion through a schema that has no name")
                return ANY
            return known
        self._pointed[target_pointer] = None
        made = self.of(target, target_pointer, self._pointed_place(target_pointer, place))
        self._pointed[target_pointer] = made
        return made

    def _pointed_place(self, pointer: str, place: Place) -> Place:
        """Name what is referred to by a long pointer after where it stands, if that is said."""
        from specloom.spec.pointer import split

        keys = split(pointer)
        if keys[:2] != ["components", "schemas"] or len(keys) < 4:
            return place
        component = "/components/schemas/" + pointer.split("/")[3]
        model = self.context.models.get(component)
        made = Place(model.name) if model is not None else Place().under(keys[2])
        named = False
        for key in keys[3:]:
            if named:
                made = made.under(key)
                named = False
            elif key in ("properties", "$defs", "definitions", "patternProperties"):
                named = True
            elif key == "items":
                made = made.item()
        return made

    # -- plain kinds

    def _string(self, schema: dict[str, Any]) -> Type:
        if len(schema) == 1:
            return _PLAIN[ScalarKind.STRING]
        word = schema.get("format")
        if word == "binary":
            return Binary()
        kind = _STRING_FORMATS.get(word, ScalarKind.STRING) if word else ScalarKind.STRING
        encoding = schema.get("contentEncoding")
        if encoding in ("base64", "base64url"):
            kind = ScalarKind.BYTES
        elif schema.get("contentMediaType") and encoding is None and not word:
            media_type = schema["contentMediaType"]
            if isinstance(media_type, str) and not media_type.startswith(
                ("text/", "application/json")
            ):
                return Binary()
        found = constraints_of(schema)
        if kind is not ScalarKind.STRING:
            word = None
        if word is None and found is None:
            return _PLAIN[kind]
        return Scalar(kind, Text(word) if word else None, found)

    def _scalar(self, schema: dict[str, Any], kind: str) -> Type:
        made = _SCALARS[kind]
        word = schema.get("format")
        found = constraints_of(schema)
        if word is None and found is None:
            return _PLAIN[made]
        return Scalar(made, Text(word) if word else None, found)

    def _array(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        found = constraints_of(schema)
        prefix = schema.get("prefixItems")
        if isinstance(prefix, list) and prefix:
            self.context.degraded(
                f"{pointer}/prefixItems", "a tuple is read as a list of any of its items"
            )
            variants = [
                self.of(item, f"{pointer}/prefixItems/{index}", place.item())
                for index, item in enumerate(prefix)
            ]
            rest = schema.get("items")
            if isinstance(rest, dict) and rest and "not" not in rest:
                variants.append(self.of(rest, f"{pointer}/items", place.item()))
            return ListOf(self.unions.join(variants), found)
        if "items" not in schema:
            return ListOf(ANY, found)
        return ListOf(self.of(schema["items"], f"{pointer}/items", place.item()), found)

    def _kinds(self, schema: dict[str, Any], kinds: list[str], pointer: str, place: Place) -> Type:
        others = [kind for kind in kinds if kind != "null"]
        if not others:
            return NULL
        variants = []
        for kind in others:
            schema_of_kind = {**schema, "type": kind}
            if len(others) > 1:
                schema_of_kind = _only_for(kind, schema_of_kind)
            variants.append(self.of(schema_of_kind, pointer, place))
        made = variants[0] if len(variants) == 1 else self.unions.join(variants)
        return nullable(made) if len(others) < len(kinds) else made

    def _unsaid(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Guess the type of a schema that names none from its other keywords."""
        keys = schema.keys()
        if is_object(schema):
            return self.objects.of(schema, pointer, place)
        if "items" in keys or "prefixItems" in keys:
            return self._array(schema, pointer, place)
        if keys & _TEXT_HINTS or schema.get("format") in (
            *_STRING_FORMATS,
            "binary",
            "uri",
            "email",
        ):
            return self._string({**schema, "type": "string"})
        if keys & _NUMBER_HINTS:
            return self._scalar(schema, "number")
        if "not" in keys and not schema["not"]:
            self.context.degraded(pointer, "a schema that allows no value is read as any value")
        return ANY


_FOR_KIND = {
    "string": _TEXT_HINTS | {"format"},
    "number": _NUMBER_HINTS | {"format"},
    "integer": _NUMBER_HINTS | {"format"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"},
    "object": {
        "properties",
        "additionalProperties",
        "patternProperties",
        "required",
        "minProperties",
        "maxProperties",
    },
}
_SPECIFIC = frozenset().union(*_FOR_KIND.values())
_TEXT_FORMATS = frozenset((*_STRING_FORMATS, "binary", "uri", "email", "password"))


def _only_for(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Keep the keywords that speak about one of several types."""
    own = _FOR_KIND.get(kind, frozenset())
    made = {key: value for key, value in schema.items() if key not in _SPECIFIC or key in own}
    if "format" in made and (made["format"] in _TEXT_FORMATS) != (kind == "string"):
        del made["format"]
    return made

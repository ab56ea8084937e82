"""Types as JSON Schema, restricted to what openapi-python-client reads without loss of its own.

Every object, map and enumeration becomes a component with a name of its own, so that nothing inline
is left for it to name. What it cannot express becomes the nearest thing that it can, and is noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from specloom.ir import model as ir

from .names import MODULE_NAMES, OBJECT_NAMES, Names, joined

__all__ = ["Note", "Schema", "SchemaWriter"]

Schema: TypeAlias = dict[str, Any]

Note: TypeAlias = Callable[[str, str], None]
"""Called with a JSON pointer and what was lost there."""

_SCALARS: Final[dict[ir.ScalarKind, Schema]] = {
    ir.ScalarKind.STRING: {"type": "string"},
    ir.ScalarKind.INTEGER: {"type": "integer"},
    ir.ScalarKind.NUMBER: {"type": "number"},
    ir.ScalarKind.BOOLEAN: {"type": "boolean"},
    ir.ScalarKind.DATE_TIME: {"type": "string", "format": "date-time"},
    ir.ScalarKind.DATE: {"type": "string", "format": "date"},
    ir.ScalarKind.TIME: {"type": "string"},
    ir.ScalarKind.DURATION: {"type": "string"},
    ir.ScalarKind.UUID: {"type": "string", "format": "uuid"},
    ir.ScalarKind.BYTES: {"type": "string"},
    ir.ScalarKind.NULL: {"type": "null"},
}

_BINARY: Final[Schema] = {"type": "string", "format": "binary"}

_PLAIN_TEXT: Final = re.compile(r"[\w .,:;/@+-]*", re.ASCII)
"""Constants that its template spells right; it escapes others twice."""

Identify: TypeAlias = Callable[[str], str]


class SchemaWriter:
    """Writes types as schemas and collects the components that they refer to.

    Args:
        api: The API whose models are referred to.
        identify: What openapi-python-client makes of a component's name; two names that give the
            same result are the same to it.
        note: Told of each loss.

    Attributes:
        components: Component schemas by name.
        wire_names: For each object component, wire names by the names handed out.
        modules: Module names of the object components that need another than their own.
    """

    def __init__(self, api: ir.Api, identify: Identify, note: Note) -> None:
        self._api = api
        self._note = note
        self._names = Names(map(identify, MODULE_NAMES), identify)
        self._by_model: dict[ir.ModelId, str] = {}
        self._by_type: dict[ir.Type, str] = {}
        self._enum_names: tuple[str, ...] = ("literal",)
        self.components: dict[str, Schema] = {}
        self.wire_names: dict[str, dict[str, str]] = {}
        self.modules: dict[str, str] = {}
        for key, model in api.models.items():
            if not isinstance(model, ir.NamedType):
                self._by_model[key] = self._name(joined(model.name, "model"))
        for model in api.models.values():
            if isinstance(model, ir.ObjectModel):
                self._object(model)
            elif isinstance(model, ir.EnumModel):
                self._enumeration(model)

    def schema(self, kind: ir.Type, pointer: str, names: tuple[str, ...] = ()) -> Schema:
        """The schema of a type.

        Args:
            kind: The type.
            pointer: Where it stands, for notes.
            names: What an enumeration in it may be called, the shortest first.
        """
        self._enum_names = names or ("literal",)
        return self._schema(kind, pointer, frozenset())

    def single(self, kind: ir.Type, pointer: str) -> Schema:
        """The schema of a value that travels as one piece of text: a header, a cookie, a path."""
        kind = self._without_null(kind)
        if isinstance(kind, ir.Scalar) and kind.kind in (
            ir.ScalarKind.INTEGER,
            ir.ScalarKind.NUMBER,
            ir.ScalarKind.BOOLEAN,
            ir.ScalarKind.UUID,
        ):
            return dict(_SCALARS[kind.kind])
        if isinstance(kind, ir.Ref):
            component = self.components.get(self._by_model.get(kind.model, ""), {})
            if "enum" in component:
                return self._reference(kind.model)
        if not isinstance(kind, ir.Scalar):
            self._note(pointer, "a header, cookie or path value of several parts is plain text")
        return {"type": "string"}

    def body_object(self, kind: ir.Type, pointer: str) -> Schema:
        """The schema of a form's body, which must be an object."""
        kind = self._without_null(kind)
        if isinstance(kind, ir.Ref) and isinstance(self._api.models[kind.model], ir.ObjectModel):
            return self._reference(kind.model)
        if not isinstance(kind, ir.MapOf):
            self._note(pointer, "a form whose shape is open takes any fields")
            kind = ir.MapOf(ir.AnyType())
        return self.schema(kind, pointer)

    def _name(self, *wanted: str) -> str:
        return self._names.take(*wanted, f"{wanted[-1]}_model")

    def _without_null(self, kind: ir.Type) -> ir.Type:
        seen: set[ir.ModelId] = set()
        while True:
            if isinstance(kind, ir.Nullable):
                kind = kind.inner
            elif isinstance(kind, ir.Ref) and kind.model not in seen:
                seen.add(kind.model)
                model = self._api.models[kind.model]
                if not isinstance(model, ir.NamedType):
                    return kind
                kind = model.type
            else:
                return kind

    def _schema(self, kind: ir.Type, pointer: str, within: frozenset[ir.ModelId]) -> Schema:
        if isinstance(kind, ir.Scalar):
            return dict(_SCALARS[kind.kind])
        if isinstance(kind, ir.ListOf):
            return {"type": "array", "items": self._schema(kind.item, pointer, within)}
        if isinstance(kind, ir.Nullable):
            return _one_of([self._option(kind.inner, pointer, within), {"type": "null"}])
        if isinstance(kind, ir.Union):
            return _one_of([self._option(part, pointer, within) for part in kind.variants])
        if isinstance(kind, ir.MapOf):
            return self._map(kind, pointer)
        if isinstance(kind, ir.LiteralType):
            return self._literal(kind, pointer)
        if isinstance(kind, ir.Binary):
            return dict(_BINARY)
        if isinstance(kind, ir.Ref):
            model = self._api.models[kind.model]
            if not isinstance(model, ir.NamedType):
                return self._reference(kind.model)
            if kind.model not in within:
                return self._schema(model.type, pointer, within | {kind.model})
            self._note(pointer, "a type that contains itself without an object between is any")
        return {}

    def _option(self, kind: ir.Type, pointer: str, within: frozenset[ir.ModelId]) -> Schema:
        """The schema of a union's part. A constant is an enumeration there: it can be told apart."""
        if isinstance(kind, ir.LiteralType):
            return self._enumerated(kind, pointer)
        return self._schema(kind, pointer, within)

    def _reference(self, model: ir.ModelId) -> Schema:
        reference = {"$ref": f"#/components/schemas/{self._by_model[model]}"}
        found = self._api.models[model]
        if isinstance(found, ir.EnumModel) and any(value.value is None for value in found.values):
            return _one_of([reference, {"type": "null"}])
        return reference

    def _object(self, model: ir.ObjectModel) -> None:
        names = Names(OBJECT_NAMES)
        wire_names: dict[str, str] = {}
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for field in model.fields:
            plain = joined(field.name, "field")
            name = names.take(plain, f"{plain}_field")
            wire_names[name] = field.wire_name.raw
            properties[name] = _described(
                self.schema(
                    field.type, field.source.pointer, (plain, f"{self._by_model[model.id]}_{plain}")
                ),
                field.docs,
                field,
            )
            if field.required:
                required.append(name)
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if model.additional is None:
            schema["additionalProperties"] = False
        elif not isinstance(model.additional, ir.AnyType):
            schema["additionalProperties"] = self.schema(model.additional, model.source.pointer)
        if model.docs.description:
            schema["description"] = model.docs.description.raw
        component = self._by_model[model.id]
        if component in properties:  # its template has one variable for both
            self.modules[component] = self._name(f"{component}_model")
        self.components[component] = schema
        self.wire_names[component] = wire_names

    def _enumeration(self, model: ir.EnumModel) -> None:
        schema = self._enum_schema([value.value for value in model.values], model.source.pointer)
        if model.docs.description:
            schema["description"] = model.docs.description.raw
        self.components[self._by_model[model.id]] = schema

    def _enum_schema(self, found: list[Any], pointer: str) -> Schema:
        plain = [value for value in found if value is not None]
        if plain and all(type(value) is str for value in plain):
            return {"type": "string", "enum": plain}
        if plain and all(type(value) is int for value in plain):
            return {"type": "integer", "enum": plain}
        self._note(pointer, "an enumeration of other than strings or integers is its plain type")
        if plain and all(type(value) is bool for value in plain):
            return {"type": "boolean"}
        if plain and all(type(value) in (int, float) for value in plain):
            return {"type": "number"}
        return {"type": "null"} if not plain else {}

    def _literal(self, kind: ir.LiteralType, pointer: str) -> Schema:
        if len(kind.values) == 1 and (
            isinstance(kind.values[0], int | float)
            or (isinstance(kind.values[0], str) and _PLAIN_TEXT.fullmatch(kind.values[0]))
        ):
            return {"const": kind.values[0]}
        return self._enumerated(kind, pointer)

    def _enumerated(self, kind: ir.LiteralType, pointer: str) -> Schema:
        if kind not in self._by_type:
            schema = self._enum_schema(list(kind.values), pointer)
            if "enum" not in schema:
                return schema
            name = self._name(*self._enum_names)
            self._by_type[kind] = name
            self.components[name] = schema
        reference = {"$ref": f"#/components/schemas/{self._by_type[kind]}"}
        return _one_of([reference, {"type": "null"}]) if None in kind.values else reference

    def _map(self, kind: ir.MapOf, pointer: str) -> Schema:
        kind = ir.MapOf(_bare(kind.value))
        if kind not in self._by_type:
            name = self._name(joined([*self._map_words(kind.value), "map"], "map"))
            self._by_type[kind] = name
            self.components[name] = {"type": "object"}  # stands before what it contains
            if not isinstance(kind.value, ir.AnyType):
                value = self.schema(kind.value, pointer)
                self.components[name]["additionalProperties"] = value
            self.wire_names[name] = {}
        return {"$ref": f"#/components/schemas/{self._by_type[kind]}"}

    def _map_words(self, kind: ir.Type) -> list[str]:
        if isinstance(kind, ir.Ref):
            return list(self._api.models[kind.model].name)
        if isinstance(kind, ir.ListOf):
            return [*self._map_words(kind.item), "list"]
        if isinstance(kind, ir.MapOf):
            return [*self._map_words(kind.value), "map"]
        if isinstance(kind, ir.Nullable):
            return self._map_words(kind.inner)
        if isinstance(kind, ir.Scalar):
            return _words(kind.kind.value)
        return ["any"]


def _one_of(options: list[Schema]) -> Schema:
    flat: list[Schema] = []
    for option in options:
        for part in option["oneOf"] if set(option) == {"oneOf"} else [option]:
            if part not in flat:
                flat.append(part)
    if {} in flat:
        return {}  # any value is one of them
    return flat[0] if len(flat) == 1 else {"oneOf": flat}


def _described(schema: Schema, docs: ir.Docs, item: ir.Field | ir.Parameter) -> Schema:
    """Add what the docstring says. Defaults are the server's: they are told, never sent."""
    text = docs.description or docs.summary
    parts = [text.raw] if text else []
    if item.has_default:
        parts.append(f"The server's default is {item.default!r}.")
    if not parts or "$ref" in schema:
        return schema
    return {**schema, "description": " ".join(parts)}


def _bare(kind: ir.Type) -> ir.Type:
    """The type without what a schema here does not say, so that equal schemas are one map."""
    if isinstance(kind, ir.Scalar):
        return ir.Scalar(kind.kind)
    if isinstance(kind, ir.ListOf):
        return ir.ListOf(_bare(kind.item))
    if isinstance(kind, ir.MapOf):
        return ir.MapOf(_bare(kind.value))
    if isinstance(kind, ir.Nullable):
        return ir.Nullable(_bare(kind.inner))
    if isinstance(kind, ir.Union):
        return ir.Union(tuple(_bare(variant) for variant in kind.variants))
    return kind


def _words(text: str) -> list[str]:
    plain = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower())
    return plain.split()

"""Component schemas to models, each under its own name."""

from __future__ import annotations

from typing import Any

from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.enums import enum_model
from specloom.ir.build.types import Types
from specloom.ir.model import AnyType, Model, NamedType, Nullable, Ref, Source, Type, Words
from specloom.ir.names import split_words
from specloom.spec.pointer import child

__all__ = ["build_components", "component"]

_PREFIX = "/components/schemas"


def build_components(context: Context, types: Types) -> None:
    """Register a model for every component schema, in document order."""
    schemas: dict[str, Any] = context.document.root["components"].get("schemas", {})
    names = _names(context, schemas)
    for name in schemas:  # every name stands before any type is read: they refer to each other
        pointer = child(_PREFIX, name)
        context.models[pointer] = NamedType(pointer, names[name], AnyType(), Source(pointer))
        if _without_null(schemas[name])[1]:
            types.nullable_components.add(pointer)
    for name, schema in schemas.items():
        pointer = child(_PREFIX, name)
        context.models[pointer] = component(context, types, schema, pointer, names[name])


def _names(context: Context, schemas: dict[str, Any]) -> dict[str, Words]:
    """Name components: configured names first, then those spelled as a class would be."""
    chosen = context.config.models
    names: dict[str, Words] = {}
    order = sorted(schemas, key=lambda name: (name not in chosen, not _is_pascal(name), name))
    for name in order:
        words = split_words(chosen.get(name, name))
        pointer = child(_PREFIX, name)
        candidates = [words, (*words, "schema"), (*words, "type"), (*words, "variant")]
        names[name] = context.names.take(candidates, pointer)
        if names[name] != words:
            context.warn(
                "name-collision",
                f"the component {name!r} has the same name as another one, but for case or signs",
                pointer,
                f"it is called {' '.join(names[name])}",
                "choose a name under models in specloom.yaml",
            )
    return names


def _is_pascal(name: str) -> bool:
    return name.isalnum() and name[:1].isupper() and not name.isupper()


def _without_null(schema: Any) -> tuple[Any, bool, str]:
    """Return a schema without null, whether it allowed null, and where the rest stands."""
    if not isinstance(schema, dict):
        return schema, False, ""
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds and len(kinds) > 1:
        rest = [kind for kind in kinds if kind != "null"]
        made = {**schema, "type": rest[0] if len(rest) == 1 else rest}
        if isinstance(made.get("enum"), list):
            made["enum"] = [value for value in made["enum"] if value is not None]
        return made, True, ""
    for key in ("anyOf", "oneOf"):
        variants = schema.get(key)
        if isinstance(variants, list) and len(variants) == 2:
            nulls = [index for index, item in enumerate(variants) if item == {"type": "null"}]
            if len(nulls) == 1:
                index = 1 - nulls[0]
                outside = {name: value for name, value in schema.items() if name != key}
                if isinstance(variants[index], dict) and not outside.keys() & {"properties"}:
                    return {**outside, **variants[index]}, True, f"/{key}/{index}"
    return schema, False, ""


def component(context: Context, types: Types, schema: Any, pointer: str, name: Words) -> Model:
    """Make the model of one component schema."""
    schema, _, suffix = _without_null(schema)
    if not isinstance(schema, dict):
        schema = {}
    enumeration = enum_model(context, schema, pointer, name)
    if enumeration is not None:
        return enumeration
    shape = types.composition.shape_of(schema, pointer + suffix)
    heirs = types.unions.heirs(schema, pointer) if "discriminator" in schema else None
    if heirs is not None:
        shape = None
    if shape is not None:
        return types.objects.model(shape, schema, pointer, name)
    made: Type = heirs or types.of(schema, pointer + suffix, Place(name))
    if isinstance(made, Nullable):
        types.nullable_components.add(pointer)
        made = made.inner
    if isinstance(made, Ref) and made.model == pointer:
        context.degraded(pointer, "a schema that is only defined by itself")
        made = AnyType()
    return NamedType(
        id=pointer,
        name=name,
        type=made,
        source=Source(pointer),
        docs=docs_of(schema),
        deprecated=schema.get("deprecated") is True,
        examples=tuple(schema.get("examples", ())),
    )

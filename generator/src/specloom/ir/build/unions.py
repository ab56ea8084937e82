"""``oneOf`` and ``anyOf``: variants, their discriminator, and the names of inline variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom.ir.build.context import Context, Place
from specloom.ir.build.enums import literal, values_of
from specloom.ir.build.types import NULL, SHAPING, is_object, nullable
from specloom.ir.model import (
    AnyType,
    LiteralType,
    ModelId,
    Nullable,
    Ref,
    Text,
    Type,
    Union,
    Words,
)
from specloom.ir.names import split_words
from specloom.spec.pointer import child, from_fragment

if TYPE_CHECKING:
    from specloom.ir.build.types import Types

__all__ = ["Unions"]

_LONGEST_TITLE = 60
"""A longer title is a sentence, not a name."""

_SCALAR_KINDS = frozenset(("string", "integer", "number", "boolean"))


class Unions:
    """Makes union types."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._context: Context = types.context
        self._heirs: dict[str, list[ModelId]] | None = None

    def union(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Return the type of a schema with ``oneOf`` or ``anyOf``."""
        if values_of(schema) is not None and "enum" not in schema and "const" not in schema:
            return literal(self._context, schema, pointer)
        key = "oneOf" if "oneOf" in schema else "anyOf"
        if key == "oneOf" and "anyOf" in schema:
            self._context.degraded(f"{pointer}/anyOf", "only oneOf is kept of oneOf and anyOf")
        base = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
        if base.get("properties") or base.keys() & {"required", "additionalProperties"}:
            return self._types.composition.with_union(schema, base, key, pointer, place)
        variants = schema[key]
        made = []
        for index, variant in enumerate(variants):
            here = f"{pointer}/{key}/{index}"
            if isinstance(variant, dict):
                variant = _inherit(base, variant)
                part = place if len(variants) == 1 else self.variant_place(variant, variants, place)
            else:
                part = place
            made.append(self._types.of(variant, here, part))
        union = self.assemble(schema, pointer, made, variants, key)
        kinds = schema.get("type")
        return nullable(union) if isinstance(kinds, list) and "null" in kinds else union

    def assemble(
        self,
        schema: dict[str, Any],
        pointer: str,
        made: list[Type],
        variants: list[Any],
        key: str,
    ) -> Type:
        """Return the union of types, with the discriminator that the schema declares."""
        discriminator = schema.get("discriminator")
        if not isinstance(discriminator, dict):
            return self.join(made)
        name = discriminator["propertyName"]
        joined = self.join(made, flat=False)
        inner = joined.inner if isinstance(joined, Nullable) else joined
        if not isinstance(inner, Union):
            return joined
        mapping = self._declared(discriminator, pointer)
        models = [item.model for item in inner.variants if isinstance(item, Ref)]
        if len(models) < len(inner.variants):
            self._context.degraded(
                f"{pointer}/discriminator", "not every variant is a named object"
            )
            mapping = {}
        else:
            known = set(models)
            mapping = {value: model for value, model in mapping.items() if model in known}
            named = set(mapping.values())
            for index, variant in enumerate(variants):
                model = made[index].model if isinstance(made[index], Ref) else ""  # type: ignore[union-attr]
                if model and model not in named:
                    for value in self._implied(variant, name, f"{pointer}/{key}/{index}", model):
                        mapping.setdefault(value, model)
        union = Union(inner.variants, Text(name), tuple(mapping.items()))
        return Nullable(union) if isinstance(joined, Nullable) else union

    def heirs(self, schema: dict[str, Any], pointer: str) -> Union | None:
        """Return the union of the components that extend a base with a discriminator.

        OpenAPI's older polymorphism: the base names no variants, its heirs name the base in
        ``allOf``. None where the schema is no such base.
        """
        if "oneOf" in schema or "anyOf" in schema or "discriminator" not in schema:
            return None
        discriminator = schema["discriminator"]
        extending = self._extending(pointer)
        mapping = self._declared(discriminator, pointer)
        mapping = {value: model for value, model in mapping.items() if model in extending}
        for model in extending:
            if model not in mapping.values():
                heir = self._context.document.at(model)
                for value in self._implied(heir, discriminator["propertyName"], model, model):
                    mapping.setdefault(value, model)
        models = list(dict.fromkeys(mapping.values()))
        if len(models) < 2:
            self._context.degraded(f"{pointer}/discriminator", "fewer than two schemas extend it")
            return None
        variants = tuple(self._types.ref(model) for model in models)
        return Union(variants, Text(discriminator["propertyName"]), tuple(mapping.items()))

    def _extending(self, pointer: str) -> list[ModelId]:
        """Return the components that have a base in their ``allOf`` and are no bases themselves."""
        if self._heirs is None:
            found: dict[str, list[ModelId]] = {}
            schemas: dict[str, Any] = self._context.document.root["components"]["schemas"]
            for name, node in schemas.items():
                if not isinstance(node, dict) or "discriminator" in node:
                    continue
                for part in node.get("allOf", ()):
                    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                        base = from_fragment(part["$ref"][1:])
                        found.setdefault(base, []).append(child("/components/schemas", name))
            self._heirs = found
        return self._heirs.get(pointer, [])

    def _declared(self, discriminator: dict[str, Any], pointer: str) -> dict[str, ModelId]:
        mapping: dict[str, ModelId] = {}
        for value, target in discriminator.get("mapping", {}).items():
            if target.startswith("#"):
                _, where = self._context.resolve({"$ref": target}, pointer)
            else:
                where = f"/components/schemas/{from_fragment(target).rpartition('/')[2]}"
            mapping[value] = where
        return mapping

    def _implied(self, variant: Any, name: str, pointer: str, model: ModelId) -> list[str]:
        """Return the tags of a variant that the mapping does not list: its own fixed values, or
        its component's name (OpenAPI 3.1, Discriminator Object)."""
        values = self.tags(variant, name, pointer)
        if values:
            return values
        if self._types.is_component(model):
            return [model.rpartition("/")[2].replace("~1", "/").replace("~0", "~")]
        return []

    def tags(self, variant: Any, name: str, pointer: str) -> list[str]:
        """Return the fixed text values that a variant allows for a property."""
        if not isinstance(variant, dict):
            return []
        for part, where in self._types.composition.flatten([(variant, pointer)], pointer):
            properties = part.get("properties")
            prop = properties.get(name) if isinstance(properties, dict) else None
            if isinstance(prop, dict):
                target, _ = self._context.resolve(prop, where)
                if len(target.get("allOf", ())) == 1 and isinstance(target["allOf"][0], dict):
                    target, _ = self._context.resolve(target["allOf"][0], where)
                values = values_of(target) or []
                return [value for value in values if isinstance(value, str)]
        return []

    def join(self, types: list[Type], *, flat: bool = True) -> Type:
        """Return the union of types: nested unions flattened, equals once, literals together."""
        found: list[Type] = []
        has_null = False
        values: list[Any] = []
        queue = list(types)
        while queue:
            item = queue.pop(0)
            if isinstance(item, Nullable):
                has_null = True
                queue.insert(0, item.inner)
            elif item == NULL:
                has_null = True
            elif isinstance(item, AnyType):
                return item
            elif flat and isinstance(item, Union) and item.discriminator is None:
                queue[:0] = item.variants
            elif isinstance(item, LiteralType):
                if not values:
                    found.append(item)
                values.extend(value for value in item.values if value not in values)
            elif item not in found:
                found.append(item)
        found = [
            LiteralType(tuple(values)) if isinstance(item, LiteralType) else item for item in found
        ]
        if not found:
            return NULL if has_null else AnyType()
        made = found[0] if len(found) == 1 else self._told_apart(tuple(found))
        return nullable(made) if has_null else made

    def _told_apart(self, variants: tuple[Type, ...]) -> Union:
        """Find the property whose fixed values tell objects apart, where nobody declares one."""
        models = [item.model for item in variants if isinstance(item, Ref)]
        if len(models) < len(variants):
            return Union(variants)
        nodes = []
        for model in models:
            try:
                nodes.append((self._context.document.at(model), model))
            except KeyError:
                return Union(variants)
        first = nodes[0][0]
        candidates = self._fixed(first, nodes[0][1])
        for name in candidates:
            mapping: dict[str, ModelId] = {}
            for node, pointer in nodes:
                tags = self.tags(node, name, pointer) if self._requires(node, name, pointer) else []
                if not tags or any(tag in mapping for tag in tags):
                    break
                for tag in tags:
                    mapping[tag] = pointer
            else:
                return Union(variants, Text(name), tuple(mapping.items()))
        return Union(variants)

    def _fixed(self, node: Any, pointer: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        names = []
        for part, where in self._types.composition.flatten([(node, pointer)], pointer):
            properties = part.get("properties")
            for name, prop in (properties or {}).items():
                if isinstance(prop, dict) and (
                    "const" in prop or len(prop.get("enum", ())) == 1 or "$ref" in prop
                ):
                    target, _ = self._context.resolve(prop, where)
                    if values_of(target):
                        names.append(name)
        return names

    def _requires(self, node: Any, name: str, pointer: str) -> bool:
        return isinstance(node, dict) and any(
            name in part.get("required", ())
            for part, _ in self._types.composition.flatten([(node, pointer)], pointer)
        )

    def variant_place(
        self, variant: dict[str, Any], variants: list[Any], place: Place, *, merged: bool = False
    ) -> Place:
        """Return what an inline variant is called after: what tells it from the others.

        That is its title, a fixed value of a property, the component that it extends, or a
        property that only it requires.

        Args:
            variant: The variant.
            variants: All variants of the union.
            place: What the union is called after.
            merged: The variant becomes a model of its own even where it is a reference.
        """
        if merged and isinstance(variant.get("$ref"), str):
            return Place(_below(place.words(), _component_words(variant["$ref"])))
        if "$ref" in variant or not (
            is_object(variant) or "allOf" in variant or "items" in variant
        ):
            return place
        owner = place.words()
        title = variant.get("title")
        if isinstance(title, str) and title and len(title) <= _LONGEST_TITLE:
            return Place(_below(owner, split_words(title)))
        for part in variant.get("allOf", ()):
            if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                return Place(_below(owner, _component_words(part["$ref"])))
        properties = variant.get("properties")
        if not isinstance(properties, dict):
            return place
        for prop in properties.values():
            values = values_of(prop) if isinstance(prop, dict) else None
            if values is not None and len(values) == 1 and isinstance(values[0], str):
                return place.under(values[0])
        required = [name for name in variant.get("required", ()) if name in properties]
        others = {
            name
            for other in variants
            if isinstance(other, dict) and other is not variant
            for name in other.get("required") or other.get("properties") or ()
        }
        names = [name for name in (*required, *properties) if name not in others]
        names = names or required or list(properties)
        return Place((*owner, "with", *split_words(names[0]))) if names else place


def _component_words(ref: str) -> Words:
    return split_words(from_fragment(ref).rpartition("/")[2])


def _below(owner: Words, words: Words) -> Words:
    """Put words behind their owner's, without saying the owner twice."""
    return words if words[: len(owner)] == owner else (*owner, *words)


def _inherit(base: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    """Give a variant the type that stands beside ``oneOf``, where it names none itself."""
    kind = base.get("type")
    if kind in _SCALAR_KINDS and "type" not in variant and "$ref" not in variant:
        if "format" in base and "format" not in variant:
            return {"type": kind, "format": base["format"], **variant}
        return {"type": kind, **variant}
    if kind == "object" and "type" not in variant and not variant.keys() & SHAPING:
        return {"type": "object", **variant}
    return variant

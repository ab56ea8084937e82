"""``allOf`` merged, and unions that stand beside properties multiplied out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.objects import Objects, Shape, add_to
from specloom.ir.build.types import SHAPING, is_object, nullable
from specloom.ir.model import AnyType, Docs, Type

if TYPE_CHECKING:
    from specloom.ir.build.types import Types

__all__ = ["Composition"]

_MAX_COMPOSITION = 60
"""Levels of ``allOf`` that are followed; real documents stay below ten."""

_MAX_NESTED_UNIONS = 5
"""Unions inside unions that are multiplied out; each level multiplies the number of models."""

_MAX_COMBINED = 20_000
"""Variants of a whole document that are combined with what stands beside their union."""


class Composition:
    """Makes the types of composed schemas."""

    def __init__(self, types: Types, objects: Objects) -> None:
        self._types = types
        self._objects = objects
        self._context: Context = types.context
        self._depth = 0
        self._multiplied = 0

    def all_of(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Return the type of a schema with ``allOf``, or with shaping keywords beside ``$ref``."""
        members = self._members(schema, pointer)
        if len(members) == 1:
            made = self._types.of(members[0][0], members[0][1], place)
            return nullable(made) if _says_null(schema) else made
        if not members:
            return AnyType()
        return self.combine(members, pointer, place, schema)

    def _members(self, schema: dict[str, Any], pointer: str) -> list[tuple[Any, str]]:
        """Return the parts of a composition that say something about the type."""
        own = {key: value for key, value in schema.items() if key not in ("allOf", "$ref", "title")}
        found: list[tuple[Any, str]] = []
        if "$ref" in schema:
            found.append(({"$ref": schema["$ref"]}, pointer))
        found.extend(
            (item, f"{pointer}/allOf/{index}") for index, item in enumerate(schema.get("allOf", ()))
        )
        if own.keys() & SHAPING:
            found.append((own, pointer))
        kept = [
            (item, where)
            for item, where in found
            if isinstance(item, dict) and item.keys() & SHAPING
        ]
        shaping = [item for item in kept if item[0].keys() & SHAPING != {"type"} or len(kept) == 1]
        return shaping or kept

    def combine(
        self,
        members: list[tuple[Any, str]],
        pointer: str,
        place: Place,
        schema: dict[str, Any] | None = None,
    ) -> Type:
        """Return the type of a value that fits every member.

        Null is allowed where a member that stands here allows it: strictly every member would have
        to, but nobody who writes it means that.
        """
        made = self._combined(members, pointer, place, schema)
        return nullable(made) if any(_says_null(item) for item, _ in members) else made

    def _combined(
        self,
        members: list[tuple[Any, str]],
        pointer: str,
        place: Place,
        schema: dict[str, Any] | None,
    ) -> Type:
        flat = self.flatten(members, pointer)
        unions = [item for item in flat if "oneOf" in item[0] or "anyOf" in item[0]]
        others = [item for item in flat if "oneOf" not in item[0] and "anyOf" not in item[0]]
        objects = [item for item in others if is_object(item[0])]
        if unions and not self._only_requires(unions):
            if len(unions) > 1:
                self._context.degraded(pointer, "only the first of several unions is kept")
            return self._distribute(unions[0], others, pointer, place)
        if objects or (unions and not others):
            if len(objects) < len([item for item in others if item[0].keys() & SHAPING]):
                self._context.degraded(pointer, "a composition of objects with other types")
            shape = self._shape(objects)
            shape.docs = _own_docs(members)
            outer = schema if schema is not None else {}
            if not shape.properties:
                return self._objects.map_of(shape, outer, place)
            return self._objects.register(shape, outer, pointer, place)
        merged: dict[str, Any] = {}
        for item, _ in others:
            for key, value in item.items():
                merged[key] = _narrower(key, merged[key], value) if key in merged else value
        if merged.get("type") is None and merged.pop("type", 0) is None:
            self._context.degraded(pointer, "a composition of types that exclude each other")
        return self._types.of(merged, others[-1][1] if others else pointer, place)

    def _only_requires(self, unions: list[tuple[dict[str, Any], str]]) -> bool:
        """Tell whether unions only say which properties must be there together."""
        for schema, pointer in unions:
            variants = schema.get("oneOf") or schema.get("anyOf") or ()
            for variant in variants:
                if not isinstance(variant, dict) or (variant.keys() & SHAPING) - {
                    "required",
                    "type",
                }:
                    return False
                if variant.get("type", "object") != "object":
                    return False
            self._context.degraded(
                pointer, "which properties must stand together is left to the server"
            )
        return True

    def flatten(
        self, members: list[tuple[Any, str]], pointer: str
    ) -> list[tuple[dict[str, Any], str]]:
        """Return the members of a composition without references and ``allOf``."""
        flat: list[tuple[dict[str, Any], str]] = []
        seen: set[str] = set()

        def add(item: Any, where: str, depth: int) -> None:
            if not isinstance(item, dict):
                return
            if depth > _MAX_COMPOSITION:
                self._context.degraded(pointer, "a composition deeper than can be followed")
                return
            if "$ref" in item:
                target, target_pointer = self._context.resolve(item, where)
                if target_pointer not in seen:
                    seen.add(target_pointer)
                    add(target, target_pointer, depth + 1)
                item = {key: value for key, value in item.items() if key != "$ref"}
            if "allOf" in item:
                for index, part in enumerate(item["allOf"]):
                    add(part, f"{where}/allOf/{index}", depth + 1)
                item = {key: value for key, value in item.items() if key != "allOf"}
            if item.keys() & SHAPING:
                flat.append((item, where))

        for item, where in members:
            add(item, where, 0)
        return flat

    def _shape(self, members: list[tuple[dict[str, Any], str]]) -> Shape:
        shape = Shape()
        for item, where in members:
            add_to(shape, item, where)
        return shape

    def with_union(
        self, schema: dict[str, Any], base: dict[str, Any], key: str, pointer: str, place: Place
    ) -> Type:
        """Return the type of a union that stands beside properties of its own."""
        union = (
            {name: schema[name] for name in (key, "discriminator") if name in schema},
            pointer,
        )
        if self._only_requires([union]):
            return self._types.of(base, pointer, place)
        return self._distribute(union, [(base, pointer)], pointer, place)

    def shape_of(self, schema: dict[str, Any], pointer: str) -> Shape | None:
        """Return the merged shape of a schema that is an object with properties, else None."""
        if "allOf" not in schema and "$ref" not in schema:
            if "oneOf" in schema or "anyOf" in schema:
                union = [(schema, pointer)]
                if not schema.get("properties") or not self._only_requires(union):
                    return None
            return self._objects.own_shape(schema, pointer) if schema.get("properties") else None
        members = self._members(schema, pointer)
        if len(members) == 1:
            item, where = members[0]
            return None if "$ref" in item else self.shape_of(item, where)
        if not members:
            return None
        flat = self.flatten(members, pointer)
        unions = [item for item in flat if "oneOf" in item[0] or "anyOf" in item[0]]
        if unions and not self._only_requires(unions):
            return None
        shape = self._shape([item for item in flat if is_object(item[0])])
        shape.docs = _own_docs(members)
        return shape if shape.properties else None

    def _distribute(
        self,
        union: tuple[dict[str, Any], str],
        others: list[tuple[dict[str, Any], str]],
        pointer: str,
        place: Place,
    ) -> Type:
        """Return ``(A or B) and C`` as ``(A and C) or (B and C)``."""
        schema, where = union
        key = "oneOf" if "oneOf" in schema else "anyOf"
        variants = schema[key]
        rest = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
        if rest.keys() & SHAPING - {"type"}:
            others = [*others, (rest, where)]
        others = [item for item in others if item[0].keys() & SHAPING != {"type"}]
        if not others:
            return self._types.unions.union(schema, where, place)
        self._multiplied += len(variants)
        if self._depth >= _MAX_NESTED_UNIONS or self._multiplied > _MAX_COMBINED:
            self._context.degraded(where, "a union too large to be combined with what is beside it")
            return AnyType()
        self._depth += 1
        made = []
        for index, variant in enumerate(variants):
            here = f"{where}/{key}/{index}"
            if not isinstance(variant, dict) or variant.get("type") == "null":
                made.append(self._types.of(variant, here, place))
                continue
            part = self._types.unions.variant_place(variant, variants, place, merged=True)
            made.append(self.combine([*others, (variant, here)], f"{pointer}/{key}/{index}", part))
        self._depth -= 1
        return self._types.unions.assemble(schema, where, made, variants, key)


_LARGER = frozenset(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"))
_SMALLER = frozenset(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"))


def _narrower(key: str, before: Any, after: Any) -> Any:
    """Return what two values of one keyword mean together."""
    if before == after:
        return after
    if key == "type":
        first = before if isinstance(before, list) else [before]
        second = after if isinstance(after, list) else [after]
        both = [kind for kind in first if kind in second]
        if not both and {"integer", "number"} <= {*first, *second}:
            both = ["integer"]
        return both[0] if len(both) == 1 else both or None
    if key == "enum" and isinstance(before, list) and isinstance(after, list):
        return [value for value in before if value in after] or after
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        if key in _LARGER:
            return max(before, after)
        if key in _SMALLER:
            return min(before, after)
    return after


def _says_null(schema: Any) -> bool:
    kind = schema.get("type") if isinstance(schema, dict) else None
    return isinstance(kind, list) and "null" in kind


def _own_docs(members: list[tuple[Any, str]]) -> Docs:
    """Return what the members that stand in a composition, not those referred to, say of it."""
    for item, _ in reversed(members):
        if isinstance(item, dict) and "$ref" not in item and (found := docs_of(item)) != Docs():
            return found
    return Docs()

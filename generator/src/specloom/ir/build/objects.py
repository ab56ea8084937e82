"""Objects: maps where only values are typed, named models where there are properties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.types import constraints_of
from specloom.ir.model import (
    AnyType,
    Docs,
    Field,
    MapOf,
    ModelId,
    ObjectModel,
    Source,
    Text,
    Type,
    Words,
)
from specloom.ir.names import Names, split_words

if TYPE_CHECKING:
    from specloom.ir.build.types import Types

__all__ = ["Objects", "Shape", "add_to"]


@dataclass(slots=True)
class Shape:
    """What an object schema says once its composition is merged.

    ``properties`` maps a name to every schema that speaks about it, with its pointer.
    """

    properties: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    additional: Any = None
    additional_pointer: str = ""
    has_additional: bool = False
    patterns: list[tuple[Any, str]] = field(default_factory=list)
    docs: Docs = field(default_factory=Docs)


def add_to(shape: Shape, schema: dict[str, Any], pointer: str) -> None:
    """Add what one object schema says to a shape."""
    properties = schema.get("properties")
    if properties:
        prefix = f"{pointer}/properties/"
        for name, item in properties.items():
            token = (
                name.replace("~", "~0").replace("/", "~1") if "/" in name or "~" in name else name
            )
            shape.properties.setdefault(name, []).append((item, prefix + token))
    required = schema.get("required")
    if required:
        shape.required.update(dict.fromkeys(required))
    if "additionalProperties" in schema and not (shape.has_additional and shape.additional):
        shape.additional = schema["additionalProperties"]
        shape.additional_pointer = f"{pointer}/additionalProperties"
        shape.has_additional = True
    patterns = schema.get("patternProperties")
    if patterns:
        shape.patterns.extend(
            (item, f"{pointer}/patternProperties/{name.replace('~', '~0').replace('/', '~1')}")
            for name, item in patterns.items()
        )


class Objects:
    """Makes object types and models."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._context: Context = types.context

    # -- plain objects

    def of(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Return the type of an object schema without composition."""
        if schema.get("properties"):
            return self.inline(schema, pointer, place)
        return self.map_of(self.own_shape(schema, pointer), schema, place)

    def inline(self, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Make a model of an inline object and return the reference to it."""
        return self.register(self.own_shape(schema, pointer), schema, pointer, place)

    def register(self, shape: Shape, schema: dict[str, Any], pointer: str, place: Place) -> Type:
        """Make the model of an inline object's shape and return the reference to it."""
        if pointer in self._context.models:
            return self._types.ref(pointer)
        name = self._inline_name(schema, place, pointer)
        # The entry stands before its fields are read: they may refer back to it.
        self._context.models[pointer] = ObjectModel(pointer, name, (), Source(pointer))
        self._context.models[pointer] = self.model(shape, schema, pointer, name)
        return self._types.ref(pointer)

    def _inline_name(self, schema: dict[str, Any], place: Place, pointer: str) -> Words:
        words = place.words() or ("object",)
        title = schema.get("title")
        candidates = [words]
        if isinstance(title, str) and title and len(title) <= 60:
            candidates.append((*words, *split_words(title)))
        candidates.extend(((*words, "object"), (*words, "value")))
        return self._context.names.take(candidates, pointer)

    def model(
        self, shape: Shape, schema: dict[str, Any], pointer: ModelId, name: Words
    ) -> ObjectModel:
        """Make the model of an object."""
        place = Place(name)
        names = Names()
        fields = []
        for wire_name, found in shape.properties.items():
            words = names.take(_field_candidates(wire_name), wire_name)
            fields.append(self._field(wire_name, words, found, wire_name in shape.required, place))
        undeclared = [key for key in shape.required if key not in shape.properties]
        if undeclared:
            self._context.degraded(
                f"{pointer}/required", f"no property {', '.join(undeclared)} is declared"
            )
        return ObjectModel(
            id=pointer,
            name=name,
            fields=tuple(fields),
            source=Source(pointer),
            additional=self._additional(shape, place),
            docs=_first_docs(docs_of(schema), shape.docs),
            deprecated=schema.get("deprecated") is True,
            examples=tuple(schema.get("examples", ())),
        )

    def _field(
        self,
        wire_name: str,
        words: Words,
        found: list[tuple[Any, str]],
        required: bool,
        place: Place,
    ) -> Field:
        schema, pointer = found[-1]
        here = place.under(wire_name)
        if len(found) == 1 or all(item == schema for item, _ in found):
            made = self._types.of(schema, pointer, here)
        else:
            made = self._types.composition.combine(found, pointer, here)
        if type(schema) is not dict:
            schema = {}
        flags = schema
        if "$ref" in schema or "allOf" in schema:
            flags = self._flags(schema, pointer)
        has_default = "default" in flags
        examples = flags.get("examples")
        return Field(
            Text(wire_name),
            words,
            made,
            required,
            Source(pointer),
            flags.get("readOnly") is True,
            flags.get("writeOnly") is True,
            flags.get("deprecated") is True,
            has_default,
            flags["default"] if has_default else None,
            docs_of(schema),
            examples[0] if isinstance(examples, list) and examples else None,
        )

    def _flags(self, schema: dict[str, Any], pointer: str) -> dict[str, Any]:
        """Return annotations of a property that refers to its schema, its own ones first."""
        made: dict[str, Any] = {}
        parts = [schema, *(item for item in schema.get("allOf", ()) if isinstance(item, dict))]
        for part in parts:
            made = {**part, **made}
            if "$ref" in part:
                target, _ = self._context.resolve(part, pointer)
                made = {**{key: target[key] for key in _INHERITED if key in target}, **made}
        return made

    def _additional(self, shape: Shape, place: Place) -> Type | None:
        if shape.patterns:
            return self._map_value(shape, place)
        if not shape.has_additional or shape.additional is True:
            return AnyType()
        if shape.additional is False:
            return None
        return self._types.of(
            shape.additional, shape.additional_pointer, place.under("additional").item()
        )

    def map_of(self, shape: Shape, schema: dict[str, Any], place: Place) -> Type:
        """Return the map that an object without properties is."""
        return MapOf(self._map_value(shape, place), constraints_of(schema))

    def _map_value(self, shape: Shape, place: Place) -> Type:
        values = [
            self._types.of(schema, pointer, place.item()) for schema, pointer in shape.patterns
        ]
        if isinstance(shape.additional, dict):
            values.append(self._types.of(shape.additional, shape.additional_pointer, place.item()))
        if shape.patterns:
            for _, pointer in shape.patterns:
                self._context.degraded(
                    pointer.rpartition("/")[0], "keys are not held to the pattern"
                )
        return self._types.unions.join(values) if values else AnyType()

    def own_shape(self, schema: dict[str, Any], pointer: str) -> Shape:
        """Return the shape of a schema without composition."""
        shape = Shape()
        add_to(shape, schema, pointer)
        return shape


_INHERITED = ("readOnly", "writeOnly", "deprecated", "default")


def _first_docs(own: Docs, other: Docs) -> Docs:
    return own if own.description or not other.description else other


def _field_candidates(wire_name: str) -> Iterator[Words]:
    """Yield names for a property; all but the first are only spelled where it is taken."""
    words = split_words(wire_name)
    yield words
    signs = [split_words(char)[0] for char in wire_name if not char.isalnum()]
    if signs:
        yield (*signs, *words)
    if wire_name.isupper():
        yield (*words, "upper")
    elif "_" in wire_name:
        yield (*words, "snake")
    elif not wire_name.islower():
        yield (*words, "camel")
    yield (*words, "property")

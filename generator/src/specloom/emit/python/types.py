"""Types of the description as Python annotations.

A type reads differently in the two directions. A *response* is strict and handy: pydantic models,
``list``, ``datetime``. A *request* takes whatever can be sent: TypedDicts, any sequence or mapping,
dates as objects or text.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from specloom.emit.python.encode import json_literal, string
from specloom.emit.python.layout import Expression, call, either, flat, lay_statement, subscript
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.scope import Scope
from specloom.ir.model import (
    AnyType,
    Binary,
    EnumModel,
    ListOf,
    LiteralType,
    MapOf,
    Model,
    ModelId,
    Nullable,
    ObjectModel,
    Ref,
    Scalar,
    ScalarKind,
    Type,
    Union,
)

__all__ = [
    "Annotator",
    "OperationTypes",
    "Side",
    "TypeName",
    "alias_statement",
    "differs_in_requests",
    "tags",
]


class Side(enum.Enum):
    """The direction a value travels in."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class TypeName:
    """Where a named type stands: ``types/<module>.py`` and the name in it."""

    module: str
    name: str

    @property
    def target(self) -> str:
        """The form in which an endpoint names it: ``user_list:UserList``."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True)
class OperationTypes:
    """The types that one operation brings with it.

    Attributes:
        params: The TypedDict of its keyword arguments; None when it has none.
        result: A name for a result that is no named type itself.
        event: A name for a stream's event that is no named type itself.
        body: A name for a body that is no object and no named type, where the core must know it.
        message: A name for a WebSocket's message that is no named type itself.
        value: A name for what is taken out of an envelope, where it is promised one.
        page: The name of its pages' classes, where one is promised.
    """

    params: TypeName | None = None
    result: TypeName | None = None
    event: TypeName | None = None
    body: TypeName | None = None
    message: TypeName | None = None
    value: TypeName | None = None
    page: str | None = None


_SCALARS = {
    ScalarKind.STRING: "str",
    ScalarKind.INTEGER: "int",
    ScalarKind.NUMBER: "float",
    ScalarKind.BOOLEAN: "bool",
    ScalarKind.TIME: "str",
    ScalarKind.DURATION: "str",
    ScalarKind.UUID: "str",
    ScalarKind.BYTES: "str",
}
_DATES = {ScalarKind.DATE_TIME: "datetime", ScalarKind.DATE: "date"}


def differs_in_requests(
    type_: Type, models: Mapping[ModelId, Model], seen: frozenset[ModelId] = frozenset()
) -> bool:
    """Whether a request annotates the type otherwise than a response does."""
    if isinstance(type_, Scalar):
        return type_.kind in _DATES
    if isinstance(type_, LiteralType):
        return False
    if isinstance(type_, Nullable):
        return differs_in_requests(type_.inner, models, seen)
    if isinstance(type_, Union):
        return bool(type_.discriminator) or any(
            differs_in_requests(variant, models, seen) for variant in type_.variants
        )
    if isinstance(type_, Ref):
        model = models[type_.model]
        if isinstance(model, ObjectModel):
            return True
        if isinstance(model, EnumModel) or type_.model in seen:
            return False
        return differs_in_requests(model.type, models, seen | {type_.model})
    return True


def tags(union: Union, models: Mapping[ModelId, Model]) -> dict[str, ModelId] | None:
    """Discriminator value -> model for a union whose variant can be told by one property.

    None when a variant is no object, or has no tag: such a union is decided by its content.
    """
    if not union.discriminator:
        return None
    objects: dict[ModelId, ObjectModel] = {}
    for variant in union.variants:
        model = models[variant.model] if isinstance(variant, Ref) else None
        if not isinstance(model, ObjectModel):
            return None
        objects[model.id] = model
    found = {tag: model for tag, model in union.mapping if model in objects}
    for model in objects.values():
        if model.id in found.values():
            continue
        literal = _literal_tags(model, union.discriminator.raw)
        if not literal or any(tag in found for tag in literal):
            return None
        found.update(dict.fromkeys(literal, model.id))
    return found


def _literal_tags(model: ObjectModel, wire_name: str) -> list[str]:
    for member in model.fields:
        if member.wire_name.raw == wire_name and isinstance(member.type, LiteralType):
            values = member.type.values
            return [value for value in values if isinstance(value, str)]
    return []


def alias_statement(name: str, value: Expression, type_alias: str, indent: int = 0) -> str:
    """``name: TypeAlias = value``."""
    return lay_statement(value, indent, f"{name}: {type_alias} = ")


@dataclass
class Annotator:
    """Renders annotations into one module.

    Attributes:
        models: Every named type of the API.
        names: Where the types of each direction stand.
        scope: Collects the imports.
        module: The module of ``types`` that is printed; None outside ``types``.
        defined: Names of this module that stand above the current line.
        forward: Set when the last annotation mentions a name further down.
    """

    models: Mapping[ModelId, Model]
    names: Mapping[tuple[Side, ModelId], TypeName]
    scope: Scope
    module: str | None = None
    defined: set[str] = field(default_factory=set)
    forward: bool = False

    def annotation(self, type_: Type, side: Side, *also: str) -> Expression:
        """The annotation, quoted when it mentions a name further down.

        Args:
            type_: The type.
            side: The direction.
            also: Further members of the union, e.g. ``"None"``.
        """
        self.forward = False
        value = self.expression(type_, side)
        if value not in ("Any", "object", "builtins.object"):
            value = either([value, *also])
        return string(flat(value)) if self.forward else value

    def expression(self, type_: Type, side: Side) -> Expression:
        """The type as an expression; :attr:`forward` tells of names further down."""
        members = list(self._members(type_, side))
        for anything in ("Any", "object", "builtins.object"):
            if anything in members:
                return anything
        return either(members)

    def _members(self, type_: Type, side: Side) -> Iterator[Expression]:
        if isinstance(type_, Nullable):
            yield from self._members(type_.inner, side)
            yield "None"
        elif isinstance(type_, Union):
            choices = tags(type_, self.models) if side is Side.RESPONSE else None
            if choices is None:
                for variant in type_.variants:
                    yield from self._members(variant, side)
            else:
                yield self._tagged(type_, choices)
        elif isinstance(type_, Scalar):
            yield from self._scalar(type_.kind, side)
        elif isinstance(type_, LiteralType):
            yield from self._fixed(type_)
        elif isinstance(type_, Ref):
            yield self.name(self.names[side, type_.model])
        else:
            yield self._container(type_, side)

    def _container(self, type_: ListOf | MapOf | AnyType | Binary, side: Side) -> Expression:
        request = side is Side.REQUEST
        if isinstance(type_, ListOf):
            item = self.expression(type_.item, side)
            if request:
                return subscript(self.scope.standard("collections.abc", "Sequence"), [item])
            return subscript(self.scope.builtin("list"), [item])
        if isinstance(type_, MapOf):
            arguments = [self.scope.builtin("str"), self.expression(type_.value, side)]
            if request:
                return subscript(self.scope.standard("collections.abc", "Mapping"), arguments)
            return subscript(self.scope.builtin("dict"), arguments)
        if isinstance(type_, Binary):
            if request:
                return self.scope.core("_core.files", "FileInput")
            return self.scope.builtin("str")
        return self.scope.builtin("object") if request else self.scope.standard("typing", "Any")

    def _fixed(self, type_: LiteralType) -> Iterator[Expression]:
        """Fixed values. One value is a tag; of several there may be more tomorrow."""
        yield from self.literal(type_.values)
        texts = [value for value in type_.values if isinstance(value, str)]
        if len(texts) > 1:
            yield self.scope.builtin("str")

    def _scalar(self, kind: ScalarKind, side: Side) -> Iterator[str]:
        if kind is ScalarKind.NULL:
            yield "None"
        elif kind in _DATES:
            if side is Side.REQUEST:
                yield self.scope.standard("datetime", _DATES[kind])
                yield self.scope.builtin("str")
            elif kind is ScalarKind.DATE_TIME and self.module is not None:
                yield self.scope.core("_core.models", "DateTime")
            else:
                yield self.scope.standard("datetime", _DATES[kind])
        else:
            yield self.scope.builtin(_SCALARS[kind])

    def literal(self, values: tuple[str | int | float | bool | None, ...]) -> Iterator[Expression]:
        """Fixed values; ``Literal`` takes no float, so those are their type."""
        chosen = [value for value in values if value is not None and not isinstance(value, float)]
        if chosen:
            items = [json_literal(value) for value in dict.fromkeys(chosen)]
            yield subscript(self.scope.standard("typing", "Literal"), items)
        if any(isinstance(value, float) for value in values):
            yield self.scope.builtin("float")
        if None in values:
            yield "None"

    def enumeration(self, model: EnumModel) -> Expression:
        """An open enumeration: the known values, or any other of their type."""
        known = self.literal(tuple(value.value for value in model.values))
        return either([*known, self.scope.builtin(_SCALARS.get(model.kind, "str"))])

    def _tagged(self, union: Union, choices: Mapping[str, ModelId]) -> Expression:
        discriminator = union.discriminator
        assert discriminator is not None
        # that a variant may be unknown is the core's affair: type checkers then narrow by the tag
        variants = [self.expression(variant, Side.RESPONSE) for variant in union.variants]
        mapping = dict_display(
            [
                (string(tag), self.name(self.names[Side.RESPONSE, model]))
                for tag, model in choices.items()
            ]
        )
        note = call(self.scope.core("_core.variants", "Tagged"), [string(discriminator), mapping])
        return subscript(self.scope.standard("typing", "Annotated"), [either(variants), note])

    def name(self, name: TypeName) -> str:
        """A named type, imported where needed."""
        if self.module is None:
            return self.scope.model(name.module, name.name)
        if name.module != self.module:
            return self.scope.sibling(name.module, name.name)
        if name.name not in self.defined:
            self.forward = True
        return name.name

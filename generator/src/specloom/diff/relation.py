"""How one type stands to another: the same, wider, narrower or another, as a user sees them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from specloom.ir.model import (
    AnyType,
    Binary,
    EnumModel,
    ListOf,
    LiteralType,
    MapOf,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Ref,
    Scalar,
    ScalarKind,
    Type,
    Union,
)

__all__ = ["Relation", "Side", "Types", "open_values"]

_MAX_DEPTH = 40
"""Aliases and containers that are looked through; what lies deeper is taken for the same."""

_TEXTS = frozenset(
    (
        ScalarKind.STRING,
        ScalarKind.TIME,
        ScalarKind.DURATION,
        ScalarKind.UUID,
        ScalarKind.BYTES,
    )
)
_DATES = frozenset((ScalarKind.DATE_TIME, ScalarKind.DATE))


class Side(enum.Enum):
    """The direction in which a value travels."""

    REQUEST = "requests"
    RESPONSE = "responses"


class Relation(enum.Enum):
    """How the new type stands to the old one, by the values that each allows."""

    SAME = "same"
    WIDER = "wider"
    NARROWER = "narrower"
    OTHER = "other"


def _both(one: Relation, other: Relation) -> Relation:
    if one is other or other is Relation.SAME:
        return one
    return other if one is Relation.SAME else Relation.OTHER


def open_values(made: Type) -> tuple[str, ...] | None:
    """Return the texts of an enumeration that is written where it is used; None for others.

    One value is a tag and closed; of several there may be more tomorrow.
    """
    if not isinstance(made, LiteralType) or len(made.values) < 2:
        return None
    texts = tuple(value for value in made.values if isinstance(value, str))
    return texts if len(texts) == len(made.values) else None


@dataclass(frozen=True, slots=True)
class Types:
    """Compares types of two editions of an API.

    Attributes:
        old, new: The named types of each.
        same: Whether an old and a new named type are one, whatever their names.
    """

    old: Mapping[ModelId, Model]
    new: Mapping[ModelId, Model]
    same: Callable[[ModelId, ModelId], bool]

    def relation(self, old: Type, new: Type, side: Side, depth: int = 0) -> Relation:
        """Return how ``new`` stands to ``old``.

        What changes inside a named type is not seen here: it is the change of that type.
        """
        if depth > _MAX_DEPTH:
            return Relation.SAME
        if self._named_alike(old, new):
            return Relation.SAME
        old, old_null = self._plain(old, self.old)
        new, new_null = self._plain(new, self.new)
        null = Relation.SAME
        if old_null is not new_null and not isinstance(new if old_null else old, AnyType):
            null = Relation.NARROWER if old_null else Relation.WIDER
        return _both(self._plainly(old, new, side, depth), null)

    def _plain(self, made: Type, models: Mapping[ModelId, Model]) -> tuple[Type, bool]:
        """Look through aliases; return what is meant, and whether it may be null."""
        null = False
        for _ in range(_MAX_DEPTH):
            if isinstance(made, Nullable):
                null, made = True, made.inner
                continue
            model = models.get(made.model) if isinstance(made, Ref) else None
            if not isinstance(model, NamedType):
                break
            made = model.type
        return made, null

    def _named_alike(self, old: Type, new: Type) -> bool:
        return isinstance(old, Ref) and isinstance(new, Ref) and self.same(old.model, new.model)

    def _plainly(self, old: Type, new: Type, side: Side, depth: int) -> Relation:
        if self._named_alike(old, new):
            return Relation.SAME
        if isinstance(old, Union) or isinstance(new, Union):
            return self._union(old, new, side, depth)
        if isinstance(old, AnyType) or isinstance(new, AnyType):
            return self._any(old, new, side)
        if isinstance(old, ListOf) and isinstance(new, ListOf):
            return self.relation(old.item, new.item, side, depth + 1)
        if isinstance(old, MapOf) and isinstance(new, MapOf):
            return self.relation(old.value, new.value, side, depth + 1)
        if isinstance(old, Binary) and isinstance(new, Binary):
            return Relation.SAME
        if isinstance(old, LiteralType) and isinstance(new, LiteralType):
            return _values(old, new)
        return self._tokens(old, new, side)

    def _any(self, old: Type, new: Type, side: Side) -> Relation:
        if isinstance(old, AnyType) and isinstance(new, AnyType):
            return Relation.SAME
        if isinstance(new, AnyType):
            return Relation.WIDER
        if side is Side.REQUEST:
            return Relation.NARROWER
        # what came as plain JSON now comes as something with attributes
        plain = isinstance(new, (Scalar, LiteralType)) and not (
            isinstance(new, Scalar) and new.kind in _DATES
        )
        return Relation.NARROWER if plain else Relation.OTHER

    def _union(self, old: Type, new: Type, side: Side, depth: int) -> Relation:
        before = list(_variants(old))
        after = list(_variants(new))
        relations = [
            [self.relation(one, other, side, depth + 1) for other in after] for one in before
        ]
        fits_new, fits_old = (Relation.SAME, Relation.WIDER), (Relation.SAME, Relation.NARROWER)
        kept = all(any(item in fits_new for item in row) for row in relations)
        covered = all(
            any(item in fits_old for item in column) for column in zip(*relations, strict=True)
        )
        if kept and covered:
            return Relation.SAME
        if kept and isinstance(old, Union) and old.discriminator and side is Side.RESPONSE:
            return Relation.SAME  # a variant more: users meet unknown ones already
        if kept or covered:
            return Relation.WIDER if kept else Relation.NARROWER
        return Relation.OTHER

    def _tokens(self, old: Type, new: Type, side: Side) -> Relation:
        before, after = self._kind(old, self.old), self._kind(new, self.new)
        if before is None or after is None:
            return self._objects(old, new)
        if before is after or (before in _TEXTS and after in _TEXTS):
            fixed, free = isinstance(old, LiteralType), isinstance(new, LiteralType)
            if fixed is free or open_values(old) or open_values(new):
                return Relation.SAME
            return Relation.WIDER if fixed else Relation.NARROWER
        if (before, after) == (ScalarKind.INTEGER, ScalarKind.NUMBER):
            return Relation.WIDER
        if (before, after) == (ScalarKind.NUMBER, ScalarKind.INTEGER):
            return Relation.NARROWER
        if side is Side.REQUEST:  # a date is sent as an object or as text
            if before in _TEXTS and after in _DATES:
                return Relation.WIDER
            if before in _DATES and after in _TEXTS:
                return Relation.NARROWER
        return Relation.OTHER

    def _objects(self, old: Type, new: Type) -> Relation:
        model = self.old.get(old.model) if isinstance(old, Ref) else None
        if (
            isinstance(model, ObjectModel)
            and isinstance(new, MapOf)
            and isinstance(new.value, AnyType)
        ):
            return Relation.WIDER
        return Relation.OTHER

    def _kind(self, made: Type, models: Mapping[ModelId, Model]) -> ScalarKind | None:
        """Return the kind of JSON token that a type is; None for anything else or a mixture."""
        if isinstance(made, Scalar):
            return made.kind
        if isinstance(made, Ref):
            model = models.get(made.model)
            return model.kind if isinstance(model, EnumModel) else None
        if isinstance(made, LiteralType):
            kinds = {_KINDS.get(type(value), ScalarKind.NULL) for value in made.values}
            return kinds.pop() if len(kinds) == 1 else None
        return None


_KINDS: dict[type, ScalarKind] = {
    str: ScalarKind.STRING,
    bool: ScalarKind.BOOLEAN,
    int: ScalarKind.INTEGER,
    float: ScalarKind.NUMBER,
}


def _values(old: LiteralType, new: LiteralType) -> Relation:
    if open_values(old) and open_values(new):
        return Relation.SAME  # each value that comes or goes is a change of its own
    before = {(type(value), value) for value in old.values}
    after = {(type(value), value) for value in new.values}
    if before == after:
        return Relation.SAME
    if before < after:
        return Relation.WIDER
    return Relation.NARROWER if after < before else Relation.OTHER


def _variants(made: Type) -> Iterator[Type]:
    if isinstance(made, Union):
        for variant in made.variants:
            yield from _variants(variant)
    else:
        yield made

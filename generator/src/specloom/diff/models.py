"""Changes of the types that an SDK offers: objects and their fields, enumerations, aliases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from specloom.diff.changes import Change, Level
from specloom.diff.matching import Matches
from specloom.diff.places import Place
from specloom.diff.relation import Relation, Side, Types
from specloom.diff.surface import differ, limits, sides
from specloom.ir.model import (
    Api,
    EnumModel,
    Field,
    Model,
    ModelId,
    NamedType,
    ObjectModel,
)

__all__ = ["ModelChanges"]


@dataclass(slots=True)
class ModelChanges:
    """Compares the named types of two editions."""

    old: Api
    new: Api
    matches: Matches
    types: Types
    _old_sides: dict[ModelId, frozenset[Side]] = field(init=False)
    _new_sides: dict[ModelId, frozenset[Side]] = field(init=False)

    def __post_init__(self) -> None:
        self._old_sides, self._new_sides = sides(self.old), sides(self.new)

    def all(self) -> Iterator[Change]:
        """Yield every change of a type, in the old document's order, then what is new."""
        for id_, model in self.old.models.items():
            other = self.new.models.get(self.matches.models.get(id_, ""))
            yield from self._gone(model, other)
            if other is not None:
                yield from self._changed(model, other)
        kept = {new: old for old, new in self.matches.models.items()}
        for id_, model in self.new.models.items():
            had = self._old_sides[kept[id_]] if id_ in kept else frozenset()
            if not had and self._new_sides[id_]:
                yield Change(
                    Level.FEATURE,
                    "type-added",
                    _name(model),
                    "a new type",
                    "nobody has to use it",
                    None,
                    model.source.pointer,
                )

    def _gone(self, model: Model, other: Model | None) -> Iterator[Change]:
        """Say that a name, or the form of a type for one direction, is not offered any more."""
        had = self._old_sides[model.id]
        has = self._new_sides[other.id] if other is not None else frozenset()
        lost = had - has
        if not isinstance(model, ObjectModel) and has:
            lost = frozenset()  # one name serves both directions
        if lost:
            where = "" if lost == had else f" for {min(lost, key=lambda side: side.value).value}"
            yield Change(
                Level.BREAKING,
                "type-removed",
                _name(model),
                f"the type{where} is gone",
                "a program that imports it fails",
                model.source.pointer,
                other.source.pointer if other is not None else None,
            )
        elif other is not None and had and model.name != other.name:
            yield Change(
                Level.BREAKING,
                "type-renamed",
                _name(model),
                f"is now called {_name(other)}",
                "a program that imports it by its old name fails",
                model.source.pointer,
                other.source.pointer,
                f"keep the name: map the schema to {_name(model)} under models in the configuration",
            )

    def _changed(self, old: Model, new: Model) -> Iterator[Change]:
        both = self._old_sides[old.id] & self._new_sides[new.id]
        if not both:
            return
        where = (old.source.pointer, new.source.pointer)
        if new.deprecated and not old.deprecated:
            yield Change(
                Level.FEATURE,
                "type-deprecated",
                _name(old),
                "is deprecated",
                "it works as before",
                *where,
            )
        if differ(_documented(old), _documented(new)):
            yield Change(
                Level.FIX,
                "documentation-changed",
                _name(old),
                "is documented otherwise",
                "nothing a program could notice",
                *where,
            )
        if isinstance(old, ObjectModel) and isinstance(new, ObjectModel):
            yield from _merged({side: list(self._fields(old, new, side)) for side in both})
        elif isinstance(old, EnumModel) and isinstance(new, EnumModel):
            yield from self._values(old, new, both)
        elif isinstance(old, NamedType) and isinstance(new, NamedType):
            places = {side: Place(_name(old), "it", "type", side, *where) for side in both}
            yield from _merged(
                {
                    side: list(place.types(self.types, old.type, new.type))
                    for side, place in places.items()
                }
            )
        else:
            yield Change(
                Level.BREAKING,
                "type-changed",
                _name(old),
                f"was {_form(old)} and is {_form(new)}",
                "programs use it as what it was",
                *where,
            )

    # -- enumerations

    def _values(self, old: EnumModel, new: EnumModel, both: frozenset[Side]) -> Iterator[Change]:
        side = Side.REQUEST if Side.REQUEST in both else Side.RESPONSE
        where = (old.source.pointer, new.source.pointer)
        place = Place(_name(old), "the enumeration", "enumeration", side, *where)
        if old.kind is not new.kind:
            yield place.change(
                Level.BREAKING,
                "type-changed",
                f"its values were of type {old.kind.value} and are of type {new.kind.value}",
                "programs compare with values of the old type",
            )
            return
        yield from place.values(
            tuple(item.value for item in old.values), tuple(item.value for item in new.values)
        )

    # -- objects

    def _fields(self, old: ObjectModel, new: ObjectModel, side: Side) -> Iterator[Change]:
        before = {item.wire_name: item for item in old.fields if _offered(item, side)}
        after = {item.wire_name: item for item in new.fields if _offered(item, side)}
        by_name = {item.name for item in after.values()}
        for wire_name, item in before.items():
            other = after.get(wire_name)
            name = "_".join(item.name)
            place = Place(
                f"{_name(old)}.{name}",
                "the field",
                "field",
                side,
                item.source.pointer,
                other.source.pointer if other is not None else None,
            )
            if other is not None:
                yield from self._field(place, item, other)
            elif item.name not in by_name:
                yield place.change(
                    Level.BREAKING,
                    "removed",
                    "the field is gone",
                    "programs that read the attribute fail a type check"
                    if side is Side.RESPONSE
                    else "programs that set the key fail a type check",
                )
        names = {item.name for item in before.values()}
        for wire_name, item in after.items():
            if wire_name not in before and item.name not in names:
                yield self._added(old, item, side)
        yield from self._additional(old, new, side)

    def _added(self, owner: ObjectModel, item: Field, side: Side) -> Change:
        place = Place(
            f"{_name(owner)}.{'_'.join(item.name)}",
            "the field",
            "field",
            side,
            None,
            item.source.pointer,
        )
        if item.required and side is Side.REQUEST:
            return place.change(
                Level.BREAKING,
                "added-required",
                "a new field that requests must have",
                "objects that were complete are not any more",
            )
        return place.change(
            Level.FEATURE,
            "added",
            "a new field",
            "nobody has to use it",
        )

    def _field(self, place: Place, old: Field, new: Field) -> Iterator[Change]:
        before, after = "_".join(old.name), "_".join(new.name)
        if before != after:
            yield place.change(
                Level.BREAKING,
                "renamed",
                f"the field is now called {after}",
                "programs use the old name",
            )
        if old.required is not new.required:
            yield _presence(place, new.required)
        yield from place.types(self.types, old.type, new.type)
        if new.deprecated and not old.deprecated:
            yield place.change(
                Level.FEATURE, "deprecated", "the field is deprecated", "it works as before"
            )

    def _additional(self, old: ObjectModel, new: ObjectModel, side: Side) -> Iterator[Change]:
        if old.additional is None or new.additional is None:
            return
        relation = self.types.relation(old.additional, new.additional, side)
        if relation is Relation.SAME:
            return
        place = Place(
            _name(old),
            "the value of other keys",
            "additional",
            side,
            old.source.pointer,
            new.source.pointer,
        )
        yield from place.types(self.types, old.additional, new.additional)


def _presence(place: Place, required: bool) -> Change:
    if place.side is Side.REQUEST:
        return place.change(
            Level.BREAKING if required else Level.FEATURE,
            "now-required" if required else "now-optional",
            f"the field {'must' if required else 'need not'} be sent",
            "objects without it were accepted so far"
            if required
            else "objects with it are as good",
        )
    return place.change(
        Level.FEATURE if required else Level.BREAKING,
        "now-required" if required else "now-optional",
        f"the field is {'always' if required else 'not always'} there",
        "programs may rely on it" if required else "programs meet None where there was a value",
    )


def _offered(item: Field, side: Side) -> bool:
    return not (item.write_only if side is Side.RESPONSE else item.read_only)


def _name(model: Model) -> str:
    return "_".join(model.name)


def _merged(found: dict[Side, list[Change]]) -> Iterator[Change]:
    """Say once what is the same in both directions, and of the rest in which it is so."""
    names = {
        side: {(change.level, change.kind, change.subject, change.message) for change in changes}
        for side, changes in found.items()
    }
    everywhere = set.intersection(*names.values())
    said: set[tuple[Level, str, str, str]] = set()
    for side in sorted(found, key=lambda item: item.value):
        for change in found[side]:
            key = (change.level, change.kind, change.subject, change.message)
            if key in everywhere:
                if key not in said:
                    said.add(key)
                    yield change
            else:
                yield replace(change, message=f"{change.message}, in {side.value}")


def _documented(model: Model) -> dict[object, object]:
    """Return what is said about a type and about each of its members."""
    said: dict[object, object] = {"": model.docs}
    if isinstance(model, ObjectModel):
        said.update((item.wire_name, (item.docs, limits(item.type))) for item in model.fields)
    elif isinstance(model, EnumModel):
        said.update((item.value, item.docs) for item in model.values)
    return said


def _form(model: Model) -> str:
    if isinstance(model, ObjectModel):
        return "an object"
    if isinstance(model, EnumModel):
        return "an enumeration"
    return "another name for another type"

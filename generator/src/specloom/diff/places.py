"""Changes of a value's type at one place: an argument, a field, a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specloom.diff.changes import Change, Level
from specloom.diff.relation import Relation, Side, Types, open_values
from specloom.diff.surface import shown
from specloom.ir.model import ListOf, MapOf, Nullable, Type

__all__ = ["Place", "quoted"]

_WHY = {
    (Side.REQUEST, Relation.WIDER): "every value that was accepted still is",
    (
        Side.REQUEST,
        Relation.NARROWER,
    ): "values that were accepted are refused by type checkers, or by the API",
    (
        Side.REQUEST,
        Relation.OTHER,
    ): "values that were accepted are refused by type checkers, or by the API",
    (Side.RESPONSE, Relation.NARROWER): "programs that read it still can",
    (Side.RESPONSE, Relation.WIDER): "programs meet values that they are not written for",
    (Side.RESPONSE, Relation.OTHER): "programs read another type than they are written for",
}
_HARMLESS = {Side.REQUEST: Relation.WIDER, Side.RESPONSE: Relation.NARROWER}


def quoted(value: str) -> str:
    """Write a value of the document so that it cannot be taken for the sentence around it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, in both editions.

    Attributes:
        subject: Whose it is: a method or a type.
        what: How a sentence names it: ``the argument limit``.
        noun: First word of the kinds of change: ``argument``.
        side: The direction in which it travels.
        old, new: Its pointers.
    """

    subject: str
    what: str
    noun: str
    side: Side
    old: str | None
    new: str | None

    def types(self, types: Types, old: Type, new: Type) -> Iterator[Change]:
        """Compare the types that the value had and has."""
        relation = types.relation(old, new, self.side)
        if relation is not Relation.SAME:
            harmless = relation is _HARMLESS[self.side]
            yield self.change(
                Level.FEATURE if harmless else Level.BREAKING,
                "type-extended" if harmless else "type-changed",
                f"{self.what} was {shown(old, types.old)} and is {shown(new, types.new)}",
                _WHY[self.side, relation],
            )
        yield from self._values(old, new)

    def _values(self, old: Type, new: Type) -> Iterator[Change]:
        """Compare the values of an enumeration that is written where it is used."""
        while True:
            if isinstance(old, Nullable) or isinstance(new, Nullable):
                old = old.inner if isinstance(old, Nullable) else old
                new = new.inner if isinstance(new, Nullable) else new
            elif isinstance(old, ListOf) and isinstance(new, ListOf):
                old, new = old.item, new.item
            elif isinstance(old, MapOf) and isinstance(new, MapOf):
                old, new = old.value, new.value
            else:
                break
        before, after = open_values(old), open_values(new)
        if before is not None and after is not None:
            yield from self.values(before, after)

    def values(self, before: tuple[object, ...], after: tuple[object, ...]) -> Iterator[Change]:
        """Compare the known values of an open enumeration."""
        for value in before:
            if value not in after:
                sent = self.side is Side.REQUEST
                yield self.change(
                    Level.BREAKING if sent else Level.FIX,
                    "value-removed",
                    f"{self.what} knows the value {quoted(str(value))} no more",
                    "the API is likely to refuse a call that sends it"
                    if sent
                    else "the enumeration is open: code that compares with it still type-checks",
                )
        for value in after:
            if value not in before:
                yield self.change(
                    Level.FEATURE,
                    "value-added",
                    f"{self.what} knows the value {quoted(str(value))}",
                    "the enumeration is open: any text was possible before",
                )

    def change(self, level: Level, kind: str, message: str, why: str, hint: str = "") -> Change:
        """Make a change of this place."""
        return Change(
            level, f"{self.noun}-{kind}", self.subject, message, why, self.old, self.new, hint
        )

"""Two readings of one document, compared: each difference at one place, with both opinions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from .reading import (
    ANY,
    Choice,
    Items,
    Named,
    ObjectReading,
    OperationReading,
    ParameterReading,
    Reading,
    Shape,
    choice,
    describe,
)

__all__ = ["Difference", "Kind", "compare"]

Kind: TypeAlias = Literal[
    "operation", "parameter", "body", "response", "field", "required", "type", "style", "additional"
]
"""What is different: whether the thing is there at all, or one aspect of it."""

ABSENT: Final = "absent"

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One disagreement.

    Attributes:
        pointer: JSON pointer of the place in the document.
        kind: What is different there.
        ours, theirs: The two opinions, in words.
        where: How a reader reaches the place: an operation and the path within it.
    """

    pointer: str
    kind: Kind
    ours: str
    theirs: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.pointer}: {self.kind}: specloom {self.ours}, referee {self.theirs}"


def compare(ours: Reading, theirs: Reading) -> tuple[Difference, ...]:
    """Every difference between two readings, each place and aspect once, in document order.

    Args:
        ours: Specloom's reading, which knows the pointers.
        theirs: The referee's.
    """
    comparison = _Comparison(ours, theirs)
    comparison.operations()
    unique: dict[tuple[str, str, str, str], Difference] = {}
    for difference in comparison.found:
        key = (difference.pointer, difference.kind, difference.ours, difference.theirs)
        unique.setdefault(key, difference)
    return tuple(unique.values())


class _Comparison:
    """The state of one comparison: what was found, and which pairs of names were met already."""

    def __init__(self, ours: Reading, theirs: Reading) -> None:
        self.ours = ours
        self.theirs = theirs
        self.found: list[Difference] = []
        self._met: set[tuple[str, str]] = set()

    def add(self, pointer: str, kind: Kind, ours: str, theirs: str, where: str) -> None:
        self.found.append(Difference(pointer, kind, ours, theirs, where))

    def operations(self) -> None:
        for key, mine in self.ours.operations.items():
            where = " ".join(key)
            other = self.theirs.operations.get(key)
            if other is None:
                self.add(mine.pointer, "operation", "present", ABSENT, where)
            else:
                self._operation(mine, other, where)
        for method, path in self.theirs.operations.keys() - self.ours.operations.keys():
            escaped = path.replace("~", "~0").replace("/", "~1")
            pointer = f"/paths/{escaped}/{method.lower()}"
            self.add(pointer, "operation", ABSENT, "present", f"{method} {path}")

    def _operation(self, mine: OperationReading, other: OperationReading, where: str) -> None:
        for location, name in _either(mine.parameters, other.parameters):
            place = f"{where} {location} {name}"
            ours = mine.parameters.get((location, name))
            theirs = other.parameters.get((location, name))
            if ours is None or theirs is None:
                pointer = ours.pointer if ours else mine.pointer
                self.add(pointer, "parameter", _there(ours, name), _there(theirs, name), place)
            else:
                self._parameter(ours, theirs, place)
        if mine.bodies and other.bodies and mine.body_required != other.body_required:
            self.add(
                mine.body_pointer,
                "required",
                _required(mine.body_required),
                _required(other.body_required),
                f"{where} body",
            )
        for media_type in _either(mine.bodies, other.bodies):
            self._present(
                mine.bodies.get(media_type),
                other.bodies.get(media_type),
                _below(mine.body_pointer, "content", media_type),
                "body",
                media_type,
                f"{where} body",
            )
        for status in _either(mine.responses, other.responses):
            place = f"{where} {status}"
            answer, reading = mine.responses.get(status), other.responses.get(status)
            if answer is None or reading is None:
                pointer = answer.pointer if answer else mine.pointer
                self.add(
                    pointer, "response", _there(answer, status), _there(reading, status), place
                )
                continue
            for media_type in _either(answer.contents, reading.contents):
                self._present(
                    answer.contents.get(media_type),
                    reading.contents.get(media_type),
                    _below(answer.pointer, "content", media_type),
                    "response",
                    media_type,
                    place,
                )

    def _parameter(self, mine: ParameterReading, other: ParameterReading, where: str) -> None:
        if mine.required != other.required:
            self.add(
                mine.pointer, "required", _required(mine.required), _required(other.required), where
            )
        if mine.style != other.style:
            self.add(
                mine.pointer, "style", mine.style or "default", other.style or "default", where
            )
        self._shape(mine.shape, other.shape, mine.pointer, where)

    def _present(
        self,
        mine: Shape | None,
        other: Shape | None,
        pointer: str,
        kind: Kind,
        name: str,
        where: str,
    ) -> None:
        if mine is None or other is None:
            self.add(pointer, kind, _there(mine, name), _there(other, name), where)
        else:
            self._shape(mine, other, pointer, where)

    def _shape(self, mine: Shape, other: Shape, pointer: str, where: str) -> None:
        mine, other = self._open(mine, self.ours), self._open(other, self.theirs)
        if isinstance(mine, Items) and isinstance(other, Items):
            self._shape(mine.item, other.item, pointer, f"{where}[]")
        elif isinstance(mine, Named) and isinstance(other, Named):
            self._object(mine, other, where)
        elif isinstance(mine, Choice) or isinstance(other, Choice):
            self._choice(_options(mine), _options(other), pointer, where)
        elif mine != other:
            self.add(pointer, "type", describe(mine), describe(other), where)

    def _choice(
        self, mine: tuple[Shape, ...], other: tuple[Shape, ...], pointer: str, where: str
    ) -> None:
        """Pair the options that agree; what is left over is the difference."""
        rest = list(other)
        alone: list[Shape] = []
        for option in mine:
            partner = next((known for known in rest if self._agree(option, known)), None)
            if partner is None:
                alone.append(option)
            else:
                rest.remove(partner)
        if len(alone) == len(rest) == 1 and not isinstance(alone[0], Choice):
            self._shape(alone[0], rest[0], pointer, where)
        elif alone or rest:
            self.add(pointer, "type", describe(choice(mine)), describe(choice(other)), where)

    def _agree(self, mine: Shape, other: Shape) -> bool:
        """Whether two options have no difference anywhere below them."""
        trial = _Comparison(self.ours, self.theirs)
        trial._met = set(self._met)
        trial._shape(mine, other, "", "")
        return not trial.found

    def _object(self, mine: Named, other: Named, where: str) -> None:
        if (mine.key, other.key) in self._met:
            return
        self._met.add((mine.key, other.key))
        ours, theirs = self.ours.named[mine.key], self.theirs.named.get(other.key)
        if not isinstance(ours, ObjectReading) or not isinstance(theirs, ObjectReading):
            self.add("", "type", describe(mine), describe(other), where)  # a name without a meaning
            return
        for name in _either(ours.fields, theirs.fields):
            place = f"{where}.{name}"
            field, reading = ours.fields.get(name), theirs.fields.get(name)
            if field is None or reading is None:
                pointer = field.pointer if field else ours.pointer
                self.add(pointer, "field", _there(field, name), _there(reading, name), place)
                continue
            if field.required != reading.required:
                self.add(
                    field.pointer,
                    "required",
                    _required(field.required),
                    _required(reading.required),
                    place,
                )
            self._shape(field.shape, reading.shape, field.pointer, place)
        if (ours.additional is None) != (theirs.additional is None):
            self.add(
                ours.pointer,
                "additional",
                "allowed" if ours.additional else "forbidden",
                "allowed" if theirs.additional else "forbidden",
                where,
            )
        elif ours.additional is not None and theirs.additional is not None:
            pointer = _below(ours.pointer, "additionalProperties")
            self._shape(ours.additional, theirs.additional, pointer, f"{where}{{}}")

    def _open(self, shape: Shape, reading: Reading) -> Shape:
        """Follow names that stand for no object, within unions too."""
        return choice(self._followed(shape, reading, frozenset()))

    def _followed(self, shape: Shape, reading: Reading, seen: frozenset[str]) -> Iterator[Shape]:
        if isinstance(shape, Choice):
            for option in shape.options:
                yield from self._followed(option, reading, seen)
        elif isinstance(shape, Named):
            target = reading.named.get(shape.key)
            if target is None or isinstance(target, ObjectReading):
                yield shape
            elif shape.key in seen:
                yield ANY  # a name that stands for itself
            else:
                yield from self._followed(target, reading, seen | {shape.key})
        else:
            yield shape


def _options(shape: Shape) -> tuple[Shape, ...]:
    return shape.options if isinstance(shape, Choice) else (shape,)


def _either(mine: Mapping[_Key, object], other: Mapping[_Key, object]) -> list[_Key]:
    """The keys of both: ours in order, then what only the other has."""
    return [*mine, *(key for key in other if key not in mine)]


def _there(found: object, name: str) -> str:
    return ABSENT if found is None else name


def _required(required: bool) -> str:
    return "required" if required else "optional"


def _below(pointer: str, *tokens: str) -> str:
    return pointer + "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)

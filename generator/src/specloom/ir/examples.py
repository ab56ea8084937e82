"""Values that a type allows, the same each time: what tests and first calls are made of.

A document's own examples are taken where they fit their type; the rest is made from kinds, formats
and limits.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Final

from specloom.ir.model import (
    AnyType,
    Binary,
    Constraints,
    EnumModel,
    Field,
    Json,
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
from specloom.spec.pattern import PatternError, sample

__all__ = ["Examples", "NoExampleError"]

_TEXT: Final = "example"
_BY_KIND: Final[Mapping[ScalarKind, Json]] = {
    ScalarKind.BOOLEAN: True,
    ScalarKind.NULL: None,
    ScalarKind.DATE_TIME: "2025-01-15T10:30:00Z",
    ScalarKind.DATE: "2025-01-15",
    ScalarKind.TIME: "10:30:00Z",
    ScalarKind.DURATION: "PT1H",
    ScalarKind.UUID: "6f1d0d3c-51f4-4c2e-9d3a-2f1b8a7c0e55",
    ScalarKind.BYTES: "ZXhhbXBsZQ==",
}
_BY_FORMAT: Final[Mapping[str, str]] = {
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "iri": "https://example.com/",
    "uri-reference": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/example",
}
_PYTHON_KINDS: Final[Mapping[ScalarKind, type | tuple[type, ...]]] = {
    ScalarKind.BOOLEAN: bool,
    ScalarKind.INTEGER: int,
    ScalarKind.NUMBER: (int, float),
    ScalarKind.STRING: str,
}
"""The kinds whose documented examples can be checked here; of others they are not taken."""

_OPTIONAL_DEPTH: Final = 3
"""Models within models below which optional properties are left out."""

_DEPTH: Final = 60
"""Models within models."""

_STEPS: Final = 20_000
"""Values within one value: models that all refer to each other hold more than anybody can read."""

_LONGEST: Final = 10_000
"""Characters and items: a document that asks for more is not worth an example."""


class NoExampleError(ValueError):
    """No value can be made: the type needs itself, or its limits leave nothing."""


class Examples:
    """Makes values for types of one API.

    Args:
        models: The API's named types.
        request: Whether the values are sent: properties that only a server sets are left out, and
            the other way round.
        everything: Make optional properties as well.
    """

    def __init__(
        self, models: Mapping[ModelId, Model], *, request: bool = True, everything: bool = False
    ) -> None:
        self._models = models
        self._request = request
        self._everything = everything
        self._left = 0

    def value(self, type_: Type, example: Json = None) -> Json:
        """A value of a type; bytes for :class:`Binary`, else JSON.

        Args:
            type_: The type.
            example: What the document shows for it; taken where it fits.

        Raises:
            NoExampleError: No value can be made, or only one that is too large.
        """
        self._left = _STEPS
        if isinstance(example, dict | list) and example and self._allows(type_, example, 0):
            return example
        return self._value(type_, example, ())

    def _allows(self, type_: Type, value: Json, depth: int) -> bool:
        """Whether a value that a document shows has the shape of the type."""
        if depth > _DEPTH:
            return False
        match type_:
            case Nullable(inner):
                return value is None or self._allows(inner, value, depth)
            case Scalar():
                return _is_token(type_, value)
            case LiteralType(values):
                return value in values
            case ListOf(item):
                return isinstance(value, list) and all(
                    self._allows(item, one, depth + 1) for one in value
                )
            case MapOf(member):
                return isinstance(value, dict) and all(
                    self._allows(member, one, depth + 1) for one in value.values()
                )
            case Union(variants):
                return any(self._allows(variant, value, depth + 1) for variant in variants)
            case Ref(model):
                return self._is_model(self._models[model], value, depth + 1)
            case AnyType() | Binary():
                return True

    def _is_model(self, model: Model, value: Json, depth: int) -> bool:
        match model:
            case EnumModel(values=values):
                return any(value == known.value for known in values)
            case NamedType(type=type_):
                return self._allows(type_, value, depth)
            case ObjectModel():
                return isinstance(value, dict) and all(
                    self._allows(member.type, value[member.wire_name.raw], depth)
                    if member.wire_name.raw in value
                    else not member.required or member.read_only
                    for member in model.fields
                )

    def _value(self, type_: Type, example: Json, above: tuple[ModelId, ...]) -> Json:
        self._left -= 1
        if self._left < 0:
            raise NoExampleError("it holds too much")
        match type_:
            case Nullable(inner):
                return self._value(inner, example, above)
            case Scalar():
                return _token(type_, example)
            case LiteralType(values):
                return values[0]
            case ListOf(item, constraints):
                return self._list(item, constraints, above)
            case MapOf(value, constraints):
                return self._map(value, constraints, above)
            case Ref(model):
                return self._named(model, example, above)
            case Union():
                return self._union(type_, above)
            case AnyType():
                return _TEXT if example is None else example
            case Binary():
                return _TEXT.encode()

    def _named(self, id_: ModelId, example: Json, above: tuple[ModelId, ...]) -> Json:
        if id_ in above:
            raise NoExampleError(f"{id_} needs itself")
        if len(above) > _DEPTH:
            raise NoExampleError("its models are nested too deep")
        below = (*above, id_)
        match self._models[id_]:
            case EnumModel(values=values):
                known = [value.value for value in values if value.value is not None]
                return example if example in known else (known[0] if known else None)
            case NamedType(type=type_):
                return self._value(type_, example, below)
            case ObjectModel() as model:
                return self._object(model, below)

    def _object(self, model: ObjectModel, above: tuple[ModelId, ...]) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for member in model.fields:
            if member.read_only if self._request else member.write_only:
                continue
            if member.required:
                made[member.wire_name.raw] = self._member(member, above)
            elif self._everything and len(above) <= _OPTIONAL_DEPTH:
                try:
                    made[member.wire_name.raw] = self._member(member, above)
                except NoExampleError:
                    continue  # an optional way back to itself
        return made

    def _member(self, member: Field, above: tuple[ModelId, ...]) -> Json:
        example = member.example if member.example is not None else member.default
        try:
            return self._value(member.type, example, above)
        except NoExampleError:
            if isinstance(member.type, Nullable):
                return None
            raise

    def _list(
        self, item: Type, constraints: Constraints | None, above: tuple[ModelId, ...]
    ) -> list[Json]:
        least = (constraints and constraints.min_items) or 0
        most = constraints.max_items if constraints is not None else None
        most = max(1, least) if most is None else most
        if least > _LONGEST or most < least:
            raise NoExampleError(f"a list of {least} items is too long for an example")
        try:
            made = self._value(item, None, above)
        except NoExampleError:
            if least:
                raise
            return []
        count = max(least, min(1, most))
        if count > 1 and constraints is not None and constraints.unique_items:
            return self._distinct(item, count, made)
        return [made] * count

    def _distinct(self, item: Type, count: int, first: Json) -> list[Json]:
        target = item
        while isinstance(target, Ref) and isinstance(
            named := self._models[target.model], NamedType
        ):
            target = named.type
        model = self._models[target.model] if isinstance(target, Ref) else None
        found: list[Json] = []
        if isinstance(model, EnumModel):
            found = [value.value for value in model.values[:count]]
        elif isinstance(target, LiteralType):
            found = list(target.values[:count])
        elif isinstance(first, str) and isinstance(target, Scalar) and target.constraints is None:
            found = [first, *(f"{first} {number}" for number in range(2, count + 1))]
        elif isinstance(first, int) and not isinstance(first, bool):
            found = [first + number for number in range(count)]
        elif isinstance(target, Scalar) and target.constraints and target.constraints.pattern:
            texts = (_token(target, None, seed) for seed in range(2 * count))
            found = list(dict.fromkeys(texts))[:count]
        if len(found) < count:
            raise NoExampleError(f"no {count} different items can be made")
        return found

    def _map(
        self, value: Type, constraints: Constraints | None, above: tuple[ModelId, ...]
    ) -> dict[str, Json]:
        least = (constraints and constraints.min_properties) or 0
        if not least and not self._everything:
            return {}
        if least > _LONGEST:
            raise NoExampleError(f"an object of {least} properties is too large for an example")
        try:
            made = self._value(value, None, above)
        except NoExampleError:
            if least:
                raise
            return {}
        return {f"key{number}" if number else "key": made for number in range(max(1, least))}

    def _union(self, union: Union, above: tuple[ModelId, ...]) -> Json:
        if union.discriminator is not None:
            for tag, model in union.mapping:
                try:
                    made = self._named(model, None, above)
                except NoExampleError:
                    continue
                return {**made, union.discriminator.raw: tag} if isinstance(made, dict) else made
        made_ones: list[Json] = []
        for variant in union.variants:
            try:
                made_ones.append(self._value(variant, None, above))
            except NoExampleError:
                continue
        if not made_ones:
            raise NoExampleError("no variant of the union can be made")
        # The object that says most fits fewest of the others: exactly one may fit (oneOf).
        objects = [value for value in made_ones if isinstance(value, dict)]
        return max(objects, key=len) if len(objects) == len(made_ones) else made_ones[0]


def _is_token(type_: Scalar, value: Json) -> bool:
    """Whether a value is of the kind, whatever its format and limits."""
    kind = _PYTHON_KINDS.get(type_.kind, str)
    if isinstance(value, bool):
        return type_.kind is ScalarKind.BOOLEAN
    return value is None if type_.kind is ScalarKind.NULL else isinstance(value, kind)


def _fits(type_: Scalar, example: Json) -> bool:
    """Whether an example is surely a value of the type."""
    kind = _PYTHON_KINDS.get(type_.kind)
    if kind is None or not isinstance(example, kind):
        return False
    if isinstance(example, bool):
        return type_.kind is ScalarKind.BOOLEAN
    if type_.format is not None and type_.format.raw in _BY_FORMAT:
        return False
    limits = type_.constraints or Constraints()
    if isinstance(example, str):
        return _fits_text(example, limits)
    return isinstance(example, (int, float)) and _fits_number(example, limits)


def _fits_text(text: str, limits: Constraints) -> bool:
    longest = len(text) if limits.max_length is None else limits.max_length
    return bool(text) and (limits.min_length or 0) <= len(text) <= longest


def _fits_number(number: float, limits: Constraints) -> bool:
    below, above = limits.exclusive_minimum, limits.exclusive_maximum
    return (
        (limits.minimum is None or number >= limits.minimum)
        and (limits.maximum is None or number <= limits.maximum)
        and (below is None or number > below)
        and (above is None or number < above)
        and (not limits.multiple_of or math.isclose(math.remainder(number, limits.multiple_of), 0))
    )


def _token(type_: Scalar, example: Json, seed: int = 0) -> Json:
    fits = _fits(type_, example)
    patterned = type_.constraints is not None and type_.constraints.pattern is not None
    if fits and not patterned:
        return example
    try:
        return _scalar(type_, seed)
    except NoExampleError:
        if fits:  # no pattern of a document is run here: a hostile one takes for ever
            return example
        raise


def _scalar(type_: Scalar, seed: int) -> Json:
    limits = type_.constraints or Constraints()
    if type_.kind in {ScalarKind.INTEGER, ScalarKind.NUMBER}:
        return _number(limits, whole=type_.kind is ScalarKind.INTEGER)
    if type_.kind in _BY_KIND:
        return _BY_KIND[type_.kind]
    if limits.pattern is not None:
        return _patterned(limits.pattern.raw, limits, seed)
    text = _BY_FORMAT.get(type_.format.raw, _TEXT) if type_.format else _TEXT
    least = limits.min_length or 0
    if least > _LONGEST:
        raise NoExampleError(f"a text of {least} characters is too long for an example")
    while len(text) < least:
        text += _TEXT
    most = len(text) if limits.max_length is None else limits.max_length
    return text[: max(least, min(len(text), most))]


def _patterned(pattern: str, limits: Constraints, seed: int) -> str:
    most = _LONGEST if limits.max_length is None else limits.max_length
    try:
        # An example, no secret: the same in each run.
        return sample(pattern, random.Random(seed), limits.min_length or 0, most)  # noqa: S311
    except PatternError as error:
        raise NoExampleError(f"no text can be made that matches {pattern!r}") from error


def _number(limits: Constraints, *, whole: bool) -> float:
    step = limits.multiple_of or (1 if whole else 0)
    candidates = [1.0, limits.minimum, limits.maximum, 0.0]
    for edge, sign in ((limits.exclusive_minimum, 1), (limits.exclusive_maximum, -1)):
        if edge is not None:
            candidates += [edge + sign, edge + sign * 0.001]
    candidates += [limits.minimum or 0.0, limits.exclusive_minimum or 0.0]
    for candidate in candidates:
        if candidate is None or not math.isfinite(candidate):
            continue
        aligned = math.ceil(candidate / step) * step if step else candidate
        if _fits_number(aligned, limits) and (not whole or float(aligned).is_integer()):
            return int(aligned) if float(aligned).is_integer() else aligned
    raise NoExampleError("no number lies between the limits")

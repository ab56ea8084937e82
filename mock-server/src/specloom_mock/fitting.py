"""Values made to fit a schema, with as much kept of them as the schema allows.

What a client writes and what it reads back are two schemas in most documents: an id is written and
an object read, an object is written in part and read in whole. A row is made of what was written,
so it is brought into the shape that is read; where nothing of a value fits, a generated one stands
in its place.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from specloom_mock.generate import Generator, rng_for
from specloom_mock.names import words_of
from specloom_mock.schemas import Direction, Schemas

__all__ = ["NOTHING", "Fitter"]

NOTHING: Any = object()
"""Stands for a value where no value fits."""

_EFFORT = 600
"""Schemas that one fitting may look at, so that unions of unions end."""
_ATTEMPTS = 4
_NAMING = ("id", "slug", "key", "name", "code", "value", "email", "login", "username")


class Fitter:
    """Fits values to schemas of one document.

    Args:
        schemas: The document's schemas.
        generator: Makes what is missing.
        direction: Which way the values travel.
    """

    def __init__(
        self, schemas: Schemas, generator: Generator, direction: Direction = Direction.RESPONSE
    ) -> None:
        self._schemas = schemas
        self._generator = generator
        self._direction = direction
        self._left = 0

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether a value is what the schema describes."""
        return self._schemas.check(schema, self._direction).is_valid(value)

    def fit(self, schema: Any, value: Any, rng: random.Random, name: str = "") -> Any:
        """The value itself, else one near it that fits, else a generated one.

        Args:
            schema: The schema.
            value: What shall be kept of, where the schema allows.
            rng: The random source.
            name: What the value is called.

        Returns:
            :data:`NOTHING`, when no value was found that fits.
        """
        self._left = _EFFORT
        return self._fit(schema, value, rng, name, 0)

    def fit_object(self, schema: Any, value: Any, rng: random.Random, name: str = "") -> Any:
        """Like :meth:`fit`, of the parts of a union those that are objects alone."""
        made = self.fit(schema, value, rng, name)
        if isinstance(made, dict):
            return made
        for option in self._options(schema):
            if self._schemas.is_object(option):
                made = self.fit(option, value, rng, name)
                if isinstance(made, dict) and self.fits(schema, made):
                    return made
        return NOTHING

    def fresh(
        self,
        schema: Any,
        rng: random.Random,
        name: str = "",
        bound: Mapping[str, Any] | None = None,
    ) -> Any:
        """A generated value that fits, else the documented example; else :data:`NOTHING`."""
        self._left = _EFFORT
        return self._fresh(schema, rng, name, bound or {}, 0)

    def _fit(self, schema: Any, value: Any, rng: random.Random, name: str, depth: int) -> Any:
        if self.fits(schema, value):
            return value
        self._left -= 1
        if depth < 12 and self._left > 0:
            for candidate in self._near(schema, value, rng, name, depth):
                if candidate is not NOTHING and self.fits(schema, candidate):
                    return candidate
        return self._fresh(schema, rng, name, {}, depth)

    def _fresh(
        self, schema: Any, rng: random.Random, name: str, bound: Mapping[str, Any], depth: int
    ) -> Any:
        made: Any = None
        for attempt in range(_ATTEMPTS):
            source = rng if attempt == 0 else rng_for(attempt, name, rng.random())
            made = self._generator.value(schema, source, name, bound=bound, optional=attempt < 2)
            if self.fits(schema, made):
                return made
        example = self._generator.documented(schema)
        if example is not None:
            merged = {**example, **bound} if isinstance(example, dict) else example
            for candidate in (merged, example):
                if self.fits(schema, candidate):
                    return candidate
        for option in self._options(schema):
            for attempt in range(_ATTEMPTS):
                source = rng_for(attempt, name, rng.random())
                found = self._generator.value(option, source, name, bound=bound)
                if self.fits(schema, found):
                    return found
        self._left -= 1
        if depth < 12 and self._left > 0 and isinstance(made, (dict, list)):
            for candidate in self._near(schema, made, rng, name, depth):
                if candidate is not NOTHING and self.fits(schema, candidate):
                    return candidate
        return NOTHING

    # -- candidates, the nearest first

    def _near(
        self, schema: Any, value: Any, rng: random.Random, name: str, depth: int
    ) -> Iterator[Any]:
        schemas = self._schemas
        if value is None or value == "":
            yield from (None, {}, [])  # an empty text empties, where no text can stand
        types = schemas.types(schema)
        if isinstance(value, dict):
            if schemas.properties(schema) or "object" in types:
                first = self._object(schema, value, rng, depth)
                yield first
                yield self._object(schema, first, rng, depth)
        elif isinstance(value, list):
            if "array" in types:
                yield self._array(schema, value, rng, name, depth)
        else:
            yield from self._converted(schema, value, types, rng, name, depth)
        for option in self._options(schema):
            yield from self._option(schema, option, value, rng, name, depth)
        if isinstance(value, dict) and "string" in types:
            yield from (value[key] for key in _NAMING if isinstance(value.get(key), str))
        if "array" in types and not isinstance(value, list):
            yield self._array(schema, [value], rng, name, depth)

    def _options(self, schema: Any) -> Iterator[Any]:
        for branch in self._schemas.branches(schema):
            for key in ("oneOf", "anyOf"):
                yield from branch.get(key) or ()

    def _option(
        self, schema: Any, option: Any, value: Any, rng: random.Random, name: str, depth: int
    ) -> Iterator[Any]:
        if self._left <= 0 or self._schemas.types(option) == frozenset({"null"}):
            return
        made = self._fit(option, value, rng, name, depth + 1)
        yield made
        if isinstance(made, dict) and self._schemas.properties(schema):
            yield self._object(schema, made, rng, depth + 1)

    def _converted(
        self,
        schema: Any,
        value: Any,
        types: frozenset[str],
        rng: random.Random,
        name: str,
        depth: int,
    ) -> Iterator[Any]:
        """A scalar as another scalar, or as the object that it names."""
        if "string" in types and not isinstance(value, (str, bool)) and value is not None:
            yield str(value)
        if types & {"integer", "number"} and isinstance(value, str):
            try:
                number = float(value)
            except ValueError:
                pass
            else:
                yield int(number) if number.is_integer() else number
        if "object" in types and isinstance(value, (str, int)) and not isinstance(value, bool):
            properties = self._schemas.properties(schema)
            for key in _NAMING:
                if key in properties and self.fits(properties[key], value):
                    made = self._generator.value(schema, rng, name, bound={key: value})
                    if isinstance(made, dict):
                        yield self._object(schema, made, rng, depth)
                    return

    def _object(
        self, schema: Any, value: Mapping[str, Any], rng: random.Random, depth: int
    ) -> dict[str, Any]:
        schemas = self._schemas
        properties, required = schemas.properties(schema), schemas.required(schema)
        extra = schemas.keyword(schema, "additionalProperties")
        open_ended = not schemas.is_closed(schema)
        # Only what is wrong is looked at by itself: compiling a schema costs more than anything.
        found = schemas.check(schema, self._direction).violations(value)
        wrong = {str(item.path[0]) for item in found if item.path}
        made: dict[str, Any] = {}
        for name, item in value.items():
            if name not in wrong:
                made[name] = item
                continue
            part = properties.get(name)
            if part is None:
                if isinstance(extra, dict) and extra:
                    kept = self._fit(extra, item, rng, name, depth + 1)
                    if kept is not NOTHING:
                        made[name] = kept
                elif open_ended:
                    made[name] = item
                continue
            if schemas.excluded(part, self._direction):
                continue
            kept = self._fit(part, item, rng, name, depth + 1)
            if kept is not NOTHING:
                made[name] = kept
        lacking = {str(i.path[0]) for i in found if i.keyword == "required" and len(i.path) == 1}
        for name in sorted((required | lacking) - made.keys()):
            part = properties.get(name)
            if part is None:
                part = extra if isinstance(extra, dict) else {}
            if not schemas.excluded(part, self._direction):
                kept = self._fresh(part, rng, name, {}, depth + 1)
                if kept is not NOTHING:
                    made[name] = kept
        return made

    def _array(
        self, schema: Any, value: list[Any], rng: random.Random, name: str, depth: int
    ) -> list[Any]:
        schemas = self._schemas
        items = schemas.items(schema)
        most = schemas.keyword(schema, "maxItems")
        most = most if isinstance(most, int) else len(value)
        singular = name.removesuffix("s") if words_of(name) else ""
        fitted = (self._fit(items, item, rng, singular, depth + 1) for item in value[:most])
        return [item for item in fitted if item is not NOTHING]

"""Ids of rows: in the form that the document gives them, the same for the same place and seed."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from specloom.spec.pattern import PatternError, literal_prefix, sample
from specloom_mock.generate import Generator, rng_for
from specloom_mock.plan import CollectionPlan
from specloom_mock.schemas import Direction, Schemas

__all__ = ["Identifiers"]

_LONGEST = 200
_WIDTHS = (6, 8, 12, 24)
_SNOWFLAKE = 10**17
"""Numeric ids of 18 digits, for patterns that want long ones."""
_EXAMPLE_PREFIX = re.compile(r"[A-Za-z]{1,12}[_-]")


class Identifiers:
    """Makes ids.

    Args:
        schemas: The document's schemas.
        generator: Makes ids of no form that is known.
        seed: What they depend on.
    """

    def __init__(self, schemas: Schemas, generator: Generator, seed: int) -> None:
        self._schemas = schemas
        self._generator = generator
        self._seed = seed

    def key_of(self, collection: CollectionPlan, data: Mapping[str, Any], index: int) -> str:
        """A row's key: its id as text, or made from its position where rows show no id."""
        value = data.get(collection.id_field) if collection.id_field else None
        if value is None or isinstance(value, (dict, list)):
            return str(self.new(collection, index, rng_for(self._seed, collection.path, index)))
        return str(value)

    def new(self, collection: CollectionPlan, index: int, rng: random.Random) -> Any:
        """The id of the row at a position, in the form that the document gives ids."""
        schemas, schema = self._schemas, collection.id_schema
        shown = self._property(collection.row_schema, collection.id_field or "")
        shown_types = schemas.types(shown) - {"null"}
        numeric = {"integer", "number"}
        if shown_types and shown_types <= numeric:
            return index + 1
        asked = [part for part in collection.id_asked if part is not None]
        types = schemas.types(schema) - {"null"}
        if types & numeric:
            return str(index + 1) if not shown_types or "string" in shown_types else index + 1
        parts = [part for part in (schema, shown) if part is not None]
        counted = self._counted(collection, parts, index)
        if any((kinds := schemas.types(part) - {"null"}) and kinds <= numeric for part in asked):
            counted = [str(index + 1), *counted]  # some paths take numbers alone
        texts = [part for part in asked if not schemas.types(part) - {"null"} <= numeric]
        strict = next((p for p in texts if self._has_form(p)), schema)
        fallback: Any = None
        for candidate in chain(counted, self._formed(strict, rng)):
            if not self._fits(parts, candidate):
                continue
            if self._fits(texts, candidate):
                return candidate
            fallback = candidate if fallback is None else fallback
        if fallback is not None:
            return fallback
        return self._generator.value(schema or {"type": "string"}, rng, "id")

    def _property(self, schema: Any, name: str) -> Any:
        """A property's schema; of a union, that of the first part that has it."""
        found = self._schemas.properties(schema).get(name)
        if found is not None:
            return found
        for branch in self._schemas.branches(schema):
            for key in ("oneOf", "anyOf"):
                for option in branch.get(key) or ():
                    found = self._schemas.properties(option).get(name)
                    if found is not None:
                        return found
        return None

    def _fits(self, parts: list[Any], candidate: Any) -> bool:
        return all(
            self._schemas.check(part, Direction.RESPONSE).is_valid(candidate) for part in parts
        )

    def _has_form(self, schema: Any) -> bool:
        return any(self._schemas.keyword(schema, key) is not None for key in ("pattern", "format"))

    def _formed(self, schema: Any, rng: random.Random) -> Iterator[Any]:
        """Ids in the form that a pattern or a format gives."""
        pattern = self._schemas.keyword(schema, "pattern")
        if isinstance(pattern, str):
            shortest = self._schemas.keyword(schema, "minLength") or 0
            longest = self._schemas.keyword(schema, "maxLength")
            longest = longest if isinstance(longest, int) else _LONGEST
            with contextlib.suppress(PatternError):
                yield sample(pattern, rng, int(shortest), longest)
        yield self._generator.value(schema or {"type": "string"}, rng, "id")

    def _counted(self, collection: CollectionPlan, parts: list[Any], index: int) -> list[str]:
        """Ids that count, so that no two rows share one."""
        schemas = self._schemas
        number = index + 1
        prefix = ""
        for part in parts:
            values = schemas.keyword(part, "enum")
            if isinstance(values, list):
                return [str(value) for value in (*values[index:], *values[:index])]
            pattern = schemas.keyword(part, "pattern")
            examples = schemas.keyword(part, "examples") or [schemas.keyword(part, "example")]
            if isinstance(pattern, str):
                prefix = literal_prefix(pattern)
                if not prefix:
                    word = f"{collection.singular}_"
                    made = [f"{word}{number:0{width}}" for width in _WIDTHS]
                    return [*made, str(number), f"{number:08}", str(_SNOWFLAKE + number)]
                break
            if isinstance(examples[0], str) and (found := _EXAMPLE_PREFIX.match(examples[0])):
                prefix = found[0]
                break
        else:
            if any(schemas.keyword(part, "format") is not None for part in parts):
                return []
            prefix = f"{collection.singular}_"
        return [f"{prefix}{number:0{width}}" for width in _WIDTHS]

"""Properties that name another row: the one above in the path, or one of another collection."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from specloom_mock.generate import rng_for
from specloom_mock.identifiers import Identifiers
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan
from specloom_mock.relations import Relations
from specloom_mock.schemas import Direction, Schemas
from specloom_mock.store import Parents

__all__ = ["Ownership"]


class Ownership:
    """Finds the ids that a row's properties hold of other rows.

    Args:
        schemas: The document's schemas.
        links: How collections point at each other.
        ids: Makes the ids of the rows that collections begin with.
        count: How many rows a collection begins with.
        seed: What ids depend on.
    """

    def __init__(
        self,
        schemas: Schemas,
        links: Relations,
        ids: Identifiers,
        count: Callable[[CollectionPlan], int],
        seed: int,
    ) -> None:
        self._schemas = schemas
        self._links = links
        self._ids = ids
        self._count = count
        self._seed = seed
        self._targets: dict[tuple[str, str], CollectionPlan | None] = {}

    def foreign_key(
        self, collection: CollectionPlan, name: str, schema: Any, rng: random.Random
    ) -> Any:
        """The id of a seeded row of the collection that a property points into, or None."""
        if words_of(name)[-1:] != ["id"] or self._schemas.is_object(schema):
            return None
        key = (collection.path, name)
        if key not in self._targets:
            self._targets[key] = self._links.target(name, schema)
        target = self._targets[key]
        if target is None or target is collection or not (count := self._count(target)):
            return None
        if target.id_field is None:
            return None
        index = rng.randrange(count)
        found = self._ids.new(target, index, rng_for(self._seed, target.path, (), index, 0))
        return found if self._schemas.check(schema, Direction.RESPONSE).is_valid(found) else None

    def from_parents(self, collection: CollectionPlan, name: str, parents: Parents) -> Any:
        """The value of the path parameter that a property repeats, or None."""
        if name == collection.id_field:
            return None
        words = words_of(name)
        above = collection
        for param, value in zip(reversed(collection.parents), reversed(parents), strict=False):
            owner = above.parent
            wanted = {" ".join(words_of(param))}
            if owner is not None:
                wanted.add(f"{' '.join(owner.singular.split('_'))} id")
                above = owner
            if " ".join(words) in wanted:
                part = self._schemas.properties(collection.row_schema).get(name)
                types = self._schemas.types(part)
                typed = int(value) if "integer" in types and value.isdecimal() else value
                if self._schemas.check(part, Direction.RESPONSE).is_valid(typed):
                    return typed
        return None

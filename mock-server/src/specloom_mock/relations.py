"""How the rows of one collection point at those of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specloom.spec.pattern import literal_prefix
from specloom_mock.names import singular, words_of
from specloom_mock.plan import ApiPlan, CollectionPlan
from specloom_mock.schemas import Direction, Schemas

__all__ = ["Relation", "Relations"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A property that shows another resource, brought in by ``include``.

    Attributes:
        name: The property.
        many: Whether it is a list of the rows that point here.
        target: The other collection; None when the document has none for it.
        key: Foreign key: on this row, or (``many``) on the other.
    """

    name: str
    many: bool
    target: CollectionPlan | None
    key: str
    schema: Any


class Relations:
    """Finds relations by the names of properties and the prefixes of ids.

    Args:
        plan: The document's plan.
        schemas: Its schemas.
    """

    def __init__(self, plan: ApiPlan, schemas: Schemas) -> None:
        self._schemas = schemas
        self._by_path = plan.collections
        self._prefixes: dict[str, CollectionPlan] = {}
        for collection in plan.collections.values():
            pattern = schemas.keyword(collection.id_schema, "pattern")
            prefix = literal_prefix(pattern) if isinstance(pattern, str) else ""
            if prefix and not collection.parents:
                self._prefixes.setdefault(prefix, collection)
        self._relations: dict[str, dict[str, Relation]] = {}

    def of(self, collection: CollectionPlan) -> dict[str, Relation]:
        """Properties of a collection's rows that show other resources."""
        found = self._relations.get(collection.path)
        if found is not None:
            return found
        schemas = self._schemas
        properties = schemas.properties(collection.row_schema)
        found = {}
        for name, part in properties.items():
            if schemas.is_array(part):
                items = schemas.items(part)
                if not schemas.is_object(items) or "id" not in schemas.properties(items):
                    continue
                if not schemas.excluded(part, Direction.REQUEST):
                    continue
                target = self.target(name, schemas.properties(items)["id"])
                key = self._key_to(collection, target)
                found[name] = Relation(name, True, target, key, items)
            elif schemas.is_object(part):
                own = next((k for k in (f"{name}_id", f"{name}Id") if k in properties), None)
                if own is not None:
                    target = self.target(name, properties[own])
                    found[name] = Relation(name, False, target, own, part)
        self._relations[collection.path] = found
        return found

    def _key_to(self, owner: CollectionPlan, target: CollectionPlan | None) -> str:
        names = self._schemas.properties(target.row_schema) if target is not None else {}
        wanted = f"{owner.singular}_id"
        return next((n for n in names if "_".join(words_of(n)) == wanted), wanted)

    def target(self, name: str, schema: Any) -> CollectionPlan | None:
        """The collection that a foreign key of that name and schema points into."""
        pattern = self._schemas.keyword(schema, "pattern")
        if isinstance(pattern, str) and (prefix := literal_prefix(pattern)):
            return self._prefixes.get(prefix)
        words = words_of(name)
        if words and words[-1] in {"id", "ids"}:
            words = words[:-1]
        wanted = "_".join([*words[:-1], singular(words[-1])]) if words else ""
        for collection in self._by_path.values():
            if collection.singular == wanted and not collection.parents:
                return collection
        return None

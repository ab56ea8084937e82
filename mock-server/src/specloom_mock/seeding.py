"""Rows: the ones a collection begins with, and what the server adds to the ones that are created."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from specloom_mock.files import file_facts, sample_content
from specloom_mock.fitting import NOTHING, Fitter
from specloom_mock.generate import Generator, rng_for
from specloom_mock.hidden_values import HiddenValues
from specloom_mock.identifiers import Identifiers
from specloom_mock.names import words_of
from specloom_mock.ownership import Ownership
from specloom_mock.plan import ApiPlan, CollectionPlan
from specloom_mock.relations import Relation, Relations
from specloom_mock.schemas import Direction, Schemas
from specloom_mock.stamps import is_stamp, make_stamp, stamp_kind
from specloom_mock.store import Collection, Parents, Row

__all__ = ["RowMaker"]

_HOUR = 3600.0
_NESTED_ROWS = 3
_TRIES = 20
"""How often a row is made anew because a unique value is taken."""
_OWNER = {"user id", "owner id", "created by", "author id", "actor id"}


class RowMaker:
    """Makes rows of the collections of one document.

    Args:
        plan: The document's plan.
        schemas: Its schemas.
        seed: What ids and data depend on.
        rows: Rows in each top-level collection, unless the plan says otherwise.
        start: The time before which seeded rows were created, in epoch seconds.
    """

    def __init__(self, plan: ApiPlan, schemas: Schemas, seed: int, rows: int, start: float) -> None:
        self._plan = plan
        self._schemas = schemas
        self.seed = seed
        self._rows = rows
        self._start = start
        self._generator = Generator(schemas, start)
        self._by_name = {c.name: c for c in plan.collections.values()}
        self._links = Relations(plan, schemas)
        self.fitter = Fitter(schemas, self._generator)
        self._ids = Identifiers(schemas, self._generator, seed)
        self._owners = Ownership(schemas, self._links, self._ids, self.count, seed)
        self._hidden = HiddenValues(schemas, self._generator)

    def count(self, collection: CollectionPlan) -> int:
        """How many rows a collection begins with."""
        if collection.rows is not None:
            return min(collection.rows, self._rows) if self._rows == 0 else collection.rows
        return min(self._rows, _NESTED_ROWS) if collection.parents else self._rows

    def seed_rows(self, name: str, parents: Parents) -> dict[str, Row]:
        """The first rows of a collection, oldest first."""
        collection = self._by_name.get(name)
        if collection is None:
            return {}
        made: dict[str, Row] = {}
        taken: dict[str, set[Any]] = {field: set() for field in collection.unique}
        total = self.count(collection)
        for index in range(total):
            at = self._start - (total - index) * _HOUR
            data, hidden = self.seeded(collection, parents, index, at, {})
            key = self.key_of(collection, data, index)
            for attempt in range(1, _TRIES):
                if key not in made and not any(data.get(f) in taken[f] for f in taken):
                    break
                former = key
                data, hidden = self.seeded(collection, parents, index, at, {}, attempt)
                key = self.key_of(collection, data, index)
                if key in made and key == former:
                    break  # the form of ids has no more of them
            if key in made or any(data.get(f) in taken[f] for f in taken):
                continue
            for field, values in taken.items():
                values.add(data.get(field))
            if collection is self._plan.webhook_endpoints:
                hidden["seeded"] = True  # nobody listens there: no deliveries until it is changed
            made[key] = Row(key, data, index, hidden)
        return made

    def seeded(
        self,
        collection: CollectionPlan,
        parents: Parents,
        index: int,
        at: float,
        given: Mapping[str, Any],
        attempt: int = 0,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A generated row: its data and its secrets.

        Args:
            collection: Whose row it is.
            parents: Values of the path parameters above it.
            index: Its position, which its id and data depend on.
            at: When it was created, in epoch seconds.
            given: Properties that are not to be generated.
            attempt: Varies the data, for unique properties.
        """
        rng = rng_for(self.seed, collection.path, parents, index, attempt)
        schemas = self._schemas
        properties = schemas.properties(collection.row_schema)
        bound: dict[str, Any] = {}
        later = at + rng.randrange(0, 3600, 60)
        for name, part in properties.items():
            stamp = stamp_kind(name)
            if name in given:
                bound[name] = given[name]
            elif name == collection.id_field:
                bound[name] = self._ids.new(collection, index, rng)
            elif stamp is not None:
                bound[name] = make_stamp(schemas, part, at if stamp == "created" else later)
            else:
                found = self._owners.from_parents(collection, name, parents)
                found = (
                    self._owners.foreign_key(collection, name, part, rng)
                    if found is None
                    else found
                )
                if found is not None:
                    bound[name] = found
        data = self._generator.value(collection.row_schema, rng, bound=bound)
        data = data if isinstance(data, dict) else {}
        content = None
        if collection.files:
            key = str(bound.get(collection.id_field or "id", index))
            content = sample_content(key)
            facts = file_facts(f"{key}.txt", "text/plain", content)
            facts["name"] = f"{key}.txt"
            for name in properties:
                if (words := " ".join(words_of(name))) in facts and name not in given:
                    data[name] = facts[words]
        relations = self._links.of(collection)
        required = schemas.required(collection.row_schema)
        for name, part in properties.items():
            if name in relations and name not in required and name not in given:
                data.pop(name, None)
            elif name not in data and "null" in schemas.types(part):
                data[name] = None
        data |= {name: value for name, value in given.items() if name not in data}
        if collection.id_field is not None and collection.id_field not in data:
            data[collection.id_field] = self._ids.new(collection, index, rng)
        ordered = {name: data[name] for name in properties if name in data}
        data = self.fitted(collection, ordered | data, rng) | dict(given)
        hidden = self.secrets(collection, data, rng)
        if content is not None:
            hidden["content"] = content
        return data, hidden

    def fitted(
        self, collection: CollectionPlan, data: dict[str, Any], rng: random.Random
    ) -> dict[str, Any]:
        """The data in the shape that the collection's rows are read in, its id unchanged."""
        schemas, schema = self._schemas, collection.row_schema
        for other in collection.read_schemas:
            for name in sorted(schemas.required(other) - data.keys()):
                part = schemas.properties(other).get(name)
                if part is not None and not schemas.excluded(part, Direction.RESPONSE):
                    data[name] = self._generator.value(part, rng, name)
        properties, closed = schemas.properties(schema), schemas.is_closed(schema)
        shown = {k: v for k, v in data.items() if not closed or k in properties}
        if self.fitter.fits(schema, shown):
            return data
        made = self.fitter.fit_object(schema, shown, rng, collection.singular)
        if made is NOTHING:
            return data
        unseen = {name: value for name, value in data.items() if name not in shown}
        key = collection.id_field
        if key is not None and key in data and made.get(key) != data[key]:
            kept = {**made, key: data[key]}
            made = kept if self.fitter.fits(schema, kept) else made
        return {**made, **unseen}

    def shown(self, collection: CollectionPlan, schema: Any, row: Row, data: dict[str, Any]) -> Any:
        """Data of a row as a response shows it whose schema is not the one that rows are made by.

        A row that does not fit its own collection is shown as it is: the state is wrong, not the
        answer.
        """
        properties = self._schemas.properties(collection.row_schema)
        own = {name: value for name, value in row.data.items() if name in properties}
        if not any(self.fitter.fits(collection.row_schema, state) for state in (row.data, own)):
            return data
        made = self.fitter.fit(schema, data, rng_for(self.seed, collection.path, row.key))
        return data if made is NOTHING else made

    def secrets(
        self, collection: CollectionPlan, data: dict[str, Any], rng: random.Random
    ) -> dict[str, Any]:
        """Values that only a create shows, and their prefixes in the row's data."""
        return self._hidden.make(collection, data, rng)

    def completed(
        self,
        collection: CollectionPlan,
        parents: Parents,
        body: Mapping[str, Any],
        *,
        now: float,
        index: int,
        user: str | None,
        made: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A row from a create request: its data, and what must never be shown.

        Args:
            collection: Where the row will stand.
            parents: Values of the path parameters above it.
            body: What was sent, already validated.
            now: Epoch seconds.
            index: The row's position, which its id depends on.
            user: Id of the caller, for ownership fields.
            made: Properties that the server knows, such as a file's size.
        """
        schemas = self._schemas
        rng = rng_for(self.seed, collection.path, parents, index, "created")
        known = dict(made or {})
        properties = schemas.properties(collection.row_schema)
        required = schemas.required(collection.row_schema)
        inputs = schemas.properties(collection.create_schema) if collection.create_schema else {}
        relations = self._links.of(collection)
        data: dict[str, Any] = {}
        for name, part in properties.items():
            if schemas.excluded(part, Direction.RESPONSE):
                continue
            if name in known:
                data[name] = known[name]
            elif name in body and not schemas.excluded(part, Direction.REQUEST):
                data[name] = body[name]
            elif name == collection.id_field:
                data[name] = self._ids.new(collection, index, rng)
            elif (stamp := stamp_kind(name)) is not None and is_stamp(schemas, part):
                del stamp
                data[name] = make_stamp(schemas, part, now)
            elif (above := self._owners.from_parents(collection, name, parents)) is not None:
                data[name] = above
            else:
                default = self._default(inputs.get(name), part)
                if default is not None:
                    data[name] = default
                elif name in relations and name not in required:
                    continue
                elif "null" in schemas.types(part):
                    data[name] = None
                elif name in required:
                    data[name] = self._server_made(collection, name, part, rng, user)
        hidden = self.secrets(collection, data, rng)
        for name, value in body.items():
            if name in data:
                continue
            if collection.fields is None and name not in properties:
                data[name] = value
            elif not (name in properties and schemas.excluded(properties[name], Direction.REQUEST)):
                hidden[name] = value
        if collection.id_field is not None and collection.id_field not in data:
            data[collection.id_field] = self._ids.new(collection, index, rng)
        return self.fitted(collection, data, rng), hidden

    def touched(
        self, collection: CollectionPlan, data: dict[str, Any], now: float
    ) -> dict[str, Any]:
        """The data with its time of change set to ``now``."""
        properties = self._schemas.properties(collection.row_schema)
        for name in (*properties, *data):
            if name in data and stamp_kind(name) == "updated":
                data[name] = make_stamp(self._schemas, properties.get(name, {}), now)
        return data

    def key_of(self, collection: CollectionPlan, data: Mapping[str, Any], index: int) -> str:
        """The row's key: its id as text, or its position where rows show no id."""
        return self._ids.key_of(collection, data, index)

    def renamed(
        self, collection: CollectionPlan, data: dict[str, Any], rows: Collection
    ) -> tuple[dict[str, Any], str]:
        """Data with an id that no row has, where the form of ids has one, and the row's key."""
        assert collection.id_field is not None
        for index in range(rows.next_seq, rows.next_seq + _TRIES):
            rng = rng_for(self.seed, collection.path, "renamed", index)
            fresh = {**data, collection.id_field: self._ids.new(collection, index, rng)}
            key = self.key_of(collection, fresh, index)
            if rows.get(key) is None and self.fitter.fits(collection.row_schema, fresh):
                return fresh, key
        return data, self.key_of(collection, data, rows.next_seq)

    def stamp(self, schema: Any, at: float) -> Any:
        """A time in the form that a property wants."""
        return make_stamp(self._schemas, schema, at)

    def relations(self, collection: CollectionPlan) -> dict[str, Relation]:
        """Properties of a collection's rows that show other resources."""
        return self._links.of(collection)

    def _default(self, write: Any, read: Any) -> Any:
        for schema in (write, read):
            value = self._schemas.keyword(schema, "default") if schema is not None else None
            if value is not None:
                return value
        return None

    def _server_made(
        self,
        collection: CollectionPlan,
        name: str,
        schema: Any,
        rng: random.Random,
        user: str | None,
    ) -> Any:
        schemas = self._schemas
        if " ".join(words_of(name)) in _OWNER and user is not None:
            return user
        values = schemas.keyword(schema, "enum")
        if isinstance(values, list) and values:
            return values[0]
        types = schemas.types(schema)
        check = schemas.check(schema, Direction.RESPONSE)
        neutral: list[Any] = []
        if "array" in types:
            neutral.append([])
        if types & {"integer", "number"}:
            neutral.extend([0, schemas.keyword(schema, "minimum")])
        if "boolean" in types:
            neutral.append(bool({"active", "enabled"} & set(words_of(name))))
        for value in neutral:
            if value is not None and check.is_valid(value):
                return value
        found = self._owners.foreign_key(collection, name, schema, rng)
        return found if found is not None else self._generator.value(schema, rng, name)

"""Rows: the ones a collection begins with, and what the server adds to the ones that are created."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Mapping
from typing import Any

from specloom.spec.pattern import PatternError, literal_prefix, sample
from specloom_mock.clock import format_timestamp
from specloom_mock.files import file_facts, sample_content
from specloom_mock.generate import Generator, rng_for
from specloom_mock.names import words_of
from specloom_mock.plan import ApiPlan, CollectionPlan
from specloom_mock.relations import Relation, Relations
from specloom_mock.schemas import Direction, Schemas
from specloom_mock.store import Parents, Row

__all__ = ["RowMaker", "stamp_kind"]

_HOUR = 3600.0
_NESTED_ROWS = 3
_CREATED = {"created at", "created", "created on", "created time", "create time", "date created"}
_UPDATED = {
    "updated at",
    "updated",
    "updated on",
    "modified at",
    "modified",
    "last modified",
    "update time",
    "date updated",
    "last updated",
}
_OWNER = {"user id", "owner id", "created by", "author id", "actor id"}
_WEBHOOK_SECRET = "whsec_"
_LONGEST_ID = 200
_EXAMPLE_PREFIX = re.compile(r"[A-Za-z]{1,12}[_-]")


def stamp_kind(name: str) -> str | None:
    """``created`` or ``updated`` for the properties that record it."""
    words = " ".join(words_of(name))
    if words in _CREATED:
        return "created"
    return "updated" if words in _UPDATED else None


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
        self._targets: dict[tuple[str, str], CollectionPlan | None] = {}

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
            for attempt in range(20):
                data, hidden = self.seeded(collection, parents, index, at, {}, attempt)
                key = self.key_of(collection, data, index)
                if key not in made and not any(data.get(f) in taken[f] for f in taken):
                    break
            else:
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
                bound[name] = self.new_id(collection, index, rng)
            elif stamp is not None:
                bound[name] = self.stamp(part, at if stamp == "created" else later)
            else:
                found = self._from_parents(collection, name, parents)
                found = self._foreign_key(collection, name, part, rng) if found is None else found
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
            data[collection.id_field] = self.new_id(collection, index, rng)
        ordered = {name: data[name] for name in properties if name in data}
        data = self._repaired(collection, ordered | data, given, rng)
        hidden = self.secrets(collection, data, rng)
        if content is not None:
            hidden["content"] = content
        return data, hidden

    def _repaired(
        self,
        collection: CollectionPlan,
        data: dict[str, Any],
        given: Mapping[str, Any],
        rng: random.Random,
    ) -> dict[str, Any]:
        """The data with what the read schemas do not accept made anew, replaced or left out."""
        schemas, schema = self._schemas, collection.row_schema
        for other in collection.read_schemas:
            for name in schemas.required(other) - data.keys():
                part = schemas.properties(other).get(name)
                if part is not None and not schemas.excluded(part, Direction.RESPONSE):
                    data[name] = self._generator.value(part, rng, name)
        check = schemas.check(schema, Direction.RESPONSE)
        properties, required = schemas.properties(schema), schemas.required(schema)
        closed = schemas.is_closed(schema)
        shown = {k: v for k, v in data.items() if not closed or k in properties}
        for _ in range(2):
            if check.is_valid(shown):
                return data
            for name in {str(item.path[0]) for item in check.violations(shown) if item.path}:
                part = properties.get(name)
                if name in given or part is None:
                    continue
                value = self._generator.value(part, rng, name)
                documented = self._generator.documented(part)
                own = schemas.check(part, Direction.RESPONSE)
                for candidate in (value, documented):
                    if candidate is not None and own.is_valid(candidate):
                        shown[name] = data[name] = candidate
                        break
                else:
                    if name not in required:
                        shown.pop(name, None)
                        data.pop(name, None)
        example = self._generator.documented(schema)
        if not check.is_valid(shown) and isinstance(example, dict):
            merged = {**example, **given}
            if collection.id_field in data:
                merged[collection.id_field] = data[collection.id_field]
            if check.is_valid(merged):
                return merged
        return data

    def secrets(
        self, collection: CollectionPlan, data: dict[str, Any], rng: random.Random
    ) -> dict[str, Any]:
        """Values that only a create shows, and their prefixes in the row's data."""
        hidden = {name: self._secret(part, rng, name) for name, part in collection.secrets.items()}
        properties = self._schemas.properties(collection.row_schema)
        for secret, value in hidden.items():
            if not isinstance(value, str):
                continue
            for name, part in properties.items():
                words = words_of(name)
                check = self._schemas.check(part, Direction.RESPONSE)
                if words in ([*words_of(secret), "prefix"], ["prefix"]):
                    cut = next((n for n in range(4, 24) if check.is_valid(value[:n])), 8)
                    data[name] = value[:cut]
                elif words[-1:] in (["last4"], ["last"]) or words[-2:] == ["last", "4"]:
                    data[name] = value[-4:]
        return hidden

    def _secret(self, schema: Any, rng: random.Random, name: str) -> Any:
        """A secret; one for webhooks is 32 bytes in base64, as Standard Webhooks wants."""
        pattern = self._schemas.keyword(schema, "pattern")
        if isinstance(pattern, str) and literal_prefix(pattern) == _WEBHOOK_SECRET:
            secret = _WEBHOOK_SECRET + base64.b64encode(rng.randbytes(32)).decode()
            if self._schemas.check(schema, Direction.RESPONSE).is_valid(secret):
                return secret
        return self._generator.value(schema, rng, name)

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
                data[name] = self.new_id(collection, index, rng)
            elif (stamp := stamp_kind(name)) is not None and self._is_stamp(part):
                del stamp
                data[name] = self.stamp(part, now)
            elif (above := self._from_parents(collection, name, parents)) is not None:
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
            data[collection.id_field] = self.new_id(collection, index, rng)
        return self._repaired(collection, data, {**body, **known}, rng), hidden

    def touched(
        self, collection: CollectionPlan, data: dict[str, Any], now: float
    ) -> dict[str, Any]:
        """The data with its time of change set to ``now``."""
        properties = self._schemas.properties(collection.row_schema)
        for name in (*properties, *data):
            if name in data and stamp_kind(name) == "updated":
                data[name] = self.stamp(properties.get(name, {}), now)
        return data

    def key_of(self, collection: CollectionPlan, data: Mapping[str, Any], index: int) -> str:
        """The row's key: its id as text, or its position where rows show no id."""
        value = data.get(collection.id_field) if collection.id_field else None
        if value is None:
            return str(self.new_id(collection, index, rng_for(self.seed, collection.path, index)))
        return str(value)

    def new_id(self, collection: CollectionPlan, index: int, rng: random.Random) -> Any:
        """The id of the row at a position, in the form that the document gives ids."""
        schemas, schema = self._schemas, collection.id_schema
        types = schemas.types(schema)
        if types & {"integer", "number"}:
            shown = schemas.properties(collection.row_schema).get(collection.id_field or "")
            return str(index + 1) if "string" in schemas.types(shown) else index + 1
        check = schemas.check(schema or {}, Direction.RESPONSE)
        pattern = schemas.keyword(schema, "pattern")
        examples = schemas.keyword(schema, "examples") or [schemas.keyword(schema, "example")]
        example = examples[0]
        prefix = ""
        if isinstance(pattern, str):
            prefix = literal_prefix(pattern)
        elif isinstance(example, str) and (found := _EXAMPLE_PREFIX.match(example)):
            prefix = found[0]
        elif schemas.keyword(schema, "format") is None:
            prefix = f"{collection.singular}_"
        if prefix:
            for width in (6, 8, 12, 24):
                candidate = f"{prefix}{index + 1:0{width}}"
                if check.is_valid(candidate):
                    return candidate
        if isinstance(pattern, str):
            try:
                shortest = schemas.keyword(schema, "minLength") or 0
                longest = schemas.keyword(schema, "maxLength")
                longest = longest if isinstance(longest, int) else _LONGEST_ID
                return sample(pattern, rng, int(shortest), longest)
            except PatternError:
                pass
        return self._generator.value(schema or {"type": "string"}, rng, "id")

    def stamp(self, schema: Any, at: float) -> Any:
        """A time in the form that a property wants: a date-time, a date or epoch seconds."""
        types = self._schemas.types(schema)
        if types & {"integer", "number"}:
            return int(at)
        text = format_timestamp(at)
        return text[:10] if self._schemas.keyword(schema, "format") == "date" else text

    def relations(self, collection: CollectionPlan) -> dict[str, Relation]:
        """Properties of a collection's rows that show other resources."""
        return self._links.of(collection)

    def _foreign_key(
        self, collection: CollectionPlan, name: str, schema: Any, rng: random.Random
    ) -> Any:
        if words_of(name)[-1:] != ["id"] or self._schemas.is_object(schema):
            return None
        key = (collection.path, name)
        if key not in self._targets:
            self._targets[key] = self._links.target(name, schema)
        target = self._targets[key]
        if target is None or target is collection or not (count := self.count(target)):
            return None
        if target.id_field is None:
            return None
        index = rng.randrange(count)
        found = self.new_id(target, index, rng_for(self.seed, target.path, (), index, 0))
        return found if self._schemas.check(schema, Direction.RESPONSE).is_valid(found) else None

    def _from_parents(self, collection: CollectionPlan, name: str, parents: Parents) -> Any:
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

    def _is_stamp(self, schema: Any) -> bool:
        types = self._schemas.types(schema) - {"null"}
        return not types or bool(types & {"string", "integer", "number"})

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
        found = self._foreign_key(collection, name, schema, rng)
        return found if found is not None else self._generator.value(schema, rng, name)

"""Create, read, change and delete: the operations that a collection implies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloom_mock.call import Call
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.generate import rng_for
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.pages import expand_relations, select_fields
from specloom_mock.plan import CollectionPlan, Kind
from specloom_mock.responses import response_for
from specloom_mock.schemas import Direction
from specloom_mock.store import Collection, Row
from specloom_mock.validation import check_body

__all__ = ["create", "delete", "get", "remember", "require_unique", "update"]


def get(call: Call) -> Response:
    """One row."""
    collection = call.collection_plan()
    _, row = call.row(collection)
    response = call.plan.success
    query = call.values["query"]
    names, include = query.get("fields"), query.get("include")
    if names is None and include is None:
        return call.respond(call.view(response, row))
    data = expand_relations(call, collection, row, include) if include else row.data
    data = call.project(response, data)
    return call.respond(select_fields(call, data, names) if names else data)


def create(call: Call, made: Mapping[str, Any] | None = None) -> Response:
    """A new row from the request's body."""
    collection = call.collection_plan()
    rows = call.rows(collection)
    body = call.body if isinstance(call.body, dict) else {}
    _check_typed(call, collection, collection.create_schema, body)
    row, parents = remember(call, collection, rows, body, made), call.parents(collection)
    del parents
    response = call.plan.success
    payload = call.view(response, row, secrets=collection.secrets)
    headers: dict[str, str] = {}
    for name in response.headers:
        if name.lower() == "location":
            headers[name] = call.item_url(collection, row.key)
    return call.respond(payload, headers=headers)


def remember(
    call: Call,
    collection: CollectionPlan,
    rows: Collection,
    body: Mapping[str, Any],
    made: Mapping[str, Any] | None = None,
) -> Row:
    """Store a new row made from ``body``.

    Raises:
        ApiError: 409, when a unique property's value is taken.
    """
    require_unique(call, collection, rows, body, None)
    user = call.session.user_row(call.credential)
    data, hidden = call.session.rows.completed(
        collection,
        call.parents(collection),
        body,
        now=call.now,
        index=rows.next_seq,
        user=user.key if user is not None else None,
        made=made,
    )
    key = call.session.rows.key_of(collection, data, rows.next_seq)
    field = collection.id_field
    refused = response_for(call.plan.responses, 409) is not None and field in body
    if rows.get(key) is not None and field is not None and not refused:
        data, key = call.session.rows.renamed(collection, data, rows)
    if rows.get(key) is not None:
        field = collection.id_field or "id"
        raise _conflict(collection, field, key)
    row = rows.add(key, data, hidden)
    call.session.changed(call, collection, row, "created")
    return row


def require_unique(
    call: Call,
    collection: CollectionPlan,
    rows: Collection,
    body: Mapping[str, Any],
    own: Row | None,
) -> None:
    """Refuse a value that another row has in a unique property.

    Raises:
        ApiError: 409.
    """
    for field in collection.unique:
        value = body.get(field)
        if value is None:
            continue
        folded = value.lower() if isinstance(value, str) else value
        for row in rows:
            if row is own:
                continue
            other = row.data.get(field)
            if (other.lower() if isinstance(other, str) else other) == folded:
                raise _conflict(collection, field, value)


def _conflict(collection: CollectionPlan, field: str, value: Any) -> ApiError:
    noun = collection.singular.replace("_", " ")
    return ApiError(
        409,
        f"Another {noun} has this {field}",
        "conflict",
        problems=[FieldProblem(field, "Already taken", value, has_value=True)],
    )


def _check_typed(
    call: Call, collection: CollectionPlan, schema: Any, body: Mapping[str, Any]
) -> None:
    """Hold what comes through an untyped path to the typed collection's schema.

    Raises:
        ApiError: 422, when the body does not fit it.
    """
    if call.plan.store_param is None or schema is None:
        return
    check_body(call, schema, body)


def update(call: Call) -> Response:
    """A row with the body's values in the place of its own.

    A PUT whose schema requires properties replaces: optional properties that are not sent go back
    to their default. Any other PUT, and PATCH, changes what is sent and nothing else.
    """
    collection = call.collection_plan()
    rows, row = call.row(collection)
    body = call.body if isinstance(call.body, dict) else {}
    _check_typed(call, collection, collection.update_schema, body)
    require_unique(call, collection, rows, body, row)
    schemas = call.schemas
    properties = schemas.properties(collection.row_schema)
    data = dict(row.data)
    hidden = {name: value for name, value in row.hidden.items() if name != "seeded"}
    if _replaces(call):
        _forget(call, collection, data, body)
    for name, value in body.items():
        known = name in properties
        if known and schemas.excluded(properties[name], Direction.REQUEST):
            continue
        if known and schemas.excluded(properties[name], Direction.RESPONSE):
            hidden[name] = value
        elif known or collection.fields is None:
            data[name] = value
        else:
            hidden[name] = value
    made = call.session.rows
    rng = rng_for(made.seed, collection.path, row.key, rows.revision)
    data = made.fitted(collection, made.touched(collection, data, call.now), rng)
    fresh = rows.replace(row, data, hidden)
    call.session.changed(call, collection, fresh, "updated")
    return call.respond(call.view(call.plan.success, fresh))


def _replaces(call: Call) -> bool:
    given = call.plan.mock.get("update")
    if given in {"merge", "replace"}:
        return bool(given == "replace")
    if call.plan.kind is not Kind.REPLACE or call.plan.body is None:
        return False
    schema = next(iter(call.plan.body.contents.values()), None)
    return bool(call.schemas.required(schema))


def _forget(
    call: Call, collection: CollectionPlan, data: dict[str, Any], body: Mapping[str, Any]
) -> None:
    """Set writable optional properties that a PUT leaves out back to their default."""
    assert call.plan.body is not None
    schema = next(iter(call.plan.body.contents.values()), None)
    schemas = call.schemas
    required = schemas.required(collection.row_schema)
    for name, part in schemas.properties(schema).items():
        if name in body or name not in data:
            continue
        default = schemas.keyword(part, "default")
        if default is not None:
            data[name] = default
        elif name not in required:
            if "null" in schemas.types(part):
                data[name] = None
            else:
                del data[name]


def delete(call: Call) -> Response:
    """The row is gone."""
    collection = call.collection_plan()
    rows, row = call.row(collection)
    blocked = collection.overlay.get("keep_while")
    if isinstance(blocked, dict):
        for field, values in blocked.items():
            if row.data.get(field) in values:
                raise ApiError(
                    409,
                    f"A {collection.singular} cannot be deleted while {field} is {row.data[field]}",
                    "conflict",
                    problems=[
                        FieldProblem(field, "Does not allow it", row.data[field], has_value=True)
                    ],
                )
    for path, field in (collection.overlay.get("keep_while_referenced") or {}).items():
        other = call.session.plan.collections.get(path)
        if other is not None and any(
            found.data.get(field) == row.key for found in call.session.store.collection(other.name)
        ):
            raise ApiError(
                409,
                f"The {collection.singular} still has {other.name}",
                "conflict",
                problems=[FieldProblem(field, f"Used by {other.name}")],
            )
    rows.remove(row.key)
    call.session.changed(call, collection, row, "deleted")
    response = call.plan.success
    if response.media_type is None:
        return call.respond(None)
    if response.fields is not None and row.data.keys() <= response.fields:
        return call.respond(call.view(response, row))
    known: dict[str, Any] = {"deleted": True, "id": row.data.get("id", row.key)}
    known |= {" ".join(words_of(name)): value for name, value in row.data.items()}
    return call.respond(call.known_payload(response, known, prefer_example=True))

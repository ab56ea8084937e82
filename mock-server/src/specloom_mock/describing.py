"""OPTIONS: what a collection is made of, and what the caller may do with it."""

from __future__ import annotations

from typing import Any

from specloom_mock.call import Call
from specloom_mock.message import Response
from specloom_mock.schemas import Direction

__all__ = ["describe"]


def describe(call: Call) -> Response:
    """What a collection is made of, and what the caller may do with it."""
    collection = call.collection_plan()
    schemas, plan = call.schemas, call.plan
    properties = schemas.properties(collection.row_schema)
    relations = call.session.rows.relations(collection)
    inputs = schemas.required(collection.create_schema) if collection.create_schema else frozenset()
    writable = schemas.properties(collection.create_schema) if collection.create_schema else {}
    fields = {
        name: _field(call, part, writable.get(name), required=name in inputs)
        for name, part in properties.items()
        if name not in relations
    }
    by_name = {relation: relations[relation] for relation in relations}
    shown = {
        name: {
            "type": "has_many" if relation.many else "belongs_to",
            "entity": relation.target.name if relation.target is not None else name,
            "foreign_key": relation.key,
        }
        for name, relation in by_name.items()
    }
    methods = call.session.methods_below(plan.path)
    credential = call.credential
    scopes = set(call.session.scopes_of(credential))
    quota = call.session.quota_for(plan, credential)
    rate: dict[str, Any] = {}
    if quota is not None:
        rate = {"policy": quota.policy, "limit": quota.limit, "window": _window(quota.window)}
    known: dict[str, Any] = {
        "entity": call.path.get(plan.store_param or "", collection.name),
        "methods": methods,
        "fields": fields,
        "schema": fields,
        "relations": shown,
        "permissions": {scope: scope in scopes for scope in ("read", "write", "delete")},
        "rate limit": rate,
    }
    return call.respond(call.known_payload(plan.success, known))


def _window(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{int(seconds // length)}{unit}"
    return f"{max(1, int(seconds))}s"


def _field(call: Call, schema: Any, write: Any, *, required: bool) -> dict[str, Any]:
    schemas = call.schemas
    types = schemas.types(schema)
    kind = next(iter(sorted(types - {"null"})), "string")
    made: dict[str, Any] = {"type": kind, "required": required}
    values = schemas.keyword(schema, "enum")
    if schemas.keyword(schema, "format") == "date-time":
        made["type"] = "datetime"
    elif isinstance(values, list):
        made["type"] = "enum"
        made["values"] = [value for value in values if isinstance(value, str)]
    if schemas.excluded(schema, Direction.REQUEST):
        made["generated"] = True
    if "null" in types:
        made["nullable"] = True
    for source in (write, schema):
        default = schemas.keyword(source, "default") if source is not None else None
        if default is not None:
            made["default"] = default
            break
    longest = schemas.keyword(schema, "maxLength")
    if isinstance(longest, int):
        made["max_length"] = longest
    return made

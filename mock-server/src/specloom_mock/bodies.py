"""Response bodies: where the resource stands, what is computed around it, how it is put together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from specloom_mock.generate import Generator
from specloom_mock.names import singular, words_of
from specloom_mock.plan import Keys, ResponsePlan, Slot
from specloom_mock.schemas import Schemas

__all__ = [
    "assemble",
    "find_payload",
    "find_slots",
    "make_skeleton",
    "place",
    "pointer_keys",
    "slot_at",
]

_LIST_NAMES = ("data", "items", "results", "result", "records", "rows", "values", "list", "content")
_ITEM_NAMES = ("data", "result", "item", "resource", "record", "payload")
_SIBLINGS = frozenset(
    {
        "code",
        "links",
        "message",
        "meta",
        "metadata",
        "ok",
        "pagination",
        "request_id",
        "requestid",
        "status",
        "success",
        "timestamp",
        "warning",
        "warnings",
    }
)

_ROLES: dict[str, str] = {
    "page": "page",
    "current page": "page",
    "page number": "page",
    "per page": "size",
    "page size": "size",
    "limit": "size",
    "page limit": "size",
    "total": "total",
    "total count": "total",
    "total items": "total",
    "total results": "total",
    "total records": "total",
    "total pages": "pages",
    "page count": "pages",
    "pages": "pages",
    "last page": "pages",
    "has next": "has_next",
    "has next page": "has_next",
    "has more": "has_next",
    "has previous": "has_previous",
    "has prev": "has_previous",
    "has previous page": "has_previous",
    "next cursor": "next_cursor",
    "next page token": "next_cursor",
    "end cursor": "next_cursor",
    "cursor": "next_cursor",
    "after": "next_cursor",
    "previous cursor": "previous_cursor",
    "prev cursor": "previous_cursor",
    "before": "previous_cursor",
    "next": "next_url",
    "next url": "next_url",
    "next link": "next_url",
    "next page url": "next_url",
    "next page uri": "next_url",
    "previous": "previous_url",
    "prev": "previous_url",
    "first": "first_url",
    "last": "last_url",
    "offset": "offset",
    "first id": "first_id",
    "last id": "last_id",
    "request id": "request_id",
    "success": "true",
    "ok": "true",
}
_KINDS = {
    "true": "boolean",
    "has_next": "boolean",
    "has_previous": "boolean",
    "page": "integer",
    "size": "integer",
    "total": "integer",
    "pages": "integer",
    "offset": "integer",
    "count": "integer",
}


def pointer_keys(pointer: str) -> Keys:
    """The property names of a JSON pointer into a body."""
    parts = pointer.removeprefix("#").split("/")[1:]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def find_payload(schemas: Schemas, schema: Any, *, listing: bool, noun: str) -> Keys | None:
    """Where the array (or the resource) stands in a body; None when there is no place for it.

    Args:
        schemas: The document's schemas.
        schema: The body's schema.
        listing: Whether an array of resources is sought.
        noun: The collection's last path segment, such as ``users``.
    """
    if listing:
        return _find_array(schemas, schema, noun, 0)
    if not schemas.is_object(schema):
        return None
    properties = schemas.properties(schema)
    if not properties:
        return ()
    if any(words_of(name)[-1:] == ["id"] and name.lower() not in _SIBLINGS for name in properties):
        return ()
    singular_noun = singular(noun.replace("-", "_"))
    for name in (*_ITEM_NAMES, singular_noun):
        if name in properties and schemas.is_object(properties[name]):
            return (name,)
    others = [name for name in properties if name.lower() not in _SIBLINGS]
    if len(others) == 1 and schemas.is_object(properties[others[0]]):
        return (others[0],)
    return ()


def _find_array(schemas: Schemas, schema: Any, noun: str, depth: int) -> Keys | None:
    if schemas.is_array(schema):
        tuples = schemas.keyword(schema, "prefixItems") is not None
        return None if tuples or schemas.keyword(schema, "items") is False else ()
    if depth > 1 or not schemas.is_object(schema):
        return None
    properties = schemas.properties(schema)
    arrays = [name for name, part in properties.items() if schemas.is_array(part)]
    for name in (*_LIST_NAMES, noun, noun.replace("-", "_")):
        if name in arrays:
            return (name,)
    has_id = any(words_of(name)[-1:] == ["id"] for name in properties)
    if len(arrays) == 1 and depth == 0 and not has_id:
        return (arrays[0],)
    for name in _ITEM_NAMES if depth == 0 else ():
        if name in properties:
            inner = _find_array(schemas, properties[name], noun, depth + 1)
            if inner is not None:
                return (name, *inner)
    return None


def _leaves(
    schemas: Schemas,
    schema: Any,
    skip: Keys | None,
    prefix: Keys = (),
    optional: Keys | None = None,
) -> Iterator[tuple[Keys, Any, Keys | None]]:
    """Every leaf with its schema, and the nearest place around it that may be left out."""
    required = schemas.required(schema)
    for name, part in schemas.properties(schema).items():
        keys = (*prefix, name)
        if keys == skip:
            continue
        free = optional if name in required else keys
        if schemas.is_object(part) and len(keys) < 3:
            yield from _leaves(schemas, part, skip, keys, free)
        else:
            yield keys, part, free


def find_slots(
    schemas: Schemas, schema: Any, payload: Keys | None, *, listing: bool
) -> tuple[Slot, ...]:
    """The computed places of a body, found by what they are called and what they hold."""
    found: list[Slot] = []
    if payload == ():
        return ()
    for keys, part, optional in _leaves(schemas, schema, payload):
        role = _ROLES.get(" ".join(words_of(keys[-1])))
        if role is None and listing and words_of(keys[-1]) == ["count"]:
            role = "count"
        if role is None or (not listing and role not in {"true", "request_id"}):
            continue
        named = schemas.types(part)
        types = named - {"null"}
        if types and _KINDS.get(role, "string") not in types:
            if types == {"number"} and _KINDS.get(role) == "integer":
                pass
            else:
                continue
        if role == "request_id" and schemas.keyword(part, "format") == "uuid":
            continue
        found.append(Slot(keys, role, not named or "null" in named, optional))
    if not any(slot.role == "total" for slot in found):
        for slot in found:
            slot.role = "total" if slot.role == "count" else slot.role
    return tuple(found)


def slot_at(schemas: Schemas, schema: Any, keys: Keys, role: str) -> Slot:
    """A computed place that is known by its keys."""
    for found, part, optional in _leaves(schemas, schema, None):
        if found == keys:
            types = schemas.types(part)
            return Slot(keys, role, not types or "null" in types, optional)
    return Slot(keys, role, nullable=True)


def make_skeleton(
    schemas: Schemas, generator: Generator, plan: ResponsePlan, rng: random.Random
) -> Any:
    """The body without its payload: required parts, worded as the document's example words them."""
    if plan.payload is None or plan.payload == () or not schemas.is_object(plan.schema):
        return {}
    example = next((item for item in plan.examples if isinstance(item, dict)), {})
    made = generator.value(plan.schema, rng, bound={plan.payload[0]: None}, optional=False)
    if not isinstance(made, dict):
        return {}
    for name in made:
        if name != plan.payload[0] and name in example:
            made[name] = example[name]
    if len(plan.payload) > 1:
        holder = schemas.properties(plan.schema).get(plan.payload[0], {})
        inner = generator.value(holder, rng, bound={plan.payload[1]: None}, optional=False)
        made[plan.payload[0]] = inner if isinstance(inner, dict) else {}
    return made


def place(body: dict[str, Any], keys: Keys, value: Any) -> None:
    """Set a value below a body, making the objects on the way."""
    node = body
    for key in keys[:-1]:
        child = node.get(key)
        if not isinstance(child, dict):
            child = {}
            node[key] = child
        node = child
    node[keys[-1]] = value


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value


def assemble(plan: ResponsePlan, payload: Any, values: Mapping[str, Any]) -> Any:
    """The body around ``payload``, its computed places filled from ``values`` by role.

    A place whose role has no value is left as the skeleton has it.
    """
    if not plan.payload:
        return payload
    body = _copied(plan.skeleton) if isinstance(plan.skeleton, dict) else {}
    place(body, plan.payload, payload)
    for slot in plan.slots:
        if slot.role not in values:
            continue
        value = values[slot.role]
        if value is not None or slot.nullable:
            place(body, slot.keys, value)
        elif slot.optional is not None:
            _leave_out(body, slot.optional)
    return body


def _leave_out(body: dict[str, Any], keys: Keys) -> None:
    node: Any = body
    for key in keys[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(keys[-1], None)

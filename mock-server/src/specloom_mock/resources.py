"""Collections that a document implies: ``/x`` with ``/x/{id}``, and what their rows are."""

from __future__ import annotations

import re
from typing import Any

from specloom_mock.bodies import find_payload
from specloom_mock.names import singular, words_of
from specloom_mock.plan import CollectionPlan, Keys
from specloom_mock.reading import RawOperation
from specloom_mock.responses import plan_responses
from specloom_mock.schemas import Schemas

__all__ = ["find_collections", "item_path", "noun_of", "payload_schema", "template_names"]

_TEMPLATE = re.compile(r"\{([^{}/]+)\}")
_WRITES = {"PUT", "PATCH", "DELETE"}


def template_names(path: str) -> tuple[str, ...]:
    """The parameters of a path template, in order."""
    return tuple(_TEMPLATE.findall(path))


def item_path(path: str) -> tuple[str, str] | None:
    """``("/x", "id")`` of ``/x/{id}``; None when the last segment is no template."""
    head, _, last = path.rstrip("/").rpartition("/")
    match = _TEMPLATE.fullmatch(last)
    return (head, match[1]) if match is not None and head else None


def noun_of(path: str) -> str:
    """The last concrete segment of a path."""
    concrete = [part for part in path.split("/") if part and "{" not in part]
    return concrete[-1] if concrete else "items"


def payload_schema(schemas: Schemas, schema: Any, payload: Keys | None, *, listing: bool) -> Any:
    """The schema of the resource in a body."""
    node = schema
    for key in payload or ():
        node = schemas.properties(node).get(key, {})
    if listing:
        node = schemas.items(node)
    return node


def _group(operations: list[RawOperation]) -> dict[str, dict[str, RawOperation]]:
    by_path: dict[str, dict[str, RawOperation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return by_path


_NUMBERS = frozenset({"integer", "number"})
_HANDLES = ("slug", "login", "username", "handle", "key", "code", "name")
_COUNTING = frozenset({"id", "ids", "uid", "uuid", "number", "no"})


def _handle(schemas: Schemas, properties: dict[str, Any], param: str, asked: Any) -> str | None:
    """The text that a path names rows by whose id is a number: ``/orgs/{org}`` by its login."""
    types = schemas.types(properties.get("id")) - {"null"}
    if not types or not types <= _NUMBERS or schemas.types(asked) != frozenset({"string"}):
        return None
    if set(words_of(param)) & _COUNTING:
        return None
    for name in _HANDLES:
        if name in properties and "string" in schemas.types(properties[name]):
            return name
    return None


def _id_field(
    schemas: Schemas, row: Any, param: str | None, noun: str, asked: Any = None
) -> str | None:
    """The row's property that the item path's parameter refers to."""
    properties = schemas.properties(row)
    if param is None:
        return "id" if "id" in properties or not properties else None
    if param in properties:
        return param
    words = words_of(param)
    handle = _handle(schemas, properties, param, asked)
    if handle is not None:
        return handle
    if "id" in properties or not properties:
        return "id"
    for name in properties:
        if words_of(name) == words:
            return name
    wanted = (f"{singular(noun)} id", words[-1], "uid", "uuid", "key", "slug", "name", "code")
    for want in wanted:
        for name in properties:
            if " ".join(words_of(name)) == want:
                return name
    return None


def _row_schemas(
    schemas: Schemas, path: str, operations: list[tuple[RawOperation, bool]]
) -> list[Any]:
    found: list[Any] = []
    for operation, listing in operations:
        success, _ = plan_responses(schemas, operation.method, operation.raw)
        if success.media_type is None or not success.schema:
            continue
        payload = find_payload(schemas, success.schema, listing=listing, noun=noun_of(path))
        if payload is None:
            continue
        schema = payload_schema(schemas, success.schema, payload, listing=listing)
        if schemas.is_object(schema) or schema == {}:
            found.append(schema)
    return found


def _write_schema(schemas: Schemas, operation: RawOperation | None) -> Any:
    if operation is None:
        return None
    body = schemas.resolve(operation.raw.get("requestBody"))
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not content:
        return None
    media = next(iter(content.values()))
    return media.get("schema") if isinstance(media, dict) else None


def find_collections(schemas: Schemas, operations: list[RawOperation]) -> dict[str, CollectionPlan]:
    """Collections by path, parents before children.

    A path is a collection when its GET lists objects, or when ``path/{id}`` can be read and
    ``path`` can be posted to (or the item be changed).
    """
    by_path = _group(operations)
    items: dict[str, tuple[str, str]] = {}
    for path in by_path:
        split = item_path(path)
        if split is None:
            continue
        known = items.get(split[0])
        if known is None or len(by_path[path]) > len(by_path[known[0]]):
            items[split[0]] = (path, split[1])
    asked_at = _asked(schemas, operations)
    found: dict[str, CollectionPlan] = {}
    for path in sorted({*by_path, *items}, key=lambda p: (p.count("/"), p)):
        own = by_path.get(path, {})
        item, param = items.get(path, (None, None))
        of_item = by_path.get(item, {}) if item is not None else {}
        lists = own.get("GET")
        is_item = (split := item_path(path)) is not None and split[0] in found
        listed = [] if lists is None or is_item else _row_schemas(schemas, path, [(lists, True)])
        readable = "GET" in of_item
        writable = "POST" in own or bool(_WRITES & set(of_item))
        if not listed and not (readable and writable):
            continue
        reads = [(op, False) for m in ("GET", "PUT", "PATCH") if (op := of_item.get(m))]
        item_schemas = _row_schemas(schemas, path, reads)
        creates = [(op, False)] if (op := own.get("POST")) is not None else []
        created = _row_schemas(schemas, path, creates)
        row = (item_schemas or listed or created or [{}])[0]
        plan = CollectionPlan(name=path.lstrip("/"), path=path, parents=template_names(path))
        plan.row_schema = row
        plan.read_schemas = [*item_schemas, *listed]
        plan.singular = "_".join(words_of(singular(noun_of(path))))
        asked = _parameter_schema(by_path, item, param) if param is not None else None
        if param is None and asked_at.get(path):
            param, asked = asked_at[path][0]  # rows are named by what stands below them
        plan.id_asked = tuple(schema for _, schema in asked_at.get(path, ()))
        plan.id_field = _id_field(schemas, row, param, noun_of(path), asked)
        properties = schemas.properties(row)
        plan.id_schema = properties.get(plan.id_field) if plan.id_field else None
        plan.id_param = param
        told = param is not None and plan.id_schema is None
        if told or _says_more(schemas, asked, plan.id_schema):
            plan.id_schema = asked
        plan.fields = _closed_fields(schemas, plan.read_schemas)
        if properties:
            for schema in created:
                shown = schemas.properties(schema)
                if plan.id_field is not None and plan.id_field not in shown:
                    continue  # it shows something else than the row
                for name, part in shown.items():
                    if name not in properties and plan.fields and name not in plan.fields:
                        plan.secrets[name] = part
        plan.create_schema = _write_schema(schemas, own.get("POST"))
        plan.update_schema = _write_schema(schemas, of_item.get("PATCH") or of_item.get("PUT"))
        plan.unique = tuple(name for name, part in properties.items() if _is_unique(schemas, part))
        found[path] = plan
    for plan in found.values():
        plan.parent = _parent(schemas, plan.path, items.get(plan.path, (None,))[0], found, by_path)
    return found


def _asked(schemas: Schemas, operations: list[RawOperation]) -> dict[str, list[tuple[str, Any]]]:
    """Name and schema of the path parameters directly behind each path, each schema once.

    Parameters with values of their own (``enum``) name no rows.
    """
    found: dict[str, list[tuple[str, Any]]] = {}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.get("in") != "path":
                continue
            head, template, _ = operation.path.partition("/{" + parameter["name"] + "}")
            if not template or not head:
                continue
            known = found.setdefault(head, [])
            schema = parameter.get("schema")
            if not schemas.keyword(schema, "enum") and all(
                schema is not other and schema != other for _, other in known
            ):
                known.append((parameter["name"], schema))
    return found


def _parameter_schema(
    by_path: dict[str, dict[str, RawOperation]], item: str | None, name: str
) -> Any:
    for operation in by_path.get(item or "", {}).values():
        for parameter in operation.parameters:
            if parameter["name"] == name and parameter.get("in") == "path":
                return parameter.get("schema")
    return None


def _says_more(schemas: Schemas, asked: Any, shown: Any) -> bool:
    """Whether a path parameter tells the form of ids better than the rows do."""
    telling = ("pattern", "format", "enum")
    if asked is None or any(schemas.keyword(shown, name) is not None for name in telling):
        return False
    other_type = bool(schemas.types(asked)) and schemas.types(asked) != schemas.types(shown)
    return other_type or any(schemas.keyword(asked, name) is not None for name in telling)


def _closed_fields(schemas: Schemas, read_schemas: list[Any]) -> frozenset[str] | None:
    names: set[str] = set()
    for schema in read_schemas:
        properties = schemas.properties(schema)
        if not properties or schemas.keyword(schema, "additionalProperties") not in (None, False):
            return None
        names.update(properties, schemas.required(schema))
    return frozenset(names) if names else None


def _is_unique(schemas: Schemas, schema: Any) -> bool:
    mock = schemas.keyword(schema, "x-mock")
    return isinstance(mock, dict) and mock.get("unique") is True


def _parent(
    schemas: Schemas,
    path: str,
    item: str | None,
    found: dict[str, CollectionPlan],
    by_path: dict[str, dict[str, RawOperation]],
) -> CollectionPlan | None:
    """The collection whose row stands directly above: /projects of /projects/{id}/files.

    A parameter with values of its own (``enum``) names no row.
    """
    names = template_names(path)
    if not names:
        return None
    last = "{" + names[-1] + "}"
    for below in (path, item):
        if schemas.keyword(_parameter_schema(by_path, below, names[-1]), "enum"):
            return None
    return found.get(path[: path.rindex(last)].rstrip("/"))

"""Pagination schemes of a stainless.yml, matched with operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specloom.config.stainless.model import Scheme
from specloom.config.stainless.reading import Node
from specloom.spec.document import Document
from specloom.spec.pointer import child

__all__ = ["fields_of", "matching", "report_purposes", "resolved_properties", "success_schema"]

_PROPERTY = "x-stainless-pagination-property"
_STYLES = {
    "offset": "offset",
    "page_number": "page",
    "cursor": "cursor",
    "cursor_id": "keyset",
    "cursor_url": "next_url",
    "fake_page": "link",  # no header will be there: one page is all there is
}
_PARAMS = {
    "offset_count_param": "offset",
    "page_number_param": "page",
    "next_cursor_param": "cursor",
    "next_cursor_id_param": "cursor",
}
_FIELDS = {
    "offset_total_count_field": "total",
    "total_page_count_field": "total_pages",
    "next_cursor_field": "next_cursor",
    "cursor_url_field": "next_url",
    "has_next_page": "has_more",
}
_HONOURED = frozenset((*_PARAMS, *_FIELDS, "items", "cursor_item_id"))
_DEEPEST = 8
"""Objects inside objects of a response that are searched."""


def _purpose(schema: Any) -> str | None:
    found = schema.get(_PROPERTY) if isinstance(schema, dict) else None
    if isinstance(found, str):
        return found
    purpose = found.get("purpose") if isinstance(found, dict) else None
    return purpose if isinstance(purpose, str) else None


def report_purposes(node: Node, depth: int = _DEEPEST) -> None:
    """Say of fields of a scheme with which purposes nothing is done."""
    for _, member in node.members():
        said = member.value.get(_PROPERTY) if isinstance(member.value, dict) else None
        if said is not None and not isinstance(said, str | dict):
            node.report.error(f"{member.pointer}/{_PROPERTY}", "it is no pagination property")
        purpose = _purpose(member.value)
        if purpose is not None and purpose not in _HONOURED:
            reason = "pages go forward, and are counted by the SDK itself"
            node.report.lost(f"{member.pointer}/{_PROPERTY}", f"{purpose}: {reason}")
        for key in ("properties", "items"):
            inner = member.value.get(key) if isinstance(member.value, dict) else None
            if isinstance(inner, dict) and depth:
                below = Node(inner, f"{member.pointer}/{key}", node.report)
                report_purposes(below, depth - 1)


def _optional(schema: Any) -> bool:
    found = schema.get(_PROPERTY) if isinstance(schema, dict) else None
    return isinstance(found, dict) and found.get("required") is False


def success_schema(
    document: Document, node: Mapping[str, Any]
) -> tuple[dict[str, Any], str] | None:
    """Return the resolved JSON schema of an operation's first success; None without one."""
    responses = node.get("responses")
    if not isinstance(responses, dict):
        return None
    for status in sorted(responses):
        if not status.startswith("2"):
            continue
        response, _ = document.resolve(responses[status])
        content = response.get("content") if isinstance(response, dict) else None
        for media_type, media in content.items() if isinstance(content, dict) else ():
            if "json" in media_type and isinstance(media, dict):
                schema, pointer = document.resolve(media.get("schema"))
                return (schema, pointer) if isinstance(schema, dict) else None
    return None


def resolved_properties(
    document: Document, schema: Any, depth: int = _DEEPEST
) -> dict[str, dict[str, Any]]:
    """Return an object schema's properties, those of its ``allOf`` included."""
    schema, _ = document.resolve(schema)
    if not isinstance(schema, dict) or depth == 0:
        return {}
    found: dict[str, dict[str, Any]] = {}
    parts = schema.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        found.update(resolved_properties(document, part, depth - 1))
    own = schema.get("properties")
    for name, value in own.items() if isinstance(own, dict) else ():
        target, _ = document.resolve(value)
        found[name] = target if isinstance(target, dict) else {}
    return found


def _has_parameters(document: Document, scheme: Scheme, names: frozenset[str]) -> bool:
    return all(name in names or _optional(schema) for name, schema in scheme.request.items())


def matching(
    document: Document, scheme: Scheme, names: frozenset[str], node: Mapping[str, Any]
) -> dict[str, str] | None:
    """Return how an operation pages by a scheme, as an ``x-pagination`` value.

    Args:
        document: The canonical document.
        scheme: The scheme.
        names: Wire names of the operation's parameters, and of its body's properties where the
            scheme's stand there.
        node: The operation.

    Returns:
        None where the operation lacks a parameter or a field of the scheme.
    """
    found = success_schema(document, node)
    if found is None or not _has_parameters(document, scheme, names):
        return None
    value = {"style": _STYLES[scheme.kind]}
    for name, schema in scheme.request.items():
        member = _PARAMS.get(_purpose(schema) or "")
        if name in names and member is not None:
            value.setdefault(member, name)
    size = next(
        (
            name
            for name, schema in scheme.request.items()
            if name in names and _purpose(schema) is None and _kind(schema) in ("integer", "number")
        ),
        None,
    )
    if size is not None:
        value["limit" if scheme.kind == "offset" else "size"] = size
    if any(_top_level(schema) for schema in scheme.response.values()):
        return {**value, "items": ""} if found[0].get("type") == "array" else None
    return _with_fields(document, scheme, found[0], value)


def _with_fields(
    document: Document, scheme: Scheme, schema: dict[str, Any], value: dict[str, str]
) -> dict[str, str] | None:
    fields = list(_fields(scheme.response, ""))
    lists = [pointer for pointer, field in fields if _kind(field) == "array"]
    items = next((pointer for pointer, field in fields if _purpose(field) == "items"), None)
    items = items or (lists[0] if lists else None)
    if items is None:
        return None
    value["items"] = items
    for pointer, field in fields:
        header = field.get(_PROPERTY)
        if isinstance(header, dict) and isinstance(header.get("from_header"), str):
            if scheme.kind == "cursor":
                value.update(style="token_header", header=header["from_header"])
            continue
        there = _at(document, schema, pointer)
        if there is None:
            if _optional(field):
                continue
            return None
        if pointer == items and _kind(there) != "array":
            return None
        member = _FIELDS.get(_purpose(field) or "")
        if member is not None:
            value.setdefault(member, pointer)
    if value["style"] == "token_header":
        value.pop("next_cursor", None)
    if scheme.kind == "cursor_id":
        value["item_cursor"] = _item_cursor(scheme, items)
    return value


def fields_of(scheme: Scheme) -> tuple[tuple[str, str], ...]:
    """Return the fields at the top of a scheme's responses, each with its JSON type."""
    return tuple(
        (name, str(_kind(schema))) for name, schema in scheme.response.items() if _in_body(schema)
    )


def _in_body(schema: Any) -> bool:
    found = schema.get(_PROPERTY) if isinstance(schema, dict) else None
    return not (isinstance(found, dict) and ("from_header" in found or _top_level(schema)))


def _item_cursor(scheme: Scheme, items: str) -> str:
    listed = scheme.response.get(items.split("/")[1], {})
    inner = listed.get("items") if isinstance(listed, dict) else None
    properties = inner.get("properties") if isinstance(inner, dict) else None
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        if _purpose(schema) == "cursor_item_id":
            return child("", name)
    return "/id"


def _top_level(schema: Any) -> bool:
    found = schema.get(_PROPERTY) if isinstance(schema, dict) else None
    return isinstance(found, dict) and found.get("is_top_level_array") is True


def _kind(schema: Any) -> Any:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(kind, list):
        return next((item for item in kind if item != "null"), None)
    return kind


def _fields(
    properties: Mapping[str, Any], above: str, depth: int = _DEEPEST
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in properties.items():
        if not isinstance(schema, dict):
            continue
        pointer = child(above, name)
        yield pointer, schema
        inner = schema.get("properties")
        if isinstance(inner, dict) and depth:
            yield from _fields(inner, pointer, depth - 1)


def _at(document: Document, schema: Any, pointer: str) -> dict[str, Any] | None:
    node: Any = schema
    for name in pointer.split("/")[1:]:
        properties = resolved_properties(document, node)
        key = name.replace("~1", "/").replace("~0", "~")
        if key not in properties:
            return None
        node = properties[key]
    return node if isinstance(node, dict) else None

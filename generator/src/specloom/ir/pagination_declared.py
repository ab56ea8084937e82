"""Pagination that a document or the configuration says outright (``x-pagination``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloom.ir.listing import ListBody, first_page, success
from specloom.ir.model import (
    ListOf,
    Model,
    ModelId,
    ObjectModel,
    Pagination,
    PaginationStyle,
    Parameter,
    ParameterLocation,
    Ref,
    RequestBody,
    Response,
    Text,
)
from specloom.spec.pointer import child

__all__ = ["PaginationError", "explicit"]


class PaginationError(ValueError):
    """A pagination value that does not fit its operation."""


_POINTERS = ("total", "total_pages", "next_cursor", "has_more", "next_url")
_PARAMETERS = {
    "page": "page_param",
    "size": "size_param",
    "limit": "size_param",
    "offset": "offset_param",
    "cursor": "cursor_param",
}
_KNOWN = frozenset((*_POINTERS, *_PARAMETERS, "style", "items", "header", "item_cursor", "in"))
_STYLES = {style.value: style for style in PaginationStyle}
_NEEDED = {
    PaginationStyle.PAGE: ("page_param",),
    PaginationStyle.OFFSET: ("offset_param",),
    PaginationStyle.CURSOR: ("cursor_param", "next_cursor"),
    PaginationStyle.KEYSET: ("cursor_param",),
    PaginationStyle.NEXT_URL: ("next_url",),
    PaginationStyle.TOKEN_HEADER: ("cursor_param", "header"),
}


def explicit(
    value: Mapping[str, Any],
    parameters: tuple[Parameter, ...],
    responses: tuple[Response, ...],
    models: Mapping[ModelId, Model],
    sent: RequestBody | None = None,
) -> Pagination:
    """Return the pagination that ``x-pagination`` or the configuration says.

    Args:
        value: What is said.
        parameters: The operation's parameters.
        responses: Its responses.
        models: The models that they refer to.
        sent: Its request body, which ``in: body`` speaks of.

    Raises:
        PaginationError: The value names a style, a parameter or a property that is not there.
    """
    for key, member in value.items():
        if key not in _KNOWN:
            raise PaginationError(f"{key} is no part of a pagination")
        if not isinstance(member, str):
            raise PaginationError(f"{key} is not text")
    style = _STYLES.get(str(value.get("style")))
    if style is None:
        raise PaginationError(f"the style {value.get('style')!r} is unknown")
    found = success(responses)
    if found is None:
        raise PaginationError("the operation has no JSON response")
    body = ListBody(found[1], models)
    items = value.get("items")
    if items is None:
        listed = body.items("")
        if listed is None:
            raise PaginationError("the response has no list that is its items")
        items = listed[0]
    at_items = body.find(items)
    if not isinstance(at_items, ListOf):
        raise PaginationError(f"{items!r} in the response is not a list")
    members: dict[str, Any] = {}
    known = {
        parameter.wire_name.raw
        for parameter in parameters
        if parameter.location is not ParameterLocation.PATH
    }
    in_body = value.get("in") == "body" or _only_sent(value, known, sent, models)
    for key, member in _PARAMETERS.items():
        name = value.get(key)
        if name is None:
            continue
        if in_body:
            members[member] = Text(_sent_at(name, sent, models))
        elif name not in known:
            raise PaginationError(f"the operation has no parameter {name!r}")
        else:
            members[member] = Text(name)
    for key in _POINTERS:
        pointer = value.get(key)
        if pointer is not None:
            if body.find(pointer) is None:
                raise PaginationError(f"the response has no property {pointer!r}")
            members[key] = pointer
    if value.get("header") is not None:
        members["header"] = Text(value["header"])
    elif style is PaginationStyle.LINK:
        members["header"] = Text("Link")
    for needed in _NEEDED.get(style, ()):
        if needed not in members:
            raise PaginationError(f"the style {style.value} needs {needed.removesuffix('_param')}")
    if style is PaginationStyle.KEYSET:
        members["item_cursor"] = value.get("item_cursor", "/id")
    if style is PaginationStyle.PAGE and not in_body:
        page = next(item for item in parameters if item.wire_name.raw == members["page_param"].raw)
        members["first_page"] = first_page(page)
    return Pagination(style, items, at_items.item, explicit=True, in_body=in_body, **members)


def _only_sent(
    value: Mapping[str, Any],
    known: set[str],
    sent: RequestBody | None,
    models: Mapping[ModelId, Model],
) -> bool:
    """Whether every name is one of the body's properties, and none is a parameter's."""
    names = [value[key] for key in _PARAMETERS if value.get(key) is not None]
    if not names or known.intersection(names):
        return False
    try:
        return all(_sent_at(name, sent, models) for name in names)
    except PaginationError:
        return False


def _sent_at(name: str, sent: RequestBody | None, models: Mapping[ModelId, Model]) -> str:
    """Return the pointer of a property of the request's body: one by itself, or a pointer."""
    content = sent.contents[0] if sent is not None and sent.contents else None
    body = models.get(content.type.model) if content and isinstance(content.type, Ref) else None
    if content is None or not isinstance(body, ObjectModel):
        raise PaginationError("the request has no body that is an object")
    pointer = name if name.startswith("/") else child("", name)
    if ListBody(content.type, models).find(pointer) is None:
        raise PaginationError(f"the request's body has no property {name!r}")
    return pointer

"""Text that stands for structure: forms, multipart bodies, parameters that are objects.

``a[b]=1``, ``a[]=1`` and ``a[0][b]=1`` nest; what the texts are is said by the schema, a union's by
the first of its parts that takes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_plus

import orjson
from python_multipart.multipart import MultipartParser, parse_options_header

from specloom_mock.schemas import Direction, Schemas

__all__ = ["Part", "nest", "read_form", "read_parts", "type_texts"]

Part = tuple[str, str | None, str | None, bytes]
"""A part of a multipart body: field name, file name, media type, content."""

_DEPTH = 32


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names with brackets as nested mappings; a name that comes again makes a list."""
    result: dict[str, Any] = {}
    for name, text in pairs:
        head, bracket, rest = name.partition("[")
        keys = [head, *(rest.removesuffix("]").split("][") if bracket else ())]
        node = result
        for key, following in pairwise(keys):
            if key == "":
                key = _next(node, following)
            child = node.setdefault(key, {})
            node = child if isinstance(child, dict) else {}
        _put(node, keys[-1], text)
    return result


def _next(node: dict[str, Any], member: str) -> str:
    """The item that ``a[][b]`` is of: the last, until it has that member."""
    last = str(len(node) - 1)
    held = node.get(last)
    return last if isinstance(held, dict) and member not in held else str(len(node))


def _put(node: dict[str, Any], key: str, text: str) -> None:
    if key == "":
        key = str(len(node))
    if key not in node:
        node[key] = text
    elif isinstance(node[key], list):
        node[key].append(text)
    else:
        node[key] = [node[key], text]


def type_texts(schemas: Schemas, schema: Any, node: Any, depth: int = 0) -> Any:
    """A value of a schema from texts; texts that are of no such type stay texts.

    Args:
        schemas: The document's schemas.
        schema: What is expected.
        node: A text, or texts in mappings and lists, as :func:`nest` makes them.
        depth: How deep in the whole it stands.
    """
    schema = schemas.resolve(schema)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return node
    for branch in schemas.branches(schema):
        for key in ("oneOf", "anyOf"):
            for option in branch.get(key) or ():
                made = type_texts(schemas, option, node, depth + 1)
                if schemas.check(option, Direction.REQUEST).is_valid(made):
                    return _joined(schemas, schema, node, made, depth)
    if isinstance(node, dict):
        return _mapping(schemas, schema, node, depth)
    if schemas.is_array(schema):
        items = schemas.items(schema)
        return [type_texts(schemas, items, item, depth + 1) for item in _items(node)]
    if isinstance(node, list):
        return type_texts(schemas, schema, node[-1], depth + 1)
    return _scalar(schemas.types(schema) - {"null"}, node)


def _joined(schemas: Schemas, schema: Any, node: Any, made: Any, depth: int) -> Any:
    """A union's part together with the properties that stand beside the union."""
    if isinstance(made, dict) and isinstance(node, dict):
        own = schemas.properties(schema)
        return made | {
            name: type_texts(schemas, part, node[name], depth + 1)
            for name, part in own.items()
            if name in node
        }
    return made


def _mapping(schemas: Schemas, schema: Any, node: dict[str, Any], depth: int) -> Any:
    if schemas.is_array(schema) and all(key.isdecimal() for key in node):
        items = schemas.items(schema)
        ordered = sorted(node, key=int)
        return [type_texts(schemas, items, node[key], depth + 1) for key in ordered]
    properties = schemas.properties(schema)
    extra = schemas.keyword(schema, "additionalProperties")
    extra = extra if isinstance(extra, dict) else {}
    made = {
        name: type_texts(schemas, properties.get(name, extra), item, depth + 1)
        for name, item in node.items()
    }
    for name in schemas.required(schema) - made.keys():
        # No text stands for an empty object or list: one that has to be there is empty.
        part = properties.get(name, extra)
        empty: Any = [] if schemas.is_array(part) else {} if schemas.is_object(part) else None
        if empty is not None and schemas.check(part, Direction.REQUEST).is_valid(empty):
            made[name] = empty
    return made


def _items(node: Any) -> list[Any]:
    if isinstance(node, list):
        return node
    if node == "":
        return []
    if node[:1] == "[":
        try:
            parsed = orjson.loads(node)
        except orjson.JSONDecodeError:
            pass
        else:
            return [
                item if isinstance(item, str) else orjson.dumps(item).decode() for item in parsed
            ]
    return list(node.split(","))


def _scalar(types: frozenset[str], text: Any) -> Any:
    if "string" in types or not types or not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def read_form(schemas: Schemas, body: bytes, schema: Any) -> Any:
    """A form (``application/x-www-form-urlencoded``) as a value of the schema."""
    pairs: list[tuple[str, str]] = []
    for piece in body.decode("utf-8", "replace").split("&"):
        if piece:
            name, _, text = piece.partition("=")
            pairs.append((unquote_plus(name), unquote_plus(text)))
    return type_texts(schemas, schema, nest(pairs))


def read_parts(header: str, body: bytes) -> list[Part] | None:
    """The parts of a multipart body; None when it is malformed.

    Args:
        header: The ``Content-Type``, which names the boundary.
        body: The whole body.
    """
    _, options = parse_options_header(header)
    boundary = options.get(b"boundary")
    if not boundary:
        return None
    found: list[Part] = []
    headers: dict[str, bytes] = {}
    content = bytearray()
    field = bytearray()
    value = bytearray()
    ended = False

    def on_part_begin() -> None:
        headers.clear()
        content.clear()

    def on_header_end() -> None:
        headers[field.decode("latin-1").lower()] = bytes(value)
        field.clear()
        value.clear()

    def on_part_end() -> None:
        _, disposition = parse_options_header(headers.get("content-disposition", b""))
        name = disposition.get(b"name")
        if name is None:
            return
        filename = disposition.get(b"filename")
        kind = headers.get("content-type")
        found.append(
            (
                name.decode("utf-8", "replace"),
                None if filename is None else filename.decode("utf-8", "replace"),
                None if kind is None else kind.decode("latin-1"),
                bytes(content),
            )
        )

    def on_end() -> None:
        nonlocal ended
        ended = True

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": on_part_begin,
            "on_part_data": lambda data, start, end: content.extend(data[start:end]),
            "on_part_end": on_part_end,
            "on_header_field": lambda data, start, end: field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": on_header_end,
            "on_end": on_end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except ValueError:
        return None
    return found if ended else None

"""Parameters and response headers."""

from __future__ import annotations

import re
from typing import Any

from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.media import example_values
from specloom.ir.build.types import Types
from specloom.ir.model import (
    Header,
    Parameter,
    ParameterLocation,
    PathPart,
    Source,
    Style,
    Text,
    Type,
    Words,
)
from specloom.ir.names import Names, split_words

__all__ = ["Parameters", "path_parts"]

_LOCATIONS = {location.value: location for location in ParameterLocation}
_DEFAULT_STYLES = {
    ParameterLocation.PATH: Style.SIMPLE,
    ParameterLocation.QUERY: Style.FORM,
    ParameterLocation.HEADER: Style.SIMPLE,
    ParameterLocation.COOKIE: Style.FORM,
}
_ALLOWED_STYLES = {
    ParameterLocation.PATH: {Style.SIMPLE, Style.LABEL, Style.MATRIX},
    ParameterLocation.QUERY: {Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT},
    ParameterLocation.HEADER: {Style.SIMPLE},
    ParameterLocation.COOKIE: {Style.FORM},
}
_STYLES = {style.value: style for style in Style if style is not Style.JSON}
_IGNORED_HEADERS = frozenset(("accept", "content-type", "authorization"))
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


def path_parts(path: str) -> tuple[PathPart, ...]:
    """Split a path template into literal text and parameters.

    A fragment is no part of an address: some documents use one to tell operations apart.
    """
    path = path.partition("#")[0]
    made = []
    for index, piece in enumerate(_TEMPLATE.split(path)):
        if piece:
            made.append(PathPart(Text(piece), index % 2 == 1))
    return tuple(made)


class Parameters:
    """Reads parameters and headers; components are read once."""

    def __init__(self, context: Context, types: Types) -> None:
        self._context = context
        self._types = types
        self._shared: dict[str, Parameter] = {}
        self._headers: dict[str, tuple[Type, bool, Any]] = {}

    def of(
        self, item: dict[str, Any], operation: dict[str, Any], pointer: str, place: Place
    ) -> tuple[Parameter, ...]:
        """Return an operation's parameters: its own ones override those of its path.

        Args:
            item: The path item.
            operation: The operation.
            pointer: The operation's pointer.
            place: What inline objects are called after.
        """
        found: dict[tuple[str, str], tuple[Any, str]] = {}
        parent = pointer.rpartition("/")[0]
        for holder, where in ((item, parent), (operation, pointer)):
            for index, node in enumerate(holder.get("parameters", ())):
                target, target_pointer = self._context.resolve(node, f"{where}/parameters/{index}")
                name, location = target.get("name"), target.get("in")
                if isinstance(name, str) and location in _LOCATIONS:
                    found[location, name] = (target, target_pointer)
        names = Names()
        made: list[Parameter] = []
        order = sorted(found, key=lambda key: key[0] != "path")  # path parameters keep plain names
        words: dict[tuple[str, str], Words] = {}
        for key in order:
            plain = split_words(key[1])
            words[key] = names.take([plain, (key[0], *plain), (*plain, "parameter")], "/".join(key))
        for (location, name), (node, where) in found.items():
            if location == "header" and name.lower() in _IGNORED_HEADERS:
                self._context.dropped(
                    where, "OpenAPI leaves this header to the media type or to security"
                )
                continue
            made.append(self._parameter(node, where, words[location, name], place))
        return tuple(made)

    def _parameter(
        self, node: dict[str, Any], pointer: str, words: Words, place: Place
    ) -> Parameter:
        shared = pointer.startswith("/components/")
        if shared and pointer in self._shared and self._shared[pointer].name == words:
            return self._shared[pointer]
        location = _LOCATIONS[node["in"]]
        if shared:
            place = Place(split_words(pointer.rpartition("/")[2]))
        else:
            place = place.under(node["name"])
        schema, made, style = self._typed(node, pointer, place)
        if style is None:
            style = self._style(node, location, pointer)
        explode = node.get("explode")
        described = schema if isinstance(schema, dict) else {}
        has_default = "default" in described
        if not has_default and "$ref" in described:
            target, _ = self._context.resolve(described, pointer)
            described = {**target, **described}
            has_default = "default" in described
        examples = example_values(self._context, node, pointer)
        if not examples and isinstance(described.get("examples"), list):
            examples = described["examples"]
        parameter = Parameter(
            wire_name=Text(node["name"]),
            name=words,
            location=location,
            type=made,
            required=node.get("required") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style is Style.FORM,
            source=Source(pointer),
            allow_reserved=node.get("allowReserved") is True,
            deprecated=node.get("deprecated") is True or described.get("deprecated") is True,
            has_default=has_default,
            default=described.get("default"),
            docs=docs_of(node),
            example=examples[0] if examples else None,
        )
        if shared:
            self._shared[pointer] = parameter
        return parameter

    def _typed(
        self, node: dict[str, Any], pointer: str, place: Place
    ) -> tuple[Any, Type, Style | None]:
        content = node.get("content")
        if isinstance(content, dict) and content and "schema" not in node:
            media_type, media = next(iter(content.items()))
            schema = media.get("schema")
            token = media_type.replace("~", "~0").replace("/", "~1")
            made = self._types.of(schema, f"{pointer}/content/{token}/schema", place)
            return schema, made, Style.JSON
        schema = node.get("schema")
        return schema, self._types.of(schema, f"{pointer}/schema", place), None

    def _style(self, node: dict[str, Any], location: ParameterLocation, pointer: str) -> Style:
        default = _DEFAULT_STYLES[location]
        if "style" not in node:
            return default
        style = _STYLES.get(str(node["style"]))
        if style is None or style not in _ALLOWED_STYLES[location]:
            self._context.warn(
                "bad-style",
                f"a {location.value} parameter cannot have the style {node['style']!r}",
                f"{pointer}/style",
                f"it is sent in the style {default.value}",
            )
            self._context.degraded(f"{pointer}/style", "a style that this location does not have")
            return default
        return style

    def headers(self, response: dict[str, Any], pointer: str) -> tuple[Header, ...]:
        """Return the headers of a response."""
        names = Names()
        made = []
        for name, node in response.get("headers", {}).items():
            token = name.replace("~", "~0").replace("/", "~1")
            node, where = self._context.resolve(node, f"{pointer}/headers/{token}")
            if name.lower() == "content-type":
                continue
            known = self._headers.get(where)
            if known is None:
                place = Place((*split_words(name), "header"))
                known = (
                    self._typed(node, where, place)[1],
                    node.get("required") is True,
                    docs_of(node),
                )
                self._headers[where] = known
            words = names.take([split_words(name), (*split_words(name), "header")], name)
            made.append(Header(Text(name), words, known[0], known[1], Source(where), known[2]))
        return tuple(made)

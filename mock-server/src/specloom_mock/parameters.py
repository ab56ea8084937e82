"""Parameters: from text in a path, query, header or cookie to checked values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from specloom_mock.forms import nest, type_texts
from specloom_mock.message import Request
from specloom_mock.plan import ParameterPlan, ParameterSet, Reader
from specloom_mock.schemas import Direction, Schemas

__all__ = ["Values", "compile_parameters", "read_parameters"]

_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}

Values = dict[str, dict[str, Any]]
"""Parameter values by location and name, defaults included."""


def _kind(schemas: Schemas, schema: Any) -> str:
    types = schemas.types(schema) - {"null"}
    if len(types) == 1:
        return next(iter(types))
    if types == {"integer", "number"}:
        return "number"
    return "any" if types else "string"


def _plan(schemas: Schemas, raw: Mapping[str, Any]) -> tuple[ParameterPlan, Any] | None:
    location = raw.get("in")
    if location not in _STYLES:
        return None
    name = raw["name"]
    content = raw.get("content")
    if isinstance(content, dict) and content:
        media = next(iter(content.values()))
        schema = media.get("schema", {}) if isinstance(media, dict) else {}
        style, explode = "json", False
    else:
        schema = raw.get("schema") or {}
        style = raw.get("style") or _STYLES[location]
        explode = raw.get("explode", style in {"form", "deepObject"})
    kind = _kind(schemas, schema)
    item_kind = "string"
    if kind == "array":
        item_kind = _kind(schemas, schemas.items(schema))
    plan = ParameterPlan(
        name=name,
        location=location,
        key=name.lower() if location == "header" else name,
        kind=kind,
        item_kind=item_kind,
        style=style,
        explode=bool(explode),
        required=raw.get("required") is True or location == "path",
        default=schemas.keyword(schema, "default"),
    )
    return plan, schema


def compile_parameters(schemas: Schemas, raws: list[dict[str, Any]]) -> ParameterSet:
    """Plan an operation's parameters, and compile one schema that checks them all."""
    groups: dict[str, dict[str, ParameterPlan]] = {name: {} for name in _STYLES}
    shapes: dict[str, dict[str, Any]] = {
        name: {"type": "object", "properties": {}, "required": []} for name in _STYLES
    }
    deep: dict[str, Reader] = {}
    spread: dict[str, tuple[frozenset[str] | None, Reader]] = {}
    for raw in raws:
        planned = _plan(schemas, raw)
        if planned is None:
            continue
        plan, schema = planned
        if plan.location == "header" and plan.key in _IGNORED_HEADERS:
            continue
        groups[plan.location][plan.key] = plan
        if plan.style == "deepObject":
            deep[plan.name] = partial(type_texts, schemas, schema)
        elif plan.kind == "object" and plan.style == "form" and plan.explode:
            spread[plan.name] = (_members(schemas, schema), partial(type_texts, schemas, schema))
        shape = shapes[plan.location]
        shape["properties"][plan.key] = schema
        if plan.required:
            shape["required"].append(plan.key)
    for location in list(shapes):
        if not shapes[location]["properties"]:
            del shapes[location]
    check = schemas.check({"type": "object", "properties": shapes}, Direction.REQUEST)
    return ParameterSet(
        query=groups["query"],
        headers=groups["header"],
        cookies=groups["cookie"],
        path=groups["path"],
        check=check,
        deep=deep,
        spread=spread,
    )


def _members(schemas: Schemas, schema: Any) -> frozenset[str] | None:
    """The names under which an exploded object's members are sent; None for any."""
    names: set[str] = set(schemas.properties(schema))
    for branch in schemas.branches(schema):
        for key in ("oneOf", "anyOf"):
            for option in branch.get(key) or ():
                names.update(schemas.properties(option))
    extra = schemas.keyword(schema, "additionalProperties")
    return frozenset(names) if names and not isinstance(extra, dict) else None


def _scalar(text: str, kind: str) -> Any:
    """The typed value of a text; the text itself when it is not of that kind."""
    if kind == "string":
        return text
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) and len(text) < 400 else text
    if kind == "number":
        return orjson.loads(text) if _NUMBER.fullmatch(text) and len(text) < 400 else text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "null":
        return None if text in {"", "null"} else text
    if kind == "any":
        for guess in ("integer", "number", "boolean"):
            value = _scalar(text, guess)
            if not isinstance(value, str):
                return value
    return text


def _structured(plan: ParameterPlan, texts: list[str]) -> Any:
    if plan.style == "json":
        try:
            return orjson.loads(texts[-1])
        except orjson.JSONDecodeError:
            return texts[-1]
    if plan.kind == "array":
        if not plan.explode or plan.location in {"path", "header"}:
            separator = _SEPARATORS.get(plan.style, ",")
            prefix = {"label": ".", "matrix": f";{plan.name}="}.get(plan.style, "")
            text = separator.join(text.removeprefix(prefix) for text in texts)
            texts = [part.strip() for part in text.split(separator)] if text else []
        return [_scalar(text, plan.item_kind) for text in texts]
    if plan.kind == "object":
        text = texts[-1]
        if text.startswith("{"):
            try:
                return orjson.loads(text)
            except orjson.JSONDecodeError:
                return text
        parts = text.split(",")
        if plan.explode:
            return {key: value for key, _, value in (part.partition("=") for part in parts)}
        return dict(zip(parts[::2], parts[1::2], strict=False)) if len(parts) % 2 == 0 else text
    text = texts[-1]
    if plan.style == "label":
        text = text.removeprefix(".")
    elif plan.style == "matrix":
        text = text.removeprefix(f";{plan.name}=")
    return _scalar(text, plan.kind)


def _deep(name: str, read: Reader, pairs: list[tuple[str, str]]) -> Any:
    """``filter[status][gte]=1`` as a nested object; None when nothing of it was sent."""
    own = [(key, value) for key, value in pairs if key.startswith(f"{name}[") and key[-1] == "]"]
    return read(nest(own)[name]) if own else None


def _spread(
    parameters: ParameterSet,
    members: frozenset[str] | None,
    read: Reader,
    pairs: list[tuple[str, str]],
) -> Any:
    """An object whose members are query parameters of their own (``form``, exploded)."""
    own = [
        (key, value)
        for key, value in pairs
        if (key in members if members is not None else key not in parameters.query)
    ]
    return read(nest(own)) if own else None


def read_parameters(parameters: ParameterSet, request: Request, path: Mapping[str, str]) -> Values:
    """Every declared parameter that was sent, typed; texts that do not parse stay texts."""
    query: dict[str, Any] = {}
    if request.query and parameters.query:
        texts: dict[str, list[str]] = {}
        for name, value in request.pairs:
            plan = parameters.query.get(name) or parameters.query.get(name.removesuffix("[]"))
            if plan is not None:
                texts.setdefault(plan.name, []).append(value)
        for name, sent in texts.items():
            plan = parameters.query[name]
            if plan.kind in {"array", "object"} or plan.style != "form":
                query[name] = _structured(plan, sent)
            else:
                query[name] = _scalar(sent[-1], plan.kind)
        for name, read in parameters.deep.items():
            found = _deep(name, read, request.pairs)
            if found is not None:
                query[name] = found
        for name, (members, read) in parameters.spread.items():
            found = _spread(parameters, members, read, request.pairs)
            if found is not None and name not in query:
                query[name] = found
    headers: dict[str, Any] = {}
    for key, plan in parameters.headers.items():
        text = request.headers.get(key)
        if text is not None:
            headers[key] = _structured(plan, [text])
    values: Values = {"query": query, "header": headers, "path": {}, "cookie": {}}
    for key, plan in parameters.path.items():
        if key in path:
            values["path"][key] = _structured(plan, [path[key]])
    if parameters.cookies:
        cookies = request.cookies
        for key, plan in parameters.cookies.items():
            if key in cookies:
                values["cookie"][key] = _structured(plan, [cookies[key]])
    return values

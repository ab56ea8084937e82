"""What travels: parameters, headers, bodies and responses in canonical shape, in place."""

from __future__ import annotations

import re
from typing import Any

from specloom.spec.schemas import SchemaWalk
from specloom.spec.walk import Walk

__all__ = ["MessageWalk", "json_rank"]

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)\Z")
_LOCATIONS = frozenset(("path", "query", "header", "cookie"))
_SCHEMA_IN_PARAMETER = frozenset(
    ("type", "format", "enum", "items", "minimum", "maximum", "default", "pattern")
)


def json_rank(media_type: str) -> int:
    """Order media types: JSON, ``+json``, then all others; ties keep the document's order."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare == "application/json":
        return 0
    return 1 if bare.endswith(("+json", "/json")) else 2


class MessageWalk:
    """Normalises what stands between an operation and its schemas."""

    def __init__(self, walk: Walk, schemas: SchemaWalk) -> None:
        self._walk = walk
        self._schemas = schemas

    def parameters(self, holder: dict[str, Any]) -> None:
        """Normalise the list of parameters at ``holder['parameters']``."""
        value = holder["parameters"]
        if not isinstance(value, list):
            self._walk.quarantine(holder, "parameters", "is not a list", [])
            return
        path = self._walk.path
        path.append("parameters")
        kept: list[Any] = []
        seen: set[tuple[str, str]] = set()
        moved: list[tuple[int, int]] = []
        for index, item in enumerate(value):
            path.append(index)
            parameter = self.parameter(item)
            if parameter is not None:
                target, _ = self._walk.document.resolve(parameter)
                target = target if isinstance(target, dict) else {}
                name = (str(target.get("in")), str(target.get("name")))
                if name in seen:
                    self._walk.warn(
                        "duplicate-parameter",
                        f"the {name[0]} parameter {name[1]!r} stands twice",
                        consequence="the first one is used",
                    )
                else:
                    seen.add(name)
                    if len(kept) != index:
                        moved.append((len(kept), index))
                    kept.append(parameter)
            path.pop()
        for now, before in moved:
            self._walk.document.moved(self._walk.pointer(now), self._walk.pointer(before))
        path.pop()
        holder["parameters"] = kept

    def parameter(self, node: Any) -> Any:
        """Return a parameter's canonical form, None where it cannot be used."""
        walk = self._walk
        if isinstance(node, dict) and "$ref" in node:
            return node if walk.reference(node["$ref"]) else None
        if (
            not isinstance(node, dict)
            or not isinstance(node.get("name"), str)
            or str(node.get("in")) not in _LOCATIONS
        ):
            walk.error(
                "bad-parameter",
                "a parameter has no name, or no `in` of path, query, header or cookie",
                consequence="the parameter is dropped",
            )
            return None
        if node["in"] == "path" and node.get("required") is not True:
            node["required"] = True
            walk.note(
                "optional-path-parameter",
                f"the path parameter {node['name']!r} is not required",
                consequence="it is read as required, as every part of a path is",
            )
        return self.header(node)

    def header(self, node: Any) -> Any:
        """Normalise what parameters and headers share."""
        if not isinstance(node, dict):
            self._walk.error("bad-header", "a header is not an object", consequence="it is dropped")
            return None
        if "$ref" in node:
            return node if self._walk.reference(node["$ref"]) else None
        if "required" in node and not isinstance(node["required"], bool):
            node["required"] = node["required"] == "true"
        if "schema" not in node and "content" not in node and _SCHEMA_IN_PARAMETER & node.keys():
            node["schema"] = {
                key: node.pop(key) for key in list(node) if key in _SCHEMA_IN_PARAMETER
            }
            self._walk.warn(
                "parameter-without-schema",
                "a parameter's type stands outside its schema",
                consequence="it is read as the parameter's schema",
                hint="write `schema: {type: ...}`",
            )
        if "schema" in node:
            self._schemas.member(node, "schema")
        elif "content" in node:
            self.content(node)
        self._examples(node)
        return node

    def _examples(self, node: dict[str, Any]) -> None:
        if "example" in node:
            value = node.pop("example")
            node.setdefault("examples", {"default": {"value": value}})
        if "examples" in node:
            examples = node["examples"]
            if isinstance(examples, list):
                node["examples"] = {
                    f"example{index or ''}": {"value": item} for index, item in enumerate(examples)
                }
            elif isinstance(examples, dict):
                for name, item in examples.items():
                    if not isinstance(item, dict):
                        examples[name] = {"value": item}
            else:
                del node["examples"]

    def request_body(self, node: Any) -> Any:
        """Return a request body's canonical form, None where it cannot be used."""
        if not isinstance(node, dict):
            self._walk.error(
                "bad-body", "a request body is not an object", consequence="it is dropped"
            )
            return None
        if "$ref" in node:
            return node if self._walk.reference(node["$ref"]) else None
        self.content(node)
        return node

    def content(self, holder: dict[str, Any]) -> None:
        """Normalise the media types at ``holder['content']``, JSON first."""
        content = holder.get("content")
        if not isinstance(content, dict):
            if content is not None:
                self._walk.quarantine(holder, "content", "is not an object", {})
            else:
                holder.pop("content", None)
            return
        path = self._walk.path
        path.append("content")
        if len(content) > 1:
            ordered = sorted(content, key=json_rank)
            if ordered != list(content):
                content = holder["content"] = {key: content[key] for key in ordered}
        for media_type, media in content.items():
            if not isinstance(media, dict):
                content[media_type] = {}
                continue
            path.append(media_type)
            if "schema" in media:
                self._schemas.member(media, "schema")
            self._examples(media)
            if "encoding" in media and not isinstance(media["encoding"], dict):
                del media["encoding"]
            path.pop()
        path.pop()

    def responses(self, holder: dict[str, Any], responses: dict[str, Any]) -> None:
        """Normalise the responses of an operation."""
        path = self._walk.path
        path.append("responses")
        kept: dict[str, Any] = {}
        for key, value in responses.items():
            if key.startswith("x-"):
                kept[key] = value
                continue
            status = key if key == "default" else key.upper()
            if status != "default" and not _STATUS.match(status):
                if status == "DEFAULT":
                    status = "default"
                else:
                    self._walk.error(
                        "bad-status",
                        f"{key!r} is not a status code, a range such as 4XX, or default",
                        key,
                        consequence="the response is dropped",
                    )
                    continue
            path.append(key)
            response = self.response(value)
            if status != key:
                self._walk.document.moved(
                    self._walk.pointer()[: -len(key)] + status, self._walk.pointer()
                )
            path.pop()
            if response is not None:
                kept[status] = response
        path.pop()
        holder["responses"] = kept

    def response(self, node: Any) -> Any:
        """Return a response's canonical form; a bad one has no content."""
        if not isinstance(node, dict):
            self._walk.error(
                "bad-response", "a response is not an object", consequence="it has no content"
            )
            return {"description": ""}
        if "$ref" in node:
            return node if self._walk.reference(node["$ref"]) else {"description": ""}
        if "content" in node:
            self.content(node)
        if "headers" in node:
            if isinstance(node["headers"], dict):
                self._walk.each(node, "headers", self.header)
            else:
                self._walk.quarantine(node, "headers", "is not an object", {})
        return node

"""A whole document in canonical shape, in place: its root, components, paths and operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from specloom.spec.messages import MessageWalk
from specloom.spec.schemas import SchemaWalk
from specloom.spec.walk import Walk

__all__ = ["METHODS", "StructureWalk"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


class StructureWalk:
    """Normalises everything around schemas."""

    def __init__(self, walk: Walk, *, old: bool) -> None:
        self._walk = walk
        self._schemas = SchemaWalk(walk, old=old)
        self._messages = MessageWalk(walk, self._schemas)

    def root(self, root: dict[str, Any]) -> None:
        """Normalise a whole document."""
        self._info(root)
        self._servers(root)
        if "security" in root:
            self._security(root)
        components = root.setdefault("components", {})
        if not isinstance(components, dict):
            self._walk.quarantine(root, "components", "is not an object", {})
            components = root["components"]
        self._components(components)
        self._tags(root)
        for key in ("paths", "webhooks"):
            if key not in root:
                root[key] = {}
            elif not isinstance(root[key], dict):
                self._walk.quarantine(root, key, "is not an object", {})
            self._walk.each(root, key, self._path_item, extensions=False)

    # -- parts of the root

    def _info(self, root: dict[str, Any]) -> None:
        info = root.get("info")
        if not isinstance(info, dict):
            self._walk.warn(
                "bad-info",
                "info is missing or not an object",
                "info",
                consequence="the API has no title and no version",
                hint="add `info: {title: ..., version: ...}`",
            )
            info = root["info"] = {}
        for key in ("title", "version", "description", "summary"):
            value = info.get(key)
            if value is None:
                info.pop(key, None)
            elif not isinstance(value, str):
                info[key] = self._walk.document.raw(f"/info/{key}") or str(value)
        info.setdefault("title", "API")
        info.setdefault("version", "0")

    def _servers(self, holder: dict[str, Any]) -> None:
        servers = holder.get("servers")
        if servers is None:
            holder.pop("servers", None)
            return
        if not isinstance(servers, list):
            self._walk.quarantine(holder, "servers", "is not a list", [])
            return
        kept = []
        for index, server in enumerate(servers):
            if isinstance(server, dict) and isinstance(server.get("url"), str):
                if not isinstance(server.get("variables", {}), dict):
                    del server["variables"]
                kept.append(server)
            else:
                self._walk.error(
                    "bad-server",
                    "a server has no url",
                    "servers",
                    index,
                    consequence="it is dropped",
                )
        holder["servers"] = kept

    def _security(self, holder: dict[str, Any]) -> None:
        value = holder["security"]
        if isinstance(value, dict):  # a single alternative without its list
            value = holder["security"] = [value]
            self._walk.warn(
                "bad-security",
                "security is an object, not a list",
                "security",
                consequence="it is read as one alternative",
            )
        if not isinstance(value, list):
            del holder["security"]
            if value is not None:
                self._walk.error(
                    "bad-security",
                    "security is not a list",
                    "security",
                    consequence="the operation takes the document's own security",
                )
            return
        kept = []
        for index, alternative in enumerate(value):
            if not isinstance(alternative, dict):
                self._walk.error(
                    "bad-security",
                    "an alternative of security is not an object",
                    "security",
                    index,
                    consequence="the alternative is dropped",
                )
                continue
            for scheme, scopes in alternative.items():
                if not isinstance(scopes, list):
                    alternative[scheme] = []
                    self._walk.note(
                        "bad-scopes",
                        f"the scopes of {scheme} are not a list",
                        "security",
                        index,
                        scheme,
                        consequence="they are read as an empty list",
                    )
            kept.append(alternative)
        holder["security"] = kept

    def _tags(self, root: dict[str, Any]) -> None:
        tags = root.get("tags")
        if isinstance(tags, list):
            root["tags"] = [
                tag for tag in tags if isinstance(tag, dict) and isinstance(tag.get("name"), str)
            ]
        else:
            root.pop("tags", None)

    def _components(self, components: dict[str, Any]) -> None:
        path = self._walk.path
        path.append("components")
        if "schemas" in components:
            self._schemas.mapping(components, "schemas")
        sections: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            ("parameters", self._messages.parameter),
            ("headers", self._messages.header),
            ("requestBodies", self._messages.request_body),
            ("responses", self._messages.response),
            ("pathItems", self._path_item),
            ("callbacks", self._callback),
            ("securitySchemes", self._security_scheme),
            ("examples", _as_it_is),
            ("links", _as_it_is),
        )
        for section, normalise in sections:
            if section in components:
                if isinstance(components[section], dict):
                    self._walk.each(components, section, normalise)
                else:
                    self._walk.quarantine(components, section, "is not an object", {})
        path.pop()

    def _security_scheme(self, node: Any) -> Any:
        if not isinstance(node, dict) or not (
            isinstance(node.get("type"), str) or isinstance(node.get("$ref"), str)
        ):
            self._walk.error(
                "bad-security-scheme",
                "a security scheme has no type",
                consequence="clients offer no option for it",
                hint="add `type: http`, `apiKey`, `oauth2` or `openIdConnect`",
            )
            return None
        flows = node.get("flows")
        if isinstance(flows, dict):
            for flow in flows.values():
                if isinstance(flow, dict) and not isinstance(flow.get("scopes"), dict):
                    flow["scopes"] = {}
        return node

    # -- paths

    def _path_item(self, node: Any) -> Any:
        walk = self._walk
        if not isinstance(node, dict):
            walk.error(
                "bad-path", "a path item is not an object", consequence="its operations are lost"
            )
            return None
        if "$ref" in node:
            if not walk.reference(node["$ref"]):
                del node["$ref"]
            else:
                target, pointer = walk.document.resolve(node)
                here = walk.pointer()
                siblings = {key: value for key, value in node.items() if key != "$ref"}
                node = {**(target if isinstance(target, dict) else {}), **siblings}
                for key in node:
                    if key not in siblings:
                        walk.document.moved(f"{here}/{key}", f"{pointer}/{key}")
        for key in list(node):
            if key.lower() in METHODS and key not in METHODS:
                node[key.lower()] = node.pop(key)
                walk.note(
                    "method-case", f"the method {key} is not in lower case", key, consequence="none"
                )
        template = str(walk.path[-1]) if walk.path else ""
        declared: dict[str, Any] = {}
        if "parameters" in node:
            self._messages.parameters(node)
            declared = self._path_names(node)
        self._servers(node)
        for method in METHODS:
            if method in node:
                walk.path.append(method)
                operation = self._operation(node[method])
                if operation is None:
                    del node[method]
                else:
                    node[method] = operation
                    if walk.path[0] == "paths" and len(walk.path) == 3:
                        self._template(operation, template, declared)
                walk.path.pop()
        return node

    def _path_names(self, holder: dict[str, Any]) -> dict[str, Any]:
        names = {}
        for parameter in holder.get("parameters", ()):
            target, _ = self._walk.document.resolve(parameter)
            if isinstance(target, dict) and target.get("in") == "path":
                names[target.get("name", "")] = parameter
        return names

    def _template(self, operation: dict[str, Any], template: str, shared: dict[str, Any]) -> None:
        wanted = dict.fromkeys(_TEMPLATE.findall(template))
        own = self._path_names(operation)
        for name in wanted:
            if name not in own and name not in shared:
                operation.setdefault("parameters", []).append(
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                )
                self._walk.warn(
                    "undeclared-parameter",
                    f"the path parameter {name!r} is not declared",
                    consequence="it is read as a required string",
                    hint="declare it under parameters with `in: path`",
                )
        for name in own:
            if name not in wanted:
                operation["parameters"].remove(own[name])
                self._walk.error(
                    "unused-parameter",
                    f"the path parameter {name!r} is not in the path",
                    consequence="the parameter is dropped",
                    hint=f"write {{{name}}} in the path, or remove the parameter",
                )

    def _operation(self, node: Any) -> Any:
        walk = self._walk
        if not isinstance(node, dict):
            walk.error(
                "bad-operation",
                "an operation is not an object",
                consequence="the operation is lost",
            )
            return None
        if "operationId" in node and not isinstance(node["operationId"], str):
            node["operationId"] = str(node["operationId"])
        for key in ("summary", "description"):
            if key in node and not isinstance(node[key], str):
                del node[key]
        tags = node.get("tags")
        if tags is not None:
            names = [tags] if isinstance(tags, str) else tags
            node["tags"] = (
                [tag for tag in names if isinstance(tag, str)] if isinstance(names, list) else []
            )
        if "parameters" in node:
            self._messages.parameters(node)
        if "requestBody" in node:
            self._walk.member(node, "requestBody", self._messages.request_body)
        responses = node.get("responses")
        if isinstance(responses, dict):
            self._messages.responses(node, responses)
        else:
            if responses is not None:
                self._walk.quarantine(node, "responses", "is not an object", {})
            node["responses"] = {}
        if "callbacks" in node:
            if isinstance(node["callbacks"], dict):
                self._walk.each(node, "callbacks", self._callback)
            else:
                self._walk.quarantine(node, "callbacks", "is not an object", {})
        if "security" in node:
            self._security(node)
        self._servers(node)
        for key in ("x-websocket", "x-stream"):
            if isinstance(node.get(key), dict):
                self._extension(node, key)
        return node

    def _extension(self, node: dict[str, Any], key: str) -> None:
        path = self._walk.path
        path.append(key)
        holder = node[key]
        if isinstance(holder.get("messages"), dict):
            self._schemas.mapping(holder, "messages")
        if isinstance(holder.get("event"), dict):
            self._schemas.member(holder, "event")
        path.pop()

    def _callback(self, node: Any) -> Any:
        if not isinstance(node, dict):
            return None
        if "$ref" in node:
            return node if self._walk.reference(node["$ref"]) else None
        path = self._walk.path
        for expression in list(node):
            if not expression.startswith("x-"):
                path.append(expression)
                item = self._path_item(node[expression])
                path.pop()
                if item is None:
                    del node[expression]
                else:
                    node[expression] = item
        return node


def _as_it_is(node: Any) -> Any:
    return node

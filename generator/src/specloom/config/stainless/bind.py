"""A stainless.yml bound to its document: keys and endpoints become operations and schemas."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from specloom.config.model import AuthOption, Config
from specloom.config.promises import HeaderOption, VariableOption
from specloom.config.stainless.model import MethodEntry, Scheme, Stainless
from specloom.config.stainless.paging import (
    fields_of,
    matching,
    resolved_properties,
    success_schema,
)
from specloom.config.stainless.reading import Report
from specloom.config.stainless.schemas import Seated, seat_models
from specloom.diagnostics import Diagnostics, Severity
from specloom.fidelity import Ledger
from specloom.spec.document import Document
from specloom.spec.pointer import child

__all__ = ["bind"]

_SCHEMAS = "/components/schemas"
_VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def bind(config: Config, document: Document, diagnostics: Diagnostics, ledger: Ledger) -> Config:
    """Return the configuration with every endpoint and model looked up in the document.

    Args:
        config: What was read; one that is no stainless.yml is returned as it is.
        document: The canonical document; schemas that models name become components, servers are
            the environments.
        diagnostics: Receives what the document does not have, and operations without a method.
        ledger: Receives every key that is not honoured.
    """
    stainless = config.promises.stainless
    if stainless is None:
        return config
    report = stainless.report.onto(diagnostics)
    seated = seat_models(stainless.models, document, report)
    binder = _Binder(config, stainless, document, report, seated)
    binder.environments()
    binder.methods()
    binder.others(diagnostics)
    _report_extensions(document, ledger)
    bound = binder.bound()
    for entry in report.entries:
        ledger.add(entry)
    return bound


def _report_extensions(document: Document, ledger: Ledger) -> None:
    """Name the format's own extensions in the document: they are not read."""
    stack: list[tuple[Any, str]] = [(document.root, "")]
    while stack:
        node, pointer = stack.pop()
        members = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        for key, value in members:
            here = child(pointer, key)
            if isinstance(key, str) and key.startswith("x-stainless-"):
                ledger.degraded(pointer, f"the extension {key} is not read")
            elif isinstance(value, dict | list):
                stack.append((value, here))


@dataclass(slots=True)
class _Binder:
    config: Config
    stainless: Stainless
    document: Document
    report: Report
    seated: Seated
    resources: dict[str, str] = field(default_factory=dict)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unwraps: dict[str, str | None] = field(default_factory=dict)
    positional: dict[str, tuple[str, ...]] = field(default_factory=dict)
    body_names: dict[str, str] = field(default_factory=dict)
    pagination: dict[str, Any] = field(default_factory=dict)
    page_names: dict[str, str] = field(default_factory=dict)
    skip: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)

    def bound(self) -> Config:
        """The configuration with what was found."""
        promises = replace(
            self.config.promises,
            copies=self.copies,
            unwraps=self.unwraps,
            positional=self.positional,
            body_names=self.body_names,
            page_names=self.page_names,
            pages={scheme.name: fields_of(scheme) for scheme in self.stainless.schemes},
            seats=self.seated.seats,
            aliases=self.seated.aliases,
            options=tuple(
                HeaderOption(item.name, item.header, item.env, item.default, item.description)
                for item in self.stainless.options
                if item.header is not None
            ),
            variables=tuple(
                VariableOption(item.name, item.variable, item.env, item.default, item.description)
                for item in self.stainless.options
                if item.variable is not None
            ),
            idempotency=self.stainless.idempotency,
        )
        return replace(
            self.config,
            document=self.document.path,
            auth=self._auth(),
            resources=self.resources,
            pagination=self.pagination,
            models=self.seated.names,
            skip=tuple(self.skip),
            promises=promises,
        )

    def _auth(self) -> tuple[AuthOption, ...]:
        declared = self.document.root["components"].get("securitySchemes", {})
        made, used = [], set()
        for option in self.stainless.options:
            if option.scheme is None:
                continue
            if option.scheme not in declared:
                self.report.missing(
                    f"{option.pointer}/auth",
                    f"the document has no security scheme {option.scheme!r}",
                    "the client has no such argument",
                    f"schemes: {', '.join(declared) or 'none'}",
                )
            elif option.role != "value" or option.scheme in used:
                self.report.lost(
                    option.pointer,
                    "a credential is one argument: basic takes (user, password)",
                    degraded=True,
                )
                if option.scheme not in used:
                    made.append(AuthOption(option.scheme, option.scheme))
                    used.add(option.scheme)
            else:
                used.add(option.scheme)
                made.append(AuthOption(option.name, option.scheme, option.env, option.description))
        return tuple(made)

    def environments(self) -> None:
        """Make the environments the document's servers."""
        if self.stainless.environments:
            self.document.root["servers"] = [
                {"url": url, "name": name} for name, url in self.stainless.environments
            ]

    # -- methods

    def methods(self) -> None:
        """Give every method its operation."""
        by_shape: dict[str, str] = {}
        for path in self.document.root["paths"]:
            by_shape.setdefault(re.sub(r"\{[^}]*\}", "{}", path), path)
        taken: set[str] = set()
        for entry in self.stainless.methods:
            shape = re.sub(r"\{[^}]*\}", "{}", entry.path)
            path = entry.path if entry.path in self.document.root["paths"] else by_shape.get(shape)
            item = self.document.root["paths"].get(path)
            node = item.get(entry.verb) if isinstance(item, dict) else None
            if path is None or not isinstance(node, dict):
                self.report.missing(
                    entry.pointer,
                    f"the document has no operation {entry.verb.upper()} {entry.path}",
                    "the method is left out",
                    "correct the endpoint, or remove the method",
                )
                continue
            self._method(entry, path, item, node, taken)

    def _method(
        self, entry: MethodEntry, path: str, item: Any, node: dict[str, Any], taken: set[str]
    ) -> None:
        place = ".".join((*entry.resource, entry.name))
        first = (path, entry.verb) not in self.used
        self.used.add((path, entry.verb))
        id_ = self._id(node, entry.verb, path, taken, first=first)
        if not first:
            original, id_ = id_, f"{id_} as {place}"
            self.copies[original] = (*self.copies.get(original, ()), id_)
        self.resources[id_] = place
        if entry.deprecated:
            node["deprecated"] = True
        in_path = re.findall(r"\{([^}]*)\}", path)
        if entry.positional is None:
            self.positional[id_] = tuple(in_path[-1:])
        else:
            self.positional[id_] = tuple(name for name in in_path if name in entry.positional)
            for name in entry.positional:
                if name not in in_path:
                    self.report.lost(
                        f"{entry.pointer}/positional_params", f"{name!r} is not in the path"
                    )
        if entry.body_name is not None and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", entry.body_name):
            self.body_names[id_] = entry.body_name
        self.unwraps[id_] = self._unwrapped(entry, node)
        self._paginate(entry, id_, item, node)
        if entry.streaming is not None:
            self._stream(entry, node)
        self._query_formats(item, node)

    def _id(
        self, node: dict[str, Any], verb: str, path: str, taken: set[str], *, first: bool
    ) -> str:
        declared = node.get("operationId")
        if not first and isinstance(declared, str):
            return declared
        if not isinstance(declared, str) or not declared or declared in taken:
            declared = f"{verb} {path}"
            node["operationId"] = declared
        taken.add(declared)
        return declared

    def _unwrapped(self, entry: MethodEntry, node: dict[str, Any]) -> str | None:
        if entry.unwrap is False:
            return None
        found = success_schema(self.document, node)
        properties = resolved_properties(self.document, found[0]) if found is not None else {}
        if isinstance(entry.unwrap, str):
            if entry.unwrap not in properties:
                self.report.missing(
                    f"{entry.pointer}/unwrap_response",
                    f"the response has no property {entry.unwrap!r}",
                    "the whole response is handed out",
                )
                return None
            return entry.unwrap
        if len(properties) == 1:
            (only,) = properties
            return only if only in self.stainless.unwrap else None
        return None

    def _paginate(self, entry: MethodEntry, id_: str, item: Any, node: dict[str, Any]) -> None:
        self.pagination[id_] = False
        if entry.paginated is False:
            return
        named = isinstance(entry.paginated, str)
        for scheme in self.stainless.schemes:
            if named and scheme.name != entry.paginated:
                continue
            value = matching(self.document, scheme, self._inputs(scheme, item, node), node)
            if value is not None and (named or entry.verb == "get" or scheme.location == "body"):
                self.pagination[id_] = value
                self.page_names[id_] = scheme.name
                return
        if named or entry.paginated is True:
            self.report.missing(
                f"{entry.pointer}/paginated",
                f"the operation does not fit the pagination {entry.paginated!r}",
                "the method returns one response",
                "compare its parameters and response with the scheme's",
            )

    def _inputs(self, scheme: Scheme, item: Any, node: dict[str, Any]) -> frozenset[str]:
        names: set[str] = set()
        for parameter in (*item.get("parameters", ()), *node.get("parameters", ())):
            target, _ = self.document.resolve(parameter)
            if isinstance(target, dict) and target.get("in") == "query":
                names.add(str(target.get("name")))
        if scheme.location == "body":
            names.update(self._body_properties(node))
        return frozenset(names)

    def _body_properties(self, node: dict[str, Any]) -> frozenset[str]:
        body, _ = self.document.resolve(node.get("requestBody"))
        content = body.get("content") if isinstance(body, dict) else None
        for media in content.values() if isinstance(content, dict) else ():
            if isinstance(media, dict):
                return frozenset(resolved_properties(self.document, media.get("schema")))
        return frozenset()

    def _stream(self, entry: MethodEntry, node: dict[str, Any]) -> None:
        streaming = entry.streaming
        assert streaming is not None
        if streaming.param is not None and streaming.param not in self._body_properties(node):
            self.report.missing(
                streaming.pointer,
                f"the body has no property {streaming.param!r}",
                "the method does not stream",
            )
            return
        said: dict[str, Any] = {"media_type": "text/event-stream"}
        if streaming.param is not None:
            said["param"] = streaming.param
        if self.stainless.done is not None:
            said["done"] = self.stainless.done
        event = self.seated.keys.get(streaming.event or "")
        if event is not None:
            said["event"] = {"$ref": f"#{child(_SCHEMAS, event)}"}
        elif streaming.event is not None:
            self.report.missing(
                streaming.pointer,
                f"no model is called {streaming.event!r}",
                "events are handed out without a type",
            )
        else:
            said["event"] = self._answer(node)
        node["x-stream"] = said

    def _answer(self, node: dict[str, Any]) -> Any:
        for status, response in node.get("responses", {}).items():
            target, _ = self.document.resolve(response)
            content = target.get("content") if isinstance(target, dict) else None
            if status.startswith("2") and isinstance(content, dict):
                kinds = sorted(content, key=lambda kind: "event-stream" not in kind)
                for kind in kinds:
                    if isinstance(content[kind], dict) and "schema" in content[kind]:
                        return content[kind]["schema"]
        return {}

    def _query_formats(self, item: Any, node: dict[str, Any]) -> None:
        """Give query parameters of no declared style the configuration's."""
        for parameter in (*item.get("parameters", ()), *node.get("parameters", ())):
            target, _ = self.document.resolve(parameter)
            if not isinstance(target, dict) or target.get("in") != "query":
                continue
            if "style" in target or "explode" in target or "schema" not in target:
                continue
            schema, _ = self.document.resolve(target["schema"])
            kind = schema.get("type") if isinstance(schema, dict) else None
            if kind == "array" and self.stainless.array_format == "comma":
                target["explode"] = False
            elif kind == "object" and self.stainless.nested_format == "brackets":
                target["style"], target["explode"] = "deepObject", True

    # -- the rest

    def others(self, diagnostics: Diagnostics) -> None:
        """Leave out what no method calls, and say so where the configuration does not."""
        for path, item in self.document.root["paths"].items():
            for verb, node in item.items() if isinstance(item, dict) else ():
                if verb not in _VERBS or not isinstance(node, dict) or (path, verb) in self.used:
                    continue
                declared = node.get("operationId")
                taken = declared in self.resources or declared in self.skip
                if not isinstance(declared, str) or not declared or taken:
                    declared = node["operationId"] = f"{verb} {path}"
                self.skip.append(declared)
                if f"{verb} {path}" not in self.stainless.skipped:
                    diagnostics.add(
                        Severity.WARNING,
                        "unlisted-operation",
                        f"no method of the configuration calls {verb.upper()} {path}",
                        pointer=child("/paths", path, verb),
                        locate=self.document.position,
                        consequence="the SDK does not offer the operation",
                        hint="add a method, or list it under unspecified_endpoints",
                    )

"""``resources`` of a stainless.yml: models and methods, with their subresources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specloom.config.stainless.model import MethodEntry, ModelEntry, Streaming
from specloom.config.stainless.reading import Node

__all__ = ["LANGUAGE", "LANGUAGES", "Tree", "endpoint", "read_resources"]

LANGUAGE = "python"
"""The language whose ``skip`` and ``only`` are heard."""

LANGUAGES = frozenset(
    {"node", "typescript", "python", "go", "java", "kotlin", "ruby", "terraform", "cli", "php"}
    | {"csharp", "http"}
)
_VERBS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_LONGEST_NAME = 100
_DEEPEST = 20
"""Resources below each other; real configurations stay below six."""


@dataclass(slots=True)
class Tree:
    """What the resources list."""

    models: list[ModelEntry] = field(default_factory=list)
    methods: list[MethodEntry] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    discriminator: str | None = None


def endpoint(text: str) -> tuple[str, str] | None:
    """Split ``get /path``; None where the text is no endpoint."""
    verb, _, path = text.strip().partition(" ")
    path = path.strip()
    if verb.lower() not in _VERBS or not path.startswith("/"):
        return None
    return verb.lower(), path


def read_resources(node: Node, tree: Tree) -> None:
    """Read the resources at the top."""
    for name, member in node.members():
        _resource(member, (), name, tree, "")


def _named(node: Node, name: str, noun: str) -> bool:
    if _NAME.match(name) and len(name) <= _LONGEST_NAME:
        return True
    node.report.error(
        node.pointer,
        f"{name[:_LONGEST_NAME]!r} cannot be the name of a {noun}",
        "use letters, digits and underscores",
    )
    return False


def _hidden(node: Node) -> str:
    """Read ``skip`` and ``only``; why the thing is left out, empty where it is not."""
    skip, only = node.take("skip"), node.take("only")
    if skip is not None:
        if skip.value is True:
            return "the configuration skips it"
        if skip.value is not False and LANGUAGE in _languages(skip):
            return f"the configuration skips it for {LANGUAGE}"
    if only is not None and LANGUAGE not in _languages(only):
        return f"the configuration has it for {', '.join(only.texts())} only"
    return ""


def _languages(node: Node) -> tuple[str, ...]:
    names = node.texts()
    for index, name in enumerate(names):
        if name not in LANGUAGES:
            node.report.unknown(f"{node.pointer}/{index}", name, LANGUAGES)
    return names


def _resource(node: Node, above: tuple[str, ...], name: str, tree: Tree, hidden: str) -> None:
    special = name in ("$shared", "$client") and not above
    if not special and not _named(node, name, "resource"):
        return
    if len(above) >= _DEEPEST:
        node.report.error(node.pointer, f"more than {_DEEPEST} resources are below each other")
        return
    path = () if name == "$client" else (*above, name)
    hidden = _hidden(node) or hidden
    deprecated = _deprecated(node)
    for key, read in (("models", _model), ("methods", _method)):
        found = node.take(key)
        if found is None:
            continue
        if key == "methods" and name == "$shared":
            node.report.error(found.pointer, "$shared has models only", "give them a resource")
            continue
        for member_name, member in sorted(found.members(), key=_is_alias):
            if _named(member, member_name, key[:-1]):
                read(member, path, member_name, tree, hidden, deprecated)
    below = node.take("subresources")
    if below is not None:
        for member_name, member in below.members():
            _resource(member, path, member_name, tree, hidden)
    node.leave("resources are described by the document's tags", "description")
    node.leave("it has no effect on a Python SDK", "mcp", "terraform", "custom")
    node.close()


def _is_alias(member: tuple[str, Node]) -> bool:
    """Tell an alias: it is read after what it may stand for."""
    value = member[1].value
    return isinstance(value, dict) and value.get("type") == "alias"


def _model(
    node: Node, path: tuple[str, ...], key: str, tree: Tree, hidden: str, deprecated: bool
) -> None:
    if isinstance(node.value, str):
        if not hidden:
            tree.models.append(ModelEntry(path, key, node.value, node.pointer))
        return
    kind = node.take("type")
    hidden = _hidden(node) or hidden
    if kind is not None and kind.value == "alias":
        to = node.take("to")
        target = to.text() if to is not None else None
        if target is None:
            node.report.error(node.pointer, "an alias has no `to`", "name the model it stands for")
        elif not hidden:
            tree.models.append(ModelEntry(path, key, "", node.pointer, alias=target))
    else:
        uri = node.take("openapi_uri")
        target = uri.text() if uri is not None else None
        suffix = node.take("no_params_suffix")
        plain = suffix is not None and suffix.flag() is True
        if target is None:
            node.report.error(
                node.pointer, "a model has no `openapi_uri`", "name its schema: '#/components/...'"
            )
        elif not hidden:
            tree.models.append(ModelEntry(path, key, target, node.pointer, suffix=not plain))
        node.leave("the type in requests is made from the model itself", "param_model")
    node.leave("a schema says it of itself: deprecated: true", "deprecated")
    node.close()


def _deprecated(node: Node) -> bool:
    """Whether the thing is deprecated for this language."""
    found = node.take("deprecated")
    if found is None:
        return False
    if isinstance(found.value, dict):
        texts = {name: member.text() for name, member in found.members()}
        return bool(texts.get(LANGUAGE))
    return found.value is True or (found.value is not False and bool(found.text()))


def _method(
    node: Node, path: tuple[str, ...], name: str, tree: Tree, hidden: str, deprecated: bool
) -> None:
    if isinstance(node.value, str):
        found = endpoint(node.value)
        if found is None:
            _bad_endpoint(node)
        elif hidden:
            tree.skipped[" ".join(found)] = hidden
        else:
            tree.methods.append(
                MethodEntry(path, name, *found, node.pointer, deprecated=deprecated)
            )
        return
    hidden = _hidden(node) or hidden
    kind = node.take("type")
    if kind is not None and kind.value == "webhook_unwrap":
        _webhooks(node, path, name, tree, hidden)
    elif kind is not None and kind.value == "alias":
        _alias(node, path, name, tree, hidden)
    else:
        _http(node, path, name, tree, hidden, deprecated)
    node.close()


def _webhooks(node: Node, path: tuple[str, ...], name: str, tree: Tree, hidden: str) -> None:
    """Every client has ``webhooks.unwrap``; what the file adds is the name of the event's tag."""
    found = node.take("discriminator")
    if found is not None and not hidden:
        tree.discriminator = found.text()
    if (path, name) != (("webhooks",), "unwrap"):
        node.report.lost(node.pointer, "it is called client.webhooks.unwrap()", degraded=True)
    node.leave("the secret is the argument webhook_secret", "webhook_key_opt")
    node.leave("it has no effect on a Python SDK", "mcp", "terraform", "docs", "deprecated")


def _bad_endpoint(node: Node) -> None:
    node.report.error(
        node.pointer, f"{node.value!r} is no endpoint", "write a method and a path: get /users/{id}"
    )


def _alias(node: Node, path: tuple[str, ...], name: str, tree: Tree, hidden: str) -> None:
    to = node.take("to")
    target = to.text() if to is not None else None
    deprecated = _deprecated(node)
    original = next((m for m in tree.methods if (m.resource, m.name) == (path, target)), None)
    if original is None:
        node.report.error(
            node.pointer, "an alias leads to no method of its resource", "name an earlier method"
        )
    elif not hidden:
        values = {key: getattr(original, key) for key in MethodEntry.__slots__}
        values.update(name=name, deprecated=deprecated or original.deprecated)
        tree.methods.append(MethodEntry(**values))


def _http(
    node: Node, path: tuple[str, ...], name: str, tree: Tree, hidden: str, deprecated: bool
) -> None:
    at = node.take("endpoint")
    text = at.text() if at is not None else None
    found = endpoint(text) if text is not None else None
    if found is None:
        _bad_endpoint(at or Node(None, node.pointer, node.report))
    values = _details(node)
    own = _deprecated(node)
    node.leave("the generated tests call every method", "skip_test_reason")
    node.leave("defaults of one method: give them at the call", "default_request_options")
    node.leave("it has no effect on a Python SDK", "docs", "mcp", "terraform")
    if found is None:
        return
    if hidden:
        tree.skipped[" ".join(found)] = hidden
        return
    tree.methods.append(
        MethodEntry(path, name, *found, node.pointer, deprecated=own or deprecated, **values)
    )


def _details(node: Node) -> dict[str, Any]:
    values: dict[str, Any] = {}
    paginated, unwrap = node.take("paginated"), node.take("unwrap_response")
    if paginated is not None:
        named = isinstance(paginated.value, str)
        values["paginated"] = paginated.value if named else paginated.flag()
    if unwrap is not None:
        values["unwrap"] = unwrap.value if isinstance(unwrap.value, str) else unwrap.flag()
    positional = node.take("positional_params")
    if positional is not None:
        values["positional"] = positional.texts()
    body_name = node.take("body_param_name")
    if body_name is not None:
        values["body_name"] = body_name.text()
    streaming = node.take("streaming")
    if streaming is not None and streaming.value is not False:
        values["streaming"] = _streaming(streaming)
    for key in ("request_body", "response"):
        part = node.take(key)
        if part is not None:
            if key == "request_body":
                content_type, properties = part.take("content_type"), part.take("properties")
                if content_type is not None:
                    content_type.text()
                for _, schema in properties.members() if properties is not None else ():
                    if not isinstance(schema.value, Mapping):
                        schema.close()
            if key == "request_body" or not isinstance(part.value, Mapping):
                part.close()
            if isinstance(part.value, Mapping):
                values[key] = part.value
    return values


def _streaming(node: Node) -> Streaming:
    if node.value is True:
        return Streaming(None, None, node.pointer)
    param, event = node.take("param_discriminator"), node.take("stream_event_model")
    node.leave("both forms of a method take the same arguments", "params_type_name")
    node.close()
    return Streaming(
        param.text() if param is not None else None,
        event.text() if event is not None else None,
        node.pointer,
    )

"""The package's own files: exports, the list of methods, and what a new package starts with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specloom.emit.python.encode import code_span, markdown, one_line, path_text, string
from specloom.emit.python.endpoints import base_url
from specloom.emit.python.identity import Identity
from specloom.emit.python.layout import Expression, Item, call, lay, sequence
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.names import sort_key
from specloom.emit.python.resources import Node
from specloom.emit.python.scope import from_import, module_key
from specloom.ir.model import Api, Server
from specloom.ir.names import split_words

__all__ = ["ApiSection", "Exports", "api_sections", "brand", "exports", "public_exports"]

_ERRORS = (
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "InternalServerError",
    "NotFoundError",
    "NotModifiedError",
    "PaginationError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitWaitError",
    "UnexpectedDataWarning",
    "UnprocessableEntityError",
    "WebhookError",
    "WebhookPayloadError",
    "WebhookVerificationError",
)
_PUBLIC = {
    "_core.absent": ("Omit", "omit"),
    "_core.auth": ("Login",),
    "_core.binary": ("AsyncBinaryResponse", "BinaryResponse"),
    "_core.clock": ("Clock",),
    "_core.console": ("AsyncConsole", "Console"),
    "_core.errors": _ERRORS,
    "_core.files": ("FileInput",),
    "_core.options": ("RequestOptions",),
    "_core.ratelimit": ("RateLimit",),
    "_core.response": ("RawResponse",),
    "_core.sse": ("AsyncEventStream", "AsyncLineStream", "EventStream", "LineStream"),
    "_core.variants": ("UnknownVariant",),
    "pagination": ("AsyncItems", "AsyncPage", "AsyncPaginator", "Items", "SyncPage"),
    "webhooks": ("Webhook",),
}
"""What the package offers at its top, by the module that has it."""


@dataclass(frozen=True, slots=True)
class Exports:
    """Names that a package hands out on first use.

    Attributes:
        imports: Import statements for a type checker.
        names: The statement of ``__all__``.
        modules: The statement of the map from name to module.
    """

    imports: tuple[str, ...]
    names: str
    modules: str


def exports(where: Mapping[str, str]) -> Exports:
    """Lazy exports.

    Args:
        where: Relative module by name: ``{"User": ".user"}``.
    """
    by_module: dict[str, list[str]] = {}
    for name in sorted(where):
        by_module.setdefault(where[name], []).append(name)
    if not where:
        return Exports((), "__all__: list[str] = []", "_MODULES: dict[str, str] = {}")
    imports = [
        from_import(module, {(name, name) for name in by_module[module]}, 4)
        for module in sorted(by_module, key=module_key)
    ]
    return Exports(
        tuple(imports),
        lay(
            sequence([string(name) for name in sorted(where, key=sort_key)], "[]"), 0, "__all__ = "
        ),
        lay(
            dict_display(
                [(string(name), string(where[name])) for name in sorted(where, key=sort_key)]
            ),
            0,
            "_MODULES = ",
        ),
    )


def public_exports(identity: Identity) -> Exports:
    """What ``from <package> import ...`` offers."""
    where = {name: f".{module}" for module, names in _PUBLIC.items() for name in names}
    where[identity.client] = where[f"Async{identity.client}"] = ".client"
    where[identity.error] = "._brand"
    return exports(where)


def brand(api: Api, identity: Identity, timeout: float | None = None) -> str:
    """The ``BRAND`` constant.

    Args:
        api: The API.
        identity: The package's names.
        timeout: Seconds for a read, where another time is promised than the core's.
    """
    shape = api.errors
    errors: list[Expression | Item] = [
        Item(sequence([string(pointer) for pointer in pointers]), f"{name}=")
        for name, pointers in (
            ("code", shape.code),
            ("message", shape.message),
            ("details", shape.details),
            ("request_id", shape.request_id),
        )
    ]
    if shape.success_flag is not None:
        errors.append(Item(string(shape.success_flag), "success_flag="))
    items: list[Expression | Item] = [
        Item(string(identity.client), "name="),
        Item(string(identity.package), "package="),
        Item(string(identity.env_prefix), "env_prefix="),
        Item(string(identity.version), "version="),
        Item(string(base_url(api.servers)), "base_url="),
    ]
    environments = _environments(api.servers)
    if environments:
        items.append(Item(environments, "environments="))
    items.append(Item(call("ErrorShape", errors), "error="))
    if timeout is not None:
        items.append(Item(repr(float(timeout)), "timeout="))
    return lay(call("Brand", items), 0, "BRAND = ")


_ENVIRONMENTS = frozenset(
    {"beta", "demo", "development", "eu", "live", "local", "localhost", "preview", "production"}
    | {"sandbox", "stage", "staging", "test", "testing", "us"}
)


def _environments(servers: Iterable[Server]) -> Expression:
    """Servers by the word for an environment in what the document calls them."""
    named: dict[str, str] = {}
    for server in servers:
        if server.name is not None:
            named.setdefault(server.name.raw, base_url([server]))
            continue
        words = split_words(one_line(server.docs.description or server.docs.summary))
        name = next((word for word in words if word in _ENVIRONMENTS), None)
        url = base_url([server])
        if name is None and url.partition("://")[2].startswith(("localhost", "127.0.0.1")):
            name = "local"
        if name is not None and name not in named:
            named[name] = url
    if len(named) < 2:
        return ""
    return sequence([sequence([string(name), string(url)]) for name, url in named.items()])


@dataclass(frozen=True, slots=True)
class ApiSection:
    """A resource in ``api.md``."""

    title: str
    types: tuple[str, ...]
    methods: tuple[str, ...]


def api_sections(api: Api, root: Node, returns: Mapping[str, str]) -> list[ApiSection]:
    """Every method with its types and HTTP path.

    Args:
        api: The API.
        root: The tree of resources.
        returns: What each method returns, by operation id.
    """
    sections = []
    for node in root.walk():
        accessor = ".".join(("client", *node.path))
        if node.bound:
            accessor += f"({', '.join(node.bound)})"
        methods = []
        for id_, name in node.methods.items():
            operation = api.operations[id_]
            line = code_span(f"{operation.http_method.upper()} {path_text(operation.path)}")
            summary = markdown(operation.docs.summary)
            text = f"- `{accessor}.{name}(...)` -> `{returns[id_]}`<br>{line}"
            methods.append(f"{text}: {summary}" if summary else text)
            if id_ in node.sockets:
                opened = f"- `{accessor}.{node.sockets[id_]}(...)` -> `Console`<br>{line}"
                methods.append(f"{opened}, then the WebSocket")
        if methods:
            sections.append(ApiSection(accessor, (), tuple(methods)))
    return sections

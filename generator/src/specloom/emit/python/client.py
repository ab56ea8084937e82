"""The client classes: credentials, settings and the resources at the top."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specloom.config.model import Config
from specloom.emit.python.encode import docstring, json_literal, prose, string
from specloom.emit.python.identity import Identity
from specloom.emit.python.layout import Expression, Item, call, lay, sequence, signature
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.methods import Flavour, MethodPrinter
from specloom.emit.python.names import OPTION_NAMES, Namespace, identifier
from specloom.emit.python.options import (
    ClientOptions,
    client_docstring,
    client_options,
    with_default,
)
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.resources import Node, child_property, method_printers
from specloom.emit.python.scope import Scope, from_import
from specloom.emit.python.sockets import socket_printers
from specloom.emit.python.types import Annotator
from specloom.ir.model import Api, PathPart, SecurityKind, SecurityScheme, Text
from specloom.ir.names import split_words

__all__ = ["ClientClass", "ClientModule", "Credential", "client_module", "credentials"]

_SETTINGS = frozenset(
    {
        "base_url",
        "clock",
        "deadline",
        "default_headers",
        "default_query",
        "http2",
        "http_client",
        "login",
        "max_retries",
        "max_wait",
        "middleware",
        "on_limit",
        "rate_limiter",
        "self",
        "strict",
        "timeout",
        "transport",
        "webhook_secret",
    }
)
"""Arguments that every client takes; a credential's option may not be called so."""

_KINDS = {
    SecurityKind.BEARER: "bearer",
    SecurityKind.OAUTH2: "bearer",
    SecurityKind.BASIC: "basic",
    SecurityKind.API_KEY_HEADER: "header",
    SecurityKind.API_KEY_QUERY: "query",
    SecurityKind.API_KEY_COOKIE: "cookie",
}


@dataclass(frozen=True, slots=True)
class Credential:
    """A security scheme and the argument that takes its secret."""

    scheme: SecurityScheme
    kind: str
    option: str
    env: str | None


@dataclass(frozen=True, slots=True)
class ClientClass:
    """One of the two clients."""

    head: str
    docstring: str
    signature: str
    construction: str
    children: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientModule:
    """``client.py``."""

    imports: tuple[str, ...]
    typing_imports: tuple[str, ...]
    names: tuple[str, ...]
    constants: tuple[str, ...]
    classes: tuple[ClientClass, ...]


def credentials(api: Api, config: Config) -> list[Credential]:
    """The client's credentials, in the order of its arguments."""
    order = {option.scheme: number for number, option in enumerate(config.auth)}
    schemes = sorted(
        (scheme for scheme in api.security_schemes if scheme.kind in _KINDS),
        key=lambda scheme: order.get(scheme.id, len(order)),
    )
    taken = Namespace(_SETTINGS)
    return [
        Credential(
            scheme,
            _KINDS[scheme.kind],
            taken.take(identifier(scheme.option, "auth", OPTION_NAMES)),
            scheme.env,
        )
        for scheme in schemes
    ]


def client_module(
    api: Api, config: Config, identity: Identity, root: Node, plan: TypePlan
) -> ClientModule:
    """Print the client.

    Args:
        api: The API.
        config: Its configuration.
        identity: The package's names.
        root: The tree of resources.
        plan: The types of the package.
    """
    names = [identity.client, f"Async{identity.client}"]
    classes = [child.class_name for child in root.children]
    defined = [*names, *classes, *(f"Async{name}" for name in classes)]
    scope = Scope(".", defined)
    notes = Annotator(api.models, plan.names, scope)
    given = credentials(api, config)
    taken = (*_SETTINGS, *OPTION_NAMES, *(credential.option for credential in given))
    more = client_options(api, config.promises, taken, scope)
    constants = [_schemes(given, scope)]
    constants.extend(more.constants.values())
    flow = _login_flow(api, config, scope)
    if flow is not None:
        constants.append(flow)
    scope.core("_brand", "BRAND")
    scope.core("_core.absent", "omit")
    shadowed = {
        *(child.path[-1] for child in root.children),
        *root.methods.values(),
        *root.sockets.values(),
    }
    with scope.shadowing(shadowed):
        operations, endpoints = method_printers(
            [api.operations[id_] for id_ in root.resource.operations],
            root,
            api,
            plan,
            notes,
            "self._operations",
        )
        constants += endpoints
        sockets = socket_printers(operations, root.sockets, plan)
        printed = tuple(
            ClientClass(
                _head(identity, flavour, scope),
                client_docstring(
                    api, identity, _entries(given, more), flavour.value, login=flow is not None
                ),
                _signature(given, more, flow is not None, flavour, scope),
                _construction(given, more, scope, login=flow is not None),
                (
                    *_own_operations(operations, flavour, scope),
                    *(_child(child, flavour, scope) for child in root.children),
                ),
                (
                    *(printer.methods(flavour) for printer in operations),
                    *(socket.method(flavour) for socket in sockets),
                ),
            )
            for flavour in Flavour
        )
    scope.standard("typing", "TYPE_CHECKING")
    return ClientModule(
        tuple(scope.lines()),
        tuple(scope.lines(typing_only=True, indent=4)),
        tuple(sorted(names)),
        tuple(constants),
        printed,
    )


def _head(identity: Identity, flavour: Flavour, scope: Scope) -> str:
    base = scope.core("_core.client", "SyncClient" if flavour is Flavour.SYNC else "AsyncClient")
    return lay(call(f"class {flavour.prefix}{identity.client}", [base]), 0, "", ":")


def _own_operations(
    operations: list[MethodPrinter], flavour: Flavour, scope: Scope
) -> Iterator[str]:
    """What carries the operations of the client itself."""
    if operations:
        base = "SyncResource" if flavour is Flavour.SYNC else "AsyncResource"
        name = scope.core("_core.resource", base)
        decorator = scope.standard("functools", "cached_property")
        yield (
            f"    @{decorator}\n    def _operations(self) -> {name}:\n        return {name}(self)"
        )


def _child(child: Node, flavour: Flavour, scope: Scope) -> str:
    if not child.bound:
        return child_property(child, flavour, scope, f".{child.module}", "self")
    class_name = flavour.prefix + child.class_name
    with scope.typing_only():
        scope.relative(f".{child.module}", class_name)
    name = identifier(split_words(child.bound[0]), "value", OPTION_NAMES)
    items = [Item("self"), Item(scope.builtin("str"), f"{name}: "), Item("/")]
    head = signature(f"def {child.path[-1]}", items, class_name, 4)
    statement = from_import(f".{child.module}", {(class_name, class_name)}, 8)
    bound = sequence([sequence([string(child.bound[0]), name])])
    given = lay(call(class_name, ["self", bound]), 8, "return ")
    text = docstring([f"The rows of one {name}."], 8)
    return f"{head}\n{text}\n{statement}\n\n{given}"


def _schemes(given: list[Credential], scope: Scope) -> str:
    items: list[Expression] = []
    for credential in given:
        arguments: list[Expression | Item] = [
            string(credential.scheme.id),
            string(credential.kind),
        ]
        if credential.scheme.wire_name is not None:
            arguments.append(Item(string(credential.scheme.wire_name), "name="))
        if credential.env is not None:
            arguments.append(Item(string(credential.env), "env="))
        arguments.append(Item(string(credential.option), "option="))
        items.append(call(scope.core("_core.auth", "Scheme"), arguments))
    return lay(sequence(items), 0, "SCHEMES = ")


def _login_flow(api: Api, config: Config, scope: Scope) -> str | None:
    login = config.login
    if login is None or login.login not in api.operations:
        return None
    bearer = next((s for s in api.security_schemes if s.kind is SecurityKind.BEARER), None)
    if bearer is None:
        return None
    items: list[Expression | Item] = [
        string(bearer.id),
        Item(_route(api, login.login), "login="),
    ]
    if login.refresh is not None and login.refresh in api.operations:
        items.append(Item(_route(api, login.refresh), "refresh="))
    items.append(Item(string(login.access_token), "access_token="))
    if login.refresh_token is not None:
        items.append(Item(string(login.refresh_token), "refresh_token="))
    if login.refresh_body:
        items.append(Item(json_literal(dict(login.refresh_body)), "refresh_body="))
    return lay(call(scope.core("_core.auth", "LoginFlow"), items), 0, "LOGIN_FLOW = ")


def _route(api: Api, id_: str) -> Expression:
    operation = api.operations[id_]
    path = "".join(part.text.raw for part in _literal(operation.path))
    return sequence([string(operation.http_method.upper()), string(path)])


def _literal(parts: tuple[PathPart, ...]) -> list[PathPart]:
    return [
        PathPart(Text("{" + part.text.raw + "}"), True) if part.is_parameter else part
        for part in parts
    ]


def _signature(
    given: list[Credential], more: ClientOptions, login: bool, flavour: Flavour, scope: Scope
) -> str:
    sync = flavour is Flavour.SYNC
    text, number = scope.builtin("str"), scope.builtin("float")
    with scope.typing_only():
        function = scope.standard("collections.abc", "Callable")
        mapping = scope.standard("collections.abc", "Mapping")
        items = scope.standard("collections.abc", "Sequence")
        anything = scope.standard("typing", "Any")
        omit_type = scope.core("_core.absent", "Omit")
        timeout = scope.core("_core.timeouts", "TimeoutTypes")
        limit = scope.core("_core.settings", "OnLimit")
        limiter = scope.core("_core.limiter", "RateLimiter")
        clock = scope.core("_core.clock", "Clock")
        awaitable = None if sync else scope.standard("collections.abc", "Awaitable")
        secret = f"{text} | {function}[[], {text}]"
        if awaitable is not None:
            secret += f" | {function}[[], {awaitable}[{text}]]"
        parts = ["self", "*"]
        for credential in given:
            kind = f"tuple[{text}, {text}]" if credential.kind == "basic" else secret
            parts.append(f"{credential.option}: {kind} | None = None")
        parts += [
            f"{option.name}: {text} | None = None" for option in (*more.headers, *more.variables)
        ]
        if login:
            parts.append(f"login: {scope.core('_core.auth', 'Login')} | None = None")
        environment = []
        if more.environments:
            names = ", ".join(string(name) for name in more.environments)
            literal = scope.standard("typing", "Literal")
            environment = [f"environment: {literal}[{names}] | None = None"]
        client = "Client" if sync else "AsyncClient"
        transport = "BaseTransport" if sync else "AsyncBaseTransport"
        scope.module("httpx")
    parts += [
        f"webhook_secret: {text} | {items}[{text}] | None = None",
        *environment,
        f"base_url: {text} | None = None",
        f"timeout: {timeout} | {omit_type} = omit",
        f"max_retries: {scope.builtin('int')} = {more.max_retries}",
        f"deadline: {number} | None = None",
        f"max_wait: {number} = 60.0",
        f"strict: {scope.builtin('bool')} = False",
        f'on_limit: {limit} = "wait"',
        f"rate_limiter: {limiter} | None = None",
        f"default_headers: {mapping}[{text}, {text} | None] | None = None",
        f"default_query: {mapping}[{text}, {anything}] | None = None",
        f"http_client: httpx.{client} | None = None",
        f"transport: httpx.{transport} | None = None",
        f"http2: {scope.builtin('bool')} = False",
        f"middleware: {items}[{anything}] = ()",
        f"clock: {clock} | None = None",
    ]
    return signature("def __init__", [Item(part) for part in parts], "None", 4)


def _construction(
    given: list[Credential], more: ClientOptions, scope: Scope, *, login: bool
) -> str:
    mapping = dict_display([(string(c.scheme.id), c.option) for c in given])
    values = {"default_headers": more.default_headers(scope), "base_url": more.base_url(scope)}
    items: list[Expression | Item] = ["BRAND", "SCHEMES"]
    if given:
        items.append(Item(mapping, "credentials="))
    if login:
        items += [Item("login", "login="), Item("LOGIN_FLOW", "login_flow=")]
    for name in (
        "webhook_secret",
        "base_url",
        "timeout",
        "max_retries",
        "deadline",
        "max_wait",
        "strict",
        "on_limit",
        "rate_limiter",
        "default_headers",
        "default_query",
        "http_client",
        "transport",
        "http2",
        "middleware",
        "clock",
    ):
        items.append(Item(values.get(name, name), f"{name}="))
    return lay(call("super().__init__", items), 8)


def _entries(given: list[Credential], more: ClientOptions) -> list[tuple[str, str]]:
    """What is said of each credential and option."""
    found: list[tuple[str, str]] = []
    for credential in given:
        said = " ".join(prose(credential.scheme.docs.summary or credential.scheme.docs.description))
        text = said or f"The credential of the scheme {credential.scheme.id}."
        found.append((credential.option, with_default(text, credential.env)))
    found += [
        (item.name, with_default(item.description, item.env))
        for item in (*more.headers, *more.variables)
    ]
    if more.environments:
        found.append(("environment", with_default(f"One of {', '.join(more.environments)}.", None)))
    return found

"""Options of the client that travel as headers or stand in URLs, and what it does by default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specloom.config.promises import Promises
from specloom.emit.python.encode import docstring, one_line, string, wrap
from specloom.emit.python.endpoints import base_url
from specloom.emit.python.identity import Identity
from specloom.emit.python.layout import COLUMNS, Expression, Item, call, lay, sequence
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.names import Namespace, identifier
from specloom.emit.python.scope import Scope
from specloom.ir.model import Api
from specloom.ir.names import split_words

__all__ = [
    "ClientOptions",
    "OptionArgument",
    "client_docstring",
    "client_options",
    "with_default",
]


@dataclass(frozen=True, slots=True)
class OptionArgument:
    """An argument of the client whose value travels as a header, or fills a variable of URLs."""

    name: str
    target: str
    env: str | None
    default: str | None
    description: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What a configuration promises of the client beside its credentials.

    Attributes:
        headers: Arguments that travel as headers.
        variables: Arguments that fill variables of URLs.
        constants: The constants that name every such header and variable.
        max_retries: How often a failed attempt is repeated by default.
        environments: Names of the servers that the client may be given; empty without a choice.
    """

    headers: list[OptionArgument]
    variables: list[OptionArgument]
    constants: dict[str, str]
    max_retries: int
    environments: tuple[str, ...]

    def base_url(self, scope: Scope) -> Expression:
        """The value that the core's client gets for the address of the API."""
        given: Expression = "base_url"
        if self.environments:
            function = scope.core("_core.option_headers", "first_given")
            given = call(function, ["base_url", "environment"])
        if not self.variables:
            return given
        function = scope.core("_core.option_headers", "server_url")
        template = [Item("SERVER", "template=")] if "SERVER" in self.constants else []
        return call(function, ["BRAND", "VARIABLES", _mapping(self.variables), given, *template])

    def default_headers(self, scope: Scope) -> Expression:
        """The value that the core's client gets for the headers of every request."""
        if "HEADERS" not in self.constants:
            return "default_headers"
        function = scope.core("_core.option_headers", "option_headers")
        return call(function, ["HEADERS", _mapping(self.headers), "default_headers"])


def client_options(
    api: Api, promises: Promises, taken: Iterable[str], scope: Scope
) -> ClientOptions:
    """Lay out a client's promised options.

    Args:
        api: The API.
        promises: What is promised.
        taken: Names of the client's other arguments.
        scope: Collects imports.
    """
    names = Namespace((*taken, "environment"))
    headers = [
        OptionArgument(
            names.take(identifier(split_words(option.name), "option")),
            option.header,
            option.env,
            option.default,
            option.description or f"Sent as {option.header}.",
        )
        for option in promises.options
    ]
    variables = [
        OptionArgument(
            names.take(identifier(split_words(option.name), "option")),
            option.variable,
            option.env,
            option.default,
            option.description or f"Stands for {option.variable} in the base URL.",
        )
        for option in promises.variables
    ]
    documented = _documented_variables(api, promises, names)
    variables += documented
    always = [
        call(
            scope.core("_core.option_headers", "OptionHeader"),
            [string(name), Item(string(value), "default=")],
        )
        for name, value in promises.defaults.headers
    ]
    items = {
        "HEADERS": [*always, *(_option("OptionHeader", option, scope) for option in headers)],
        "VARIABLES": [_option("ServerOption", option, scope) for option in variables],
    }
    constants = {
        name: lay(sequence(found), 0, f"{name} = ") for name, found in items.items() if found
    }
    if documented:
        constants["SERVER"] = f"SERVER = {string(api.servers[0].url.raw.rstrip('/'))}"
    named = tuple(server.name.raw for server in api.servers if server.name is not None)
    choice = named if len(named) > 1 and promises.stainless is not None else ()
    return ClientOptions(headers, variables, constants, promises.defaults.max_retries, choice)


def _documented_variables(api: Api, promises: Promises, names: Namespace) -> list[OptionArgument]:
    """The variables of the first server, each with the default that the document gives it."""
    promised = {option.variable for option in promises.variables}
    found = []
    for variable in api.servers[0].variables if api.servers else ():
        if variable.name in promised:
            continue
        values = tuple(value.raw for value in variable.values)
        said = f"Stands for {variable.name} in the base URL."
        if values:
            said += f" One of {', '.join(values)}."
        if variable.default:
            said += f" Default: {variable.default.raw}."
        name = names.take(identifier(split_words(variable.name), "server"))
        found.append(OptionArgument(name, variable.name, None, variable.default.raw, said, values))
    return found


def _mapping(options: list[OptionArgument]) -> Expression:
    return dict_display([(string(option.name), option.name) for option in options])


def _option(kind: str, option: OptionArgument, scope: Scope) -> Expression:
    parts: list[Expression | Item] = [string(option.target), string(option.name)]
    if option.env is not None:
        parts.append(Item(string(option.env), "env="))
    if option.default is not None:
        parts.append(Item(string(option.default), "default="))
    if option.values:
        parts.append(Item(sequence([string(value) for value in option.values]), "values="))
    return call(scope.core("_core.option_headers", kind), parts)


def with_default(text: str, env: str | None) -> str:
    """A sentence, and where the argument's default comes from."""
    text = " ".join(one_line(text).split())
    if not text.endswith("."):
        text += "."
    return f"{text} Default: the environment variable {env}." if env else text


def client_docstring(
    api: Api, identity: Identity, entries: list[tuple[str, str]], kind: str, *, login: bool
) -> str:
    """The docstring of one client.

    Args:
        api: The API.
        identity: The package's names.
        entries: What is said of credentials and options.
        kind: ``sync`` or ``async``.
        login: Whether it takes a login.
    """
    title = one_line(api.title) or identity.client
    url = one_line(base_url(api.servers))
    lines = [f"The {kind}hronous client of {title}.", "", "Args:"]

    def entry(name: str, text: str) -> None:
        first, *rest = wrap([f"{name}: {text}"], COLUMNS - 12)
        lines.append(f"    {first}")
        lines.extend(f"        {line}" for line in rest)

    for name, text in entries:
        entry(name, text)
    if login:
        entry("login", "What the login takes; tokens are then had and renewed by the client.")
    prefix = identity.env_prefix
    for name, text in (
        (
            "webhook_secret",
            f"Secret, or secrets, that webhooks are signed with. Default: {prefix}_WEBHOOK_SECRET.",
        ),
        (
            "base_url",
            f"Where the API is. Default: {prefix}_BASE_URL" + (f", else {url}." if url else "."),
        ),
        (
            "timeout",
            "Seconds for each phase of an attempt, an httpx.Timeout, or None for no limit.",
        ),
        ("max_retries", "How often a failed attempt is repeated at most."),
        ("deadline", "Seconds for a whole call, its waits included. Default: no limit."),
        ("max_wait", "The longest wait that the server may ask for, in seconds."),
        ("strict", "Whether a response that does not fit its type is an error."),
        ("on_limit", "Whether to wait, raise, or go on when the rate limit would be passed."),
        ("rate_limiter", "Shared with other clients or processes. Default: this client's own."),
        ("default_headers", "Headers of every request."),
        ("default_query", "Query parameters of every request."),
        ("http_client", "Your own httpx client; it is never closed by this one."),
        ("transport", "Your own httpx transport."),
        ("http2", "Whether to speak HTTP/2 with a server that does; needs the extra `http2`."),
        ("middleware", "Functions (request, call_next) around every attempt."),
        ("clock", "The source of time, for tests."),
    ):
        entry(name, text)
    return docstring(lines, 4)

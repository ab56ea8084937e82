"""Security schemes and requirements, servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specloom.config import Config
from specloom.ir.build.context import Context, docs_of, text_of
from specloom.ir.model import (
    Docs,
    SecurityKind,
    SecurityRequirement,
    SecurityScheme,
    Server,
    ServerVariable,
    Source,
    Text,
    Words,
)
from specloom.ir.names import Names, split_words, title_words
from specloom.spec.pointer import child

__all__ = ["env_prefix", "requirements", "schemes", "servers"]

_API_KEY = {
    "header": SecurityKind.API_KEY_HEADER,
    "query": SecurityKind.API_KEY_QUERY,
    "cookie": SecurityKind.API_KEY_COOKIE,
}


def env_prefix(config: Config, title: str) -> str:
    """Return the prefix of environment variables: configured, else made from the names."""
    brand = config.brand
    name = brand.package or brand.name
    return brand.env_prefix or "_".join(split_words(name) if name else title_words(title)).upper()


def schemes(context: Context) -> tuple[SecurityScheme, ...]:
    """Return the security schemes: configured client options first, in their order."""
    declared: dict[str, Any] = context.document.root["components"].get("securitySchemes", {})
    prefix = env_prefix(context.config, context.document.root["info"]["title"])
    names = Names()
    made: list[SecurityScheme] = []
    configured = {option.scheme for option in context.config.auth}
    for option in context.config.auth:
        if option.scheme not in declared:
            context.warn(
                "unknown-scheme",
                f"the configuration's auth names the scheme {option.scheme!r}, which is not declared",
                "/components/securitySchemes",
                f"the option {option.option} has no effect",
                "check auth in specloom.yaml",
            )
            continue
        words = names.take([split_words(option.option)], option.scheme)
        scheme = _scheme(context, option.scheme, declared[option.scheme], words, option.env)
        if option.description:
            scheme = replace(scheme, docs=Docs(Text(option.description)))
        made.append(scheme)
    for name, node in declared.items():
        if name not in configured:
            words = names.take([split_words(name), (*split_words(name), "auth")], name)
            env = f"{prefix}_{'_'.join(words).upper()}"
            made.append(_scheme(context, name, node, words, env))
    return tuple(made)


def _scheme(
    context: Context, name: str, node: Any, option: Words, env: str | None
) -> SecurityScheme:
    pointer = child("/components/securitySchemes", name)
    node, _ = context.resolve(node, pointer)
    kind = _kind(node)
    if kind is SecurityKind.OTHER:
        context.degraded(
            pointer, f"credentials of type {node.get('type')!r} are left to the caller"
        )
    wire_name = text_of(node, "name") if node.get("type") == "apiKey" else None
    return SecurityScheme(name, kind, option, Source(pointer), wire_name, env, docs_of(node))


def _kind(node: dict[str, Any]) -> SecurityKind:
    kind = node.get("type")
    if kind == "http":
        scheme = str(node.get("scheme", "")).lower()
        if scheme == "basic":
            return SecurityKind.BASIC
        return SecurityKind.BEARER if scheme == "bearer" else SecurityKind.OTHER
    if kind == "apiKey" and isinstance(node.get("name"), str):
        return _API_KEY.get(str(node.get("in")), SecurityKind.OTHER)
    return SecurityKind.OAUTH2 if kind in ("oauth2", "openIdConnect") else SecurityKind.OTHER


def requirements(context: Context, value: Any, pointer: str) -> tuple[SecurityRequirement, ...]:
    """Return the alternatives of a ``security`` list."""
    declared = context.document.root["components"].get("securitySchemes", {})
    made = []
    for index, alternative in enumerate(value):
        unknown = [name for name in alternative if name not in declared]
        if unknown:
            context.warn(
                "unknown-scheme",
                f"security names {', '.join(map(repr, unknown))}, which is not declared",
                f"{pointer}/{index}",
                "the alternative is dropped",
                "declare it under components.securitySchemes",
            )
            context.dropped(f"{pointer}/{index}", "a security scheme that is not declared")
            continue
        made.append(
            SecurityRequirement(
                tuple(
                    (name, tuple(scope for scope in scopes if isinstance(scope, str)))
                    for name, scopes in alternative.items()
                )
            )
        )
    return tuple(made)


def servers(node: dict[str, Any]) -> tuple[Server, ...]:
    """Return the servers that a node lists."""
    made = []
    for server in node.get("servers", ()):
        variables = []
        for name, variable in server.get("variables", {}).items():
            if isinstance(variable, dict):
                values = variable.get("enum")
                variables.append(
                    ServerVariable(
                        name,
                        Text(str(variable.get("default", ""))),
                        tuple(Text(str(item)) for item in values)
                        if isinstance(values, list)
                        else (),
                    )
                )
        made.append(
            Server(Text(server["url"]), docs_of(server), tuple(variables), text_of(server, "name"))
        )
    return tuple(made)

"""``client_settings`` and ``environments`` of a stainless.yml."""

from __future__ import annotations

import re
from typing import Any

from specloom.config.promises import ClientDefaults
from specloom.config.stainless.model import ClientOption
from specloom.config.stainless.reading import Node

__all__ = ["client_settings", "environments"]

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?\Z")
_NO_EFFECT = "it has no effect on a generated package"


def client_settings(top: Node) -> tuple[dict[str, Any], ClientDefaults]:
    """Return the client's options, prefix and idempotency header, and its defaults."""
    made: dict[str, Any] = {"options": (), "prefix": None, "idempotency": None}
    settings = top.take("client_settings")
    if settings is None:
        return made, ClientDefaults()
    opts = settings.take("opts")
    made["options"] = tuple(_option(name, n) for name, n in (opts.members() if opts else ()))
    prefix = settings.take("default_env_prefix")
    if prefix is not None:
        text = prefix.text()
        if text is not None and re.fullmatch("[A-Z][A-Z0-9_]*", text):
            made["prefix"] = text
        elif text is not None:
            top.report.error(prefix.pointer, f"{text!r} is no prefix", "write ACME")
    idempotency = settings.take("idempotency")
    if idempotency is not None:
        header = idempotency.take("header")
        made["idempotency"] = header.text() if header is not None else None
        idempotency.close()
    headers: list[tuple[str, str]] = []
    given = settings.take("default_headers")
    for name, member in given.members() if given is not None else ():
        if isinstance(member.value, (str, int, float, bool)):
            value = member.value if isinstance(member.value, str) else str(member.value)
            if re.fullmatch("[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) and value.isprintable():
                headers.append((name, value))
                continue
        top.report.error(member.pointer, f"{name!r} is no header with a text")
    timeout = settings.take("default_timeout")
    seconds = None if timeout is None else _seconds(timeout)
    retries = _retries(settings)
    settings.close()
    return made, ClientDefaults(retries, seconds, tuple(headers))


def _retries(settings: Node) -> int:
    retries = settings.take("default_retries")
    if retries is None:
        return 2
    most = retries.take("max_retries")
    number = most.number() if most is not None else None
    for key, usual in (("initial_delay_seconds", 0.5), ("max_delay_seconds", 8)):
        found = retries.take(key)
        if found is not None and found.number() not in (None, usual):
            settings.report.lost(found.pointer, f"the core waits with its own {usual} s")
    retries.close()
    return 2 if number is None else int(number)


def _seconds(node: Node) -> float:
    """Milliseconds, or an ISO 8601 duration, as seconds."""
    if isinstance(node.value, str):
        match = _DURATION.match(node.value)
        if match and any(match.groups()):
            hours, minutes, seconds = (float(part or 0) for part in match.groups())
            return hours * 3600 + minutes * 60 + seconds
        node.report.error(node.pointer, f"{node.value!r} is no duration", "write PT30S or 30000")
        return 60.0
    return (node.number() or 60_000) / 1000


def _option(name: str, node: Node) -> ClientOption:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,60}", name):
        node.report.error(node.pointer, f"{name[:60]!r} cannot be the name of an option")
    texts: dict[str, str | None] = {}
    for key in ("type", "description", "read_env", "send_in_header", "server_variable"):
        found = node.take(key)
        texts[key] = found.text() if found is not None else None
    env, header = texts["read_env"], texts["send_in_header"]
    if env is not None and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", env):
        node.report.error(f"{node.pointer}/read_env", f"{env!r} is no environment variable")
    scheme, role = None, "value"
    auth = node.take("auth")
    if auth is not None:
        named, part = auth.take("security_scheme"), auth.take("role")
        scheme = named.text() if named is not None else None
        role = (part.text() if part is not None else None) or "value"
        auth.close()
    default = node.take("default")
    node.take("nullable")  # every option may be left out
    node.leave(_NO_EFFECT, "example", "required_in_tests")
    node.leave("pass default_query=", "send_as_query_param")
    node.close()
    variable = texts["server_variable"]
    if scheme is None and header is None and variable is None:
        node.report.lost(node.pointer, "it is neither a credential, a header nor part of a URL")
    return ClientOption(
        name,
        node.pointer,
        env,
        scheme,
        role,
        header,
        variable,
        default.text() if default is not None and isinstance(default.value, str) else None,
        texts["description"],
    )


def environments(top: Node) -> tuple[tuple[str, str], ...]:
    """Return the base URLs by name; the first is the default."""
    given = top.take("environments")
    found = []
    for name, member in given.members() if given is not None else ():
        url = member.text()
        if url is not None and not url.startswith(("http://", "https://")):
            top.report.error(member.pointer, f"{url!r} is no URL", "write https://api.acme.com")
        elif url is not None:
            found.append((name, url))
    return tuple(found)

"""Credentials: read from the environment, sent to one server, shown to nobody."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from specloom.ir.model import Operation, SecurityKind, SecurityScheme

__all__ = ["AuthError", "Credential", "Credentials", "Dress", "parse_auth"]

_FORM: Final = re.compile(r"(?P<scheme>[^=]+)=env:(?P<variable>[A-Za-z_][A-Za-z0-9_]*)")
_WORDS: Final = {
    "bearer": (SecurityKind.BEARER, SecurityKind.OAUTH2),
    "basic": (SecurityKind.BASIC,),
    "api-key": (
        SecurityKind.API_KEY_HEADER,
        SecurityKind.API_KEY_QUERY,
        SecurityKind.API_KEY_COOKIE,
    ),
    "cookie": (SecurityKind.API_KEY_COOKIE,),
}
MASK: Final = "***"


class AuthError(ValueError):
    """``--auth`` is not usable; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret for one scheme and the variable that it came from."""

    scheme: SecurityScheme
    variable: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dress:
    """What a request carries: headers and query, and the same with names of variables."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    shown_headers: tuple[tuple[str, str], ...] = ()
    shown_query: tuple[tuple[str, str], ...] = ()


def parse_auth(
    values: Sequence[str], schemes: Sequence[SecurityScheme], environ: Mapping[str, str]
) -> Credentials:
    """Read ``--auth SCHEME=env:VARIABLE``.

    Args:
        values: The option's values. A scheme is the document's name of one, or ``bearer``,
            ``basic``, ``api-key``, ``cookie`` for the first of that kind.
        schemes: The document's security schemes.
        environ: Where the secrets are; for basic authentication ``user:password``.

    Raises:
        AuthError: The form is wrong, the scheme unknown, or the variable empty. A literal secret
            is refused: other users of the machine can read command lines, and logs keep them.
    """
    found = []
    for value in values:
        match = _FORM.fullmatch(value)
        if match is None:
            raise AuthError(
                "--auth takes SCHEME=env:VARIABLE, such as bearer=env:STAGING_TOKEN: a secret "
                "never stands on the command line, put it into an environment variable"
            )
        scheme = _scheme(match["scheme"], schemes)
        secret = environ.get(match["variable"], "")
        if not secret.strip():
            raise AuthError(f"--auth: the environment variable {match['variable']} is not set")
        if any(c in secret for c in "\r\n\0"):
            raise AuthError(f"--auth: {match['variable']} holds a line break")
        found.append(Credential(scheme, match["variable"], secret))
    return Credentials(tuple(found))


def _scheme(name: str, schemes: Sequence[SecurityScheme]) -> SecurityScheme:
    for scheme in schemes:
        if scheme.id == name:
            return scheme
    for kind in _WORDS.get(name.lower(), ()):
        for scheme in schemes:
            if scheme.kind is kind:
                return scheme
    known = ", ".join(scheme.id for scheme in schemes) or "none"
    raise AuthError(f"--auth: the document has no security scheme {name!r}; it has {known}")


class Credentials:
    """What a run may send, and what no report may show.

    Args:
        known: The credentials given.
    """

    def __init__(self, known: tuple[Credential, ...]) -> None:
        self.known = known
        self._by_id = {credential.scheme.id: credential for credential in known}
        self._secrets = sorted(_forms(known), key=len, reverse=True)

    def covers(self, operation: Operation) -> bool:
        """Whether the operation can be called: it needs none, or all of one alternative."""
        return not operation.security or self._alternative(operation) is not None

    def _alternative(self, operation: Operation) -> tuple[Credential, ...] | None:
        free = None
        for requirement in operation.security:
            ids = [scheme for scheme, _ in requirement.schemes]
            if not ids:
                free = ()
            elif all(name in self._by_id for name in ids):
                return tuple(self._by_id[name] for name in ids)
        return free

    def dress(self, operation: Operation, *, wrong: str = "") -> Dress:
        """What a request to the operation carries.

        Args:
            operation: What is called.
            wrong: A secret to send in place of the true one, for the refusal of it.
        """
        headers: list[tuple[str, str]] = []
        query: list[tuple[str, str]] = []
        shown_headers: list[tuple[str, str]] = []
        shown_query: list[tuple[str, str]] = []
        for credential in self._alternative(operation) or ():
            scheme = credential.scheme
            _put(scheme, wrong or credential.secret, headers, query)
            name = wrong or f"${credential.variable}"
            _put(scheme, name, shown_headers, shown_query, shown=True)
        return Dress(tuple(headers), tuple(query), tuple(shown_headers), tuple(shown_query))

    def demanded(self, operation: Operation) -> bool:
        """Whether no request without credentials may be served."""
        return bool(operation.security) and all(r.schemes for r in operation.security)

    def hide(self, text: str) -> str:
        """The text with every secret replaced, in each form in which it may stand there."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def _put(
    scheme: SecurityScheme,
    secret: str,
    headers: list[tuple[str, str]],
    query: list[tuple[str, str]],
    *,
    shown: bool = False,
) -> None:
    name = scheme.wire_name.raw if scheme.wire_name is not None else ""
    match scheme.kind:
        case SecurityKind.BASIC:
            coded = secret if shown else base64.b64encode(secret.encode()).decode()
            headers.append(("Authorization", f"Basic {coded}"))
        case SecurityKind.API_KEY_HEADER:
            headers.append((name, secret))
        case SecurityKind.API_KEY_QUERY:
            query.append((name, secret))
        case SecurityKind.API_KEY_COOKIE:
            headers.append(("Cookie", f"{name}={secret}"))
        case _:
            headers.append(("Authorization", f"Bearer {secret}"))


def _forms(known: Iterable[Credential]) -> set[str]:
    found = set[str]()
    for credential in known:
        secret = credential.secret
        found |= {secret, quote(secret), quote(secret, safe="")}
        found.add(base64.b64encode(secret.encode()).decode())
        if credential.scheme.kind is SecurityKind.BASIC:
            found.add(secret.partition(":")[2])
    return {text for text in found if text}

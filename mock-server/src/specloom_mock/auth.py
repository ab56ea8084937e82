"""Who is asking: credentials, tokens made by login, scopes and expiry."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from specloom_mock.errors import ApiError
from specloom_mock.message import Request
from specloom_mock.plan import OperationPlan, SchemePlan

__all__ = [
    "ACCESS_LIFETIME",
    "REFRESH_LIFETIME",
    "SESSION_LIFETIME",
    "Credential",
    "Keyring",
    "authenticate",
]

ACCESS_LIFETIME = 3600.0
"""Seconds for which an access token from a login is good."""
REFRESH_LIFETIME = 30 * 86400.0
"""Seconds for which a refresh token is good."""
SESSION_LIFETIME = 7 * 86400.0
"""Seconds for which a session cookie is good."""

_SECRET_PREFIX = "sk_live_"
_MIN_LENGTH = 24
_BAD = "invalid"


@dataclass(slots=True)
class Credential:
    """A credential that the server knows.

    Attributes:
        kind: ``bearer``, ``api_key``, ``session`` or ``refresh``.
        scopes: What it may do; None for everything.
        user: Id of the user it stands for; None for the default user.
        expires_at: Epoch seconds; None for never.
        credits: How many paid requests it may make; None for any number.
        family: Tokens of one login, which end together.
    """

    kind: str
    value: str
    scopes: frozenset[str] | None = None
    user: str | None = None
    expires_at: float | None = None
    credits: int | None = None
    family: str | None = None
    key_id: str | None = None
    digest: str = ""

    def __post_init__(self) -> None:
        if not self.digest:
            self.digest = hashlib.sha256(self.value.encode()).hexdigest()[:8]

    @property
    def tier(self) -> str:
        """The tier of ``x-rate-limit`` that meters it."""
        if self.kind == "api_key" or self.value.startswith(_SECRET_PREFIX):
            return "api_key"
        return "session" if self.kind == "session" else "base"

    @property
    def meter(self) -> str:
        """What its quota is counted under: the user for tokens and sessions, else the key."""
        if self.tier != "api_key" and self.user is not None:
            return f"user:{self.user}"
        return f"{self.tier if self.tier != 'base' else self.kind}:{self.digest}"

    def may(self, scopes: frozenset[str]) -> str | None:
        """The first scope that it lacks, or None."""
        if self.scopes is None:
            return None
        return next((scope for scope in sorted(scopes) if scope not in self.scopes), None)


Lookup = Callable[[str], Credential | None]


@dataclass(slots=True)
class Keyring:
    """The credentials of one session.

    Attributes:
        any_bearer: Whether any bearer token of 24 characters or more is good, because the document
            offers no login that could make one.
    """

    seed: int
    any_bearer: bool = False
    known: dict[tuple[str, str], Credential] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    issued: int = 0
    find_key: Lookup | None = None

    def add(self, credential: Credential) -> Credential:
        """Make a credential known; it replaces one of the same kind and value."""
        self.known[credential.kind, credential.value] = credential
        return credential

    def remove_family(self, family: str | None) -> None:
        """Forget every token of one login."""
        if family is not None:
            self.known = {k: c for k, c in self.known.items() if c.family != family}

    def copy(self) -> Keyring:
        """An independent keyring with the same credentials."""
        return Keyring(
            self.seed,
            self.any_bearer,
            dict(self.known),
            set(self.revoked),
            self.issued,
            self.find_key,
        )

    def find(self, kind: str, value: str) -> Credential | None:
        """The credential with that value in that place; None when it is no good.

        API keys are accepted as bearer tokens too. Unknown values of 24 characters or more are
        users with every scope: API keys, and bearer tokens that begin with ``sk_live_``. A value
        that says ``invalid`` is refused, so that a test can name a bad credential.
        """
        credential = self.known.get((kind, value))
        if credential is None and kind in {"bearer", "api_key"}:
            other = "api_key" if kind == "bearer" else "bearer"
            if value.startswith(_SECRET_PREFIX):
                credential = self.known.get((other, value))
            if credential is None and self.find_key is not None:
                credential = self.find_key(value)
        if credential is not None or value in self.revoked:
            return credential
        if len(value) < _MIN_LENGTH or _BAD in value.lower():
            return None
        if kind == "api_key" or value.startswith(_SECRET_PREFIX):
            return self.add(Credential("api_key", value))
        if kind == "bearer" and self.any_bearer:
            return self.add(Credential("bearer", value))
        return None

    def token(self, user: str, now: float, kind: str) -> str:
        """A new token in the form of a JWT (HS256, signed with a key made from the seed)."""
        self.issued += 1
        claims = {
            "sub": user,
            "iat": int(now),
            "exp": int(now + ACCESS_LIFETIME),
            "jti": f"{kind}_{self.issued:06}",
        }
        parts = [_base64url(orjson.dumps({"alg": "HS256", "typ": "JWT"}))]
        parts.append(_base64url(orjson.dumps(claims)))
        key = f"specloom-mock-{self.seed}".encode()
        signature = hmac.digest(key, ".".join(parts).encode(), "sha256")
        return ".".join([*parts, _base64url(signature)])

    def opaque(self, prefix: str) -> str:
        """A new opaque token."""
        self.issued += 1
        digest = hashlib.sha256(f"{self.seed}:{prefix}:{self.issued}".encode()).hexdigest()
        return f"{prefix}{digest[:32]}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _presented(request: Request, scheme: SchemePlan) -> tuple[str, str] | None:
    """The kind and value of what a request carries for a scheme."""
    if scheme.kind in {"bearer", "basic"}:
        header = request.headers.get("authorization", "")
        word, _, value = header.partition(" ")
        value = value.strip()
        if word.lower() != scheme.kind or not value:
            return None
        return scheme.kind, value
    if scheme.kind == "key_header":
        found = request.headers.get(scheme.name.lower())
        if found is not None and found.lower().startswith("bearer "):
            return "bearer", found[7:].strip()
        return ("api_key", found) if found else None
    if scheme.kind == "key_query":
        values = [value for name, value in request.pairs if name == scheme.name]
        return ("api_key", values[-1]) if values and values[-1] else None
    if scheme.kind == "key_cookie":
        value = request.cookies.get(scheme.name, "")
        return ("session", value) if value else None
    return None


def _basic(value: str) -> Credential | None:
    try:
        user, colon, _ = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Credential("basic", value) if colon and user else None


def authenticate(
    plan: OperationPlan,
    schemes: Mapping[str, SchemePlan],
    request: Request,
    keyring: Keyring,
    now: float,
) -> Credential | None:
    """Find the caller's credential and check that it is good and not expired.

    Returns:
        The credential; None where the operation needs none and none was sent.

    Raises:
        ApiError: 401, when the operation needs a credential and no good one was sent.
    """
    needed = plan.security
    expired = False
    for alternative in needed:
        if not alternative:
            return None
        credentials: list[Credential] = []
        for name, _ in alternative:
            scheme = schemes.get(name)
            if scheme is None:
                credentials.append(Credential("other", name))
                continue
            shown = _presented(request, scheme)
            if shown is None:
                break
            credential = _basic(shown[1]) if shown[0] == "basic" else keyring.find(*shown)
            if credential is None:
                break
            if credential.expires_at is not None and credential.expires_at <= now:
                expired = True
                break
            credentials.append(credential)
        else:
            return credentials[0]
    if not needed:
        return None
    headers = {"WWW-Authenticate": "Bearer"}
    if expired:
        raise ApiError(401, "The credential has expired", "expired", headers=headers)
    raise ApiError(401, "Missing or invalid authentication", "unauthorized", headers=headers)


def credential_of(raw: Mapping[str, Any], expires_at: float | None) -> Credential:
    """A credential from its JSON form."""
    scopes = raw.get("scopes")
    return Credential(
        kind=raw["kind"],
        value=raw["value"],
        scopes=None if scopes is None else frozenset(scopes),
        user=raw.get("user"),
        expires_at=expires_at,
        credits=raw.get("credits"),
    )

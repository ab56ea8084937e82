"""Logging in and out: tokens for people, and who they are."""

from __future__ import annotations

from typing import Any

from specloom_mock.auth import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    SESSION_LIFETIME,
    Credential,
)
from specloom_mock.call import Call
from specloom_mock.clock import format_timestamp
from specloom_mock.crud import remember
from specloom_mock.errors import ApiError
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.routing import join_path
from specloom_mock.store import Row

__all__ = ["login", "logout", "refresh", "register", "whoami"]

DEFAULT_PASSWORD = "correct-horse-battery-staple"
"""The password of every seeded user, unless the overlay names another."""


def _password(call: Call) -> str:
    settings = call.session.plan.mock.get("auth") or {}
    return str(settings.get("password", DEFAULT_PASSWORD))


def _issue(call: Call, user: Row, *, cookie: bool) -> Response:
    """New tokens for a user, in whatever the response calls them."""
    keyring, now = call.session.keyring, call.now
    family = keyring.opaque("login_")
    scopes = call.session.role_scopes(user)
    access = keyring.token(user.key, now, "access")
    keyring.add(
        Credential("bearer", access, scopes, user.key, now + ACCESS_LIFETIME, family=family)
    )
    renew = keyring.opaque("rt_")
    keyring.add(
        Credential("refresh", renew, scopes, user.key, now + REFRESH_LIFETIME, family=family)
    )
    headers: dict[str, str] = {}
    known: dict[str, Any] = {
        "access token": access,
        "token": access,
        "jwt": access,
        "id token": access,
        "refresh token": renew,
        "token type": "Bearer",
        "expires in": int(ACCESS_LIFETIME),
        "expires at": format_timestamp(now + ACCESS_LIFETIME),
        "user": user.data,
    }
    scheme = next((s for s in call.session.plan.schemes.values() if s.kind == "key_cookie"), None)
    if cookie and scheme is not None:
        value = keyring.opaque("ses_")
        expires = now + SESSION_LIFETIME
        keyring.add(Credential("session", value, scopes, user.key, expires, family=family))
        headers["Set-Cookie"] = f"{scheme.name}={value}; Path=/; HttpOnly; SameSite=Lax"
        known |= {"session": value, "session token": value}
    payload = call.known_payload(call.plan.success, known)
    users = call.session.plan.users
    if users is not None:
        for name in call.plan.success.headers:
            if name.lower() == "location":
                headers[name] = f"{join_path(call.base, users.path)}/{user.key}"
    return call.respond(payload, headers=headers)


def login(call: Call) -> Response:
    """Tokens for an address and a password that belong together."""
    body = call.body if isinstance(call.body, dict) else {}
    users = call.session.plan.users
    name = next((body[k] for k in ("email", "username", "login", "user") if k in body), None)
    given = body.get("password")
    if users is not None:
        for row in call.session.store.collection(users.name):
            names = {row.data.get("email"), row.data.get("username")} - {None}
            folded = {str(value).lower() for value in names}
            if str(name).lower() not in folded:
                continue
            known = row.hidden.get("password", _password(call))
            if given == known and row.data.get("active", True) is True:
                return _issue(call, row, cookie=True)
    raise ApiError(
        401,
        "The address or the password is wrong",
        "unauthorized",
        headers={"WWW-Authenticate": "Bearer"},
    )


def register(call: Call) -> Response:
    """A new user, and its tokens."""
    users = call.session.plan.users
    if users is None:
        raise ApiError(404, "The document has no users to register", "not_found")
    body = call.body if isinstance(call.body, dict) else {}
    row = remember(call, users, call.session.store.collection(users.name), body)
    return _issue(call, row, cookie=True)


def refresh(call: Call) -> Response:
    """New tokens for a refresh token, which works once."""
    body = call.body if isinstance(call.body, dict) else {}
    value = next((v for k, v in body.items() if "token" in words_of(k)), None)
    credential = call.session.keyring.find("refresh", str(value)) if value else None
    expires = credential.expires_at if credential is not None else None
    if credential is None or (expires is not None and expires <= call.now):
        raise ApiError(
            401,
            "The refresh token is not valid",
            "unauthorized",
            headers={"WWW-Authenticate": "Bearer"},
        )
    keyring = call.session.keyring
    keyring.known.pop(("refresh", credential.value), None)
    keyring.remove_family(credential.family)
    user = call.session.user_row(credential)
    if user is None:
        raise ApiError(401, "The user is gone", "unauthorized")
    return _issue(call, user, cookie=False)


def logout(call: Call) -> Response:
    """The login's tokens stop working."""
    credential, keyring = call.credential, call.session.keyring
    if credential is not None:
        keyring.known.pop((credential.kind, credential.value), None)
        keyring.remove_family(credential.family)
        if credential.family is None and credential.tier == "base":
            keyring.revoked.add(credential.value)
    if call.plan.success.media_type is None:
        return call.respond(None)
    return call.respond(call.known_payload(call.plan.success, {"success": True}))


def whoami(call: Call) -> Response:
    """Who the request is authenticated as."""
    credential = call.credential
    user = call.session.user_row(credential, make=True)
    kinds = {"bearer": "jwt", "api_key": "api_key", "session": "session"}
    kind = kinds.get(credential.kind if credential is not None else "", "session")
    if credential is not None and credential.tier == "api_key":
        kind = "api_key"
    expires = credential.expires_at if credential is not None else None
    known: dict[str, Any] = {
        "user": user.data if user is not None else None,
        "credential": kind,
        "scopes": call.session.scopes_of(credential),
        "expires at": format_timestamp(expires) if expires is not None else None,
    }
    if user is not None:
        known |= {" ".join(words_of(k)): v for k, v in user.data.items() if k not in known}
    return call.respond(call.known_payload(call.plan.success, known))

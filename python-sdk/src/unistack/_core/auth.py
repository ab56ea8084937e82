"""Which credential goes with a request, and where it stands."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias
from weakref import WeakKeyDictionary

from .record import Record

__all__ = [
    "Credential",
    "Login",
    "LoginFlow",
    "Placement",
    "Scheme",
    "TokenState",
    "choose",
    "placement",
    "secret_names",
]

# A static secret, or a callable that hands out the present one (async only in the async client).
# Basic authentication takes (username, password).
Credential: TypeAlias = "str | tuple[str, str] | Callable[[], Any]"


class Scheme(Record):
    """One of the document's security schemes.

    Args:
        id: The document's name for it, which operations refer to.
        kind: Where the credential stands.
        name: Name of the header, query parameter or cookie.
        env: Environment variable that holds it when the caller gives none.
        option: The client's argument for it, named in remedies.
    """

    __slots__ = ("env", "id", "kind", "name", "option")

    def __init__(
        self,
        id: str,
        kind: Literal["bearer", "basic", "header", "query", "cookie"],
        name: str | None = None,
        env: str | None = None,
        option: str | None = None,
    ) -> None:
        self.id = id
        self.kind: Literal["bearer", "basic", "header", "query", "cookie"] = kind
        self.name = name
        self.env = env
        self.option = option


class Login:
    """What a login takes, such as `Login(email=..., password=...)`. Never shown."""

    __slots__ = ("_fields",)

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    @property
    def fields(self) -> Mapping[str, Any]:
        """The properties of the login's request body, by wire name."""
        return self._fields

    def __repr__(self) -> str:
        return f"Login({', '.join(f'{name}=...' for name in self._fields)})"


class LoginFlow(Record):
    """How tokens are had by login and renewed by refresh.

    Args:
        scheme: The bearer scheme that the access token serves.
        login: (method, path) of the login operation.
        refresh: (method, path) of the refresh operation; None logs in again instead.
        access_token: Pointer to the access token in either response.
        refresh_token: Pointer to the refresh token in either response.
        refresh_body: The refresh request's body; "{refresh_token}" stands for the token.
    """

    __slots__ = ("access_token", "login", "refresh", "refresh_body", "refresh_token", "scheme")

    def __init__(
        self,
        scheme: str,
        login: tuple[str, str],
        refresh: tuple[str, str] | None = None,
        access_token: str = "/access_token",
        refresh_token: str = "/refresh_token",
        refresh_body: Mapping[str, Any] | None = None,
    ) -> None:
        self.scheme = scheme
        self.login = login
        self.refresh = refresh
        self.access_token = access_token
        self.refresh_token = refresh_token
        self.refresh_body = refresh_body


class _NoLoop:
    """Stands for trio, whose locks belong to no loop."""


_TRIO: Final = _NoLoop()


def _running_loop() -> Any:
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _TRIO


class TokenState:
    """The tokens of one login, shared by a client and its copies.

    `generation` counts renewals: a 401 for an older generation needs no renewal, only the token
    that another thread or task has fetched meanwhile.
    """

    __slots__ = ("_task_locks", "access", "generation", "lock", "refresh")

    def __init__(self) -> None:
        self.access: str | None = None
        self.refresh: str | None = None
        self.generation = 0
        self.lock = threading.Lock()
        self._task_locks: Any = WeakKeyDictionary()

    def task_lock(self) -> Any:
        """The lock of the running event loop; a client may serve several, one after the other."""
        import anyio

        loop = _running_loop()
        with self.lock:
            found = self._task_locks.get(loop)
            if found is None:
                found = self._task_locks[loop] = anyio.Lock()
        return found

    def after_fork(self) -> None:
        """Replace locks that another thread of the parent may have held."""
        self.lock = threading.Lock()
        self._task_locks = WeakKeyDictionary()

    def store(self, access: str, refresh: str | None) -> None:
        """Take over new tokens; a response without a refresh token leaves the old one valid."""
        self.access = access
        self.refresh = refresh or self.refresh
        self.generation += 1


class Placement(Record):
    """A credential, ready to be added to a request."""

    __slots__ = ("location", "name", "value")

    def __init__(
        self,
        location: Literal["header", "query", "cookie"],
        name: str,
        value: str,
    ) -> None:
        self.location: Literal["header", "query", "cookie"] = location
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"<Placement {self.location} {self.name}>"


_AUTHORIZATION: Final = "Authorization"


def placement(scheme: Scheme, secret: Any) -> Placement:
    """Say where a secret goes.

    Raises:
        TypeError: For a secret of the wrong type, such as a coroutine in the sync client.
    """
    if scheme.kind == "basic":
        if not isinstance(secret, tuple):
            raise TypeError(f"the credential for {scheme.id} is (username, password)")
        raw = f"{secret[0]}:{secret[1]}".encode()
        return Placement("header", _AUTHORIZATION, f"Basic {base64.b64encode(raw).decode()}")
    if not isinstance(secret, str):
        raise TypeError(
            f"the credential for {scheme.id} must be a str, not {type(secret).__name__}"
            " (an async callable works in the async client only)"
        )
    if "\r" in secret or "\n" in secret:
        raise ValueError(f"the credential for {scheme.id} holds a line break")
    if scheme.kind == "bearer":
        return Placement("header", _AUTHORIZATION, f"Bearer {secret}")
    return Placement(scheme.kind, scheme.name or scheme.id, secret)


def choose(
    security: tuple[tuple[str, ...], ...], available: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """Choose the first requirement whose credentials all exist.

    Args:
        security: The operation's alternatives, in the document's order.
        available: Credentials by scheme id; None is none.

    Returns:
        The scheme ids to send; () when none is needed, or none allowed and none there; None when
        a credential is needed and there is none.
    """
    for requirement in security:
        if requirement and all(available.get(scheme) is not None for scheme in requirement):
            return requirement
    return () if not security or () in security else None


def secret_names(schemes: tuple[Scheme, ...]) -> frozenset[str]:
    """Lower-case names of headers and parameters that hold credentials."""
    return frozenset(s.name.lower() for s in schemes if s.name) | {"authorization", "cookie"}

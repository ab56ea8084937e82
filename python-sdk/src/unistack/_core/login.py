"""Tokens by login and refresh, one renewal at a time however many calls need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .auth import Login, LoginFlow, TokenState
from .commands import Exclusive, Flow
from .errors import APIStatusError, SDKError
from .pointers import pluck

__all__ = ["Sending", "obtain", "renew"]

# (method, path, body) -> a flow that sends it without credentials and returns the decoded JSON.
Sending: TypeAlias = Callable[[str, str, Mapping[str, Any]], Flow]

_REFUSED = frozenset({400, 401, 403, 404, 422})


def obtain(state: TokenState, login: Login, config: LoginFlow, send: Sending) -> Flow:
    """The present access token; logs in when there is none yet."""
    if state.access is None:

        def first() -> Flow:
            if state.access is None:  # another thread or task may have logged in meanwhile
                yield from _log_in(state, login, config, send)

        yield Exclusive(state, first)
    return state.access


def renew(state: TokenState, seen: int, login: Login, config: LoginFlow, send: Sending) -> Flow:
    """Have a newer token than the one that a 401 refused.

    Args:
        state: The tokens.
        seen: Generation of the refused token.
        login: What a login takes, for when the refresh token is refused too.
        config: The operations.
        send: Sends a request of theirs.
    """

    def once() -> Flow:
        if state.generation != seen:
            return
        if config.refresh is not None and state.refresh is not None:
            body = {
                name: state.refresh if value == "{refresh_token}" else value
                for name, value in (config.refresh_body or _REFRESH_BODY).items()
            }
            try:
                answer = yield from send(*config.refresh, body)
            except APIStatusError as error:
                if error.status_code not in _REFUSED:
                    raise
            else:
                _store(state, config, answer)
                return
        yield from _log_in(state, login, config, send)

    yield Exclusive(state, once)


_REFRESH_BODY: Mapping[str, Any] = {"refresh_token": "{refresh_token}"}


def _log_in(state: TokenState, login: Login, config: LoginFlow, send: Sending) -> Flow:
    answer = yield from send(*config.login, login.fields)
    _store(state, config, answer)


def _store(state: TokenState, config: LoginFlow, answer: Any) -> None:
    access = pluck(answer, config.access_token)
    refresh = pluck(answer, config.refresh_token)
    if not isinstance(access, str) or not access:
        raise SDKError(f"the login's response holds no token at {config.access_token}")
    state.store(access, refresh if isinstance(refresh, str) else None)

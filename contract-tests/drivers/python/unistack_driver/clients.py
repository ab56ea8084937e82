"""Clients, built in the variants that users build them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from unistack import AsyncUnistack, Unistack

from .clock import VirtualClock

__all__ = ["Session", "build"]


class Session:
    """A client, its clock, and whether its methods are to be awaited."""

    def __init__(self, client: Any, clock: VirtualClock, given: Any, *, is_async: bool) -> None:
        self.client = client
        self.clock = clock
        self.is_async = is_async
        self._given = given

    async def aclose(self) -> None:
        """Close the client, and the transport that was passed in, which the SDK must not close."""
        if self.is_async:
            await self.client.close()
            if self._given is not None:
                await self._given.aclose()
        else:
            self.client.close()
            if self._given is not None:
                self._given.close()
        self.clock.unregister()


_RENAMED = {"bearer": "api_key", "api_key": "x_api_key"}
_PLAIN = (
    *("session", "max_retries", "timeout", "deadline", "max_wait", "strict", "on_limit"),
    *("default_headers", "default_query"),
)


def build(request: Mapping[str, Any]) -> Session:
    """Make the client that a `configure` request describes."""
    said = request["clock"]
    random = said.get("random", [0.0])
    clock = VirtualClock(said["url"], said["session"], said["client"], random)
    clock.register()
    variant = request.get("variant", "sync")
    is_async = variant.startswith("async")
    arguments = _arguments(request.get("options", {}))
    arguments["base_url"] = request["base_url"]
    arguments["clock"] = clock
    given: Any = None
    if variant.endswith("given-client"):
        given = httpx.AsyncClient() if is_async else httpx.Client()
        arguments["http_client"] = given
    client: Any = AsyncUnistack(**arguments) if is_async else Unistack(**arguments)
    return Session(client, clock, given, is_async=is_async)


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {name: options[name] for name in _PLAIN if name in options}
    for neutral, name in _RENAMED.items():
        if neutral in options:
            made[name] = options[neutral]
    if "bearer_sequence" in options:
        made["api_key"] = _in_turn(list(options["bearer_sequence"]))
    if "login" in options:
        from unistack import Login

        made["login"] = Login(**options["login"])
    if "webhook_secrets" in options:
        made["webhook_secret"] = options["webhook_secrets"]
    return made


def _in_turn(tokens: list[str]) -> Callable[[], str]:
    def give() -> str:
        return tokens.pop(0) if len(tokens) > 1 else tokens[0]

    return give

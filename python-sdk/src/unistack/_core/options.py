"""The options that every call takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from .absent import Omit
    from .timeouts import TimeoutTypes

__all__ = ["RequestOptions", "refuse_unknown"]


class RequestOptions(TypedDict, total=False):
    """Options of one call; each wins over the client's.

    Attributes:
        extra_headers: Headers to add or replace; None removes one that the SDK would send.
        extra_query: Query parameters to add or replace, by wire name.
        extra_body: Properties to add to a JSON object body, by wire name.
        timeout: Seconds for each phase of an attempt, an `httpx.Timeout`, or None for no limit.
        max_retries: How often a failed attempt is repeated at most.
        idempotency_key: The key to send instead of one that the SDK makes.
    """

    extra_headers: Mapping[str, str | Omit | None] | None
    extra_query: Mapping[str, Any] | None
    extra_body: Mapping[str, Any] | None
    timeout: TimeoutTypes | Omit
    max_retries: int | Omit
    idempotency_key: str | Omit | None


_NAMES = frozenset(RequestOptions.__annotations__)


def refuse_unknown(operation: str, options: Mapping[str, Any]) -> None:
    """Refuse what is neither an argument of the method nor an option: Python would take it.

    Raises:
        TypeError: As for any function's unknown argument.
    """
    for name in options:
        if name not in _NAMES:
            raise TypeError(f"{operation} got an unexpected keyword argument {name!r}")

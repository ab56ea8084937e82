"""Which quota meters a request, learnt from what responses state.

A server may count some operations apart (logins, exports), and its headers do not name the quota.
But they state its limit, and that tells quotas apart: requests of one shape (method and path, ids
left out) are counted where the last response of that shape said.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

__all__ = ["Quota", "Quotas"]

_LONG: Final = 24  # characters; a longer segment is an id
_SHAPES: Final = 4096  # remembered at most, so that a server with odd paths fills no memory


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota's key: the server, the caller, and the limit that its responses state."""

    origin: str
    caller: Hashable
    limit: int | None


class Quotas:
    """The shapes of requests that were answered, and the limit that each of them met."""

    __slots__ = ("_limits", "_shapes")

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, Hashable, str, str], int | None] = {}
        self._limits: dict[tuple[str, Hashable], set[int | None]] = {}

    def expected(self, method: str, url: str, caller: Hashable) -> Quota:
        """The quota that a request will probably be counted under.

        A shape that was not seen before is taken for a request of the only quota that is known;
        where several are, it has a probe of its own.

        Args:
            method: HTTP method.
            url: Absolute URL.
            caller: Whose requests are counted together.
        """
        origin, shape = _shape(method, url)
        known = (origin, caller)
        if (origin, caller, *shape) in self._shapes:
            return Quota(*known, self._shapes[(origin, caller, *shape)])
        limits = self._limits.get(known, set())
        return Quota(*known, next(iter(limits)) if len(limits) == 1 else None)

    def actual(self, method: str, url: str, caller: Hashable, limit: int | None) -> Quota:
        """The quota that a request was counted under, now that its response is there.

        Args:
            method: HTTP method.
            url: Absolute URL.
            caller: Whose requests are counted together.
            limit: What the response states; None when it does not.
        """
        origin, shape = _shape(method, url)
        if limit is None:  # an error page of a proxy says nothing of quotas
            return self.expected(method, url, caller)
        if len(self._shapes) < _SHAPES:
            self._shapes[(origin, caller, *shape)] = limit
        self._limits.setdefault((origin, caller), set()).add(limit)
        return Quota(origin, caller, limit)


def _shape(method: str, url: str) -> tuple[str, tuple[str, str]]:
    parts = urlsplit(url)
    segments = [
        "*" if len(segment) > _LONG or any(c.isdigit() for c in segment) else segment
        for segment in parts.path.split("/")
    ]
    return f"{parts.scheme}://{parts.netloc}", (method, "/".join(segments))

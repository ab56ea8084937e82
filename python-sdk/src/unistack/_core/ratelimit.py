"""What the server says of its limits: values in, a reading out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from .record import Record
from .retry import http_date

__all__ = [
    "RateLimit",
    "Reading",
    "ServerClock",
    "as_rate_limit",
    "limit_headers",
    "read_rate_limit",
    "says_limits",
]

_MILLISECONDS_FROM: Final = 1e12
_EPOCH_FROM: Final = 1e9
_SECOND: Final = 1.0  # what a reset in whole seconds may be cut by
_MILLISECOND: Final = 0.001  # the same for milliseconds
_BESIDE: Final = frozenset({b"date", b"retry-after", b"retry-after-ms"})
_NAMES: Final = tuple(
    tuple(f"{prefix}-{suffix}" for suffix in ("limit", "remaining", "reset"))
    for prefix in ("x-ratelimit", "ratelimit")
)
_WHOLE_DIGITS: Final = 15
_FRACTION_DIGITS: Final = 9
# Patterns are text, compiled when they are first used: most servers send X-RateLimit-*.
# One policy's item of a structured field: its name, then its parameters.
_ITEM: Final = r'(?:^|,)\s*("[^"]*"|[A-Za-z0-9*_.:/-]+)\s*((?:;[^,]*)?)(?=,|$)'
_PARAMETER: Final = r";\s*([a-z][a-z0-9]*)\s*=\s*([0-9]{1,15})(?=\s*(?:;|$))"
_MEMBER: Final = r"(?:^|,)\s*(limit|remaining|reset)\s*=\s*([0-9]{1,15})(?=\s*(?:[,;]|$))"


class Reading(Record):
    """One response's headers, read.

    Args:
        limit: Requests allowed in a window.
        remaining: Requests left in it.
        reset_in: Seconds from the response until the window is full again.
    """

    __slots__ = ("limit", "remaining", "reset_in")

    def __init__(
        self,
        limit: int | None = None,
        remaining: int | None = None,
        reset_in: float | None = None,
    ) -> None:
        self.limit = limit
        self.remaining = remaining
        self.reset_in = reset_in


class RateLimit(Record):
    """The last reading of the rate-limit headers; what the server does not say is None.

    Attributes:
        limit: Requests allowed in a window.
        remaining: Requests left in it.
        reset: Epoch seconds at which the window is full again, by this machine's clock.
        policy: Name of the policy that metered the last request, None for the host's own.
    """

    __slots__ = ("limit", "policy", "remaining", "reset")

    def __init__(
        self,
        limit: int | None = None,
        remaining: int | None = None,
        reset: float | None = None,
        policy: str | None = None,
    ) -> None:
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
        self.policy = policy


def _digits(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most


class ServerClock:
    """How far a server's clock is ahead of ours, at least; its `Date` tells, cut to a second.

    One `Date` leaves it open within a second. The responses of different moments narrow it down:
    the one that was written just after a full second says it nearly exactly.
    """

    __slots__ = ("ahead",)

    def __init__(self) -> None:
        self.ahead: float | None = None

    def heard(self, headers: Mapping[str, str], sent: float, received: float) -> float | None:
        """Learn from a response.

        Args:
            headers: Its headers by lower-case name.
            sent: Epoch seconds by our clock when its request was sent.
            received: The same when it arrived.

        Returns:
            Seconds, negative where the server's clock is behind; None before there is a `Date`.
        """
        date = http_date(headers.get("date"))
        if date is not None:
            least, most = date - received, date + _SECOND - sent
            # Beyond what this response admits, one of the clocks has been set.
            if self.ahead is None or not least <= self.ahead <= most:
                self.ahead = least
        return self.ahead


def _whole(text: str | None) -> int | None:
    text = text.strip() if text else ""
    return int(text) if _digits(text, _WHOLE_DIGITS) else None


def _reset_in(
    text: str | None, headers: Mapping[str, str], wall: float, ahead: float | None
) -> float | None:
    """Seconds until the reset, from an X-RateLimit-Reset of whatever dialect."""
    text = text.strip() if text else ""
    whole, point, fraction = text.partition(".")
    if not _digits(whole, _WHOLE_DIGITS) or (point and not _digits(fraction, _FRACTION_DIGITS)):
        return None
    value = float(text)
    cut = 0.0 if point else _SECOND
    if value <= _EPOCH_FROM:
        return value + cut
    if value > _MILLISECONDS_FROM:
        value, cut = value / 1000, min(cut, _MILLISECOND)
    date = http_date(headers.get("date")) if ahead is None else wall + ahead
    left = value - (wall if date is None else date)
    return left + cut if left > 0 else 0.0


def _policies(text: str | None) -> dict[str, dict[str, int]]:
    return {
        item[1].strip('"'): {key: int(value) for key, value in re.findall(_PARAMETER, item[2])}
        for item in re.finditer(_ITEM, text or "")
    }


def _ietf(headers: Mapping[str, str]) -> Reading:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers); the scarcest counts."""
    text = headers.get("ratelimit")
    if text is None:
        return Reading()
    # Drafts up to 07 had one dictionary: `limit=100, remaining=50, reset=30`.
    members = {key: int(value) for key, value in re.findall(_MEMBER, text)}
    if members:
        reset = members.get("reset")
        return Reading(
            members.get("limit"),
            members.get("remaining"),
            None if reset is None else reset + _SECOND,
        )
    metered = {name: item for name, item in _policies(text).items() if "r" in item}
    if not metered:
        return Reading()
    name = min(metered, key=lambda policy: metered[policy]["r"])
    quotas = _policies(headers.get("ratelimit-policy"))
    seconds = metered[name].get("t")
    return Reading(
        quotas.get(name, {}).get("q"),
        metered[name]["r"],
        None if seconds is None else seconds + _SECOND,
    )


def limit_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Pick what bears on limits from a response's headers, in one pass: every response has it.

    Args:
        headers: Names in any case, and values.

    Returns:
        Values by lower-case name.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        lower = _limit_name(name)
        if lower is not None:
            found[lower] = value.decode("latin-1")
    return found


@lru_cache(maxsize=1024)
def _limit_name(name: bytes) -> str | None:
    """A header's name in lower case, if it bears on limits; responses have the same few names."""
    lower = name.lower()
    return lower.decode("latin-1") if b"ratelimit" in lower or lower in _BESIDE else None


def says_limits(headers: Mapping[str, str]) -> bool:
    """Whether what `limit_headers` picked says anything of a limit."""
    return any("ratelimit" in name for name in headers)


def read_rate_limit(headers: Mapping[str, str], wall: float, ahead: float | None = None) -> Reading:
    """Read X-RateLimit-*, else the IETF's fields; what is malformed counts as not said.

    Args:
        headers: Response headers by lower-case name.
        wall: Epoch seconds now, by this machine's clock, for a response without `Date`.
    """
    for limit_name, remaining_name, reset_name in _NAMES:
        limit, remaining = headers.get(limit_name), headers.get(remaining_name)
        reset = headers.get(reset_name)
        if limit is not None or remaining is not None or reset is not None:
            return Reading(_whole(limit), _whole(remaining), _reset_in(reset, headers, wall, ahead))
    return _ietf(headers)


def as_rate_limit(headers: Mapping[str, str], wall: float, policy: str | None) -> RateLimit | None:
    """The reading as `client.rate_limit` shows it; None when the headers say nothing."""
    reading = read_rate_limit(headers, wall)
    if reading == Reading():
        return None
    reset = None if reading.reset_in is None else wall + reading.reset_in
    return RateLimit(reading.limit, reading.remaining, reset, policy)

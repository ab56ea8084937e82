"""Quotas: how many requests a credential may make in a window, and what the headers say.

Pure: callers bring the time and get a decision. Three algorithms, because real services differ and
a client's limiter must cope with each: a fixed window that starts with its first request, a
sliding window over the single requests, and a token bucket that refills evenly.
"""

from __future__ import annotations

import copy
import math
import re
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

__all__ = ["Algorithm", "Quota", "RateLimiter", "Verdict", "parse_quota", "parse_window"]

Algorithm: TypeAlias = Literal["fixed", "sliding", "token_bucket"]

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WINDOW = re.compile(r"(\d+(?:\.\d+)?)?([smhd])")


@dataclass(frozen=True, slots=True)
class Quota:
    """``limit`` requests in ``window`` seconds, counted under the name ``policy``."""

    policy: str
    limit: int
    window: float
    algorithm: Algorithm = "fixed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one request against a quota.

    Attributes:
        allowed: Whether the request may be served.
        limit: The quota's limit.
        remaining: Requests left after this one.
        reset: When the whole quota is back, in epoch seconds.
        retry_after: Seconds until a refused request can succeed; 0.0 when allowed.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_after: float

    @property
    def reset_header(self) -> str:
        """``X-RateLimit-Reset``: whole epoch seconds, never before the true reset."""
        return str(math.ceil(round(self.reset, 6)))

    @property
    def retry_after_header(self) -> str:
        """``Retry-After`` in whole seconds, at least 1, never before the true time."""
        return str(max(1, math.ceil(round(self.retry_after, 6))))


class _Fixed:
    __slots__ = ("start", "used")

    def __init__(self) -> None:
        self.start = -math.inf
        self.used = 0

    def take(self, quota: Quota, now: float) -> Verdict:
        if now >= self.start + quota.window or now < self.start:
            self.start = now
            self.used = 0
        reset = self.start + quota.window
        if self.used >= quota.limit:
            return Verdict(False, quota.limit, 0, reset, reset - now)
        self.used += 1
        return Verdict(True, quota.limit, quota.limit - self.used, reset, 0.0)


class _Sliding:
    __slots__ = ("times",)

    def __init__(self) -> None:
        self.times: deque[float] = deque()

    def take(self, quota: Quota, now: float) -> Verdict:
        times = self.times
        while times and (times[0] <= now - quota.window or times[0] > now):
            times.popleft()
        if len(times) >= quota.limit:
            wait = (times[0] + quota.window - now) if times else quota.window
            return Verdict(False, quota.limit, 0, now + wait, wait)
        times.append(now)
        return Verdict(True, quota.limit, quota.limit - len(times), times[-1] + quota.window, 0.0)


class _Bucket:
    __slots__ = ("at", "tokens")

    def __init__(self) -> None:
        self.at = -math.inf
        self.tokens = 0.0

    def take(self, quota: Quota, now: float) -> Verdict:
        rate = quota.limit / quota.window
        elapsed = now - self.at
        full = elapsed >= quota.window or elapsed < 0
        self.tokens = float(quota.limit) if full else min(quota.limit, self.tokens + elapsed * rate)
        self.at = now
        if self.tokens < 1 - 1e-9:
            wait = (1 - self.tokens) / rate if rate else quota.window
            return Verdict(False, quota.limit, 0, now + wait, wait)
        self.tokens -= 1
        reset = now + (quota.limit - self.tokens) / rate
        return Verdict(True, quota.limit, int(self.tokens + 1e-9), reset, 0.0)


_Meter: TypeAlias = _Fixed | _Sliding | _Bucket
_METERS: dict[Algorithm, type[_Fixed] | type[_Sliding] | type[_Bucket]] = {
    "fixed": _Fixed,
    "sliding": _Sliding,
    "token_bucket": _Bucket,
}


class RateLimiter:
    """Counts requests per (policy, credential)."""

    def __init__(self) -> None:
        self._meters: dict[tuple[str, str], tuple[Quota, _Meter]] = {}

    def take(self, quota: Quota, credential: str, now: float) -> Verdict:
        """Count one request of ``credential`` at ``now`` (epoch seconds) against ``quota``."""
        key = (quota.policy, credential)
        entry = self._meters.get(key)
        if entry is None or entry[0] != quota:
            meter: _Meter = _METERS[quota.algorithm]()
            self._meters[key] = (quota, meter)
        else:
            meter = entry[1]
        return meter.take(quota, now)

    def buckets(self, now: float) -> list[tuple[str, str, Verdict]]:
        """What each credential has left under each policy at ``now``; nothing is counted."""
        shown: list[tuple[str, str, Verdict]] = []
        for (policy, credential), (quota, meter) in self._meters.items():
            verdict = copy.deepcopy(meter).take(quota, now)
            left = verdict.remaining + 1 if verdict.allowed else 0
            shown.append((policy, credential, replace(verdict, remaining=left)))
        return shown

    def forget(self, policy: str) -> None:
        """Give every credential its whole quota of one policy back."""
        self._meters = {key: kept for key, kept in self._meters.items() if key[0] != policy}

    def copy(self) -> RateLimiter:
        """An independent limiter with the same counters."""
        twin = RateLimiter()
        twin._meters = copy.deepcopy(self._meters)
        return twin

    def clear(self) -> None:
        """Give every credential its whole quota back."""
        self._meters.clear()


def parse_window(text: str | float) -> float:
    """Seconds of ``"1h"``, ``"30s"``, ``"m"`` or a number.

    Raises:
        ValueError: The text is none of these, or not positive.
    """
    if isinstance(text, (int, float)):
        seconds = float(text)
    else:
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a window: {text!r} (write 2s, 1m, 1h or 1d)")
        seconds = float(match[1] or 1) * _UNITS[match[2]]
    if not seconds > 0:
        raise ValueError(f"a window must be longer than nothing: {text!r}")
    return seconds


def parse_quota(text: str, *, policy: str = "override") -> Quota:
    """Read ``"5/2s"``: five requests in two seconds.

    Raises:
        ValueError: The text is not ``LIMIT/WINDOW``.
    """
    limit, slash, window = text.partition("/")
    if not slash or not limit.strip().isdecimal():
        raise ValueError(f"not a limit: {text!r} (write LIMIT/WINDOW, such as 5/2s)")
    return Quota(policy, int(limit), parse_window(window))

"""Whether and when a failed attempt is repeated: values in, a decision out.

The rules stand in docs/guides/retries.md; the same vectors test them in every language.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from .record import Record

__all__ = [
    "BUDGET_TOKENS",
    "ErrorKind",
    "Stop",
    "StopReason",
    "Wait",
    "backoff",
    "decide",
    "http_date",
    "server_wait",
]

BACKOFF_START: Final = 0.5  # seconds
BACKOFF_LIMIT: Final = 8.0  # seconds
BACKOFF_JITTER: Final = 0.25  # share taken off a backoff at most
FLOOR_JITTER: Final = 0.25  # share put on a server's wait at most, so that clients do not herd
DEFAULT_MAX_WAIT: Final = 60.0  # seconds
DEFAULT_MAX_RETRIES: Final = 2
BUDGET_TOKENS: Final = 500
TRANSIENT_COST: Final = 14  # tokens
THROTTLED_COST: Final = 5  # tokens

_REPEATABLE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_TRANSIENT_STATUSES: Final = frozenset({408, 500, 502, 503, 504})
_CONFLICT: Final = 409
_THROTTLED: Final = 429
_IN_FLIGHT: Final = "IDEMPOTENCY_IN_FLIGHT"

# connect: nothing was sent. timeout, read, write: it broke before a response. body: it broke
# within one. tls, cancelled, deadline, programming: repeating changes nothing.
ErrorKind: TypeAlias = Literal[
    "connect", "timeout", "read", "write", "body", "tls", "cancelled", "deadline", "programming"
]
# not_retryable: repeating changes nothing. unkeyed: it might do the thing twice. exhausted:
# max_retries is reached.
StopReason: TypeAlias = Literal[
    "not_retryable", "unkeyed", "exhausted", "max_wait", "budget", "deadline"
]
_BROKEN: Final = frozenset({"connect", "timeout", "read", "write"})


class Wait(Record):
    """Repeat after `seconds`; it costs `cost` tokens of the budget."""

    __slots__ = ("cost", "seconds")

    def __init__(
        self,
        seconds: float,
        cost: int,
    ) -> None:
        self.seconds = seconds
        self.cost = cost


class Stop(Record):
    """Do not repeat. `wait` is what the server asked for, in seconds, where it did."""

    __slots__ = ("reason", "wait")

    def __init__(
        self,
        reason: StopReason,
        wait: float | None = None,
    ) -> None:
        self.reason = reason
        self.wait = wait


def _number(text: str | None) -> float | None:
    """Read a non-negative finite decimal; anything else is None."""
    if text is None:
        return None
    text = text.strip()
    # float() also reads "1_0", "1e3", "nan" and non-ASCII digits, which no server means.
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        return None
    number = float(text)
    return number if math.isfinite(number) else None


@lru_cache(maxsize=64)  # a server sends the same Date for a second
def http_date(text: str | None) -> float | None:
    """Read an HTTP-date of any of its three forms (RFC 9110 section 5.6.7) as epoch seconds."""
    if text is None:
        return None
    # Imported here: it draws in much that a call without a date does not need.
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
        # Every form is in UTC; asctime's does not say so, and would be read as local time.
        return when.replace(tzinfo=when.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def server_wait(headers: Mapping[str, str], wall: float | None = None) -> float | None:
    """How long the server asks to wait, in seconds; None when it does not say.

    `retry-after-ms` wins over `Retry-After` (RFC 9110 section 10.2.3). A date is read against
    the response's own `Date`, so that a skewed clock does not matter.

    Args:
        headers: Response headers by lower-case name.
        wall: Epoch seconds now, for a date without `Date`.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None:
        return seconds
    until = http_date(text)
    sent = http_date(headers.get("date"))
    now = sent if sent is not None else wall
    if until is None or now is None or until < now:
        return None
    return until - now


def backoff(retry_index: int, random: float) -> float:
    """The wait before retry `retry_index` (from 0) when the server does not say, in seconds."""
    # 2**4 already reaches the limit; a large index must not overflow.
    wait = min(BACKOFF_START * float(2 ** min(retry_index, 16)), BACKOFF_LIMIT)
    return wait * (1 - BACKOFF_JITTER * random)


def decide(
    retry_index: int,
    *,
    method: str,
    random: float,
    status: int | None = None,
    error_kind: ErrorKind | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    has_key: bool = False,
    budget: float = BUDGET_TOKENS,
    now: float = 0.0,
    deadline: float | None = None,
    wall: float | None = None,
    max_retries: int = DEFAULT_MAX_RETRIES,
    max_wait: float = DEFAULT_MAX_WAIT,
    probe: bool = False,
) -> Wait | Stop:
    """Decide once per failure.

    Args:
        retry_index: How many retries came before, from 0.
        method: HTTP method, upper case.
        random: A number in [0, 1).
        status: Status of the failed response; None when there is none.
        error_kind: What broke, when there is no response.
        code: The API's error code.
        headers: Response headers by lower-case name.
        has_key: Whether the operation declares an idempotency key (and so one was sent).
        budget: Tokens left.
        now: Monotonic seconds.
        deadline: Monotonic seconds at which the call ends; None is no limit.
        wall: Epoch seconds now.
        max_retries: Retries allowed.
        max_wait: The longest wait that a server may ask for, in seconds.
        probe: Whether the operation is outside every limit, such as a health check.
    """
    headers = headers or {}
    throttled = status == _THROTTLED
    asked = server_wait(headers, wall)
    refusal = _refusal(method, status, error_kind, code, headers, has_key)
    if probe or refusal is not None:
        return Stop(refusal or "not_retryable", asked)
    if retry_index >= max_retries:
        return Stop("exhausted", asked)
    if asked is not None and asked > max_wait:
        return Stop("max_wait", asked)
    cost = THROTTLED_COST if throttled else TRANSIENT_COST
    if budget < cost:
        return Stop("budget", asked)
    floor = None if asked is None else asked * (1 + FLOOR_JITTER * random)
    seconds = backoff(retry_index, random) if floor is None else floor
    if deadline is not None and now + seconds > deadline:
        return Stop("deadline", asked)
    return Wait(seconds, cost)


def _refusal(
    method: str,
    status: int | None,
    error_kind: ErrorKind | None,
    code: str | None,
    headers: Mapping[str, str],
    has_key: bool,
) -> StopReason | None:
    """Why this failure may not be repeated at all; None when it may."""
    repeatable = method in _REPEATABLE_METHODS or has_key
    if status is None:
        if error_kind not in _BROKEN:
            return "not_retryable"
        return None if repeatable or error_kind == "connect" else "unkeyed"
    wish = headers.get("x-should-retry", "").strip().lower()
    if wish == "true":
        return None
    if wish == "false":
        return "not_retryable"
    if status == _THROTTLED:
        return None
    if status not in _TRANSIENT_STATUSES and not (status == _CONFLICT and code == _IN_FLIGHT):
        return "not_retryable"
    return None if repeatable else "unkeyed"

"""A request counted against its quota, and the headers that tell how much is left."""

from __future__ import annotations

from specloom_mock.call import Call
from specloom_mock.clock import format_http_date
from specloom_mock.errors import ApiError

__all__ = ["meter"]


def meter(call: Call, *, failed: bool) -> None:
    """Count the request; the rate-limit headers go on whatever answer it gets.

    Args:
        call: The request.
        failed: Whether a needed credential is missing or no good.

    Raises:
        ApiError: 429.
    """
    session, credential = call.session, call.credential
    quota = session.quota_for(call.plan, credential, failed=failed)
    if quota is None:
        return
    if not session.limits_enabled:
        _tell(call, quota.limit, quota.limit, str(int(call.now + quota.window)))
        return
    who = credential.meter if credential is not None else f"ip:{call.request.client}"
    verdict = session.limiter.take(quota, who, call.now)
    _tell(call, verdict.limit, verdict.remaining, verdict.reset_header)
    if verdict.allowed:
        return
    wait = verdict.retry_after_header
    if session.retry_after_form == "http-date":
        wait = format_http_date(call.now + int(wait))
    raise ApiError(429, "Too many requests", "rate_limit", headers={"Retry-After": wait})


def _tell(call: Call, limit: int, remaining: int, reset: str) -> None:
    call.headers["X-RateLimit-Limit"] = str(limit)
    call.headers["X-RateLimit-Remaining"] = str(remaining)
    call.headers["X-RateLimit-Reset"] = reset

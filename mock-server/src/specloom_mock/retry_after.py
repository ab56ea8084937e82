"""Every way in which servers write ``Retry-After``, the wrong ones too."""

from __future__ import annotations

import math

from specloom_mock.clock import format_http_date

__all__ = ["CONFORMING", "FORMS", "retry_after_headers"]

FORMS = (
    "seconds",
    "fraction",
    "date",
    "ms",
    "past_date",
    "garbage",
    "huge",
    "negative",
    "missing",
    "each",
)
"""Forms of the header; ``each`` is one after the other."""

CONFORMING = frozenset({"seconds", "date"})
"""The forms of RFC 9110, section 10.2.3."""

_PAST = 3600.0
_HUGE = "99999999999"


def retry_after_headers(form: str, seconds: float, now: float, turn: int = 0) -> dict[str, str]:
    """The headers that tell a client to wait.

    Args:
        form: One of :data:`FORMS`.
        seconds: How long to wait, where the form can say it.
        now: The session's time, in epoch seconds.
        turn: Which form ``each`` takes: they come in the order of :data:`FORMS`.
    """
    if form == "each":
        forms = FORMS[:-1]
        form = forms[turn % len(forms)]
    if form == "ms":
        return {"Retry-After-Ms": str(math.ceil(seconds * 1000))}
    if form == "missing":
        return {}
    values = {
        "seconds": str(math.ceil(seconds)),
        "fraction": f"{seconds:.3f}",
        "date": format_http_date(math.ceil(now + seconds)),
        "past_date": format_http_date(now - _PAST),
        "garbage": "in a moment",
        "huge": _HUGE,
        "negative": "-1",
    }
    return {"Retry-After": values[form]}

"""Chaos profiles: mixtures of faults under a name, drawn by the session's seed.

They act on the chaos port alone, so that the conformance port stays the truth to compare with.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PROFILES", "profile_faults"]

_Raw = dict[str, Any]


def _sometimes(probability: float, kind: str, *, burst: int = 1, **params: Any) -> _Raw:
    return {"kind": kind, "probability": probability, "burst": burst, "params": params}


PROFILES: dict[str, tuple[str, tuple[_Raw, ...]]] = {
    "flaky": (
        "about one request in eight fails, in any way, and most answers are quick",
        (
            _sometimes(0.3, "delay", distribution="lognormal", seconds=0.02, p99=0.4),
            _sometimes(0.04, "status", status=503, retry_after=1),
            _sometimes(0.02, "status", status=500),
            _sometimes(0.02, "reset"),
            _sometimes(0.01, "close"),
            _sometimes(0.01, "lose_response"),
            _sometimes(0.01, "truncate"),
            _sometimes(0.01, "malformed_json"),
            _sometimes(0.005, "html"),
        ),
    ),
    "brownout": (
        "every answer is slow, and failures of an overloaded service come in bursts",
        (
            _sometimes(1.0, "delay", distribution="lognormal", seconds=0.4, p99=5),
            _sometimes(0.05, "status", burst=3, status=503, retry_after=2),
            _sometimes(0.02, "status", burst=2, status=504),
            _sometimes(0.03, "slow_body", seconds=0.5),
            _sometimes(0.02, "reset", bytes=200),
        ),
    ),
    "storm": (
        "429 again and again with every form of Retry-After, 5xx in bursts, and lists that move",
        (
            _sometimes(0.2, "status", burst=2, status=429, retry_after=1, retry_after_form="each"),
            _sometimes(0.06, "status", burst=4, status=502),
            _sometimes(0.04, "reset"),
            _sometimes(0.03, "lose_response"),
            _sometimes(0.03, "html", status=503),
            _sometimes(0.05, "shift_page", rows=2),
            _sometimes(0.03, "repeat_page"),
        ),
    ),
}
"""What each profile is, and its faults."""


def profile_faults(name: str) -> list[_Raw]:
    """The faults of a profile, for every request on the chaos port.

    Raises:
        KeyError: There is no such profile.
    """
    _, faults = PROFILES[name]
    return [{**fault, "match": {"port": "chaos"}, "times": None} for fault in faults]

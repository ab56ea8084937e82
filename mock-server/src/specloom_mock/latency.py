"""How long an answer takes: constant, or drawn from a distribution by a seeded source.

Pure: a source of randomness comes in, seconds go out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

__all__ = ["DISTRIBUTIONS", "LatencyError", "check_latency", "draw"]

DISTRIBUTIONS = ("constant", "uniform", "normal", "lognormal")

_Z = {"p95": 1.6448536269514722, "p99": 2.3263478740408408}
"""Standard normal quantiles."""
_TAKES = {
    "constant": frozenset({"seconds"}),
    "uniform": frozenset({"low", "high"}),
    "normal": frozenset({"seconds", "deviation", "p95", "p99"}),
    "lognormal": frozenset({"seconds", "p95", "p99"}),
}
_DEFAULT = 1.0
LONGEST = 3600.0
"""Seconds beyond which nothing is drawn: a tail must not outlive its test."""


class LatencyError(ValueError):
    """Parameters that make no distribution."""


def check_latency(params: Mapping[str, Any]) -> None:
    """Refuse parameters that make no distribution.

    Raises:
        LatencyError: With the reason.
    """
    shape = params.get("distribution", "constant")
    takes = _TAKES[shape]
    for name in params:
        if name not in takes and name not in {"distribution", "real"}:
            known = ", ".join(sorted(takes))
            raise LatencyError(f"a {shape} delay does not take {name!r}; it takes {known}")
    if shape == "uniform" and not params.get("low", 0.0) <= params.get("high", _DEFAULT):
        raise LatencyError("a uniform delay needs low <= high")
    spreads = [name for name in ("deviation", "p95", "p99") if name in params]
    if shape in {"normal", "lognormal"}:
        if len(spreads) != 1:
            wanted = "p95 or p99" if shape == "lognormal" else "deviation, p95 or p99"
            raise LatencyError(f"a {shape} delay needs seconds (its median) and one of {wanted}")
        median = params.get("seconds", _DEFAULT)
        if spreads[0] != "deviation" and params[spreads[0]] < median:
            raise LatencyError(f"{spreads[0]} of a delay is not below its median, seconds")
        if shape == "lognormal" and not median > 0:
            raise LatencyError("the median of a lognormal delay is more than 0 seconds")


def draw(params: Mapping[str, Any], source: random.Random) -> float:
    """Seconds that one answer takes; from 0 to :data:`LONGEST`.

    Args:
        params: Of a ``delay`` fault: ``distribution`` and what it takes; ``seconds`` is the
            constant, or the median, ``p95`` and ``p99`` are percentiles.
        source: The session's own, so that a seed gives the same delays again.
    """
    shape = params.get("distribution", "constant")
    median = float(params.get("seconds", _DEFAULT))
    if shape == "constant":
        return median
    if shape == "uniform":
        low, high = float(params.get("low", 0.0)), float(params.get("high", _DEFAULT))
        return low + (high - low) * source.random()
    spread = next(name for name in ("deviation", "p95", "p99") if name in params)
    given = float(params[spread])
    z = source.gauss(0.0, 1.0)
    if shape == "normal":
        deviation = given if spread == "deviation" else (given - median) / _Z[spread]
        return min(max(0.0, median + z * deviation), LONGEST)
    sigma = math.log(given / median) / _Z[spread]
    return min(median * math.exp(z * sigma), LONGEST)

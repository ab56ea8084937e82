"""Latency and Retry-After: drawn and written."""

from __future__ import annotations

import random
from email.utils import parsedate_to_datetime
from statistics import quantiles
from typing import Any

import pytest

from specloom_mock.latency import LONGEST, draw
from specloom_mock.retry_after import FORMS, retry_after_headers

NOW = 1_767_225_600.0


@pytest.mark.parametrize(
    ("params", "median", "p99"),
    [
        ({"seconds": 2}, 2.0, 2.0),
        ({"distribution": "uniform", "low": 1, "high": 3}, 2.0, 2.98),
        ({"distribution": "normal", "seconds": 2, "deviation": 0.2}, 2.0, 2.465),
        ({"distribution": "normal", "seconds": 2, "p99": 3}, 2.0, 3.0),
        ({"distribution": "lognormal", "seconds": 0.2, "p99": 5}, 0.2, 5.0),
        ({"distribution": "lognormal", "seconds": 0.2, "p95": 1}, 0.2, 1.951),
    ],
)
def test_percentiles_are_where_they_were_asked_for(
    params: dict[str, Any], median: float, p99: float
) -> None:
    """Over 20,000 draws of one seed, median and 99th percentile are within 10 %."""
    source = random.Random(7)
    cuts = quantiles([draw(params, source) for _ in range(20_000)], n=100)
    assert cuts[49] == pytest.approx(median, rel=0.1)
    assert cuts[98] == pytest.approx(p99, rel=0.1)


def test_a_seed_gives_the_same_delays_again() -> None:
    """Two sources of one seed draw the same, another seed draws otherwise."""
    params = {"distribution": "lognormal", "seconds": 1, "p99": 9}
    first, again, other = ([draw(params, random.Random(n)) for _ in range(3)] for n in (1, 1, 2))
    assert first == again != other


def test_nothing_is_negative_or_endless() -> None:
    """A wide normal distribution stops at 0, a heavy tail at an hour."""
    source = random.Random(1)
    wide = [
        draw({"distribution": "normal", "seconds": 0, "deviation": 9}, source) for _ in range(99)
    ]
    assert min(wide) == 0.0
    heavy = {"distribution": "lognormal", "seconds": 1000, "p95": 9e9}
    assert max(draw(heavy, source) for _ in range(99)) == LONGEST


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("seconds", {"Retry-After": "2"}),
        ("fraction", {"Retry-After": "1.500"}),
        ("date", {"Retry-After": "Thu, 01 Jan 2026 00:00:02 GMT"}),
        ("ms", {"Retry-After-Ms": "1500"}),
        ("garbage", {"Retry-After": "in a moment"}),
        ("huge", {"Retry-After": "99999999999"}),
        ("negative", {"Retry-After": "-1"}),
        ("missing", {}),
    ],
)
def test_every_form_of_retry_after(form: str, headers: dict[str, str]) -> None:
    """Each form is written as such servers write it."""
    assert retry_after_headers(form, 1.5, NOW) == headers


def test_a_past_date_and_each_form_in_turn() -> None:
    """A past date is before now; `each` goes through all others and begins again."""
    past = retry_after_headers("past_date", 1.5, NOW)["Retry-After"]
    assert parsedate_to_datetime(past).timestamp() < NOW
    turns = [retry_after_headers("each", 1.5, NOW, turn) for turn in range(len(FORMS))]
    singly = [retry_after_headers(form, 1.5, NOW) for form in FORMS[:-1]]
    assert turns == [*singly, singly[0]]

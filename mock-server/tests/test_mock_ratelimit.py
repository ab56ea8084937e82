"""Quotas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom_mock.ratelimit import Algorithm, Quota, RateLimiter, parse_quota, parse_window

NOW = 1_000_000.0


def test_a_fixed_window_starts_with_its_first_request() -> None:
    """Remaining falls, the reset stays, and at the reset the whole quota is back."""
    limiter, quota = RateLimiter(), Quota("user", 2, 10)
    first = limiter.take(quota, "a", NOW)
    second = limiter.take(quota, "a", NOW + 4)
    refused = limiter.take(quota, "a", NOW + 5)
    again = limiter.take(quota, "a", NOW + 10)
    assert [first.remaining, second.remaining, again.remaining] == [1, 0, 1]
    assert first.reset == second.reset == refused.reset == NOW + 10
    assert (refused.allowed, refused.retry_after) == (False, 5)
    assert again.allowed


def test_a_sliding_window_frees_one_request_at_a_time() -> None:
    """A refused request may come back when the oldest one has left the window."""
    limiter, quota = RateLimiter(), Quota("user", 2, 10, "sliding")
    limiter.take(quota, "a", NOW)
    limiter.take(quota, "a", NOW + 6)
    refused = limiter.take(quota, "a", NOW + 7)
    assert (refused.allowed, refused.retry_after) == (False, 3)
    assert limiter.take(quota, "a", NOW + 10).allowed
    assert not limiter.take(quota, "a", NOW + 11).allowed


def test_a_token_bucket_refills_evenly() -> None:
    """After an empty bucket one token comes back every window / limit seconds."""
    limiter, quota = RateLimiter(), Quota("user", 5, 10, "token_bucket")
    for _ in range(5):
        assert limiter.take(quota, "a", NOW).allowed
    refused = limiter.take(quota, "a", NOW)
    assert (refused.allowed, refused.retry_after) == (False, 2)
    assert limiter.take(quota, "a", NOW + 2).allowed
    assert not limiter.take(quota, "a", NOW + 2).allowed


def test_credentials_and_policies_are_counted_apart() -> None:
    """One credential's requests do not use up another's, nor another policy's."""
    limiter = RateLimiter()
    user, admin = Quota("user", 1, 60), Quota("admin", 1, 60)
    assert limiter.take(user, "a", NOW).allowed
    assert limiter.take(user, "b", NOW).allowed
    assert limiter.take(admin, "a", NOW).allowed
    assert not limiter.take(user, "a", NOW).allowed


def test_looking_at_buckets_counts_nothing() -> None:
    """What is left is told without taking anything."""
    limiter, quota = RateLimiter(), Quota("user", 3, 60)
    limiter.take(quota, "a", NOW)
    shown = [limiter.buckets(NOW)[0][2].remaining for _ in range(3)]
    assert shown == [2, 2, 2]


@given(
    algorithm=st.sampled_from(["fixed", "sliding", "token_bucket"]),
    limit=st.integers(1, 8),
    window=st.integers(1, 30),
    gaps=st.lists(st.floats(0, 12), max_size=60),
)
def test_waiting_as_told_always_succeeds(
    algorithm: Algorithm, limit: int, window: int, gaps: list[float]
) -> None:
    """Whatever came before, a request after `retry_after` seconds is served."""
    limiter, quota, now = RateLimiter(), Quota("p", limit, window, algorithm), NOW
    for gap in gaps:
        now += gap
        verdict = limiter.take(quota, "a", now)
        assert 0 <= verdict.remaining < limit
        if not verdict.allowed:
            now += int(verdict.retry_after_header)
            assert limiter.take(quota, "a", now).allowed


def test_windows_and_quotas_are_read() -> None:
    """`5/2s`, `1h`, a bare unit and numbers of seconds are understood."""
    assert parse_quota("5/2s") == Quota("override", 5, 2.0)
    assert [parse_window(text) for text in ("1h", "30s", "m", "2d", 7)] == [
        3600,
        30,
        60,
        172800,
        7,
    ]


@pytest.mark.parametrize("text", ["", "5", "5/", "/2s", "x/2s", "5/0s", "5/fortnight", "-1/2s"])
def test_a_malformed_limit_is_refused(text: str) -> None:
    """What is no LIMIT/WINDOW is a ValueError."""
    with pytest.raises(ValueError, match=r"limit|window"):
        parse_quota(text)

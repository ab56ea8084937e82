"""Text made from regular expressions."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom.spec.pattern import PatternError, literal_prefix, sample

PATTERNS = [
    r"^user_[A-Za-z0-9]{1,40}$",
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    r"^\+[1-9][0-9]{6,14}$",
    r"^(Mon|Tue), [0-9]{2}$",
    r"^sk_live_[A-Za-z0-9]{24,64}$",
    r"^\d{3}-\w+\.[^a-y]$",
    r"(?:a|b)?c{2,}",
    r"^(?P<year>\d{4})$",
    r"^A[]x]$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(seed=st.integers(0, 10_000))
def test_samples_match_their_pattern(pattern: str, seed: int) -> None:
    """Every sample matches the expression that it was made from."""
    assert re.search(pattern, sample(pattern, random.Random(seed)))


def test_lengths_are_kept() -> None:
    """A sample is as long as asked for, when the expression allows it."""
    for seed in range(50):
        text = sample(r"^[a-z]*$", random.Random(seed), 5, 9)
        assert 5 <= len(text) <= 9


@pytest.mark.parametrize("pattern", ["(?=a)b", "(", "[z-a]", "*", r"\p{L}", "a{x}"])
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    """Look-around, classes by property and broken expressions are a PatternError."""
    with pytest.raises(PatternError):
        sample(pattern, random.Random(0))


def test_the_literal_prefix_of_ids() -> None:
    """The text that every match begins with is found; an unanchored pattern has none."""
    assert literal_prefix("^user_[a-z]+$") == "user_"
    assert literal_prefix("user_") == ""
    assert literal_prefix("^[a-z]") == ""


@pytest.mark.parametrize("pattern", ["(a{9999}){9999}", "(){999999999}", "(" * 5000 + ")" * 5000])
def test_a_bomb_is_refused(pattern: str) -> None:
    """What would be long, or nests deep, is not sampled."""
    with pytest.raises(PatternError):
        sample(pattern, random.Random(1))

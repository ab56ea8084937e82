"""How far a server's clock is ahead of ours, learnt from its `Date`, and resets read by it."""

from __future__ import annotations

import math
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unistack._core.ledger import WaitUntil
from unistack._core.limiter import Admission, LocalQueue
from unistack._core.ratelimit import ServerClock

NOW = 1_767_225_600.0
TICK = 1e-6  # what floats of this size lose


def response(server_time: float) -> dict[str, str]:
    return {"date": formatdate(math.floor(server_time), usegmt=True)}


@given(
    ahead=st.floats(-1e6, 1e6),
    legs=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 3), st.floats(0, 3)), min_size=1),
)
def test_what_is_learnt_is_never_more_than_the_truth(
    ahead: float, legs: list[tuple[float, float, float]]
) -> None:
    """Whatever the way took, the server is at least so far ahead; each response only adds to it."""
    clock, now, before = ServerClock(), NOW, -math.inf
    for pause, out, back in legs:
        sent = now + pause
        now = sent + out + back
        learnt = clock.heard(response(sent + out + ahead), sent, now)
        assert learnt is not None
        assert before - TICK <= learnt <= ahead + TICK
        assert learnt >= ahead - 1 - back - TICK
        before = learnt


def test_many_responses_tell_it_nearly_exactly() -> None:
    """Responses of different moments of a second leave only the way back open."""
    clock, learnt = ServerClock(), None
    for number in range(40):
        sent = NOW + number * 0.13
        learnt = clock.heard(response(sent + 7.3), sent, sent + 0.02)
    assert learnt == pytest.approx(7.3, abs=0.1)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_is_set_is_noticed(jump: float) -> None:
    """What was learnt before one of the clocks was set does not hold any more."""
    clock = ServerClock()
    clock.heard(response(NOW), NOW, NOW)
    assert clock.heard(response(NOW + 1 + jump), NOW + 1, NOW + 1) == pytest.approx(jump, abs=1)


def test_without_a_date_our_own_clock_counts() -> None:
    """No `Date`, or rubbish in its place, says nothing."""
    clock = ServerClock()
    assert clock.heard({}, NOW, NOW) is None
    assert clock.heard({"date": "today"}, NOW, NOW) is None


@given(
    ahead=st.floats(-1e5, 1e5),
    out=st.floats(0, 1),
    back=st.floats(0, 1),
    left=st.floats(0.01, 59),
    dated=st.booleans(),
)
def test_nobody_comes_before_an_exact_reset(
    ahead: float, out: float, back: float, left: float, dated: bool
) -> None:
    """However slow the response was, the next request is not sent before the quota is back."""
    if not dated:
        ahead = 0.0  # then the clocks have to agree
    queue = LocalQueue()
    admission = queue.ask(0.0, 0.0)
    assert isinstance(admission, Admission)
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": f"{NOW + out + ahead + left:.9f}",
    }
    if dated:
        headers |= response(NOW + out + ahead)
    admission.answered(200, headers, out + back, NOW + out + back)
    decision = queue.bucket.ask(out + back, 0.0)
    if isinstance(decision, WaitUntil):
        assert decision.time >= out + left - 1e-3
    else:
        assert out + back >= out + left - 1e-3


def test_a_refusal_without_retry_after_waits_for_its_own_reset() -> None:
    """A 429 that states a reset and no Retry-After closes the account until then."""
    queue = LocalQueue()
    admission = queue.ask(0.0, 0.0)
    assert isinstance(admission, Admission)
    admission.answered(429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 0.0, NOW)
    assert queue.bucket.closed == 31

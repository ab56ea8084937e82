"""The ledger against model servers, in simulated time: no clock, no socket, no thread."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unistack._core.ledger import AwaitAnswer, Bucket, Go, Ticket, WaitUntil

LIMIT = 100
WINDOW = 60.0  # seconds


@dataclass
class Aligned:
    """A fixed window that begins at multiples of its length."""

    limit: int = LIMIT
    window: float = WINDOW
    started: float = -1.0
    used: int = 0

    def ask(self, now: float) -> tuple[bool, int, float]:
        start = now - now % self.window
        if start != self.started:
            self.started, self.used = start, 0
        allowed = self.used < self.limit
        self.used += allowed
        return allowed, self.limit - self.used, start + self.window - now

    def floor(self, count: int) -> float:
        return (math.ceil(count / self.limit) - 1) * self.window


@dataclass
class FromFirst(Aligned):
    """A fixed window that begins with its first request."""

    def ask(self, now: float) -> tuple[bool, int, float]:
        if self.started < 0 or now >= self.started + self.window:
            self.started, self.used = now, 0
        allowed = self.used < self.limit
        self.used += allowed
        return allowed, self.limit - self.used, self.started + self.window - now


@dataclass
class Sliding(Aligned):
    """A log of the last window; the reset is when the oldest entry leaves it."""

    log: deque[float] = field(default_factory=deque)

    def ask(self, now: float) -> tuple[bool, int, float]:
        while self.log and self.log[0] <= now - self.window:
            self.log.popleft()
        allowed = len(self.log) < self.limit
        if allowed:
            self.log.append(now)
        return allowed, self.limit - len(self.log), self.log[0] + self.window - now


@dataclass
class TokenBucket(Aligned):
    """A bucket that refills evenly; the reset is when the next token comes."""

    tokens: float = LIMIT
    at: float = 0.0

    def ask(self, now: float) -> tuple[bool, int, float]:
        rate = self.limit / self.window
        self.tokens = min(self.limit, self.tokens + (now - self.at) * rate)
        self.at = now
        allowed = self.tokens >= 1
        self.tokens -= allowed
        return allowed, int(self.tokens), max(0.0, (1 - self.tokens % 1) / rate)

    def floor(self, count: int) -> float:
        return (count - self.limit) * self.window / self.limit


@dataclass
class Outcome:
    seconds: float
    refused: int
    served: int
    unfinished: int


def simulate(
    server: Aligned,
    *,
    requests: int,
    workers: int,
    seed: int = 1,
    lose: Callable[[int], bool] = lambda number: False,
    headers: bool = True,
    start: float = 13.7,
) -> Outcome:
    """Let workers send requests through one bucket; losing a response is a failed attempt."""
    chance = random.Random(seed)
    bucket = Bucket()
    events: list[tuple[float, int, Callable[[], None]]] = []
    order = itertools.count()
    waiting: list[Callable[[], None]] = []
    outcome = Outcome(0.0, 0, 0, requests)
    now = start
    numbers = itertools.count()

    def at(time: float, action: Callable[[], None]) -> None:
        heapq.heappush(events, (time, next(order), action))

    def wake() -> None:
        woken, waiting[:] = list(waiting), []
        for action in woken:
            at(now, action)

    def work() -> None:
        if outcome.unfinished > in_hand[0]:
            in_hand[0] += 1
            admit()

    def admit() -> None:
        decision = bucket.ask(now, chance.random())
        if isinstance(decision, WaitUntil):
            assert decision.time > now, "a wait that does not wait would spin"
            at(decision.time, admit)
        elif isinstance(decision, AwaitAnswer):
            assert bucket.under_way, "nobody is left whose answer could end this wait"
            waiting.append(admit)
        else:
            assert isinstance(decision, Go)
            ticket = bucket.take(now + decision.pause)
            at(now + decision.pause + chance.uniform(0.01, 0.05), lambda: arrive(ticket))

    def arrive(ticket: Ticket) -> None:
        allowed, remaining, reset_in = server.ask(now)
        lost = lose(next(numbers))
        at(
            now + chance.uniform(0.01, 0.05),
            lambda: answer(ticket, allowed, remaining, reset_in, lost),
        )

    def answer(ticket: Ticket, allowed: bool, remaining: int, reset: float, lost: bool) -> None:
        if lost:
            bucket.lost(ticket)
            wake()
            admit()
            return
        if not allowed:
            outcome.refused += 1
            bucket.refused(ticket, now, math.ceil(reset))
            wake()
            admit()
            return
        quantum = math.ceil(reset)  # whole seconds, as servers send them
        bucket.answered(ticket, now, remaining if headers else None, quantum if headers else None)
        outcome.served += 1
        outcome.unfinished -= 1
        outcome.seconds = now - start
        in_hand[0] -= 1
        wake()
        work()

    in_hand = [0]
    for _ in range(workers):
        work()
    while events:
        now, _, action = heapq.heappop(events)
        action()
    return outcome


SERVERS = [Aligned, FromFirst, Sliding, TokenBucket]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("workers", [1, 8, 40])
def test_no_request_is_refused(server: type[Aligned], workers: int) -> None:
    """Every kind of window is learnt without meeting a single 429, and little time is lost."""
    model = server()
    outcome = simulate(model, requests=950, workers=workers)
    assert outcome.refused == 0
    assert outcome.served == 950
    assert outcome.seconds <= 1.05 * model.floor(950) + 5


@pytest.mark.parametrize("server", SERVERS)
@given(losses=st.sets(st.integers(0, 60), max_size=40), workers=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_nothing_waits_for_ever_whatever_is_lost(
    server: type[Aligned], losses: set[int], workers: int
) -> None:
    """Any response may be lost: every request is still served in the end."""
    model = server(limit=10, window=10.0)
    outcome = simulate(model, requests=40, workers=workers, lose=lambda n: n in losses)
    assert outcome.unfinished == 0


@given(workers=st.integers(1, 20), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_a_server_without_headers_is_not_gated(workers: int, seed: int) -> None:
    """Without rate-limit headers nobody queues; a 429 makes all of them pause."""
    outcome = simulate(
        Aligned(limit=10, window=10.0), requests=60, workers=workers, seed=seed, headers=False
    )
    assert outcome.unfinished == 0


def test_requests_of_others_are_noticed() -> None:
    """Remaining that falls faster than we send leaves a margin for those who share the quota."""
    bucket = Bucket()
    now, left = 0.0, 100
    for _ in range(10):
        ticket = bucket.take(now)
        now += 1.0
        left -= 11  # one of ours, ten of somebody else's
        bucket.answered(ticket, now, left if left > 0 else 0, 60.0)
    assert bucket.foreign > 5
    assert isinstance(bucket.ask(now, 0.0), WaitUntil)


def test_only_one_probe_goes_before_anything_is_known() -> None:
    """The first request finds the quota out; the others wait for its answer."""
    bucket = Bucket()
    assert bucket.ask(0.0, 0.0) == Go()
    ticket = bucket.take(0.0)
    assert bucket.ask(0.0, 0.0) == AwaitAnswer()
    bucket.answered(ticket, 0.1, 4, 60.0)
    assert [bucket.ask(0.1, 0.0) for _ in range(4) if bucket.take(0.1)] == [Go()] * 3 + [
        WaitUntil(pytest.approx(60.05))
    ]


def test_a_refusal_closes_the_bucket_for_as_long_as_the_server_says() -> None:
    """A 429 holds everybody back, spread out a little so that they do not return together."""
    bucket = Bucket()
    bucket.refused(bucket.take(0.0), 1.0, 8.0)
    early, late = bucket.ask(2.0, 0.0), bucket.ask(2.0, 0.999)
    assert isinstance(early, WaitUntil)
    assert isinstance(late, WaitUntil)
    assert early.time == 9.0
    assert 9.0 < late.time < 9.1

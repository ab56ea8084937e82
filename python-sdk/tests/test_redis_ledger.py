"""The ledger's script on a real Redis: the same decisions as in memory, leases, ends of accounts."""

from __future__ import annotations

import itertools
import json
import math
import secrets
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from unistack._core.ledger import AwaitAnswer, Bucket, Go, Ticket, WaitUntil
from unistack._core.limiter import Later
from unistack._core.redis_store import SharedTicket
from unistack.rate_limits import RedisStore

pytestmark = pytest.mark.redis

VECTORS = Path(__file__).parents[2] / "contract-tests" / "vectors" / "ledger.json"
CASES = json.loads(VECTORS.read_text("utf-8"))["cases"]
LEASE = 100.0  # seconds
EVENTS = {"answer": "answered", "refuse": "refused", "lose": "lost"}


FIELDS: dict[str, Any] = {
    "sent": 0,
    "done": 0,
    "total": None,
    "raised_by": 0,
    "reset": -math.inf,
    "granted": -math.inf,
    "closed": -math.inf,
    "foreign": 0.0,
    "rtt": 0.0,
    "gap": 0.0,
    "window": math.inf,
    "unmetered": False,
}


class Account:
    """A bucket in Redis whose time is set by the test."""

    def __init__(self, client: Any, *, lease: float = LEASE) -> None:
        self.now = 0.0
        self.store = RedisStore(client, prefix="test:", lease=lease, now=lambda: self.now)
        self.name = secrets.token_hex(8)
        self.key = f"test:{self.name}"

    def ask(self, random: float = 0.0, *, spread: bool = True) -> SharedTicket | Later | float:
        answer = self.store.ask(self.name, random, spread)
        assert answer is not None
        return answer

    def go(self) -> SharedTicket:
        answer = self.ask()
        assert isinstance(answer, SharedTicket)
        return answer

    def end(self, operation: str, ticket: SharedTicket | None, *fields: float | None) -> None:
        assert self.store.book(self.name, operation, ticket, 0.0, fields)


@pytest.fixture
def client(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url, socket_timeout=30) as made:
        yield made


@pytest.fixture
def account(client: Any) -> Account:
    return Account(client)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_script_decides_as_the_vectors_say(case: dict[str, Any], account: Account) -> None:
    """The traces of the ledger's vectors get the same decisions from the script."""
    tickets: list[SharedTicket] = []
    decisions: list[Any] = []
    for event in case["input"]["events"]:
        account.now = event["at"]
        if event["do"] == "ask":
            answer = account.ask(event.get("random", 0.0), spread=False)
            if isinstance(answer, SharedTicket):
                tickets.append(answer)
                decisions.append("go")
            elif isinstance(answer, Later):
                decisions.append({"until": pytest.approx(account.now + answer.seconds, abs=1e-6)})
            else:
                decisions.append("await")
            continue
        fields = [event[name] for name in ("remaining", "reset_in", "retry_after") if name in event]
        account.end(EVENTS[event["do"]], tickets[event["request"] - 1], *fields)
    assert decisions == case["expect"]["decisions"]


class Machine(RuleBasedStateMachine):
    """One random history, put to the bucket in memory and to the one in Redis."""

    client: Any
    randoms = st.floats(0, 1, exclude_max=True)

    @initialize()
    def begin(self) -> None:
        self.bucket = Bucket()
        self.account = Account(self.client, lease=LEASE)
        self.now = 0.0
        self.under_way: list[tuple[Ticket, SharedTicket]] = []
        # Of processes that died; and those whose lease has ended.
        self.dead: list[tuple[Ticket, SharedTicket]] = []
        self.expired: list[tuple[Ticket, SharedTicket]] = []

    @rule(random=randoms, spread=st.booleans())
    def ask(self, random: float, spread: bool) -> None:
        """Both decide alike."""
        for held in (self.dead, self.under_way):
            for pair in list(held):
                if pair[0].at + LEASE <= self.now:
                    held.remove(pair)
                    self.bucket.lost(pair[0])
                    self.expired.append(pair)
        decision = self.bucket.ask(self.now, random)
        self.account.now = self.now
        answer = self.account.ask(random, spread=spread)
        if isinstance(decision, Go):
            assert isinstance(answer, SharedTicket)
            assert answer.pause == (decision.pause if spread else 0.0)
            ticket = self.bucket.take(self.now + answer.pause)
            assert (ticket.number, ticket.least) == (float(answer.number), float(answer.least))
            assert ticket.at == float(answer.at)
            self.under_way.append((ticket, answer))
        elif isinstance(decision, WaitUntil):
            assert isinstance(answer, Later)
            assert answer.seconds == pytest.approx(decision.time - self.now, abs=1e-6)
            assert answer.seconds > 0, "a wait that does not wait would spin"
            assert answer.added == self.bucket.added
        else:
            assert isinstance(decision, AwaitAnswer)
            assert answer == self.bucket.rtt
            assert self.under_way or self.dead, "nobody is left whose answer could end this wait"

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.05, 1.0, 10.0, 61.0]))
    def pass_time(self, seconds: float) -> None:
        """Time goes on for both."""
        self.now += seconds
        self.account.now = self.now

    @precondition(lambda self: self.under_way)
    @rule(
        data=st.data(), remaining=st.none() | st.integers(0, 30), reset=st.none() | st.floats(0, 60)
    )
    def answer(self, data: Any, remaining: int | None, reset: float | None) -> None:
        """Any request that is under way may be answered."""
        ticket, shared = self._pick(data, self.under_way)
        self.bucket.answered(ticket, self.now, remaining, reset)
        self.account.end("answered", shared, remaining, reset)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), wait=st.none() | st.floats(0, 60) | st.just(1e11))
    def refuse(self, data: Any, wait: float | None) -> None:
        """Any request that is under way may be refused."""
        ticket, shared = self._pick(data, self.under_way)
        self.bucket.refused(ticket, self.now, wait)
        self.account.end("refused", shared, wait)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: Any) -> None:
        """Any response may be lost."""
        ticket, shared = self._pick(data, self.under_way)
        self.bucket.lost(ticket)
        self.account.end("lost", shared)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def die(self, data: Any) -> None:
        """Any process may die without a word."""
        self.dead.append(self._pick(data, self.under_way))

    @precondition(lambda self: self.expired)
    @rule(data=st.data(), remaining=st.none() | st.integers(0, 30))
    def come_late(self, data: Any, remaining: int | None) -> None:
        """An answer may come after its lease has ended: it was sent after all."""
        ticket, shared = self._pick(data, self.expired)
        self.bucket.sent += 1
        self.bucket.answered(ticket, self.now, remaining, 10.0)
        self.account.end("answered", shared, remaining, 10.0)

    @invariant()
    def equal(self) -> None:
        """Both know the same."""
        if not hasattr(self, "bucket"):
            return
        kept = {
            name.decode(): value for name, value in self.client.hgetall(self.account.key).items()
        }
        for name, initial in FIELDS.items():
            expected = getattr(self.bucket, name)
            found = kept.get(name)
            assert (initial if found is None else float(found)) == expected, name
        leases = sum(name.startswith("lease:") for name in kept)
        assert leases == len(self.under_way) + len(self.dead)

    def _pick(self, data: Any, pairs: list[tuple[Ticket, SharedTicket]]) -> Any:
        return pairs.pop(data.draw(st.integers(0, len(pairs) - 1)))

    def teardown(self) -> None:
        """Whatever happened, and if all that is under way is lost, the next request goes in time."""
        self.dead += self.under_way
        self.under_way = []
        for _ in range(40):
            self.ask(0.5, False)
            if self.under_way:
                return
            self.pass_time(4000.0)
        raise AssertionError("it waits for ever")


def test_the_script_is_the_ledger(client: Any) -> None:
    """Random histories, with losses, deaths and late answers, get equal decisions from both."""
    machine = type("Bound", (Machine,), {"client": client})
    chosen = settings(
        max_examples=100,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_machine(machine, settings=chosen)


def test_a_dead_process_gives_its_share_back(account: Account) -> None:
    """The requests of a process that died stop counting when their leases end."""
    first = account.go()
    account.end("answered", first, 3, 600.0)
    for _ in range(3):
        account.go()  # and never a word of it again
    assert isinstance(account.ask(), Later)
    account.now = LEASE - 1
    assert isinstance(account.ask(), Later)
    account.now = LEASE
    for _ in range(3):
        account.go()
    assert isinstance(account.ask(), Later)


def test_an_account_that_began_anew_learns_from_old_answers(client: Any, account: Account) -> None:
    """After Redis lost its memory, answers to what was sent before do not inflate the quota."""
    tickets = [account.go()]
    account.end("answered", tickets[0], 500, 60.0)
    tickets = [account.go() for _ in range(100)]
    client.delete(account.key)
    probe = account.go()
    assert isinstance(account.ask(), float)
    account.end("answered", tickets[0], 7, 60.0)
    # Seven are left, and the probe that is under way may or may not be one of them.
    passed = list(itertools.takewhile(lambda a: isinstance(a, SharedTicket), iter(account.ask, 0)))
    assert 6 <= len(passed) <= 7
    account.end("lost", probe)


def test_an_answer_that_was_never_asked_for_counts(account: Account) -> None:
    """What was sent under another account teaches this one as well."""
    account.end("answered", None, 2, 60.0)
    account.go()
    account.go()
    assert isinstance(account.ask(), Later)


def test_two_answers_to_one_request_are_harmless(account: Account) -> None:
    """A booking that a broken connection made Redis see twice leaves nothing under way."""
    ticket = account.go()
    account.end("answered", ticket, 5, 60.0)
    account.end("answered", ticket, 5, 60.0)
    account.end("lost", ticket)
    taken = list(itertools.takewhile(lambda a: isinstance(a, SharedTicket), iter(account.ask, 0)))
    assert 4 <= len(taken) <= 5


def test_an_account_ends(client: Any, account: Account) -> None:
    """A hash is kept some minutes past its last use, its reset and its leases, and not for ever."""
    key = account.key
    ticket = account.go()
    assert 600 + LEASE - 5 < client.ttl(key) <= 600 + LEASE
    account.end("answered", ticket, 5, 3600.0)
    assert 4200 - 5 < client.ttl(key) <= 4200
    account.end("answered", account.go(), 5, 1e12)
    assert client.ttl(key) <= 24 * 3600 + 600


def test_the_time_is_that_of_redis(client: Any) -> None:
    """Without a clock of the test's, times are Redis's own, the same for all machines."""
    store = RedisStore(client, prefix="test:")
    ticket = store.ask("time", 0.0, True)
    assert isinstance(ticket, SharedTicket)
    seconds, micros = client.time()
    assert 0 <= seconds + micros / 1e6 - float(ticket.at) < 60
    assert math.isfinite(float(ticket.at))


def test_one_key_a_script(client: Any, account: Account) -> None:
    """The script touches the one key that it is told, as a cluster demands."""
    before = set(client.keys("*"))
    account.end("answered", account.go(), 5, 60.0)
    account.go()
    assert set(client.keys("*")) - before == {account.key.encode()}

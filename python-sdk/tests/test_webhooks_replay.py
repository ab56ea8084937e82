"""What receivers remember: deliveries that came before, and messages that were handled."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest

from unistack.webhooks import (
    MemoryReplayStore,
    RedisReplayStore,
    Webhook,
    WebhookError,
    WebhookSigner,
    WebhookVerificationError,
)

NOW = 1_700_000_000
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = b'{"event":"ping","data":{}}'


def make(**options: Any) -> Webhook:
    return Webhook(SECRET, clock=options.pop("clock", lambda: NOW), **options)


def signed(*, at: int = NOW) -> dict[str, str]:
    return WebhookSigner(SECRET).signed_headers("msg_1", at, BODY)


def reason_of(webhook: Webhook, headers: Any, body: Any = BODY) -> str:
    with pytest.raises(WebhookVerificationError) as caught:
        webhook.verify(body, headers)
    return caught.value.reason


class Ticking:
    """A clock that tests set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


# --- replays -----------------------------------------------------------------------------------


def test_webhooks_same_delivery_twice_is_a_replay() -> None:
    """With a store, the same id and timestamp pass once; a renewed timestamp passes again."""
    clock = Ticking()
    webhook = make(clock=clock, replay_store=MemoryReplayStore(clock=clock))
    assert webhook.verify(BODY, signed()) == BODY
    assert reason_of(webhook, signed()) == "replayed"
    clock.now += 5
    assert reason_of(webhook, signed()) == "replayed"
    assert webhook.verify(BODY, signed(at=NOW + 5)) == BODY


def test_webhooks_forgery_does_not_use_up_a_delivery() -> None:
    """Only verified deliveries are remembered."""
    webhook = make(replay_store=MemoryReplayStore())
    assert reason_of(webhook, signed(), b"forged") == "no_match"
    assert webhook.verify(BODY, signed()) == BODY


def test_webhooks_replay_is_remembered_until_the_timestamp_is_too_old() -> None:
    """At no moment can the store have forgotten a delivery whose timestamp still passes."""
    clock = Ticking(NOW - 300)
    store = MemoryReplayStore(clock=clock)
    webhook = make(clock=clock, replay_store=store)
    assert webhook.verify(BODY, signed()) == BODY
    for moment in (NOW, NOW + 299.9, NOW + 300):
        clock.now = moment
        assert reason_of(webhook, signed()) == "replayed"
    clock.now = NOW + 300.5
    assert reason_of(webhook, signed()) == "too_old"
    clock.now = NOW + 302
    assert not store.has(f"delivery:msg_1.{NOW}")


def test_webhooks_without_a_store_nothing_is_remembered() -> None:
    """Replay protection is the caller's choice."""
    webhook = make()
    assert webhook.verify(BODY, signed()) == webhook.verify(BODY, signed())


def test_webhooks_memory_store_is_bounded() -> None:
    """The oldest key goes when the store is full, expired ones before that."""
    clock = Ticking()
    store = MemoryReplayStore(3, clock=clock)
    for key in "abcd":
        assert store.add(key, 100)
    assert len(store) == 3
    assert not store.has("a")
    assert store.has("d")
    clock.now += 100
    assert not store.has("d")
    assert store.add("d", 1)
    assert store.add("e", 1)
    assert len(store) <= 3
    with pytest.raises(ValueError, match="max_entries"):
        MemoryReplayStore(0)


def test_webhooks_memory_store_admits_one_of_many_threads() -> None:
    """Of threads that bring the same delivery at once, one passes."""
    webhook = make(replay_store=MemoryReplayStore())
    headers, start = signed(), threading.Barrier(8)
    outcomes: list[str] = []

    def deliver() -> None:
        start.wait()
        try:
            webhook.verify(BODY, headers)
            outcomes.append("passed")
        except WebhookVerificationError as error:
            outcomes.append(error.reason)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["passed", *["replayed"] * 7]


class FakeRedis:
    """The three commands of Redis that the store uses, with its arguments checked."""

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}

    def set(self, key: str, value: str, *, nx: bool, ex: int) -> bool | None:
        assert nx is True
        assert type(ex) is int
        assert ex > 0
        if key in self.keys:
            return None
        self.keys[key] = ex
        return True

    def exists(self, key: str) -> int:
        return int(key in self.keys)

    def delete(self, key: str) -> int:
        return int(self.keys.pop(key, None) is not None)


def test_webhooks_redis_store_sets_expiring_keys() -> None:
    """Keys are set with NX and EX, the time rounded up to whole seconds."""
    redis = FakeRedis()
    webhook = make(replay_store=RedisReplayStore(redis, prefix="hooks:"))
    assert webhook.verify(BODY, signed()) == BODY
    assert redis.keys == {f"hooks:delivery:msg_1.{NOW}": 301}
    assert reason_of(webhook, signed()) == "replayed"
    store = RedisReplayStore(redis)
    assert store.add("k", 0.2)
    assert redis.keys["webhook:k"] == 1
    assert store.has("k")
    store.discard("k")
    assert not store.has("k")


# --- duplicates --------------------------------------------------------------------------------


def test_webhooks_handled_message_is_not_handled_again() -> None:
    """After a handler has succeeded, its message is refused as replayed."""
    webhook, runs = make(), []
    with webhook.once("msg_1"):
        runs.append(1)
    with pytest.raises(WebhookVerificationError) as caught, webhook.once("msg_1"):
        runs.append(2)
    assert caught.value.reason == "replayed"
    with webhook.once("msg_2"):
        runs.append(3)
    assert runs == [1, 3]


@pytest.mark.parametrize("failure", [RuntimeError("crash"), KeyboardInterrupt(), SystemExit()])
def test_webhooks_failed_handler_gets_its_message_again(failure: BaseException) -> None:
    """A handler that ends in an exception has not handled the message."""
    webhook, runs = make(), []
    with pytest.raises(type(failure)), webhook.once("msg_1"):
        raise failure
    with webhook.once("msg_1"):
        runs.append(1)
    assert runs == [1]


def test_webhooks_message_is_not_handled_twice_at_the_same_time() -> None:
    """While one worker handles a message another is refused, and not as replayed."""
    webhook = make()
    with webhook.once("msg_1"):
        with pytest.raises(WebhookError) as caught, webhook.once("msg_1"):
            raise AssertionError("handled twice")
        assert not isinstance(caught.value, WebhookVerificationError)
    with pytest.raises(WebhookVerificationError), webhook.once("msg_1"):
        raise AssertionError("handled twice")


def test_webhooks_lease_of_a_dead_worker_ends() -> None:
    """A worker that died without a word holds its message no longer than the lease."""
    clock = Ticking()
    webhook = make(clock=clock, replay_store=MemoryReplayStore(clock=clock))
    dead = webhook.once("msg_1", lease=60)
    dead.__enter__()
    clock.now += 59
    with pytest.raises(WebhookError), webhook.once("msg_1"):
        raise AssertionError("handled twice")
    clock.now += 1
    with webhook.once("msg_1"):
        pass


def test_webhooks_handled_id_is_forgotten_in_the_end() -> None:
    """An id is remembered for as long as the caller says."""
    clock = Ticking()
    webhook = make(clock=clock)
    with webhook.once("msg_1", remember=100):
        pass
    clock.now += 100
    with webhook.once("msg_1"):
        pass


def test_webhooks_worker_that_ended_in_between_counts() -> None:
    """A message that was handled between the first look and the claim is not handled again."""

    class Late(MemoryReplayStore):
        looks = 0

        def has(self, key: str) -> bool:
            self.looks += 1
            return self.looks > 1

    webhook = make(replay_store=Late())
    with pytest.raises(WebhookVerificationError), webhook.once("msg_1"):
        raise AssertionError("handled twice")


def test_webhooks_replay_and_duplicates_share_a_store_without_meeting() -> None:
    """A verified delivery can still be handled, although both use one store."""
    webhook = make(replay_store=MemoryReplayStore())
    webhook.verify(BODY, signed())
    with webhook.once("msg_1"):
        pass
    assert reason_of(webhook, signed()) == "replayed"

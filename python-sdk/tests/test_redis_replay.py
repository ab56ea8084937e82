"""What webhook receivers remember in a real Redis, in one process and among several."""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import threading
from typing import Any

import pytest
import redis

from unistack.webhooks import (
    RedisReplayStore,
    Webhook,
    WebhookError,
    WebhookSigner,
    WebhookVerificationError,
)

pytestmark = pytest.mark.redis

NOW = 1_700_000_000
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = b'{"event":"ping","data":{}}'
DELIVERIES = 60

# Verifies the same deliveries as its twin, once both are there; prints how many passed.
RECEIVER = """
import base64, sys
import redis
from unistack.webhooks import RedisReplayStore, Webhook, WebhookSigner, WebhookVerificationError

url, prefix, count, now = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
body = b'{"event":"ping","data":{}}'
store = RedisReplayStore(redis.Redis.from_url(url, socket_timeout=30), prefix=prefix)
webhook = Webhook(secret, replay_store=store, clock=lambda: now)
print("ready", flush=True)
sys.stdin.readline()
passed = 0
for number in range(count):
    headers = WebhookSigner(secret).signed_headers(f"msg_{number}", now, body)
    try:
        webhook.verify(body, headers)
        passed += 1
    except WebhookVerificationError as error:
        assert error.reason == "replayed", error.reason
print(passed)
"""


@pytest.fixture
def client(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url, socket_timeout=30) as made:
        yield made


@pytest.fixture
def prefix() -> str:
    return f"{secrets.token_hex(4)}:"


def test_a_key_is_set_once_and_expires(client: Any, prefix: str) -> None:
    """SET NX EX: the first sets it for whole seconds, rounded up; nobody renews it."""
    store = RedisReplayStore(client, prefix=prefix)
    assert store.add("k", 99.2)
    assert 90 < client.ttl(f"{prefix}k") <= 100
    client.expire(f"{prefix}k", 1000)
    assert not store.add("k", 5)
    assert client.ttl(f"{prefix}k") > 900
    assert store.has("k")
    store.discard("k")
    assert not store.has("k")
    assert store.add("k", 0.1)
    assert client.pttl(f"{prefix}k") <= 1000
    store.discard("never there")


def test_a_delivery_passes_once(client: Any, prefix: str) -> None:
    """A replay is refused by another receiver too; keys live as long as timestamps pass."""
    first, second = (
        Webhook(SECRET, replay_store=RedisReplayStore(client, prefix=prefix), clock=lambda: NOW)
        for _ in range(2)
    )
    headers = WebhookSigner(SECRET).signed_headers("msg_1", NOW, BODY)
    assert first.verify(BODY, headers) == BODY
    with pytest.raises(WebhookVerificationError) as caught:
        second.verify(BODY, headers)
    assert caught.value.reason == "replayed"
    (key,) = client.keys(f"{prefix}*")
    assert 250 < client.ttl(key) <= 301


def test_one_of_many_threads_passes(client: Any, prefix: str) -> None:
    """Of threads that bring the same delivery at once, one passes."""
    store = RedisReplayStore(client, prefix=prefix)
    webhook = Webhook(SECRET, replay_store=store, clock=lambda: NOW)
    headers = WebhookSigner(SECRET).signed_headers("msg_1", NOW, BODY)
    start, outcomes = threading.Barrier(8), []

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


def test_of_two_processes_one_passes(redis_url: str, prefix: str) -> None:
    """Two receivers that get the same deliveries at the same time let each of them pass once."""
    command = [sys.executable, "-c", RECEIVER, redis_url, prefix, str(DELIVERIES), str(NOW)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    receivers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for receiver in receivers:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "ready\n"
    for receiver in receivers:
        assert receiver.stdin is not None
        receiver.stdin.write("go\n")
        receiver.stdin.flush()
    outputs = [receiver.communicate(timeout=120)[0] for receiver in receivers]
    assert [receiver.returncode for receiver in receivers] == [0, 0]
    assert sum(int(output) for output in outputs) == DELIVERIES


def test_a_message_is_handled_once(client: Any, prefix: str) -> None:
    """A lease in Redis keeps a message from a second worker; the lease of a dead one ends."""
    store = RedisReplayStore(client, prefix=prefix)
    one, two = (Webhook(SECRET, replay_store=store) for _ in range(2))
    with one.once("msg_1"), pytest.raises(WebhookError), two.once("msg_1"):
        raise AssertionError("handled twice")
    with pytest.raises(WebhookVerificationError), two.once("msg_1"):
        raise AssertionError("handled twice")
    dead = one.once("msg_2", lease=60)
    dead.__enter__()
    (claim,) = (key for key in client.keys(f"{prefix}*msg_2*"))
    assert 0 < client.ttl(claim) <= 60

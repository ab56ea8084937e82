"""Webhooks: signed, sent, sent again."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from specloom_mock.outbound import RefusedAddress, allowed
from specloom_mock.plugin import SessionServer
from specloom_mock.signature import SecretError, decode_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A receiver that remembers what came and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.arrived = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with outer.arrived:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    outer.messages.append((headers, body))
                    status = outer.statuses.pop(0) if outer.statuses else 204
                    outer.arrived.notify_all()
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def wait(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, timeout=20)
        return self.messages


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on loopback."""
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def endpoint(client: httpx.Client, url: str, *events: str) -> dict[str, Any]:
    body = {"url": url, "events": list(events)}
    answer = client.post("/webhook-endpoints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def settled(control: httpx.Client, **where: str) -> list[dict[str, Any]]:
    """Deliveries, once none of them is being attempted."""
    while True:
        found = control.get("/webhooks/deliveries", params=where).json()["deliveries"]
        if all(item["state"] != "pending" or item["next_attempt_at"] for item in found):
            return found


def test_a_known_answer() -> None:
    """The signature of the Standard Webhooks test suites."""
    made = sign(
        ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_several_secrets_sign_in_their_order() -> None:
    """During a rotation each secret has its token; ed25519 keys make v1a tokens."""
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    key = "whsk_" + base64.b64encode(bytes(range(32))).decode()
    tokens = sign([other, SECRET, key], "msg_1", 1, b"{}").split(" ")
    assert [token.split(",")[0] for token in tokens] == ["v1", "v1", "v1a"]
    assert tokens[1] == sign([SECRET], "msg_1", 1, b"{}")


def test_v1a_is_an_ed25519_signature_of_the_same_content() -> None:
    """The public key verifies what a `whsk_` key signed, and nothing else."""
    seed = bytes(range(32))
    secret = "whsk_" + base64.b64encode(seed).decode()
    version, _, text = sign([secret], "msg_1", 1614265330, b"{}").partition(",")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    public.verify(base64.b64decode(text), b"msg_1.1614265330.{}")
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(text), b"msg_2.1614265330.{}")
    assert version == "v1a"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "nöt base64"])
def test_a_secret_that_cannot_sign_is_refused(secret: str) -> None:
    """Empty and undecodable secrets are a SecretError."""
    with pytest.raises(SecretError):
        decode_secret(secret)


def test_a_created_user_is_told_of(
    client: httpx.Client, control: httpx.Client, receiver: Receiver
) -> None:
    """The event arrives signed with the endpoint's secret, in the declared shape."""
    made = endpoint(client, receiver.url, "user.created")
    user = client.post("/users", json={"name": "A", "email": "a@example.com"}).json()["data"]
    headers, body = receiver.wait(1)[0]
    assert json.loads(body) == {
        "event": "user.created",
        "data": user,
        "timestamp": "2026-01-01T00:00:00Z",
    }
    key = base64.b64decode(made["secret"].removeprefix("whsec_"), validate=True)
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    delivery = settled(control, endpoint=made["id"])[0]
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("delivered", 204)


def test_only_what_was_subscribed_is_sent(
    client: httpx.Client, control: httpx.Client, receiver: Receiver
) -> None:
    """Other events, and inactive endpoints, get nothing."""
    made = endpoint(client, receiver.url, "user.deleted")
    client.post("/users", json={"name": "A", "email": "a@example.com"})
    client.delete("/users/user_000001")
    receiver.wait(1)
    client.put(f"/webhook-endpoints/{made['id']}", json={"active": False})
    client.delete("/users/user_000002")
    assert [item["event"] for item in settled(control)] == ["user.deleted"]


def test_actions_have_events(client: httpx.Client, receiver: Receiver) -> None:
    """Starting a stopped server sends server.started; starting it again sends nothing."""
    endpoint(client, receiver.url, "server.started")
    servers = client.get("/servers", params={"status": "stopped"}).json()["data"]
    for _ in range(2):
        client.post(f"/servers/{servers[0]['id']}/start")
    messages = receiver.wait(1)
    assert [json.loads(body)["data"]["status"] for _, body in messages] == ["running"]


def test_a_retry_keeps_the_id_and_renews_the_signature(
    client: httpx.Client, control: httpx.Client, receiver: Receiver, mock_server: SessionServer
) -> None:
    """After failures the message comes again at the planned times of the session's clock."""
    receiver.statuses = [500, 503]
    made = endpoint(client, receiver.url, "user.deleted")
    client.delete("/users/user_000001")
    receiver.wait(1)
    pending = settled(control, endpoint=made["id"])[0]
    assert pending["next_attempt_at"] == mock_server.clock.now() + 5
    mock_server.advance(5 + 300)
    messages = receiver.wait(3)
    assert len({headers["webhook-id"] for headers, _ in messages}) == 1
    assert len({body for _, body in messages}) == 1
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in messages]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 5, 305]
    assert len({headers["webhook-signature"] for headers, _ in messages}) == 3
    assert settled(control, endpoint=made["id"])[0]["state"] == "delivered"


def test_both_secrets_sign_for_a_day_after_a_rotation(
    client: httpx.Client, receiver: Receiver, mock_server: SessionServer
) -> None:
    """The new secret signs first, the old one too until the day is over."""
    made = endpoint(client, receiver.url, "user.deleted")
    rotated = client.post(f"/webhook-endpoints/{made['id']}/rotate-secret").json()["data"]
    assert rotated["secret"] != made["secret"]
    client.delete("/users/user_000001")
    headers, body = receiver.wait(1)[0]
    stamp = int(headers["webhook-timestamp"])
    both = sign([rotated["secret"], made["secret"]], headers["webhook-id"], stamp, body)
    assert headers["webhook-signature"] == both
    mock_server.advance(86400)
    client.delete("/users/user_000002")
    headers, _ = receiver.wait(2)[1]
    assert len(headers["webhook-signature"].split(" ")) == 1


def test_a_test_event_tells_how_it_went(client: httpx.Client, receiver: Receiver) -> None:
    """The answer of `test` has the receiver's status, and nothing is sent again."""
    made = endpoint(client, receiver.url)
    good = client.post(f"/webhook-endpoints/{made['id']}/test").json()["data"]
    assert (good["delivered"], good["response_status"], good["event"]) == (True, 204, "ping")
    receiver.statuses = [500]
    body = {"event": "user.created"}
    bad = client.post(f"/webhook-endpoints/{made['id']}/test", json=body).json()["data"]
    assert (bad["delivered"], bad["response_status"]) == (False, 500)
    assert json.loads(receiver.wait(2)[1][1])["event"] == "user.created"


def test_messages_on_demand(control: httpx.Client, receiver: Receiver) -> None:
    """A signed message is made without sending, and sent with the faults that are asked for."""
    sent = {"event": "user.created", "secrets": [SECRET], "data": {"id": "user_1"}}
    signed = control.post("/webhooks/send", json=sent).json()
    assert signed["state"] == "signed"
    content = f"{signed['id']}.{signed['timestamp']}.{signed['body']}".encode()
    key = decode_secret(SECRET)
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert signed["headers"]["webhook-signature"] == f"v1,{expected}"
    tampered = {**sent, "url": receiver.url, "faults": [{"kind": "tampered"}]}
    answer = control.post("/webhooks/send", json=tampered).json()
    assert answer["state"] == "delivered"
    headers, body = receiver.wait(1)[0]
    assert not verifies(headers, body)
    twice = {**sent, "url": receiver.url, "faults": [{"kind": "duplicate"}]}
    control.post("/webhooks/send", json=twice)
    assert receiver.wait(3)[1] == receiver.messages[2]
    old = control.post(
        "/webhooks/send", json={**sent, "faults": [{"kind": "stale", "seconds": 400}]}
    )
    assert old.json()["timestamp"] == signed["timestamp"] - 400
    early = control.post("/webhooks/send", json={**sent, "faults": [{"kind": "future"}]}).json()
    assert early["timestamp"] == signed["timestamp"] + 600
    forged = control.post("/webhooks/send", json={**sent, "faults": [{"kind": "wrong_secret"}]})
    assert not verifies(forged.json()["headers"], forged.json()["body"].encode())
    unsigned = control.post("/webhooks/send", json={**sent, "faults": [{"kind": "no_signature"}]})
    assert "webhook-signature" not in unsigned.json()["headers"]


def verifies(headers: dict[str, str], body: bytes) -> bool:
    """Whether a signature is what the reference implementation makes for this message."""
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = Webhook(SECRET).sign(headers["webhook-id"], stamp, body.decode())
    return expected in headers["webhook-signature"].split(" ")


def test_reordered_messages_come_after_the_next(control: httpx.Client, receiver: Receiver) -> None:
    """A message that is held back is sent when the next one has been."""
    base = {"event": "ping", "url": receiver.url, "secrets": [SECRET]}
    held = control.post("/webhooks/send", json={**base, "faults": [{"kind": "reordered"}]}).json()
    assert held["state"] == "pending"
    after = control.post("/webhooks/send", json=base).json()
    order = [headers["webhook-id"] for headers, _ in receiver.wait(2)]
    assert order == [after["id"], held["id"]]


def test_redelivery(control: httpx.Client, receiver: Receiver) -> None:
    """The id stays, the signature is new."""
    sent = {"event": "ping", "url": receiver.url, "secrets": [SECRET]}
    first = control.post("/webhooks/send", json=sent).json()
    control.post("/clock", json={"advance": 60})
    again = control.post(f"/webhooks/deliveries/{first['id']}/redeliver").json()
    assert again["timestamp"] == first["timestamp"] + 60
    assert [headers["webhook-id"] for headers, _ in receiver.wait(2)] == [first["id"]] * 2
    assert control.post("/webhooks/deliveries/nope/redeliver").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "http://127.0.0.1.example.com/",
        "ftp://localhost/",
        "http://10.0.0.1/",
    ],
)
def test_nothing_is_sent_elsewhere(control: httpx.Client, url: str) -> None:
    """Only loopback addresses are reached, unless the server was told otherwise."""
    answer = control.post("/webhooks/send", json={"event": "ping", "url": url})
    assert answer.status_code == 403
    allowed("http://example.com/x", frozenset({"example.com"}))
    with pytest.raises(RefusedAddress):
        allowed(url, frozenset({"other.example"}))


def test_an_endpoint_elsewhere_fails_with_its_reason(
    client: httpx.Client, control: httpx.Client
) -> None:
    """A registered address that is not on this machine is refused and not tried again."""
    made = endpoint(client, "https://example.com/hook", "user.deleted")
    client.delete("/users/user_000001")
    delivery = settled(control, endpoint=made["id"])[0]
    assert delivery["state"] == "failed"
    assert "--webhook-allow" in delivery["attempts"][0]["error"]

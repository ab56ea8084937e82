"""Open input: nothing hostile raises a foreign error, and the reference library agrees both ways."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
from hypothesis import assume, example, given
from hypothesis import strategies as st

from unistack._core.signature import EXPLANATIONS, refusal
from unistack._core.signature_keys import HmacKey
from unistack.webhooks import (
    GitHubWebhook,
    MemoryReplayStore,
    SlackWebhook,
    StripeWebhook,
    Webhook,
    WebhookSigner,
    WebhookVerificationError,
)

NOW = 1_700_000_000
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
VERIFY_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
VALID = WebhookSigner(SECRET).signed_headers("msg_1", NOW, b"{}")
NAMES = st.sampled_from(
    [
        *VALID,
        "Webhook-Id",
        "WEBHOOK-SIGNATURE",
        "x-hub-signature-256",
        "stripe-signature",
        "x-slack-signature",
        "x-slack-request-timestamp",
        "svix-id",
    ]
)
WILD_TEXT = st.text(st.characters(codec=None), max_size=60)
TOKEN = st.one_of(
    st.just(VALID["webhook-signature"]),
    st.builds("{},{}".format, st.sampled_from(["v1", "v1a", "v2", "v0", ""]), WILD_TEXT),
    WILD_TEXT,
)
VALUES = st.one_of(
    st.sampled_from([*VALID.values(), str(NOW), f"t={NOW},v1=00", "sha256=00", "v0=00"]),
    st.lists(TOKEN, max_size=20).map(" ".join),
    WILD_TEXT,
    st.binary(max_size=60),
    st.integers(),
    st.none(),
    st.lists(st.one_of(WILD_TEXT, st.binary(max_size=9), st.integers()), max_size=3),
)
HEADERS = st.one_of(
    st.dictionaries(st.one_of(NAMES, WILD_TEXT, st.binary(max_size=9)), VALUES, max_size=8),
    st.lists(st.tuples(st.one_of(NAMES, WILD_TEXT, st.binary(max_size=9)), VALUES), max_size=8),
    st.dictionaries(NAMES, VALUES).map(lambda extra: {**VALID, **extra}),
)
BODIES = st.one_of(st.binary(max_size=200), WILD_TEXT, st.just(b"{}"))
RECEIVERS = [
    Webhook(SECRET, clock=lambda: NOW),
    Webhook([VERIFY_KEY, SECRET], clock=lambda: NOW, replay_store=MemoryReplayStore(10)),
    Webhook(VERIFY_KEY, clock=lambda: NOW),
    GitHubWebhook("secret"),
    StripeWebhook("whsec_secret", clock=lambda: NOW),
    SlackWebhook("secret", clock=lambda: NOW),
]


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda one: type(one).__name__)
@given(headers=HEADERS, body=BODIES)
@example(headers={**VALID, "webhook-signature": "v1,\udc80"}, body="\ud800")
@example(headers={**VALID, "webhook-timestamp": "9" * 5000}, body=b"")
@example(headers={**VALID, "webhook-timestamp": "\u0661"}, body=b"")
def test_webhooks_hostile_input_raises_one_error(receiver: Any, headers: Any, body: Any) -> None:
    """Whatever comes is verified, or refused with a known reason and no word of the body."""
    refused: WebhookVerificationError | None = None
    try:
        result = receiver.verify(body, headers)
    except WebhookVerificationError as error:
        refused = error
    if refused is None:
        assert result == (body if isinstance(body, bytes) else body.encode())
    elif refused.reason != "missing_header":
        assert str(refused) == f"{refused.reason}: {EXPLANATIONS[refused.reason]}"


@given(secret=st.one_of(WILD_TEXT, st.sampled_from(["whsec_", "whpk_", "whsk_"]), st.binary()))
def test_webhooks_any_secret_works_or_is_a_value_error(secret: Any) -> None:
    """No text makes construction raise anything but ValueError."""
    for text in (secret, f"whpk_{secret!r}", f"whsk_{secret!r}", [secret]):
        for make in (Webhook, WebhookSigner):
            try:
                made = make(text)
            except ValueError:
                continue
            assert made.__class__ is make


IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=".,"))


@given(
    key=st.binary(min_size=24, max_size=64),
    id=IDS.filter(bool),
    at=st.integers(0, 10**11),
    body=st.binary(max_size=3000),
    offset=st.integers(-300, 300),
)
def test_webhooks_what_is_signed_verifies(
    key: bytes, id: str, at: int, body: bytes, offset: int
) -> None:
    """Every key, id, timestamp and body verifies within the tolerance."""
    assume(at + offset >= 0)
    webhook = Webhook.from_bytes(key, clock=lambda: at + offset)
    assert webhook.verify(body, webhook.signed_headers(id, at, body)) == body


@given(
    id=st.text(st.characters(codec="ascii"), max_size=6),
    timestamp=st.one_of(
        st.integers(NOW - 302, NOW + 302).map(str), st.text("0123456789 ٣²", max_size=12)
    ),
    body=st.binary(max_size=40),
    extra=st.dictionaries(st.text("Webhook-id", max_size=10), st.just("x"), max_size=3),
    tampered=st.booleans(),
)
def test_webhooks_short_way_accepts_nothing_more(
    id: str, timestamp: str, body: bytes, extra: dict[str, str], tampered: bool
) -> None:
    """What the one-pass check accepts, the full decision accepts as well."""
    key = HmacKey(KEY)
    token = key.sign(f"{id}.{timestamp}.".encode() + body)
    headers = {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": token,
        **extra,
    }
    received = body + b"!" if tampered else body
    if key.accepts_plainly(received, headers, NOW, 300):
        assert refusal([key], received, headers, now=NOW, tolerance=300) is None
        assert not tampered


@given(
    key=st.binary(min_size=24, max_size=64),
    id=IDS.filter(bool),
    body=st.text(max_size=300).map(str.encode),
)
def test_webhooks_reference_library_verifies_what_is_signed_here(
    key: bytes, id: str, body: bytes
) -> None:
    """standardwebhooks accepts this signature."""
    now = int(time.time())
    headers = Webhook.from_bytes(key).signed_headers(id, now, body)
    standardwebhooks.Webhook(key).verify(body, headers, json_parse=False)


@given(
    key=st.binary(min_size=24, max_size=64),
    id=IDS.filter(bool),
    at=st.integers(0, 10**10),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ),
)
def test_webhooks_signature_of_the_reference_library_verifies_here(
    key: bytes, id: str, at: int, value: Any
) -> None:
    """A delivery signed by standardwebhooks is accepted, and its signature is the same as ours."""
    body = json.dumps(value, ensure_ascii=False)
    moment = datetime.fromtimestamp(at, UTC)
    token = standardwebhooks.Webhook(key).sign(id, moment, body)
    webhook = Webhook.from_bytes(key, clock=lambda: at)
    assert token == webhook.sign(id, at, body)
    headers = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": token}
    assert webhook.verify(body, headers) == body.encode()

"""Other senders' signatures: GitHub, Stripe, Slack."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from unistack.webhooks import (
    GitHubWebhook,
    SlackWebhook,
    StripeWebhook,
    WebhookVerificationError,
)

NOW = 1_531_420_618


def reason_of(receiver: Any, body: Any, headers: Any) -> str:
    with pytest.raises(WebhookVerificationError) as caught:
        receiver.verify(body, headers)
    return caught.value.reason


def mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def stripe(body: bytes, *, at: int = NOW, secret: str = "whsec_test") -> str:
    return f"t={at},v1={mac(secret, b'%d.' % at + body)}"


SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK = {
    "X-Slack-Request-Timestamp": str(NOW),
    "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def test_webhooks_slack_documented_example_verifies() -> None:
    """The example of Slack's documentation verifies, and not with a byte changed."""
    receiver = SlackWebhook(SLACK_SECRET, clock=lambda: NOW)
    assert receiver.verify(SLACK_BODY, SLACK) == SLACK_BODY
    assert reason_of(receiver, SLACK_BODY + b"&", SLACK) == "no_match"


def test_webhooks_slack_refuses_what_it_must() -> None:
    """Time, missing and repeated headers are judged as for any webhook."""
    name = "X-Slack-Request-Timestamp"
    receiver = SlackWebhook(SLACK_SECRET, clock=lambda: NOW)
    assert reason_of(SlackWebhook("s", clock=lambda: NOW + 301), SLACK_BODY, SLACK) == "too_old"
    assert reason_of(SlackWebhook("s", clock=lambda: NOW - 301), SLACK_BODY, SLACK) == "too_new"
    assert reason_of(receiver, b"", {name: str(NOW)}) == "missing_header"
    assert reason_of(receiver, b"", [*SLACK.items(), (name, str(NOW))]) == "bad_timestamp"
    assert reason_of(receiver, b"", SLACK | {name: "1e9"}) == "bad_timestamp"
    assert reason_of(receiver, b"", SLACK | {"X-Slack-Signature": "v1=00"}) == "no_match"
    flood = SLACK | {"X-Slack-Signature": "v0=" + "0" * 8192}
    assert reason_of(receiver, b"", flood) == "too_many_signatures"


def test_webhooks_github_takes_the_sha256_header_only() -> None:
    """The SHA-1 header counts for nothing, upper case is not the sender's spelling."""
    receiver = GitHubWebhook(["old", "new"])
    body = b"Hello, World!"
    good = f"sha256={mac('new', body)}"
    assert receiver.verify(body, {"X-Hub-Signature-256": good}) == body
    assert reason_of(receiver, body, {"X-Hub-Signature": good}) == "missing_header"
    assert reason_of(receiver, body, {"X-Hub-Signature-256": good[7:]}) == "no_match"
    assert reason_of(receiver, body, {"X-Hub-Signature-256": good.upper()}) == "no_match"
    assert reason_of(receiver, body, {"X-Hub-Signature-256": "sha256=é"}) == "no_match"
    many = [("X-Hub-Signature-256", "sha256=00")] * 17
    assert reason_of(receiver, body, many) == "too_many_signatures"
    long = {"X-Hub-Signature-256": "sha256=" + "0" * 8192}
    assert reason_of(receiver, body, long) == "too_many_signatures"


def test_webhooks_stripe_signature_verifies() -> None:
    """The timestamp is part of what is signed, and other schemes stand beside v1."""
    receiver = StripeWebhook("whsec_test", clock=lambda: NOW)
    body = b'{"id": "evt_1"}'
    header = stripe(body)
    assert receiver.verify(body, {"Stripe-Signature": header}) == body
    assert receiver.verify(body, {"Stripe-Signature": f"{header},v0=00,v1=00"}) == body
    rolled = StripeWebhook(["whsec_new", "whsec_test"], clock=lambda: NOW)
    assert rolled.verify(body, {"Stripe-Signature": header}) == body
    assert reason_of(receiver, body + b" ", {"Stripe-Signature": header}) == "no_match"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("v1=00", "bad_timestamp"),
        (f"t={NOW},t={NOW},v1=00", "bad_timestamp"),
        ("t=,v1=00", "bad_timestamp"),
        ("t=1e9,v1=00", "bad_timestamp"),
        (f"t={NOW}", "no_match"),
        (f"t={NOW},v0=00", "no_match"),
        (f"t={NOW - 301},v1=00", "too_old"),
        (f"t={NOW + 301},v1=00", "too_new"),
        (f"t={NOW}" + ",v1=00" * 17, "too_many_signatures"),
        (f"t={NOW},v1={'0' * 8192}", "too_many_signatures"),
        ("", "bad_timestamp"),
    ],
)
def test_webhooks_stripe_refuses_what_it_must(header: str, reason: str) -> None:
    """Each defect of the header has its reason."""
    receiver = StripeWebhook("whsec_test", clock=lambda: NOW)
    assert reason_of(receiver, b"{}", {"stripe-signature": header}) == reason
    assert reason_of(receiver, b"{}", {}) == "missing_header"


@pytest.mark.parametrize("make", [GitHubWebhook, StripeWebhook, SlackWebhook])
@pytest.mark.parametrize("secret", ["", [], None, ["a", ""], [b"a"], b""])
def test_webhooks_preset_with_a_bad_secret_is_refused(make: Any, secret: Any) -> None:
    """An empty secret is a ValueError for every sender, and repr shows none."""
    with pytest.raises(ValueError, match="secret"):
        make(secret)
    assert "hush" not in repr(make("hush"))


@pytest.mark.parametrize("make", [StripeWebhook, SlackWebhook])
@pytest.mark.parametrize("tolerance", [0, -1, float("inf"), float("nan")])
def test_webhooks_preset_tolerance_must_be_positive(make: Any, tolerance: float) -> None:
    """No tolerance, or an endless one, is a ValueError."""
    with pytest.raises(ValueError, match="tolerance"):
        make("s", tolerance=tolerance)

"""The shared known answers for signatures, which every language's SDK reads."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from unistack.webhooks import GitHubWebhook, Webhook, WebhookSigner, WebhookVerificationError

_FILE = Path(__file__).parents[2] / "contract-tests" / "vectors" / "signatures.json"
FACTS: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
REFERENCE: dict[str, Any] = next(v for v in FACTS["vectors"] if v["name"] == "reference")
REJECTED: dict[str, dict[str, Any]] = {case["name"]: case for case in FACTS["must_reject"]}
ACCEPTED: dict[str, dict[str, Any]] = {case["name"]: case for case in FACTS["must_accept"]}


def name_of(case: Any) -> str:
    return case["name"] if isinstance(case, dict) else repr(case)


def payload(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["payload_base64"])


def headers(case: dict[str, Any], **changed: str) -> dict[str, str]:
    found = {
        "webhook-id": case["id"],
        "webhook-timestamp": str(case["timestamp"]),
        "webhook-signature": case["signature"],
    }
    return found | {f"webhook-{name}": value for name, value in changed.items()}


def receiver(case: dict[str, Any], *, offset: float = 0) -> Webhook:
    secret = case.get("secret") or case["verify_key"]
    return Webhook(secret, clock=lambda: case["timestamp"] + offset)


def reason_for(webhook: Webhook, body: bytes, sent: dict[str, str]) -> str:
    with pytest.raises(WebhookVerificationError) as caught:
        webhook.verify(body, sent)
    return caught.value.reason


@pytest.mark.parametrize("case", FACTS["vectors"] + FACTS["ed25519"], ids=name_of)
def test_webhooks_known_answer_verifies(case: dict[str, Any]) -> None:
    """A published signature verifies, and the body comes back byte for byte."""
    assert receiver(case).verify(payload(case), headers(case)) == payload(case)


@pytest.mark.parametrize("case", FACTS["vectors"] + FACTS["ed25519"], ids=name_of)
def test_webhooks_known_answer_is_made(case: dict[str, Any]) -> None:
    """Signing the same message makes the published signature."""
    signer = WebhookSigner(case.get("secret") or case["signing_key"])
    assert signer.sign(case["id"], case["timestamp"], payload(case)) == case["signature"]


@pytest.mark.parametrize("case", FACTS["vectors"] + FACTS["ed25519"], ids=name_of)
@pytest.mark.parametrize("place", ["body", "id", "timestamp"])
def test_webhooks_known_answer_covers_every_part(case: dict[str, Any], place: str) -> None:
    """A change to the body, the id or the timestamp is found out."""
    body, sent = payload(case), headers(case)
    if place == "body":
        body += b" "
    elif place == "id":
        sent["webhook-id"] += "x"
    else:
        sent["webhook-timestamp"] = str(case["timestamp"] + 1)
    assert reason_for(receiver(case), body, sent) == "no_match"


def test_webhooks_github_known_answer() -> None:
    """GitHub's own example verifies, and fails with one byte changed."""
    (case,) = [c for c in FACTS["other_schemes"] if c["name"] == "GitHub sha256"]
    webhook = GitHubWebhook(case["key"])
    sent = {case["header"]: case["signature"]}
    assert webhook.verify(case["payload"], sent) == case["payload"].encode()
    with pytest.raises(WebhookVerificationError) as caught:
        webhook.verify(case["payload"] + "!", sent)
    assert caught.value.reason == "no_match"


def test_webhooks_dot_in_id_is_refused() -> None:
    """Two messages that sign the same bytes: the one whose id holds a dot is refused."""
    case = REJECTED["dot ambiguity: id holds a dot"]
    first, second = (
        Webhook(REFERENCE["secret"], clock=lambda: 1614265330.0),
        Webhook(REFERENCE["secret"], clock=lambda: 1614265331.0),
    )
    shared = "v1,+2fz1i9vKDj7DUOgv6U+jFGQtySxdBhTsemnkRleErE="
    plain = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1614265330",
        "webhook-signature": shared,
    }
    assert first.verify(b'1614265331.{"a":1}', plain)
    dotted = plain | {"webhook-id": "msg_1.1614265330", "webhook-timestamp": "1614265331"}
    assert reason_for(second, b'{"a":1}', dotted) == case["reason"]


@pytest.mark.parametrize("secret", REJECTED["empty secret"]["secrets"])
def test_webhooks_empty_secret_is_refused_at_construction(secret: str) -> None:
    """A secret without a key is a ValueError, alone or in a list."""
    for value in (secret, [secret], [REFERENCE["secret"], secret]):
        with pytest.raises(ValueError, match="secret"):
            Webhook(value)


@pytest.mark.parametrize(
    "timestamp", REJECTED["timestamps that are not plain digits"]["timestamps"]
)
def test_webhooks_timestamp_that_is_not_digits_is_refused(timestamp: str) -> None:
    """A timestamp is ASCII digits and nothing else."""
    sent = headers(REFERENCE, timestamp=timestamp)
    assert reason_for(receiver(REFERENCE), payload(REFERENCE), sent) == "bad_timestamp"


@pytest.mark.parametrize(("offset", "reason"), [(301, "too_old"), (-301, "too_new")])
def test_webhooks_one_second_past_tolerance_is_refused(offset: int, reason: str) -> None:
    """The tolerance has two sides."""
    webhook = receiver(REFERENCE, offset=offset)
    assert reason_for(webhook, payload(REFERENCE), headers(REFERENCE)) == reason


@pytest.mark.parametrize("offset", ACCEPTED["exactly at tolerance"]["offsets_seconds"])
def test_webhooks_exactly_at_tolerance_is_accepted(offset: int) -> None:
    """A delivery exactly as old, or as new, as allowed is accepted."""
    assert receiver(REFERENCE, offset=offset).verify(payload(REFERENCE), headers(REFERENCE))


def test_webhooks_header_flood_is_refused() -> None:
    """Seventeen tokens, or more than 8 KiB, are refused although one of them is valid."""
    assert REJECTED["header flood"]["reason"] == "too_many_signatures"
    webhook, body, valid = receiver(REFERENCE), payload(REFERENCE), REFERENCE["signature"]
    for flood in (f"{valid} " * 17, "v1,AAAA " * 16 + valid, f"{valid} v1,{'A' * 8192}"):
        sent = headers(REFERENCE, signature=flood)
        assert reason_for(webhook, body, sent) == "too_many_signatures"
    most = headers(REFERENCE, signature="v1,AAAA " * 15 + valid)
    assert webhook.verify(body, most) == body


@pytest.mark.parametrize("name", ["partial signature", "non-ASCII signature", "wrong version only"])
def test_webhooks_worthless_signature_does_not_match(name: str) -> None:
    """A prefix, a non-ASCII token and another version's token match nothing."""
    sent = headers(REFERENCE, signature=REJECTED[name]["header"])
    assert reason_for(receiver(REFERENCE), payload(REFERENCE), sent) == REJECTED[name]["reason"]


@pytest.mark.parametrize("signature", REJECTED["malformed tokens alone"]["headers"])
def test_webhooks_malformed_tokens_alone_do_not_match(signature: str) -> None:
    """Malformed tokens are skipped, and then nothing is left."""
    sent = headers(REFERENCE, signature=signature)
    assert reason_for(receiver(REFERENCE), payload(REFERENCE), sent) == "no_match"


@pytest.mark.parametrize("template", ACCEPTED["malformed tokens beside a valid one"]["headers"])
def test_webhooks_malformed_tokens_beside_a_valid_one_are_skipped(template: str) -> None:
    """The valid token verifies whatever stands beside it."""
    sent = headers(REFERENCE, signature=template.replace("{valid}", REFERENCE["signature"]))
    assert receiver(REFERENCE).verify(payload(REFERENCE), sent) == payload(REFERENCE)


def test_webhooks_second_secret_verifies() -> None:
    """During a rotation any of the secrets may have signed."""
    assert "several secrets" in ACCEPTED
    other = FACTS["vectors"][2]["secret"]
    webhook = Webhook([other, REFERENCE["secret"]], clock=lambda: REFERENCE["timestamp"])
    assert webhook.verify(payload(REFERENCE), headers(REFERENCE)) == payload(REFERENCE)

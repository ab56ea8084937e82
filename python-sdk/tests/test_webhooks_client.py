"""`client.webhooks`: secrets from three places, and typed events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from unistack import AsyncUnistack, Unistack, webhook_events
from unistack.errors import UnexpectedDataWarning
from unistack.testing import FakeAPI, FakeClock, signed_webhook
from unistack.types import User
from unistack.webhook_events import PingEvent, UnknownEvent, UserCreatedEvent
from unistack.webhooks import (
    ClientWebhooks,
    Webhook,
    WebhookPayloadError,
    WebhookVerificationError,
)

NOW = 1_700_000_000
ONE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TWO = "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c="
DOCUMENT = yaml.load(
    (Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
PING = {
    "event": "ping",
    "data": {"webhook_endpoint_id": "whe_1"},
    "timestamp": "2026-01-01T00:00:00Z",
}


def examples() -> list[Any]:
    schemas = DOCUMENT["components"]["schemas"]
    found = []
    for tag, item in DOCUMENT["x-webhooks"].items():
        schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        example = schemas[schema["$ref"].rpartition("/")[2]]["example"]
        found.append(pytest.param(tag, example, id=tag))
    return found


def client(**options: Any) -> Unistack:
    return FakeAPI(clock=FakeClock(NOW)).client(Unistack, **options)


def delivery(event: Any, **options: Any) -> Any:
    return signed_webhook(event, timestamp=options.pop("timestamp", NOW), **options)


@pytest.mark.parametrize(("tag", "example"), examples())
def test_webhooks_every_event_of_the_document_is_typed(tag: str, example: dict[str, Any]) -> None:
    """Each event arrives as its own type, strictly, and keeps all that was sent."""
    event = client(strict=True).webhooks.unwrap(*delivery(example))
    assert type(event) is webhook_events.EVENTS[tag]
    assert type(event).__name__ == "".join(w.title() for w in tag.replace(".", "_").split("_")) + (
        "Event"
    )
    assert event.event == tag
    assert event.model_dump(mode="json", by_alias=True, exclude_unset=True) == example


def test_webhooks_union_holds_every_event() -> None:
    """No event of the document is missing from the table."""
    assert set(webhook_events.EVENTS) == set(DOCUMENT["x-webhooks"])
    assert webhook_events.DISCRIMINATOR == "event"


def test_webhooks_nested_data_is_typed() -> None:
    """An event's data is the API's own model."""
    (example,) = [p.values[1] for p in examples() if p.values[0] == "user.created"]
    event = client().webhooks.unwrap(*delivery(example))
    assert isinstance(event, UserCreatedEvent)
    assert isinstance(event.data, User)
    assert event.timestamp.tzinfo is not None


def test_webhooks_unknown_event_is_no_error() -> None:
    """An event of tomorrow arrives as UnknownEvent with all it holds, strict or not."""
    for strict in (False, True):
        event = client(strict=strict).webhooks.unwrap(*delivery({"event": "moon.landed", "n": 1}))
        assert isinstance(event, UnknownEvent)
        assert (event.event, event.n) == ("moon.landed", 1)


def test_webhooks_known_event_that_does_not_fit_stays_that_event() -> None:
    """A known tag with an odd payload is that event, leniently; strict raises."""
    odd = {"event": "ping", "data": "odd"}
    with pytest.warns(UnexpectedDataWarning, match="the webhook ping does not fit"):
        event = client().webhooks.unwrap(*delivery(odd))
    assert isinstance(event, PingEvent)
    assert (event.data, event.timestamp) == ("odd", None)
    with pytest.raises(WebhookPayloadError, match="does not fit"):
        client(strict=True).webhooks.unwrap(*delivery(odd))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"secret words",
        b"[]",
        b"null",
        b'"ping"',
        b"{}",
        b'{"event": 5}',
        b'{"event": null}',
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"event": "ping"',
        "{}".encode("utf-16"),
    ],
)
def test_webhooks_body_that_is_no_event_is_a_payload_error(body: bytes) -> None:
    """A good signature under what is no event is a WebhookPayloadError without the payload."""
    with pytest.raises(WebhookPayloadError) as caught:
        client().webhooks.unwrap(*delivery(body))
    assert "secret words" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_webhooks_bad_signature_is_found_before_the_body_is_read() -> None:
    """Verification comes first: a bad body under a bad signature is a verification error."""
    body, headers = delivery(b"no json")
    with pytest.raises(WebhookVerificationError):
        client().webhooks.unwrap(body + b" ", headers)


def test_webhooks_secret_is_looked_for_in_three_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument wins over the client's option, and that over the environment."""
    body, headers = delivery(PING, secret=ONE)
    monkeypatch.setenv("UNISTACK_WEBHOOK_SECRET", TWO)
    clock = FakeClock(NOW)
    with pytest.raises(WebhookVerificationError):
        Unistack(clock=clock).webhooks.unwrap(body, headers)
    assert Unistack(clock=clock, webhook_secret=ONE).webhooks.unwrap(body, headers)
    assert Unistack(clock=clock).webhooks.unwrap(body, headers, secret=ONE)
    assert Unistack(clock=clock).webhooks.unwrap(body, headers, secret=[TWO, ONE])
    assert Unistack(clock=clock, webhook_secret=[TWO, ONE]).webhooks.unwrap(body, headers)
    monkeypatch.setenv("UNISTACK_WEBHOOK_SECRET", ONE)
    assert Unistack(clock=clock).webhooks.unwrap(body, headers)
    monkeypatch.delenv("UNISTACK_WEBHOOK_SECRET")
    with pytest.raises(ValueError, match="UNISTACK_WEBHOOK_SECRET"):
        Unistack(clock=clock).webhooks.unwrap(body, headers)
    with pytest.raises(ValueError, match="empty"):
        Unistack(clock=clock, webhook_secret=ONE).webhooks.unwrap(body, headers, secret="")


def test_webhooks_client_needs_no_key_and_no_network() -> None:
    """Verifying, reading and signing work in a client without credentials, async as well."""
    body, headers = delivery(PING, secret=ONE)
    for kind in (Unistack, AsyncUnistack):
        webhooks = kind(webhook_secret=ONE, clock=FakeClock(NOW)).webhooks
        assert isinstance(webhooks, ClientWebhooks)
        assert webhooks.verify(body, headers) == body
        assert webhooks.unwrap(body, headers).event == "ping"
        assert webhooks.sign("msg_test", NOW, body) == headers["webhook-signature"]
        assert webhooks.sign("m", NOW, body, secret=TWO) == Webhook(TWO).sign("m", NOW, body)


def test_webhooks_client_judges_time_by_its_clock() -> None:
    """The client's clock decides what is old."""
    body, headers = delivery(PING, timestamp=NOW - 301)
    with pytest.raises(WebhookVerificationError) as caught:
        client().webhooks.unwrap(body, headers)
    assert caught.value.reason == "too_old"


def test_webhooks_copy_of_a_client_keeps_its_secret() -> None:
    """A client made by with_options verifies as the first one does."""
    copy = client(webhook_secret=ONE).with_options(max_retries=0)
    body, headers = delivery(PING, secret=ONE)
    assert json.loads(copy.webhooks.verify(body, headers)) == PING

"""What a user's editor knows of webhooks, errors, consoles and test aids."""

from __future__ import annotations

from typing import Any, assert_type

import httpx

from unistack import APIError, APIStatusError, RateLimitError, Unistack, UnistackError
from unistack.testing import FakeAPI, FakeClock, signed_webhook
from unistack.types import ConsoleMessage, User
from unistack.webhook_events import PingEvent, UnknownEvent, UserCreatedEvent
from unistack.webhooks import MemoryReplayStore, Webhook, WebhookVerificationError

client = Unistack(webhook_secret=["whsec_a", "whsec_b"])


def events(body: bytes, headers: dict[str, str]) -> None:
    event = client.webhooks.unwrap(body, headers)
    if isinstance(event, UserCreatedEvent):
        assert_type(event.data, User)
        assert_type(event.data.email, str)
    elif isinstance(event, UnknownEvent):
        name: str = event.event
        assert_type(event.anything, Any)
        _ = name
    elif isinstance(event, PingEvent):
        _ = event.data.email  # type: ignore[attr-defined]


def events_by_name(body: bytes, headers: dict[str, str]) -> None:
    event = client.webhooks.unwrap(body, headers)
    if event.event == "user.created":
        assert_type(event, UserCreatedEvent)
    match event.event:
        case "ping":
            assert_type(event, PingEvent)
        case _:
            pass


def verification(body: bytes, headers: httpx.Headers, pairs: list[tuple[bytes, bytes]]) -> None:
    webhook = Webhook(["whsec_a"], tolerance=60, replay_store=MemoryReplayStore())
    assert_type(webhook.verify(body, headers), bytes)
    assert_type(webhook.verify("text", pairs), bytes)
    assert_type(webhook.sign("msg_1", 5, body), str)
    with webhook.once("msg_1"):
        pass
    webhook.verify({"parsed": True}, headers)  # type: ignore[arg-type]
    webhook.verify(body)  # type: ignore[call-arg]
    webhook.verify(body, 5)  # type: ignore[arg-type]
    Webhook(b"bytes")  # type: ignore[arg-type]
    Webhook("whsec_a", 300)  # type: ignore[call-arg]
    Webhook.from_bytes("text")  # type: ignore[arg-type]


def errors() -> None:
    try:
        client.users.get("user_1")
    except RateLimitError as error:
        assert_type(error.status_code, int)
        assert_type(error.retry_after, float | None)
        assert_type(error.response, httpx.Response)
    except APIStatusError as error:
        assert_type(error.code, str | None)
    except APIError as error:
        assert_type(error.status_code, int | None)
    except WebhookVerificationError as error:
        assert_type(error.reason, str)
    except UnistackError as error:
        _ = error.code  # type: ignore[attr-defined]


def console() -> None:
    with client.servers.console("srv_1") as terminal:
        for message in terminal:
            assert_type(message, ConsoleMessage)
        terminal.send({"type": "command", "data": "stop"})
        terminal.send({"type": "command"})  # type: ignore[typeddict-item]
        terminal.send("stop")  # type: ignore[arg-type]
        assert_type(terminal.receive(timeout=1), ConsoleMessage)


def test_aids() -> None:
    api = FakeAPI(clock=FakeClock())
    assert_type(api.client(Unistack, max_retries=0), Unistack)
    api.reply("users.get", {"id": "user_1"}, user_id="user_1")
    assert_type(api.clock.sleeps, list[float])
    body, _ = signed_webhook({"event": "ping"})
    assert_type(body, bytes)
    api.reply(5)  # type: ignore[arg-type]

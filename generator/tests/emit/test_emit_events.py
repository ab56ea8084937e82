"""Webhook events: a union by the name of the event, open for names that come later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from specloom.config.model import Config, WebhookSettings

SOURCE = """
webhooks:
  user.created:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/UserCreated'}}}}
      responses: {'200': {description: ok}}
  user.deleted:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/UserDeleted'}}}}
      responses: {'200': {description: ok}}
components:
  schemas:
    UserCreated:
      type: object
      required: [event, data]
      properties: {event: {const: user.created}, data: {$ref: '#/components/schemas/User'}}
    UserDeleted:
      type: object
      required: [event, data]
      properties: {event: {const: user.deleted}, data: {$ref: '#/components/schemas/User'}}
    User: {type: object, required: [id], properties: {id: {type: string}}}
"""


def deliver(sdk: Any, event: dict[str, Any], **options: Any) -> Any:
    testing = sdk.module("testing")
    signed = testing.signed_webhook(event)
    client = sdk.client(None, webhook_secret=testing.WEBHOOK_SECRET, **options)
    return client.webhooks.unwrap(signed.body, signed.headers)


def test_an_event_is_read_as_its_model(package: Callable[..., Any]) -> None:
    """The name of the event decides the type."""
    sdk = package(SOURCE)
    event = deliver(sdk, {"event": "user.created", "data": {"id": "1"}})
    assert type(event) is sdk.type("UserCreated")
    assert event.data.id == "1"


def test_an_unknown_event_is_no_error(package: Callable[..., Any]) -> None:
    """An event of tomorrow arrives with its name and all that it holds."""
    sdk = package(SOURCE)
    event = deliver(sdk, {"event": "user.merged", "data": {"ids": ["1"]}})
    assert type(event) is sdk.module("webhook_events").UnknownEvent
    assert (event.event, event.data) == ("user.merged", {"ids": ["1"]})


def test_events_are_exported_and_imported_late(package: Callable[..., Any]) -> None:
    """The module offers every event, its union and a map by name."""
    sdk = package(SOURCE)
    events = sdk.module("webhook_events")
    assert list(events.EVENTS) == ["user.created", "user.deleted"]
    assert events.EVENTS["user.deleted"] is sdk.type("UserDeleted") is events.UserDeleted
    assert events.WebhookEvent == (
        sdk.type("UserCreated") | sdk.type("UserDeleted") | events.UnknownEvent
    )
    with pytest.raises(AttributeError):
        _ = events.Nothing


def test_without_webhooks_every_event_is_unknown(package: Callable[..., Any]) -> None:
    """An API without webhooks still reads what is signed."""
    sdk = package("paths: {}\n")
    event = deliver(sdk, {"event": "any", "x": 1})
    assert (event.event, event.x) == ("any", 1)
    assert sdk.module("webhook_events").WebhookEvent is type(event)


def test_the_property_that_names_the_event_is_configured(package: Callable[..., Any]) -> None:
    """Another discriminator is used for reading and for the unknown event's own field."""
    source = SOURCE.replace("event: {const", "type: {const").replace("[event,", "[type,")
    sdk = package(source, Config(webhooks=WebhookSettings("type")))
    assert type(deliver(sdk, {"type": "user.created", "data": {"id": "1"}})) is sdk.type(
        "UserCreated"
    )
    assert deliver(sdk, {"type": "else"}).type == "else"


def test_a_resource_called_webhooks_also_verifies(package: Callable[..., Any]) -> None:
    """The API's own ``webhooks`` stands in the place of the core's, and does what that does."""
    operation = """
paths:
  /webhooks:
    get:
      operationId: webhooks.list_all
      responses: {'204': {description: ok}}
    post:
      operationId: webhooks.verify
      responses: {'204': {description: ok}}
"""
    sdk = package(operation + SOURCE)
    event = deliver(sdk, {"event": "user.created", "data": {"id": "1"}})
    assert type(event) is sdk.type("UserCreated")
    client = sdk.client(httpx.Response(204))
    client.webhooks.list_all()
    client.webhooks.verify_()
    assert [request.method for request in sdk.requests] == ["GET", "POST"]

"""Webhook requests: verification, unwrapping, signing."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from unistack.webhooks import MemoryReplayStore, Webhook, WebhookSigner

from .clients import Session
from .values import to_json

__all__ = ["sign", "unwrap", "verify"]


def verify(request: Mapping[str, Any]) -> dict[str, Any]:
    """Verify with a verifier made for this request."""
    now = request["now"]
    options: dict[str, Any] = {"clock": lambda: now}
    if "tolerance" in request:
        options["tolerance"] = request["tolerance"]
    if request.get("replay_store"):
        options["replay_store"] = MemoryReplayStore(clock=lambda: now)
    webhook = Webhook(request["secrets"], **options)
    body = base64.b64decode(request["body"])
    verified = b""
    for _ in range(request.get("times", 1)):
        verified = webhook.verify(body, _headers(request))
    return {"value": base64.b64encode(verified).decode("ascii")}


def unwrap(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """Verify and decode with a client."""
    secret = {"secret": request["secret"]} if "secret" in request else {}
    body = base64.b64decode(request["body"])
    event = session.client.webhooks.unwrap(body, _headers(request), **secret)
    known = type(event).__name__ != "UnknownEvent"
    payload = to_json(event)
    return {"value": {"event": payload.get("event"), "known": known, "payload": payload}}


def sign(request: Mapping[str, Any]) -> dict[str, Any]:
    """Sign as a sender does."""
    body = base64.b64decode(request["body"])
    signer = WebhookSigner(request["secret"])
    return {"value": signer.sign(request["message_id"], request["timestamp"], body)}


def _headers(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request["headers"]]

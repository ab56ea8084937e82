"""Vectors: the SDK's own pure functions, given the vectors' input."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from unistack._core.encoding import encode_query, fill_path
from unistack._core.endpoint import Paging, Param
from unistack._core.errors import PaginationError
from unistack._core.following import follow, identity, page_items
from unistack._core.ledger import Bucket, Go, Ticket, WaitUntil
from unistack._core.link import next_link
from unistack._core.ratelimit import read_rate_limit
from unistack._core.request import origin
from unistack._core.retry import Wait, decide, server_wait
from unistack.webhooks import GitHubWebhook, Webhook, WebhookSigner, WebhookVerificationError

from .values import from_json

__all__ = ["compute"]


def compute(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a `vector` request."""
    given = request["input"]
    match request["file"]:
        case "backoff":
            value = _backoff(given)
        case "query_encoding":
            value = {"query": _query(given["params"])}
        case "path_encoding":
            value = _path(given)
        case "link_header":
            value = {"next": next_link(given["headers"], given["url"])}
        case "rate_limit_headers":
            value = _rate_limit(given)
        case "pagination":
            value = _pagination(given)
        case "ledger":
            value = {"decisions": _ledger(given["events"])}
        case "signatures":
            value = _SIGNATURES[request["kind"]](given)
        case other:
            raise LookupError(f"this driver does not offer {other}")
    return {"value": value}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _backoff(given: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {**given, "headers": _lower(given["headers"]), "wall": given["now"]}
    decision = decide(arguments.pop("retry_index"), **arguments)
    if isinstance(decision, Wait):
        return {"wait": decision.seconds}
    value: dict[str, Any] = {"stop": decision.reason}
    if decision.reason == "max_wait":
        value["wait"] = decision.wait
    return value


def _param(said: Mapping[str, Any]) -> Param:
    reserved = said.get("allow_reserved", False)
    return Param(said["name"], said["style"], said["explode"], allow_reserved=reserved)


def _query(params: list[dict[str, Any]]) -> str:
    values = {said["name"]: from_json(said["value"]) for said in params}
    return encode_query(values, {said["name"]: _param(said) for said in params})


def _path(given: Mapping[str, Any]) -> dict[str, Any]:
    parts = re.split(r"\{([^}]*)\}", given["template"])
    values = [from_json(said["value"]) for said in given["params"]]
    try:
        path = fill_path(parts, values, {said["name"]: _param(said) for said in given["params"]})
    except ValueError:
        return {"error": "usage"}
    return {"path": path}


def _rate_limit(given: Mapping[str, Any]) -> dict[str, Any]:
    headers = _lower(given["headers"])
    read = read_rate_limit(headers, given["now"])
    said = {name: getattr(read, name) for name in ("limit", "remaining", "reset_in")}
    return {**said, "retry_after": server_wait(headers, given["now"])}


def _pagination(given: Mapping[str, Any]) -> dict[str, Any]:
    paging = Paging(**given["paging"])
    previous = given["previous_items"]
    try:
        following = follow(
            paging,
            url=given["url"],
            query=given["query"],
            headers=_lower(given["headers"]),
            body=given["body"],
            items=page_items(paging, given["body"]) or [],
            seen=set(given["seen"]),
            previous=None if previous is None else identity(previous),
        )
    except PaginationError as error:
        return {"error": "pagination", "token": error.token}
    if following is None:
        return {"end": True}
    if following.url is None:
        return {"next": {"query": {**given["query"], **following.query}}}
    trusted = origin(following.url) == origin(given["url"])
    return {"next": {"url": following.url, "credentials": trusted}}


def _ledger(events: list[dict[str, Any]]) -> list[Any]:
    bucket = Bucket()
    tickets: list[Ticket] = []
    decisions: list[Any] = []
    for event in events:
        now = event["at"]
        if event["do"] == "ask":
            decision = bucket.ask(now, event.get("random", 0.0))
            if isinstance(decision, Go):
                tickets.append(bucket.take(now))
                decisions.append("go")
            elif isinstance(decision, WaitUntil):
                decisions.append({"until": decision.time})
            else:
                decisions.append("await")
            continue
        ticket = tickets[event["request"] - 1]
        match event["do"]:
            case "answer":
                bucket.answered(ticket, now, event["remaining"], event["reset_in"])
            case "refuse":
                bucket.refused(ticket, now, event["retry_after"])
            case _:
                bucket.lost(ticket)
    return decisions


def _sign(given: Mapping[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(given["body_base64"])
    signer = WebhookSigner(given["secret"])
    return {"signature": signer.sign(given["id"], given["timestamp"], body)}


def _verify(given: Mapping[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(given["body_base64"])
    webhook = Webhook(
        given["secrets"], tolerance=given["tolerance"], clock=lambda: float(given["now"])
    )
    return _outcome(webhook, body, given)


def _construct(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        Webhook(given["secrets"], tolerance=given.get("tolerance", 300))
    except ValueError:
        return {"error": "usage"}
    return {"ok": True}


def _github(given: Mapping[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(given["body_base64"])
    return _outcome(GitHubWebhook(given["secret"]), body, given)


def _outcome(webhook: Any, body: bytes, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        webhook.verify(body, [(name, value) for name, value in given["headers"]])
    except WebhookVerificationError as error:
        return {"reason": error.reason}
    return {"ok": True}


_SIGNATURES = {"sign": _sign, "verify": _verify, "construct": _construct, "github": _github}

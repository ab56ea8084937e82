"""The runner's own HTTP requests: for what a server must do whatever its client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from .document import ApiDocument

__all__ = ["Endpoint", "exchange"]

MAX_PAGES = 1000
"""A server that always promises another page is stopped here."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server under test."""

    client: httpx.Client
    base_url: str
    bearer: str
    document: ApiDocument


def exchange(endpoint: Endpoint, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send a scenario's `request` and give {status, headers, body} or {error}.

    With ``every_page`` the answer has `items`, `pages` (each {page, status, body, headers}) and
    the first page's status. ``problems`` lists where responses do not fit the document.
    """
    walk = request.get("every_page")
    if not walk:
        return _one(endpoint, request, request.get("query", ""))
    return _all(endpoint, request, walk)


def _all(endpoint: Endpoint, request: Mapping[str, Any], walk: Mapping[str, str]) -> dict[str, Any]:
    pages: list[dict[str, Any]] = []
    items: list[Any] = []
    problems: list[str] = []
    total_pages = 1
    while len(pages) < min(total_pages, MAX_PAGES):
        number = len(pages) + 1
        query = "&".join(filter(None, (request.get("query", ""), f"{walk['param']}={number}")))
        answer = _one(endpoint, request, query)
        problems += answer.pop("problems", [])
        pages.append({"page": number, **answer})
        if answer["status"] != 200:
            break
        items += _at(answer["body"], walk["items"]) or []
        found = _at(answer["body"], walk["total_pages"])
        total_pages = found if isinstance(found, int) else number
    status = pages[-1]["status"]
    return {"status": status, "items": items, "pages": pages, "problems": problems}


def _one(endpoint: Endpoint, request: Mapping[str, Any], query: str) -> dict[str, Any]:
    headers = dict(request.get("headers", {}))
    if request.get("credential", "bearer") == "bearer":
        headers.setdefault("Authorization", f"Bearer {endpoint.bearer}")
    content: bytes | None = None
    if "text" in request:
        content = request["text"].encode()
    elif "body" in request:
        content = json.dumps(request["body"], ensure_ascii=False).encode()
        headers.setdefault("Content-Type", "application/json")
    path = request["path"]
    url = endpoint.base_url + path + (f"?{query}" if query else "")
    try:
        response = endpoint.client.request(request["method"], url, headers=headers, content=content)
    except httpx.HTTPError as error:
        return {"status": None, "headers": {}, "body": None, "problems": [repr(error)]}
    # Each request stands for itself: a session that a login opened must not serve the next one.
    endpoint.client.cookies.clear()
    sent = {name.lower(): value for name, value in response.headers.items()}
    answer: dict[str, Any] = {
        "status": response.status_code,
        "headers": sent,
        "body": _decode(response.content),
    }
    operation = endpoint.document.find(request["method"], path)
    if request.get("conforms", True) and operation is not None:
        answer["problems"] = list(
            endpoint.document.problems(operation, response.status_code, sent, response.content)
        )
    return answer


def _decode(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value

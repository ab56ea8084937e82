"""What each `op` does, for synchronous and asynchronous clients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from unistack._core.endpoint import Endpoint, Json, Paging, Param
from unistack._core.resource import AsyncResource, SyncResource

from .clients import Session
from .errors import describe
from .operations import Target, resolve
from .values import from_json, to_json

__all__ = ["perform"]

_OF_ITEMS = ("max_items", "resume_token", "prefetch", "concurrency", "dedupe_by")


async def perform(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """Do one request of `call`, `iterate`, `pages`, `walk`, `stream`, `send` or `rate_limit`."""
    op = request["op"]
    if op == "rate_limit":
        limit = session.client.rate_limit
        names = ("limit", "remaining", "reset")
        return {"value": limit and {name: to_json(getattr(limit, name)) for name in names}}
    if op == "send":
        return await _send(session, request)
    if op == "walk":
        return await _walk(session, request)
    options = request.get("options", {})
    target = resolve(session.client, request["operation"], request.get("params", {}), options)
    if op == "call":
        return await _call(target, raw=request.get("raw", False))
    if op == "stream":
        return await _stream(target, request.get("take"))
    return await _iterate(target, request)


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def _value(result: Any) -> Any:
    """A result as JSON: binary results are read, a page is its items and total."""
    if hasattr(result, "read") and hasattr(result, "iter_bytes"):
        content = await _settled(result.read())
        await _settled(result.close())
        return to_json(content)
    if hasattr(result, "has_next_page"):
        return {"items": to_json(list(result.data)), "total": result.total}
    return to_json(result)


async def _call(target: Target, *, raw: bool) -> dict[str, Any]:
    result = await _settled(target.call(raw=raw))
    if not raw:
        return {"value": await _value(result)}
    parsed = await _settled(result.parse()) if result.status_code != 304 else None
    return {
        "value": await _value(parsed),
        "response": {
            "status": result.status_code,
            "headers": {name.lower(): value for name, value in result.headers.items()},
            "request_id": result.request_id,
        },
    }


async def _send(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    method = getattr(session.client, request["method"].lower())
    more: dict[str, Any] = {}
    if "body" in request:
        more["body"] = from_json(request["body"])
    if "query" in request:
        more["query"] = from_json(request["query"])
    result = await _settled(method(request["path"], **more, **request.get("options", {})))
    return {"value": await _value(result)}


async def _stream(target: Target, take: int | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"items": []}
    try:
        stream = await _settled(target.call(stream=True))
        await _drain(stream, answer["items"], take)
    except Exception as error:
        answer["error"] = describe(error)
    return answer


async def _iterate(target: Target, request: Mapping[str, Any]) -> dict[str, Any]:
    """Iterate as the request says."""
    if request["op"] == "pages":
        answer: dict[str, Any] = {"pages": []}
        given = {"max_pages": request["max_pages"]} if "max_pages" in request else {}
        method = "pages"
    else:
        answer = {"items": []}
        given = {name: request[name] for name in _OF_ITEMS if name in request}
        method = "items"
    return await _follow(target.call, method, given, request.get("take"), answer)


async def _walk(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """What generated code does for a list, for one that the document does not have."""
    styles = (Param(one["name"], one["style"], one["explode"]) for one in request.get("styles", ()))
    endpoint = Endpoint(
        "contract.walk",
        "GET",
        request["path"],
        query=tuple(styles),
        security=(("bearerAuth",), ("apiKeyAuth",), ("sessionCookie",)),
        result=Json(),
        paging=Paging(**request["paging"]),
    )
    resource = (AsyncResource if session.is_async else SyncResource)(session.client)
    query = from_json(request.get("query", {}))

    def first() -> Any:
        return resource._page(endpoint, query=query)

    return await _follow(first, "items", {}, request.get("take"), {"items": []})


async def _follow(
    call: Callable[[], Any],
    method: str,
    given: Mapping[str, Any],
    take: int | None,
    answer: dict[str, Any],
) -> dict[str, Any]:
    """Go through items or pages; what was seen before an error is kept."""
    seen: list[Any] = answer[method]
    iterator: Any = None
    try:
        # A synchronous list() is the first page, an asynchronous one asks when it is iterated.
        first = call()
        iterator = getattr(first, method)(**given) if given or method == "pages" else first
        await _drain(iterator, seen, take)
    except Exception as error:
        answer["error"] = describe(error)
        token = getattr(error, "resume_token", None)
    else:
        token = getattr(iterator, "resume_token", None)
    if token is not None:
        answer["resume_token"] = token
    return answer


async def _drain(source: Any, seen: list[Any], take: int | None) -> None:
    """Loop over a source as a user does, with `break` after `take` elements."""
    if take == 0:
        return
    if hasattr(source, "__aiter__"):
        async for element in source:
            seen.append(await _element(element))
            if len(seen) == take:
                break
        return
    for element in source:
        seen.append(await _element(element))
        if len(seen) == take:
            break


async def _element(element: Any) -> Any:
    return await _value(element)

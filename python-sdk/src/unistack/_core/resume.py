"""Resume tokens: where an iteration stands, opaque to the user, bound to its list."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from .absent import Omit
from .encoding import wire_default
from .errors import PaginationError
from .pointers import placed

if TYPE_CHECKING:
    from .call import Call

__all__ = ["Position", "fingerprint", "read_token", "write_token"]

_VERSION = 1


class Position:
    """A place in a list: the request of a page, and how many of its items are consumed.

    Args:
        query: Query parameters that lead to the page, by wire name.
        url: The page's URL, when a link led to it.
        offset: Items consumed.
    """

    __slots__ = ("offset", "query", "url")

    def __init__(self, query: dict[str, Any], url: str | None, offset: int) -> None:
        self.query = query
        self.url = url
        self.offset = offset


def fingerprint(call: Call) -> str:
    """What makes two calls lists of the same things: operation, path and filters."""
    moving = _moving(call)
    filters = {
        name: value
        for name, value in (call.query or {}).items()
        if name not in moving and value is not None and not isinstance(value, Omit)
    }
    facts = [call.endpoint.id, list(call.path), filters]
    paging = call.endpoint.paging
    if paging is not None and paging.in_body:
        body = call.body
        for pointer in moving:
            body = placed(body, pointer, None)
        facts.append({name: value for name, value in body.items() if not isinstance(value, Omit)})
    text = json.dumps(facts, default=wire_default, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _moving(call: Call) -> set[str]:
    """Names of the query parameters that go from page to page."""
    paging = call.endpoint.paging
    names = (paging.page, paging.offset, paging.cursor) if paging is not None else ()
    return {name for name in names if name is not None}


def write_token(call: Call, offset: int) -> str:
    """Write a token: `offset` items of the page that `call` fetched are consumed."""
    moving = _moving(call)
    query = {
        name: value
        for name, value in call.asked.items()
        if name in moving and value is not None and not isinstance(value, Omit)
    }
    facts = [_VERSION, fingerprint(call), query, call.target, offset]
    text = json.dumps(facts, default=wire_default, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(call: Call, token: str) -> Position:
    """Read a token.

    Raises:
        PaginationError: When it is no token, one of another version, or of another list.
    """
    try:
        padded = token + "=" * (-len(token) % 4)
        version, owner, query, url, offset = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError):
        raise PaginationError("this is no resume token") from None
    if version != _VERSION:
        raise PaginationError(f"the resume token is of version {version}, expected {_VERSION}")
    if owner != fingerprint(call):
        raise PaginationError("the resume token belongs to a list with other arguments")
    if not isinstance(query, dict) or not isinstance(offset, int) or offset < 0:
        raise PaginationError("the resume token is damaged")
    if not isinstance(url, str | None):
        raise PaginationError("the resume token is damaged")
    return Position(query, url, offset)

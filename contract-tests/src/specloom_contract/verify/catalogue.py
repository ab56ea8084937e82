"""Every kind of check by its name: the promise, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["TITLES"]

TITLES: Final[Mapping[str, str]] = {
    "document.served": "The server serves this document",
    "response.conforms": "Every response is what the document declares",
    "pages.size": "A page holds as many items as were asked for",
    "pages.overlap": "No item is on two pages",
    "pages.union": "The pages together are the whole list",
    "pages.total": "The total is the same on every page, and counts the items",
    "list.sort": "A sorted list is in order",
    "list.filter": "A filtered list holds the matching rows, all of them and no other",
    "create.echo": "A created row has the values that were sent",
    "create.text": "Text comes back as it was sent, whatever its characters",
    "create.read": "A created row can be read, and is the same",
    "create.listed": "A created row is in the list, and is the same there",
    "create.location": "Location of a created row leads to it",
    "update.read": "An update is read back",
    "update.keeps": "An update leaves alone what it does not name",
    "delete.gone": "A deleted row can no longer be read",
    "delete.unlisted": "A deleted row is no longer in the list",
    "idempotency.replay": "The same Idempotency-Key and body create one row",
    "idempotency.mismatch": "The same Idempotency-Key with another body is refused",
    "auth.missing": "A request without credentials is refused",
    "auth.wrong": "A request with wrong credentials is refused",
    "refuse.unknown": "An id that no row has is not found",
    "refuse.method": "A method that the document does not know is refused",
    "refuse.body": "A body that breaks its schema is refused",
    "refuse.malformed": "A body that is not JSON is refused",
    "refuse.media-type": "A body of a media type that is not declared is refused",
    "refuse.accept": "A response in a media type that is not declared is not promised",
    "refuse.query": "A query parameter that breaks its schema is refused",
    "limits.present": "The declared rate-limit headers are there, and are numbers",
    "limits.falling": "The remaining quota falls with each request",
    "etag.unchanged": "A row that has not changed since its ETag is 304",
}
"""Kinds in the order in which reports name them."""

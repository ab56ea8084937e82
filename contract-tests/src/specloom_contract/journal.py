"""The mock server's journal as scenarios see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

__all__ = ["request_problems", "view"]

CREDENTIAL_HEADERS: Final = ("authorization", "cookie", "x-api-key")
"""Headers that carry a credential of any scheme."""


def view(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries with decoded queries, case-folded headers and the gaps between them.

    ``gap`` is the time from the end of the answer before (its arrival when it had none) to this
    request, in virtual seconds; the first has none.
    """
    seen: list[dict[str, Any]] = []
    last: float | None = None
    for entry in entries:
        response = entry["response"] or {}
        headers = _headers(entry["headers"])
        item: dict[str, Any] = {
            "operation": entry["operation"],
            "method": entry["method"],
            "path": entry["path"],
            "raw_query": entry["query"],
            "query": _query(entry["query"]),
            "headers": headers,
            "credentials": [name for name in CREDENTIAL_HEADERS if name in headers],
            "status": response.get("status"),
            "complete": response.get("complete", False),
            "port": entry["port"],
            "at": entry["at"],
        }
        body = entry["body"]
        if body is not None:
            item["body"] = next(iter(body.values()), None)
        if last is not None:
            item["gap"] = entry["at"] - last
        last = response.get("at", entry["at"])
        seen.append(item)
    return seen


def request_problems(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where requests broke the document, in the mock server's words."""
    return [
        f"request {entry['seq']} ({entry['method']} {entry['path']}): {problem}"
        for entry in entries
        for problem in entry["violations"]
    ]


def _headers(pairs: Iterable[Sequence[str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        folded = name.lower()
        headers[folded] = f"{headers[folded]}, {value}" if folded in headers else value
    return headers


def _query(raw: str) -> dict[str, str | list[str]]:
    query: dict[str, str | list[str]] = {}
    for part in filter(None, raw.split("&")):
        name, _, value = part.partition("=")
        name, value = unquote(name), unquote(value)
        before = query.get(name)
        if before is None:
            query[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            query[name] = [before, value]
    return query

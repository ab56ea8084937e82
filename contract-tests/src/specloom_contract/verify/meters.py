"""Checks of headers that tell a state: rate limits, and ETags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection, Endpoint
from .probe import Answer
from .register import Register

__all__ = ["check_etag", "check_limits"]

_LIMIT: Final = re.compile(r"^(x-)?rate-?limit", re.IGNORECASE)
_WINDOW: Final = 2
"""Requests between which a quota must have fallen, or its window have begun anew."""


def check_limits(inquiry: Inquiry, register: Register, endpoint: Endpoint) -> None:
    """The rate-limit headers of an operation are there, and count."""
    limits = _Limits(inquiry, register, endpoint)
    why = "the rate-limit headers of its responses"
    inquiry.check("limits.present", endpoint.label, [endpoint], why, limits.present)
    inquiry.check("limits.falling", endpoint.label, [endpoint], why, limits.falling, repeat=True)


class _Limits:
    def __init__(self, inquiry: Inquiry, register: Register, endpoint: Endpoint) -> None:
        self._inquiry, self._register, self._endpoint = inquiry, register, endpoint

    def _declared(self) -> list[str]:
        found = _headers(self._inquiry, self._endpoint, "2")
        names = [name for name in found if _LIMIT.match(name)]
        if not names:
            raise Untested("the document declares no rate-limit headers here")
        return names

    def _required(self, names: list[str]) -> bool:
        """Whether a success must have one of the headers."""
        schemas = self._inquiry.schemas
        for status, node in (self._endpoint.raw.get("responses") or {}).items():
            headers = schemas.resolve(node).get("headers") or {}
            if str(status).startswith("2") and any(
                schemas.resolve(headers.get(name)).get("required") is True for name in names
            ):
                return True
        return False

    def _ask(self) -> Answer:
        endpoint = self._inquiry.need(self._endpoint, "is this")
        answer = self._inquiry.call(endpoint, self._register.values(endpoint))
        if not answer.ok:
            raise Untested(f"{endpoint.label} answered {answer.failure or answer.status}")
        return answer

    def present(self) -> Iterator[Finding]:
        names = self._declared()
        answer = self._ask()
        sent = [name for name in names if name.lower() in answer.headers]
        if not sent and not self._required(names):
            raise Untested("the declared rate-limit headers are optional, and none is sent")
        for name in names:
            value = answer.headers.get(name.lower())
            if value is None:
                yield Finding(f"{name} is missing", name, "no such header", answer.exchange)
            elif _quantity(name) and not re.match(r"^\d+\b", value):
                yield Finding(f"{name} is {value!r}", "a number", value, answer.exchange)

    def falling(self) -> Iterator[Finding]:
        names = self._declared()
        remaining = next((n.lower() for n in names if "remaining" in n.lower()), None)
        if remaining is None:
            raise Untested("no header tells what remains")
        limit = next((n.lower() for n in names if n.lower().endswith("limit")), "")
        reset = next((n.lower() for n in names if "reset" in n.lower()), "")
        answers = [self._ask() for _ in range(_WINDOW)]
        counts = [_number(answer.headers.get(remaining)) for answer in answers]
        if None in counts:
            raise Untested(f"{remaining} is no number")
        before, after = counts
        assert before is not None
        assert after is not None
        most = _number(answers[0].headers.get(limit))
        if most is not None and before > most:
            yield Finding(
                f"{before} requests remain of {most}",
                f"at most {most}",
                str(before),
                answers[0].exchange,
            )
        windows = [answer.headers.get(reset) for answer in answers]
        if after > before and windows[0] == windows[1]:
            yield Finding(
                f"the remaining quota rose from {before} to {after}",
                f"below {before}",
                str(after),
                answers[1].exchange,
            )
        if after == before and after > 0 and windows[0] == windows[1]:
            yield Finding(
                f"the remaining quota is {before} before and after a request",
                f"{before - 1}",
                str(after),
                answers[1].exchange,
            )


def check_etag(inquiry: Inquiry, register: Register, collection: Collection) -> None:
    """The ETag of a row means what HTTP says (RFC 9110, 13.1.2)."""
    if collection.read is None:
        return
    tags = _Tags(inquiry, register, collection)
    read = collection.read
    why = "the header ETag, or the status 304"
    inquiry.check("etag.unchanged", read.label, [read], why, tags.unchanged, repeat=True)


class _Tags:
    def __init__(self, inquiry: Inquiry, register: Register, collection: Collection) -> None:
        self._inquiry, self._register, self._c = inquiry, register, collection

    def unchanged(self) -> Iterator[Finding]:
        read = self._inquiry.need(self._c.read, "reads a row")
        declared = "etag" in {name.lower() for name in _headers(self._inquiry, read, "2")}
        if not declared:
            raise Untested("the document declares no ETag")
        values = self._register.values(read)
        answer = self._inquiry.call(read, values)
        tag = answer.headers.get("etag")
        if not answer.ok:
            raise Untested(f"{read.label} answered {answer.failure or answer.status}")
        if tag is None:
            yield Finding("the declared ETag is missing", exchange=answer.exchange)
            return
        if "304" not in read.statuses:
            return
        again = self._inquiry.call(read, values, headers=[("If-None-Match", tag)], provoked=True)
        if again.status != 304 or again.content:
            yield Finding(
                f"If-None-Match with the row's own ETag is answered {again.status}"
                f"{' with a body' if again.status == 304 else ''}",
                "304 without a body",
                str(again.status),
                again.exchange,
            )
        other = self._inquiry.call(read, values, headers=[("If-None-Match", '"verify-other"')])
        if other.status == 304:
            yield Finding(
                "If-None-Match with an ETag that the row never had is answered 304",
                "200",
                "304",
                other.exchange,
            )


def _headers(inquiry: Inquiry, endpoint: Endpoint, family: str) -> list[str]:
    """Names of the headers that responses of a family declare."""
    responses: Mapping[str, Any] = endpoint.raw.get("responses") or {}
    found: dict[str, None] = {}
    for status, node in responses.items():
        if str(status).startswith(family):
            found.update(dict.fromkeys(inquiry.schemas.resolve(node).get("headers") or {}))
    return list(found)


def _quantity(name: str) -> bool:
    return any(word in name.lower() for word in ("limit", "remaining", "reset")) and (
        "policy" not in name.lower()
    )


def _number(value: str | None) -> int | None:
    match = re.match(r"^\d+", value or "")
    return int(match[0]) if match else None

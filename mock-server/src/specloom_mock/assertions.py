"""Claims about the journal, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from specloom_mock.journal import Entry

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["check_assertions", "retry_after_of"]

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_ROUNDING = 1e-6


def retry_after_of(entry: Entry) -> float | None:
    """Seconds that an answer's ``Retry-After`` asks for; dates count from the answer's ``Date``."""
    if entry.answer is None:
        return None
    headers = dict(entry.answer.headers)
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text).timestamp()
        since = parsedate_to_datetime(headers["date"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return None
    return until - since


def check_assertions(
    session: Session, assertions: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What does not hold, with the numbers of the entries concerned."""
    failures: list[dict[str, Any]] = []
    credentials = _CREDENTIALS | {
        scheme.name.lower()
        for scheme in session.plan.schemes.values()
        if scheme.kind == "key_header"
    }
    for index, assertion in enumerate(assertions):
        entries = session.journal.select(**(assertion.get("where") or {}))
        for message, concerned in _failures(assertion, entries, credentials):
            numbers = [entry.seq for entry in concerned]
            failures.append({"assertion": index, "message": message, "entries": numbers})
    return failures


def _failures(
    assertion: Mapping[str, Any], entries: list[Entry], credentials: frozenset[str]
) -> Iterator[tuple[str, list[Entry]]]:
    if "count" in assertion and len(entries) != assertion["count"]:
        yield f"{assertion['count']} requests expected, {len(entries)} found", entries
    if "at_least" in assertion and len(entries) < assertion["at_least"]:
        yield f"at least {assertion['at_least']} requests expected, {len(entries)} found", entries
    if "at_most" in assertion and len(entries) > assertion["at_most"]:
        yield f"at most {assertion['at_most']} requests expected, {len(entries)} found", entries
    if "order" in assertion:
        wanted = list(assertion["order"])
        for entry in entries:
            if wanted and entry.operation == wanted[0]:
                wanted.pop(0)
        if wanted:
            yield f"{wanted[0]} does not follow in the order that was expected", entries
    if "same_header" in assertion:
        name = assertion["same_header"].lower()
        values = {entry.header(name) for entry in entries}
        if len(values) > 1 or None in values:
            shown = ", ".join(sorted("(none)" if value is None else value for value in values))
            yield f"{name} is not one and the same: {shown}", entries
    yield from _timing(assertion, entries)
    if "query" in assertion:
        wrong = [entry for entry in entries if entry.query != assertion["query"]]
        if wrong:
            yield f"the query is {wrong[0].query!r}, not {assertion['query']!r}", wrong
    if "header" in assertion:
        name, value = assertion["header"]
        wrong = [entry for entry in entries if (name.lower(), value) not in [*entry.headers]]
        if wrong:
            yield f"{name} is {wrong[0].header(name.lower())!r}, not {value!r}", wrong
    if assertion.get("no_credentials"):
        wrong = [entry for entry in entries if any(k in credentials for k, _ in entry.headers)]
        if wrong:
            yield "credentials were sent", wrong


def _timing(
    assertion: Mapping[str, Any], entries: list[Entry]
) -> Iterator[tuple[str, list[Entry]]]:
    for before, after in pairwise(entries):
        gap = after.at - before.at
        if "min_gap" in assertion and gap + _ROUNDING < assertion["min_gap"]:
            yield f"{gap:g} s between requests, {assertion['min_gap']:g} expected", [before, after]
        if assertion.get("respects_retry_after"):
            wait = retry_after_of(before)
            answered = before.answer.at if before.answer is not None else before.at
            if wait is not None and after.at + _ROUNDING < answered + wait:
                waited = after.at - answered
                yield f"the next request came after {waited:g} s, not {wait:g}", [before, after]

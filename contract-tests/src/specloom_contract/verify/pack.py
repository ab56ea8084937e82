"""The semantic pack: every check that follows from a document, in the order of a row's life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .idempotency import check_idempotency
from .inquiry import Inquiry, Untested
from .meters import check_etag, check_limits
from .model import Finding
from .plan import Endpoint
from .probe import Answer, Stopped
from .reading import check_list
from .refusals import check_refusals, check_strangers
from .register import Register
from .writing import check_life

__all__ = ["check_conformance", "run_pack"]

_GRACE: Final = 30.0
"""Seconds for tidying up after the time of a run has passed."""

_FOREIGN_STATUSES: Final = frozenset({404, 405, 410, 501})


def run_pack(inquiry: Inquiry) -> tuple[str, tuple[str, ...]]:
    """Make every check.

    Returns:
        Why the run ended early (empty when it did not), and what it left behind.
    """
    register = Register(inquiry)
    aborted = ""
    left: tuple[str, ...] = ()
    try:
        if _serves(inquiry, register):
            _check_all(inquiry, register)
    except Stopped as stopped:
        aborted = str(stopped)
    finally:
        if register.made:
            inquiry.probe.grant(_GRACE)
            left = register.clean()
    return aborted, left


def _serves(inquiry: Inquiry, register: Register) -> bool:
    """Ask what can be asked without knowing anything: is this the server of the document?"""
    plan = inquiry.plan
    plain = [e for e in plan.endpoints if e.method == "GET" and not e.path_names]
    asked: list[tuple[Endpoint, Answer]] = []

    def checking() -> Iterator[Finding]:
        for endpoint in plain:
            if inquiry.obstacle(endpoint):
                continue
            answer = inquiry.call(endpoint, {}, provoked=True)
            asked.append((endpoint, answer))
            if _fits(endpoint, answer):
                return
        if asked and all(answer.status is None for _, answer in asked):
            raise Stopped(f"no request was answered: {asked[0][1].failure}")
        if not asked:
            raise Untested("no operation can be asked without knowing a row")
        told = ", ".join(
            f"{endpoint.path} {answer.status or answer.failure}" for endpoint, answer in asked[:3]
        )
        yield Finding(
            f"none of the {len(asked)} operations that need no row is answered as the document "
            f"declares ({told}): is this the server's base URL, and the right document?",
            "a declared answer to one of them",
            told,
            asked[0][1].exchange,
        )

    inquiry.check("document.served", plan.title, plain[:1], "its paths", checking)
    wrong = bool(inquiry.checks[-1].findings)
    if wrong:
        for endpoint in plan.endpoints:
            inquiry.tally.reasons[endpoint.id] = "the server does not serve this document"
    return not wrong


def _fits(endpoint: Endpoint, answer: Answer) -> bool:
    """Whether an answer could come from the document's own server."""
    if answer.status is None:
        return False
    if str(answer.status) in endpoint.statuses:
        return True
    return answer.status not in _FOREIGN_STATUSES and answer.status >= 400


def _check_all(inquiry: Inquiry, register: Register) -> None:
    plan = inquiry.plan
    collections = [
        collection
        for collection in plan.collections
        if any(e.id not in inquiry.settings.excluded for e in collection.endpoints)
    ]
    for collection in collections:
        register.furnish(collection)
        register.forget(collection)
        check_list(inquiry, register, collection)
    for collection in collections:
        if collection.read is not None:
            _read_once(inquiry, register, collection.read)
        check_etag(inquiry, register, collection)
        check_life(inquiry, register, collection)
        check_idempotency(inquiry, register, collection)
        check_refusals(inquiry, register, collection)
    for endpoint in plan.endpoints:
        if inquiry.tally.calls(endpoint.id) == 0 and endpoint.method == "GET":
            _read_once(inquiry, register, endpoint)
    metered = set[str]()
    for endpoint in plan.endpoints:
        if endpoint.id in inquiry.settings.excluded:
            continue
        check_strangers(inquiry, register, endpoint)
        if endpoint.method == "GET" and endpoint.meter not in metered:
            metered.add(endpoint.meter)
            check_limits(inquiry, register, endpoint)


def _read_once(inquiry: Inquiry, register: Register, endpoint: Endpoint) -> None:
    """Call an operation that only reads: its answer must conform."""
    reason = inquiry.obstacle(endpoint)
    if reason:
        return
    try:
        inquiry.call(endpoint, register.values(endpoint))
    except Untested as untested:
        inquiry.tally.reasons[endpoint.id] = str(untested)


def check_conformance(inquiry: Inquiry) -> None:
    """One check an operation, last of all: every answer was what the document declares."""
    tally = inquiry.tally
    for endpoint in inquiry.plan.endpoints:
        reason = inquiry.obstacle(endpoint)
        if endpoint.id in inquiry.settings.excluded:
            continue
        if not tally.calls(endpoint.id):
            tally.reasons.setdefault(endpoint.id, reason or _uncalled(endpoint))

        def checking(endpoint: Endpoint = endpoint) -> tuple[Finding, ...]:
            if not tally.calls(endpoint.id):
                raise Untested(tally.reasons[endpoint.id])
            return tally.findings(endpoint.id)

        inquiry.check("response.conforms", endpoint.label, [endpoint], "its responses", checking)


def _uncalled(endpoint: Endpoint) -> str:
    if endpoint.method == "GET":
        return "the run ended before it"
    return "nothing in the document says what it does to which row"

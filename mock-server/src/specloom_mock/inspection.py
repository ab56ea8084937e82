"""What the control interface offers to somebody who looks on: changes, operations, rows, replays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.control import Control, Handler, Refused
from specloom_mock.message import Response
from specloom_mock.populate import PopulateError, find_rows, show_collections
from specloom_mock.reference import encode_any, served_document
from specloom_mock.replay import replay

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["INSPECTION", "LOOK_EVERY", "pulse"]

LOOK_EVERY = 0.25
"""Real seconds between two looks for changes. Looking costs nothing while nobody watches."""

_JSON = "application/json"
_QUIET = 15.0
_RECENT = 200


def _answer(value: Any) -> Response:
    return Response(200, {"Cache-Control": "no-store"}, encode_any(value), _JSON)


# --- what changes --------------------------------------------------------------------------------


def pulse(control: Control) -> dict[str, Hashable]:
    """A value for each section of the console that differs when the section has changed."""
    session = control.session
    journal = session.journal
    unanswered = sum(entry.answer is None for entry in islice(reversed(journal), _RECENT))
    traffic = (journal.generation, journal.last, len(journal), unanswered)
    clock = session.clock
    policies = tuple((name, str(quota)) for name, quota in session.overrides.items())
    return {
        "info": (control.mock.sha256, control.mock.trouble, id(control.mock.engine)),
        "journal": traffic,
        "state": tuple(
            (name, parents, rows.revision, id(rows))
            for name, parents, rows in session.store.touched()
        ),
        "clock": (
            clock.virtual,
            clock.now() if clock.virtual else 0,
            tuple(clock.clients),
            clock.sleeping,
        ),
        "faults": (
            session.profile,
            tuple((f.id, f.applied) for f in (*session.faults, *session.mixture)),
        ),
        "limits": (session.limits_enabled, session.retry_after_form, policies, traffic),
        "webhooks": tuple(
            (found.id, found.state, len(found.attempts)) for found in session.deliveries.select()
        ),
        "sessions": (
            tuple(control.mock.sessions),
            tuple((name, kept.at) for name, kept in session.snapshots.items()),
        ),
    }


async def _watch(control: Control) -> Response:
    """Tell which sections changed, for as long as somebody listens."""

    async def changes() -> AsyncIterator[bytes]:
        ends = {
            asyncio.ensure_future(control.connection.gone()),
            asyncio.ensure_future(control.app.stopping.wait()),
        }
        known: dict[str, Hashable] = {}
        quiet = 0.0
        try:
            while not any(end.done() for end in ends):
                now = pulse(control)
                changed = [name for name, value in now.items() if known.get(name, ...) != value]
                known = now
                quiet += LOOK_EVERY
                if changed:
                    event = {"changed": changed, "generation": control.session.journal.generation}
                    yield b"data: " + orjson.dumps(event) + b"\n\n"
                    quiet = 0.0
                elif quiet >= _QUIET:
                    yield b": still here\n\n"
                    quiet = 0.0
                await asyncio.wait(ends, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    headers = {"Cache-Control": "no-store"}
    return Response(200, headers, media_type="text/event-stream", stream=changes)


# --- what is served ------------------------------------------------------------------------------


async def _document(control: Control) -> Response:
    mock = control.mock
    origin = f"{control.origin}{mock.prefix(control.session)}"
    shown = served_document(mock.engine.schemas.root, origin, "This mock server")
    return _answer(shown)


async def _operations(control: Control) -> Response:
    plan = control.mock.engine.plan
    return _answer(
        {
            "operations": [
                {
                    "id": operation.id,
                    "method": operation.method,
                    "path": operation.path,
                    "summary": str(operation.raw.get("summary") or ""),
                    "statuses": list(operation.responses),
                }
                for operation in plan.operations.values()
            ]
        }
    )


# --- rows ----------------------------------------------------------------------------------------


async def _collections(control: Control) -> Response:
    return _answer({"collections": show_collections(control.session)})


async def _rows(control: Control) -> Response:
    query = control.query
    try:
        rows = find_rows(control.session, query["collection"])
    except PopulateError as error:
        raise Refused(404, str(error)) from error
    wanted = str(query.get("search", "")).casefold()
    shown = [row.data for row in rows]
    if wanted:
        shown = [data for data in shown if wanted in orjson.dumps(data).decode().casefold()]
    offset, limit = query.get("offset", 0), query.get("limit", 50)
    return _answer({"total": len(shown), "rows": shown[offset : offset + limit]})


# --- webhooks ------------------------------------------------------------------------------------


async def _webhooks(control: Control) -> Response:
    session = control.session
    plan = session.plan.webhook_endpoints
    rows = session.store.collection(plan.name) if plan is not None else ()
    return _answer(
        {
            "events": list(session.plan.events),
            "endpoints": [
                {
                    "id": row.key,
                    "url": str(row.data.get("url", "")),
                    "active": row.data.get("active", True) is True,
                }
                for row in rows
            ],
        }
    )


# --- the journal ---------------------------------------------------------------------------------


async def _replay(control: Control) -> Response:
    session: Session = control.session
    seq = int(control.path["seq"])
    entry = next((found for found in session.journal if found.seq == seq), None)
    if entry is None:
        raise Refused(404, f"the journal has no entry {seq}")
    return _answer((await replay(control.app, session, entry)).as_json())


INSPECTION: dict[str, Handler] = {
    "changes.watch": _watch,
    "document.get": _document,
    "operations.list": _operations,
    "collections.list": _collections,
    "rows.list": _rows,
    "webhooks.describe": _webhooks,
    "journal.replay": _replay,
}
"""Handlers by the operation ids of ``admin.openapi.yaml``."""

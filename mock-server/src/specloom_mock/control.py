"""What each control operation does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.assertions import check_assertions
from specloom_mock.clock import parse_instant
from specloom_mock.faults import FaultError
from specloom_mock.message import Response
from specloom_mock.populate import PopulateError, populate, replace_state, show_state
from specloom_mock.signature import SecretError

if TYPE_CHECKING:
    from specloom_mock.app import App
    from specloom_mock.chaos import Connection
    from specloom_mock.mock import Mock
    from specloom_mock.session import Session

__all__ = ["HANDLERS", "Control", "Handler", "Refused"]

_JSON = "application/json"


class Refused(Exception):
    """A control request that was not understood or is not possible."""

    def __init__(self, status: int, message: str, pointer: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.pointer = pointer


@dataclass(slots=True)
class Control:
    """A control request, parsed and checked.

    Attributes:
        app: The server that was asked.
        name: The session's name.
        connection: Whence it came.
        origin: Scheme, host and the session's prefix, as the client wrote them.
    """

    app: App
    name: str
    connection: Connection
    origin: str = ""
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def mock(self) -> Mock:
        """What is served."""
        return self.app.mock

    @property
    def session(self) -> Session:
        """The session that is controlled; it begins to exist when it is named."""
        return self.mock.session(self.name)


Handler = Callable[[Control], Awaitable[Response]]


def _answer(value: Any, status: int = 200) -> Response:
    return Response(status, {}, orjson.dumps(value), _JSON)


def _done() -> Response:
    return Response(204)


def _instant(value: Any, pointer: str) -> float:
    try:
        return parse_instant(value)
    except ValueError as error:
        raise Refused(400, f"not an instant: {value!r}", pointer) from error


# --- server and sessions -------------------------------------------------------------------------


async def _info(control: Control) -> Response:
    mock, session = control.mock, control.session
    plan = mock.engine.plan
    return _answer(
        {
            "title": plan.title,
            "document": mock.document,
            "sha256": mock.sha256[:12],
            "operations": len(plan.operations),
            "port": mock.addresses.port,
            "chaos_port": mock.addresses.chaos_port,
            "session": session.name,
            "base_url": mock.base_url(session),
            "chaos_url": mock.base_url(session, chaos=True),
            "clock": "virtual" if session.clock.virtual else "real",
            "collections": [collection.name for collection in plan.collections.values()],
            "notes": plan.notes + mock.engine.schemas.notes,
        }
    )


def _apply_options(session: Session, body: Any) -> None:
    options = body or {}
    now = options.get("now")
    session.reset(
        seed=options.get("seed"),
        rows=options.get("rows"),
        now=None if now is None else _instant(now, "/now"),
    )


async def _reset(control: Control) -> Response:
    _apply_options(control.session, control.body)
    return _answer(control.mock.describe(control.session))


async def _sessions(control: Control) -> Response:
    mock = control.mock
    return _answer({"sessions": [mock.describe(found) for found in mock.sessions.values()]})


async def _create_session(control: Control) -> Response:
    mock = control.mock
    name = (control.body or {}).get("session") or mock.new_name()
    if name in mock.sessions:
        raise Refused(409, f"the session {name} exists", "/session")
    session = mock.session(name)
    _apply_options(session, control.body)
    return _answer(mock.describe(session), 201)


async def _delete_session(control: Control) -> Response:
    session = control.mock.sessions.pop(control.path["session"], None)
    if session is not None:
        session.deliveries.clear()
        session.clock.wake_all()
    return _done()


# --- state ---------------------------------------------------------------------------------------


async def _state(control: Control) -> Response:
    return _answer({"collections": show_state(control.session)})


async def _replace_state(control: Control) -> Response:
    try:
        replace_state(control.session, control.body["collections"])
    except PopulateError as error:
        raise Refused(400, str(error), error.pointer) from error
    return _done()


async def _seed(control: Control) -> Response:
    try:
        ids = populate(control.session, control.body)
    except PopulateError as error:
        raise Refused(400, str(error), error.pointer) from error
    return _answer({"ids": ids})


async def _snapshots(control: Control) -> Response:
    kept = control.session.snapshots.items()
    return _answer({"snapshots": [{"name": name, "at": found.at} for name, found in kept]})


async def _create_snapshot(control: Control) -> Response:
    name = control.body["name"]
    return _answer({"name": name, "at": control.session.keep(name).at}, 201)


async def _delete_snapshot(control: Control) -> Response:
    control.session.snapshots.pop(control.path["name"], None)
    return _done()


async def _restore_snapshot(control: Control) -> Response:
    snapshot = control.session.snapshots.get(control.path["name"])
    if snapshot is None:
        raise Refused(404, f"there is no snapshot {control.path['name']!r}")
    await control.session.restore(snapshot)
    return _done()


# --- clock ---------------------------------------------------------------------------------------


def _clock_value(session: Session) -> dict[str, Any]:
    clock = session.clock
    now = clock.now()
    moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    return {
        "mode": "virtual" if clock.virtual else "real",
        "now": now,
        "iso": moment.isoformat() + "Z",
        "clients": clock.clients,
        "sleeping": clock.sleeping,
    }


async def _clock(control: Control) -> Response:
    return _answer(_clock_value(control.session))


async def _set_clock(control: Control) -> Response:
    clock, body = control.session.clock, control.body
    if "mode" in body:
        clock.switch(virtual=body["mode"] == "virtual")
    moves = "set" in body or "advance" in body
    if moves and not clock.virtual:
        raise Refused(400, "a real clock can be neither set nor advanced; use mode: virtual")
    if "set" in body:
        await clock.set(_instant(body["set"], "/set"))
    if "advance" in body:
        await clock.advance(float(body["advance"]))
    return _answer(_clock_value(control.session))


async def _register(control: Control) -> Response:
    control.session.clock.register(control.body["client"], control.body.get("idle_after"))
    return _answer(_clock_value(control.session))


async def _unregister(control: Control) -> Response:
    control.session.clock.unregister(control.path["client"])
    return _done()


async def _sleep(control: Control) -> Response:
    """Hold the answer until the time has come, or the caller goes away."""
    clock = control.session.clock
    before = clock.now()
    client, seconds = control.body["client"], float(control.body["seconds"])
    if seconds > 0:
        sleeping = asyncio.ensure_future(clock.sleep(client, seconds))
        gone = asyncio.ensure_future(control.connection.gone())
        try:
            await asyncio.wait({sleeping, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, gone):
                task.cancel()
            await asyncio.gather(sleeping, gone, return_exceptions=True)
    now = clock.now()
    return _answer({"now": now, "slept": now - before})


# --- faults and limits ---------------------------------------------------------------------------


async def _faults(control: Control) -> Response:
    return _answer({"faults": [fault.as_json() for fault in control.session.faults]})


async def _add_faults(control: Control) -> Response:
    try:
        made = control.session.faults.add(control.body["faults"])
    except FaultError as error:
        raise Refused(400, str(error), f"/faults{error.pointer}") from error
    return _answer({"faults": [fault.as_json() for fault in made]}, 201)


async def _clear_faults(control: Control) -> Response:
    control.session.faults.clear()
    return _done()


async def _remove_fault(control: Control) -> Response:
    if not control.session.faults.remove(control.path["fault_id"]):
        raise Refused(404, f"there is no fault {control.path['fault_id']!r}")
    return _done()


def _limits_value(session: Session) -> dict[str, Any]:
    return {
        "enabled": session.limits_enabled,
        "retry_after": session.retry_after_form,
        "policies": {
            name: {"limit": q.limit, "window": q.window, "algorithm": q.algorithm}
            for name, q in session.policies().items()
        },
        "buckets": [
            {
                "policy": policy,
                "credential": credential,
                "remaining": verdict.remaining,
                "reset": verdict.reset,
            }
            for policy, credential, verdict in session.limiter.buckets(session.clock.now())
        ],
    }


async def _limits(control: Control) -> Response:
    return _answer(_limits_value(control.session))


async def _change_limits(control: Control) -> Response:
    session, body = control.session, control.body
    if "enabled" in body:
        session.limits_enabled = body["enabled"]
    if "retry_after" in body:
        session.retry_after_form = body["retry_after"]
    for name, policy in (body.get("policies") or {}).items():
        if not policy["window"] > 0:
            raise Refused(400, "a window is longer than nothing", f"/policies/{name}/window")
        algorithm = policy.get("algorithm", "fixed")
        session.override(name, policy["limit"], float(policy["window"]), algorithm)
    return _answer(_limits_value(session))


# --- journal -------------------------------------------------------------------------------------


async def _journal(control: Control) -> Response:
    query = dict(control.query)
    limit = query.pop("limit", None)
    entries = control.session.journal.select(**query)
    if limit is not None:
        entries = entries[-limit:]
    return _answer({"entries": [entry.as_json() for entry in entries]})


async def _clear_journal(control: Control) -> Response:
    control.session.journal.clear()
    return _done()


async def _assert_journal(control: Control) -> Response:
    failures = check_assertions(control.session, control.body["assertions"])
    return _answer({"ok": not failures, "failures": failures})


# --- webhooks ------------------------------------------------------------------------------------


async def _send_webhook(control: Control) -> Response:
    from specloom_mock.outbound import RefusedAddress, allowed

    session, body = control.session, control.body
    deliveries = session.deliveries
    row = None
    endpoint = body.get("endpoint")
    if endpoint is not None:
        plan = session.plan.webhook_endpoints
        row = session.store.collection(plan.name).get(endpoint) if plan is not None else None
        if row is None:
            raise Refused(400, f"there is no webhook endpoint {endpoint!r}", "/endpoint")
    url = body.get("url") or (str(row.data.get("url")) if row is not None else None)
    if "data" not in body and body["event"] not in session.plan.events:
        known = ", ".join(session.plan.events)
        raise Refused(400, f"the document declares no such event; known: {known}", "/event")
    if url is not None:
        try:
            allowed(url, session.options.webhook_hosts)
        except RefusedAddress as error:
            raise Refused(403, str(error), "/url") from error
    try:
        delivery = deliveries.make(
            body["event"],
            body.get("data"),
            row=row,
            url=url,
            secrets=body.get("secrets") or (),
            message_id=body.get("id"),
            faults=body.get("faults") or (),
        )
    except SecretError as error:
        raise Refused(400, str(error), "/secrets") from error
    if url is not None:
        await deliveries.deliver(delivery)
    return _answer(delivery.as_json())


async def _deliveries(control: Control) -> Response:
    found = control.session.deliveries.select(**control.query)
    return _answer({"deliveries": [delivery.as_json() for delivery in found]})


async def _clear_deliveries(control: Control) -> Response:
    control.session.deliveries.clear()
    return _done()


async def _redeliver(control: Control) -> Response:
    deliveries = control.session.deliveries
    delivery = deliveries.find(control.path["delivery_id"])
    if delivery is None or delivery.url is None:
        raise Refused(404, f"there is no delivery {control.path['delivery_id']!r}")
    deliveries.sign(delivery)
    await deliveries.deliver(delivery, retry=False)
    return _answer(delivery.as_json())


HANDLERS: dict[str, Handler] = {
    "info.get": _info,
    "session.reset": _reset,
    "sessions.list": _sessions,
    "sessions.create": _create_session,
    "sessions.delete": _delete_session,
    "state.get": _state,
    "state.replace": _replace_state,
    "state.seed": _seed,
    "snapshots.list": _snapshots,
    "snapshots.create": _create_snapshot,
    "snapshots.delete": _delete_snapshot,
    "snapshots.restore": _restore_snapshot,
    "clock.get": _clock,
    "clock.set": _set_clock,
    "clock.register": _register,
    "clock.unregister": _unregister,
    "clock.sleep": _sleep,
    "faults.list": _faults,
    "faults.add": _add_faults,
    "faults.clear": _clear_faults,
    "faults.remove": _remove_fault,
    "limits.get": _limits,
    "limits.change": _change_limits,
    "journal.list": _journal,
    "journal.clear": _clear_journal,
    "journal.assert": _assert_journal,
    "webhooks.send": _send_webhook,
    "webhooks.deliveries": _deliveries,
    "webhooks.clear": _clear_deliveries,
    "webhooks.redeliver": _redeliver,
}
"""Handlers by the operation ids of ``admin.openapi.yaml``."""

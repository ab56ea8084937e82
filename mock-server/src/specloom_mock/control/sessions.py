"""The server and its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom_mock.control.request import Control, Handler, Refused, answer, done, instant
from specloom_mock.message import Response

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["HANDLERS"]


async def _info(control: Control) -> Response:
    mock, session = control.mock, control.session
    plan = mock.engine.plan
    return answer(
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
            "trouble": mock.trouble,
            "notes": plan.notes + mock.engine.schemas.notes,
        }
    )


def _apply_options(session: Session, body: Any) -> None:
    options = body or {}
    now = options.get("now")
    session.reset(
        seed=options.get("seed"),
        rows=options.get("rows"),
        now=None if now is None else instant(now, "/now"),
    )


async def _reset(control: Control) -> Response:
    _apply_options(control.session, control.body)
    return answer(control.mock.describe(control.session))


async def _sessions(control: Control) -> Response:
    mock = control.mock
    return answer({"sessions": [mock.describe(found) for found in mock.sessions.values()]})


async def _create_session(control: Control) -> Response:
    mock = control.mock
    name = (control.body or {}).get("session") or mock.new_name()
    if name in mock.sessions:
        raise Refused(409, f"the session {name} exists", "/session")
    session = mock.session(name)
    _apply_options(session, control.body)
    return answer(mock.describe(session), 201)


async def _delete_session(control: Control) -> Response:
    control.mock.forget(control.path["session"])
    return done()


HANDLERS: dict[str, Handler] = {
    "info.get": _info,
    "session.reset": _reset,
    "sessions.list": _sessions,
    "sessions.create": _create_session,
    "sessions.delete": _delete_session,
}

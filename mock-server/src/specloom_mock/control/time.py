"""The clock: read, moved, and slept on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from specloom_mock.clock import LATEST
from specloom_mock.control.request import Control, Handler, Refused, answer, done, instant
from specloom_mock.message import Response

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["HANDLERS"]


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


def _ahead(*, session_now: float, seconds: float, at: str) -> float:
    """Seconds that lead to a time that has a date.

    Raises:
        Refused: They lead beyond.
    """
    if session_now + seconds > LATEST:
        raise Refused(400, f"{seconds:g} s from now is beyond the year 9999", at)
    return float(seconds)


async def _clock(control: Control) -> Response:
    return answer(_clock_value(control.session))


async def _set_clock(control: Control) -> Response:
    clock, body = control.session.clock, control.body
    if "mode" in body:
        clock.switch(virtual=body["mode"] == "virtual")
    moves = "set" in body or "advance" in body
    if moves and not clock.virtual:
        raise Refused(400, "a real clock can be neither set nor advanced; use mode: virtual")
    if "set" in body:
        await clock.set(instant(body["set"], "/set"))
    if "advance" in body:
        await clock.advance(_ahead(session_now=clock.now(), seconds=body["advance"], at="/advance"))
    return answer(_clock_value(control.session))


async def _register(control: Control) -> Response:
    control.session.clock.register(control.body["client"], control.body.get("idle_after"))
    return answer(_clock_value(control.session))


async def _unregister(control: Control) -> Response:
    control.session.clock.unregister(control.path["client"])
    return done()


async def _sleep(control: Control) -> Response:
    """Hold the answer until the time has come, or the caller goes away."""
    clock = control.session.clock
    before = clock.now()
    client = control.body["client"]
    seconds = _ahead(session_now=before, seconds=control.body["seconds"], at="/seconds")
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
    return answer({"now": now, "slept": now - before})


HANDLERS: dict[str, Handler] = {
    "clock.get": _clock,
    "clock.set": _set_clock,
    "clock.register": _register,
    "clock.unregister": _unregister,
    "clock.sleep": _sleep,
}

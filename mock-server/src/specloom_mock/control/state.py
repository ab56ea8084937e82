"""Rows, credentials and snapshots."""

from __future__ import annotations

from specloom_mock.control.request import Control, Handler, Refused, answer, done
from specloom_mock.message import Response
from specloom_mock.populate import PopulateError, populate, replace_state, show_state

__all__ = ["HANDLERS"]


async def _state(control: Control) -> Response:
    return answer({"collections": show_state(control.session)})


async def _replace_state(control: Control) -> Response:
    try:
        replace_state(control.session, control.body["collections"])
    except PopulateError as error:
        raise Refused(400, str(error), error.pointer) from error
    return done()


async def _seed(control: Control) -> Response:
    try:
        ids = populate(control.session, control.body)
    except PopulateError as error:
        raise Refused(400, str(error), error.pointer) from error
    return answer({"ids": ids})


async def _snapshots(control: Control) -> Response:
    kept = control.session.snapshots.items()
    return answer({"snapshots": [{"name": name, "at": found.at} for name, found in kept]})


async def _create_snapshot(control: Control) -> Response:
    name = control.body["name"]
    return answer({"name": name, "at": control.session.keep(name).at}, 201)


async def _delete_snapshot(control: Control) -> Response:
    control.session.snapshots.pop(control.path["name"], None)
    return done()


async def _restore_snapshot(control: Control) -> Response:
    snapshot = control.session.snapshots.get(control.path["name"])
    if snapshot is None:
        raise Refused(404, f"there is no snapshot {control.path['name']!r}")
    await control.session.restore(snapshot)
    return done()


HANDLERS: dict[str, Handler] = {
    "state.get": _state,
    "state.replace": _replace_state,
    "state.seed": _seed,
    "snapshots.list": _snapshots,
    "snapshots.create": _create_snapshot,
    "snapshots.delete": _delete_snapshot,
    "snapshots.restore": _restore_snapshot,
}

"""The journal, read and checked."""

from __future__ import annotations

from specloom_mock.assertions import check_assertions
from specloom_mock.control.request import Control, Handler, answer, done
from specloom_mock.message import Response

__all__ = ["HANDLERS"]


async def _journal(control: Control) -> Response:
    query = dict(control.query)
    limit = query.pop("limit", None)
    entries = control.session.journal.select(**query)
    if limit is not None:
        entries = entries[-limit:]
    return answer({"entries": [entry.as_json() for entry in entries]})


async def _clear_journal(control: Control) -> Response:
    control.session.journal.clear()
    return done()


async def _assert_journal(control: Control) -> Response:
    failures = check_assertions(control.session, control.body["assertions"])
    return answer({"ok": not failures, "failures": failures})


HANDLERS: dict[str, Handler] = {
    "journal.list": _journal,
    "journal.clear": _clear_journal,
    "journal.assert": _assert_journal,
}

"""Webhooks: signed, sent, sent again."""

from __future__ import annotations

from specloom_mock.call import Call
from specloom_mock.message import Response
from specloom_mock.names import words_of

__all__ = ["ping", "rotate"]


def rotate(call: Call) -> Response:
    """A new secret for a row; the old one goes on signing for a while."""
    collection = call.collection_plan()
    rows, row = call.row(collection)
    hidden = dict(row.hidden)
    data = dict(row.data)
    fresh = call.session.rows.secrets(collection, data, call.session.header_rng)
    for name, value in fresh.items():
        previous = hidden.get(name)
        hidden[name] = value
        if previous is not None:
            hidden["previous_secret"] = previous
            hidden["rotated_at"] = call.now
    data = call.session.rows.touched(collection, data, call.now)
    row = rows.replace(row, data, hidden)
    return call.respond(call.view(call.plan.success, row, secrets=True))


def ping(call: Call) -> Response:
    """A test event, and what became of it."""
    collection = call.collection_plan()
    _, row = call.row(collection)
    known = {" ".join(words_of(name)): value for name, value in row.data.items()}
    return call.respond(call.known_payload(call.plan.success, known))

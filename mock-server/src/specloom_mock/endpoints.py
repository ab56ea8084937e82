"""Operations on webhook endpoints: a test event, a new secret."""

from __future__ import annotations

from typing import Any

from specloom_mock.call import Call
from specloom_mock.clock import format_timestamp
from specloom_mock.message import Response
from specloom_mock.names import words_of

__all__ = ["ping", "rotate"]


def rotate(call: Call) -> Response:
    """A new secret for a row; the old one goes on signing for a day."""
    collection = call.collection_plan()
    rows, row = call.row(collection)
    hidden, data = dict(row.hidden), dict(row.data)
    for name, value in call.session.rows.secrets(collection, data, call.session.rng).items():
        previous = hidden.get(name)
        hidden[name] = value
        if previous is not None:
            hidden["previous_secret"] = previous
            hidden["rotated_at"] = call.now
    data = call.session.rows.touched(collection, data, call.now)
    fresh = rows.replace(row, data, hidden)
    return call.respond(call.view(call.plan.success, fresh, secrets=collection.secrets))


def ping(call: Call) -> Response:
    """A test event is sent, and the answer tells what became of it."""
    collection = call.collection_plan()
    _, row = call.row(collection)
    deliveries = call.session.deliveries
    body = call.body if isinstance(call.body, dict) else {}
    known_events = call.session.plan.events
    event = str(body.get("event") or ("ping" if "ping" in known_events else "test"))
    data: Any = None
    if event == "ping":
        data = {f"{collection.singular}_id": row.key}
    delivery = deliveries.make(event, data, row=row)

    async def send() -> Response:
        await deliveries.deliver(delivery, retry=False)
        last = delivery.attempts[-1] if delivery.attempts else None
        known: dict[str, Any] = {" ".join(words_of(name)): v for name, v in row.data.items()}
        known |= {
            "id": delivery.id,
            f"{collection.singular.replace('_', ' ')} id": row.key,
            "event": event,
            "delivered": delivery.state == "delivered",
            "success": delivery.state == "delivered",
            "response status": last.status if last is not None else None,
            "status code": last.status if last is not None else None,
            "duration ms": int(delivery.duration * 1000),
            "payload": call.session.decoded(delivery.body),
            "created at": format_timestamp(call.now),
        }
        return call.respond(call.known_payload(call.plan.success, known))

    return Response(200, deferred=send)

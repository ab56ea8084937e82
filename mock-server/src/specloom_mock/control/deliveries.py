"""Webhooks: sent, listed, sent again."""

from __future__ import annotations

from specloom_mock.control.request import Control, Handler, Refused, answer, done
from specloom_mock.message import Response
from specloom_mock.outbound import RefusedAddress, allowed
from specloom_mock.signature import SecretError

__all__ = ["HANDLERS"]


async def _send_webhook(control: Control) -> Response:
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
    return answer(delivery.as_json())


async def _deliveries(control: Control) -> Response:
    found = control.session.deliveries.select(**control.query)
    return answer({"deliveries": [delivery.as_json() for delivery in found]})


async def _clear_deliveries(control: Control) -> Response:
    control.session.deliveries.clear()
    return done()


async def _redeliver(control: Control) -> Response:
    deliveries = control.session.deliveries
    delivery = deliveries.find(control.path["delivery_id"])
    if delivery is None or delivery.url is None:
        raise Refused(404, f"there is no delivery {control.path['delivery_id']!r}")
    deliveries.sign(delivery)
    await deliveries.deliver(delivery, retry=False)
    return answer(delivery.as_json())


HANDLERS: dict[str, Handler] = {
    "webhooks.send": _send_webhook,
    "webhooks.deliveries": _deliveries,
    "webhooks.clear": _clear_deliveries,
    "webhooks.redeliver": _redeliver,
}

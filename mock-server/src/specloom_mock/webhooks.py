"""Webhooks: messages made of the document's events, signed, sent, and sent again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.clock import Timer, format_timestamp
from specloom_mock.generate import Generator, rng_for
from specloom_mock.outbound import RefusedAddress, allowed, post
from specloom_mock.schemas import Direction
from specloom_mock.signature import sign
from specloom_mock.store import Row

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["RETRY_DELAYS", "ROTATION", "Attempt", "Deliveries", "Delivery"]

RETRY_DELAYS = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0)
"""Seconds between attempts (the schedule that the Standard Webhooks specification gives)."""
ROTATION = 24 * 3600.0
"""Seconds for which a replaced secret goes on signing beside the new one."""

_STALE = 600.0
_OTHER_SECRET = "whsec_" + "bm90IHRoZSBzZWNyZXQgb2YgdGhpcyBlbmRwb2ludA=="


@dataclass(slots=True)
class Attempt:
    """One try to deliver: when, with which headers, and what came of it."""

    at: float
    headers: dict[str, str]
    status: int | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The attempt in the form of the control interface."""
        return {
            "at": self.at,
            "status": self.status,
            "error": self.error,
            "headers": self.headers,
        }


@dataclass(slots=True)
class Delivery:
    """One message on its way to one address."""

    id: str
    event: str
    endpoint: str | None
    url: str | None
    body: bytes
    secrets: list[str]
    faults: Sequence[Mapping[str, Any]] = ()
    timestamp: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    state: str = "pending"
    attempts: list[Attempt] = field(default_factory=list)
    next_at: float | None = None
    timer: Timer | None = None
    duration: float = 0.0

    @property
    def sent_body(self) -> bytes:
        """What is sent: the signed text, unless it is to arrive tampered with."""
        if any(fault["kind"] == "tampered" for fault in self.faults):
            return self.body.replace(b"{", b'{"tampered":true,', 1)
        return self.body

    def as_json(self) -> dict[str, Any]:
        """The delivery in the form of the control interface."""
        return {
            "id": self.id,
            "event": self.event,
            "endpoint": self.endpoint,
            "url": self.url,
            "timestamp": self.timestamp,
            "headers": self.headers,
            "body": self.sent_body.decode("utf-8", "replace"),
            "state": self.state,
            "attempts": [attempt.as_json() for attempt in self.attempts],
            "next_attempt_at": self.next_at,
        }


class Deliveries:
    """The webhooks of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._log: list[Delivery] = []
        self._number = 0
        self._held: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def select(
        self, *, event: str | None = None, endpoint: str | None = None, state: str | None = None
    ) -> list[Delivery]:
        """Deliveries in the order in which they were made."""
        return [
            found
            for found in self._log
            if event in (None, found.event)
            and endpoint in (None, found.endpoint)
            and state in (None, found.state)
        ]

    def find(self, delivery_id: str) -> Delivery | None:
        """The delivery with that id."""
        return next((found for found in self._log if found.id == delivery_id), None)

    def clear(self) -> None:
        """Forget everything; pending attempts are cancelled, numbering starts again."""
        for found in self._log:
            if found.timer is not None:
                found.timer.cancel()
            found.state = "failed" if found.state == "pending" else found.state
        self._log = []
        self._held = []
        self._number = 0

    def payload(self, event: str, data: Any) -> bytes:
        """The body of a message: the event's declared shape around ``data``.

        Args:
            event: The event's name.
            data: Its data; None for an example of the event's payload.
        """
        session, schemas = self._session, self._session.schemas
        now = format_timestamp(session.clock.now())
        schema = session.plan.events.get(event)
        if schema is None:
            body = {"event": event, "data": {} if data is None else data, "timestamp": now}
            return orjson.dumps(body)
        properties = schemas.properties(schema)
        tag = next((n for n in ("event", "type", "event_type", "name") if n in properties), None)
        holder = next((n for n in ("data", "payload", "object") if n in properties), None)
        example = Generator(schemas).documented(schema)
        if data is None and isinstance(example, dict) and holder is not None:
            data = example.get(holder)
        bound: dict[str, Any] = {}
        if tag is not None:
            bound[tag] = event
        for name in properties:
            if name in {"timestamp", "created_at", "sent_at", "createdAt"}:
                bound[name] = now
        if data is not None and holder is not None:
            bound[holder] = self._fitted(properties[holder], data)
        rng = rng_for(session.seed, "event", event)
        body = Generator(schemas, session.clock.now()).value(schema, rng, bound=bound)
        return orjson.dumps(body)

    def _fitted(self, schema: Any, data: Any) -> Any:
        """The data without properties that a closed schema does not have."""
        schemas = self._session.schemas
        if schemas.check(schema, Direction.RESPONSE).is_valid(data) or not isinstance(data, dict):
            return data
        names = schemas.properties(schema)
        return {name: value for name, value in data.items() if name in names} if names else data

    def emit(self, event: str, data: Mapping[str, Any]) -> None:
        """Send an event to every active endpoint that wants it."""
        endpoints = self._session.plan.webhook_endpoints
        if endpoints is None:
            return
        for row in self._session.store.collection(endpoints.name):
            if row.hidden.get("seeded") or row.data.get("active", True) is not True:
                continue
            wanted = row.data.get("events") or row.data.get("enabled_events") or []
            if wanted and event not in wanted and "*" not in wanted:
                continue
            delivery = self.make(event, dict(data), row=row)
            self.start(delivery)

    def make(
        self,
        event: str,
        data: Any,
        *,
        row: Row | None = None,
        url: str | None = None,
        secrets: Sequence[str] = (),
        message_id: str | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
    ) -> Delivery:
        """A message for an endpoint's row, for an address, or for nobody yet.

        Raises:
            SecretError: A secret cannot sign.
        """
        self._number += 1
        delivery = Delivery(
            id=message_id or f"msg_{self._number:06}",
            event=event,
            endpoint=row.key if row is not None else None,
            url=str(row.data.get("url")) if row is not None else url,
            body=self.payload(event, data),
            secrets=list(secrets),
            faults=faults,
        )
        if row is None and url is None:
            delivery.state = "signed"
        self.sign(delivery)
        self._log.append(delivery)
        return delivery

    def secrets_of(self, endpoint: str) -> list[str]:
        """The secrets that sign for an endpoint now: its own, and a replaced one for a day."""
        plan = self._session.plan.webhook_endpoints
        if plan is None:
            return []
        row = self._session.store.collection(plan.name).get(endpoint)
        if row is None:
            return []
        found = [row.hidden[name] for name in plan.secrets if isinstance(row.hidden.get(name), str)]
        previous = row.hidden.get("previous_secret")
        rotated = row.hidden.get("rotated_at", 0.0)
        if isinstance(previous, str) and self._session.clock.now() < rotated + ROTATION:
            found.append(previous)
        return found

    def sign(self, delivery: Delivery) -> None:
        """Give a delivery a new timestamp and signature; its id stays.

        Raises:
            SecretError: A secret cannot sign.
        """
        kinds = {fault["kind"]: fault for fault in delivery.faults}
        now = self._session.clock.now()
        for kind, direction in (("stale", -1.0), ("future", 1.0)):
            if kind in kinds:
                now += direction * float(kinds[kind].get("seconds", _STALE))
        delivery.timestamp = int(now)
        secrets = delivery.secrets
        if delivery.endpoint is not None and not secrets:
            secrets = self.secrets_of(delivery.endpoint)
        if "wrong_secret" in kinds:
            secrets = [_OTHER_SECRET]
        headers = {
            "content-type": "application/json",
            "user-agent": "specloom-mock",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(delivery.timestamp),
        }
        if secrets and "no_signature" not in kinds:
            headers["webhook-signature"] = sign(
                secrets, delivery.id, delivery.timestamp, delivery.body
            )
        delivery.headers = headers

    def start(self, delivery: Delivery) -> None:
        """Begin to deliver, beside whatever else the server does."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._session.clock.enter()
        task = asyncio.ensure_future(self.deliver(delivery))
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            self._session.clock.leave()

        task.add_done_callback(done)

    async def deliver(self, delivery: Delivery, *, retry: bool = True) -> None:
        """Make one attempt, and plan the next when it fails.

        Args:
            delivery: The message.
            retry: Whether a failure is followed by further attempts.
        """
        if any(fault["kind"] == "reordered" for fault in delivery.faults) and not delivery.attempts:
            if delivery not in self._held:
                self._held.append(delivery)
                return
            self._held.remove(delivery)
        twice = any(fault["kind"] == "duplicate" for fault in delivery.faults)
        for _ in range(2 if twice else 1):
            await self._attempt(delivery)
        last = delivery.attempts[-1]
        clock = self._session.clock
        delivery.next_at = None
        if last.status is not None and 200 <= last.status < 300:
            delivery.state = "delivered"
        elif not retry or (last.error is not None and last.error.startswith("refused")):
            delivery.state = "failed"
        elif len(delivery.attempts) <= len(RETRY_DELAYS) and delivery in self._log:
            delivery.next_at = last.at + RETRY_DELAYS[len(delivery.attempts) - 1]
            delivery.timer = clock.call_at(delivery.next_at, lambda: self._again(delivery))
        else:
            delivery.state = "failed"
        for held in [item for item in self._held if item is not delivery]:
            await self.deliver(held)

    async def _again(self, delivery: Delivery) -> None:
        if delivery not in self._log:
            return
        self.sign(delivery)
        await self.deliver(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        attempt = Attempt(self._session.clock.now(), dict(delivery.headers))
        delivery.attempts.append(attempt)
        started = time.perf_counter()
        try:
            assert delivery.url is not None
            allowed(delivery.url, self._session.options.webhook_hosts)
            attempt.status = await post(delivery.url, delivery.headers, delivery.sent_body)
        except RefusedAddress as error:
            attempt.error = f"refused: {error}"
        except TimeoutError:
            attempt.error = "no answer in time"
        except (OSError, ValueError) as error:
            attempt.error = str(error) or type(error).__name__
        delivery.duration = time.perf_counter() - started

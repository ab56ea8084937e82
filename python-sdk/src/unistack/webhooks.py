"""Webhooks: verify that a delivery is authentic and fresh, and read its event.

```python
from unistack.webhooks import Webhook, WebhookVerificationError

webhook = Webhook("whsec_...")
try:
    body = webhook.verify(request_body, request_headers)
except WebhookVerificationError as error:
    ...  # answer 400; error.reason says why
```

`client.webhooks.unwrap(body, headers)` verifies and hands out a typed event. Importing this module
loads neither an HTTP library nor pydantic.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import floor, isfinite
from typing import TYPE_CHECKING, Any, Protocol

from ._core.errors import WebhookError, WebhookPayloadError, WebhookVerificationError
from ._core.replay import MemoryReplayStore, RedisReplayStore, ReplayStore
from ._core.signature import (
    EXPLANATIONS,
    STANDARD_HEADERS,
    HeaderSource,
    Reason,
    as_bytes,
    refusal,
    sign,
    standard_headers,
)
from ._core.signature_keys import (
    HmacKey,
    SigningKey,
    VerifyKey,
    parse_signing_key,
    parse_verify_key,
    raw_key,
)
from ._core.webhook_presets import GitHubWebhook, SlackWebhook, StripeWebhook

if TYPE_CHECKING:
    from ._core.brand import Brand
    from ._core.clock import Clock
    from .webhook_events import WebhookEvent

__all__ = [
    "ClientWebhooks",
    "GitHubWebhook",
    "MemoryReplayStore",
    "RedisReplayStore",
    "ReplayStore",
    "SlackWebhook",
    "StripeWebhook",
    "Webhook",
    "WebhookError",
    "WebhookPayloadError",
    "WebhookSigner",
    "WebhookVerificationError",
]

DEFAULT_TOLERANCE_SECONDS = 300
LEASE_SECONDS = 300
REMEMBER_SECONDS = 7 * 24 * 3600
"""Longer than the retry schedule that Standard Webhooks recommends, which ends after three days."""


class Webhook:
    """Verifies deliveries of Standard Webhooks.

    Args:
        secret: `whsec_...` (v1, HMAC-SHA256; the prefix is optional) or `whpk_...` (v1a, ed25519;
            needs the `ed25519` extra). A list while secrets are being rotated: any of them
            verifies, the first `whsec_` one signs.
        tolerance: Seconds allowed between a delivery's timestamp and now, either way.
        clock: Epoch seconds.
        replay_store: Remembers accepted deliveries by id and timestamp, so that a second one is
            refused as `replayed`. A sender's retry has a new timestamp and is accepted.
        allow_short_secret: Accept secrets of fewer than 24 bytes.

    Raises:
        ValueError: A secret is empty, undecodable, of a wrong length, or not one that verifies;
            or the tolerance is not positive.
    """

    def __init__(
        self,
        secret: str | Sequence[str],
        *,
        tolerance: float = DEFAULT_TOLERANCE_SECONDS,
        clock: Callable[[], float] = time.time,
        replay_store: ReplayStore | None = None,
        allow_short_secret: bool = False,
    ) -> None:
        keys = [parse_verify_key(one, allow_short=allow_short_secret) for one in _each(secret)]
        self._set_up(keys, tolerance, clock, replay_store)

    @classmethod
    def from_bytes(
        cls,
        key: bytes | Sequence[bytes],
        *,
        tolerance: float = DEFAULT_TOLERANCE_SECONDS,
        clock: Callable[[], float] = time.time,
        replay_store: ReplayStore | None = None,
        allow_short_secret: bool = False,
    ) -> Webhook:
        """Take keys as their own bytes, not as base64; all else as for the constructor."""
        webhook = cls.__new__(cls)
        keys = [raw_key(one, allow_short=allow_short_secret) for one in _each(key)]
        webhook._set_up(keys, tolerance, clock, replay_store)
        return webhook

    def _set_up(
        self,
        keys: Sequence[VerifyKey],
        tolerance: float,
        clock: Callable[[], float],
        replay_store: ReplayStore | None,
    ) -> None:
        if not keys:
            raise ValueError("no webhook secret: an empty one would verify anybody's forgery")
        if not (tolerance > 0 and isfinite(tolerance)):
            raise ValueError("tolerance must be a positive number of seconds")
        self._keys = keys
        self._hmac_keys = [key for key in keys if isinstance(key, HmacKey)]
        self._tolerance = tolerance
        self._clock = clock
        self._replay_store = replay_store
        self._handled = MemoryReplayStore(clock=clock) if replay_store is None else replay_store

    def __repr__(self) -> str:
        return f"<Webhook with {len(self._keys)} secret(s), tolerance {self._tolerance} s>"

    def verify(self, body: bytes | bytearray | memoryview | str, headers: HeaderSource) -> bytes:
        """Check a delivery.

        Args:
            body: The request body as it came, before any parsing; text is encoded as UTF-8.
            headers: The request's headers: a mapping, a framework's multi-dict, or pairs.

        Returns:
            The body's bytes.

        Raises:
            WebhookVerificationError: It is not authentic, or not fresh; `reason` says which.
            TypeError: The body is neither bytes nor text, or the headers are no headers.
        """
        raw = body if type(body) is bytes else as_bytes(body)
        now = self._clock()
        for key in self._hmac_keys:
            if key.accepts_plainly(raw, headers, now, self._tolerance):
                break
        else:
            reason = refusal(self._keys, raw, headers, now=now, tolerance=self._tolerance)
            if reason is not None:
                raise _refused(reason)
        if self._replay_store is not None:
            self._remember(self._replay_store, headers, now)
        return raw

    def _remember(self, store: ReplayStore, headers: HeaderSource, now: float) -> None:
        found = standard_headers(headers)
        if isinstance(found, str):  # pragma: no cover - verified just before
            raise _refused(found)
        message_id, timestamp, _ = found
        # Until the timestamp itself is refused, and one second for the clock's fraction.
        seconds = int(timestamp) + self._tolerance - now + 1
        if not store.add(f"delivery:{message_id}.{int(timestamp)}", seconds):
            raise _refused("replayed")

    @contextmanager
    def once(
        self, id: str, *, lease: float = LEASE_SECONDS, remember: float = REMEMBER_SECONDS
    ) -> Iterator[None]:
        """Run a handler once for each message id, however often the message comes.

        The id counts as handled only when the block ends without an exception: a handler that
        fails or is cancelled gets its message again. Without a `replay_store` the ids are kept in
        this object's memory.

        Args:
            id: The message's `webhook-id`.
            lease: Seconds after which a handler that never ended (its process died) counts as
                failed. Longer than the handler takes.
            remember: Seconds to remember a handled id.

        Raises:
            WebhookVerificationError: Reason `replayed`: the message was handled before. Answer
                with a success, so that the sender stops.
            WebhookError: Another worker is handling the message now. Answer with an error, so that
                the sender tries again.
        """
        store = self._handled
        done, busy = f"handled:{id}", f"handling:{id}"
        if store.has(done):
            raise _refused("replayed")
        if not store.add(busy, lease):
            raise WebhookError("another worker is handling this webhook message")
        try:
            # The other worker may have ended between the two questions above.
            if store.has(done):
                raise _refused("replayed")
            yield
            store.add(done, remember)
        finally:
            store.discard(busy)

    def sign(
        self, id: str, timestamp: int | float | datetime, body: bytes | bytearray | memoryview | str
    ) -> str:
        """Sign a delivery, for tests of a receiver.

        Args:
            id: The message id.
            timestamp: Epoch seconds (a fraction is dropped), or an aware datetime.
            body: The request body.

        Returns:
            The value of the `webhook-signature` header.

        Raises:
            ValueError: There are only `whpk_` keys, which cannot sign, or the id holds a
                character that ids may not hold.
        """
        if not self._hmac_keys:
            raise ValueError("a whpk_ key only verifies; sign with WebhookSigner and the whsk_ key")
        return sign(self._hmac_keys[0], id, _epoch_seconds(timestamp), as_bytes(body))

    def signed_headers(
        self, id: str, timestamp: int | float | datetime, body: bytes | bytearray | memoryview | str
    ) -> dict[str, str]:
        """The three headers of a delivery, for tests of a receiver; arguments as for `sign`."""
        return _signed_headers(id, timestamp, self.sign(id, timestamp, body))


class WebhookSigner:
    """Signs deliveries as the sender does, for tests of a receiver.

    Args:
        secret: `whsec_...` (v1) or `whsk_...` (v1a; needs the `ed25519` extra).
        allow_short_secret: Accept secrets of fewer than 24 bytes.

    Raises:
        ValueError: The secret is empty, undecodable, of a wrong length, or not one that signs.
    """

    def __init__(self, secret: str, *, allow_short_secret: bool = False) -> None:
        self._key: SigningKey = parse_signing_key(secret, allow_short=allow_short_secret)

    def sign(
        self, id: str, timestamp: int | float | datetime, body: bytes | bytearray | memoryview | str
    ) -> str:
        """Sign a delivery; arguments and result as for `Webhook.sign`."""
        return sign(self._key, id, _epoch_seconds(timestamp), as_bytes(body))

    def signed_headers(
        self, id: str, timestamp: int | float | datetime, body: bytes | bytearray | memoryview | str
    ) -> dict[str, str]:
        """The three headers of a delivery; arguments as for `sign`."""
        return _signed_headers(id, timestamp, self.sign(id, timestamp, body))


class _Shared(Protocol):
    @property
    def brand(self) -> Brand: ...
    @property
    def clock(self) -> Clock: ...


class _Settings(Protocol):
    @property
    def strict(self) -> bool: ...


class _Client(Protocol):
    """What `ClientWebhooks` asks of a client."""

    @property
    def _shared(self) -> _Shared: ...
    @property
    def _settings(self) -> _Settings: ...
    @property
    def _webhook_secret(self) -> Any: ...


class ClientWebhooks:
    """`client.webhooks`: verify deliveries and read their events. No API key is needed for it."""

    _client: Any

    def __init__(self, client: _Client) -> None:
        self._client = client

    def unwrap(
        self,
        body: bytes | bytearray | memoryview | str,
        headers: HeaderSource,
        *,
        secret: str | Sequence[str] | None = None,
    ) -> WebhookEvent:
        """Verify a delivery and read its event.

        Args:
            body: The request body as it came, before any parsing.
            headers: The request's headers: a mapping, a framework's multi-dict, or pairs.
            secret: The endpoint's secret or secrets; else the client's `webhook_secret=`, else
                the environment's `<PREFIX>_WEBHOOK_SECRET`.

        Returns:
            The event, by its tag; one with an unknown tag is an `UnknownEvent`.

        Raises:
            WebhookVerificationError: It is not authentic, or not fresh; `reason` says which.
            WebhookPayloadError: The signature is good, the body is no event.
            ValueError: No secret was given, or it is not one that verifies.
        """
        from . import webhook_events
        from ._core.messages import parse_json, read_message

        raw = self._webhook(secret).verify(body, headers)
        data = parse_json(raw, "the webhook's body", WebhookPayloadError)
        tag = data.get(webhook_events.DISCRIMINATOR) if isinstance(data, dict) else None
        if not isinstance(tag, str):
            raise WebhookPayloadError(
                f"the webhook's body is no object with {webhook_events.DISCRIMINATOR!r}"
            )
        known = webhook_events.EVENTS.get(tag)
        event: WebhookEvent = read_message(
            known or webhook_events.UnknownEvent,
            raw,
            what=f"the webhook {tag}" if known else "the webhook's body",
            strict=self._client._settings.strict,
            invalid=WebhookPayloadError,
        )
        return event

    def verify(
        self,
        body: bytes | bytearray | memoryview | str,
        headers: HeaderSource,
        *,
        secret: str | Sequence[str] | None = None,
    ) -> bytes:
        """Verify a delivery and hand out its bytes; arguments and errors as for `unwrap`."""
        return self._webhook(secret).verify(body, headers)

    def sign(
        self,
        id: str,
        timestamp: int | float | datetime,
        body: bytes | bytearray | memoryview | str,
        *,
        secret: str | Sequence[str] | None = None,
    ) -> str:
        """Sign a delivery, for tests of a receiver; as `Webhook.sign`."""
        return self._webhook(secret).sign(id, timestamp, body)

    def _webhook(self, secret: str | Sequence[str] | None) -> Webhook:
        client: _Client = self._client
        variable = f"{client._shared.brand.env_prefix}_WEBHOOK_SECRET"
        if secret is None:
            secret = client._webhook_secret
        if secret is None:
            secret = os.environ.get(variable)
        if secret is None:
            raise ValueError(
                f"No webhook secret: pass secret=, give the client webhook_secret=, or set {variable}"
            )
        return Webhook(secret, clock=client._shared.clock.time)


def _each(secret: Any) -> list[Any]:
    return [secret] if isinstance(secret, (str, bytes)) else list(secret or ())


def _refused(reason: Reason) -> WebhookVerificationError:
    return WebhookVerificationError(reason, f"{reason}: {EXPLANATIONS[reason]}")


def _signed_headers(
    message_id: str, timestamp: int | float | datetime, signature: str
) -> dict[str, str]:
    values = (message_id, str(_epoch_seconds(timestamp)), signature)
    return dict(zip(STANDARD_HEADERS, values, strict=True))


def _epoch_seconds(timestamp: int | float | datetime) -> int:
    if isinstance(timestamp, datetime):
        if timestamp.tzinfo is None:
            raise ValueError("a webhook timestamp needs a time zone: datetime.now(timezone.utc)")
        return floor(timestamp.timestamp())
    return floor(timestamp)

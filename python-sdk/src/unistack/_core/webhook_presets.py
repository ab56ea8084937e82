"""Signatures of other senders: GitHub, Stripe, Slack."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Any

from .errors import WebhookVerificationError
from .signature import (
    EXPLANATIONS,
    MAX_HEADER_BYTES,
    MAX_SIGNATURES,
    HeaderSource,
    Reason,
    as_bytes,
    header_values,
    refused_time,
)
from .signature_keys import HmacKey

__all__ = ["GitHubWebhook", "SlackWebhook", "StripeWebhook"]


class _HexReceiver(ABC):
    """Senders that sign in lower-case hexadecimal, under a secret that is used as it is written."""

    def __init__(self, secret: str | Sequence[str]) -> None:
        secrets: list[Any] = [secret] if isinstance(secret, str) else list(secret or ())
        if not secrets or not all(isinstance(one, str) and one for one in secrets):
            raise ValueError("the webhook secret is empty: it would verify anybody's forgery")
        self._keys = [HmacKey(one.encode("utf-8")) for one in secrets]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self._keys)} secret(s)>"

    def verify(self, body: bytes | bytearray | memoryview | str, headers: HeaderSource) -> bytes:
        """Check a delivery.

        Args:
            body: The request body as it came, before any parsing.
            headers: The request's headers.

        Returns:
            The body's bytes.

        Raises:
            WebhookVerificationError: It is not authentic, or not fresh; `reason` says which.
        """
        raw = as_bytes(body)
        reason = self._refusal(raw, headers)
        if reason == "missing_header":
            raise WebhookVerificationError(reason, f"{reason}: the sender's signature is missing")
        if reason is not None:
            raise WebhookVerificationError(reason, f"{reason}: {EXPLANATIONS[reason]}")
        return raw

    @abstractmethod
    def _refusal(self, body: bytes, headers: HeaderSource) -> Reason | None:
        """Why the delivery must be refused, or None."""

    def _match(self, message: bytes, signatures: Sequence[str]) -> Reason | None:
        if len(signatures) > MAX_SIGNATURES:
            return "too_many_signatures"
        expected = [key.digest(message).hex().encode("ascii") for key in self._keys]
        found = False
        for signature in signatures:
            candidate = signature.encode("utf-8", "surrogatepass")
            for token in expected:
                if compare_digest(candidate, token):
                    found = True
        return None if found else "no_match"


class _TimedReceiver(_HexReceiver):
    def __init__(
        self,
        secret: str | Sequence[str],
        *,
        tolerance: float = 300,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(secret)
        if not 0 < tolerance < float("inf"):
            raise ValueError("tolerance must be a positive number of seconds")
        self._tolerance = tolerance
        self._clock = clock

    def _refused_time(self, timestamp: str) -> Reason | None:
        return refused_time(timestamp, self._clock(), self._tolerance)


class GitHubWebhook(_HexReceiver):
    """GitHub's `X-Hub-Signature-256` (docs.github.com, "Validating webhook deliveries").

    GitHub signs no timestamp, so an old delivery cannot be told from a new one: deduplicate by
    `X-GitHub-Delivery`.

    Args:
        secret: The webhook's secret as text; a list while it is being rotated.
    """

    def _refusal(self, body: bytes, headers: HeaderSource) -> Reason | None:
        (values,) = header_values(headers, ("x-hub-signature-256",))
        if not values:
            return "missing_header"
        if sum(map(len, values)) > MAX_HEADER_BYTES:
            return "too_many_signatures"
        return self._match(body, [v[7:] for v in values if v.startswith("sha256=")])


class StripeWebhook(_TimedReceiver):
    """Stripe's `Stripe-Signature: t=...,v1=...` (docs.stripe.com/webhooks, "Verify manually").

    Args:
        secret: The endpoint's secret, `whsec_...`, used as it is written; a list rotates.
        tolerance: Seconds allowed between the timestamp and now, either way.
        clock: Epoch seconds.
    """

    def _refusal(self, body: bytes, headers: HeaderSource) -> Reason | None:
        (values,) = header_values(headers, ("stripe-signature",))
        if not values:
            return "missing_header"
        if sum(map(len, values)) > MAX_HEADER_BYTES:
            return "too_many_signatures"
        pairs = [item.partition("=") for value in values for item in value.split(",")]
        times = [value for name, _, value in pairs if name.strip() == "t"]
        if len(times) != 1:
            return "bad_timestamp"
        reason = self._refused_time(times[0])
        if reason is not None:
            return reason
        signatures = [value for name, _, value in pairs if name.strip() == "v1"]
        return self._match(times[0].encode("ascii") + b"." + body, signatures)


class SlackWebhook(_TimedReceiver):
    """Slack's `X-Slack-Signature: v0=...` (docs.slack.dev, "Verifying requests from Slack").

    Args:
        secret: The app's signing secret as text; a list rotates.
        tolerance: Seconds allowed between the timestamp and now, either way.
        clock: Epoch seconds.
    """

    def _refusal(self, body: bytes, headers: HeaderSource) -> Reason | None:
        times, values = header_values(headers, ("x-slack-request-timestamp", "x-slack-signature"))
        if not (times and values):
            return "missing_header"
        if len(times) > 1:
            return "bad_timestamp"
        reason = self._refused_time(times[0])
        if reason is not None:
            return reason
        if sum(map(len, values)) > MAX_HEADER_BYTES:
            return "too_many_signatures"
        message = b"v0:" + times[0].encode("ascii") + b":" + body
        return self._match(message, [v[3:] for v in values if v.startswith("v0=")])

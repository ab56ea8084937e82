"""Errors by neutral name."""

from __future__ import annotations

import asyncio
from typing import Any

from unistack import errors

from .values import to_json

__all__ = ["describe"]

_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (errors.APITimeoutError, "timeout"),
    (errors.APIConnectionError, "connection"),
    (errors.NotModifiedError, "not_modified"),
    (errors.BadRequestError, "bad_request"),
    (errors.AuthenticationError, "authentication"),
    (errors.PaymentRequiredError, "payment_required"),
    (errors.PermissionDeniedError, "permission_denied"),
    (errors.NotFoundError, "not_found"),
    (errors.ConflictError, "conflict"),
    (errors.UnprocessableEntityError, "unprocessable"),
    (errors.RateLimitError, "rate_limited"),
    (errors.InternalServerError, "server"),
    (errors.APIStatusError, "status"),
    (errors.APIResponseValidationError, "response_invalid"),
    (errors.RateLimitWaitError, "rate_limit_wait"),
    (errors.PaginationError, "pagination"),
    (errors.WebhookVerificationError, "webhook_verification"),
    (errors.WebhookPayloadError, "webhook_payload"),
    (ValueError, "usage"),
    (TypeError, "usage"),
    (asyncio.CancelledError, "cancelled"),
)


def describe(error: BaseException) -> dict[str, Any]:
    """The answer's `error`."""
    kind = next((name for cls, name in _KINDS if isinstance(error, cls)), "internal")
    # AttributeError and the like never reach a user by design; they are the runner's business.
    made: dict[str, Any] = {"kind": kind, "message": str(error), "type": type(error).__name__}
    if isinstance(error, errors.APIError):
        made["status"] = error.status_code
        made["code"] = error.code
        made["details"] = to_json(error.details)
        made["request_id"] = error.request_id
        made["api_message"] = error.message
    if isinstance(error, errors.WebhookVerificationError):
        made["reason"] = error.reason
    if isinstance(error, errors.PaginationError):
        made["token"] = error.token
    wait = getattr(error, "wait", None) or getattr(error, "retry_after", None)
    if wait is not None:
        made["wait"] = wait
    return made

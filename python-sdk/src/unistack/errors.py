"""Every error that the SDK raises.

The base class carries the API's name; its neutral name is `SDKError`.

    SDKError
    ├── APIError
    │   ├── APIConnectionError            no response
    │   │   └── APITimeoutError           no response in time
    │   ├── APIStatusError                the server answered with a failure
    │   │   ├── NotModifiedError          304
    │   │   ├── BadRequestError           400
    │   │   ├── AuthenticationError       401
    │   │   ├── PaymentRequiredError      402
    │   │   ├── PermissionDeniedError     403
    │   │   ├── NotFoundError             404
    │   │   ├── ConflictError             409
    │   │   ├── UnprocessableEntityError  422
    │   │   ├── RateLimitError            429
    │   │   └── InternalServerError       5xx
    │   └── APIResponseValidationError    a success that is not what the API promises
    ├── RateLimitWaitError                not sent: the wait would be too long
    ├── PaginationError                   the pages make no progress
    └── WebhookError
        ├── WebhookVerificationError      not authentic, or not fresh
        └── WebhookPayloadError           authentic, and not what the API promises
"""

from __future__ import annotations

from . import _brand
from ._brand import *  # noqa: F403 - the brand's name of the base error
from ._core.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    NotModifiedError,
    PaginationError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
    RateLimitWaitError,
    SDKError,
    UnexpectedDataWarning,
    UnprocessableEntityError,
    WebhookError,
    WebhookPayloadError,
    WebhookVerificationError,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "InternalServerError",
    "NotFoundError",
    "NotModifiedError",
    "PaginationError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitWaitError",
    "SDKError",
    "UnexpectedDataWarning",
    "UnprocessableEntityError",
    "WebhookError",
    "WebhookPayloadError",
    "WebhookVerificationError",
]
__all__ += _brand.__all__

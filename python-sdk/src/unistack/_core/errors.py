"""Every error that the SDK raises; the tree is drawn in the package's public `errors` module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

__all__ = [
    "STATUS_ERRORS",
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
    "status_error_class",
]

# Users meet the classes as `<package>.errors.X`; tracebacks and pickles say so.
_PUBLIC: Final = f"{(__package__ or '').rpartition('.')[0]}.errors"


def _restore(cls: type[SDKError], args: tuple[Any, ...], state: dict[str, Any]) -> SDKError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class SDKError(Exception):
    """Base of every error of this SDK.

    Attributes:
        resume_token: When an iteration failed, where to take it up again: pass it to
            `.items(resume_token=...)`.
    """

    __module__ = _PUBLIC
    resume_token: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__ == __name__:
            cls.__module__ = _PUBLIC

    def __reduce__(self) -> tuple[Any, ...]:
        # The default rebuilds from `args` alone, which keyword-only constructors refuse.
        return (_restore, (type(self), self.args, self.__dict__.copy()))


class APIError(SDKError):
    """A call failed.

    Attributes:
        message: What went wrong, in the server's words where it has any.
        method: HTTP method of the request.
        url: URL of the request, secrets stripped.
        request: A copy of the request without credentials and body.
        response: The response, where there is one; its body is read.
        status_code: HTTP status, None without a response.
        code: The API's machine-readable code.
        details: Further facts from the body, of any JSON type.
        request_id: The request's id, for the API's support.
        body: The decoded body: JSON values, or text.
    """

    def __init__(
        self,
        message: str,
        *,
        request: httpx.Request | None = None,
        response: httpx.Response | None = None,
        code: str | None = None,
        details: Any = None,
        request_id: str | None = None,
        body: Any = None,
    ) -> None:
        self.message = message
        self.request = request
        self._response = response
        self.code = code
        self.details = details
        self.request_id = request_id
        self.body = body
        self.method: str | None = None if request is None else request.method
        self.url: str | None = None if request is None else str(request.url)
        super().__init__(self._text())

    @property
    def response(self) -> httpx.Response | None:
        """The response, where there is one."""
        return self._response

    @property
    def status_code(self) -> int | None:
        """HTTP status, None without a response."""
        return None if self._response is None else self._response.status_code

    def _text(self) -> str:
        head = " ".join(str(part) for part in (self.status_code, self.code) if part is not None)
        text = f"{head}: {self.message}" if head else self.message
        if self.request_id:
            text += f" (request {self.request_id})"
        return f"{text} - {self.method} {self.url}" if self.method else text


class APIConnectionError(APIError):
    """No response: the connection failed, or broke. The cause is `__cause__`.

    Attributes:
        kind: What broke: connect (nothing was sent), timeout, read, write, tls, deadline, or
            programming (the request cannot be sent as it is).
    """

    kind: str = "connect"


class APITimeoutError(APIConnectionError):
    """No response in time, or the call's deadline has passed."""


class APIStatusError(APIError):
    """The server answered, and not with a success.

    Attributes:
        retry_after: Seconds that the server asked to wait, None when it did not say.
    """

    retry_after: float | None = None

    @property
    def response(self) -> httpx.Response:
        """The response; its body is read."""
        assert self._response is not None
        return self._response

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self.response.status_code


class NotModifiedError(APIStatusError):
    """304: what the caller holds (`if_none_match=`) is still current."""


class BadRequestError(APIStatusError):
    """400: the request is malformed."""


class AuthenticationError(APIStatusError):
    """401: no credential, or one that the server does not accept."""


class PaymentRequiredError(APIStatusError):
    """402: out of credits."""


class PermissionDeniedError(APIStatusError):
    """403: the credential does not allow this."""


class NotFoundError(APIStatusError):
    """404: no such thing."""


class ConflictError(APIStatusError):
    """409: the request conflicts with the present state."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed, its values are not valid."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says how long to wait."""


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


class APIResponseValidationError(APIError):
    """A success whose body is not what the API promises: HTML, a cut body, another JSON kind."""

    @property
    def response(self) -> httpx.Response:
        """The response, as far as its body could be read."""
        assert self._response is not None
        return self._response

    @property
    def status_code(self) -> int:
        """HTTP status, a 2xx."""
        return self.response.status_code


class RateLimitWaitError(SDKError):
    """Not sent: staying within the rate limit would take longer than the caller allows.

    Attributes:
        wait: Seconds that the request would have had to wait.
        policy: The policy that meters the request, None for the host's own.
        method: HTTP method of the request that was not sent.
        url: Its URL, secrets stripped.
    """

    def __init__(
        self,
        message: str,
        *,
        wait: float,
        policy: str | None = None,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        self.wait = wait
        self.policy = policy
        self.method = method
        self.url = url
        super().__init__(f"{message} - {method} {url}" if method else message)


class PaginationError(SDKError):
    """The pages make no progress, or the resume token does not belong to this list.

    Attributes:
        token: The cursor, URL or page number that came twice.
    """

    def __init__(self, message: str, *, token: str | None = None) -> None:
        self.token = token
        super().__init__(message)


class WebhookError(SDKError):
    """Base of what can be wrong with a webhook."""


class WebhookVerificationError(WebhookError):
    """The message is not authentic, or not fresh.

    Attributes:
        reason: missing_header, bad_timestamp, too_old, too_new, no_match, bad_id,
            too_many_signatures or replayed.
    """

    def __init__(self, reason: str, message: str | None = None) -> None:
        self.reason = reason
        super().__init__(message or f"webhook verification failed: {reason}")


class WebhookPayloadError(WebhookError):
    """The signature is good, the body is not JSON of the expected kind."""


class UnexpectedDataWarning(UserWarning):
    """A response does not fit the documented type and was read leniently."""

    __module__ = _PUBLIC


STATUS_ERRORS: Final[dict[int, type[APIStatusError]]] = {
    304: NotModifiedError,
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
_SERVER_ERRORS: Final = 500


def status_error_class(status: int) -> type[APIStatusError]:
    """Choose the class of an unsuccessful status."""
    if status >= _SERVER_ERRORS:
        return InternalServerError
    return STATUS_ERRORS.get(status, APIStatusError)

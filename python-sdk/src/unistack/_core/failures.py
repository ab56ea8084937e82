"""From what the wire did to an error: exceptions of the transport, unsuccessful responses."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any, Final

from .errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    status_error_class,
)
from .pointers import first_value
from .redaction import REDACTED, redacted_request, redacted_url
from .retry import ErrorKind, server_wait

if TYPE_CHECKING:
    from .brand import ErrorShape

__all__ = [
    "bodiless",
    "connection_error",
    "deadline_error",
    "error_kind",
    "failure_facts",
    "invalid_response",
    "request_id_of",
    "status_error",
]

# By class name, most specific first: the exception may be httpx's or a compatible library's, and
# neither is imported for the other's sake.
_KINDS: Final[tuple[tuple[str, ErrorKind], ...]] = (
    ("ConnectTimeout", "connect"),
    ("PoolTimeout", "connect"),
    ("ConnectError", "connect"),
    ("ProxyError", "connect"),
    ("TimeoutException", "timeout"),
    ("ReadError", "read"),
    ("WriteError", "write"),
    ("CloseError", "read"),
    ("RemoteProtocolError", "read"),
    ("NetworkError", "read"),
)
_EXCERPT: Final = 200  # characters of a body that is no error envelope
# First bytes of failed handshakes, by OpenSSL's names.
_TLS_WORDS: Final = ("SSL", "CERTIFICATE_VERIFY_FAILED")


def _is_tls(error: BaseException) -> bool:
    link: BaseException | None = error
    seen: set[int] = set()  # chains can be circular: an exception raised anew has itself behind it
    while link is not None and id(link) not in seen:
        if isinstance(link, ssl.SSLError):
            return True
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return False


def error_kind(error: BaseException) -> ErrorKind | None:
    """What broke, or None when the exception is not the transport's (a mistake in the program)."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if "TransportError" not in names:
        return "programming" if "InvalidURL" in names else None
    for name, kind in _KINDS:
        if name in names:
            return "tls" if kind != "timeout" and _is_tls(error) else kind
    return "programming"


def connection_error(
    error: BaseException, kind: ErrorKind, request: Any, secret_names: frozenset[str]
) -> APIConnectionError:
    """Make the error of a request without a response."""
    shown = redacted_request(request, secret_names)
    if any(cls.__name__ == "TimeoutException" for cls in type(error).__mro__):
        late = APITimeoutError("no response in time", request=shown)
        late.kind = kind
        return late
    words = {
        "connect": "could not connect",
        "tls": "TLS failed",
        "programming": "the request cannot be sent",
    }.get(kind, "the connection broke")
    reason = str(error)
    broken = APIConnectionError(f"{words}: {reason}" if reason else words, request=shown)
    broken.kind = kind
    return broken


def deadline_error(method: str, url: str, secret_names: frozenset[str]) -> APITimeoutError:
    """Make the error of a call whose deadline has passed."""
    import httpx

    shown = httpx.Request(method, redacted_url(url, secret_names))
    late = APITimeoutError("the deadline has passed", request=shown)
    late.kind = "deadline"
    return late


def request_id_of(response: Any) -> str | None:
    """The request's id from the response's headers."""
    value: str | None = response.headers.get("x-request-id") or response.headers.get("request-id")
    return value


def _shown(response: Any, request: Any, secret_names: frozenset[str]) -> Any:
    """Make a response safe to keep in an error: no credential hangs on it any more."""
    shown = redacted_request(request, secret_names)
    response.request = shown
    response.history = []
    response.next_request = None
    if "set-cookie" in response.headers:
        response.headers["set-cookie"] = REDACTED
    return shown


def bodiless(response: Any, request: Any) -> Any:
    """Copy a response whose body broke off, so that its other facts can be read."""
    headers = [
        pair
        for pair in response.headers.multi_items()
        if pair[0].lower() not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return type(response)(response.status_code, headers=headers, content=b"", request=request)


def _decoded(response: Any) -> Any:
    try:
        content = response.content
    except RuntimeError:  # a stream that nobody has read
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return response.text or None


def _excerpt(body: Any) -> str | None:
    """A short text body says what is wrong; markup does not."""
    if not isinstance(body, str):
        return None
    text = " ".join(body.split())
    if not text or text.startswith("<"):
        return None
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 3]}..."


def _parts(body: Any, shape: ErrorShape) -> tuple[str | None, str | None, Any, str | None]:
    if not isinstance(body, dict | list):
        return None, None, None, None
    code = first_value(body, shape.code)
    message = first_value(body, shape.message)
    details = first_value(body, shape.details)
    request_id = first_value(body, shape.request_id)
    return (
        str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None,
        message if isinstance(message, str) else None,
        details,
        str(request_id) if isinstance(request_id, str | int) else None,
    )


def status_error(
    response: Any,
    request: Any,
    shape: ErrorShape,
    secret_names: frozenset[str],
    wall: float,
    remedy: str | None = None,
) -> APIStatusError:
    """Make the error of an unsuccessful response; its body is read.

    Args:
        response: The response.
        request: What was sent.
        shape: Where the parts of an error stand.
        secret_names: Names that hold credentials.
        wall: Epoch seconds now.
        remedy: What the caller can do about it.
    """
    body = _decoded(response)
    code, message, details, request_id = _parts(body, shape)
    text = message or _excerpt(body) or response.reason_phrase or "no message"
    error = status_error_class(response.status_code)(
        f"{text} ({remedy})" if remedy else text,
        request=_shown(response, request, secret_names),
        response=response,
        code=code,
        details=details,
        request_id=request_id or request_id_of(response),
        body=body,
    )
    error.retry_after = server_wait(response.headers, wall)
    return error


def invalid_response(
    message: str,
    response: Any,
    request: Any,
    shape: ErrorShape,
    secret_names: frozenset[str],
) -> APIResponseValidationError:
    """Make the error of a success that is none."""
    body = _decoded(response)
    code, _, details, request_id = _parts(body, shape)
    return APIResponseValidationError(
        message,
        request=_shown(response, request, secret_names),
        response=response,
        code=code,
        details=details,
        request_id=request_id or request_id_of(response),
        body=body,
    )


def failure_facts(error: APIError) -> dict[str, Any]:
    """What `retry.decide` wants to know of an error."""
    if isinstance(error, APIStatusError):
        return {
            "status": error.status_code,
            "code": error.code,
            "headers": error.response.headers,
        }
    return {"error_kind": getattr(error, "kind", "programming")}

"""The raw body and the headers of a webhook, out of a web framework's request.

A signature covers the bytes as they came, so the body has to be taken before anything parses it.
Each framework has its own way to lose them; these functions know it and say so, instead of handing
an empty body to the verification:

```python
@app.post("/hooks")
async def hook(request: Request):                       # FastAPI, Starlette
    event = client.webhooks.unwrap(*await starlette_request(request))
```

What they return fits every `verify` and `unwrap` of this package. No framework is imported here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from ._core.signature import HeaderSource

__all__ = [
    "SignedRequest",
    "aiohttp_request",
    "django_request",
    "flask_request",
    "starlette_request",
]


class SignedRequest(NamedTuple):
    """What a signature is checked against.

    Attributes:
        body: The request body, byte for byte.
        headers: The request's headers, repeated ones included where the framework keeps them.
    """

    body: bytes
    headers: HeaderSource


class _StarletteRequest(Protocol):
    @property
    def headers(self) -> Any: ...
    def body(self) -> Awaitable[bytes]: ...


class _AiohttpRequest(Protocol):
    @property
    def headers(self) -> Any: ...
    @property
    def content_length(self) -> int | None: ...
    def read(self) -> Awaitable[bytes]: ...


class _DjangoRequest(Protocol):
    @property
    def headers(self) -> Any: ...
    @property
    def body(self) -> bytes: ...


async def starlette_request(request: _StarletteRequest) -> SignedRequest:
    """Take body and headers of a Starlette or FastAPI request.

    Args:
        request: The `Request`. In FastAPI the endpoint declares it as its only body: a `Form()` or
            `File()` parameter would consume the body first.

    Raises:
        RuntimeError: `request.form()` or `request.stream()` has consumed the body.
    """
    try:
        body = await request.body()
    except RuntimeError as error:
        raise _consumed("request.form() or request.stream()", "starlette_request") from error
    return SignedRequest(body, request.headers)


def flask_request(request: Any = None) -> SignedRequest:
    """Take body and headers of a Flask (Werkzeug) request.

    Args:
        request: The request; by default `flask.request`.

    Raises:
        RuntimeError: `request.form`, `request.files` or `request.stream` has consumed the body;
            Flask itself would hand out an empty one.
    """
    if request is None:
        request = import_module("flask").request  # by name: the type checker need not know it
    body: bytes = request.get_data(cache=True, as_text=False, parse_form_data=False)
    if not body and request.content_length:
        raise _consumed("request.form, request.files or request.stream", "flask_request")
    return SignedRequest(body, request.headers)


def django_request(request: _DjangoRequest) -> SignedRequest:
    """Take body and headers of a Django request.

    The view needs `@csrf_exempt`: a webhook has no CSRF token, and the check would read the body.

    Args:
        request: The `HttpRequest`.

    Raises:
        RuntimeError: `request.POST`, `request.FILES` or `request.read()` has consumed the body.
    """
    try:
        body = request.body
    except Exception as error:
        # By name: importing Django would be for its type alone.
        if type(error).__name__ != "RawPostDataException":
            raise
        by = "request.POST, request.FILES or request.read()"
        raise _consumed(by, "django_request") from error
    return SignedRequest(body, request.headers)


async def aiohttp_request(request: _AiohttpRequest) -> SignedRequest:
    """Take body and headers of an aiohttp server request.

    Args:
        request: The `web.Request`.

    Raises:
        RuntimeError: `request.post()`, `request.multipart()` or `request.content` has consumed the
            body; aiohttp itself would hand out an empty one.
    """
    body = await request.read()
    if not body and request.content_length:
        raise _consumed("request.post(), request.multipart() or request.content", "aiohttp_request")
    return SignedRequest(body, request.headers)


def _consumed(by: str, function: str) -> RuntimeError:
    return RuntimeError(
        f"the request's body is gone: {by} has read it. Call {function}() first, also before any"
        " middleware or hook that reads forms"
    )

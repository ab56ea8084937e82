"""OpenTelemetry as middleware: a client span for each attempt, and its context sent along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .redaction import redacted_url

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncOpenTelemetry", "OpenTelemetry"]

_ERRORS_FROM = 400


class _Spans:
    """Makes spans; names and attributes are the HTTP semantic conventions' (1.23, stable).

    Args:
        tracer_provider: Whose tracer makes the spans; None is the global one.

    Raises:
        ImportError: When opentelemetry-api is not installed.
    """

    def __init__(self, tracer_provider: Any = None) -> None:
        try:
            # By name, since the SDK does not depend on it, and neither do its type checks.
            trace = import_module("opentelemetry.trace")
            self._inject = import_module("opentelemetry.propagate").inject
        except ImportError:
            raise ImportError(
                "this middleware needs opentelemetry-api: install the extra opentelemetry"
            ) from None
        package = __name__.partition(".")[0]
        self._tracer = trace.get_tracer(package, tracer_provider=tracer_provider)
        self._kind = trace.SpanKind.CLIENT
        self._failed = trace.Status(trace.StatusCode.ERROR)

    @contextmanager
    def _span(self, request: httpx.Request) -> Iterator[Callable[[httpx.Response], httpx.Response]]:
        """Open a span around an attempt; what it yields notes the response."""
        url = request.url
        secret_names = request.extensions.get("secret_names", frozenset())
        attributes: dict[str, Any] = {
            "http.request.method": request.method,
            "url.full": redacted_url(str(url), secret_names),
            "server.address": url.host,
            "server.port": url.port or {"http": 80, "https": 443}.get(url.scheme, 0),
        }
        resends = request.headers.get("x-retry-count")
        if resends is not None and resends.isdecimal():
            attributes["http.request.resend_count"] = int(resends)
        with self._tracer.start_as_current_span(
            request.method, kind=self._kind, attributes=attributes, record_exception=False
        ) as span:
            self._inject(request.headers)

            def note(response: httpx.Response) -> httpx.Response:
                span.set_attribute("http.response.status_code", response.status_code)
                if response.status_code >= _ERRORS_FROM:
                    span.set_attribute("error.type", str(response.status_code))
                    span.set_status(self._failed)
                return response

            try:
                yield note
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise


class OpenTelemetry(_Spans):
    """Middleware for the sync client: `middleware=[OpenTelemetry()]`."""

    def __call__(
        self, request: httpx.Request, call_next: Callable[[httpx.Request], httpx.Response]
    ) -> httpx.Response:
        """Send inside a span."""
        with self._span(request) as note:
            return note(call_next(request))


class AsyncOpenTelemetry(_Spans):
    """Middleware for the async client: `middleware=[AsyncOpenTelemetry()]`."""

    async def __call__(
        self,
        request: httpx.Request,
        call_next: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> httpx.Response:
        """Send inside a span."""
        with self._span(request) as note:
            return note(await call_next(request))

"""The SDK's retries as an httpx transport, for clients that are not the SDK's own.

Any httpx client can use it (``httpx.Client(transport=RetryTransport())``), and so can the clients
that ``specloom generate --target python-functional`` makes. The decisions are :mod:`.retry`'s, the
waits are driven by tenacity; what a transport cannot know (which operations declare an idempotency
key, which are never metered) it reads off the request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from .clock import Clock, SystemClock
from .errors import RateLimitWaitError
from .failures import error_kind
from .ratelimit import RateLimit, as_rate_limit, read_rate_limit
from .redaction import redacted_url
from .retry import DEFAULT_MAX_RETRIES, DEFAULT_MAX_WAIT, Stop, Wait, decide, server_wait
from .settings import Budget

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AsyncRetryTransport", "RetryTransport"]

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
RETRY_COUNT: Final = "X-Retry-Count"

_FAILURE_FROM: Final = 400
_CONFLICT: Final = 409
_THROTTLED: Final = 429
_PREVIEW: Final = 65536  # bytes of a 409's body that are looked at for its code
_CODES: Final = ("code", "type")


class _Pauses:
    """When the next request to a host may be sent, from what its last responses said."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}  # monotonic seconds
        self.reading: RateLimit | None = None

    def seconds(self, host: str) -> float:
        """How long a request to ``host`` has to wait now; 0 when it may be sent."""
        with self._lock:
            until = self._until.get(host)
            left = 0.0 if until is None else until - self._clock.monotonic()
            if until is not None and left <= 0:
                del self._until[host]
        return max(left, 0.0)

    def observe(self, host: str, response: httpx.Response) -> None:
        """Learn from a response: its quota is used up, or it asks for a pause."""
        wall = self._clock.time()
        reading = read_rate_limit(response.headers, wall)
        pause = None
        if response.status_code == _THROTTLED:
            pause = server_wait(response.headers, wall)  # which wins over the reset
        if pause is None and reading.remaining == 0:
            pause = reading.reset_in
        with self._lock:
            self.reading = as_rate_limit(response.headers, wall, None) or self.reading
            if pause is not None and pause > 0:
                until = self._clock.monotonic() + pause
                self._until[host] = max(self._until.get(host, 0.0), until)


class _Retries:
    """What tenacity asks about one request; `decide` is called once for each failure."""

    def __init__(self, owner: _Base, request: httpx.Request) -> None:
        self._owner = owner
        self._request = request
        self._next = 0.0
        self.code: str | None = None
        self.count = 0
        self.spent = 0

    def again(self, state: Any) -> bool:
        """Whether the attempt failed and is worth another."""
        outcome = state.outcome
        error = outcome.exception() if outcome.failed else None
        return self.wanted(error, None if outcome.failed else outcome.result())

    def wanted(self, error: BaseException | None, response: httpx.Response | None) -> bool:
        """The decision, for tenacity and for the first attempt, which it does not see."""
        owner, request = self._owner, self._request
        facts: dict[str, Any] = {}
        if error is not None:
            kind = error_kind(error)
            if kind is None:
                return False
            facts["error_kind"] = kind
        elif response is not None and response.status_code >= _FAILURE_FROM:
            facts = {"status": response.status_code, "headers": response.headers}
            facts["code"] = self.code
        else:
            return False
        decision = decide(
            self.count,
            method=request.method,
            has_key=owner.idempotency_header in request.headers,
            random=owner.clock.random(),
            budget=owner.budget.tokens,
            now=owner.clock.monotonic(),
            wall=owner.clock.time(),
            max_retries=owner.max_retries,
            max_wait=owner.max_wait,
            **facts,
        )
        if isinstance(decision, Stop) or not owner.budget.take(decision.cost):
            return False
        assert isinstance(decision, Wait)
        self.spent += decision.cost
        self.count += 1
        self._next = decision.seconds
        return True

    def wait(self, state: Any) -> float:
        """The wait that goes with the last decision."""
        return self._next

    def settle(self, response: httpx.Response) -> None:
        """Give back what the retries took, where the last of them succeeded."""
        if response.status_code < _FAILURE_FROM:
            self._owner.budget.refund(self.spent)


class _Base:
    """Settings and state that the sync and the async transport share."""

    def __init__(
        self,
        max_retries: int,
        max_wait: float,
        idempotency_header: str,
        clock: Clock | None,
    ) -> None:
        self.max_retries = max_retries
        self.max_wait = max_wait
        self.idempotency_header = idempotency_header
        self.clock = clock or SystemClock()
        self.budget = Budget()
        self.pauses = _Pauses(self.clock)

    @property
    def rate_limit(self) -> RateLimit | None:
        """The last reading of a response's rate-limit headers; None before the first."""
        return self.pauses.reading

    def _pause(self, request: httpx.Request) -> float:
        """Seconds to wait before sending.

        Raises:
            RateLimitWaitError: More than ``max_wait``.
        """
        seconds = self.pauses.seconds(_host(request))
        if seconds > self.max_wait:
            raise RateLimitWaitError(
                f"the rate limit asks for a wait of {seconds:.1f} s",
                wait=seconds,
                method=request.method,
                url=redacted_url(str(request.url), frozenset()),
            )
        return seconds


class RetryTransport(_Base, httpx.BaseTransport):
    """An ``httpx`` transport that repeats what is safe to repeat.

    It retries connection failures and 408, 429, 500, 502, 503, 504 as the SDK does: idempotent
    methods freely, POST and PATCH only with an idempotency key, before anything was sent, or on
    429. ``Retry-After`` is honoured, and a quota that a response calls used up is waited for
    before the next request to that host. Thread safe.

    Args:
        transport: What sends; by default ``httpx.HTTPTransport()``. Closed with this one.
        max_retries: Retries after a first failure. Default 2.
        max_wait: The longest wait that a server may ask for, in seconds. Default 60. A longer one
            is not waited for: the response is handed out, or RateLimitWaitError raised if the
            request was not sent.
        idempotency_header: The request header that makes a POST repeatable.
        clock: Time and chance; by default the machine's.

    Bodies that can be read only once (generators, files) are never sent a second time.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport | None = None,
        *,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_wait: float = DEFAULT_MAX_WAIT,
        idempotency_header: str = IDEMPOTENCY_HEADER,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(max_retries, max_wait, idempotency_header, clock)
        self._transport = transport or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and repeat where that is safe."""
        retries = _Retries(self, request)
        once = not isinstance(request.stream, httpx.ByteStream)
        try:
            first = self._send(request, retries)
        except Exception as error:
            if once or not retries.wanted(error, None):
                raise
        else:
            if once or not retries.wanted(None, first):
                return first
            first.close()
        return self._repeat(request, retries)

    def _repeat(self, request: httpx.Request, retries: _Retries) -> httpx.Response:
        from tenacity import Retrying

        def again() -> httpx.Response:
            request.headers[RETRY_COUNT] = str(retries.count)
            return self._send(request, retries)

        self.clock.sleep(retries.wait(None))
        response = Retrying(
            retry=retries.again,
            wait=retries.wait,
            sleep=self.clock.sleep,
            before_sleep=_discard,
            reraise=True,
        )(again)
        retries.settle(response)
        return response

    def _send(self, request: httpx.Request, retries: _Retries) -> httpx.Response:
        if (pause := self._pause(request)) > 0:
            self.clock.sleep(pause)
        response = self._transport.handle_request(request)
        self.pauses.observe(_host(request), response)
        retries.code = None
        if response.status_code == _CONFLICT:
            body = b"".join(cast("Iterator[bytes]", response.stream))
            response.close()
            response, retries.code = _rewound(response, body)
        return response

    def close(self) -> None:
        """Close the transport that sends."""
        self._transport.close()

    def __enter__(self) -> RetryTransport:
        self._transport.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._transport.__exit__(exc_type, exc_value, traceback)


class AsyncRetryTransport(_Base, httpx.AsyncBaseTransport):
    """:class:`RetryTransport` for ``httpx.AsyncClient``.

    Args:
        transport: What sends; by default ``httpx.AsyncHTTPTransport()``. Closed with this one.
        max_retries: Retries after a first failure. Default 2.
        max_wait: The longest wait that a server may ask for, in seconds. Default 60.
        idempotency_header: The request header that makes a POST repeatable.
        clock: Time and chance; by default the machine's.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_wait: float = DEFAULT_MAX_WAIT,
        idempotency_header: str = IDEMPOTENCY_HEADER,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(max_retries, max_wait, idempotency_header, clock)
        self._transport = transport or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and repeat where that is safe."""
        retries = _Retries(self, request)
        once = not isinstance(request.stream, httpx.ByteStream)
        try:
            first = await self._send(request, retries)
        except Exception as error:
            if once or not retries.wanted(error, None):
                raise
        else:
            if once or not retries.wanted(None, first):
                return first
            await first.aclose()
        return await self._repeat(request, retries)

    async def _repeat(self, request: httpx.Request, retries: _Retries) -> httpx.Response:
        from tenacity import AsyncRetrying

        async def again() -> httpx.Response:
            request.headers[RETRY_COUNT] = str(retries.count)
            return await self._send(request, retries)

        await self.clock.asleep(retries.wait(None))
        response = cast(
            httpx.Response,
            await AsyncRetrying(
                retry=retries.again,
                wait=retries.wait,
                sleep=self.clock.asleep,
                before_sleep=_adiscard,
                reraise=True,
            )(again),
        )
        retries.settle(response)
        return response

    async def _send(self, request: httpx.Request, retries: _Retries) -> httpx.Response:
        if (pause := self._pause(request)) > 0:
            await self.clock.asleep(pause)
        response = await self._transport.handle_async_request(request)
        self.pauses.observe(_host(request), response)
        retries.code = None
        if response.status_code == _CONFLICT:
            stream = cast("AsyncIterator[bytes]", response.stream)
            body = b"".join([chunk async for chunk in stream])
            await response.aclose()
            response, retries.code = _rewound(response, body)
        return response

    async def aclose(self) -> None:
        """Close the transport that sends."""
        await self._transport.aclose()

    async def __aenter__(self) -> AsyncRetryTransport:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(exc_type, exc_value, traceback)


def _host(request: httpx.Request) -> str:
    return str(request.url.netloc, "ascii")


def _discard(state: Any) -> None:
    """Close a failed response before the wait, so that its connection serves others."""
    if not state.outcome.failed:
        state.outcome.result().close()


async def _adiscard(state: Any) -> None:
    if not state.outcome.failed:
        await state.outcome.result().aclose()


def _rewound(response: httpx.Response, body: bytes) -> tuple[httpx.Response, str | None]:
    """A response whose body was read, as if it were not, and the error code in that body."""

    def copy() -> httpx.Response:
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(body),
            extensions=response.extensions,
        )

    try:
        content = json.loads(copy().read()[:_PREVIEW])
    except (ValueError, httpx.DecodingError):
        return copy(), None
    error = content.get("error", content) if isinstance(content, dict) else None
    if isinstance(error, dict):
        for name in _CODES:
            if isinstance(code := error.get(name), str):
                return copy(), code
    return copy(), None

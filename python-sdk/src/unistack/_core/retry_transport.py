"""The SDK's retries and rate limits as an httpx transport, for clients that are not the SDK's own.

Any httpx client can use it (``httpx.Client(transport=RetryTransport())``), and so can the clients
that ``specloom generate --target python-functional`` makes. The decisions are those of
:mod:`.retry` and :mod:`.ledger`, the waits are driven by tenacity; what a transport cannot know
(which operations declare an idempotency key, which quota meters them) it reads off the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from .accounts import digest
from .clock import Clock, SystemClock
from .commands import Flow, adrive, drive
from .errors import RateLimitWaitError
from .failures import error_kind
from .gate import asked, wait_for_room
from .limiter import Later, RateLimiter
from .quotas import Quotas
from .ratelimit import RateLimit, as_rate_limit, read_rate_limit
from .redaction import redacted_url
from .retry import DEFAULT_MAX_RETRIES, DEFAULT_MAX_WAIT, Stop, decide
from .settings import Budget
from .transmission import ReadBody, Transmit, adiscard, discard, error_code, rewound

if TYPE_CHECKING:
    from types import TracebackType

    from .limiter import Queue

__all__ = ["AsyncRetryTransport", "RetryTransport"]

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
RETRY_COUNT: Final = "X-Retry-Count"

_FAILURE_FROM: Final = 400
_CONFLICT: Final = 409
_CREDENTIALS: Final = ("authorization", "x-api-key", "cookie")


class _Retries:
    """What tenacity asks about one request; `decide` is called once for each failure."""

    def __init__(self, owner: _Base, request: httpx.Request) -> None:
        self._owner = owner
        self._request = request
        self._next = 0.0
        # A body that is read as it is sent cannot be sent again.
        self._once = not isinstance(request.stream, httpx.ByteStream)
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
        if self._once:
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
        self.spent += decision.cost
        self.count += 1
        self._next = decision.seconds
        return True

    def wait(self, state: Any = None) -> float:
        """The wait that goes with the last decision."""
        return self._next

    def settle(self, response: httpx.Response) -> None:
        """Give back what the retries took, where the last of them succeeded."""
        if response.status_code < _FAILURE_FROM:
            self._owner.budget.refund(self.spent)


class _Base:
    """Settings and state that the sync and the async transport share."""

    _transport: Any

    def __init__(
        self,
        max_retries: int,
        max_wait: float,
        idempotency_header: str,
        quota: Callable[[httpx.Request], Hashable] | None,
        rate_limiter: RateLimiter | None,
        clock: Clock | None,
    ) -> None:
        self.max_retries = max_retries
        self.max_wait = max_wait
        self.idempotency_header = idempotency_header
        self.clock = clock or SystemClock()
        self.budget = Budget()
        self._quota = quota
        self._quotas = Quotas()
        self._limiter = rate_limiter or RateLimiter()
        self._reading: RateLimit | None = None

    @property
    def rate_limit(self) -> RateLimit | None:
        """The last reading of a response's rate-limit headers; None before the first."""
        return self._reading

    def _attempt(self, request: httpx.Request, retries: _Retries) -> Flow:
        """Wait for the quota, send once, and book the answer."""
        if retries.count:
            request.headers[RETRY_COUNT] = str(retries.count)
        expected = self._expected(request)
        admission = yield from self._admitted(request, expected, not retries.count)
        started = self.clock.monotonic()
        try:
            response = yield Transmit(self._transport, request)
        except BaseException as error:
            booking = admission.lost()
            if booking is not None and not isinstance(error, GeneratorExit):
                yield booking
            raise
        now, wall = self.clock.monotonic(), self.clock.time()
        self._reading = as_rate_limit(response.headers, wall, None) or self._reading
        actual = self._actual(request, response, wall)
        if actual != expected:  # it was counted elsewhere: book it there
            booking = admission.lost()
            if booking is not None:
                yield booking
            admission = self._queue(actual).unasked(started)
        booking = admission.answered(response.status_code, response.headers, now, wall)
        if booking is not None:
            yield booking
        retries.code = None
        if response.status_code == _CONFLICT:
            body = yield ReadBody(response)
            response = rewound(response, body)
            retries.code = error_code(rewound(response, body))
        return response

    def _expected(self, request: httpx.Request) -> Hashable:
        if self._quota is not None:
            return self._quota(request)
        return self._quotas.expected(request.method, str(request.url), _caller(request))

    def _actual(self, request: httpx.Request, response: httpx.Response, wall: float) -> Hashable:
        if self._quota is not None:
            return self._quota(request)
        limit = read_rate_limit(response.headers, wall).limit
        return self._quotas.actual(request.method, str(request.url), _caller(request), limit)

    def _queue(self, quota: Hashable) -> Queue:
        return self._limiter.queue(quota, lambda: digest(f"{quota!r} {self._limiter.account}"))

    def _admitted(self, request: httpx.Request, quota: Hashable, spread: bool) -> Flow:
        """Wait until the request may be sent without passing its quota.

        Returns:
            An Admission.

        Raises:
            RateLimitWaitError: When that would take longer than `max_wait`.
        """

        def refuse(later: Later) -> None:
            if asked(later) > self.max_wait:
                raise RateLimitWaitError(
                    f"not sent: the rate limit leaves room in {later.seconds:.1f} s",
                    wait=later.seconds,
                    method=request.method,
                    url=redacted_url(str(request.url), frozenset()),
                )

        queue = self._queue(quota)
        first = queue.ask(self.clock.monotonic(), self.clock.random(), spread)
        return (
            yield from wait_for_room(
                first, queue, self.clock, spread, refuse, lambda: self.max_wait
            )
        )


class RetryTransport(_Base, httpx.BaseTransport):
    """An ``httpx`` transport that repeats what is safe to repeat, and waits before a limit.

    It retries connection failures and 408, 429, 500, 502, 503, 504 as the SDK does: idempotent
    methods freely, POST and PATCH only with an idempotency key, before anything was sent, or on
    429. ``Retry-After`` is honoured. It learns a server's quota from its ``X-RateLimit-*`` or
    ``RateLimit`` headers, and holds requests back rather than meet a 429. Thread safe.

    Args:
        transport: What sends; by default ``httpx.HTTPTransport()``. Closed with this one.
        max_retries: Retries after a first failure. Default 2.
        max_wait: The longest wait that a server may ask for, in seconds. Default 60. A longer one
            is not waited for: the response is handed out, or RateLimitWaitError raised if the
            request was not sent.
        idempotency_header: The request header that makes a POST repeatable.
        quota: Names the quota that meters a request. By default quotas are told apart by origin,
            credential, and the limit that responses state.
        rate_limiter: Keeps the accounts; by default one of its own, in memory.
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
        quota: Callable[[httpx.Request], Hashable] | None = None,
        rate_limiter: RateLimiter | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(max_retries, max_wait, idempotency_header, quota, rate_limiter, clock)
        self._transport: httpx.BaseTransport = transport or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and repeat where that is safe."""
        retries = _Retries(self, request)

        def once() -> httpx.Response:
            response: httpx.Response = drive(self._attempt(request, retries))
            return response

        try:
            first = once()
        except Exception as error:
            if not retries.wanted(error, None):
                raise
        else:
            if not retries.wanted(None, first):
                return first
            first.close()
        from tenacity import Retrying

        self.clock.sleep(retries.wait())
        again = Retrying(
            retry=retries.again,
            wait=retries.wait,
            sleep=self.clock.sleep,
            before_sleep=discard,
            reraise=True,
        )
        response = again(once)
        retries.settle(response)
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
        quota: Names the quota that meters a request; by default learnt from responses.
        rate_limiter: Keeps the accounts; by default one of its own, in memory.
        clock: Time and chance; by default the machine's.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_wait: float = DEFAULT_MAX_WAIT,
        idempotency_header: str = IDEMPOTENCY_HEADER,
        quota: Callable[[httpx.Request], Hashable] | None = None,
        rate_limiter: RateLimiter | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(max_retries, max_wait, idempotency_header, quota, rate_limiter, clock)
        self._transport: httpx.AsyncBaseTransport = transport or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and repeat where that is safe."""
        retries = _Retries(self, request)

        async def once() -> httpx.Response:
            response: httpx.Response = await adrive(self._attempt(request, retries))
            return response

        try:
            first = await once()
        except Exception as error:
            if not retries.wanted(error, None):
                raise
        else:
            if not retries.wanted(None, first):
                return first
            await first.aclose()
        from tenacity import AsyncRetrying

        await self.clock.asleep(retries.wait())
        again = AsyncRetrying(
            retry=retries.again,
            wait=retries.wait,
            sleep=self.clock.asleep,
            before_sleep=adiscard,
            reraise=True,
        )
        response = cast(httpx.Response, await again(once))
        retries.settle(response)
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


def _caller(request: httpx.Request) -> Hashable:
    """Whose request it is: a digest of its credentials, so that none is kept."""
    secrets = "\n".join(request.headers.get(name, "") for name in _CREDENTIALS)
    return hashlib.sha256(secrets.encode()).digest()

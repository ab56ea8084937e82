"""One attempt, from request to value or error, without touching the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from .auth import Login, Placement, placement
from .call import AbandonedError, Call
from .commands import Around, Ask, BrokenBodyError, Close, DeadlineError, Flow, Send
from .encoding import encode_query
from .endpoint import Body, Endpoint, Json
from .failures import (
    bodiless,
    connection_error,
    deadline_error,
    error_kind,
    invalid_response,
    status_error,
)
from .gate import admit
from .log import DEBUG, log_failure, log_response
from .ratelimit import limit_headers
from .redaction import is_secret
from .request import Plan, origin, prepare_call, request_headers
from .response import RawResponse, finish_value
from .retry import BUDGET_TOKENS
from .timeouts import capped

if TYPE_CHECKING:
    from .base_client import BaseClient
    from .limiter import Admission

__all__ = ["attempt"]

MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOLLOWED_METHODS: Final = frozenset({"GET", "HEAD"})
_SUCCESS: Final = range(200, 300)
_NOT_MODIFIED: Final = 304
_UNAUTHORIZED: Final = 401


def attempt(client: BaseClient, plan: Plan, call: Call, retry_index: int) -> Flow:
    """Attempt a call once.

    A 401 under a login renews the token and repeats the request; that is no retry.

    Returns:
        What `call.finish` makes of the response.

    Raises:
        APIError: For every failure of the call.
    """
    shared = client._shared
    response = yield from _exchange(client, plan, call, retry_index)
    if response.status_code == _UNAUTHORIZED and call.generation is not None:
        from .login import renew

        assert shared.login is not None
        assert shared.login_flow is not None
        yield from renew(
            shared.tokens, call.generation, shared.login, shared.login_flow, _sending(client)
        )
        response = yield from _exchange(client, plan, call, retry_index)
    status: int = response.status_code
    if status in _SUCCESS or (status == _NOT_MODIFIED and call.raw):
        if not retry_index and shared.budget.tokens < BUDGET_TOKENS:
            shared.budget.refund(1)
        if call.raw:
            return RawResponse(client, call, response)
        if not call.stream:
            return call.finish(client, call, response)
        try:
            return call.finish(client, call, response)
        except Exception:
            yield Close(response)
            raise
    raise status_error(
        response,
        response.request,
        shared.brand.error,
        shared.secret_names,
        shared.clock.time(),
        client._remedy(plan.wanted) if status == _UNAUTHORIZED and plan.wanted else None,
    )


def _sending(client: BaseClient) -> Any:
    """How a login's own requests are sent: as calls that need no credential."""

    def send(method: str, path: str, body: Mapping[str, Any]) -> Flow:
        endpoint = Endpoint(f"{method} {path}", method, path, body=Body(), result=Json())
        plan = Plan(client._shared, client._settings, endpoint)
        call = Call(endpoint, finish_value, body=body)
        prepare_call(plan, call, client._settings, client._shared.clock.monotonic())
        return (yield from attempt(client, plan, call, 0))

    return send


def _credentials(client: BaseClient, plan: Plan, call: Call) -> Flow:
    """Ask for the credentials that are not fixed."""
    shared = client._shared
    placements: list[Placement] = []
    for scheme, secret in plan.dynamic:
        if isinstance(secret, Login):
            from .login import obtain

            assert shared.login_flow is not None
            value = yield from obtain(shared.tokens, secret, shared.login_flow, _sending(client))
            call.generation = shared.tokens.generation
        else:
            value = yield Ask(secret)
        placements.append(placement(scheme, value))
    return placements


def _exchange(client: BaseClient, plan: Plan, call: Call, retry_index: int) -> Flow:
    """Wait for the quota's admission, send, and book the answer."""
    foreign = call.target is not None and origin(call.url) != plan.home
    if foreign or not plan.endpoint.metered:
        return (yield from _transfer(client, plan, call, retry_index, foreign))
    if client._settings.on_limit == "off":
        response = yield from _transfer(client, plan, call, retry_index, foreign)
        client._observe(plan.endpoint, limit_headers(response.headers.raw))
        return response
    admission: Admission = yield from admit(client, plan, call, retry_index)
    try:
        response = yield from _transfer(client, plan, call, retry_index, foreign)
    except BaseException as error:
        booking = admission.lost()
        if booking is not None and not isinstance(error, GeneratorExit):
            yield booking
        raise
    headers = limit_headers(response.headers.raw)
    client._observe(plan.endpoint, headers)
    clock = client._shared.clock
    booking = admission.answered(response.status_code, headers, clock.monotonic(), clock.time())
    if booking is not None:
        yield booking
    return response


def _transfer(client: BaseClient, plan: Plan, call: Call, retry_index: int, foreign: bool) -> Flow:
    """Send the request, follow redirects, and turn the transport's exceptions into errors."""
    shared = client._shared
    limits = call.limits
    assert limits is not None
    if call.abandoned:
        raise AbandonedError
    if call.deadline is not None:
        left = call.deadline - shared.clock.monotonic()
        if left <= 0:
            raise deadline_error(plan.endpoint.method, call.url, shared.secret_names)
        limits = capped(limits, left)
    placements: list[Placement] = []
    if plan.dynamic and not foreign:
        placements = yield from _credentials(client, plan, call)
    sender = shared.senders.choose()
    url = call.url
    for credential in placements:
        if credential.location == "query":
            url = with_secret(url, credential)
    pairs = request_headers(plan, call, placements, retry_index)
    if pairs is None and not foreign:
        headers = plan.prepared.get(sender)
        if headers is None:
            headers = plan.prepared[sender] = sender.prepare(url, plan.pairs)
    else:
        pairs = plan.pairs if pairs is None else pairs
        if foreign:
            pairs = without_secrets(pairs, shared.secret_names)
        headers = sender.prepare(url, pairs)
    content = None if call.encoded is None else call.encoded.content
    request = sender.build(plan.endpoint.method, url, headers, content, limits)
    middleware = client._settings.middleware
    logged = shared.logger.isEnabledFor(DEBUG)
    start = shared.clock.monotonic() if logged else 0.0
    try:
        if not middleware:
            response = yield from _follow(client, sender, call, request)
        else:
            # For layers that show the request to somebody, such as a tracer.
            request.extensions["secret_names"] = shared.secret_names
            response = yield Around(
                middleware, request, lambda inner: _follow(client, sender, call, inner)
            )
    except BrokenBodyError as error:
        if error.response.status_code not in _SUCCESS:
            return bodiless(error.response, request)
        raise invalid_response(
            "the response's body broke off",
            bodiless(error.response, request),
            request,
            shared.brand.error,
            shared.secret_names,
        ) from error.__cause__
    except DeadlineError:
        raise deadline_error(request.method, str(request.url), shared.secret_names) from None
    except Exception as error:
        kind = error_kind(error)
        if kind is None:
            raise
        if logged:
            log_failure(shared, request, kind, shared.clock.monotonic() - start, retry_index)
        raise connection_error(error, kind, request, shared.secret_names) from error
    if logged:
        log_response(shared, request, response, shared.clock.monotonic() - start, retry_index)
    return response


def with_secret(url: str, credential: Placement) -> str:
    """Append a credential to a URL's query."""
    return (
        f"{url}{'&' if '?' in url else '?'}{encode_query({credential.name: credential.value}, {})}"
    )


def without_secrets(
    pairs: list[tuple[str, str]], secret_names: frozenset[str]
) -> list[tuple[str, str]]:
    """The headers that another origin may see."""
    return [pair for pair in pairs if not is_secret(pair[0], secret_names)]


def _destination(here: str, location: str) -> str | None:
    """Where a redirect leads; None where that is nothing to send HTTP to."""
    try:
        there = urljoin(here, location).partition("#")[0]
        return there if origin(there)[0] in ("http", "https") else None
    except ValueError:
        return None


def _follow(client: BaseClient, sender: Any, call: Call, request: Any) -> Flow:
    """Send, and follow redirects: GET and HEAD, a few times, no credential to another origin."""
    shared = client._shared
    left = MAX_REDIRECTS
    while True:
        response = yield Send(sender, request, call.stream, shared.clock, call.deadline)
        if response.status_code not in _REDIRECTS or request.method not in _FOLLOWED_METHODS:
            return response
        location = response.headers.get("location")
        if location is None or left == 0:
            return response
        here = str(request.url)
        there = _destination(here, location)
        if there is None:
            return response
        left -= 1
        pairs = [p for p in request.headers.multi_items() if p[0].lower() != "host"]
        if origin(there) != origin(here):
            pairs = without_secrets(pairs, shared.secret_names)
        limits = request.extensions.get("timeout") or call.limits
        request = sender.build(request.method, there, sender.prepare(there, pairs), None, limits)

"""From an endpoint and a call's arguments to a URL and headers.

A `Plan` holds what can be said once for an endpoint and a client, so that a call without
arguments of its own costs two look-ups.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus, urljoin, urlsplit

from .absent import Omit
from .auth import Placement, Scheme, choose, placement
from .encoding import encode_cookie, encode_header, encode_query, fill_path
from .endpoint import Binary, Endpoint, Json, Nothing, Text
from .timeouts import phases

if TYPE_CHECKING:
    from .call import Call
    from .settings import Settings, Shared

__all__ = ["PLACEHOLDER", "Plan", "join_url", "merge", "origin", "prepare_call", "request_headers"]

_PYTHON: Final = ".".join(str(part) for part in sys.version_info[:3])
RETRY_COUNT: Final = "X-Retry-Count"
DEFAULT_IDEMPOTENCY: Final = "Idempotency-Key"
PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)


def join_url(base: str, path: str) -> str:
    """Append a path to a base URL; an absolute URL stays as it is."""
    if "://" in path.partition("?")[0]:
        return path
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def merge(
    pairs: Sequence[tuple[str, str]], changes: Iterable[tuple[str, str | None]]
) -> list[tuple[str, str]]:
    """Copy headers with some replaced or, where the new value is None, removed."""
    changed = list(changes)
    names = {name.lower() for name, _ in changed}
    kept = [pair for pair in pairs if pair[0].lower() not in names]
    return kept + [(name, value) for name, value in changed if value is not None]


def _accept(endpoint: Endpoint) -> str:
    result = endpoint.result
    if isinstance(result, Binary):
        return result.media_type
    if isinstance(result, Text):
        return "text/plain, */*;q=0.5"
    assert isinstance(result, Json | Nothing)
    return "application/json"


def _base(endpoint: Endpoint, documented: str, actual: str) -> str:
    """The base URL of an operation, which may have a server of its own.

    A server on the API's documented host moves with the API to the host that the client was
    given, a mock or one's own installation; any other stays where it is.
    """
    own = endpoint.base_url
    if own is None:
        return actual
    own = urljoin(f"{documented}/", own)
    if origin(own) != origin(documented):
        return own
    return urljoin(actual, urlsplit(own).path or "/")


class Plan:
    """What an endpoint's requests have in common, for one client."""

    __slots__ = (
        "anonymous",
        "at_home",
        "base",
        "base_query",
        "cookies",
        "dynamic",
        "endpoint",
        "home",
        "pairs",
        "params",
        "parts",
        "prepared",
        "quota",
        "secrets",
        "static",
        "url",
        "wanted",
    )

    def __init__(self, shared: Shared, settings: Settings, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.params = {param.name: param for param in endpoint.query}
        documented = shared.brand.base_url
        base = _base(endpoint, documented, settings.base_url)
        # Credentials belong to the API's own origin, and to the server that the document names for
        # this operation; but not to that one for a client that was pointed elsewhere (a mock, a
        # staging system), whose credentials are none of its business.
        self.home = origin(settings.base_url)
        if endpoint.base_url is not None and self.home == origin(documented):
            self.home = origin(base)
        self.at_home = origin(join_url(base, endpoint.path)) == self.home
        whole = join_url(base, endpoint.path)
        start = whole.find("/", whole.find("://") + 3)
        self.base = whole if start < 0 else whole[:start]
        self.parts = PLACEHOLDER.split("" if start < 0 else whole[start:])
        brand = shared.brand
        pairs: list[tuple[str, str]] = [
            ("Accept", _accept(endpoint)),
            ("User-Agent", f"{brand.package}/{brand.version} python/{_PYTHON}"),
        ]
        self.static: list[Placement] = []
        self.dynamic: list[tuple[Scheme, Any]] = []
        self.wanted: tuple[str, ...] = ()
        self._choose_credentials(shared, settings)
        # What a server counts together: requests of one credential under one policy.
        self.quota = (
            self.home if self.at_home else origin(whole),
            tuple(hash((p.name, p.value)) for p in self.static),
            tuple((scheme.id, id(secret)) for scheme, secret in self.dynamic),
            endpoint.rate_limit,
        )
        pairs += [(p.name, p.value) for p in self.static if p.location == "header"]
        self.cookies = [f"{p.name}={p.value}" for p in self.static if p.location == "cookie"]
        self.pairs = merge(pairs, settings.default_headers.items())
        self.secrets = query_secrets = {
            p.name: p.value for p in self.static if p.location == "query"
        }
        self.base_query = {**settings.default_query, **query_secrets}
        # A URL without parameters is the same for every call.
        self.url: str | None = None
        if len(self.parts) == 1:
            query = encode_query(self.base_query, {})
            where = self.base + self.parts[0]
            self.url = f"{where}?{query}" if query else where
        # By sender: headers of a call that adds none, ready to copy.
        self.prepared: dict[Any, Any] = {}

    def _choose_credentials(self, shared: Shared, settings: Settings) -> None:
        self.anonymous = True
        if not self.at_home:
            return
        available = dict(settings.credentials)
        if shared.login is not None and shared.login_flow is not None:
            available[shared.login_flow.scheme] = shared.login
        chosen = choose(self.endpoint.security, available)
        if chosen is None:
            self.wanted = tuple(dict.fromkeys(s for r in self.endpoint.security for s in r))
            return
        by_id = {scheme.id: scheme for scheme in shared.schemes}
        for scheme_id in chosen:
            self.anonymous = False
            scheme, secret = by_id[scheme_id], available[scheme_id]
            if secret is shared.login or callable(secret):
                self.dynamic.append((scheme, secret))
            else:
                self.static.append(placement(scheme, secret))


def prepare_call(plan: Plan, call: Call, settings: Settings, now: float) -> None:
    """Fix what every attempt of a call shares: URL, body, idempotency key, limits of time.

    Raises:
        ValueError: For a path parameter that is empty, and the like: a mistake in the call.
    """
    options = call.options
    endpoint = plan.endpoint
    if call.target is not None:
        call.url = _with_original_query(plan, call, call.target)
    elif plan.url is not None and not call.query and not options:
        call.url = plan.url
    else:
        call.url = _url(plan, call)
    call.max_retries = settings.max_retries
    call.limits = settings.limits
    if settings.deadline is not None:
        call.deadline = now + settings.deadline
    extra_body = None
    if options:
        timeout = options.get("timeout", plan)
        if timeout is not plan and not isinstance(timeout, Omit):
            call.limits = phases(timeout)
        retries = options.get("max_retries")
        if retries is not None and not isinstance(retries, Omit):
            call.max_retries = retries
        extra_body = options.get("extra_body")
        key = options.get("idempotency_key")
        if key is not None and not isinstance(key, Omit):
            call.key = encode_header(DEFAULT_IDEMPOTENCY, key)
    if endpoint.idempotency is not None and call.key is None:
        from uuid import uuid4

        call.key = str(uuid4())
    if endpoint.body is not None or not isinstance(call.body, Omit) or extra_body:
        from .body import encode_body

        call.encoded = encode_body(endpoint.body, call.body, extra_body)
        if not call.encoded.repeatable:
            call.max_retries = 0


def _with_original_query(plan: Plan, call: Call, target: str) -> str:
    """A next page's link, with the parameters of the first request that it lacks."""
    paging = plan.endpoint.paging
    moving = (paging.page, paging.offset, paging.cursor) if paging is not None else ()
    present = {unquote_plus(pair.partition("=")[0]) for pair in urlsplit(target).query.split("&")}
    query = _query(plan, call)
    if origin(target) != plan.home:
        query = {name: value for name, value in query.items() if name not in plan.secrets}
    missing = {
        name: value for name, value in query.items() if name not in present and name not in moving
    }
    text = encode_query(missing, plan.params) if missing else ""
    if not text:
        return target
    return f"{target}{'&' if '?' in target else '?'}{text}"


def _query(plan: Plan, call: Call) -> Mapping[str, Any]:
    query: Mapping[str, Any] = call.query or {}
    extra = call.options.get("extra_query") if call.options else None
    if plan.base_query or extra:
        # An argument that was not given leaves the client's default alone.
        given = {name: value for name, value in query.items() if not isinstance(value, Omit)}
        query = {**plan.base_query, **given, **(extra or {})}
    return query


def _url(plan: Plan, call: Call) -> str:
    parts = plan.parts
    if len(parts) > 1:
        styles = {param.name: param for param in plan.endpoint.path_params}
        url = plan.base + fill_path(parts, call.path, styles)
    else:
        url = plan.base + parts[0]
    query = _query(plan, call)
    text = encode_query(query, plan.params) if query else ""
    if not text:
        return url
    return f"{url}{'&' if '?' in url else '?'}{text}"


def request_headers(
    plan: Plan, call: Call, placements: Sequence[Placement], retry_index: int
) -> list[tuple[str, str]] | None:
    """The headers of one attempt; None when they are the plan's own."""
    changes: list[tuple[str, str | None]] = []
    cookies = list(plan.cookies)
    for credential in placements:
        if credential.location == "header":
            changes.append((credential.name, credential.value))
        elif credential.location == "cookie":
            cookies.append(f"{credential.name}={credential.value}")
    endpoint = plan.endpoint
    if call.headers:
        styles = {param.name: param for param in endpoint.headers}
        changes += [
            (name, encode_header(name, value, styles.get(name)))
            for name, value in call.headers.items()
            if value is not None and not isinstance(value, Omit)
        ]
    if call.cookies:
        forms = {param.name: param for param in endpoint.cookies}
        for name, value in call.cookies.items():
            if value is not None and not isinstance(value, Omit):
                cookies += encode_cookie(name, value, forms.get(name))
    if cookies:
        changes.append(("Cookie", "; ".join(cookies)))
    body = call.encoded
    if body is not None and body.media_type is not None:
        changes.append(("Content-Type", body.media_type))
        if body.length is not None:
            changes.append(("Content-Length", str(body.length)))
        else:
            changes.append(("Transfer-Encoding", "chunked"))
    elif endpoint.method in ("POST", "PUT", "PATCH"):
        changes.append(("Content-Length", "0"))
    if endpoint.events is not None and call.stream:
        changes.append(("Accept", "text/event-stream"))
    if call.key is not None:
        changes.append((endpoint.idempotency or DEFAULT_IDEMPOTENCY, call.key))
    if retry_index:
        changes.append((RETRY_COUNT, str(retry_index)))
    pairs = merge(plan.pairs, changes) if changes else None
    extra = call.options.get("extra_headers") if call.options else None
    if extra:
        wanted = [
            (name, None if value is None else encode_header(name, value))
            for name, value in extra.items()
            if not isinstance(value, Omit)
        ]
        pairs = merge(plan.pairs if pairs is None else pairs, wanted)
    return pairs

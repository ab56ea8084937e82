"""What the sync and the async client have in common."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self

from .absent import Omit, omit
from .auth import Login, LoginFlow, Scheme, TokenState, secret_names
from .clock import Clock, SystemClock
from .log import set_up_logging
from .ratelimit import RateLimit, as_rate_limit, says_limits
from .settings import OnLimit, Settings, Shared
from .timeouts import Phases, TimeoutTypes, phases

if TYPE_CHECKING:
    from ..webhooks import ClientWebhooks
    from .brand import Brand
    from .endpoint import Endpoint
    from .limiter import RateLimiter
    from .request import Plan

__all__ = ["BaseClient", "close_senders"]


class BaseClient:
    """Settings, shared state and plans; the subclasses add the way to send."""

    _asynchronous: bool = False
    _shared: Shared
    _settings: Settings
    _plans: dict[Endpoint, Plan]
    _webhook_secret: Any

    def __init__(
        self,
        brand: Brand,
        schemes: Sequence[Scheme] = (),
        *,
        credentials: Mapping[str, Any] | None = None,
        login: Login | None = None,
        login_flow: LoginFlow | None = None,
        webhook_secret: Any = None,
        base_url: str | None = None,
        timeout: TimeoutTypes | Omit = omit,
        max_retries: int = 2,
        deadline: float | None = None,
        max_wait: float = 60.0,
        strict: bool = False,
        on_limit: OnLimit = "wait",
        rate_limiter: RateLimiter | None = None,
        default_headers: Mapping[str, str | None] | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: Any = None,
        transport: Any = None,
        http2: bool = False,
        middleware: Sequence[Any] = (),
        clock: Clock | None = None,
    ) -> None:
        if http_client is not None and transport is not None:
            raise TypeError("give http_client= or transport=, not both: a client has its own")
        if http2:
            _check_http2(brand, http_client, transport)
        given = credentials or {}
        # What the program says wins: the environment only helps a client that was told nothing.
        told = login is not None or any(value is not None for value in given.values())
        found: dict[str, Any] = {}
        for scheme in schemes:
            value = given.get(scheme.id)
            if value == "":
                raise ValueError(
                    f"{scheme.option or scheme.id} is empty: give a credential, or leave it out"
                )
            if not told and scheme.env is not None:
                value = os.environ.get(scheme.env) or None
            found[scheme.id] = value
        self._webhook_secret = (
            webhook_secret or os.environ.get(f"{brand.env_prefix}_WEBHOOK_SECRET") or None
        )
        self._shared = Shared(
            brand,
            tuple(schemes),
            secret_names(tuple(schemes)),
            clock or SystemClock(),
            _LazySenders(self._asynchronous, http_client, transport, http2),
            TokenState(),
            login,
            login_flow,
            rate_limiter,
        )
        self._plans = {}
        self._settings = Settings(
            base_url=_base_url(brand, base_url),
            limits=_limits(brand, timeout, http_client),
            max_retries=max_retries,
            deadline=deadline,
            max_wait=max_wait,
            strict=strict,
            on_limit=on_limit,
            default_headers=dict(default_headers or {}),
            default_query=dict(default_query or {}),
            middleware=tuple(middleware),
            credentials=found,
        )
        _CLIENTS.add(self._shared)
        if not self._asynchronous:
            # A client that is dropped closes its sockets. Closing async ones needs their loop,
            # so those are left to `close()`.
            weakref.finalize(self._shared, close_senders, self._shared.senders)
        set_up_logging(brand)

    def with_options(
        self,
        *,
        base_url: str | Omit = omit,
        timeout: TimeoutTypes | Omit = omit,
        max_retries: int | Omit = omit,
        deadline: float | Omit | None = omit,
        max_wait: float | Omit = omit,
        strict: bool | Omit = omit,
        on_limit: OnLimit | Omit = omit,
        default_headers: Mapping[str, str | None] | Omit = omit,
        default_query: Mapping[str, Any] | Omit = omit,
        middleware: Sequence[Any] | Omit = omit,
        credentials: Mapping[str, Any] | Omit = omit,
    ) -> Self:
        """A copy with some options changed; it shares connections, tokens and retry budget.

        Args:
            base_url: The URL that paths are appended to.
            timeout: Seconds for each phase of an attempt, an `httpx.Timeout`, or None.
            max_retries: How often a failed attempt is repeated at most.
            deadline: Seconds for a whole call, waits included; None is no limit.
            max_wait: The longest wait that a server may ask for, in seconds.
            strict: Whether a response that does not fit its type is an error.
            on_limit: What to do when the rate limit would be passed.
            default_headers: Headers to add to the client's; None removes one.
            default_query: Query parameters to add to the client's.
            middleware: Replaces the client's middleware.
            credentials: Credentials by scheme id, to replace some of the client's.
        """
        settings = self._settings
        given: dict[str, Any] = {
            "base_url": base_url.rstrip("/") if isinstance(base_url, str) else omit,
            "limits": omit if isinstance(timeout, Omit) else phases(timeout),
            "max_retries": max_retries,
            "deadline": deadline,
            "max_wait": max_wait,
            "strict": strict,
            "on_limit": on_limit,
        }
        changes = {name: value for name, value in given.items() if not isinstance(value, Omit)}
        if not isinstance(default_headers, Omit):
            changes["default_headers"] = {**settings.default_headers, **default_headers}
        if not isinstance(default_query, Omit):
            changes["default_query"] = {**settings.default_query, **default_query}
        if not isinstance(middleware, Omit):
            changes["middleware"] = tuple(middleware)
        if not isinstance(credentials, Omit):
            changes["credentials"] = {**settings.credentials, **credentials}
        # Resources cached on this instance belong to it, so they are not copied.
        copy = object.__new__(type(self))
        copy._shared = self._shared
        copy._settings = settings.replace(**changes)
        copy._plans = {}
        copy._webhook_secret = self._webhook_secret
        return copy

    copy = with_options

    def __copy__(self) -> Self:
        return self.with_options()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client holds connections and credentials and is not pickled: make one in each process"
        )

    @property
    def base_url(self) -> str:
        """The URL that paths are appended to."""
        return self._settings.base_url

    @property
    def rate_limit(self) -> RateLimit | None:
        """The last reading of the rate-limit headers; None before there is one."""
        reading = self._shared.last_reading
        return None if reading is None else as_rate_limit(*reading)

    @property
    def webhooks(self) -> ClientWebhooks:
        """Verify deliveries of webhooks, and read their events; needs no API key."""
        from ..webhooks import ClientWebhooks

        return ClientWebhooks(self)

    def _plan(self, endpoint: Endpoint) -> Plan:
        plan = self._plans.get(endpoint)
        if plan is None:
            plan = self._plans[endpoint] = self._new_plan(endpoint)
        return plan

    def _new_plan(self, endpoint: Endpoint) -> Plan:
        from .request import Plan

        return Plan(self._shared, self._settings, endpoint)

    def _observe(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        """Note what a response says of the limits, for `rate_limit`."""
        if endpoint.metered and says_limits(headers):
            shared = self._shared
            reading = (headers, shared.clock.time(), endpoint.rate_limit)
            shared.last_reading = shared.rate_limits[endpoint.rate_limit] = reading

    def _remedy(self, wanted: tuple[str, ...]) -> str:
        """Say how to give a credential that an operation wants and the client lacks."""
        ways = []
        for scheme in self._shared.schemes:
            if scheme.id in wanted and scheme.option:
                env = f" or set {scheme.env}" if scheme.env else ""
                ways.append(f"pass {scheme.option}={env}")
        return f"no credential was sent: {', or '.join(ways)}" if ways else "no credential was sent"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._settings.base_url}>"


class _LazySenders:
    """Stands for the senders until the first request, so that a client costs no import."""

    def __init__(self, asynchronous: bool, http_client: Any, transport: Any, http2: bool) -> None:
        self._arguments = (asynchronous, http_client, transport, http2)
        self._lock = threading.Lock()
        self.opened: Any = None
        self.closed = False

    def choose(self) -> Any:
        """The sender for a request made now.

        Raises:
            RuntimeError: When the client is closed.
        """
        opened = self.opened
        if opened is None:
            if self.closed:
                raise RuntimeError("the client is closed")
            from .transport import Senders

            with self._lock:
                if self.opened is None:
                    self.opened = Senders(*self._arguments)
                opened = self.opened
        return opened.choose()

    def close(self) -> list[Any]:
        """Refuse further requests; returns the senders that the caller closes."""
        with self._lock:
            opened, self.opened, self.closed = self.opened, None, True
        senders: list[Any] = [] if opened is None else opened.opened()
        return senders

    def after_fork(self) -> None:
        """Forget connections that the parent still uses; the child opens its own."""
        self._lock = threading.Lock()
        self.opened = None


def close_senders(senders: _LazySenders) -> None:
    for sender in senders.close():
        sender.close()


def _check_http2(brand: Brand, http_client: Any, transport: Any) -> None:
    """Refuse what would only fail, or do nothing, with the first request."""
    from importlib.util import find_spec

    if http_client is not None or transport is not None:
        raise TypeError("http2= is for connections that the SDK opens: give it to your own client")
    if find_spec("h2") is None:
        raise ImportError(f'http2=True needs an extra: pip install "{brand.package}[http2]"')


def _base_url(brand: Brand, given: str | None) -> str:
    url = given or os.environ.get(f"{brand.env_prefix}_BASE_URL") or brand.base_url
    url = dict(brand.environments).get(url, url)
    if not url.startswith(("http://", "https://")):
        raise ValueError(
            f"the base URL {url!r} is not absolute: pass base_url= or set {brand.env_prefix}_BASE_URL"
        )
    return url.rstrip("/")


_HTTPX_DEFAULT = 5.0  # seconds, each phase: what an httpx client has when nobody set a timeout


def _limits(brand: Brand, timeout: Any, http_client: Any) -> Phases:
    if not isinstance(timeout, Omit):
        return phases(timeout)
    if http_client is not None:
        own = phases(http_client.timeout)
        if any(limit != _HTTPX_DEFAULT for limit in own.values()):
            return own
    return {
        "connect": brand.connect_timeout,
        "read": brand.timeout,
        "write": brand.timeout,
        "pool": brand.timeout,
    }


_CLIENTS: weakref.WeakSet[Shared] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for shared in list(_CLIENTS):
        shared.senders.after_fork()
        shared.tokens.after_fork()
        shared.budget.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

"""What a client was told, and what it shares with its copies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .limiter import RateLimiter
from .record import Record
from .retry import BUDGET_TOKENS

if TYPE_CHECKING:
    from .auth import Login, LoginFlow, Scheme, TokenState
    from .brand import Brand
    from .clock import Clock
    from .endpoint import Endpoint, Json
    from .response import Decoder
    from .timeouts import Phases

__all__ = ["Budget", "OnLimit", "Reading", "Settings", "Shared"]

Reading: TypeAlias = "tuple[Mapping[str, str], float, str | None]"
OnLimit: TypeAlias = Literal["wait", "raise", "off"]


class Settings(Record):
    """Options that `with_options` changes in a copy. Durations are seconds."""

    __slots__ = (
        "base_url",
        "credentials",
        "deadline",
        "default_headers",
        "default_query",
        "limits",
        "max_retries",
        "max_wait",
        "middleware",
        "on_limit",
        "strict",
    )

    def __init__(
        self,
        base_url: str,
        limits: Phases,
        max_retries: int,
        deadline: float | None,
        max_wait: float,
        strict: bool,
        on_limit: OnLimit,
        default_headers: Mapping[str, str | None],
        default_query: Mapping[str, Any],
        middleware: tuple[Any, ...],
        credentials: Mapping[str, Any],
    ) -> None:
        self.base_url = base_url
        self.limits = limits
        self.max_retries = max_retries
        self.deadline = deadline
        self.max_wait = max_wait
        self.strict = strict
        self.on_limit = on_limit
        self.default_headers = default_headers
        self.default_query = default_query
        self.middleware = middleware
        self.credentials = credentials

    def replace(self, **changes: Any) -> Settings:
        """A copy with some options changed."""
        return Settings(**{name: getattr(self, name) for name in self.__slots__} | changes)

    def __repr__(self) -> str:
        # Credentials and default headers are nobody's to see.
        return f"<Settings {self.base_url}>"


class Budget:
    """Tokens that retries take and successes give back: an outage is not multiplied."""

    __slots__ = ("_lock", "tokens")

    def __init__(self, tokens: int = BUDGET_TOKENS) -> None:
        self.tokens = tokens
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self._lock = threading.Lock()

    def take(self, cost: int) -> bool:
        """Take tokens for a retry; False, and nothing taken, when there are too few."""
        with self._lock:
            if self.tokens < cost:
                return False
            self.tokens -= cost
            return True

    def refund(self, cost: int) -> None:
        """Give tokens back after a success, never above the full budget."""
        with self._lock:
            self.tokens = min(BUDGET_TOKENS, self.tokens + cost)


class Shared:
    """State that a client and its copies have in common."""

    __slots__ = (
        "__weakref__",
        "brand",
        "budget",
        "clock",
        "decoders",
        "event_results",
        "last_reading",
        "limiter",
        "logger",
        "login",
        "login_flow",
        "rate_limits",
        "schemes",
        "secret_names",
        "senders",
        "tokens",
    )

    def __init__(
        self,
        brand: Brand,
        schemes: tuple[Scheme, ...],
        secret_names: frozenset[str],
        clock: Clock,
        senders: Any,
        tokens: TokenState,
        login: Login | None,
        login_flow: LoginFlow | None,
        limiter: RateLimiter | None = None,
    ) -> None:
        self.brand = brand
        self.schemes = schemes
        self.secret_names = secret_names
        self.clock = clock
        self.senders = senders
        self.tokens = tokens
        self.login = login
        self.login_flow = login_flow
        self.budget = Budget()
        self.limiter = limiter or RateLimiter()
        self.logger = logging.getLogger(brand.package)
        self.decoders: dict[Json, Decoder] = {}
        self.event_results: dict[Endpoint, Json] = {}
        # By policy, and the last one whatever its policy: (headers, epoch seconds, policy).
        self.rate_limits: dict[str | None, Reading] = {}
        self.last_reading: Reading | None = None

"""Rate limits that several clients, or many processes, keep to together."""

from __future__ import annotations

from ._core.limiter import RateLimiter
from ._core.redis_store import RedisStore

__all__ = ["RateLimiter", "RedisStore"]

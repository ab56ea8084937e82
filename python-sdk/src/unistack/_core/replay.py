"""Where webhook receivers remember what they have accepted."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["MemoryReplayStore", "RedisReplayStore", "ReplayStore"]


class ReplayStore(Protocol):
    """Keys that expire. Every method is atomic, among threads and among whoever shares the store."""

    def add(self, key: str, seconds: float) -> bool:
        """Keep a key for so many seconds, unless it is there; say whether it was not."""
        ...

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        ...

    def discard(self, key: str) -> None:
        """Forget the key, if it is there."""
        ...


class MemoryReplayStore:
    """Keys of one process, bounded.

    Args:
        max_entries: Keys kept at most. When it is full the oldest one goes, even if it has not
            expired: choose it above the number of deliveries within twice the tolerance.
        clock: Seconds; only differences matter.
    """

    def __init__(
        self, max_entries: int = 100_000, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if max_entries < 1:
            raise ValueError("max_entries must be at least 1")
        self._max_entries = max_entries
        self._clock = clock
        self._expiry: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._expiry)

    def add(self, key: str, seconds: float) -> bool:
        """Keep a key for so many seconds, unless it is there; say whether it was not."""
        now = self._clock()
        with self._lock:
            if self._expiry.get(key, now) > now:
                return False
            self._expiry[key] = now + seconds
            self._expiry.move_to_end(key)
            self._trim(now)
            return True

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        now = self._clock()
        with self._lock:
            return self._expiry.get(key, now) > now

    def discard(self, key: str) -> None:
        """Forget the key, if it is there."""
        with self._lock:
            self._expiry.pop(key, None)

    def _trim(self, now: float) -> None:
        # Two from the old end at each addition keep up with expiry without ever scanning.
        for _ in range(2):
            oldest = next(iter(self._expiry))
            if self._expiry[oldest] > now and len(self._expiry) <= self._max_entries:
                return
            del self._expiry[oldest]


class RedisReplayStore:
    """Keys shared by many processes, through a synchronous Redis client (`SET NX EX`).

    Args:
        client: A `redis.Redis`, or anything with its `set`, `exists` and `delete`.
        prefix: Put before every key.
    """

    def __init__(self, client: Any, *, prefix: str = "webhook:") -> None:
        self._client = client
        self._prefix = prefix

    def add(self, key: str, seconds: float) -> bool:
        """Keep a key for so many seconds, unless it is there; say whether it was not."""
        # Rounded up: a key must not expire before the delivery it guards is too old.
        kept = self._client.set(self._prefix + key, "1", nx=True, ex=max(1, math.ceil(seconds)))
        return bool(kept)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return bool(self._client.exists(self._prefix + key))

    def discard(self, key: str) -> None:
        """Forget the key, if it is there."""
        self._client.delete(self._prefix + key)

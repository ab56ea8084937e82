"""Idempotency keys: the first answer is kept and given again.

A key belongs to one credential and one operation. The same key with the same request replays the
first response; with another request it is a mismatch; while the first is still being answered it is
in flight. Nothing is kept of a request that was refused before it changed anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

__all__ = ["RETENTION", "IdempotencyStore", "Key", "Outcome", "fingerprint"]

RETENTION = 24 * 3600.0
"""Seconds for which a key is remembered."""

T = TypeVar("T")
Key: TypeAlias = tuple[str, str, str]
"""(credential, operation id, the header's value)."""


class Outcome(Enum):
    """What a key means for the request that carries it."""

    NEW = "new"
    REPLAY = "replay"
    MISMATCH = "mismatch"
    IN_FLIGHT = "in_flight"


@dataclass(slots=True)
class _Record(Generic[T]):
    fingerprint: bytes
    since: float
    response: T | None = None


def fingerprint(*parts: str | bytes) -> bytes:
    """A digest that differs when any part of a request differs."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()


class IdempotencyStore(Generic[T]):
    """Remembers first responses of type ``T`` by (credential, operation, key)."""

    def __init__(self, retention: float = RETENTION) -> None:
        self._records: dict[Key, _Record[T]] = {}
        self._retention = retention

    def begin(self, key: Key, request: bytes, now: float) -> tuple[Outcome, T | None]:
        """Look a key up, and claim it when it is new.

        Args:
            key: (credential, operation id, the header's value).
            request: :func:`fingerprint` of the request.
            now: Epoch seconds.

        Returns:
            The outcome, and the first response for :attr:`Outcome.REPLAY`.
        """
        record = self._records.get(key)
        if record is None or now - record.since >= self._retention:
            self._records[key] = _Record(request, now)
            return Outcome.NEW, None
        if record.fingerprint != request:
            return Outcome.MISMATCH, None
        if record.response is None:
            return Outcome.IN_FLIGHT, None
        return Outcome.REPLAY, record.response

    def complete(self, key: Key, response: T) -> None:
        """Keep the response of a key that :meth:`begin` claimed."""
        record = self._records.get(key)
        if record is not None:
            record.response = response

    def abandon(self, key: Key) -> None:
        """Forget a claimed key: its request changed nothing."""
        self._records.pop(key, None)

    def clear(self) -> None:
        """Forget every key."""
        self._records.clear()

"""Idempotency keys in the store."""

from __future__ import annotations

from specloom_mock.idempotency import RETENTION, IdempotencyStore, Outcome, fingerprint

KEY = ("user:1", "users.create", "k")


def test_the_life_of_a_key() -> None:
    """New, then in flight, then replayed; another request under it is a mismatch."""
    store: IdempotencyStore[str] = IdempotencyStore()
    assert store.begin(KEY, b"a", 0.0) == (Outcome.NEW, None)
    assert store.begin(KEY, b"a", 1.0) == (Outcome.IN_FLIGHT, None)
    assert store.begin(KEY, b"b", 1.0) == (Outcome.MISMATCH, None)
    store.complete(KEY, "first")
    assert store.begin(KEY, b"a", 2.0) == (Outcome.REPLAY, "first")
    assert store.begin(("user:2", *KEY[1:]), b"a", 2.0) == (Outcome.NEW, None)


def test_an_abandoned_or_old_key_is_new_again() -> None:
    """A request that changed nothing frees its key, and a day does too."""
    store: IdempotencyStore[str] = IdempotencyStore()
    store.begin(KEY, b"a", 0.0)
    store.abandon(KEY)
    assert store.begin(KEY, b"b", 1.0) == (Outcome.NEW, None)
    store.complete(KEY, "first")
    assert store.begin(KEY, b"a", 1.0 + RETENTION) == (Outcome.NEW, None)


def test_fingerprints_tell_parts_apart() -> None:
    """Moving a byte from one part to the next changes the fingerprint."""
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("ab", b"c") == fingerprint("ab", "c")

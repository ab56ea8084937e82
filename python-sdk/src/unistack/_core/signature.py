"""Webhook signatures as pure decisions: values in, a reason to refuse (or None) out.

The format is Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, version 1):
`v1` is HMAC-SHA256 and `v1a` is ed25519, both over `id.timestamp.body`. Nothing here reads a clock,
the environment or a socket, so the shared vectors test it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from .signature_keys import SigningKey, VerifyKey

__all__ = [
    "EXPLANATIONS",
    "MAX_HEADER_BYTES",
    "MAX_SIGNATURES",
    "STANDARD_HEADERS",
    "HeaderSource",
    "Reason",
    "as_bytes",
    "header_values",
    "refusal",
    "refused_time",
    "sign",
    "standard_headers",
    "valid_id",
]

MAX_SIGNATURES = 16
"""Signature tokens in one delivery; a rotation needs two."""
MAX_HEADER_BYTES = 8 * 1024
MAX_TIMESTAMP_DIGITS = 20
"""More than any date needs; longer numbers cannot be compared with a float."""
STANDARD_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

Reason = Literal[
    "missing_header",
    "bad_timestamp",
    "too_old",
    "too_new",
    "no_match",
    "bad_id",
    "too_many_signatures",
    "replayed",
]


EXPLANATIONS: dict[Reason, str] = {
    "missing_header": "webhook-id, webhook-timestamp or webhook-signature is missing",
    "bad_timestamp": "the timestamp is not plain digits, or stands twice",
    "too_old": "the timestamp is too far in the past",
    "too_new": "the timestamp is too far in the future",
    "no_match": "no signature matches (another secret, or the body is not the bytes as they came)",
    "bad_id": "the message id is empty, stands twice, or holds a character that ids may not hold",
    "too_many_signatures": (
        f"more than {MAX_SIGNATURES} signatures, or more than {MAX_HEADER_BYTES} bytes of them"
    ),
    "replayed": "this delivery was accepted before",
}


class HasItems(Protocol):
    """Any mapping or multi-dict of headers."""

    def items(self) -> Iterable[tuple[Any, Any]]: ...


HeaderSource: TypeAlias = (
    HasItems
    | Iterable[tuple[str, str]]
    | Iterable[tuple[bytes, bytes]]
    | Iterable[tuple[str | bytes, str | bytes]]
)
"""Headers as any framework holds them: a mapping, a multi-dict, or pairs (ASGI's bytes included)."""


def as_bytes(body: bytes | bytearray | memoryview | str) -> bytes:
    """The body's bytes; text is encoded as UTF-8, lone surrogates included.

    Raises:
        TypeError: Anything else, such as parsed JSON, whose original bytes are gone.
    """
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    raise TypeError(
        f"Expected the raw request body as bytes, not {type(body).__name__}: "
        "a signature covers the bytes as they arrived, so verify before parsing"
    )


def header_values(headers: HeaderSource, names: Sequence[str]) -> list[list[str]]:
    """Collect each header's values, whatever the case of its name.

    Args:
        headers: A mapping, a multi-dict or pairs; bytes are read as Latin-1 (RFC 9110, 5.5).
        names: Lower-case names.

    Returns:
        For each name, in order, the values found. A value that is not text is left out.

    Raises:
        TypeError: `headers` is neither a mapping nor pairs.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    many = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    try:
        pairs: Iterable[tuple[Any, Any]] = many() if callable(many) else headers  # type: ignore[assignment]
        for name, value in pairs:
            key = name.decode("latin-1") if isinstance(name, bytes) else name
            values = found.get(key.lower()) if isinstance(key, str) else None
            if values is None:
                continue
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, str):
                    values.append(item)
                elif isinstance(item, bytes):
                    values.append(item.decode("latin-1"))
    except (TypeError, ValueError):
        raise TypeError(
            f"Expected headers as a mapping or as pairs, not {type(headers).__name__}"
        ) from None
    return list(found.values())


def standard_headers(headers: HeaderSource) -> tuple[str, str, str] | Reason:
    """The delivery's id, timestamp and signature headers, or why they cannot be used.

    Several signature headers are one list (RFC 9110, 5.3); the other two must stand once.
    """
    ids, timestamps, signatures = header_values(headers, STANDARD_HEADERS)
    if len(ids) > 1:
        return "bad_id"
    if len(timestamps) > 1:
        return "bad_timestamp"
    if not (ids and timestamps and signatures):
        return "missing_header"
    return ids[0], timestamps[0], " ".join(signatures)


def valid_id(id: str) -> bool:
    """Whether a message id can be signed without ambiguity and carried in a header.

    A dot would move the border between id and timestamp; a comma or a space means that a gateway
    joined two headers.
    """
    return id.isascii() and id.isprintable() and bool(id) and not any(map(id.__contains__, "., "))


def refused_time(timestamp: str, now: float, tolerance: float) -> Reason | None:
    """Judge epoch seconds in ASCII digits; exactly `tolerance` away is accepted, on both sides."""
    digits = timestamp.lstrip("0") or timestamp[:1]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > MAX_TIMESTAMP_DIGITS:
        return "bad_timestamp"
    age = now - int(digits)
    if age > tolerance:
        return "too_old"
    return "too_new" if age < -tolerance else None


def refusal(
    keys: Sequence[VerifyKey], body: bytes, headers: HeaderSource, *, now: float, tolerance: float
) -> Reason | None:
    """Why a delivery must be refused, or None when a key signed it in time.

    Nothing is hashed before the id, the timestamp and the number of signatures are in order.

    Args:
        keys: Every key that may have signed, such as the old and the new one of a rotation.
        body: The request body, byte for byte.
        headers: The request's headers.
        now: Epoch seconds.
        tolerance: Seconds allowed between the timestamp and `now`, either way.

    Raises:
        TypeError: `headers` is neither a mapping nor pairs.
    """
    found = standard_headers(headers)
    if isinstance(found, str):
        return found
    message_id, timestamp, signature = found
    if not valid_id(message_id):
        return "bad_id"
    reason = refused_time(timestamp, now, tolerance)
    if reason is not None:
        return reason
    text = signature.encode("utf-8", "surrogatepass")
    tokens = [token for token in text.split(b" ") if token]
    if len(text) > MAX_HEADER_BYTES or len(tokens) > MAX_SIGNATURES:
        return "too_many_signatures"
    message = f"{message_id}.{timestamp}.".encode("ascii") + body
    return None if any(key.accepts(message, tokens) for key in keys) else "no_match"


def sign(key: SigningKey, id: str, timestamp: int, body: bytes) -> str:
    """Sign a delivery.

    Args:
        key: The sender's key.
        id: The message id, without a dot.
        timestamp: Epoch seconds.
        body: The request body.

    Returns:
        One token for the `webhook-signature` header.

    Raises:
        ValueError: The id cannot be signed.
    """
    if not valid_id(id):
        raise ValueError("a webhook id is visible ASCII without dot, comma or space")
    if timestamp < 0:
        raise ValueError("a webhook timestamp is epoch seconds, not negative")
    return key.sign(f"{id}.{timestamp}.".encode("ascii") + body)

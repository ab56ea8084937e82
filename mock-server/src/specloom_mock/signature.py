"""Standard Webhooks signatures, made by the sender: v1 (HMAC-SHA256) and v1a (ed25519)."""

from __future__ import annotations

import base64
import hmac

__all__ = ["SecretError", "decode_secret", "sign"]


class SecretError(ValueError):
    """A secret that cannot sign."""


def decode_secret(secret: str) -> bytes:
    """The key of a ``whsec_`` (or ``whsk_``) secret; the prefix may be missing.

    Raises:
        SecretError: It is not base64, or empty.
    """
    text = secret.removeprefix("whsec_").removeprefix("whsk_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise SecretError("a webhook secret is base64 text, with or without whsec_") from error
    if not key:
        raise SecretError("a webhook secret must not be empty")
    return key


def _ed25519(secret: str, content: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise SecretError("whsk_ keys need the package cryptography") from error
    key = decode_secret(secret)
    if len(key) not in {32, 64}:
        raise SecretError("a whsk_ key has 32 or 64 bytes")
    return Ed25519PrivateKey.from_private_bytes(key[:32]).sign(content)


def sign(secrets: list[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` header: one signature a secret, in their order.

    Args:
        secrets: ``whsec_`` for v1, ``whsk_`` for v1a.
        message_id: The message's id.
        timestamp: Epoch seconds.
        body: The exact bytes that are sent.

    Raises:
        SecretError: A secret cannot sign.
    """
    content = b".".join([message_id.encode(), str(timestamp).encode(), body])
    tokens: list[str] = []
    for secret in secrets:
        if secret.startswith("whsk_"):
            version, digest = "v1a", _ed25519(secret, content)
        else:
            version, digest = "v1", hmac.digest(decode_secret(secret), content, "sha256")
        tokens.append(f"{version},{base64.b64encode(digest).decode()}")
    return " ".join(tokens)

"""Standard Webhooks signatures, v1 (HMAC-SHA256), made by the sender."""

from __future__ import annotations

import base64
import binascii
import hmac

__all__ = ["SecretError", "decode_secret", "sign"]

_PREFIX = "whsec_"


class SecretError(ValueError):
    """A secret that cannot sign."""


def decode_secret(secret: str) -> bytes:
    """The key of a ``whsec_`` secret.

    Raises:
        SecretError: It is not base64, or empty.
    """
    text = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise SecretError("a webhook secret is base64 text, with or without whsec_") from error
    if not key:
        raise SecretError("a webhook secret must not be empty")
    return key


def sign(secrets: list[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` header: one ``v1`` signature a secret, in their order.

    Raises:
        SecretError: A secret cannot sign.
    """
    content = b".".join([message_id.encode(), str(timestamp).encode(), body])
    signatures = [
        base64.b64encode(hmac.digest(decode_secret(secret), content, "sha256")).decode()
        for secret in secrets
    ]
    return " ".join(f"v1,{signature}" for signature in signatures)

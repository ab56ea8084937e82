"""The keys of webhook signatures: HMAC-SHA256 (`v1`) and ed25519 (`v1a`).

The spelling of secrets is Standard Webhooks' (https://github.com/standard-webhooks/standard-webhooks):
`whsec_` for a shared secret, `whsk_` and `whpk_` for the two halves of an ed25519 key.
"""

from __future__ import annotations

import hashlib
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Sequence
from hmac import compare_digest
from typing import Any, Protocol

__all__ = [
    "Ed25519SigningKey",
    "Ed25519VerifyKey",
    "HmacKey",
    "SigningKey",
    "VerifyKey",
    "parse_signing_key",
    "parse_verify_key",
    "raw_key",
]

MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64
V1_TOKEN_BYTES = len("v1,") + 44
SHA256_BLOCK_BYTES = 64
ED25519_PUBLIC_BYTES = 32
ED25519_SEED_BYTES = 32

SECRET_PREFIX = "whsec_"
SIGNING_PREFIX = "whsk_"
VERIFY_PREFIX = "whpk_"


class VerifyKey(Protocol):
    """A key that can judge signature tokens."""

    def accepts(self, message: bytes, tokens: Sequence[bytes]) -> bool:
        """Whether any token is this key's signature of the message."""
        ...


class SigningKey(Protocol):
    """A key that can make a signature token."""

    def sign(self, message: bytes) -> str:
        """The token, such as `v1,<base64>`."""
        ...


class HmacKey:
    """HMAC-SHA256 (RFC 2104) with both padded key blocks hashed once, at construction.

    Copying the two prepared contexts costs about half of a fresh `hmac.digest`, which sets up the
    key anew at each call. The key's bytes are not kept.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > SHA256_BLOCK_BYTES:
            key = hashlib.sha256(key).digest()
        block = key.ljust(SHA256_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def digest(self, message: bytes) -> bytes:
        """The 32 bytes of the message's authentication code."""
        inner, outer = self._inner(), self._outer()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def sign(self, message: bytes) -> str:
        """The message's `v1` token."""
        return "v1," + b2a_base64(self.digest(message), newline=False).decode("ascii")

    def accepts(self, message: bytes, tokens: Sequence[bytes]) -> bool:
        """Compare each token, whole and in constant time; other versions and malformed ones differ."""
        expected = b"v1," + b2a_base64(self.digest(message), newline=False)
        found = False
        for token in tokens:
            if compare_digest(token, expected):
                found = True
        return found

    def accepts_plainly(self, body: bytes, headers: Any, now: float, tolerance: float) -> bool:
        """Accept the everyday delivery in one pass: lower-case names in a dict, one `v1` token.

        True is final. False only means that `refusal` has to look: it alone refuses, and it
        accepts whatever this accepts. The checks stand in line because a call for each would cost
        as much as the hash.
        """
        try:
            if headers.__class__ is not dict or (
                len(headers) != 3 and _standard_names(headers) != 3
            ):
                return False
            message_id = headers["webhook-id"]
            timestamp = headers["webhook-timestamp"]
            signature = headers["webhook-signature"].encode()
            if (
                len(signature) != V1_TOKEN_BYTES
                or not message_id.isidentifier()
                or not timestamp.isdecimal()
                or not -tolerance <= now - int(timestamp) <= tolerance
            ):
                return False
            inner = self._inner()
            inner.update(f"{message_id}.{timestamp}.".encode("ascii") + body)
        except (LookupError, AttributeError, TypeError, ValueError, OverflowError):
            return False
        outer = self._outer()
        outer.update(inner.digest())
        return compare_digest(b"v1," + b2a_base64(outer.digest(), newline=False), signature)


class Ed25519VerifyKey:
    """An ed25519 public key (RFC 8032); needs the `cryptography` package."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != ED25519_PUBLIC_BYTES:
            raise ValueError(f"a webhook verify key holds {ED25519_PUBLIC_BYTES} bytes")
        self._key = _ed25519().Ed25519PublicKey.from_public_bytes(key)

    def accepts(self, message: bytes, tokens: Sequence[bytes]) -> bool:
        """Whether any `v1a` token is a signature of the message; malformed tokens are passed over."""
        return any(self._accepts(message, token) for token in tokens)

    def _accepts(self, message: bytes, token: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        version, _, text = token.partition(b",")
        if version != b"v1a":
            return False
        try:
            self._key.verify(strict_base64(text), message)
        except (InvalidSignature, Base64Error):
            return False
        return True


class Ed25519SigningKey:
    """An ed25519 private key; needs the `cryptography` package."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) not in (ED25519_SEED_BYTES, ED25519_SEED_BYTES + ED25519_PUBLIC_BYTES):
            raise ValueError(
                "a webhook signing key holds a seed of 32 bytes, or seed and public key"
            )
        private = _ed25519().Ed25519PrivateKey.from_private_bytes(key[:ED25519_SEED_BYTES])
        public = key[ED25519_SEED_BYTES:]
        if public and private.public_key().public_bytes_raw() != public:
            raise ValueError("the two halves of the webhook signing key do not belong together")
        self._key = private

    def sign(self, message: bytes) -> str:
        """The message's `v1a` token."""
        return "v1a," + b2a_base64(self._key.sign(message), newline=False).decode("ascii")


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        package = __name__.partition(".")[0]
        raise ImportError(
            "ed25519 webhook keys (whpk_, whsk_) need the cryptography package: "
            f"pip install '{package}[ed25519]'"
        ) from error
    return ed25519


def strict_base64(text: bytes) -> bytes:
    """Decode padded, canonical, standard-alphabet base64 (RFC 4648, section 4) and nothing else.

    Raises:
        binascii.Error: The text is anything else.
    """
    decoded = a2b_base64(text, strict_mode=True)
    if b2a_base64(decoded, newline=False) != text:
        raise Base64Error("not canonical base64")
    return decoded


def _secret_bytes(text: str) -> bytes:
    try:
        return strict_base64(text.encode("ascii"))
    except (Base64Error, UnicodeEncodeError):
        # The cause would carry the secret's text into tracebacks.
        raise ValueError(
            "the webhook secret is not base64 (whsec_... as the dashboard shows it; "
            "for a key of raw bytes use the from_bytes constructor)"
        ) from None


def raw_key(key: bytes, *, allow_short: bool = False) -> HmacKey:
    """Check the length of a symmetric key and prepare it.

    Args:
        key: The key's own bytes; 24 to 64 of them, as Standard Webhooks asks.
        allow_short: Accept 1 to 23 bytes as well.

    Raises:
        ValueError: Empty, too short or too long.
    """
    if not isinstance(key, bytes):
        raise ValueError(f"a raw webhook key is bytes, not {type(key).__name__}")
    if not key:
        raise ValueError("the webhook secret is empty: it would verify anybody's forgery")
    if len(key) < MIN_SECRET_BYTES and not allow_short:
        raise ValueError(
            f"the webhook secret has {len(key)} bytes, fewer than {MIN_SECRET_BYTES} "
            "(allow_short_secret=True accepts it)"
        )
    if len(key) > MAX_SECRET_BYTES:
        raise ValueError(f"the webhook secret has more than {MAX_SECRET_BYTES} bytes")
    return HmacKey(key)


def parse_verify_key(secret: str, *, allow_short: bool = False) -> VerifyKey:
    """Read a secret that verifies: `whsec_...` (the prefix is optional) or `whpk_...`.

    Raises:
        ValueError: Empty, undecodable, of a wrong length, or a signing key.
        ImportError: A `whpk_` key without the cryptography package.
    """
    _check_text(secret)
    if secret.startswith(SIGNING_PREFIX):
        raise ValueError("a whsk_ key signs webhooks; verify with its whpk_ key")
    if secret.startswith(VERIFY_PREFIX):
        return Ed25519VerifyKey(_secret_bytes(secret[len(VERIFY_PREFIX) :]))
    return raw_key(_secret_bytes(secret.removeprefix(SECRET_PREFIX)), allow_short=allow_short)


def parse_signing_key(secret: str, *, allow_short: bool = False) -> SigningKey:
    """Read a secret that signs: `whsec_...` (the prefix is optional) or `whsk_...`.

    Raises:
        ValueError: Empty, undecodable, of a wrong length, or a verify key.
        ImportError: A `whsk_` key without the cryptography package.
    """
    _check_text(secret)
    if secret.startswith(VERIFY_PREFIX):
        raise ValueError("a whpk_ key only verifies webhooks; sign with its whsk_ key")
    if secret.startswith(SIGNING_PREFIX):
        return Ed25519SigningKey(_secret_bytes(secret[len(SIGNING_PREFIX) :]))
    return raw_key(_secret_bytes(secret.removeprefix(SECRET_PREFIX)), allow_short=allow_short)


def _check_text(secret: str) -> None:
    if not isinstance(secret, str):
        raise ValueError(
            f"a webhook secret is str, not {type(secret).__name__} (raw keys: from_bytes)"
        )


def _standard_names(headers: Iterable[Any]) -> int:
    """How often a name of a standard header may stand in a mapping, in any case."""
    return "".join(headers).lower().count("webhook-")

"""What may be shown of a request: never a credential, never a body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    import httpx

__all__ = ["REDACTED", "is_secret", "redacted_headers", "redacted_request", "redacted_url"]

REDACTED = "[redacted]"

# Patterns are text, compiled when they are first used: a call that succeeds needs none of them.
# Names that carry a secret whatever the document says; scheme names from the document are added.
_SECRET_NAME: Final = (
    r"authori[sz]ation|(?:^|[-_.])auth(?:$|[-_.])|cookie|token|secret|passw|session|signature"
    r"|credential|api[-_]?key|access[-_]?key|(?:^|[-_])(?:key|sig|otp|code)$"
)
_USERINFO: Final = r"^([a-z][a-z0-9+.-]*://)[^/?#]*@"
_PAIR: Final = r"([^&=;]+)=([^&;]*)"


def is_secret(name: str, secret_names: frozenset[str] = frozenset()) -> bool:
    """Whether a header or query parameter of this name may hold a credential.

    Args:
        name: Header or parameter name, in any case.
        secret_names: Lower-case names that the document's security schemes use.
    """
    name = name.lower()
    if name in secret_names:
        return True
    return "idempotency" not in name and re.search(_SECRET_NAME, name, re.IGNORECASE) is not None


def redacted_url(url: str, secret_names: frozenset[str] = frozenset()) -> str:
    """Strip user information and the values of secret parameters from a URL."""
    url = re.sub(_USERINFO, r"\1", url, flags=re.IGNORECASE).partition("#")[0]
    base, mark, query = url.partition("?")
    if not mark:
        return url

    def hide(pair: re.Match[str]) -> str:
        name = pair.group(1)
        if is_secret(unquote_plus(name), secret_names):
            return f"{name}={REDACTED}"
        return pair.group(0)

    return f"{base}?{re.sub(_PAIR, hide, query)}"


def redacted_headers(
    headers: Any, secret_names: frozenset[str] = frozenset()
) -> list[tuple[str, str]]:
    """Copy headers with the values of secret ones replaced."""
    return [
        (name, REDACTED if is_secret(name, secret_names) else value)
        for name, value in headers.multi_items()
    ]


def redacted_request(
    request: httpx.Request, secret_names: frozenset[str] = frozenset()
) -> httpx.Request:
    """Copy a request without its credentials and its body (a sign-up's body holds a password)."""
    url = redacted_url(str(request.url), secret_names)
    # Not httpx.Request by name: the request may be another compatible library's.
    return type(request)(
        request.method,
        url,
        headers=redacted_headers(request.headers, secret_names),
        content=b"",
    )

"""One POST to a webhook's receiver, and who may be one."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

__all__ = ["RefusedAddress", "allowed", "post"]

TIMEOUT = 10.0
"""Real seconds that a receiver has to answer."""

_MAX_HEAD = 64 * 1024


class RefusedAddress(ValueError):
    """An address that webhooks are not sent to."""


def allowed(url: str, hosts: frozenset[str]) -> None:
    """Refuse an address that is neither loopback nor allowed by name.

    Raises:
        RefusedAddress: With the reason.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise RefusedAddress(f"not a URL: {url!r}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise RefusedAddress(f"not an http or https URL: {url!r}")
    if host in hosts or host == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    raise RefusedAddress(
        f"{host} is not on this machine; start the server with --webhook-allow {host} to send there"
    )


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send a POST and return the status of the answer. Redirects are not followed.

    Raises:
        OSError: There is no connection, or no answer within :data:`TIMEOUT` (TimeoutError).
        ValueError: The answer is not HTTP.
    """
    async with asyncio.timeout(TIMEOUT):
        return await _post(url, headers, body)


async def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    context = ssl.create_default_context() if secure else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=_MAX_HEAD)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + body)
        await writer.drain()
        first = await reader.readline()
        words = first.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
            raise ValueError("the receiver's answer is not HTTP")
        return int(words[1])
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()

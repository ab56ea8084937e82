"""What is particular to one API, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Brand", "ErrorShape"]


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Where the parts of an error stand in its body, as JSON pointers (RFC 6901).

    Args:
        code: Pointers to the machine-readable code; the first that leads to a value wins.
        message: Pointers to the sentence for people.
        details: Pointers to further facts, of any JSON type.
        request_id: Pointers to the request's id; the header `X-Request-ID` is the fallback.
        success_flag: Pointer to a boolean that is false when a 2xx is a failure after all.
    """

    code: tuple[str, ...] = ("/error/code", "/code", "/error/type")
    message: tuple[str, ...] = ("/error/message", "/message", "/detail", "/error")
    details: tuple[str, ...] = ("/error/details", "/details", "/errors")
    request_id: tuple[str, ...] = ("/request_id", "/error/request_id")
    success_flag: str | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """One API's names and addresses.

    Args:
        name: The client class's name.
        package: The import name.
        env_prefix: Prefix of the environment variables: `<prefix>_BASE_URL`, `<prefix>_LOG`,
            `<prefix>_WEBHOOK_SECRET`.
        version: The SDK's version, sent in User-Agent.
        base_url: The URL that paths are appended to, without a trailing slash.
        environments: Further base URLs by name.
        error: Where errors say what they say.
        connect_timeout: Default time for connecting, in seconds.
        timeout: Default time for a read, a write, or a free connection, in seconds.
    """

    name: str
    package: str
    env_prefix: str
    version: str
    base_url: str
    environments: tuple[tuple[str, str], ...] = ()
    error: ErrorShape = field(default_factory=ErrorShape)
    connect_timeout: float = 5.0
    timeout: float = 60.0

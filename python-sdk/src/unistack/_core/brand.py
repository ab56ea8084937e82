"""What is particular to one API, as a value."""

from __future__ import annotations

from .record import Record

__all__ = ["Brand", "ErrorShape"]


class ErrorShape(Record):
    """Where the parts of an error stand in its body, as JSON pointers (RFC 6901).

    Args:
        code: Pointers to the machine-readable code; the first that leads to a value wins.
        message: Pointers to the sentence for people.
        details: Pointers to further facts, of any JSON type.
        request_id: Pointers to the request's id; the header `X-Request-ID` is the fallback.
        success_flag: Pointer to a boolean that is false when a 2xx is a failure after all.
    """

    __slots__ = ("code", "details", "message", "request_id", "success_flag")

    def __init__(
        self,
        code: tuple[str, ...] = ("/error/code", "/code", "/error/type"),
        message: tuple[str, ...] = ("/error/message", "/message", "/detail", "/error"),
        details: tuple[str, ...] = ("/error/details", "/details", "/errors"),
        request_id: tuple[str, ...] = ("/request_id", "/error/request_id"),
        success_flag: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.details = details
        self.request_id = request_id
        self.success_flag = success_flag


class Brand(Record):
    """One API's names and addresses.

    Args:
        name: The client class's name.
        package: The import name.
        env_prefix: Prefix of the environment variables: `<prefix>_BASE_URL`, `<prefix>_LOG`,
            `<prefix>_WEBHOOK_SECRET`.
        version: The SDK's version, sent in User-Agent.
        base_url: The URL that paths are appended to, without a trailing slash.
        environments: Further base URLs by name.
        error: Where errors say what they say; None guesses at usual places.
        connect_timeout: Default time for connecting, in seconds.
        timeout: Default time for a read, a write, or a free connection, in seconds.
    """

    __slots__ = (
        "base_url",
        "connect_timeout",
        "env_prefix",
        "environments",
        "error",
        "name",
        "package",
        "timeout",
        "version",
    )

    def __init__(
        self,
        name: str,
        package: str,
        env_prefix: str,
        version: str,
        base_url: str,
        environments: tuple[tuple[str, str], ...] = (),
        error: ErrorShape | None = None,
        connect_timeout: float = 5.0,
        timeout: float = 60.0,
    ) -> None:
        self.name = name
        self.package = package
        self.env_prefix = env_prefix
        self.version = version
        self.base_url = base_url
        self.environments = environments
        self.error = error or ErrorShape()
        self.connect_timeout = connect_timeout
        self.timeout = timeout

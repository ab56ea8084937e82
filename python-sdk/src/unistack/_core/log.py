"""Logging: method, path, status, time, attempt and request id; never a body or a credential."""

from __future__ import annotations

import logging
import os
from logging import DEBUG
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .brand import Brand
    from .call import Call
    from .settings import Shared

__all__ = ["DEBUG", "log_failure", "log_response", "log_retry", "set_up_logging"]

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def set_up_logging(brand: Brand) -> None:
    """Obey `<prefix>_LOG=debug|info|warning`; without it the program's own set-up decides."""
    level = _LEVELS.get(os.environ.get(f"{brand.env_prefix}_LOG", "").strip().lower())
    if level is None:
        return
    logger = logging.getLogger(brand.package)
    logger.setLevel(level)
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)


def _path(url: str) -> str:
    # Without the query: filters hold names and addresses of people.
    return urlsplit(url).path


def _where(request: Any) -> str:
    return f"{request.method} {_path(str(request.url))}"


def log_response(
    shared: Shared, request: Any, response: Any, seconds: float, retry_index: int
) -> None:
    """Log an answered attempt."""
    shared.logger.debug(
        "%s -> %d in %.0f ms, attempt %d, request %s",
        _where(request),
        response.status_code,
        seconds * 1000,
        retry_index + 1,
        response.headers.get("x-request-id", "-"),
    )


def log_failure(shared: Shared, request: Any, kind: str, seconds: float, retry_index: int) -> None:
    """Log an attempt without an answer."""
    shared.logger.debug(
        "%s -> %s error in %.0f ms, attempt %d",
        _where(request),
        kind,
        seconds * 1000,
        retry_index + 1,
    )


def log_retry(shared: Shared, call: Call, retries: int, seconds: float) -> None:
    """Log that an attempt is repeated."""
    shared.logger.info(
        "%s %s: retry %d of %d in %.2f s",
        call.endpoint.method,
        _path(call.url),
        retries,
        call.max_retries,
        seconds,
    )

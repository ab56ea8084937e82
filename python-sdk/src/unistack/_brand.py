"""Names and addresses of the Unistack API."""

from __future__ import annotations

from ._core.brand import Brand, ErrorShape
from ._core.errors import SDKError as UnistackError

__all__ = ["BRAND", "UnistackError"]

BRAND = Brand(
    name="Unistack",
    package="unistack",
    env_prefix="UNISTACK",
    version="0.1.0",
    base_url="https://api.unistack.dev/v1",
    error=ErrorShape(
        code=("/error/code",),
        message=("/error/message",),
        details=("/error/details",),
        request_id=("/request_id",),
        success_flag="/success",
    ),
)

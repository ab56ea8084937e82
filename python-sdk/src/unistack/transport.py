"""The SDK's retries for any httpx client: ``httpx.Client(transport=RetryTransport())``."""

from __future__ import annotations

from ._core.retry_transport import AsyncRetryTransport, RetryTransport

__all__ = ["AsyncRetryTransport", "RetryTransport"]

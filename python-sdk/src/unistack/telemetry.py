"""Tracing: pass `middleware=[OpenTelemetry()]` to a client for a span around each attempt.

Needs the extra `opentelemetry`.
"""

from __future__ import annotations

from ._core.telemetry import AsyncOpenTelemetry, OpenTelemetry

__all__ = ["AsyncOpenTelemetry", "OpenTelemetry"]

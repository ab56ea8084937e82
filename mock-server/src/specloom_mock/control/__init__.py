"""What each control operation does, by the operation ids of ``admin.openapi.yaml``."""

from __future__ import annotations

from specloom_mock.control import deliveries, failures, records, sessions, state, time
from specloom_mock.control.request import Control, Handler, Refused

__all__ = ["HANDLERS", "Control", "Handler", "Refused"]

HANDLERS: dict[str, Handler] = {
    **sessions.HANDLERS,
    **state.HANDLERS,
    **time.HANDLERS,
    **failures.HANDLERS,
    **records.HANDLERS,
    **deliveries.HANDLERS,
}
"""Handlers by the operation ids of ``admin.openapi.yaml``."""

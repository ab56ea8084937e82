"""Serves any OpenAPI document as a working, stateful API: no handlers, no code."""

from specloom_mock.mock import Mock
from specloom_mock.overlay import Overlay, OverlayError
from specloom_mock.server import MockServer
from specloom_mock.session import Options, Session

__all__ = ["Mock", "MockServer", "Options", "Overlay", "OverlayError", "Session"]

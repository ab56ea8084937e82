"""The control interface under ``/__mock`` (``admin.openapi.yaml``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from specloom_mock.message import Request, Response

if TYPE_CHECKING:
    from specloom_mock.chaos import Connection
    from specloom_mock.mock import Mock

__all__ = ["Admin"]


class Admin:
    """Answers control requests for one mock."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock

    async def answer(self, request: Request, name: str, connection: Connection) -> Response | None:
        """Answer a control request; None when the client went away."""
        return Response(404, {}, orjson.dumps({"error": "not found"}), "application/json")

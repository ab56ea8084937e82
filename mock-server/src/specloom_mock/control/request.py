"""A control request, what may be wrong with it, and the forms of an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.clock import LATEST, parse_instant
from specloom_mock.message import Response

if TYPE_CHECKING:
    from specloom_mock.app import App
    from specloom_mock.chaos import Connection
    from specloom_mock.mock import Mock
    from specloom_mock.session import Session

__all__ = ["Control", "Handler", "Refused", "answer", "done", "instant"]

_JSON = "application/json"


class Refused(Exception):
    """A control request that was not understood or is not possible."""

    def __init__(self, status: int, message: str, pointer: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.pointer = pointer


@dataclass(slots=True)
class Control:
    """A control request, parsed and checked.

    Attributes:
        app: The server that was asked.
        name: The session's name.
        connection: Whence it came.
        origin: Scheme, host and the session's prefix, as the client wrote them.
    """

    app: App
    name: str
    connection: Connection
    origin: str = ""
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def mock(self) -> Mock:
        """What is served."""
        return self.app.mock

    @property
    def session(self) -> Session:
        """The session that is controlled; it begins to exist when it is named."""
        return self.mock.session(self.name)


Handler = Callable[[Control], Awaitable[Response]]


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, {}, orjson.dumps(value), _JSON)


def done() -> Response:
    """An answer without content."""
    return Response(204)


def instant(value: Any, pointer: str) -> float:
    """Epoch seconds of an instant in a request.

    Raises:
        Refused: It is none.
    """
    try:
        found = parse_instant(value)
    except ValueError as error:
        raise Refused(400, f"not an instant: {value!r}", pointer) from error
    if not 0 <= found <= LATEST:
        raise Refused(400, f"not between the years 1970 and 9999: {value!r}", pointer)
    return found

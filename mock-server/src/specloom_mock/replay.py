"""A journal entry sent once more, through the same door as any request but without a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from specloom_mock.chaos import Connection
from specloom_mock.message import Request

if TYPE_CHECKING:
    from specloom_mock.app import App
    from specloom_mock.journal import Entry
    from specloom_mock.session import Session

__all__ = ["PATIENCE", "Replay", "replay"]

PATIENCE = 10.0
"""Real seconds after which a replayed request's client goes away."""


class Replay(Connection):
    """A client that takes whatever comes, and leaves when nothing more will.

    Args:
        entry: The new journal entry, which gets the answer.
    """

    __slots__ = ("_ended", "_entry")

    def __init__(self, entry: Entry) -> None:
        super().__init__({"type": "http", "scheme": "http"}, _never, _nowhere)
        self._entry = entry
        self._ended = asyncio.Event()

    async def gone(self) -> None:
        """Return when the exchange is over: an answer that was cut short will not go on."""
        if self._entry.answer is None:
            await self._ended.wait()

    def write(self, data: bytes) -> None:
        """Drop raw bytes: what was sent is noted in the journal."""

    async def close(self) -> None:
        """End the exchange."""
        self._ended.set()

    async def reset(self) -> None:
        """End the exchange."""
        self._ended.set()


async def _never() -> MutableMapping[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def _nowhere(event: MutableMapping[str, Any]) -> None:
    """The journal has the answer; there is nobody else to send it to."""


async def replay(app: App, session: Session, entry: Entry) -> Entry:
    """Send an entry's request again: same port, method, target, headers and body.

    Args:
        app: Answers it.
        session: The world it happens in.
        entry: What is sent again.

    Returns:
        The new entry, with its answer unless that takes longer than :data:`PATIENCE`.
    """
    headers: dict[str, str] = {}
    for name, value in entry.headers:
        joint = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{joint}{value}" if name in headers else value
    request = Request(
        entry.method, entry.path, entry.query, headers, list(entry.headers), entry.body
    )
    again = session.journal.open(
        session.clock.now(),
        entry.port,
        entry.method,
        entry.path,
        entry.query,
        list(entry.headers),
        entry.body,
    )
    session.clock.enter()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await app.traffic(Replay(again), session, request, again, app.mock.prefix(session))
    finally:
        session.clock.leave()
    return again

"""The document watched: served anew when it changes, served as it was when it is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from specloom.diagnostics import SpecloomError
from specloom_mock.overlay import OverlayError

if TYPE_CHECKING:
    from specloom_mock.adoption import Adoption
    from specloom_mock.mock import Mock

__all__ = ["INTERVAL", "Reload", "Watcher"]

INTERVAL = 0.3
"""Real seconds between two looks at the files."""

_Signature: TypeAlias = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Reload:
    """What came of a change of the document.

    Attributes:
        document: Its file name.
        operations: How many operations are served now.
        adoption: What became of the rows; None when the last good document goes on being served.
        reason: Why it does: the diagnostic.
    """

    document: str
    operations: int
    adoption: Adoption | None = None
    reason: str | None = None

    def __str__(self) -> str:
        if self.reason is not None:
            return f"{self.document} is broken; still serving the last good one:\n{self.reason}"
        return f"{self.document} changed: {self.operations} operations, {self.adoption}"

    def as_json(self) -> dict[str, Any]:
        """The event as a JSON line tells it."""
        event = "broken" if self.reason is not None else "reloaded"
        facts = {"event": event, "document": self.document, "operations": self.operations}
        return facts | ({"message": self.reason} if self.reason else {"state": str(self.adoption)})


class Watcher:
    """Looks at the files of a mock's document.

    A file counts as changed when it has been the same for two looks, so that one that is just
    being written is not read by halves.

    Args:
        mock: What is served.
        tell: Is told of every change.
    """

    def __init__(self, mock: Mock, tell: Callable[[Reload], None]) -> None:
        self._mock = mock
        self._tell = tell
        self._served = self._seen = self._signature()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.look()

    async def look(self) -> bool:
        """Look once; whether a change was taken up or refused."""
        signature = self._signature()
        settled, self._seen = signature == self._seen, signature
        if signature == self._served or not settled:
            return False
        self._served = signature
        # Reading takes seconds for a large document; requests are answered meanwhile.
        outcome = await asyncio.to_thread(self._read)
        mock = self._mock
        if isinstance(outcome, str):
            mock.trouble = outcome
            event = Reload(mock.document, len(mock.engine.plan.operations), reason=outcome)
        else:
            told = mock.adopt(outcome)
            self._served = self._seen = self._signature()  # it may consist of other files now
            event = Reload(mock.document, len(mock.engine.plan.operations), told)
        self._tell(event)
        return True

    def _read(self) -> Mock | str:
        """The new document, or why it cannot be served."""
        try:
            fresh = self._mock.again()
        except (SpecloomError, OverlayError, OSError) as error:
            return str(error)
        if fresh.errors and not self._mock.errors:
            return "\n".join(fresh.errors)
        return fresh

    def _signature(self) -> _Signature:
        return tuple(_stamp(path) for path in self._mock.files)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

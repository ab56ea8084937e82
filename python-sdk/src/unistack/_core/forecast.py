"""Which pages come next, as far as can be told ahead; values in, decisions out.

A forecast only ever saves time. Where the walk goes is decided page by page, by the page before;
a page that was fetched ahead is used when it is the one that the walk wants, and let go when not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from .chain import Chain

if TYPE_CHECKING:
    from .call import Call

__all__ = ["Forecast", "Slot"]


class Slot:
    """A page that is fetched ahead.

    Attributes:
        call: Its request.
        page: The page, once it is there.
        error: What went wrong, if something did.
        done: Whether either is there.
        task: Who fetches it, in the async client.
    """

    __slots__ = ("call", "done", "error", "page", "task")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.page: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.task: Any = None


class Forecast:
    """The pages after one, fetched ahead; not thread-safe by itself.

    Args:
        page: The page that the walk has arrived at.
        room: The most items that are still wanted after that page; None is no limit.
        prefetch: How many pages to be ahead, each found through the one before.
        concurrency: How many pages to fetch side by side, where the page tells their numbers.
    """

    __slots__ = ("_calls", "_newest", "_room", "_slots", "_width")

    def __init__(self, page: Any, room: int | None, prefetch: int, concurrency: int) -> None:
        self._slots: deque[Slot] = deque()
        self._room = room
        self._width = prefetch
        # The page whose successor is not planned yet; None while it is under way.
        self._newest: Any = page
        self._calls: Iterator[Call] | None = None
        foreseen = page._foreseen() if concurrency > 1 else None
        if foreseen is not None:
            size = len(page.data)
            pages = -(-room // size) if room is not None and size else None
            self._calls = islice(foreseen, pages)
            self._width = concurrency
            self._newest = None

    @property
    def spent(self) -> bool:
        """Whether nothing more can come of it: it came to the end, or a page before failed."""
        return self._calls is None and self._newest is None and not self._slots

    def more(self) -> Slot | None:
        """The next page to fetch, to be fetched now; None when there is none for now."""
        if len(self._slots) >= self._width:
            return None
        call = self._following() if self._calls is None else next(self._calls, None)
        if call is None:
            return None
        slot = Slot(call)
        self._slots.append(slot)
        return slot

    def _following(self) -> Call | None:
        page, self._newest = self._newest, None
        if page is None or (self._room is not None and self._room <= 0):
            return None
        try:
            upcoming = page._next_call(Chain())
        except Exception:
            return None  # the walk itself will find the same, at the page where it belongs
        return None if upcoming is None else upcoming[0]

    def settle(self, slot: Slot, page: Any, error: BaseException | None) -> None:
        """Book how the fetching of a page ended."""
        slot.page, slot.error, slot.done = page, error, True
        if self._calls is None and page is not None:
            self._newest = page
            if self._room is not None:
                self._room -= len(page.data)

    def first(self, call: Call) -> Slot | None:
        """The first of the pages, if it is the one that the walk wants."""
        slot = self._slots[0] if self._slots else None
        if slot is None or slot.call.query != call.query or slot.call.target != call.target:
            return None
        return slot

    def drop(self) -> None:
        """Forget the first of the pages: the walk has it."""
        self._slots.popleft()

    def withdraw(self, slot: Slot) -> None:
        """Forget a page that could not be begun."""
        self._slots.remove(slot)

    def abandon(self) -> list[Slot]:
        """Plan nothing any more, and have nothing sent any more for the pages planned.

        Returns:
            The pages that were planned.
        """
        self._width = 0
        slots = list(self._slots)
        self._slots.clear()
        for slot in slots:
            slot.call.abandoned = True
        return slots

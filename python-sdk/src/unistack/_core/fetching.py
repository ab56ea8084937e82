"""Fetches the pages of a forecast: in threads for the sync client, in tasks for the async one."""

from __future__ import annotations

import os
import threading
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from .background import spawn
from .errors import RateLimitWaitError
from .forecast import Forecast, Slot

if TYPE_CHECKING:
    from .call import Call
    from .client import AsyncClient, SyncClient

__all__ = ["AsyncFetcher", "Fetcher"]


class _Ahead:
    """What both have in common.

    Args:
        prefetch: How many pages to be ahead, each found through the one before.
        concurrency: How many pages to fetch side by side, where their numbers are known.
    """

    def __init__(self, prefetch: int, concurrency: int) -> None:
        self._prefetch = prefetch
        self._concurrency = concurrency
        self._forecast: Forecast | None = None

    def _foresee(self, page: Any, room: int | None) -> Forecast:
        self._forecast = Forecast(page, room, self._prefetch, self._concurrency)
        return self._forecast


def _usable(slot: Slot) -> bool:
    """Whether the page is there, or its error is the walk's.

    That a page ahead of time would have had to wait for the quota is no error of the walk: it
    may well be let through now.
    """
    if slot.error is not None:
        return not isinstance(slot.error, RateLimitWaitError)
    return slot.page is not None


def _page(slot: Slot) -> Any:
    if slot.error is not None:
        raise slot.error
    return slot.page


class Fetcher(_Ahead):
    """Fetches ahead in a few daemon threads; a request that is on the wire cannot be broken off.

    Args:
        client: What sends.
        prefetch: As in `Forecast`.
        concurrency: As in `Forecast`.
    """

    def __init__(self, client: SyncClient, prefetch: int, concurrency: int) -> None:
        super().__init__(prefetch, concurrency)
        self._client = client
        self._changed = threading.Condition()
        self._process = os.getpid()

    def look(self, page: Any, room: int | None) -> None:
        """Begin to fetch what comes after a page, if that has not begun yet."""
        if self._forecast is None:
            with self._changed:
                self._start(self._foresee(page, room))

    def fetch(self, call: Call) -> Any:
        """Hand out a page, fetched ahead or now.

        Raises:
            APIError: That of the page.
        """
        forecast = self._forecast
        # In a forked child the threads are not there, and the lock may be held for ever.
        if forecast is not None and os.getpid() == self._process:
            with self._changed:
                slot = forecast.first(call)
                if slot is not None:
                    while not slot.done:
                        self._changed.wait()
                    forecast.drop()
                    self._start(forecast)
                if slot is None or forecast.spent:
                    self._end()
                if slot is not None and _usable(slot):
                    return _page(slot)
        return self._client._execute(call)

    def close(self) -> None:
        """Let go of all that is fetched ahead."""
        if os.getpid() == self._process:
            with self._changed:
                self._end()

    def _end(self) -> None:
        forecast, self._forecast = self._forecast, None
        if forecast is not None:
            forecast.abandon()

    def _start(self, forecast: Forecast) -> None:
        """Begin what can be begun; call with the lock, from the walk's own thread."""
        while (slot := forecast.more()) is not None:
            thread = threading.Thread(
                target=copy_context().run, args=(self._work, forecast, slot), daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # no more threads: the walk fetches the page when it is there
                forecast.withdraw(slot)
                return

    def _work(self, forecast: Forecast, begun: Slot) -> None:
        slot: Slot | None = begun
        while slot is not None:
            page: Any = None
            error: BaseException | None = None
            try:
                page = self._client._execute(slot.call)
            except BaseException as caught:
                error = caught
            with self._changed:
                forecast.settle(slot, page, error)
                self._changed.notify_all()
                slot = forecast.more()


class AsyncFetcher(_Ahead):
    """Fetches ahead in tasks.

    Args:
        client: What sends.
        prefetch: As in `Forecast`.
        concurrency: As in `Forecast`.
    """

    def __init__(self, client: AsyncClient, prefetch: int, concurrency: int) -> None:
        super().__init__(prefetch, concurrency)
        self._client = client

    def look(self, page: Any, room: int | None) -> None:
        """Begin to fetch what comes after a page, if that has not begun yet."""
        if self._forecast is None:
            self._start(self._foresee(page, room))

    async def fetch(self, call: Call) -> Any:
        """Hand out a page, fetched ahead or now.

        Raises:
            APIError: That of the page.
        """
        forecast = self._forecast
        if forecast is not None:
            slot = forecast.first(call)
            if slot is not None:
                await slot.task.ended()
                forecast.drop()
                self._start(forecast)
            if slot is None or forecast.spent:
                await self.close()
            if slot is not None and _usable(slot):
                return _page(slot)
        return await self._client._execute(call)

    async def close(self) -> None:
        """Cancel all that is fetched ahead, and wait until its connections are closed."""
        forecast, self._forecast = self._forecast, None
        slots = [] if forecast is None else forecast.abandon()
        for slot in slots:
            slot.task.cancel()
        if slots:
            import anyio

            with anyio.CancelScope(shield=True):
                for slot in slots:
                    await slot.task.ended()

    def _start(self, forecast: Forecast) -> None:
        while (slot := forecast.more()) is not None:
            slot.task = spawn(partial(self._work, forecast, slot))

    async def _work(self, forecast: Forecast, slot: Slot) -> None:
        page: Any = None
        error: BaseException | None = None
        try:
            page = await self._client._execute(slot.call)
        except Exception as caught:
            error = caught
        forecast.settle(slot, page, error)
        self._start(forecast)

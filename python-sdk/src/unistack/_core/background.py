"""Tasks beside the one that runs, under asyncio and trio, that outlive no `finally`.

A task group cannot stand around a `yield`: its cancellation would hit whoever consumes the
generator. So these are single tasks, and who spawns one cancels it and waits for its end.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

__all__ = ["Background", "Work", "spawn"]

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Background(Protocol):
    """A task that was spawned."""

    def cancel(self) -> None:
        """Have it end soon; no effect when it has ended."""
        ...

    async def ended(self) -> None:
        """Wait for its end, however it comes."""
        ...


class _AsyncioTask:
    __slots__ = ("_task",)

    def __init__(self, work: Work) -> None:
        self._task = asyncio.get_running_loop().create_task(work())

    def cancel(self) -> None:
        self._task.cancel()

    async def ended(self) -> None:
        await asyncio.wait([self._task])


class _TrioTask:
    __slots__ = ("_ended", "_scope")

    def __init__(self, trio: Any, work: Work) -> None:
        self._scope = trio.CancelScope()
        self._ended = trio.Event()

        async def run() -> None:
            try:
                with self._scope:
                    await work()
            finally:
                self._ended.set()

        # A nursery would have to be open around the consumer; system tasks need none. What the
        # work raises must not get here: it would end the whole program.
        trio.lowlevel.spawn_system_task(run, context=contextvars.copy_context())

    def cancel(self) -> None:
        self._scope.cancel()

    async def ended(self) -> None:
        await self._ended.wait()


def spawn(work: Work) -> Background:
    """Start a task in the event loop that runs now, with a copy of the present context.

    Args:
        work: An async function that raises nothing but its cancellation.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _TrioTask(importlib.import_module("trio"), work)
    return _AsyncioTask(work)

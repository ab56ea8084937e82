"""The only points at which a flow touches the world; each knows a sync and an async way.

A flow is a generator: it yields a command, the driver performs it and sends the result back.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import httpx

    from .auth import TokenState
    from .clock import Clock

__all__ = [
    "Around",
    "Ask",
    "AwaitWaiter",
    "BrokenBodyError",
    "Close",
    "Command",
    "DeadlineError",
    "Exclusive",
    "Flow",
    "Pause",
    "Send",
    "Waiter",
    "adrive",
    "drive",
]


class Command(Protocol):
    """Something that the driver does for a flow."""

    def run(self) -> Any:
        """Do it, blocking."""
        ...

    async def arun(self) -> Any:
        """Do it in a task."""
        ...


Flow: TypeAlias = Generator[Command, Any, Any]


def drive(flow: Flow) -> Any:
    """Run a flow to its end, blocking."""
    try:
        command = flow.send(None)
        while True:
            try:
                result = command.run()
            except BaseException as error:
                command = flow.throw(error)
            else:
                command = flow.send(result)
    except StopIteration as end:
        return end.value


async def adrive(flow: Flow) -> Any:
    """Run a flow to its end in a task."""
    try:
        command = flow.send(None)
        while True:
            try:
                result = await command.arun()
            except BaseException as error:
                command = flow.throw(error)
            else:
                command = flow.send(result)
    except StopIteration as end:
        return end.value


class BrokenBodyError(Exception):
    """The response's head arrived, its body did not."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("the response's body broke off")
        self.response = response


class DeadlineError(Exception):
    """The call's deadline passed while the body was read."""


class _Watched:
    """A response stream that looks at the deadline after each chunk."""

    def __init__(self, stream: Any, clock: Clock, deadline: float) -> None:
        self._stream = stream
        self._clock = clock
        self._deadline = deadline

    def _check(self) -> None:
        if self._clock.monotonic() > self._deadline:
            raise DeadlineError

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._check()
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._check()
            yield chunk

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _watched_class(stream_class: type[Any]) -> type[Any]:
    """`_Watched` as the HTTP library's own kind of stream, whichever library it is."""
    names = ("SyncByteStream", "AsyncByteStream")
    bases = tuple(cls for cls in stream_class.__mro__ if cls.__name__ in names)
    return type("_Watched", (_Watched, *bases), {})


class Send:
    """Send a request; the result is the response, read unless it is a successful stream.

    Args:
        sender: Of the module `transport`.
        request: What to send.
        stream: Whether the body of a success is left to the caller.
        clock: For the deadline.
        deadline: Monotonic seconds at which reading stops; None is no limit.
    """

    __slots__ = ("clock", "deadline", "request", "sender", "stream")

    def __init__(
        self, sender: Any, request: Any, stream: bool, clock: Clock, deadline: float | None
    ) -> None:
        self.sender = sender
        self.request = request
        self.stream = stream
        self.clock = clock
        self.deadline = deadline

    def _watch(self, response: httpx.Response) -> None:
        if self.deadline is not None and not response.is_closed:
            stream_class: Any = type(response.stream)
            watched = _watched_class(stream_class)
            response.stream = watched(response.stream, self.clock, self.deadline)

    def run(self) -> httpx.Response:
        """Send through a sync sender."""
        response: httpx.Response = self.sender.send(self.request)
        response.request = self.request
        if not (self.stream and response.is_success):
            self._watch(response)
            try:
                response.read()
            except BaseException as error:
                response.close()
                if isinstance(error, DeadlineError) or not isinstance(error, Exception):
                    raise
                raise BrokenBodyError(response) from error
        return response

    async def arun(self) -> httpx.Response:
        """Send through an async sender."""
        response: httpx.Response = await self.sender.send(self.request)
        response.request = self.request
        if not (self.stream and response.is_success):
            self._watch(response)
            try:
                await response.aread()
            except BaseException as error:
                await response.aclose()
                if isinstance(error, DeadlineError) or not isinstance(error, Exception):
                    raise
                raise BrokenBodyError(response) from error
        return response


class Around:
    """Send a request through the middleware: `(request, call_next) -> response`, outermost first.

    Args:
        middleware: The layers.
        request: What to send.
        inner: Makes the flow that sends what the innermost layer passes on.
    """

    __slots__ = ("inner", "middleware", "request")

    def __init__(
        self, middleware: tuple[Any, ...], request: Any, inner: Callable[[Any], Flow]
    ) -> None:
        self.middleware = middleware
        self.request = request
        self.inner = inner

    def _layer(self, index: int, last: Callable[[Any], Any]) -> Callable[[Any], Any]:
        if index == len(self.middleware):
            return last
        layer = self.middleware[index]
        return lambda request: layer(request, self._layer(index + 1, last))

    def run(self) -> Any:
        """Call the layers, blocking."""
        layers = self._layer(0, lambda request: drive(self.inner(request)))
        return self._with_request(layers(self.request))

    async def arun(self) -> Any:
        """Call the layers in a task; each is an async function."""
        layers = self._layer(0, lambda request: adrive(self.inner(request)))
        return self._with_request(await layers(self.request))

    def _with_request(self, response: Any) -> Any:
        """A response that the middleware made itself has no request yet."""
        try:
            _ = response.request
        except RuntimeError:
            response.request = self.request
        return response


class Ask:
    """Ask a callable for a credential; in the async client it may be an async one."""

    __slots__ = ("provider",)

    def __init__(self, provider: Callable[[], Any]) -> None:
        self.provider = provider

    def run(self) -> Any:
        """Call it."""
        answer = self.provider()
        if inspect.iscoroutine(answer):
            # Closed, so that the TypeError to come is not accompanied by "never awaited".
            answer.close()
        return answer

    async def arun(self) -> Any:
        """Call it, and wait for it where it needs that."""
        answer = self.provider()
        return await answer if inspect.isawaitable(answer) else answer


class Close:
    """Close a response whose body is not read."""

    __slots__ = ("response",)

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    def run(self) -> None:
        """Close it, blocking."""
        self.response.close()

    async def arun(self) -> None:
        """Close it in a task."""
        await self.response.aclose()


class Exclusive:
    """Run a flow while no other of the same login runs."""

    __slots__ = ("flow", "state")

    def __init__(self, state: TokenState, flow: Callable[[], Flow]) -> None:
        self.state = state
        self.flow = flow

    def run(self) -> Any:
        """Hold the threads' lock."""
        with self.state.lock:
            return drive(self.flow())

    async def arun(self) -> Any:
        """Hold the tasks' lock."""
        async with self.state.task_lock():
            return await adrive(self.flow())


class Waiter:
    """Something to wait for that another thread or task brings about."""

    __slots__ = ("_event", "_soon", "_task_event")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._task_event: Any = None
        self._soon: Any = None

    def wake(self) -> None:
        """It has come about; called from any thread."""
        self._event.set()
        soon = self._soon
        if soon is not None:
            # A loop that has closed meanwhile has nobody left to wake.
            with contextlib.suppress(RuntimeError):
                soon(self._task_event.set)

    def wait(self, seconds: float | None) -> None:
        """Block this thread until it comes about, or so many seconds have passed."""
        self._event.wait(seconds)

    async def await_(self, seconds: float | None) -> None:
        """Suspend this task until it comes about, or so many seconds have passed."""
        import anyio

        self._task_event = anyio.Event()
        self._soon = _run_soon()
        if self._event.is_set():  # it came about before anybody could be told
            return
        with anyio.move_on_after(seconds):
            await self._task_event.wait()


def _run_soon() -> Callable[..., Any]:
    """How another thread has a function run in the event loop that runs now."""
    import asyncio

    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        trio: Any = importlib.import_module("trio")
        soon: Callable[..., Any] = trio.lowlevel.current_trio_token().run_sync_soon
        return soon


class AwaitWaiter:
    """Wait for a waiter; real seconds bound it, since nobody may wait for ever."""

    __slots__ = ("seconds", "waiter")

    def __init__(self, waiter: Waiter, seconds: float | None) -> None:
        self.waiter = waiter
        self.seconds = seconds

    def run(self) -> None:
        """Block this thread."""
        self.waiter.wait(self.seconds)

    async def arun(self) -> None:
        """Suspend this task."""
        await self.waiter.await_(self.seconds)


class Pause:
    """Wait."""

    __slots__ = ("clock", "seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds

    def run(self) -> None:
        """Block this thread."""
        self.clock.sleep(self.seconds)

    async def arun(self) -> None:
        """Suspend this task."""
        await self.clock.asleep(self.seconds)

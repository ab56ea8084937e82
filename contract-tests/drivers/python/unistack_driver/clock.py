"""The clock that the driver injects into the SDK: the mock server's virtual time."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["VirtualClock"]

_WORKER: ContextVar[str | None] = ContextVar("worker", default=None)


class VirtualClock:
    """The SDK's `Clock`, kept by the mock server.

    Args:
        url: The server's control URL, ending in /__mock.
        session: The session whose time it is.
        client: The name to sleep under, outside of parallel workers.
        random: What `random` gives in turn; the last is repeated.
    """

    def __init__(self, url: str, session: str, client: str, random: list[float]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path
        self._session = session
        self.client = client
        self._random = list(random) or [0.0]
        self._lock = threading.Lock()
        self._local = threading.local()

    def time(self) -> float:
        return float(self._ask("GET", "/clock")["now"])

    def monotonic(self) -> float:
        return self.time()

    def random(self) -> float:
        with self._lock:
            return self._random.pop(0) if len(self._random) > 1 else self._random[0]

    def sleep(self, seconds: float) -> None:
        worker = _WORKER.get() or self.client
        self._ask("POST", "/clock/sleep", {"client": worker, "seconds": seconds})

    async def asleep(self, seconds: float) -> None:
        # A thread may block on the server where the event loop must not.
        await asyncio.to_thread(self.sleep, seconds)

    def register(self, worker: str | None = None, idle_after: float | None = None) -> None:
        """Count the driver, or one of its workers, among those that sleep on this clock."""
        body: dict[str, Any] = {"client": worker or self.client}
        if idle_after is not None:
            body["idle_after"] = idle_after
        self._ask("POST", "/clock/clients", body)

    def unregister(self, worker: str | None = None) -> None:
        """Count it no longer."""
        self._ask("DELETE", f"/clock/clients/{quote(worker or self.client, safe='')}")

    @contextmanager
    def working_as(self, worker: str) -> Iterator[None]:
        """Sleep under another name in this thread or task, and be gone afterwards."""
        token = _WORKER.set(worker)
        try:
            yield
        finally:
            _WORKER.reset(token)
            self.unregister(worker)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
            self._local.connection = connection
        content = None if body is None else json.dumps(body)
        headers = {"X-Mock-Session": self._session, "Content-Type": "application/json"}
        try:
            connection.request(method, self._path + path, body=content, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            raise
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {response.status} {answer!r}")
        return json.loads(answer) if answer else None

"""Reads requests, does them, writes answers."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from . import vectors, webhooks
from .actions import perform
from .clients import Session, build
from .errors import describe

__all__ = ["main"]

IDLE_AFTER = 0.3
"""Real seconds after which workers that do not sleep are taken to wait for one that does."""


class _Driver:
    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    async def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do one request; whatever goes wrong is the answer's error."""
        try:
            return await self._do(request)
        except Exception as error:
            return {"error": describe(error)}

    async def _do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request["op"]:
            case "hello":
                from importlib.metadata import version

                sdk = f"unistack {version('unistack')}"
                return {"value": {"protocol": 1, "language": "python", "sdk": sdk}}
            case "configure":
                await self._close(request.get("client", "main"))
                self._sessions[request.get("client", "main")] = build(request)
                return {"value": None}
            case "close":
                await self._close(request.get("client", "main"))
                return {"value": None}
            case "verify_webhook":
                return webhooks.verify(request)
            case "sign_webhook":
                return webhooks.sign(request)
            case "unwrap_webhook":
                return webhooks.unwrap(self._session(request), request)
            case "vector":
                return vectors.compute(request)
            case "parallel":
                return {"results": await self._parallel(request["requests"])}
            case _:
                return await perform(self._session(request), request)

    def _session(self, request: Mapping[str, Any]) -> Session:
        return self._sessions[request.get("client", "main")]

    async def _close(self, name: str) -> None:
        session = self._sessions.pop(name, None)
        if session is not None:
            await session.aclose()

    async def _parallel(self, requests: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Tasks for asynchronous clients, threads for the others; all begin together."""
        sessions = [self._session(request) for request in requests]
        clocks = {id(session): session.clock for session in sessions}
        names = [f"{session.clock.client}.{index}" for index, session in enumerate(sessions)]
        for session, name in zip(sessions, names, strict=True):
            session.clock.register(name, IDLE_AFTER)
        for clock in clocks.values():
            clock.unregister()
        try:
            if all(session.is_async for session in sessions):
                work = map(self._work, sessions, names, requests)
                return list(await asyncio.gather(*work))
            return await asyncio.to_thread(self._in_threads, sessions, names, requests)
        finally:
            for clock in clocks.values():
                clock.register()

    async def _work(
        self, session: Session, name: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        with session.clock.working_as(name):
            return await self.answer(request)

    def _in_threads(
        self, sessions: list[Session], names: list[str], requests: list[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = [{} for _ in requests]
        barrier = threading.Barrier(len(requests))

        def worker(index: int) -> Callable[[], None]:
            def run() -> None:
                barrier.wait()
                work = self._work(sessions[index], names[index], requests[index])
                answers[index] = asyncio.run(work)

            return run

        threads = [threading.Thread(target=worker(index)) for index in range(len(requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    async def close(self) -> None:
        for name in list(self._sessions):
            await self._close(name)


async def _serve() -> None:
    driver = _Driver()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        answer = {"id": request["id"], **await driver.answer(request)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
        sys.stdout.flush()
    await driver.close()


def main() -> None:
    """Serve until standard input ends."""
    # Lenient reading is what the scenarios look at; its warning is for people.
    warnings.simplefilter("ignore")
    asyncio.run(_serve())

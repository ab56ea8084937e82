"""A list call over a real socket, typed models included, against raw httpx on the same server.

The server is a process of its own that answers every request with the same bytes. Calls are made
in turns over kept connections; the ratio is of elapsed times. Prints a table, and the same as
JSON in the last line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import httpx
from bench_list_call import body

from unistack import AsyncUnistack, Unistack

SIZE = 20
ROUNDS = 25
CALLS = 60
BUDGET = 1.0


class Answer(asyncio.Protocol):
    """Answers each request's head with the same response."""

    content = body(SIZE)
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 1000000\r\n"
        b"X-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: 3600\r\nContent-Length: %d\r\n\r\n%b"
        % (len(content), content)
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.answer * data.count(b"\r\n\r\n"))


def serve(pipe: Connection) -> None:
    """Serve until killed; sends the port first."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any]) -> dict[str, float]:
    """Run both in turns; medians."""
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    for turn in range(ROUNDS + 1):
        for function, kept in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            function()
            if turn:
                kept.append((time.perf_counter() - start) / CALLS * 1e6)
    gc.enable()
    return {
        "ratio": round(statistics.median(a / b for a, b in zip(*times, strict=True)), 3),
        "sdk_us": round(statistics.median(times[0]), 1),
        "httpx_us": round(statistics.median(times[1]), 1),
        "budget": BUDGET,
    }


def measure_sync(url: str) -> dict[str, float]:
    """The blocking client."""
    with Unistack(api_key="sk_live_bench", base_url=url) as sdk, httpx.Client() as bare:

        def ours() -> None:
            for _ in range(CALLS):
                sdk.users.list(per_page=SIZE)

        def theirs() -> None:
            for _ in range(CALLS):
                bare.get(f"{url}/users?per_page={SIZE}").json()

        return ratio(ours, theirs)


def measure_async(url: str) -> dict[str, float]:
    """The async client; one event loop for both."""
    with asyncio.Runner() as runner:
        sdk, bare = AsyncUnistack(api_key="sk_live_bench", base_url=url), httpx.AsyncClient()

        async def ours() -> None:
            for _ in range(CALLS):
                await sdk.users.list(per_page=SIZE)

        async def theirs() -> None:
            for _ in range(CALLS):
                (await bare.get(f"{url}/users?per_page={SIZE}")).json()

        async def close() -> None:
            await sdk.close()
            await bare.aclose()

        result = ratio(lambda: runner.run(ours()), lambda: runner.run(theirs()))
        runner.run(close())
        return result


def main() -> int:
    """Measure, print, and fail over budget."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}/v1"
    try:
        results = {"sync": measure_sync(url), "async": measure_async(url)}
    finally:
        server.terminate()
        server.join()
    print(f"{'over a socket':<15}{'SDK us':>9}{'httpx us':>10}{'ratio':>8}{'budget':>8}")
    for kind, row in results.items():
        print(
            f"{kind:<15}{row['sdk_us']:>9}{row['httpx_us']:>10}{row['ratio']:>8}{row['budget']:>8}"
        )
    print(json.dumps({"bench_socket": results}))
    return 1 if any(row["ratio"] > BUDGET for row in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

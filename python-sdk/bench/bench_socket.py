"""A list call over a real socket, typed models included, against raw httpx on the same server.

The server is a process of its own that answers every request with the same bytes. Calls are made
in turns over kept connections; the ratio is of the time that the processor works for the caller,
since elapsed times also count what else the machine does. Prints a table, and the same as JSON in
the last line.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from multiprocessing.connection import Connection

import httpx
from page_of_users import body
from turns import Times, budget, of_functions

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


def measure_sync(url: str) -> Times:
    """The blocking client."""
    with Unistack(api_key="sk_live_bench", base_url=url) as sdk, httpx.Client() as bare:

        def ours() -> None:
            for _ in range(CALLS):
                sdk.users.list(per_page=SIZE)

        def theirs() -> None:
            for _ in range(CALLS):
                bare.get(f"{url}/users?per_page={SIZE}").json()

        return of_functions({"sdk": ours, "httpx": theirs}, rounds=ROUNDS, calls=1)


def measure_async(url: str) -> Times:
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

        times = of_functions(
            {"sdk": lambda: runner.run(ours()), "httpx": lambda: runner.run(theirs())},
            rounds=ROUNDS,
            calls=1,
        )
        runner.run(close())
        return times


def main() -> int:
    """Measure, print, and fail over budget."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}/v1"
    try:
        measured = {"sync": measure_sync(url), "async": measure_async(url)}
    finally:
        server.terminate()
        server.join()
    rows = {}
    budgets = []
    print(f"{'over a socket':<15}{'SDK us':>9}{'httpx us':>10}{'ratio':>8}{'budget':>8}")
    for kind, times in measured.items():
        ratio = times.ratio("sdk", "httpx")
        ours, theirs = (round(times.best(name) / CALLS * 1e6, 1) for name in ("sdk", "httpx"))
        rows[kind] = {"ratio": round(ratio, 3), "sdk_us": ours, "httpx_us": theirs}
        budgets.append(budget(f"list call over a socket, {SIZE} items, {kind}", ratio, BUDGET))
        print(f"{kind:<15}{ours:>9}{theirs:>10}{ratio:>8.3f}{BUDGET:>8}")
    print(json.dumps({"bench_socket": {**rows, "budgets": budgets}}))
    return 1 if any(row["value"] > row["limit"] for row in budgets) else 0


if __name__ == "__main__":
    sys.exit(main())

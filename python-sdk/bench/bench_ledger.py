"""The rate-limit ledger against other policies: 950 requests, 100 a minute, 8 workers.

Each policy meets seven kinds of server window, three of them by the package `limits`. Time is
simulated: the event loop jumps to the next thing that happens, so the figures are exact and the
same on every machine. Prints a table, and the same as JSON in the last line; renews the page
docs/results/rate-limits.md. Without redis-server it leaves Redis and the page out, and says so.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import redis
from aiolimiter import AsyncLimiter
from rate_limits_page import write_page
from server_windows import LIMIT, WINDOW, WINDOWS, Window, floor
from simulated_time import SimulatedClock, SimulatedLoop

from unistack import AsyncUnistack, RateLimitError, RateLimitWaitError
from unistack.rate_limits import RateLimiter, RedisStore

REQUESTS = 950
WORKERS = 8
PROCESSES = 4
LATENCY = (0.01, 0.05)  # seconds, each way
# What the ledger may take over the floor where the server says to the millisecond when its quota is
# back, and where it says whole seconds: those hide up to one second of each minute, and one more is
# put on top, since nobody can tell a second that was rounded up from one that was cut.
SLACK = {"exact": 1.02, "whole": 1 + 2 / WINDOW + 0.005}
POLICIES = ("ledger", "ledger, Redis", "retries", "aiolimiter")

Row = dict[str, Any]


class InLoop:
    """A sync Redis that looks async: no simulated time passes while it answers."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def execute_command(self, *arguments: Any) -> Any:
        return self.client.execute_command(*arguments)

    async def evalsha(self, *arguments: Any) -> Any:
        return self.client.evalsha(*arguments)

    async def eval(self, *arguments: Any) -> Any:
        return self.client.eval(*arguments)


@contextmanager
def redis_server() -> Iterator[Any]:
    """A client of a Redis of our own; None where there is no redis-server."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        path = f"{folder}/redis.sock"
        server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", path, "--dir", folder, "--save", ""],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            assert any("eady to accept" in line for line in server.stdout), "Redis did not start"
            yield redis.Redis(unix_socket_path=path, socket_timeout=30)
        finally:
            server.kill()
            server.communicate()


class Network:
    """A server with one quota, and the way to it and back."""

    def __init__(self, window: Window, clock: SimulatedClock, dialect: str) -> None:
        self.window = window
        self.clock = clock
        self.dialect = dialect
        self.latency = random.Random(2)
        self.sent = self.refused = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Serve a request, or refuse it."""
        await asyncio.sleep(self.latency.uniform(*LATENCY))
        now = self.clock.time()
        allowed, remaining, reset = self.window.ask(now)
        await asyncio.sleep(self.latency.uniform(*LATENCY))
        self.sent += 1
        whole = self.dialect == "whole"
        seconds = round(now + reset, 6)
        headers = {
            "Date": formatdate(now, usegmt=True),
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(math.ceil(seconds)) if whole else f"{seconds:.6f}",
        }
        if allowed:
            return httpx.Response(200, json={"success": True}, headers=headers)
        self.refused += 1
        headers["Retry-After"] = str(math.ceil(reset)) if whole else f"{reset + 1e-6:.6f}"
        return httpx.Response(429, json={"success": False}, headers=headers)


def clients_of(policy: str, network: Network, server: Any) -> list[AsyncUnistack]:
    """One client, or one for each process."""
    clock, prefix = network.clock, f"bench:{secrets.token_hex(8)}:"

    def client() -> AsyncUnistack:
        limiter = None
        if policy == "ledger, Redis":
            store = RedisStore(InLoop(server), prefix=prefix, now=clock.time)
            limiter = RateLimiter(store=store)
        return AsyncUnistack(
            api_key="sk_live_bench",
            base_url="https://api.unistack.dev/v1",
            transport=httpx.MockTransport(network.answer),
            on_limit="wait" if policy.startswith("ledger") else "off",
            rate_limiter=limiter,
            clock=clock,
        )

    return [client() for _ in range(PROCESSES if policy == "ledger, Redis" else 1)]


def measure(
    make: Callable[[], Window], policy: str, dialect: str, server: Any, least: float
) -> Row:
    """Send all requests under one policy; a call that fails is not repeated."""
    counts = {"served": 0, "failed": 0}
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        network = Network(make(), SimulatedClock(loop), dialect)
        clients = clients_of(policy, network, server)
        left = iter(range(REQUESTS))

        async def work(client: AsyncUnistack, limiter: AsyncLimiter | None) -> None:
            for _ in left:
                try:
                    if limiter is not None:
                        await limiter.acquire()
                    await client.get("/users/user_1")
                    counts["served"] += 1
                except (RateLimitError, RateLimitWaitError):
                    counts["failed"] += 1

        async def run() -> None:
            limiter = AsyncLimiter(LIMIT, WINDOW) if policy == "aiolimiter" else None
            workers = [clients[number % len(clients)] for number in range(WORKERS)]
            await asyncio.gather(*(work(client, limiter) for client in workers))

        runner.run(run())
        seconds = loop.time()
    return {
        **counts,
        "sent": network.sent,
        "refused": network.refused,
        "seconds": round(seconds, 1),
        "floor": round(least, 1),
        "ratio": round(seconds / least, 3),
    }


def over_budget(results: dict[str, Row]) -> list[str]:
    """The rows of the ledger that met a 429, lost a call, or wasted time."""
    return [
        name
        for name, row in results.items()
        if row["policy"].startswith("ledger")
        and (row["refused"] or row["served"] != REQUESTS or row["ratio"] > SLACK[row["resets"]])
    ]


def budgets(results: dict[str, Row]) -> list[Row]:
    """What `nox -s bench` sums up."""
    ours = [row for row in results.values() if row["policy"].startswith("ledger")]
    found: list[Row] = [
        {"name": "429s met", "value": sum(row["refused"] for row in ours), "unit": "", "limit": 0},
        {"name": "calls lost", "value": sum(row["failed"] for row in ours), "unit": "", "limit": 0},
    ]
    for resets, limit in SLACK.items():
        worst = max(row["ratio"] for row in ours if row["resets"] == resets)
        name = f"time over the floor, {resets} resets"
        found.append({"name": name, "value": worst, "unit": "x", "limit": round(limit, 3)})
    return [{**budget, "kind": "most"} for budget in found]


def main() -> int:
    """Measure, print, renew the page, and fail when the ledger is over its budget."""
    results: dict[str, Row] = {}
    with redis_server() as server:
        policies = [policy for policy in POLICIES if server or policy != "ledger, Redis"]
        for window, make in WINDOWS.items():
            least = floor(make(), REQUESTS)
            for dialect, policy in itertools.product(SLACK, policies):
                row = measure(make, policy, dialect, server, least)
                row = {"window": window, "resets": dialect, "policy": policy, **row}
                results[f"{window}, {dialect}, {policy}"] = row
    columns = ("sent", "served", "failed", "refused", "seconds", "floor", "ratio")
    print(f"{'window, resets, policy':<40}" + "".join(f"{name:>9}" for name in columns))
    for name, row in results.items():
        print(f"{name:<40}" + "".join(f"{row[column]:>9}" for column in columns))
    if server is None:
        print("redis-server is missing (apt-get install redis-server): the page stays as it is")
    else:
        write_page(Path(__file__).parents[2] / "docs" / "results", list(results.values()))
    print(json.dumps({"bench_ledger": {"rows": results, "budgets": budgets(results)}}))
    over = over_budget(results)
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

"""CPU of a list call, typed models included, against httpx's own `client.get(url).json()`.

Both run on the same mock transport, in turns in one process, so that the ratio means something on
any machine. Prints a table, and the same as JSON in the last line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from page_of_users import HEADERS, URL, body
from turns import Times, budget, of_functions

from unistack import AsyncUnistack, Unistack

SIZES = (1, 20, 100)
BUDGETS = {1: 0.75, 20: 0.75, 100: 1.0}
ROUNDS = 41
CALLS = {1: 120, 20: 90, 100: 45}


def mock(size: int) -> httpx.MockTransport:
    """A transport that answers every request with the same page."""
    content = body(size)
    return httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=HEADERS))


def measure_sync(size: int) -> Times:
    """The blocking client."""
    transport = mock(size)
    sdk = Unistack(api_key="sk_live_bench", base_url=URL, transport=transport)
    bare = httpx.Client(transport=transport, headers={"Authorization": "Bearer sk_live_bench"})
    return of_functions(
        {
            "sdk": lambda: sdk.users.list(per_page=size),
            "httpx": lambda: bare.get(f"{URL}/users?per_page={size}").json(),
        },
        rounds=ROUNDS,
        calls=CALLS[size],
    )


def measure_async(size: int) -> Times:
    """The async client; one event loop for both."""
    transport = mock(size)
    calls = CALLS[size]

    async def repeat(make: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(calls):
            await make()

    with asyncio.Runner() as runner:
        sdk = AsyncUnistack(api_key="sk_live_bench", base_url=URL, transport=transport)
        bare = httpx.AsyncClient(
            transport=transport, headers={"Authorization": "Bearer sk_live_bench"}
        )

        async def get() -> Any:
            return (await bare.get(f"{URL}/users?per_page={size}")).json()

        times = of_functions(
            {
                "sdk": lambda: runner.run(repeat(lambda: sdk.users.list(per_page=size))),
                "httpx": lambda: runner.run(repeat(get)),
            },
            rounds=ROUNDS,
            calls=1,
        )
        runner.run(bare.aclose())
    for taken in times.turns.values():
        taken[:] = [seconds / calls for seconds in taken]
    return times


def main() -> int:
    """Measure, print, and fail over budget."""
    rows: dict[str, dict[str, float]] = {}
    budgets = []
    print(f"{'list call':<12}{'items':>6}{'SDK us':>9}{'httpx us':>10}{'ratio':>8}{'budget':>8}")
    for kind, measure in (("sync", measure_sync), ("async", measure_async)):
        for size in SIZES:
            times = measure(size)
            ratio = times.ratio("sdk", "httpx")
            ours, theirs = (round(times.best(name) * 1e6, 1) for name in ("sdk", "httpx"))
            rows[f"{kind}_{size}"] = {"ratio": round(ratio, 3), "sdk_us": ours, "httpx_us": theirs}
            items = "1 item" if size == 1 else f"{size} items"
            budgets.append(budget(f"list call, {items}, {kind}", ratio, BUDGETS[size]))
            print(f"{kind:<12}{size:>6}{ours:>9}{theirs:>10}{ratio:>8.3f}{BUDGETS[size]:>8}")
    print(json.dumps({"bench_list_call": {**rows, "budgets": budgets}}))
    return 1 if any(row["value"] > row["limit"] for row in budgets) else 0


if __name__ == "__main__":
    sys.exit(main())

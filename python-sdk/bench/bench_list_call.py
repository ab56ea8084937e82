"""CPU of a list call, typed models included, against httpx's own `client.get(url).json()`.

Both run on the same mock transport, in turns in one process, so that the ratio means something on
any machine. Prints a table, and the same as JSON in the last line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from unistack import AsyncUnistack, Unistack

SIZES = (1, 20, 100)
BUDGETS = {1: 0.75, 20: 0.75, 100: 1.0}
ROUNDS = 15
CALLS = {1: 400, 20: 300, 100: 120}
URL = "https://api.unistack.dev/v1"
HEADERS = {
    "Content-Type": "application/json",
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-Reset": "1767225600",
    "X-Request-ID": "req_0123456789abcdef",
    "X-Total-Count": "100",
}


def body(size: int) -> bytes:
    """A page of users, as the API sends it."""
    users = [
        {
            "id": f"user_{i:012d}",
            "name": f"User Number {i}",
            "email": f"user{i}@example.com",
            "role": "admin" if i % 2 else "member",
            "active": True,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-02T12:30:00.250Z",
            "username": f"user{i}",
            "organization_id": "org_000000000001",
        }
        for i in range(size)
    ]
    meta = {"page": 1, "per_page": size, "total": size, "total_pages": 1}
    return json.dumps({"success": True, "data": users, "meta": meta}).encode()


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], calls: int) -> dict[str, float]:
    """Run both in turns; the ratio of CPU times, and microseconds of each, are medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for function in (ours, theirs):
        function()
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        for function, kept in zip((ours, theirs), times, strict=True):
            start = time.process_time()
            for _ in range(calls):
                function()
            kept.append((time.process_time() - start) / calls * 1e6)
    gc.enable()
    ratios = [a / b for a, b in zip(*times, strict=True)]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "sdk_us": round(statistics.median(times[0]), 1),
        "httpx_us": round(statistics.median(times[1]), 1),
    }


def measure_sync(size: int) -> dict[str, float]:
    """The blocking client."""
    content = body(size)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=HEADERS))
    sdk = Unistack(api_key="sk_live_bench", base_url=URL, transport=transport)
    bare = httpx.Client(transport=transport, headers={"Authorization": "Bearer sk_live_bench"})
    return ratio(
        lambda: sdk.users.list(per_page=size),
        lambda: bare.get(f"{URL}/users?per_page={size}").json(),
        CALLS[size],
    )


def measure_async(size: int) -> dict[str, float]:
    """The async client; one event loop for both."""
    content = body(size)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=HEADERS))
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

        result = ratio(
            lambda: runner.run(repeat(lambda: sdk.users.list(per_page=size))),
            lambda: runner.run(repeat(get)),
            1,
        )
        runner.run(bare.aclose())
    return {
        key: value if key == "ratio" else round(value / calls, 1) for key, value in result.items()
    }


def main() -> int:
    """Measure, print, and fail over budget."""
    results: dict[str, Any] = {}
    for name, measure in (("sync", measure_sync), ("async", measure_async)):
        for size in SIZES:
            results[f"{name}_{size}"] = {**measure(size), "budget": BUDGETS[size]}
    print(f"{'list call':<12}{'items':>6}{'SDK us':>9}{'httpx us':>10}{'ratio':>8}{'budget':>8}")
    for name, row in results.items():
        kind, _, size = name.partition("_")
        print(
            f"{kind:<12}{size:>6}{row['sdk_us']:>9}{row['httpx_us']:>10}"
            f"{row['ratio']:>8}{row['budget']:>8}"
        )
    print(json.dumps({"bench_list_call": results}))
    over = [name for name, row in results.items() if row["ratio"] > row["budget"]]
    if over:
        print(f"over budget: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

"""Memory of iterating 100,000 items: one page at a time, whatever the length of the list.

Prints a table, and the same as JSON in the last line.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc

import httpx
from turns import budget

from unistack import Unistack

PER_PAGE = 100
LENGTHS = (1_000, 100_000)
WARM_UP = 40_000  # fills the bounded caches of JSON strings and URLs, which are no part of a page
BUDGET_RATIO = 1.5


def peak_kib(length: int) -> float:
    """Peak of what is allocated beyond the start while a list is walked over, in KiB."""
    pages = length // PER_PAGE

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", 1))
        users = [
            {
                "id": f"user_{i:012d}",
                "name": f"User {i}",
                "email": f"user{i}@example.com",
                "role": "member",
                "active": True,
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            }
            for i in range((page - 1) * PER_PAGE, page * PER_PAGE)
        ]
        meta = {"page": page, "per_page": PER_PAGE, "total": length, "total_pages": pages}
        return httpx.Response(200, json={"success": True, "data": users, "meta": meta})

    client = Unistack(api_key="sk_live_bench", transport=httpx.MockTransport(answer))
    client.users.list(per_page=PER_PAGE)
    gc.collect()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    seen = sum(1 for _ in client.users.list(per_page=PER_PAGE))
    _, peak = tracemalloc.get_traced_memory()
    assert seen == length
    return (peak - before) / 1024


def main() -> int:
    """Measure, print, and fail over budget."""
    tracemalloc.start()
    peak_kib(WARM_UP)
    peaks = {length: round(peak_kib(length), 1) for length in LENGTHS}
    ratio = peaks[LENGTHS[1]] / peaks[LENGTHS[0]]
    print(f"{'items':>10}{'peak KiB':>12}")
    for length, peak in peaks.items():
        print(f"{length:>10}{peak:>12}")
    print(f"ratio {ratio:.2f} (budget {BUDGET_RATIO})")
    results = {
        "peak_kib": peaks,
        "budgets": [budget("memory of 100,000 items, to 1,000", ratio, BUDGET_RATIO)],
    }
    print(json.dumps({"bench_iteration": results}))
    return 1 if ratio > BUDGET_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())

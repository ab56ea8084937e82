"""Time of `import unistack` over bare Python, and of a cold first call against bare httpx.

Each measurement is a new process; the best of several counts, since everything else on the
machine only adds to it. Prints a table, and the same as JSON in the last line.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

ROUNDS = 9
IMPORT_BUDGET_MS = 20.0
COLD_BUDGET_RATIO = 1.25

BODY = (
    '{"success": true, "data": [{"id": "user_1", "name": "Ada", "email": "a@example.com",'
    ' "role": "admin", "active": true, "created_at": "2026-01-01T00:00:00Z",'
    ' "updated_at": "2026-01-01T00:00:00Z"}],'
    ' "meta": {"page": 1, "per_page": 20, "total": 1, "total_pages": 1}}'
)
MOCK = f"""
import httpx
body = {BODY!r}
transport = httpx.MockTransport(
    lambda _: httpx.Response(200, content=body, headers={{"content-type": "application/json"}})
)
"""
PROGRAMS = {
    "bare Python": "pass",
    "import unistack": "import unistack",
    "import unistack.webhooks": "import unistack.webhooks",
    "httpx: cold first call": MOCK
    + "client = httpx.Client(transport=transport)\n"
    + "client.get('https://api.unistack.dev/v1/users').json()",
    "unistack: cold first call": "from unistack import Unistack\n"
    + MOCK
    + "client = Unistack(api_key='sk_live_bench', transport=transport)\n"
    + "client.users.list()",
}


def best_ms(program: str) -> float:
    """Milliseconds of CPU that a new interpreter needs for a program."""
    times = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(times) * 1000


def main() -> int:
    """Measure, print, and fail over budget."""
    started = time.perf_counter()
    times = {name: best_ms(program) for name, program in PROGRAMS.items()}
    bare = times["bare Python"]
    over_bare = {name: round(ms - bare, 1) for name, ms in times.items()}
    cold = times["unistack: cold first call"] / times["httpx: cold first call"]
    results: dict[str, Any] = {
        "import_ms": {"value": over_bare["import unistack"], "budget": IMPORT_BUDGET_MS},
        "import_webhooks_ms": {"value": over_bare["import unistack.webhooks"]},
        "cold_first_call": {"ratio": round(cold, 3), "budget": COLD_BUDGET_RATIO},
    }
    print(f"{'program':<28}{'ms over bare Python':>22}")
    for name, ms in over_bare.items():
        print(f"{name:<28}{ms:>22}")
    print(f"cold first call, ratio to httpx: {cold:.2f} (budget {COLD_BUDGET_RATIO})")
    print(json.dumps({"bench_import": results, "seconds": round(time.perf_counter() - started, 1)}))
    over = over_bare["import unistack"] > IMPORT_BUDGET_MS or cold > COLD_BUDGET_RATIO
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

"""Time of `import unistack` over bare Python, and of a cold first call against bare httpx.

Each measurement is a new process, with bytecode compiled as in an installed package; the best of
several counts, since everything else on the machine only adds to it. Prints a table, and the same
as JSON in the last line.

A cold first call reads a typed page, so pydantic is imported and models are compiled. What that
costs by itself stands in a row of its own: it is the floor of any client with pydantic models.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

ROUNDS = 9
IMPORT_BUDGET_MS = 20.0
COLD_BUDGET_RATIO = 1.25
OVER_PYDANTIC = 1.25

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
    "httpx and one pydantic model": MOCK
    + "client = httpx.Client(transport=transport)\n"
    + "from pydantic import BaseModel\n"
    + "class Page(BaseModel): success: bool\n"
    + "Page.model_validate_json(client.get('https://api.unistack.dev/v1/users').content)",
    "unistack: cold first call": "from unistack import Unistack\n"
    + MOCK
    + "client = Unistack(api_key='sk_live_bench', transport=transport)\n"
    + "client.users.list()",
}


def best_ms(program: str, environment: dict[str, str]) -> float:
    """Milliseconds of CPU that a new interpreter needs for a program."""
    times = []
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(times) * 1000


def main() -> int:
    """Measure, print, and fail over budget."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        times = {name: best_ms(program, environment) for name, program in PROGRAMS.items()}
    bare = times["bare Python"]
    over_bare = {name: round(ms - bare, 1) for name, ms in times.items()}
    cold = times["unistack: cold first call"] / times["httpx: cold first call"]
    floor = times["httpx and one pydantic model"] / times["httpx: cold first call"]
    results: dict[str, Any] = {
        "import_ms": {"value": over_bare["import unistack"], "budget": IMPORT_BUDGET_MS},
        "import_webhooks_ms": {"value": over_bare["import unistack.webhooks"]},
        "cold_first_call": {
            "ratio": round(cold, 3),
            "budget": COLD_BUDGET_RATIO,
            "ratio_of_httpx_and_one_pydantic_model": round(floor, 3),
            "ratio_over_that": round(cold / floor, 3),
        },
    }
    print(f"{'program':<28}{'ms over bare Python':>22}")
    for name, ms in over_bare.items():
        print(f"{name:<28}{ms:>22}")
    print(f"cold first call: {cold:.2f}x httpx (budget {COLD_BUDGET_RATIO})")
    print(
        f"of which pydantic: {floor:.2f}x; over that: {cold / floor:.2f}x (limit {OVER_PYDANTIC})"
    )
    print(json.dumps({"bench_import": results, "seconds": round(time.perf_counter() - started, 1)}))
    over = over_bare["import unistack"] > IMPORT_BUDGET_MS
    return 1 if over or cold > max(COLD_BUDGET_RATIO, floor * OVER_PYDANTIC) else 0


if __name__ == "__main__":
    sys.exit(main())

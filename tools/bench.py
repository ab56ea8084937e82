"""Run every benchmark of the repository, and say of each budget whether it is met.

    python tools/bench.py [--write] [NAME ...]

Each `*/bench/bench_NAME.py` prints what it likes; the last line of what it prints may be JSON:
`{"bench_NAME": {..., "budgets": [{"name", "value", "unit", "limit", "kind"}]}}`, `kind` being
"most" or "least". A script without budgets is judged by its exit code. With `--write` the results
of speed are written to docs/results: speed.json keeps them, so that a run of some benchmarks renews
those alone, and the page and its picture are drawn from it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speed_page import machine, write_page

__all__ = ["Budget", "main"]

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "results"
# What the page of speed shows; other benchmarks have pages of their own, or print only.
SPEED = {
    f"bench_{name}"
    for name in ("import", "iteration", "list_call", "mypy", "peers", "socket", "webhooks")
}


@dataclass(frozen=True)
class Budget:
    """One number and what it may be.

    Attributes:
        name: What is measured.
        value: What was measured.
        limit: What it may be.
        unit: Of both; "x" for ratios.
        kind: "most" or "least".
    """

    name: str
    value: float
    limit: float
    unit: str = "x"
    kind: str = "most"

    @property
    def met(self) -> bool:
        """Whether the value keeps the limit."""
        return self.value <= self.limit if self.kind == "most" else self.value >= self.limit

    def __str__(self) -> str:
        sign = "<=" if self.kind == "most" else ">="
        verdict = "met" if self.met else "MISSED"
        return f"{verdict:<8}{self.name:<52}{self.value:>10}{self.unit:<3}{sign} {self.limit}"


def run(script: Path) -> tuple[int, dict[str, Any]]:
    """Run a script, passing on what it prints; its exit code, and the results in its last line."""
    print(f"\n== {script.relative_to(ROOT)}", flush=True)
    last = ""
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if last:
                print(last, end="", flush=True)
            last = line
    try:
        found = json.loads(last)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        print(last, end="")
        found = {}
    return process.returncode, found


def budgets_of(results: dict[str, Any]) -> list[Budget]:
    """All budgets that scripts printed."""
    return [
        Budget(**row)
        for found in results.values()
        if isinstance(found, dict)
        for row in found.get("budgets", ())
    ]


def keep(file: Path, results: dict[str, Any]) -> dict[str, Any]:
    """Put results into the file that keeps them; what was not measured anew stays."""
    before: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    stamp = {"on": datetime.now(UTC).date().isoformat(), "machine": machine()}
    found = {name: {"measured": stamp, **row} for name, row in results.items() if name in SPEED}
    kept = dict(sorted((before | found).items()))
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=1) + "\n")
    return kept


def main() -> int:
    """Run, summarise, write where asked; the exit code is that of the worst script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks to run, such as list_call; all else")
    parser.add_argument("--write", action="store_true", help="write docs/results")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    failed: list[str] = []
    for script in sorted(ROOT.glob("*/bench/bench_*.py")):
        if options.names and script.stem.removeprefix("bench_") not in options.names:
            continue
        code, found = run(script)
        results |= found
        if code:
            failed.append(str(script.relative_to(ROOT)))
    budgets = budgets_of(results)
    print("\n== budgets")
    for item in budgets:
        print(item)
    print(f"{sum(item.met for item in budgets)} of {len(budgets)} budgets met")
    if failed:
        print(f"over a limit, or broken: {', '.join(failed)}")
    if options.write:
        kept = keep(FOLDER / "speed.json", results)
        for path in write_page(FOLDER, kept, budgets_of(kept)):
            print(f"written: {path.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What mypy takes for a three-line program with the SDK, against one with bare httpx.

Each run starts without a cache and follows every import, as a user's first check does: the worst
case. With a cache that has seen the libraries, checks of a changed program differ little, and are
told beside it. Prints a table, and the same as JSON in the last line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from turns import Times, bench_python, budget, of_programs

ROUNDS = 5
BUDGET = 1.5
PROGRAMS = {
    "httpx": (
        "import httpx\nclient = httpx.Client()\nprint(client.get('https://a.example').json())\n"
    ),
    "unistack": (
        "from unistack import Unistack\n"
        "client = Unistack()\n"
        "print([user.email for user in client.users.list()])\n"
    ),
}


def measure(folder: Path, cached: bool) -> Times:
    """Check each program in turns, with a cache that knows the libraries or with none."""
    python = bench_python()
    commands = {}
    for name, program in PROGRAMS.items():
        file = folder / f"{name}_program.py"
        file.write_text(program)
        cache = folder / f"cache_{name}" if cached else "/dev/null"
        check = [python, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(file)]
        if cached:
            subprocess.run(check, check=True, stdout=subprocess.DEVNULL)
            # A changed program is what is checked again and again; the libraries stay.
            change = f"import pathlib; pathlib.Path({str(file)!r}).open('a').write('print()\\n')"
            check = [
                *[python, "-c"],
                f"import subprocess, sys; {change}; sys.exit(subprocess.call({check!r}))",
            ]
        commands[name] = check
    return of_programs(commands, rounds=ROUNDS)


def main() -> int:
    """Measure, print, and fail over budget."""
    with tempfile.TemporaryDirectory() as folder:
        measured = {
            "no cache": measure(Path(folder), cached=False),
            "changed program": measure(Path(folder), cached=True),
        }
    rows = {}
    print(f"{'mypy --strict':<18}{'SDK s':>8}{'httpx s':>9}{'ratio':>8}")
    for kind, times in measured.items():
        ratio = times.ratio("unistack", "httpx")
        ours, theirs = (round(times.best(name), 2) for name in ("unistack", "httpx"))
        rows[kind] = {"ratio": round(ratio, 3), "sdk_s": ours, "httpx_s": theirs}
        print(f"{kind:<18}{ours:>8}{theirs:>9}{ratio:>8.3f}")
    cold = measured["no cache"].ratio("unistack", "httpx")
    budgets = [budget("mypy on three lines, no cache", cold, BUDGET)]
    print(json.dumps({"bench_mypy": {**rows, "budgets": budgets}}))
    return 1 if cold > BUDGET else 0


if __name__ == "__main__":
    sys.exit(main())

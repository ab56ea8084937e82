"""This SDK beside the best-known ones: import, cold first call, CPU of a list call, all against httpx.

Every package runs in processes of its own, on the same page of users (see `peers.py`). A package
that is not installed is said to be so: `nox -s bench` makes an environment that has them all.
Prints tables, and the same as JSON in the last line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from peers import PEERS
from turns import bench_python, of_programs

SIZES = (1, 20, 100)
ROUNDS = 7
HERE = Path(__file__).parent
VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def installed(python: str) -> dict[str, str]:
    """The packages that the interpreter has, and their versions."""
    run = subprocess.run(
        [python, "-c", VERSIONS, *PEERS], check=True, stdout=subprocess.PIPE, text=True
    )
    versions: dict[str, str] = json.loads(run.stdout)
    return versions


def starts(python: str, names: list[str]) -> dict[str, dict[str, float]]:
    """Import and cold first call: milliseconds over bare Python, and times those of httpx."""
    peers = str(HERE / "peers.py")
    programs = {"bare": [python, "-c", "pass"]}
    programs |= {f"import {name}": [python, "-c", f"import {name}"] for name in names}
    programs |= {f"call {name}": [python, peers, "call", name] for name in names}
    times = of_programs(programs, rounds=ROUNDS)
    bare = times.best("bare")
    return {
        name: {
            "import_ms": round((times.best(f"import {name}") - bare) * 1000, 1),
            "cold_ms": round((times.best(f"call {name}") - bare) * 1000, 1),
            "cold_ratio": round(times.ratio(f"call {name}", "call httpx"), 2),
        }
        for name in names
    }


def calls(python: str, name: str) -> dict[str, dict[str, float]]:
    """CPU of a list call by size, against httpx in the same process."""
    results = {}
    for size in SIZES:
        command = [python, str(HERE / "peers.py"), "time", name, str(size)]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        results[str(size)] = json.loads(run.stdout)
    return results


def main() -> int:
    """Measure and print; peers have no budgets."""
    python = bench_python()
    versions = installed(python)
    names = [name for name in PEERS if name in versions]
    results: dict[str, dict[str, Any]] = {
        name: {"version": versions[name], **row} for name, row in starts(python, names).items()
    }
    for name in names:
        results[name]["list_call"] = calls(python, name)
    heads = ("import ms", "cold ms", "cold x", *(f"{size} items x" for size in SIZES))
    print(f"{'package':<22}" + "".join(f"{head:>13}" for head in heads))
    for name, row in results.items():
        cells = [row["import_ms"], row["cold_ms"], row["cold_ratio"]]
        cells += [row["list_call"][str(size)]["ratio"] for size in SIZES]
        label = f"{name} {row['version']}"
        print(f"{label:<22}" + "".join(f"{cell:>13}" for cell in cells))
    missing = [name for name in PEERS if name not in versions]
    if missing:
        print(f"not installed, so not measured: {', '.join(missing)}")
    print(json.dumps({"bench_peers": {"peers": results, "missing": missing}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Time and memory of ``specloom generate`` beside named peers in the same run.

Two documents: this repository's, and GitHub's (13 MB, 1,223 operations) where the folder
``SPECLOOM_ZOO`` holds it. The peers are openapi-python-client and, where ``nox -s spec`` has
installed it, Redocly's ``generate-client``, which writes one TypeScript file. All run as they do
once installed: their bytecode is there. Prints a table and, last, a JSON line.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
REDOCLY = ROOT / "tools" / "spec-lint" / "node_modules" / ".bin" / "redocly"
RUNS = 5
RUNS_OF_LARGE = 3
KIB = 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: wall time in seconds (median), and the most memory in MiB."""

    seconds: float
    mebibytes: float


def take(command: list[str], runs: int, bytecode: str) -> Taken:
    """Run a command once to warm up, then as often as asked.

    Args:
        command: Program and arguments.
        runs: How often to measure.
        bytecode: Folder for compiled modules.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times, peak = [], 0
    for run in range(runs + 1):
        started = time.perf_counter()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{command[0]} failed: {' '.join(command)}")
        if run:
            times.append(time.perf_counter() - started)
        peak = max(peak, usage.ru_maxrss)
    return Taken(statistics.median(times), peak / KIB)


def compare(document: Path, options: list[str], runs: int, folder: str) -> dict[str, object]:
    """Generate a client of one document with every program there is."""
    python, bytecode = sys.executable, f"{folder}/bytecode"
    out = f"{folder}/{document.stem}"
    commands = {
        "specloom": [
            *[python, "-m", "specloom", "generate", str(document), *options],
            *["--target", "python", "--out", f"{out}-specloom"],
        ],
        "openapi-python-client": [
            *[python, "-m", "openapi_python_client", "generate", "--path", str(document)],
            *["--output-path", f"{out}-opc", "--overwrite"],
        ],
    }
    if REDOCLY.exists():
        commands["redocly"] = [
            *[str(REDOCLY), "generate-client", str(document), "--output", f"{out}-redocly.ts"],
        ]
    bare = take([python, "-c", "pass"], RUNS, bytecode).seconds
    taken = {name: take(command, runs, bytecode) for name, command in commands.items()}
    ours = taken["specloom"].seconds
    return {
        "document": document.name,
        "seconds": {name: round(item.seconds, 3) for name, item in taken.items()},
        "seconds_beyond_start": round(ours - bare, 3),
        "times_as_long": {
            name: round(item.seconds / ours, 2)
            for name, item in taken.items()
            if name != "specloom"
        },
        "peak_mebibytes": {name: round(item.mebibytes) for name, item in taken.items()},
        "files": sum(path.is_file() for path in Path(f"{out}-specloom").rglob("*")),
        "lines": sum(
            len(path.read_bytes().splitlines()) for path in Path(f"{out}-specloom").rglob("*.py")
        ),
    }


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        own = compare(ROOT / "openapi.yaml", ["--config", "specloom.yaml"], RUNS, folder)
        results = [own]
        github = Path(os.environ.get("SPECLOOM_ZOO", "")) / "github.json"
        if github.is_file():
            results.append(compare(github, [], RUNS_OF_LARGE, folder))
        else:
            print("set SPECLOOM_ZOO to the folder of the public documents to measure GitHub's")
    for result in results:
        for name, value in result.items():
            print(f"{name:24}{value}")
        print()
    print(json.dumps({"generate": results}))


if __name__ == "__main__":
    main()

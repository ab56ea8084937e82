"""How soon the mock server answers, and how much memory its rows take.

    SPECLOOM_ZOO=FOLDER python mock-server/bench/bench_mock_size.py [--no-prism]

Start-up is the time from the start of the process until the port is told: of the document of this
repository, and of GitHub's and Discord's where the folder of public documents is given; Prism, where it
is installed, beside it. The first answer is that of ``MockServer`` in a process that has it
imported. Memory is what 100,000 rows add to the process, kept in memory alone and written to a
file.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "openapi.yaml"
ROWS = 100_000
LIMITS = {"github.json": 2.0, "discord.json": 1.0}
"""Seconds until the mock serves each document."""
FIRST_ANSWER = 0.3
_PRISM_TIMEOUT = 180.0


def start_mock(document: Path) -> float:
    """Seconds from the start of the process until it serves."""
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "specloom_mock", str(document), "--port", "0"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--ready-fd", str(writer)], pass_fds=[writer], stdout=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as ready:
        told = ready.readline()
    spent = time.perf_counter() - began
    process.kill()
    process.wait()
    if not told:
        raise SystemExit(f"the mock server did not serve {document.name}")
    return spent


def start_prism(document: Path) -> float | None:
    """Seconds until Prism serves; None where it is not installed or does not."""
    from specloom_mock.prism import Prism, PrismError

    began = time.perf_counter()
    try:
        with Prism(document, start_timeout=_PRISM_TIMEOUT):
            return time.perf_counter() - began
    except PrismError as error:
        sys.stdout.write(f"Prism is left out for {document.name}: {str(error).splitlines()[0]}\n")
        return None


def first_answer() -> float:
    """Seconds from ``MockServer(...)`` until its first answer, in this process."""
    import httpx

    from specloom_mock import MockServer

    began = time.perf_counter()
    with (
        MockServer(DOCUMENT) as server,
        httpx.Client(base_url=server.base_url, headers=server.auth) as client,
    ):
        client.get("/users/user_000001").raise_for_status()
        return time.perf_counter() - began


def resident() -> float:
    """Megabytes that this process has in memory (Linux; 0 elsewhere)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    line = next((line for line in lines if line.startswith("VmRSS:")), "VmRSS: 0")
    return int(line.split()[1]) / 1024


def fill(file: Path | None) -> dict[str, float]:
    """Megabytes and seconds that 100,000 users take, in memory alone or in a file too."""
    import orjson

    from specloom_mock.mock import Mock
    from specloom_mock.options import Options
    from specloom_mock.populate import populate
    from specloom_mock.statefile import StateFile

    mock = Mock.load(DOCUMENT, Options(rows=0, virtual=True))
    state = StateFile(file) if file is not None else None
    if state is not None:
        mock.keep_in(state)
    session = mock.session()
    users = session.store.collection("users")
    populate(session, {"collections": {"users": {"count": 100}}})
    made = [orjson.dumps(row.data) for row in users]
    gc.collect()
    before, began = resident(), time.perf_counter()
    for number in range(ROWS):
        # Decoded anew for each row, as from a request: rows share no values.
        data = orjson.loads(made[number % len(made)])
        data["id"] = f"user_{number + 1_000_000:07}"
        data["email"] = f"user{number}@example.com"
        users.add(data["id"], data)
    mock.save()
    spent = time.perf_counter() - began
    gc.collect()
    found = {"megabytes": round(resident() - before, 1), "seconds": round(spent, 1)}
    if state is not None and file is not None:
        state.close()
        found["file_megabytes"] = round(file.stat().st_size / 2**20, 1)
    return found


def measured(what: str) -> Any:
    """One measurement in a process of its own, so that none sees another's memory."""
    command = [sys.executable, __file__, "--only", what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def only(what: str) -> Any:
    """The measurement of that name."""
    if what == "first":
        return first_answer()
    if what == "memory":
        return fill(None)
    with tempfile.TemporaryDirectory() as folder:
        return fill(Path(folder, "state.db"))


def main() -> int:
    """Measure and print; 0 always."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-prism", action="store_true", help="do not wait for Prism")
    parser.add_argument("--only", choices=("first", "memory", "sqlite"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        sys.stdout.write(json.dumps(only(options.only)))
        return 0
    budgets: list[dict[str, Any]] = []
    results: dict[str, Any] = {"start": {}}
    documents = [DOCUMENT]
    zoo = os.environ.get("SPECLOOM_ZOO")
    if zoo:
        documents += [path for name in LIMITS if (path := Path(zoo, name)).is_file()]
    for document in documents:
        row: dict[str, float] = {"mock": round(start_mock(document), 2)}
        peer = None if options.no_prism else start_prism(document)
        if peer is not None:
            row["prism"] = round(peer, 2)
        results["start"][document.name] = row
        sys.stdout.write(
            f"start-up, {document.name:<16}"
            + "".join(f"{name}: {seconds:7.2f} s   " for name, seconds in row.items())
            + "\n"
        )
        if document.name in LIMITS:
            name = f"mock: start-up of {document.name}"
            limit = LIMITS[document.name]
            budgets.append({"name": name, "value": row["mock"], "unit": "s", "limit": limit})
    seconds = min(measured("first") for _ in range(3))
    results["first_answer"] = round(seconds, 3)
    sys.stdout.write(f"first answer of MockServer   {seconds * 1000:6.0f} ms\n")
    budget = {"name": "mock: first answer in process", "value": round(seconds, 3)}
    budgets.append({**budget, "unit": "s", "limit": FIRST_ANSWER})
    for kind in ("memory", "sqlite"):
        found = results[kind] = measured(kind)
        sys.stdout.write(f"{ROWS:,} rows, {kind:<8} {found}\n")
    results["budgets"] = [{**row, "kind": "most"} for row in budgets]
    sys.stdout.write(json.dumps({"bench_mock_size": results}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

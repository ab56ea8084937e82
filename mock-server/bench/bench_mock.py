"""How many stateful, validated list requests a second the mock server answers, beside its peers.

    python mock-server/bench/bench_mock.py [--seconds 5] [--connections 16] [--document FILE]

Uses ``wrk`` where it is installed, else a load loop of its own. Prism and Scalar's mock run when
node and the pinned packages are there (``npm ci`` in ``mock-server/prism`` and
``mock-server/bench/scalar``); neither keeps state or validates what it sends. Besides the rate, the server's own processor time a request is told: it
does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
SCALAR = Path(__file__).resolve().parent / "scalar"
TOKEN = "sk_live_bench_0123456789abcdef"
LIST = "/users"
ITEM = "/users/user_000003"
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_READY_TIMEOUT = 60.0
_WARM_UP = 1.0


@dataclass(frozen=True)
class Result:
    """One measurement: answers a second, and processor microseconds an answer (0 if unknown)."""

    name: str
    rate: float
    cost: float

    def __str__(self) -> str:
        cost = f"{self.cost:8.0f} us of processor time each" if self.cost else ""
        return f"{self.name:<28}{self.rate:10.0f} requests/s{cost}"


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _worker(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    count = 0
    try:
        while time.perf_counter() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            count += 1
    finally:
        writer.close()
    return count


def load_loop(url: str, seconds: float, connections: int) -> float:
    """Answers a second, by keep-alive connections of this process."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {TOKEN}\r\nAccept: application/json\r\n\r\n"
    ).encode()

    async def run() -> int:
        until = time.perf_counter() + seconds
        workers = [
            _worker(parts.hostname or "127.0.0.1", parts.port or 80, request, until)
            for _ in range(connections)
        ]
        return sum(await asyncio.gather(*workers))

    return asyncio.run(run()) / seconds


def wrk(url: str, seconds: float, connections: int) -> float:
    """Answers a second, by wrk."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    command += ["-H", f"Authorization: Bearer {TOKEN}", "-H", "Accept: application/json", url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit(f"not every answer was a success:\n{out}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", out)
    if found is None:
        raise SystemExit(f"wrk told no rate:\n{out}")
    return float(found[1])


def measure(name: str, url: str, pid: int | None, seconds: float, connections: int) -> Result:
    """Warm up, then measure."""
    load: Callable[[str, float, int], float] = wrk if shutil.which("wrk") else load_loop
    load(url, _WARM_UP, connections)
    before = cpu_seconds(pid) if pid else 0.0
    began = time.perf_counter()
    rate = load(url, seconds, connections)
    spent = (cpu_seconds(pid) if pid else 0.0) - before
    answered = rate * (time.perf_counter() - began)
    return Result(name, rate, spent / answered * 1e6 if answered else 0.0)


def bench_mock(document: Path, seconds: float, connections: int) -> list[Result]:
    """The mock server: a list of 20, and a single resource."""
    with tempfile.TemporaryDirectory() as folder:
        ports = Path(folder, "ports")
        command = [sys.executable, "-m", "specloom_mock", str(document), "--port", "0"]
        command += ["--no-limits", "--port-file", str(ports)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _READY_TIMEOUT
            while not ports.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the mock server did not start")
                time.sleep(0.05)
            base = f"http://127.0.0.1:{ports.read_text().split()[0]}/v1"
            return [
                measure(name, base + path, process.pid, seconds, connections)
                for name, path in (("mock: list of 20", LIST), ("mock: single resource", ITEM))
            ]
        finally:
            process.terminate()
            process.wait()


def bench_prism(document: Path, seconds: float, connections: int) -> list[Result]:
    """Prism over the same document; nothing when it is not installed."""
    try:
        from specloom_mock.prism import Prism, PrismError
    except ImportError:
        return []
    try:
        with Prism(document) as prism:
            process = prism._process
            pid = process.pid if process is not None else None
            return [measure("Prism: list", prism.base_url + LIST, pid, seconds, connections)]
    except PrismError as error:
        sys.stdout.write(f"Prism is left out: {error}\n")
        return []


def bench_scalar(document: Path, seconds: float, connections: int) -> list[Result]:
    """Scalar's mock over the same document; nothing when it is not installed."""
    node = shutil.which("node")
    if node is None or not (SCALAR / "node_modules").is_dir():
        sys.stdout.write(f"Scalar's mock is left out: run npm ci in {SCALAR.relative_to(ROOT)}\n")
        return []
    command = [node, str(SCALAR / "serve.mjs"), str(document)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=SCALAR
    )
    try:
        assert process.stdout is not None
        port = next((n for line in process.stdout if (n := _port(line)) is not None), None)
        if port is None:
            sys.stdout.write("Scalar's mock is left out: it did not start\n")
            return []
        # What it goes on saying would fill the pipe and stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        url = f"http://127.0.0.1:{port}{LIST}"
        return [measure("Scalar: list", url, process.pid, seconds, connections)]
    finally:
        process.terminate()
        process.wait()


def _port(line: str) -> int | None:
    word, _, number = line.strip().partition(" ")
    return int(number) if word == "PORT" else None


def summary(results: list[Result]) -> dict[str, object]:
    """The results for ``tools/bench.py``, with what they may be."""
    mine = results[0]
    budgets = [{"name": "mock: list of 20", "value": round(mine.rate), "unit": "/s", "limit": 5000}]
    for peer in results:
        name = peer.name.partition(":")[0]
        if name != "mock" and peer.rate:
            ratio = round(mine.rate / peer.rate, 1)
            least = 3 if name == "Prism" else 1
            budgets.append({"name": f"mock, times {name}", "value": ratio, "limit": least})
    rows = {
        result.name: {"per_second": round(result.rate), "cpu_us": round(result.cost)}
        for result in results
    }
    return {
        "bench_mock": {"results": rows, "budgets": [{**row, "kind": "least"} for row in budgets]}
    }


def main() -> int:
    """Measure and print; 0 always."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--document", type=Path, default=ROOT / "openapi.yaml")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    results: list[Result] = []
    for bench in (bench_mock, bench_prism, bench_scalar):
        results += bench(options.document, options.seconds, options.connections)
    for result in results:
        sys.stdout.write(f"{result}\n")
    sys.stdout.write(f"{json.dumps(summary(results))}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Time ``specloom generate openapi.yaml`` beyond interpreter start, beside a named peer.

The peer is openapi-python-client on the same document in the same run. Prints a table and, last, a
JSON line.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5


def seconds(command: list[str]) -> float:
    """Return the median wall time of a command, in seconds."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        bare = seconds([sys.executable, "-c", "pass"])
        ours = seconds(
            [
                *[sys.executable, "-m", "specloom", "generate", "openapi.yaml"],
                *["--config", "specloom.yaml", "--target", "python", "--out", f"{folder}/ours"],
            ]
        )
        peer = seconds(
            [
                *[sys.executable, "-m", "openapi_python_client", "generate"],
                *["--path", "openapi.yaml", "--output-path", f"{folder}/peer", "--overwrite"],
            ]
        )
    result = {
        "generate_seconds_beyond_start": round(ours - bare, 3),
        "peer": "openapi-python-client",
        "peer_seconds_beyond_start": round(peer - bare, 3),
        "ratio": round((ours - bare) / (peer - bare), 3),
    }
    for name, value in result.items():
        print(f"{name:34}{value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""Generate a Python SDK from each public document in ``SPECLOOM_ZOO`` and print what came of it.

The documents are third-party and not part of this repository; without the folder this says what is
missing and succeeds. Exit code 1 where a document lost an operation or a module does not import.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["main"]

IMPORT_ALL = """
import importlib, pathlib, sys, time
root = pathlib.Path(sys.argv[1]); sys.path.insert(0, str(root))
package = sys.argv[2]
started = time.perf_counter(); importlib.import_module(package)
milliseconds = (time.perf_counter() - started) * 1000
count = 0
for path in sorted((root / package).rglob("*.py")):
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    importlib.import_module(name); count += 1
print(count, round(milliseconds, 1))
"""


def measure(document: Path, folder: Path) -> dict[str, object]:
    """Generate one SDK into a folder, import every module, and count."""
    out = folder / document.stem
    command = [sys.executable, "-m", "specloom", "generate", str(document)]
    command += ["--target", "python", "--out", str(out), "--json"]
    started = time.perf_counter()
    generated = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if generated.returncode:
        return {"document": document.name, "error": generated.stderr.strip().splitlines()[-1:]}
    report = json.loads(generated.stdout)
    package = next(path.parent.name for path in (out / "src").glob("*/_brand.py"))
    imported = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(out / "src"), package],
        capture_output=True,
        text=True,
        check=False,
    )
    row: dict[str, object] = {
        "document": document.name,
        "operations": report["operations"],
        "models": report["models"],
        "seconds": round(seconds, 1),
        "lines": sum(
            path.read_bytes().count(b"\n") for path in (out / "src" / package).rglob("*.py")
        ),
        "fidelity": report["fidelity"],
    }
    if imported.returncode:
        row["error"] = imported.stderr.strip().splitlines()[-1:]
    else:
        row["modules"], row["import_ms"] = imported.stdout.split()
    return row


def main() -> int:
    """Print the table; see the module's docstring."""
    where = os.environ.get("SPECLOOM_ZOO")
    if not where or not Path(where).is_dir():
        print("SPECLOOM_ZOO names no folder of OpenAPI documents, so there is nothing to measure.")
        return 0
    documents = sorted(p for p in Path(where).iterdir() if p.suffix in {".json", ".yaml", ".yml"})
    names = sys.argv[1:]
    failed = False
    columns = ["operations", "models", "seconds", "lines", "modules", "import_ms", "fidelity"]
    print(f"{'document':24}" + "".join(f"{name:>12}" for name in columns), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for document in documents:
            if names and document.stem not in names:
                continue
            row = measure(document, Path(folder))
            cells = "".join(f"{row.get(name, '-')!s:>12}" for name in columns)
            print(f"{document.name:24}{cells}", flush=True)
            if "error" in row:
                failed = True
                print(f"    {row['error']}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

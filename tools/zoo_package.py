"""What a generated package is put through: imports, types, its models' examples, its own tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from specloom.config.model import Config
from specloom.diagnostics import Diagnostics
from specloom.emit.python.plan import type_plan
from specloom.emit.python.types import Side
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.ir.examples import Examples, NoExampleError
from specloom.ir.model import ObjectModel, Ref
from specloom.spec.load import load
from specloom_mock import MockServer, Options

__all__ = [
    "Outcome",
    "Package",
    "call_operations",
    "generate",
    "import_modules",
    "round_trip",
    "type_check",
]

_IMPORT = """
import importlib, pathlib, sys, time
root, package = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(root))
started = time.perf_counter(); importlib.import_module(package)
milliseconds = (time.perf_counter() - started) * 1000
names = [path.relative_to(root).with_suffix("").parts for path in (root / package).rglob("*.py")]
for parts in sorted(names):
    importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
print(len(names), round(milliseconds, 1))
"""

_ROUND_TRIP = """
import datetime, importlib, json, sys, warnings
sys.path.insert(0, sys.argv[1])
from pydantic import TypeAdapter, ValidationError
def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b
for line in sys.stdin:
    module, name, value = json.loads(line)
    try:
        adapter = TypeAdapter(getattr(importlib.import_module(module), name))
        read = adapter.validate_json(json.dumps(value))
        written = json.loads(adapter.dump_json(read, by_alias=True, exclude_unset=True))
        print("ok" if same(value, written) else f"{name}: {value!r} came back as {written!r}")
    except ValidationError as error:
        print(f"{name}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}")
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A generated package.

    Attributes:
        document: The document it was made from.
        folder: The SDK's folder.
        name: The import name.
        report: What ``specloom generate --json`` said.
    """

    document: Path
    folder: Path
    name: str
    report: dict[str, object]

    @property
    def lines(self) -> int:
        """Lines of Python in it."""
        files = (self.folder / "src" / self.name).rglob("*.py")
        return sum(path.read_bytes().count(b"\n") for path in files)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of how many things went well, and what did not: a name and what was said."""

    good: int
    total: int
    problems: tuple[tuple[str, str], ...] = ()


def generate(document: Path, folder: Path) -> Package | str:
    """Generate an SDK; the last line that was said where that fails."""
    out = folder / document.stem
    command = [sys.executable, "-m", "specloom", "generate", str(document)]
    done = _run([*command, "--target", "python", "--out", str(out), "--json"])
    if done.returncode:
        return _last_line(done.stderr)
    name = next(path.parent.name for path in (out / "src").glob("*/_brand.py"))
    return Package(document, out, name, json.loads(done.stdout))


def import_modules(package: Package) -> tuple[int, float] | str:
    """Import each module: their number, and milliseconds of the first ``import``."""
    done = _run([sys.executable, "-c", _IMPORT, str(package.folder / "src"), package.name])
    if done.returncode:
        return _last_line(done.stderr)
    modules, milliseconds = done.stdout.split()
    return int(modules), float(milliseconds)


def type_check(package: Package) -> str:
    """``mypy --strict`` over the package and its tests; empty where it finds nothing."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    done = _run([*command, "--cache-dir", ".mypy", "src", "tests"], package.folder)
    return _last_line(done.stdout or done.stderr) if done.returncode else ""


def round_trip(package: Package) -> Outcome:
    """Read and write an example of each model, every property that can be made in it."""
    diagnostics = Diagnostics()
    document = load(package.document, diagnostics=diagnostics)
    api = build(document, Config(), diagnostics, Ledger())
    names = type_plan(api).names
    examples = Examples(api.models, request=False, everything=True)
    rows: list[str] = []
    problems: list[tuple[str, str]] = []
    for (side, id_), name in names.items():
        if side is not Side.RESPONSE or not isinstance(api.models[id_], ObjectModel):
            continue
        try:
            value = examples.value(Ref(id_))
            rows.append(json.dumps([f"{package.name}.types.{name.module}", name.name, value]))
        except NoExampleError as error:
            problems.append((name.name, f"no example: {error}"))
        except TypeError:  # a property of raw bytes: no JSON to read
            continue
    done = subprocess.run(
        [sys.executable, "-c", _ROUND_TRIP, str(package.folder / "src")],
        input="\n".join(rows),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.splitlines()
    if done.returncode:
        problems.append((package.name, _last_line(done.stderr)))
    for line in said:
        if line != "ok":
            model, _, what = line.partition(": ")
            problems.append((model, what))
    return Outcome(
        said.count("ok"), len(rows) + len(problems) - len(said) + said.count("ok"), tuple(problems)
    )


def call_operations(package: Package) -> Outcome:
    """Run the package's own tests of every operation against the mock server."""
    tests = package.folder / "tests"
    source = (tests / "test_operations.py").read_text(encoding="utf-8")
    variable = next(line for line in source.splitlines() if line.startswith("BASE_URL")).split('"')[
        1
    ]
    results = package.folder / "results.xml"
    with MockServer(package.document, Options(limits=False)) as server:
        environment = {**os.environ, variable: server.base_url, "PYTHONPATH": "src"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
        _run(
            [*command, f"--junit-xml={results}", "tests/test_operations.py"],
            package.folder,
            environment,
        )
    calls = json.loads((tests / "operations.json").read_text(encoding="utf-8"))
    problems = [(row["operation"], f"no call: {row['reason']}") for row in calls["left_out"]]
    cases = list(ET.parse(results).getroot().iter("testcase"))
    for case in cases:
        failed = case.find("failure")
        if failed is not None:
            operation = case.get("name", "").partition("[")[2].rstrip("]")
            problems.append((operation, failed.get("message", "").splitlines()[0]))
    bad = {name for name, _ in problems}
    total = len(calls["calls"]) + len(calls["left_out"])
    # Both clients say the same of an operation.
    first = {name: (name, said) for name, said in reversed(problems)}
    return Outcome(total - len(bad), total, tuple(reversed(first.values())))


def _run(
    command: list[str], folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing was said"])[-1]

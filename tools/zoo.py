"""Generate a Python SDK from each public document in ``SPECLOOM_ZOO``, and put it to use.

For each document: generate, import every module, ``mypy --strict``, read and write an example of
each model, call every operation through both clients against the mock server, and let an outside
judge look at what the mock server answers. The documents are third-party and not part of this
repository; without the folder this says what is missing and succeeds. Names after the command
choose documents. What is known and explained stands in ``zoo.toml``; anything else fails.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from zoo_package import (
    Outcome,
    call_operations,
    generate,
    import_modules,
    round_trip,
    type_check,
)
from zoo_serving import serve_report, summary

__all__ = ["main"]

COLUMNS = (
    *("operations", "models", "seconds", "lines", "modules", "import ms", "fidelity %"),
    *("mypy", "examples", "calls", "answered %", "valid %"),
)
EXPLAINED = Path(__file__).with_name("zoo.toml")


@dataclass
class Row:
    """What came of one document."""

    document: str
    cells: dict[str, object] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """Step, what it is about, what was said."""

    def note(self, step: str, outcome: Outcome) -> None:
        """Take the outcome of a step."""
        self.cells[step] = f"{outcome.good}/{outcome.total}"
        self.problems += [(step, name, said) for name, said in outcome.problems]


def measure(document: Path) -> Row:
    """Put one document through every step."""
    row = Row(document.name)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        package = generate(document, Path(folder))
        if isinstance(package, str):
            row.problems.append(("generate", document.name, package))
            return row
        row.cells |= {
            "operations": package.report["operations"],
            "models": package.report["models"],
            "seconds": round(time.perf_counter() - started, 1),
            "lines": package.lines,
            "fidelity %": package.report["fidelity"],
        }
        imported = import_modules(package)
        if isinstance(imported, str):
            row.problems.append(("import", package.name, imported))
        else:
            row.cells["modules"], row.cells["import ms"] = imported
        wrong = type_check(package)
        row.cells["mypy"] = "errors" if wrong else "ok"
        if wrong:
            row.problems.append(("mypy", package.name, wrong))
        row.note("examples", round_trip(package))
        row.note("calls", call_operations(package))
    served = serve_report(document)
    _, answered, valid = summary(served)
    row.cells |= {"answered %": f"{answered:.1f}", "valid %": f"{valid:.1f}"}
    row.problems += [
        ("serve", f"{one.method} {one.path}", one.reason)
        for one in served
        if not (one.answered and one.valid)
    ]
    return row


def explained() -> dict[tuple[str, str, str], str]:
    """Reasons by document, step and what it is about."""
    with EXPLAINED.open("rb") as file:
        entries = tomllib.load(file)["known"]
    return {
        (entry["document"], entry["step"], about): entry["reason"]
        for entry in entries
        for about in entry["about"]
    }


def _lines(row: Row, known: dict[tuple[str, str, str], str]) -> Iterator[tuple[str, bool]]:
    """The lines under a row, and whether each is explained."""
    for step, about, said in row.problems:
        reason = known.get((row.document, step, about))
        if said.startswith("no call: "):  # the package says so itself, and why
            yield f"    {step}: {about}: {said}", True
        elif reason is None:
            yield f"    {step}: {about}: {said[:300]}", False
        else:
            yield f"    {step}: {about}: known: {reason}", True


def main() -> int:
    """Print the table; see the module's docstring."""
    where = os.environ.get("SPECLOOM_ZOO")
    if not where or not Path(where).is_dir():
        print("SPECLOOM_ZOO names no folder of OpenAPI documents, so there is nothing to measure.")
        return 0
    names = sys.argv[1:]
    documents = [
        path
        for path in Path(where).iterdir()
        if path.suffix in {".json", ".yaml", ".yml"} and (not names or path.stem in names)
    ]
    documents.sort(key=lambda path: -path.stat().st_size)  # the longest first: two run at a time
    known = explained()
    unexplained = 0
    print(f"{'document':22}" + "".join(f"{name:>12}" for name in COLUMNS), flush=True)
    with ProcessPoolExecutor(max_workers=2) as pool:
        for row in pool.map(measure, documents):
            cells = "".join(f"{row.cells.get(name, '-')!s:>12}" for name in COLUMNS)
            print(f"{row.document:22}{cells}", flush=True)
            for line, is_known in _lines(row, known):
                unexplained += not is_known
                print(line, flush=True)
    print(f"{len(documents)} documents, {unexplained} problems without an explanation")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())

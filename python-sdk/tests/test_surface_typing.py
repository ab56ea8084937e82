"""The typed test programs in `typing/`: they are checked, not run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typing"
PROGRAMS = sorted(FOLDER.glob("*.py"))
_IGNORE = re.compile(r"\s*# type: ignore\[[a-z-]+\]$", re.MULTILINE)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )


def mypy(folder: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    options = ("--strict", "--warn-unused-ignores", "--config-file=", f"--cache-dir={folder}")
    return run("mypy", *options, "--enable-error-code=ignore-without-code", *map(str, paths))


def pyright(project: Path) -> list[tuple[str, int]]:
    """File and line of each error."""
    result = run("pyright", "-p", str(project), "--pythonpath", sys.executable, "--outputjson")
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] == len(PROGRAMS)
    return [
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in report["generalDiagnostics"]
        if found["severity"] == "error"
    ]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs without the comments that expect their errors."""
    folder = tmp_path_factory.mktemp("unmarked")
    for program in PROGRAMS:
        text = _IGNORE.sub("", program.read_text(encoding="utf-8"))
        (folder / program.name).write_text(text, encoding="utf-8")
    config = FOLDER / "pyrightconfig.json"
    (folder / config.name).write_bytes(config.read_bytes())
    return folder


def expected() -> set[tuple[str, int]]:
    """File and line of each comment that expects an error."""
    return {
        (program.name, number)
        for program in PROGRAMS
        for number, line in enumerate(program.read_text(encoding="utf-8").splitlines(), 1)
        if _IGNORE.search(line)
    }


def test_surface_programs_pass_mypy_strictly(cache: Path) -> None:
    """Every program type-checks, and every expected error is one, under mypy --strict."""
    assert len(PROGRAMS) >= 4
    result = mypy(cache, *PROGRAMS)
    assert result.stdout == f"Success: no issues found in {len(PROGRAMS)} source files\n"


def test_surface_programs_pass_pyright() -> None:
    """Every program type-checks, and every expected error is one, under pyright."""
    assert pyright(FOLDER) == []


def test_surface_mistakes_are_found_where_they_stand(cache: Path, unmarked: Path) -> None:
    """Without the comments, both tools report errors on exactly the marked lines."""
    result = mypy(cache, *sorted(unmarked.glob("*.py")))
    found = re.findall(r"([a-z]+\.py):(\d+): error:", result.stdout)
    assert {(name, int(number)) for name, number in found} == expected()
    assert set(pyright(unmarked)) == expected()
    assert len(expected()) >= 40

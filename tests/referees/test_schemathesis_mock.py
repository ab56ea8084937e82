"""Schemathesis against the mock server, with a small budget (`nox -s prism`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
API_KEY = "sk_live_0123456789abcdef01234567"
EXAMPLES = 3  # for each operation and phase; the whole run takes some minutes

pytestmark = pytest.mark.schemathesis


def test_fuzzing_finds_no_violation(unlimited: Any, tmp_path: Path) -> None:
    """Valid and invalid requests to every operation, and chains of calls: all checks, all phases."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            str(ROOT / "openapi.yaml"),
            f"--url={unlimited.base_url}",
            f"--header=Authorization: Bearer {API_KEY}",
            "--phases=examples,coverage,fuzzing,stateful",
            # One worker: two threads that read source into syntax trees at once trip over each
            # other in CPython before 3.13 ("AST constructor recursion depth mismatch").
            "--workers=1",
            f"--max-examples={EXAMPLES}",
            "--seed=1",
            "--no-color",
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    journal = list(unlimited.session().journal)
    broken = [e for e in journal if any("response:" in line for line in e.violations)]
    assert journal
    assert [entry.line() for entry in broken] == []

"""The tests that come with a generated package pass against the mock server of its document."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from specloom_mock import MockServer, Options

SPECS = Path(__file__).parents[2] / "specs"
NAMES = [path.name.removesuffix(".specloom.yaml") for path in SPECS.glob("*.specloom.yaml")]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_operation_is_called(sdk: Callable[[str], ModuleType], name: str) -> None:
    """Both clients call each operation of a reference API, and read what its document says."""
    package = sdk(name)
    source = Path(str(package.__file__)).parents[1]
    test = source.parent / "tests" / "test_operations.py"
    prefix = package.__name__.upper()
    with MockServer(SPECS / f"{name}.yaml", Options(limits=False)) as server:
        environment = {
            **os.environ,
            f"{prefix}_TEST_BASE_URL": server.base_url,
            "PYTHONPATH": str(source),
        }
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
            cwd=source.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5_000:]

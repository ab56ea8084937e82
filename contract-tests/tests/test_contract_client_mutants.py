"""Every seeded bug of the Python SDK is found by the scenarios and vectors that name it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from specloom_contract.driver import Driver, find_drivers
from specloom_contract.places import REPOSITORY, VECTORS
from specloom_contract.player import Failure
from specloom_contract.scenario import load_scenarios
from specloom_contract.vector import disagreements

SOURCE = REPOSITORY / "python-sdk" / "src" / "unistack"
MUTANTS = yaml.safe_load(
    (Path(__file__).resolve().parents[1] / "mutants" / "python.yaml").read_text(encoding="utf-8")
)
HUNTERS = [scenario for scenario in load_scenarios() if scenario.side == "client"]
PYTHON = next(kind for kind in find_drivers() if kind.language == "python")


@pytest.fixture
def mutant(request, tmp_path):
    """A driver over a copy of the SDK with the bug in it."""
    copy = tmp_path / "unistack"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in request.param["edits"]:
        file = copy / edit["file"]
        text = file.read_text(encoding="utf-8")
        pattern = edit.get("pattern") or re.escape(edit["find"])
        changed, count = re.subn(pattern, lambda _, new=edit["replace"]: new, text)
        assert count == 1, f"{edit['file']} has changed, {count} times: {pattern}"
        file.write_text(changed, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with Driver(PYTHON.command, {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}) as driver:
        driver.bug = request.param
        yield driver


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda bug: bug["name"], indirect=True)
def test_client_bug_is_found(mutant, player):
    """Each scenario and each vector file that says it finds the bug does find it."""
    bug = mutant.bug
    hunters = [scenario for scenario in HUNTERS if bug["name"] in scenario.kills]
    files = bug.get("vectors", [])
    assert hunters or files
    for scenario in hunters:
        with pytest.raises(Failure):
            player.play(scenario, mutant, "sync")
    for name in files:
        content = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        assert list(disagreements(mutant, name, content))

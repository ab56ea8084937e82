"""Prism's proxy as a judge of `specloom verify`, against a server of another framework."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from specloom.cli import main

HERE = Path(__file__).resolve().parents[1] / "independent"
_SPEC = importlib.util.spec_from_file_location("prism_bookshop", HERE / "bookshop.py")
shop = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = shop
_SPEC.loader.exec_module(shop)

pytestmark = pytest.mark.prism


@pytest.mark.parametrize(
    ("bug", "code", "told"), [("", 0, None), ("year-is-text", 1, "body.books.*.year")]
)
def test_prism_judges(bug, code, told, tmp_path, monkeypatch, capsys):
    """Prism finds nothing where nothing is wrong, and names the place where something is."""
    monkeypatch.setenv("SHOP_TOKEN", shop.TOKEN)
    file = tmp_path / "report.json"
    with shop.serving(shop.bookshop(bug)) as url:
        arguments = ["--base-url", url, "--only", "prism", "--require", "prism", "--seed", "5"]
        arguments += ["--auth", "bearer=env:SHOP_TOKEN", "--json", str(file)]
        ended = main(["verify", str(HERE / "bookshop.yaml"), *arguments])
    capsys.readouterr()
    report = json.loads(file.read_text(encoding="utf-8"))
    (run,) = [engine for engine in report["engines"] if engine["name"] == "prism"]
    assert run["state"] == "ran", run["detail"]
    assert ended == code
    found = [f["message"] for c in report["checks"] for f in c["findings"]]
    assert bool(found) == bool(told)
    if told:
        assert any(told in message for message in found)

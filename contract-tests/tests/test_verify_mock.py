"""`specloom verify` finds nothing wrong with the mock server, whatever document it serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specloom.cli import main
from specloom_contract.mock import MockServer

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "sk_live_verify_0123456789abcdef"
REFERENCES = ("account-api", "entity-platform", "example-rest", "nanostack", "stellarstack")


@pytest.fixture
def verify(tmp_path, monkeypatch, capsys):
    """Run the command against a mock of a document; gives exit code, report and print."""
    monkeypatch.setenv("VERIFY_TOKEN", TOKEN)

    def run(document, *arguments, auth=("bearer",), mock=("--rows", "12")):
        file = tmp_path / "report.json"
        given = [part for name in auth for part in ("--auth", f"{name}=env:VERIFY_TOKEN")]
        with MockServer(document, [*mock, "--limit", "1000000/1h"]) as server:
            url = server.session("verify", {}).base_url
            code = main(
                [
                    *("verify", str(document), "--base-url", url, "--seed", "3"),
                    *("--json", str(file), *given, *arguments),
                ]
            )
        return code, json.loads(file.read_text(encoding="utf-8")), capsys.readouterr().out

    return run


def wrong(report):
    return [
        (check["kind"], check["subject"], [finding["message"] for finding in check["findings"]])
        for check in report["checks"]
        if check["outcome"] == "violated"
    ]


def test_mock_of_unistack(verify):
    """The mock of openapi.yaml keeps every promise that the pack derives from it."""
    code, report, _ = verify(ROOT / "openapi.yaml", "--only", "semantic")
    assert wrong(report) == []
    assert code == 0
    made = {check["kind"] for check in report["checks"] if check["outcome"] == "ok"}
    assert made >= {"pages.union", "list.sort", "list.filter", "delete.gone", "etag.unchanged"}
    assert report["summary"]["ok"] > 600
    seen = {cell["operation"] for cell in report["cells"] if cell["outcome"] == "ok"}
    assert len(seen) > 80


@pytest.mark.parametrize("name", REFERENCES)
def test_mock_of_a_reference(verify, name):
    """The mock of each reference document keeps every promise that the pack derives from it."""
    code, report, _ = verify(ROOT / f"specs/{name}.yaml", "--only", "semantic")
    assert wrong(report) == []
    assert code == 0
    assert report["summary"]["ok"] > 10


def test_schemathesis_is_folded_in(verify):
    """Schemathesis runs as a judge of its own, and its answers fill the matrix."""
    code, report, printed = verify(
        ROOT / "specs/example-rest.yaml", "--only", "schemathesis", "--max-examples", "2"
    )
    assert wrong(report) == []
    assert code == 0
    (run,) = [engine for engine in report["engines"] if engine["name"] == "schemathesis"]
    assert run["state"] == "ran"
    assert run["requests"] > 10
    checks = [check for check in report["checks"] if check["engine"] == "schemathesis"]
    assert {check["subject"] for check in checks} >= {"GET /projects", "POST /users"}
    assert any(cell["outcome"] == "ok" for cell in report["cells"])
    assert "does not delete" in printed


def test_write_free_fuzzing(verify):
    """Read-only holds for Schemathesis too: no request of it changes anything."""
    code, report, _ = verify(
        ROOT / "specs/example-rest.yaml",
        *("--only", "schemathesis", "--max-examples", "2", "--read-only"),
    )
    assert code == 0
    methods = {operation["id"]: operation["method"] for operation in report["operations"]}
    seen = {methods[c["operation"]] for c in report["cells"] if c["seen"]}
    assert seen == {"GET"}

"""`specloom verify` against a server that another framework serves: Flask, its own document."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from specloom.cli import main

HERE = Path(__file__).resolve().parents[1] / "independent"
DOCUMENT = HERE / "bookshop.yaml"
_SPEC = importlib.util.spec_from_file_location("independent_bookshop", HERE / "bookshop.py")
shop = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = shop
_SPEC.loader.exec_module(shop)


@pytest.fixture
def verify(tmp_path, monkeypatch, capsys):
    """Run the command against a bookshop; gives exit code and report."""
    monkeypatch.setenv("SHOP_TOKEN", shop.TOKEN)

    def run(bug, *arguments):
        file = tmp_path / "report.json"
        with shop.serving(shop.bookshop(bug)) as url:
            common = ["--base-url", url, "--seed", "7", "--json", str(file)]
            only = () if "--only" in arguments else ("--only", "semantic")
            code = main(["verify", str(DOCUMENT), *common, *only, *arguments])
        capsys.readouterr()
        return code, json.loads(file.read_text(encoding="utf-8"))

    return run


def violated(report):
    return {check["kind"] for check in report["checks"] if check["outcome"] == "violated"}


def test_honest_server_conforms(verify):
    """A server that keeps its promises passes, and nothing of the run stays on it."""
    code, report = verify("", "--auth", "bearer=env:SHOP_TOKEN")
    assert [c for c in report["checks"] if c["outcome"] == "violated"] == []
    assert code == 0
    assert report["left_behind"] == []
    made = {check["kind"] for check in report["checks"] if check["outcome"] == "ok"}
    assert made >= set(shop.BUGS.values())


@pytest.mark.parametrize("bug", shop.BUGS)
def test_bug_is_found(verify, bug):
    """Each planted bug is found by the check that is about it."""
    code, report = verify(bug, "--auth", "bearer=env:SHOP_TOKEN")
    assert code == 1
    assert shop.BUGS[bug] in violated(report)


def test_read_only_changes_nothing(verify):
    """Read-only sends no other method than GET, HEAD and OPTIONS, and says what it left out."""
    code, report = verify("", "--auth", "bearer=env:SHOP_TOKEN", "--read-only")
    assert code == 0
    tested = {c["kind"] for c in report["checks"] if c["outcome"] == "ok"}
    assert "pages.union" in tested
    assert not any(kind.startswith(("create.", "update.", "delete.")) for kind in tested)
    reasons = {c["reason"] for c in report["checks"] if c["kind"] == "create.echo"}
    assert all("read-only" in reason for reason in reasons)


def test_without_credentials_most_is_untested_with_its_reason(verify):
    """Without a token the refusals are tested; the rest says which credentials are missing."""
    code, report = verify("")
    assert code == 0
    assert {c["outcome"] for c in report["checks"] if c["kind"] == "auth.missing"} == {"ok"}
    (reason,) = {c["reason"] for c in report["checks"] if c["kind"] == "create.echo"}
    assert "needs credentials for token" in reason


def test_terminal_is_left_as_it_was(monkeypatch, capsys):
    """On a terminal the moving line is gone before the report is printed, and the cursor is back."""
    monkeypatch.setenv("SHOP_TOKEN", shop.TOKEN)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    with shop.serving(shop.bookshop("")) as url:
        main(
            [
                *("verify", str(DOCUMENT), "--base-url", url, "--only", "semantic"),
                *("--auth", "bearer=env:SHOP_TOKEN", "--include", "listSales"),
            ]
        )
    printed = capsys.readouterr().out
    assert printed.rindex("checks ·") < printed.rindex("\x1b[?25h") < printed.index("untested")
    assert printed.count("\x1b[?25l") == printed.count("\x1b[?25h")


def test_no_report_holds_the_token(verify, tmp_path):
    """The token that was sent stands in no report, in no form."""
    files = {name: tmp_path / f"report.{name}" for name in ("junit", "html")}
    more = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    _, report = verify("year-is-text", "--auth", "bearer=env:SHOP_TOKEN", *more)
    for text in (json.dumps(report), *(f.read_text(encoding="utf-8") for f in files.values())):
        assert shop.TOKEN not in text
        assert "$SHOP_TOKEN" in text


def test_schemathesis_finding_is_folded_in(verify):
    """What Schemathesis objects to is in the report, with its request and the answer."""
    more = ("--only", "schemathesis", "--max-examples", "2", "--include", "listBooks")
    code, report = verify("year-is-text", "--auth", "token=env:SHOP_TOKEN", *more)
    assert code == 1
    found = [c for c in report["checks"] if c["engine"] == "schemathesis" and c["findings"]]
    assert {check["subject"] for check in found} == {"GET /books"}
    finding = found[0]["findings"][0]
    assert finding["message"].startswith("Response violates schema")
    assert "curl -X GET" in finding["exchange"]["curl"]
    assert shop.TOKEN not in json.dumps(report)


def test_required_engine_that_is_missing_fails(verify, monkeypatch):
    """An engine that is not there is no failure, unless it is required; how to get it is said."""
    monkeypatch.setenv("PATH", "")
    only = ("--only", "semantic,prism", "--auth", "bearer=env:SHOP_TOKEN", "--include", "listSales")
    code, report = verify("", *only)
    assert code == 0
    run = report["engines"][-1]
    assert (run["name"], run["state"]) == ("prism", "not run")
    assert "python -m specloom_mock.prism install" in run["remedy"]
    code, _ = verify("", *only, "--require", "prism")
    assert code == 1

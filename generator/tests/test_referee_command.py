"""`specloom referee`: explanations, report and exit status."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from specloom.referee import Difference, configure, judge, load_explanations, run
from specloom.referee.explanations import ExplanationError

DOCUMENT = """
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things:
    get:
      operationId: things.list
      parameters:
      - {name: fields, in: query, explode: false, schema: {type: array, items: {type: string}}}
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: string}}}}
"""
POINTER = "/paths/~1things/get/parameters/0"
KNOWN = f"- {{pointer: {POINTER}, kind: style, reason: The referee ignores styles.}}\n"


def referee(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(arguments))


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.yaml"
    path.write_text(DOCUMENT)
    return path


def test_an_unexplained_difference_fails(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1, and the difference is printed with its pointer and both opinions."""
    assert referee(str(document)) == 1
    printed = capsys.readouterr().out
    assert f"unexplained: {POINTER}: style: specloom form, explode false" in printed
    assert "1 unexplained differences, 0 explained" in printed


def test_a_list_beside_the_document_is_found(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """openapi.referee.yaml explains openapi.yaml; the reason is printed, the status is 0."""
    document.with_name("openapi.referee.yaml").write_text(KNOWN)
    assert referee(str(document)) == 0
    assert "The referee ignores styles." in capsys.readouterr().out


def test_an_unused_explanation_is_reported(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no longer differs is said, so that it can be removed; it is no failure."""
    known = tmp_path / "known.yaml"
    known.write_text(KNOWN + f"- {{pointer: {POINTER}, kind: type, reason: It was so once.}}\n")
    assert referee(str(document), "--explanations", str(known)) == 0
    assert f"unused explanation: {POINTER}: type" in capsys.readouterr().out


def test_the_json_report_has_the_same_facts(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Machines read what people read."""
    assert referee(str(document), "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["operations"] == 1
    assert report["unexplained"] == [
        {
            "pointer": POINTER,
            "kind": "style",
            "ours": "form, explode false",
            "theirs": "default",
            "where": "GET /things query fields",
        }
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "a list"),
        ("- {pointer: /a, kind: type}", "exactly pointer, kind and reason"),
        ("- {pointer: a, kind: type, reason: x}", "JSON pointer"),
        ("- {pointer: /a, kind: all, reason: x}", "`kind` must be one of"),
        ("- {pointer: /a, kind: type, reason: ' '}", "`reason` must say why"),
        ("- {pointer: /a, kind: type, reason: x}\n- {pointer: /a, kind: type, reason: y}", "twice"),
        ("[", "known.yaml"),
    ],
)
def test_a_list_that_says_too_little_is_refused(
    document: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    reason: str,
) -> None:
    """Status 2: an explanation names one place, one aspect and a reason, once."""
    known = tmp_path / "known.yaml"
    known.write_text(text)
    assert referee(str(document), "--explanations", str(known)) == 2
    assert reason in capsys.readouterr().err


def test_there_are_no_wildcards(tmp_path: Path) -> None:
    """A star is a name like any other: it explains no place but its own."""
    known = tmp_path / "known.yaml"
    known.write_text("- {pointer: /paths/*, kind: style, reason: All of them.}\n")
    verdict = judge([Difference(POINTER, "style", "a", "b")], load_explanations(known))
    assert len(verdict.unexplained) == len(verdict.unused) == 1


def test_an_unreadable_document_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the referee cannot read at all is status 2, with its own words."""
    document = tmp_path / "old.yaml"
    document.write_text("swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths: {}\n")
    assert referee(str(document)) == 2
    assert "Swagger document" in capsys.readouterr().err


def test_a_missing_list_is_bad_input(tmp_path: Path) -> None:
    """A list that was named must be there."""
    with pytest.raises(ExplanationError, match=r"gone\.yaml"):
        load_explanations(tmp_path / "gone.yaml")

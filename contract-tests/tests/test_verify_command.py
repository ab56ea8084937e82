"""Arguments of `specloom verify`: what is refused, what is chosen, when nothing is changed."""

from __future__ import annotations

import argparse

import pytest

from specloom.cli import main
from specloom.config import default_config
from specloom.spec import load
from specloom_contract.verify.command import command, order_of
from specloom_contract.verify.derive import derive
from specloom_contract.verify.selection import SelectionError, exclusions

DOCUMENT = """
openapi: 3.1.0
info: {title: Small, version: "1"}
paths:
  /a: {get: {operationId: listA, responses: {"200": {description: .}}}}
  /a/{id}:
    get:
      operationId: getA
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: .}}
  /b: {post: {operationId: makeB, responses: {"201": {description: .}}}}
"""
URL = "http://127.0.0.1:9"


@pytest.fixture
def document(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(DOCUMENT, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--base-url", "ftp://host"], "http or https"),
        (["--base-url", "nowhere"], "http or https"),
        (["--base-url", "http://ada:pw@host"], "--auth"),
        (["--base-url", "http://host/?a=1"], "no query"),
        (["--base-url", URL, "--only", "semantic,magic"], "not magic"),
        (["--base-url", URL, "--only", "semantic", "--require", "prism"], "contradicts"),
        (["--base-url", URL, "--include", "nothing"], "no operation id or path matches 'nothing'"),
        (["--base-url", URL, "--exclude", "/zzz*"], "no operation id or path matches"),
        (["--base-url", URL, "--param", "id"], "NAME=VALUE"),
        (["--base-url", URL, "--schemathesis-args", "'"], "--schemathesis-args"),
        (["--base-url", URL, "--timeout", "0"], "more than 0"),
        (["--base-url", URL, "--read-only", "--allow-writes"], "not allowed with"),
        (["--base-url", URL, "--config", "missing.yaml"], "missing.yaml"),
        ([], "--base-url"),
    ],
)
def test_unusable_arguments(document, arguments, told, capsys):
    """What makes no sense is status 2 before any request, with what is wrong."""
    assert main(["verify", document, *arguments]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert "pw@" not in printed.err


@pytest.mark.parametrize(
    "text", ["", "not: openapi", "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n", "{"]
)
def test_unusable_documents(tmp_path, text, capsys):
    """A document that cannot be read, or has nothing to verify, is status 2."""
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["verify", str(file), "--base-url", URL]) == 2
    assert capsys.readouterr().err


def test_missing_document(capsys):
    """A file that is not there is status 2."""
    assert main(["verify", "not-there.yaml", "--base-url", URL]) == 2
    assert "not-there.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("include", "exclude", "chosen"),
    [
        ([], [], {"listA", "getA", "makeB"}),
        (["listA"], [], {"listA"}),
        (["/a*"], [], {"listA", "getA"}),
        (["GET *"], ["getA"], {"listA"}),
        ([], ["/b"], {"listA", "getA"}),
    ],
)
def test_selection(document, include, exclude, chosen):
    """Operations are chosen by id, path glob, or method and path; --exclude wins."""
    plan, _ = derive(load(document), default_config())
    left_out = exclusions(plan.endpoints, include, exclude)
    assert {endpoint.id for endpoint in plan.endpoints} - set(left_out) == chosen


def test_selection_of_nothing(document):
    """A pattern without a match is an error, not an empty run."""
    plan, _ = derive(load(document), default_config())
    with pytest.raises(SelectionError):
        exclusions(plan.endpoints, ["/typo"], [])


@pytest.mark.parametrize(
    ("url", "more", "writes"),
    [
        ("http://127.0.0.1:9", [], True),
        ("http://localhost:9", [], True),
        ("http://[::1]:9", [], True),
        ("http://127.0.0.1.example.invalid", [], False),
        ("https://staging.example.invalid", [], False),
        ("http://10.0.0.1", [], False),
        ("https://staging.example.invalid", ["--allow-writes"], True),
        ("http://127.0.0.1:9", ["--read-only"], False),
    ],
)
def test_writes_need_a_word_beyond_loopback(document, url, more, writes):
    """Only loopback is written to without --allow-writes."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    args = parser.parse_args([document, "--base-url", url, *more])
    order, _ = order_of(args, load(document), default_config())
    assert order.settings.read_only is not writes


def test_help_names_exit_codes(capsys):
    """The help tells what each status means."""
    assert main(["verify", "--help"]) == 0
    text = capsys.readouterr().out
    for part in ("exit codes", "3  the server cannot be reached", "--allow-writes", "env:"):
        assert part in text

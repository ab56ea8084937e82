"""Reports of `specloom verify`: escaped, complete, and valid in their formats."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from rich.console import Console

from specloom_contract.verify.html_report import as_html
from specloom_contract.verify.json_report import as_json
from specloom_contract.verify.junit import as_junit
from specloom_contract.verify.model import (
    Cell,
    Check,
    Derivation,
    EngineRun,
    EngineState,
    Exchange,
    Finding,
    Outcome,
    Report,
)
from specloom_contract.verify.scrub import scrub
from specloom_contract.verify.terminal import Progress, print_report

EVIL = "<script>alert('x')</script> & \"quoted\" [bold]\x00\x1b[31m{{ 7 * 7 }} ]]>"
SCHEMA = Path(__file__).resolve().parents[1] / "schema/verify-report.json"
DERIVED = Derivation("/paths/~1x/get", "doc.yaml:3:1", "its responses")


def exchange(text):
    return Exchange(
        *("GET", f"http://h/{text}", (("A", text),), text, f"curl {text}"),
        *(200, (("B", text),), text, "", 0.1),
    )


def check(outcome, text="plain", **more):
    finding = Finding(text, text, text, exchange(text))
    findings = (finding,) if outcome is Outcome.VIOLATED else ()
    reason = text if outcome is Outcome.UNTESTED else ""
    made = Check("list.sort", f"Title {text}", f"GET /{text}", ("op",), DERIVED, outcome, reason)
    return dataclasses.replace(made, findings=findings, **more)


def report(*checks, **more):
    values = {
        "title": EVIL,
        "version": "1",
        "document": "doc.yaml",
        "base_url": "http://127.0.0.1:1",
        "mode": "read-only",
        "seed": 1,
        "started": "2026-01-01T00:00:00+00:00",
        "seconds": 1.5,
        "requests": 7,
        "operations": (("op", "GET", f"/{EVIL}"),),
        "checks": checks,
        "cells": (
            Cell("op", "200", "application/json", Outcome.OK, 3),
            Cell("op", "404", EVIL, Outcome.UNTESTED, note=EVIL),
        ),
        "engines": (
            EngineRun("semantic", EngineState.RAN, "7 requests", "", 7, 1.0),
            EngineRun("prism", EngineState.NOT_RUN, EVIL, EVIL),
        ),
    }
    return Report(**{**values, **more})


ALL = (check(Outcome.OK), check(Outcome.VIOLATED, EVIL), check(Outcome.UNTESTED, EVIL))


class Page(HTMLParser):
    """Collects tags and what they load."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.loads = []
        self.ids = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        values = dict(attrs)
        self.loads += [values[n] for n in ("src", "href", "action") if n in values]
        self.ids += [values["id"]] if "id" in values else []


def test_page_is_escaped_and_loads_nothing():
    """No text becomes markup, nothing is loaded, and every link leads into the page."""
    text = as_html(report(*ALL, left_behind=(EVIL,), notes=(EVIL,), aborted=EVIL))
    page = Page()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert "alert('x')</script>" not in text
    assert "{{" in text
    assert "49" not in re.sub(r"<style>.*?</style>|sha256-\S+", "", text, flags=re.DOTALL)
    assert page.loads
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.loads)
    assert "default-src 'none'" in text


def test_page_names_everything():
    """Findings, promises, matrix, what is untested and why, and the judges stand on the page."""
    plain = report(check(Outcome.VIOLATED, "lost"), check(Outcome.UNTESTED, "no quota"), title="T")
    text = as_html(plain)
    for part in ("lost", "no quota", "doc.yaml:3:1", "1 of 1 promises is broken", "not run"):
        assert part in text
    assert 'lang="en"' in text
    assert "prefers-color-scheme: dark" in text
    assert "max-width: 42rem" in text


def test_junit_is_read_by_a_parser():
    """Counts agree with the cases; what XML cannot hold is replaced."""
    root = ET.fromstring(as_junit(report(*ALL)).encode())
    assert root.attrib["tests"] == "4"  # the engine that did not run is a case of its own
    assert root.attrib["failures"] == "1"
    assert root.attrib["skipped"] == "2"
    failure = next(root.iter("failure"))
    assert "alert" in failure.attrib["message"]
    assert "curl" in failure.text


def test_junit_of_an_aborted_run_is_no_success():
    """A run that ended early is an error in JUnit, whatever was ok until then."""
    root = ET.fromstring(as_junit(report(ALL[0], aborted="gone")).encode())
    assert root.attrib["errors"] == "1"


def test_json_fits_its_schema():
    """The JSON report is what its schema describes."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    values = json.loads(as_json(report(*ALL, left_behind=("a",))))
    errors = [e.message for e in jsonschema_rs.Draft202012Validator(schema).iter_errors(values)]
    assert errors == []
    assert values["summary"] == {
        "exit_code": 1,
        "ok": 1,
        "violated": 1,
        "untested": 1,
        "cells": {"ok": 1, "violated": 0, "untested": 1},
    }


def test_terminal_shows_text_as_it_is():
    """Markup in texts of a server is not obeyed, and the verdict comes last."""
    out = StringIO()
    console = Console(file=out, width=200, soft_wrap=True, highlight=False)
    print_report(console, report(*ALL, left_behind=("/x/1",)))
    text = out.getvalue()
    assert "[bold]" in text
    assert "\x1b" not in text
    assert "left behind: /x/1" in text
    assert text.rstrip().endswith("The server does not conform.")


def test_progress_is_plain_where_there_is_no_terminal():
    """Without a terminal each stage is one line, and no control characters are printed."""
    out = StringIO()
    progress = Progress(Console(file=out, width=100))
    progress.stage("semantic")
    for number in range(50):
        progress.check(f"check {number}")
    progress.wait(3)
    progress.end()
    assert out.getvalue().splitlines() == [
        "semantic",
        "the quota is used up: waiting 3 s, as the server asks",
    ]


def test_progress_moves_on_a_terminal(monkeypatch):
    """On a terminal one line tells what is checked now."""
    monkeypatch.setenv("TERM", "xterm-256color")
    out = StringIO()
    progress = Progress(Console(file=out, width=100, force_terminal=True))
    progress.stage("semantic")
    progress.check("GET /users")
    progress.check("GET /tasks")
    progress.end()
    assert "2 checks" in out.getvalue()


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (report(ALL[0]), 0),
        (report(*ALL), 1),
        (report(*ALL, aborted="gone"), 3),
        (report(ALL[2]), 0),
        (report(engines=(EngineRun("prism", EngineState.NOT_RUN, required=True),)), 1),
        (report(engines=(EngineRun("prism", EngineState.INCOMPLETE, required=True),)), 1),
    ],
    ids=["ok", "violated", "aborted", "untested", "required", "incomplete"],
)
def test_exit_codes(made, code):
    """0 conforms, 1 violations or a required engine that is missing, 3 ended early."""
    assert made.exit_code == code


def test_scrub_reaches_every_text():
    """A secret is removed wherever it stands in a report."""
    secret = "s3cr3t-value"
    made = report(check(Outcome.VIOLATED, secret), title=secret, left_behind=(secret,))
    assert secret in as_json(made)
    clean = scrub(made, lambda text: text.replace(secret, "***"))
    for text in (as_json(clean), as_junit(clean), as_html(clean)):
        assert secret not in text

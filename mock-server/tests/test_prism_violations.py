"""The reading of Prism's `sl-violations` header."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom_mock.prism import Violation, parse_violations, response_violations

REQUEST = {"location": ["request", "query", "page"], "severity": "Error", "code": "type"}
WARNING = {"location": ["response"], "severity": "Warning", "message": "status 503 is undeclared"}
ERROR = {
    "location": ["response", "body", "data", 0],
    "severity": "Error",
    "code": "type",
    "message": "must be string",
}


def test_no_header_is_no_violation() -> None:
    """A response without the header conforms."""
    assert parse_violations(None) == ()
    assert parse_violations("") == ()
    assert response_violations({"content-type": "application/json"}) == ()


def test_every_entry_is_read_in_order() -> None:
    """Entries keep their place, severity, message and keyword."""
    found = parse_violations(json.dumps([REQUEST, ERROR]))
    assert found == (
        Violation(("request", "query", "page"), "Error", "", "type"),
        Violation(("response", "body", "data", "0"), "Error", "must be string", "type"),
    )
    assert str(found[1]) == "response.body.data.0: must be string (Error)"


def test_a_warning_counts_like_an_error() -> None:
    """An undeclared 5xx is only a Warning to Prism, and is the server's fault all the same."""
    found = response_violations({"SL-Violations": json.dumps([REQUEST, WARNING])})
    assert [v.severity for v in found] == ["Warning"]


def test_a_request_violation_is_not_the_servers() -> None:
    """Only `response.*` entries are held against the server."""
    assert response_violations({"sl-violations": json.dumps([REQUEST])}) == ()


def test_a_cut_header_is_a_report() -> None:
    """A header that Prism cut yields what is whole in it, and one violation for the rest."""
    cut = "Too many violations! " + json.dumps([REQUEST] * 3)[:-20]
    found = parse_violations(cut)
    assert [v.code for v in found] == ["type", "type", "cut"]
    assert response_violations({"sl-violations": cut}) == (found[-1],)


@pytest.mark.parametrize("header", ["null", "{}", "[1]", '[{"location": "x"}]', "Too many", "[{"])
def test_an_unreadable_header_is_a_report(header: str) -> None:
    """Whatever Prism writes there, it says that something is wrong."""
    assert [v.code for v in response_violations({"sl-violations": header})] == ["cut"]


@given(st.integers(min_value=1, max_value=400))
def test_no_cut_hides_a_violation(length: int) -> None:
    """Cut at any place, a report stays a report."""
    header = json.dumps([REQUEST, WARNING, ERROR])
    assert response_violations({"sl-violations": header[:length]})

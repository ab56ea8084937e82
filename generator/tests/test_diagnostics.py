"""Findings: collected once, placed late, rendered for readers and machines."""

from __future__ import annotations

import json

from specloom.diagnostics import (
    Diagnostic,
    Diagnostics,
    Position,
    Severity,
    SpecloomError,
    render_json,
    render_text,
)


def test_places_are_looked_up_late_and_once():
    """Nothing is searched before a finding is read."""
    asked = []

    def locate(pointer):
        asked.append(pointer)
        return Position("a.yaml", 3, 5)

    found = Diagnostics()
    found.add(Severity.ERROR, "x", "message", pointer="/a", locate=locate)
    assert asked == []
    assert found.has_errors
    assert [(item.file, item.line, item.column, item.pointer) for item in found] == [
        ("a.yaml", 3, 5, "/a")
    ]
    list(found)
    assert asked == ["/a"]


def test_a_finding_is_collected_once():
    """The same message about the same place is not repeated."""
    found = Diagnostics()
    for _ in range(3):
        found.add(Severity.NOTE, "x", "message", pointer="/a")
    found.add(Severity.NOTE, "x", "message", pointer="/b")
    assert len(found) == found.count(Severity.NOTE) == 2
    assert not found.has_errors


def test_they_are_sorted_by_place():
    """By file, line and column."""
    found = Diagnostics()
    for line, column in ((3, 1), (1, 9), (1, 2)):
        found.add(Severity.NOTE, "x", f"{line}", position=Position("a", line, column))
    assert [(item.line, item.column) for item in found.by_place()] == [(1, 2), (1, 9), (3, 1)]


def test_text_is_one_line_each_with_consequence_and_hint():
    """Control characters of a document never reach a terminal."""
    item = Diagnostic(
        Severity.WARNING, "code", "bad \x1b[31m\nname", "a.yaml", 1, 2, None, "lost", "fix it"
    )
    assert render_text([item]) == (
        "a.yaml:1:2: warning: bad \\x1b[31m\\nname [code]\n    consequence: lost\n    hint: fix it"
    )


def test_json_leaves_out_what_is_unknown():
    """A machine reads the same members."""
    item = Diagnostic(Severity.ERROR, "code", "message", pointer="/a")
    assert json.loads(render_json([item])) == [
        {"severity": "error", "code": "code", "message": "message", "pointer": "/a"}
    ]


def test_the_error_carries_its_diagnostic():
    """And says it when nobody catches it."""
    item = Diagnostic(Severity.ERROR, "code", "message", "a.yaml", 1, 2)
    error = SpecloomError(item)
    assert error.diagnostic is item
    assert str(error) == "a.yaml:1:2: error: message [code]"


def test_positions_without_column_or_line():
    """Shown as far as they are known."""
    assert [str(Position("a")), str(Position("a", 1)), str(Position("a", 1, 2))] == [
        "a",
        "a:1",
        "a:1:2",
    ]

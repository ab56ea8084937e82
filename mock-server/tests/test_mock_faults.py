"""Choosing faults and reading X-Mock-Fault."""

from __future__ import annotations

from typing import Any

import pytest

from specloom_mock.faults import FaultQueue, Subject, expand
from specloom_mock.forcing import parse_fault_header, parse_prefer, prefers
from specloom_mock.kinds import FaultError


def subject(**changes: Any) -> Subject:
    facts: dict[str, Any] = {
        "operation": "users.create",
        "method": "POST",
        "path": "/v1/users",
        "query": {"page": ["2"]},
        "headers": {"x-a": "1"},
        "port": "conformance",
    }
    return Subject(**{**facts, **changes})


def test_a_fault_is_skipped_taken_and_spent() -> None:
    """`skip` requests pass, `times` are taken, then it is over."""
    queue = FaultQueue()
    queue.add([{"kind": "status", "skip": 1, "times": 2, "params": {"status": 503}}])
    assert [len(queue.take(subject())) for _ in range(4)] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("match", "taken"),
    [
        ({}, 1),
        ({"operation": "users.create"}, 1),
        ({"operation": "users.list"}, 0),
        ({"method": "post"}, 1),
        ({"path": "/v1/*"}, 1),
        ({"path": "/v1"}, 0),
        ({"path": "/v1/us?rs"}, 0),
        ({"query": {"page": "2"}}, 1),
        ({"query": {"page": "3"}}, 0),
        ({"headers": {"X-A": "1"}}, 1),
        ({"headers": {"X-B": "1"}}, 0),
        ({"port": "chaos"}, 0),
    ],
)
def test_matches_look_at_the_request(match: dict[str, Any], taken: int) -> None:
    """Everything that a match names must hold; `*` alone is special in paths."""
    queue = FaultQueue()
    queue.add([{"kind": "close", "match": match}])
    assert len(queue.take(subject())) == taken


def test_delays_and_patches_go_beside_one_deciding_fault() -> None:
    """The first deciding fault is taken, with every delay and patch."""
    queue = FaultQueue()
    queue.add([{"kind": "delay"}, {"kind": "status"}, {"kind": "close"}, {"kind": "patch"}])
    assert [fault.kind for fault in queue.take(subject())] == ["delay", "status", "patch"]
    assert [fault.kind for fault in queue.take(subject())] == ["close"]


def test_kinds_that_break_the_document_wait_for_the_chaos_port() -> None:
    """They do nothing on the conformance port and are not spent there."""
    queue = FaultQueue()
    queue.add([{"kind": "html"}])
    assert queue.take(subject()) == []
    assert len(queue.take(subject(port="chaos"))) == 1


def test_probability_follows_the_seed() -> None:
    """A fault with a probability is taken when the session's chance says so."""
    chances = iter([0.9, 0.1])
    queue = FaultQueue(lambda: next(chances))
    queue.add([{"kind": "close", "probability": 0.5, "times": None}])
    assert [len(queue.take(subject())) for _ in range(2)] == [0, 1]


def test_adding_is_all_or_nothing() -> None:
    """One wrong fault refuses the whole request, and says where it stands."""
    queue = FaultQueue()
    with pytest.raises(FaultError, match="explode") as caught:
        queue.add([{"kind": "close"}, {"kind": "explode"}])
    assert caught.value.pointer == "/1/kind"
    assert not queue
    with pytest.raises(FaultError) as caught:
        queue.add([{"kind": "close", "params": {"seconds": 1}}])
    assert caught.value.pointer == "/0/params/seconds"


def test_the_header_is_a_structured_list() -> None:
    """Members are kinds, parameters follow after semicolons (RFC 8941)."""
    found = parse_fault_header(
        'status;status=503;code="UNAVAILABLE" , delay;seconds=1.5;real, lose-response;how=reset'
    )
    assert [(fault.kind, fault.params) for fault in found] == [
        ("status", {"status": 503, "code": "UNAVAILABLE"}),
        ("delay", {"seconds": 1.5, "real": True}),
        ("lose_response", {"how": "reset"}),
    ]


@pytest.mark.parametrize("text", ["", ";", "status;", "status;status=", "status close", "boom"])
def test_a_header_that_does_not_parse_is_refused(text: str) -> None:
    """Anything else is a FaultError."""
    with pytest.raises(FaultError):
        parse_fault_header(text)


def test_prefer_names_a_status() -> None:
    """`Prefer: code=429` is the fault that Prism's users know; other preferences are none."""
    assert parse_prefer("code=429")[0].params == {"status": 429}
    assert parse_prefer("respond-async, wait=10") == []
    assert parse_prefer("code=200") == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [("code=200", True), ('wait=1, code="200"', True), ("code=201", False), ("", False)],
)
def test_prefer_names_the_success(text: str, asked: bool) -> None:
    """A success is asked for by the status that the operation documents for it."""
    assert prefers(text, 200) is asked


def test_templates_in_parameters() -> None:
    """URLs and times are filled in everywhere; other braces stay."""
    urls = {"conformance": "http://a/v1", "chaos": "http://b/v1"}
    given = {"Link": ['<{chaos}/x>; rel="next"', "{now+5:http}", "{now-1:epoch}", "{other}"]}
    assert expand(given, urls, 1_767_225_600.0) == {
        "Link": [
            '<http://b/v1/x>; rel="next"',
            "Thu, 01 Jan 2026 00:00:05 GMT",
            "1767225599",
            "{other}",
        ]
    }


def test_a_burst_goes_on_once_it_has_begun() -> None:
    """Chance begins it, and so many requests in a row take it."""
    chances = iter([0.9, 0.1, 0.9, 0.9])
    queue = FaultQueue(lambda: next(chances))
    queue.add([{"kind": "close", "probability": 0.5, "times": None, "burst": 3}])
    assert [len(queue.take(subject())) for _ in range(6)] == [0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("delay", {"seconds": "long"}, "number of seconds"),
        ("delay", {"seconds": -1}, "number of seconds"),
        ("delay", {"distribution": "cauchy"}, "one of constant"),
        ("delay", {"distribution": "uniform", "low": 3}, "low <= high"),
        ("delay", {"distribution": "uniform", "seconds": 3}, "does not take"),
        ("delay", {"distribution": "lognormal", "seconds": 1}, "one of p95 or p99"),
        ("delay", {"distribution": "lognormal", "seconds": 1, "p99": 0.5}, "not below"),
        ("status", {"status": 1000}, "whole number from 100 to 599"),
        ("status", {"retry_after_form": "polite"}, "one of seconds"),
        ("truncate", {"bytes": True}, "whole number"),
        ("lose_response", {"how": "gently"}, "one of close, reset"),
        ("respond", {"base64": "%%"}, "base64"),
        ("respond", {"headers": {"X-A": "1\r\nX-B: 2"}}, "cannot be sent"),
        ("redirect", {"location": "/a\r\nX-B: 2"}, "control characters"),
    ],
)
def test_values_that_mean_nothing_are_refused(
    kind: str, params: dict[str, Any], message: str
) -> None:
    """A fault that could not be carried out is refused when it is given, by its parameter's name."""
    with pytest.raises(FaultError, match=message):
        FaultQueue().add([{"kind": kind, "params": params}])

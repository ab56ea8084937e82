"""Claims about requests, as a test in Python makes them."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from specloom_mock.expectations import Expectation
from specloom_mock.plugin import SessionServer

BODY = {"name": "A", "email": "a@example.com"}

Claim = Callable[[SessionServer], Expectation]


@pytest.fixture
def traffic(client: httpx.Client, mock_server: SessionServer) -> SessionServer:
    """A create that is tried again, a list, and a hop to the other origin with credentials."""
    mock_server.fault("status", status=503, retry_after=4, operation="users.create")
    for wait in (4, 0):
        client.post("/users", json=BODY, headers={"Idempotency-Key": "k"})
        mock_server.advance(wait)
    client.get("/users?search=a%20b&role=admin")
    httpx.get(f"{mock_server.chaos_url}/users", headers=mock_server.auth)
    return mock_server


def creates(server: SessionServer) -> Expectation:
    return server.expect(operation="users.create")


def lists(server: SessionServer) -> Expectation:
    return server.expect(operation="users.list", port="conformance")


def test_claims_that_hold_are_strung_together(traffic: SessionServer) -> None:
    """Each returns the expectation, so that one line says it all."""
    creates(traffic).count(2).same_idempotency_key().respects_retry_after().min_gap(4)
    creates(traffic).at_least(1).at_most(2).header("Idempotency-Key", "k")
    lists(traffic).query("search=a%20b&role=admin")
    traffic.expect().in_order("users.create", "users.list").count(4)
    traffic.expect(port="chaos", operation="users.get").no_credentials().count(0)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (lambda s: creates(s).count(3), "operation=users.create: 3 requests expected, 2 found"),
        (lambda s: creates(s).at_least(3), "at least 3 requests expected, 2 found"),
        (lambda s: creates(s).at_most(1), "at most 1 requests expected, 2 found"),
        (lambda s: creates(s).min_gap(5), "4 s between requests, 5 expected"),
        (lambda s: s.expect().same_idempotency_key(), "is not one and the same: (none), k"),
        (lambda s: s.expect().in_order("users.list", "users.create"), "users.create does not"),
        (lambda s: lists(s).query("search=a+b&role=admin"), "the query is 'search=a%20b"),
        (lambda s: creates(s).header("x-a", "1"), "x-a is None, not '1'"),
        (lambda s: s.expect(port="chaos").no_credentials(), "port=chaos: credentials were sent"),
        (lambda s: s.expect(method="PUT").at_least(1), "(no such requests)"),
    ],
)
def test_a_claim_that_fails_says_what_was_sent(
    traffic: SessionServer, claim: Claim, message: str
) -> None:
    """The message names the claim, and shows the requests with their times."""
    with pytest.raises(AssertionError, match=re.escape(message)):
        claim(traffic)


def test_the_requests_concerned_are_marked(traffic: SessionServer) -> None:
    """Of the requests that are shown, those that break the claim stand out."""
    with pytest.raises(AssertionError) as caught:
        traffic.expect(operation="users.list").no_credentials()
    lines = str(caught.value).splitlines()
    assert [line[0] for line in lines[1:]] == [">", ">"]
    assert re.search(r"3 GET +/v1/users\?search=a%20b&role=admin -> 200  at \d+\.\d{3}$", lines[1])


def test_a_retry_that_comes_too_soon(client: httpx.Client, mock_server: SessionServer) -> None:
    """Retry-After is held against the session's clock."""
    mock_server.fault("status", status=429, retry_after="{now+9:http}")
    client.get("/users")
    mock_server.advance(8)
    client.get("/users")
    with pytest.raises(AssertionError, match="the next request came after 8 s, not 9"):
        mock_server.expect().respects_retry_after()

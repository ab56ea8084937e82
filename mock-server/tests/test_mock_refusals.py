"""What the server refuses, and how it says so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

GOOD = {"name": "A", "email": "a@example.com"}


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error in the document's envelope."""
    body = answer.json()
    assert body["success"] is False
    assert body["error"]["message"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "A"}, "email"),
        ({**GOOD, "email": "nope"}, "email"),
        ({**GOOD, "role": "king"}, "role"),
        ({**GOOD, "name": ""}, "name"),
        ({**GOOD, "extra": 1}, "extra"),
        ({**GOOD, "name": None}, "name"),
        ({**GOOD, "active": "yes"}, "active"),
    ],
)
def test_invalid_values_are_422_with_the_field(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    """Well-formed bodies with a value that is not allowed name the field at fault."""
    answer = client.post("/users", json=body)
    assert error(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["field"] == field


def test_several_wrong_fields_are_all_named(client: httpx.Client) -> None:
    """Each wrong field has its entry."""
    answer = client.post("/users", json={"name": "", "email": "nope"})
    fields = {item["field"] for item in answer.json()["error"]["details"]["errors"]}
    assert fields == {"name", "email"}


def test_secrets_are_not_echoed(client: httpx.Client) -> None:
    """A password that is refused does not come back in the error."""
    answer = client.post("/users", json={**GOOD, "password": "hunter2"})
    assert error(answer)[0] == 422
    assert "value" not in answer.json()["error"]["details"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=x", (400, "INVALID_REQUEST")),
        ("page=-298486253811010568192", (422, "VALIDATION_ERROR")),
        ("page=0", (422, "VALIDATION_ERROR")),
        ("per_page=101", (422, "VALIDATION_ERROR")),
        ("role=king", (422, "VALIDATION_ERROR")),
        ("active=maybe", (400, "INVALID_REQUEST")),
        ("created_after=yesterday", (422, "VALIDATION_ERROR")),
        ("sort=password", (400, "INVALID_SORT")),
    ],
)
def test_query_parameters_are_checked(
    client: httpx.Client, query: str, expected: tuple[int, str]
) -> None:
    """What does not parse is 400, what is not allowed 422; sorting has its own code."""
    assert error(client.get(f"/users?{query}")) == expected


def test_a_filter_that_is_no_json_object(client: httpx.Client) -> None:
    """A malformed filter is INVALID_FILTER."""
    assert error(client.get("/tasks", params={"filter": "status=todo"})) == (400, "INVALID_FILTER")


def test_malformed_json_is_400(client: httpx.Client) -> None:
    """A body that does not parse, or is missing, is malformed."""
    headers = {"Content-Type": "application/json"}
    assert error(client.post("/users", content=b"{", headers=headers)) == (400, "INVALID_REQUEST")
    assert error(client.post("/users")) == (400, "INVALID_REQUEST")


def test_media_types_are_negotiated(client: httpx.Client) -> None:
    """An undeclared body is 415, an answer that nobody makes is 406."""
    sent = client.post("/users", content=b"a=1", headers={"Content-Type": "text/plain"})
    assert error(sent) == (415, "UNSUPPORTED_MEDIA_TYPE")
    asked = client.get("/users", headers={"Accept": "text/csv"})
    assert error(asked) == (406, "NOT_ACCEPTABLE")
    picky = {"Accept": "text/csv;q=0.9, application/*;q=0.1"}
    assert client.get("/users", headers=picky).status_code == 200
    never = {"Accept": "application/json;q=0"}
    assert client.get("/users", headers=never).status_code == 406


def test_a_body_that_is_too_large_is_413(client: httpx.Client) -> None:
    """A body beyond the limit is refused."""
    answer = client.post("/users", json={**GOOD, "name": "x" * 1_100_000})
    assert error(answer) == (413, "PAYLOAD_TOO_LARGE")


def test_unknown_paths_and_ids(client: httpx.Client) -> None:
    """A path that is not served, and an id that no row has, are 404 in the envelope."""
    assert error(client.get("/nope")) == (404, "NOT_FOUND")
    assert error(client.get("/users/user_nope")) == (404, "NOT_FOUND")
    assert error(client.get("/users/a%2Fb"))[0] == 422


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "UNAUTHORIZED")),
        ({"Authorization": "Bearer sk_live_short"}, (401, "UNAUTHORIZED")),
        ({"Authorization": "Bearer " + "x" * 40}, (401, "UNAUTHORIZED")),
        ({"Authorization": "Bearer sk_live_invalid_0123456789ab"}, (401, "UNAUTHORIZED")),
        ({"X-API-Key": "short"}, (401, "UNAUTHORIZED")),
        ({"Cookie": "unistack_session=nope"}, (401, "UNAUTHORIZED")),
        ({"Authorization": "Bearer sk_live_expired_0000000000000"}, (401, "EXPIRED_KEY")),
        ({"Authorization": "Bearer sk_live_readonly_000000000000"}, (403, "INVALID_SCOPE")),
    ],
)
def test_credentials_are_checked(
    client: httpx.Client, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    """Missing, unknown and expired credentials are 401, a missing scope 403."""
    with httpx.Client(base_url=client.base_url, headers=headers) as other:
        answer = other.post("/users", json=GOOD)
    assert error(answer) == expected
    if expected[0] == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "x-ratelimit-remaining" in answer.headers


def test_keys_are_accepted_where_the_document_says(client: httpx.Client) -> None:
    """A key of 24 characters or more works as X-API-Key and as a bearer token."""
    for headers in (
        {"X-API-Key": "k" * 24},
        {"Authorization": "Bearer sk_live_0123456789abcdef"},
        {"Authorization": "bearer sk_live_0123456789abcdef"},
    ):
        answer = httpx.get(f"{client.base_url}users", headers=headers)
        assert answer.status_code == 200, headers


def test_health_needs_nothing_and_is_not_metered(client: httpx.Client) -> None:
    """The health check takes no credential and carries no quota."""
    answer = httpx.get(f"{client.base_url}health")
    assert answer.status_code == 200
    assert "x-ratelimit-limit" not in answer.headers


def test_credits_run_out(client: httpx.Client) -> None:
    """A credential without credits gets 402 where the document has it."""
    broke = {"Authorization": "Bearer sk_live_nocredits_00000000000"}
    answer = client.post("/ai/generate", json={"prompt": "x"}, headers=broke)
    assert error(answer) == (402, "INSUFFICIENT_CREDITS")

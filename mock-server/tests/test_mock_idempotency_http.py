"""Idempotency-Key over HTTP."""

from __future__ import annotations

import threading

import httpx
import pytest

from specloom_mock.plugin import SessionServer

BODY = {"name": "A", "email": "a@example.com"}
KEY = {"Idempotency-Key": "k-1"}


def total(client: httpx.Client) -> int:
    return int(client.get("/users").headers["x-total-count"])


def test_a_replay_gives_the_first_answer(client: httpx.Client) -> None:
    """The same request under the same key changes nothing more and gets the same body."""
    before = total(client)
    first = client.post("/users", json=BODY, headers=KEY)
    again = client.post("/users", json=BODY, headers=KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert total(client) == before + 1


def test_another_body_is_a_mismatch(client: httpx.Client) -> None:
    """A key belongs to one request."""
    client.post("/users", json=BODY, headers=KEY)
    answer = client.post("/users", json={**BODY, "email": "b@example.com"}, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_refused_request_frees_its_key(client: httpx.Client) -> None:
    """After a 422 the corrected request may use the key."""
    assert client.post("/users", json={"name": "A"}, headers=KEY).status_code == 422
    assert client.post("/users", json=BODY, headers=KEY).status_code == 201


def test_a_lost_answer_is_replayed(client: httpx.Client, mock_server: SessionServer) -> None:
    """When the effect happened but the answer was lost, a retry with the key gets that answer."""
    before = total(client)
    mock_server.fault("lose_response", operation="users.create")
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/users", json=BODY, headers=KEY)
    assert client.post("/users", json=BODY, headers=KEY).status_code == 201
    assert total(client) == before + 1


def test_a_key_in_flight_is_409(client: httpx.Client, mock_server: SessionServer) -> None:
    """While the first request is being answered, a second with its key is refused."""
    mock_server.fault("delay", operation="users.create", seconds=1.0, real=True)
    first: list[httpx.Response] = []

    def send() -> None:
        first.append(
            httpx.post(f"{client.base_url}users", json=BODY, headers={**client.headers, **KEY})
        )

    thread = threading.Thread(target=send)
    thread.start()
    while not any(entry.operation == "users.create" for entry in mock_server.journal):
        client.get("/health")
    answer = client.post("/users", json=BODY, headers=KEY)
    thread.join()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_IN_FLIGHT")
    assert first[0].status_code == 201

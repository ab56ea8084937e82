"""Faults on the wire, on both ports."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from specloom_mock.plugin import SessionServer


def fault(text: str) -> dict[str, str]:
    return {"X-Mock-Fault": text}


@pytest.fixture
def chaos(mock_server: SessionServer) -> Any:
    """A client of the port that may break the document."""
    with httpx.Client(
        base_url=mock_server.chaos_url or "", headers=mock_server.auth, timeout=5
    ) as found:
        yield found


def test_a_status_comes_in_the_envelope_and_is_metered(client: httpx.Client) -> None:
    """A forced error has the document's shape, its headers, and counts against the quota."""
    before = int(client.get("/users").headers["x-ratelimit-remaining"])
    answer = client.get("/users", headers=fault("status;status=503;retry-after=2"))
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "UNAVAILABLE"
    assert answer.headers["retry-after"] == "2"
    assert int(answer.headers["x-ratelimit-remaining"]) == before - 1
    code = client.get("/users", headers=fault('status;status=500;code="DATABASE_ERROR"'))
    assert code.json()["error"]["code"] == "DATABASE_ERROR"
    assert client.get("/users", headers={"Prefer": "code=429"}).headers["retry-after"]


def test_a_success_can_be_asked_for_whatever_the_state(client: httpx.Client) -> None:
    """`Prefer: code=200` answers for a row that is not there; an invalid request stays one."""
    asked = {"Prefer": "code=200"}
    assert client.get("/users/user_nobody").status_code == 404
    assert client.get("/users/user_nobody", headers=asked).json()["data"]["email"]
    assert client.get("/users", headers=asked).json()["data"]
    assert client.delete("/users/user_nobody", headers={"Prefer": "code=204"}).status_code == 204
    assert client.post("/users", json={}, headers={"Prefer": "code=201"}).status_code == 422


def test_an_undeclared_status_is_for_the_chaos_port(
    client: httpx.Client, chaos: httpx.Client
) -> None:
    """The conformance port does not send what the document does not have."""
    spared = client.get("/users", headers=fault("status;status=418"))
    assert spared.status_code == 200
    reason = "users.list declares no 418; send it to the chaos port"
    assert spared.headers["x-mock-fault-ignored"] == reason
    assert chaos.get("/users", headers=fault("status;status=418")).status_code == 418


def test_a_header_that_does_not_parse_is_the_mocks_own_400(client: httpx.Client) -> None:
    """The problem is in the body, and nothing was carried out."""
    answer = client.delete("/users/user_000001", headers=fault("explode"))
    assert answer.status_code == 400
    assert "explode" in answer.json()["error"]
    assert client.get("/users/user_000001").status_code == 200


@pytest.mark.parametrize("kind", ["close", "reset", "lose-response", "lose-response;how=reset"])
def test_connections_end_without_an_answer(client: httpx.Client, kind: str) -> None:
    """FIN and RST come instead of an answer; the next request works."""
    with pytest.raises(httpx.TransportError):
        client.get("/users", headers=fault(kind))
    assert client.get("/users").status_code == 200


def test_only_a_lost_answer_has_its_effect(client: httpx.Client) -> None:
    """A closed request changes nothing, one whose answer is lost does."""
    for kind, status in (("close", 200), ("lose-response", 404)):
        with pytest.raises(httpx.TransportError):
            client.delete("/users/user_000001", headers=fault(kind))
        assert client.get("/users/user_000001").status_code == status


def test_a_stalled_request_is_never_answered(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """The client's own timeout ends it; virtual time may pass meanwhile."""
    with pytest.raises(httpx.ReadTimeout):
        client.get("/users", headers=fault("stall"), timeout=0.2)
    mock_server.advance(5)
    assert client.get("/users").status_code == 200
    stalled = next(entry for entry in mock_server.journal if entry.faults)
    assert stalled.answer is not None
    assert (stalled.answer.status, stalled.answer.complete) == (None, False)


def test_a_delay_moves_virtual_time(client: httpx.Client, mock_server: SessionServer) -> None:
    """The answer carries the later date, and nobody waits for real."""
    before = mock_server.clock.now()
    answer = client.get("/users", headers=fault("delay;seconds=90"))
    assert answer.headers["date"] == "Thu, 01 Jan 2026 00:01:30 GMT"
    assert mock_server.clock.now() == before + 90


def test_breaking_kinds_do_nothing_on_the_conformance_port(client: httpx.Client) -> None:
    """HTML, cuts and malformed JSON are ignored there."""
    for kind in ("html", "truncate", "malformed-json", "respond;status=599"):
        answer = client.get("/users", headers=fault(kind))
        assert (answer.status_code, answer.json()["success"]) == (200, True)
        assert "chaos port" in answer.headers["x-mock-fault-ignored"]


def test_what_the_chaos_port_sends(chaos: httpx.Client) -> None:
    """HTML under 200, half a body, a redirect, and whatever is spelled out."""
    html = chaos.get("/users", headers=fault("html"))
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
    malformed = chaos.get("/users", headers=fault("malformed-json"))
    assert malformed.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match=r"."):
        malformed.json()
    moved = chaos.get("/users", headers=fault('redirect;location="/elsewhere"'))
    assert (moved.status_code, moved.headers["location"]) == (307, "/elsewhere")
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        chaos.get("/users", headers=fault("truncate;bytes=20"))
    with pytest.raises(httpx.TransportError):
        chaos.get("/users", headers=fault("reset;bytes=100"))


def test_stored_answers_are_sent_exactly(chaos: httpx.Client, mock_server: SessionServer) -> None:
    """`respond` sends its status, headers and body, with nothing added but Date and length."""
    mock_server.fault(
        "respond", status=299, headers={"X-A": "{now+5:epoch}"}, json={"a": [1, "{chaos}"]}
    )
    answer = chaos.get("/users")
    assert answer.status_code == 299
    assert answer.json() == {"a": [1, mock_server.chaos_url]}
    assert set(answer.headers) == {"content-type", "content-length", "date", "x-a"}
    assert answer.headers["x-a"] == str(int(mock_server.clock.now()) + 5)


@pytest.mark.parametrize("kind", ["slow-body", "slow-headers"])
def test_slow_answers_arrive_whole(chaos: httpx.Client, kind: str) -> None:
    """Spread over time, the answer is complete all the same."""
    answer = chaos.get("/users", headers=fault(f"{kind};seconds=0.05"))
    assert len(answer.json()["data"]) == 20


def test_patches_change_the_genuine_answer(
    client: httpx.Client, chaos: httpx.Client, mock_server: SessionServer
) -> None:
    """Values and headers are set and removed; on the conformance port the result must conform."""
    link = '<{chaos}/users?page=2>; rel="next"'
    mock_server.fault("patch", headers={"Link": link, "X-Page": None}, port="chaos")
    patched = chaos.get("/users")
    assert patched.links["next"]["url"] == f"{mock_server.chaos_url}/users?page=2"
    assert "x-page" not in patched.headers
    mock_server.fault("patch", set={"/data/0/name": "Changed"}, remove=["/data/1"])
    rows = client.get("/users").json()["data"]
    assert (rows[0]["name"], len(rows)) == ("Changed", 19)
    mock_server.fault("patch", set={"/data/role": "galactic"})
    broken = client.get("/users/user_000001")
    assert (broken.status_code, broken.headers["x-mock-violation"]) == (500, "response")
    mock_server.fault("patch", set={"/data/role": "galactic"}, port="chaos")
    assert chaos.get("/users/user_000001").json()["data"]["role"] == "galactic"

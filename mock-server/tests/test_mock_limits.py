"""Quotas over HTTP."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import pytest

from specloom_mock import Options
from specloom_mock.plugin import SessionServer
from specloom_mock.ratelimit import Quota


def headers(answer: httpx.Response) -> tuple[int, int, int]:
    return (
        int(answer.headers["x-ratelimit-limit"]),
        int(answer.headers["x-ratelimit-remaining"]),
        int(answer.headers["x-ratelimit-reset"]),
    )


@pytest.mark.mock_limit("api_key", limit=3, window=10)
def test_the_quota_runs_out_and_comes_back(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """Remaining falls to 0, then 429 with Retry-After; after the reset it starts again."""
    start = int(mock_server.clock.now())
    seen = [headers(client.get("/users")) for _ in range(3)]
    assert seen == [(3, 2, start + 10), (3, 1, start + 10), (3, 0, start + 10)]
    mock_server.advance(4)
    refused = client.get("/users/user_000001")
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert refused.headers["retry-after"] == "6"
    assert headers(refused) == (3, 0, start + 10)
    mock_server.advance(6)
    assert headers(client.get("/users")) == (3, 2, start + 20)


@pytest.mark.mock_limit("api_key", limit=1, window=10)
def test_retry_after_as_a_date(
    client: httpx.Client, control: httpx.Client, mock_server: SessionServer
) -> None:
    """On request Retry-After is an HTTP-date, counted from the answer's own Date."""
    control.patch("/limits", json={"retry_after": "http-date"})
    client.get("/users")
    refused = client.get("/users")
    until = parsedate_to_datetime(refused.headers["retry-after"])
    since = parsedate_to_datetime(refused.headers["date"])
    assert (until - since).total_seconds() == 10


def test_each_kind_of_credential_has_its_quota(client: httpx.Client) -> None:
    """Keys, tokens, cookies and nobody are metered by the tiers of the document."""
    url = str(client.base_url)
    login = httpx.post(
        f"{url}auth/register", json={"name": "N", "email": "n@example.com", "password": "12345678"}
    )
    assert headers(login)[0] == 10
    token = {"Authorization": f"Bearer {login.json()['data']['access_token']}"}
    cookie = {"Cookie": login.headers["set-cookie"].split(";")[0]}
    assert headers(client.get("/users"))[0] == 5000
    assert headers(httpx.get(f"{url}users", headers=token))[0] == 1000
    assert headers(httpx.get(f"{url}users", headers=cookie))[0] == 100
    assert headers(httpx.get(f"{url}users"))[0] == 100
    assert headers(client.get("/nodes"))[0] == 30


@pytest.mark.mock_limit("api_key", limit=1, window=60)
def test_keys_are_metered_apart_and_sessions_too(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """One key's requests do not use up another's."""
    other = {"Authorization": "Bearer sk_live_another_key_0123456789"}
    assert client.get("/users").status_code == 200
    assert client.get("/users").status_code == 429
    assert client.get("/users", headers=other).status_code == 200


def test_limits_can_be_off(client: httpx.Client, control: httpx.Client) -> None:
    """Without limits nobody is refused, and the headers stay as declared."""
    control.patch(
        "/limits", json={"enabled": False, "policies": {"api_key": {"limit": 1, "window": 60}}}
    )
    answers = [client.get("/users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert headers(answers[2])[:2] == (1, 1)


def test_one_limit_for_everything(serve, small, answers) -> None:
    """--limit meters also what the document does not."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document, Options(virtual=True, limit=Quota("override", 2, 5.0)))
    statuses = [httpx.get(f"{server.base_url}/a").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.mock_limit("api_key", limit=2, window=10, algorithm="sliding")
def test_a_sliding_log_frees_one_request_at_a_time(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """Each request comes back ten seconds after it was made, and Retry-After says when."""
    statuses = []
    for wait in (4, 0, 0):
        answer = client.get("/users")
        statuses.append(answer.status_code)
        mock_server.advance(wait)
    assert statuses == [200, 200, 429]
    assert answer.headers["retry-after"] == "6"
    mock_server.advance(6)
    assert [client.get("/users").status_code for _ in range(2)] == [200, 429]


@pytest.mark.mock_limit("api_key", limit=2, window=10, algorithm="token_bucket")
def test_a_token_bucket_refills_evenly(client: httpx.Client, mock_server: SessionServer) -> None:
    """A full bucket allows a burst; after it one request is earned each five seconds."""
    answers = [client.get("/users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "5"
    mock_server.advance(5)
    assert [client.get("/users").status_code for _ in range(2)] == [200, 429]

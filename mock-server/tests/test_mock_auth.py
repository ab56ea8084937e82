"""Logging in, refreshing, keys."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from specloom_mock.plugin import SessionServer

PASSWORD = "correct-horse-battery-staple"


@pytest.fixture
def anybody(mock_server: SessionServer) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=mock_server.base_url) as found:
        yield found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def member(client: httpx.Client) -> dict[str, str]:
    """A new member with a password of its own."""
    body = {"name": "M", "email": "m@example.com", "password": "a password"}
    client.post("/users", json=body)
    return {"email": "m@example.com", "password": "a password"}


def test_a_login_makes_tokens_that_work(client: httpx.Client, anybody: httpx.Client) -> None:
    """The tokens belong to the user, carry the role's scopes, and the session says so."""
    login = anybody.post("/auth/login", json=member(client)).json()["data"]
    headers = bearer(login["access_token"])
    session = anybody.get("/auth/session", headers=headers).json()["data"]
    assert session["user"]["email"] == "m@example.com"
    assert (session["credential"], session["scopes"]) == ("jwt", ["read", "write", "delete"])
    assert session["expires_at"] == "2026-01-01T01:00:00Z"
    assert anybody.get("/users/me", headers=headers).json()["data"] == login["user"]
    assert anybody.get("/nodes", headers=headers).status_code == 403


def test_seeded_users_share_a_password(client: httpx.Client, anybody: httpx.Client) -> None:
    """An active seeded user logs in with the overlay's password, and with no other."""
    users = client.get("/users", params={"active": "true"}).json()["data"]
    body = {"email": users[0]["email"], "password": PASSWORD}
    assert anybody.post("/auth/login", json=body).status_code == 200
    wrong = anybody.post("/auth/login", json={**body, "password": "other"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_access_tokens_expire_and_are_refreshed_once(
    client: httpx.Client, anybody: httpx.Client, mock_server: SessionServer
) -> None:
    """After an hour the token is 401; a refresh token gives new ones, and works once."""
    login = anybody.post("/auth/login", json=member(client)).json()["data"]
    anybody.cookies.clear()
    mock_server.advance(3600)
    assert anybody.get("/users/me", headers=bearer(login["access_token"])).status_code == 401
    body = {"refresh_token": login["refresh_token"]}
    fresh = anybody.post("/auth/refresh", json=body).json()["data"]
    assert anybody.get("/users/me", headers=bearer(fresh["access_token"])).status_code == 200
    assert anybody.post("/auth/refresh", json=body).status_code == 401


def test_logout_ends_the_login(client: httpx.Client, anybody: httpx.Client) -> None:
    """Access token, refresh token and session cookie stop working together."""
    answer = anybody.post("/auth/login", json=member(client))
    login = answer.json()["data"]
    cookie = answer.headers["set-cookie"].split(";")[0]
    anybody.cookies.clear()
    assert anybody.get("/users/me", headers={"Cookie": cookie}).status_code == 200
    logout = anybody.post("/auth/logout", headers=bearer(login["access_token"]))
    assert logout.status_code == 204
    assert anybody.get("/users/me", headers=bearer(login["access_token"])).status_code == 401
    assert anybody.get("/users/me", headers={"Cookie": cookie}).status_code == 401
    body = {"refresh_token": login["refresh_token"]}
    assert anybody.post("/auth/refresh", json=body).status_code == 401


def test_registering_makes_a_user(client: httpx.Client, anybody: httpx.Client) -> None:
    """A registration is a login of a new member; the address is then taken."""
    body = {"name": "New", "email": "new@example.com", "password": "long enough"}
    answer = anybody.post("/auth/register", json=body)
    assert answer.status_code == 201
    user = answer.json()["data"]["user"]
    assert user["role"] == "member"
    assert client.get(f"/users/{user['id']}").json()["data"] == user
    assert anybody.post("/auth/register", json=body).status_code == 409


def test_a_key_is_shown_once_works_and_is_revoked(
    client: httpx.Client, anybody: httpx.Client
) -> None:
    """The secret is in the create response only; the key has its scopes until it is deleted."""
    created = client.post("/api-keys", json={"name": "k", "scopes": ["read"]}).json()
    key = created["data"]
    assert created["warning"]
    assert key["key"].startswith(key["key_prefix"])
    shown = client.get(f"/api-keys/{key['id']}").json()["data"]
    assert "key" not in shown
    headers = {"X-API-Key": key["key"]}
    assert anybody.get("/users", headers=headers).headers["x-ratelimit-limit"] == "5000"
    body = {"name": "A", "email": "a@example.com"}
    assert anybody.post("/users", json=body, headers=headers).status_code == 403
    assert client.delete(f"/api-keys/{key['id']}").status_code == 204
    assert anybody.get("/users", headers=headers).status_code == 401


def test_an_expired_key_is_told_from_an_unknown_one(
    client: httpx.Client, anybody: httpx.Client, mock_server: SessionServer
) -> None:
    """A key past its expires_at is EXPIRED_KEY."""
    body = {"name": "k", "scopes": ["read"], "expires_at": "2026-01-01T00:10:00Z"}
    key = client.post("/api-keys", json=body).json()["data"]["key"]
    assert anybody.get("/users", headers=bearer(key)).status_code == 200
    mock_server.advance(600)
    answer = anybody.get("/users", headers=bearer(key))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "EXPIRED_KEY")

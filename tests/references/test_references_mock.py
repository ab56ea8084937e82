"""The mock server serves the reference documents in their own dialects, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.references.conftest import Serve

PASSWORD = "correct-horse-battery-staple"
"""The password of the mock server's seeded users."""


# Nanostack


@pytest.mark.parametrize("path", ["users", "organizations", "tenants", "api-keys"])
def test_nanostack_rows_live(serve: Serve, path: str) -> None:
    """A resource is created, read, listed, updated by PUT, and deleted, in the envelope."""
    served = serve("nanostack")
    client = served.client
    body = {"name": "Ada", "email": "ada@example.com"} if path == "users" else {"name": "Ada"}
    created = client.post(f"/{path}", json=body)
    assert created.status_code == 201
    assert created.json()["success"] is True
    row = created.json()["data"]
    shown = {key: value for key, value in row.items() if key != "key"}
    assert client.get(f"/{path}/{row['id']}").json() == {"success": True, "data": shown}
    page = client.get(f"/{path}", params={"per_page": 5, "page": 2}).json()
    assert page["meta"] == {"page": 2, "per_page": 5, "total": 51, "total_pages": 11}
    assert len(page["data"]) == 5
    updated = client.put(f"/{path}/{row['id']}", json={"name": "Grace"}).json()["data"]
    assert updated == {**shown, "name": "Grace"}
    if path == "tenants":
        assert client.delete(f"/{path}/{row['id']}").status_code == 405
        return
    if path == "api-keys":
        assert served.get("/users", {"X-API-Key": row["key"]}).status_code == 200
    deleted = client.delete(f"/{path}/{row['id']}")
    assert (deleted.status_code, deleted.json()["data"]) == (200, updated)
    assert client.get(f"/{path}/{row['id']}").status_code == 404
    if path == "api-keys":
        assert served.get("/users", {"X-API-Key": row["key"]}).status_code == 401


def test_nanostack_chooses_users(serve: Serve) -> None:
    """Filters, several sort fields and the address find users."""
    client = serve("nanostack").client
    wanted = {"role": "admin", "active": "true", "per_page": 100, "sort": "name,-created_at"}
    found = client.get("/users", params=wanted).json()["data"]
    assert found
    assert {(user["role"], user["active"]) for user in found} == {("admin", True)}
    assert [user["name"] for user in found] == sorted(user["name"] for user in found)
    same = client.get("/users", params={"email": found[0]["email"]}).json()["data"]
    assert same == [found[0]]


def test_nanostack_tokens_live(serve: Serve) -> None:
    """A login makes tokens, a refresh replaces them, a logout ends them."""
    served = serve("nanostack")
    client = served.client
    email = client.get("/users?active=true").json()["data"][0]["email"]
    with served.browser() as anonymous:
        login = anonymous.post("/auth/login", json={"email": email, "password": PASSWORD}).json()
        assert login["data"]["user"]["email"] == email
        token = {"refresh_token": login["data"]["refresh_token"]}
        fresh = anonymous.post("/auth/refresh", json=token).json()["data"]
        assert anonymous.post("/auth/refresh", json=token).status_code == 401
        headers = {"Authorization": f"Bearer {fresh['access_token']}"}
        mine = anonymous.get("/users", headers=headers)
        assert mine.headers["X-RateLimit-Limit"] == "1000"
        assert anonymous.post("/auth/logout", headers=headers).json() == {
            "success": True,
            "data": {},
        }
        assert anonymous.get("/users", headers=headers).status_code == 401


def test_nanostack_keeps_members_from_tenants(serve: Serve) -> None:
    """Who has just signed up is no administrator."""
    served = serve("nanostack")
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse"}
    made = httpx.post(f"{served.url}/auth/register", json=body)
    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json()['data']['access_token']}"}
    refused = served.get("/tenants", headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "FORBIDDEN"


def test_nanostack_fails_in_its_envelope(serve: Serve) -> None:
    """401, 404, 400 and 422 are success false and error, details holding field and value."""
    served = serve("nanostack")
    client = served.client
    refused = served.get("/users")
    missing = client.get("/users/user_0")
    malformed = client.post("/users", content="{", headers={"Content-Type": "application/json"})
    invalid = client.post("/users", json={"name": "Ada", "email": "invalid-email"})
    for response, status, code in (
        (refused, 401, "UNAUTHORIZED"),
        (missing, 404, "NOT_FOUND"),
        (malformed, 400, "BAD_REQUEST"),
        (invalid, 422, "VALIDATION_ERROR"),
    ):
        body = response.json()
        assert (response.status_code, body["success"], body["error"]["code"]) == (
            status,
            False,
            code,
        )
        assert body["error"].keys() == {"code", "message", "details"}
    assert invalid.json()["error"]["details"] == {"field": "email", "value": "invalid-email"}


def test_nanostack_meters_by_credential(serve: Serve) -> None:
    """Nobody in particular has 100 requests an hour, an API key 5,000."""
    served = serve("nanostack")
    client = served.client
    with served.browser() as anonymous:
        for _ in range(100):
            assert anonymous.get("/users").status_code == 401
        refused = anonymous.get("/users")
    assert refused.json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert refused.headers["X-RateLimit-Limit"] == "100"
    key = {"X-API-Key": "key_0123456789abcdef01234567"}
    assert served.get("/users", headers=key).headers["X-RateLimit-Limit"] == "5000"
    assert client.get("/users").headers["X-RateLimit-Limit"] == "5000"


# The example REST API


def test_example_rest_rows_live(serve: Serve) -> None:
    """A user is created and read as a bare object; projects are listed in full, and by status."""
    client = serve("example-rest").client
    body = {"name": "John Doe", "email": "john@example.com", "password": "secure_password"}
    created = client.post("/users", json=body)
    assert created.status_code == 201
    user = created.json()
    assert user.keys() == {"id", "name", "email", "created_at"}
    assert client.get(f"/users/{user['id']}").json() == user
    pages = [client.get("/projects", params={"page": page}).json() for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [20, 20, 10]
    assert pages[2]["meta"] == {"current_page": 3, "total_pages": 3, "total_count": 50}
    archived = client.get("/projects?status=archived").json()["data"]
    assert {project["status"] for project in archived} == {"archived"}


def test_example_rest_fails_in_its_envelope(serve: Serve) -> None:
    """401, 404 and 400 are error with a lower-case code and details by field."""
    served = serve("example-rest")
    client = served.client
    refused = served.get("/projects")
    missing = client.get("/users/user_0")
    invalid = client.post("/users", json={"name": "John Doe", "email": "john@example.com"})
    for response, status, code in (
        (refused, 401, "unauthorized"),
        (missing, 404, "not_found"),
        (invalid, 400, "invalid_request"),
    ):
        assert response.status_code == status
        assert response.json().keys() == {"error"}
        assert response.json()["error"]["code"] == code
    assert invalid.json()["error"]["details"].keys() == {"password"}
    assert client.delete("/projects").json()["error"]["code"] == "method_not_allowed"


def test_example_rest_meters(serve: Serve) -> None:
    """A token has 100 requests a minute."""
    served = serve("example-rest")
    client = served.client
    body = served.refusal(client, "/projects", 100)
    assert body["error"]["code"] == "rate_limit_exceeded"


# StellarStack


def test_stellarstack_servers_live(serve: Serve) -> None:
    """A server is created, read, listed, updated, started, stopped, killed and deleted."""
    client = serve("stellarstack").client
    node = client.get("/nodes?limit=1").json()["data"][0]
    sizes = {"memory": 2048, "cpu": 100, "disk": 10240}
    body = {"name": "My Server", "nodeId": node["id"], "blueprintId": "minecraft-java", **sizes}
    created = client.post("/servers", json=body)
    assert created.status_code == 201
    server = created.json()["data"]
    assert (server["status"], server["nodeId"]) == ("stopped", node["id"])
    path = f"/servers/{server['id']}"
    assert client.get(path).json() == {"data": server}
    page = client.get("/servers", params={"limit": 10, "page": 6}).json()
    assert page == {"data": [server], "meta": {"total": 51, "page": 6, "limit": 10}}
    assert client.patch(path, json={"memory": 4096}).json()["data"]["memory"] == 4096
    for action, status in (
        ("start", "running"),
        ("stop", "stopped"),
        ("restart", "running"),
        ("kill", "stopped"),
    ):
        assert client.post(f"{path}/{action}").json()["data"]["status"] == status
    deleted = client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(path).status_code == 404


def test_stellarstack_nodes_live(serve: Serve) -> None:
    """A node is registered, read, measured, given a token, and removed."""
    client = serve("stellarstack").client
    node = client.post("/nodes", json={"name": "n1", "address": "n1.example.com"}).json()["data"]
    assert client.get(f"/nodes/{node['id']}").json() == {"data": node}
    assert client.get(f"/nodes/{node['id']}/stats").json()["data"].keys() == {
        *("memory", "cpu", "disk")
    }
    token = client.post(f"/admin/nodes/{node['id']}/token")
    assert token.status_code == 201
    assert client.post("/admin/nodes/node_0/token").status_code == 404
    assert client.get("/admin/stats").json()["data"]["nodes"] == 51
    assert client.delete(f"/nodes/{node['id']}").status_code == 204
    assert client.get(f"/nodes/{node['id']}/stats").status_code == 404
    blueprint = client.get("/blueprints?limit=1").json()["data"][0]
    assert client.get(f"/blueprints/{blueprint['id']}").json() == {"data": blueprint}


def test_stellarstack_sessions_live(serve: Serve) -> None:
    """Signing up hands out a token and a cookie, which signing out ends."""
    served = serve("stellarstack")
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse"}
    with served.browser() as browser:
        made = browser.post("/auth/signup", json=body)
        assert made.status_code == 201
        assert "HttpOnly" in made.headers["Set-Cookie"]
        assert browser.get("/auth/session").json()["data"]["user"]["email"] == body["email"]
        assert browser.get("/users/me").json()["data"] == made.json()["data"]["user"]
        assert browser.patch("/users/me", json={"name": "Ada King"}).json()["data"]["name"] == (
            "Ada King"
        )
        again = browser.post("/auth/signin", json={k: body[k] for k in ("email", "password")})
        headers = {"Authorization": f"Bearer {again.json()['data']['token']}"}
        assert served.get("/servers", headers=headers).status_code == 200
        refused = browser.get("/nodes")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
        assert browser.post("/auth/signout").status_code == 204
        assert browser.get("/auth/session").status_code == 401


def test_stellarstack_fails_in_its_envelope(serve: Serve) -> None:
    """401, 404 and 422 are error with code, message and details."""
    served = serve("stellarstack")
    client = served.client
    for response, status, code in (
        (served.get("/servers"), 401, "UNAUTHORIZED"),
        (client.get("/servers/server_0"), 404, "NOT_FOUND"),
        (client.post("/servers/server_0/start"), 404, "NOT_FOUND"),
        (client.post("/servers", json={"name": "My Server"}), 422, "VALIDATION_ERROR"),
    ):
        assert response.status_code == status
        assert response.json().keys() == {"error"}
        assert response.json()["error"].keys() == {"code", "message", "details"}
        assert response.json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("path", "limit"), [("/servers", 60), ("/auth/session", 10), ("/admin/stats", 30)]
)
def test_stellarstack_meters_by_group(serve: Serve, path: str, limit: int) -> None:
    """The groups have 60, 10 and 30 requests a minute."""
    served = serve("stellarstack")
    client = served.client
    body = served.refusal(client, path, limit)
    assert body["error"]["code"] == "RATE_LIMITED"


# The account API


def test_account_api_rows_live(serve: Serve) -> None:
    """A user is created and read as a bare object; projects are listed beside their total."""
    client = serve("account-api").client
    body = {"username": "newuser", "email": "newuser@example.com", "password": "securepassword"}
    created = client.post("/api/v1/users", json=body)
    assert created.status_code == 201
    user = created.json()
    assert user.keys() == {"id", "username", "email", "created_at"}
    assert user["id"].isdecimal()
    assert client.get(f"/api/v1/users/{user['id']}").json() == user
    page = client.get("/api/v1/projects", params={"page": 3}).json()
    assert {key: page[key] for key in ("total", "page", "limit")} == {
        "total": 50,
        "page": 3,
        "limit": 20,
    }
    assert len(page["data"]) == 10


def test_account_api_fails_in_its_envelope(serve: Serve) -> None:
    """401, 404 and 400 are error, whose details are a sentence."""
    served = serve("account-api")
    client = served.client
    for response, status, code in (
        (served.get("/api/v1/projects"), 401, "unauthorized"),
        (client.get("/api/v1/users/0"), 404, "not_found"),
        (client.post("/api/v1/users", json={"email": "a@example.com"}), 400, "invalid_request"),
    ):
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (status, code)
        assert isinstance(error["details"], str)
    assert "username" in error["details"]


def test_account_api_meters(serve: Serve) -> None:
    """A key has 100 requests a minute."""
    served = serve("account-api")
    client = served.client
    body = served.refusal(client, "/api/v1/projects", 100)
    assert body["error"]["code"] == "too_many_requests"

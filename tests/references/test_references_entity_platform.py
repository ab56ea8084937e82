"""The mock server serves the entity platform in its own dialect, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.references.conftest import Serve


@pytest.mark.parametrize("entity", ["tasks", "products", "orders", "customers"])
def test_entity_platform_records_live(serve: Serve, entity: str) -> None:
    """A record of any entity is created, read, listed, updated by PATCH, and deleted."""
    client = serve("entity-platform").client
    created = client.post(f"/{entity}", json={"title": "New", "priority": "high"})
    assert created.status_code == 201
    record = created.json()["data"]
    assert {"title": "New", "priority": "high"}.items() <= record.items()
    path = f"/{entity}/{record['id']}"
    assert client.get(path).json() == {"success": True, "data": record}
    updated = client.patch(path, json={"priority": "low"}).json()["data"]
    assert updated == {**record, "priority": "low", "updatedAt": updated["updatedAt"]}
    narrow = client.get(path, params={"fields": "title"}).json()["data"]
    assert narrow == {"id": record["id"], "title": "New"}
    deleted = client.delete(path)
    assert (deleted.status_code, deleted.json()["success"]) == (200, True)
    assert deleted.json().keys() == {"success", "message"}
    assert client.get(path).json()["code"] == "NOT_FOUND"


def test_entity_platform_lists(serve: Serve) -> None:
    """Pages, filter, search, dates and order choose records; headers repeat the pagination."""
    served = serve("entity-platform")
    client = served.client
    titles = ("Anchor", "Beacon", "Cedar", "Delta", "Ember")
    for title in titles:
        served.advance(60)
        task = {"title": title, "status": "todo" if title in titles[1::2] else "completed"}
        assert client.post("/tasks", json=task).status_code == 201
    page = client.get("/tasks", params={"limit": 2, "page": 2, "sort": "title", "order": "desc"})
    assert [task["title"] for task in page.json()["data"]] == ["Cedar", "Beacon"]
    assert page.json()["pagination"] == {
        "page": 2,
        "limit": 2,
        "total": 5,
        "totalPages": 3,
        "hasNext": True,
        "hasPrev": True,
    }
    assert page.headers["X-Total-Count"] == "5"
    assert (page.headers["X-Page"], page.headers["X-Per-Page"]) == ("2", "2")
    assert 'rel="next"' in page.headers["Link"]
    todo = client.get("/tasks", params={"filter": '{"status": "todo"}'}).json()
    assert [task["title"] for task in todo["data"]] == ["Beacon", "Delta"]
    (third,) = client.get("/tasks", params={"search": "cedar"}).json()["data"]
    later = client.get("/tasks", params={"startDate": third["createdAt"]}).json()["data"]
    earlier = client.get("/tasks", params={"endDate": third["createdAt"]}).json()["data"]
    assert [task["title"] for task in later] == ["Cedar", "Delta", "Ember"]
    assert [task["title"] for task in earlier] == ["Anchor", "Beacon", "Cedar"]


def test_entity_platform_fails_flat(serve: Serve) -> None:
    """Failures are success false, error, code and details by field."""
    served = serve("entity-platform")
    client = served.client
    refused = served.get("/tasks")
    for response, status, code in (
        (refused, 401, "UNAUTHORIZED"),
        (client.get("/nothing"), 404, "ENTITY_NOT_FOUND"),
        (client.get("/tasks/tsk_0"), 404, "NOT_FOUND"),
        (client.get("/tasks?limit=101"), 400, "VALIDATION_FAILED"),
        (client.get("/tasks?sort=-createdAt"), 400, "INVALID_SORT"),
        (client.get("/tasks?filter=status"), 400, "INVALID_FILTER"),
        (client.post("/tasks", json=["title"]), 422, "VALIDATION_FAILED"),
        (client.post("/ai/generate", json={"prompt": ""}), 400, "VALIDATION_FAILED"),
    ):
        body = response.json()
        assert (response.status_code, body["code"]) == (status, code)
        assert body["success"] is False
        assert isinstance(body["error"], str)
        assert all(isinstance(value, str) for value in body.get("details", {}).values())


def test_entity_platform_manages_keys_with_a_session(serve: Serve) -> None:
    """Keys are listed, made and revoked with the cookie, and with nothing else."""
    served = serve("entity-platform")
    client = served.client
    assert client.get("/keys").status_code == 401
    served.admit(kind="session", value="session_0123456789")
    cookies = {"better-auth.session_token": "session_0123456789"}
    with served.browser(**cookies) as dashboard:
        wanted = {"name": "Mobile App Key", "scopes": ["read"], "expiresAt": None}
        made = dashboard.post("/keys", json=wanted)
        assert made.status_code == 201
        key = made.json()["data"]
        assert made.json()["warning"] == "Save this key securely. It will not be shown again."
        assert key["id"] in {item["id"] for item in dashboard.get("/keys").json()["data"]}
        headers = {"Authorization": f"Bearer {key['key']}"}
        assert served.get("/tasks", headers=headers).status_code == 200
        refused = httpx.post(f"{served.url}/tasks", headers=headers, json={"title": "New"})
        assert refused.json()["code"] == "INVALID_SCOPE"
        assert dashboard.delete(f"/keys/{key['id']}").json() == {
            "success": True,
            "message": "API key revoked successfully",
        }
        assert dashboard.delete(f"/keys/{key['id']}").json()["code"] == "NOT_FOUND"
        assert served.get("/tasks", headers=headers).status_code == 401
        assert dashboard.post("/keys", json={"name": "Key"}).json()["code"] == "VALIDATION_FAILED"


def test_entity_platform_asks_for_scopes(serve: Serve) -> None:
    """A key without the scope that an operation needs is 403 INVALID_SCOPE; an old one 401."""
    served = serve("entity-platform")
    reader = {"kind": "api_key", "value": "sk_live_reader_0123456789abcdef", "scopes": ["read"]}
    old = {
        "kind": "api_key",
        "value": "sk_live_old_0123456789abcdef0123",
        "expires_at": "2001-01-01T00:00:00Z",
    }
    served.admit(**reader)
    served.admit(**old)
    headers = {"Authorization": f"Bearer {reader['value']}"}
    assert served.get("/tasks", headers=headers).status_code == 200
    refused = httpx.post(f"{served.url}/tasks", headers=headers, json={"title": "New"})
    assert (refused.status_code, refused.json()["code"]) == (403, "INVALID_SCOPE")
    expired = httpx.get(f"{served.url}/tasks", headers={"Authorization": f"Bearer {old['value']}"})
    assert (expired.status_code, expired.json()["code"]) == (401, "EXPIRED_KEY")


def test_entity_platform_meters_by_credential(serve: Serve) -> None:
    """A session has 100 requests an hour, a key 1,000; X-Request-ID comes back."""
    served = serve("entity-platform")
    client = served.client
    told = client.get("/tasks", headers={"X-Request-ID": "req_mine"}).headers
    assert (told["X-RateLimit-Limit"], told["X-Request-ID"]) == ("1000", "req_mine")
    served.admit(kind="session", value="session_0123456789")
    cookies = {"better-auth.session_token": "session_0123456789"}
    with served.browser(**cookies) as dashboard:
        body = served.refusal(dashboard, "/tasks", 100)
    assert body["code"] == "RATE_LIMIT_EXCEEDED"


def test_entity_platform_describes_and_is_healthy(serve: Serve) -> None:
    """OPTIONS describes an entity; the health check is outside /api/v1 and open to all."""
    served = serve("entity-platform")
    client = served.client
    described = client.options("/tasks").json()["data"]
    assert described["entity"] == "tasks"
    assert set(described["methods"]) == {"GET", "POST", "PATCH", "DELETE", "OPTIONS"}
    assert described["rateLimit"]["limit"] == 1000
    health = httpx.get(f"{served.server.url}/api/health")
    assert health.json()["status"] == "healthy"
    assert "X-RateLimit-Limit" not in health.headers
    text = client.post("/ai/generate", json={"prompt": "Headphones"}).json()["data"]
    assert text.keys() == {"text", "tokensUsed", "model"}

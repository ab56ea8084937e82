"""Every operation of the Unistack document answers as the document says."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from specloom_mock import Mock, MockServer
from specloom_mock.plugin import SessionServer
from specloom_mock.store import Row

OPERATIONS = 96


def first_key(mock: Mock, name: str) -> str | None:
    """The id of the first row of the collection that a path parameter is for."""
    for collection in mock.engine.plan.collections.values():
        if collection.id_param == name:
            parents = ("proj_000001",) if collection.parents else ()
            return mock.session("sweep").store.collection(collection.name, parents).rows[0].key
    return {"entity": "tasks", "id": "tsk_000001"}.get(name)


def test_every_operation_succeeds_with_its_example(mock_server_process: MockServer) -> None:
    """Sent with the document's own example, each operation answers its success, and conforms."""
    mock = mock_server_process.mock
    failed: list[str] = []
    for plan in mock.engine.plan.operations.values():
        session = mock.session("sweep")
        mock_server_process.call(session.reset)
        mock_server_process.call(lambda s=session: setattr(s, "limits_enabled", False))
        path = re.sub(
            r"\{([^}]+)\}", lambda m: first_key(mock, m[1]) or m[1], plan.bases[0] + plan.path
        )
        headers = {**mock_server_process.auth, "x-mock-session": "sweep"}
        body: dict[str, Any] = {}
        if plan.body is not None:
            raw = mock.engine.schemas.resolve(plan.raw["requestBody"])
            media_type, media = next(iter(raw["content"].items()))
            if media_type.startswith("multipart/"):
                body = {"files": {"file": ("a.txt", b"hello", "text/plain")}}
            else:
                example = next(iter(media.get("examples", {}).values()), {})
                body = {"json": mock.engine.schemas.resolve(example).get("value")}
        if plan.id in {"auth.login", "auth.refresh"}:
            credentials = {"email": "e@example.com", "password": "a password"}
            made = httpx.post(
                f"{mock_server_process.url}/v1/auth/register",
                json={"name": "E", **credentials},
                headers=headers,
            ).json()["data"]
            refresh = {"refresh_token": made["refresh_token"]}
            body = {"json": credentials if plan.id == "auth.login" else refresh}
        if plan.id in {"servers.delete", "nodes.delete"}:
            key = "srv_000001" if plan.id == "servers.delete" else "node_000001"
            store = session.store
            rows = store.collection("servers")
            for row in list(rows):
                data = {**row.data, "status": "stopped", "node_id": "node_000050"}
                mock_server_process.call(lambda c=rows, r=row, d=data: c.replace(r, d))
            path = path.rsplit("/", 1)[0] + "/" + key
        if (plan.path.split("/")[1], plan.kind.value) == ("servers", "action"):
            rows = session.store.collection("servers")
            row: Row = rows.rows[0]
            data = {**row.data, "status": "stopped"}
            mock_server_process.call(lambda r=row, d=data, c=rows: c.replace(r, d))
        answer = httpx.request(
            plan.method, f"{mock_server_process.url}{path}", headers=headers, **body
        )
        entry = list(session.journal)[-1]
        if answer.status_code != plan.success.status or entry.violations:
            failed.append(f"{plan.id}: {answer.status_code} {answer.text[:200]} {entry.violations}")
    assert failed == []
    assert len(mock.engine.plan.operations) == OPERATIONS


def test_a_wrong_answer_is_a_loud_500(client: httpx.Client, mock_server: SessionServer) -> None:
    """When the state itself is wrong, the answer is an error and the journal says where."""
    rows = mock_server.session.store.collection("users")
    row = rows.rows[0]
    mock_server.call(lambda: rows.replace(row, {**row.data, "role": "galactic"}))
    answer = client.get(f"/users/{row.key}")
    assert answer.status_code == 500
    assert answer.headers["x-mock-violation"] == "response"
    assert answer.json()["error"]["code"] == "INTERNAL_ERROR"
    entry = list(mock_server.journal)[-1]
    assert any("data.role" in line for line in entry.violations)


def test_a_failing_handler_is_a_loud_500(client: httpx.Client, mock_server: SessionServer) -> None:
    """A crash is told in the journal and answered in the document's envelope."""
    session = mock_server.session

    def crash(name: str, parents: tuple[str, ...] = ()) -> Any:
        raise RuntimeError("the shelf fell down")

    mock_server.call(lambda: setattr(session.store, "collection", crash))
    answer = client.get("/blueprints")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert any("the shelf fell down" in line for line in list(mock_server.journal)[-1].violations)


@pytest.mark.parametrize("name", ["Retry-After", "X-RateLimit-Limit", "Location"])
def test_missing_headers_are_found(mock_server: SessionServer, name: str) -> None:
    """A required header that is taken away makes the response break the document."""
    mock_server.fault("patch", headers={name: None})
    headers = dict(mock_server.auth)
    with httpx.Client(base_url=mock_server.base_url, headers=headers) as client:
        if name == "Retry-After":
            answer = client.get("/users", headers={"X-Mock-Fault": "status;status=429"})
        else:
            answer = client.post("/users", json={"name": "A", "email": "h@example.com"})
    if name == "Retry-After":
        assert answer.headers["retry-after"]
    else:
        assert answer.headers["x-mock-violation"] == "response"


def test_a_kept_page_is_forgotten_with_every_change(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """Asking twice gives the same body; creating, changing, deleting or a patch shows at once."""
    first = client.get("/users")
    again = client.get("/users")
    assert again.content == first.content
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    remaining = "x-ratelimit-remaining"
    assert int(again.headers[remaining]) == int(first.headers[remaining]) - 1
    client.put("/users/user_000001", json={"name": "Changed"})
    assert client.get("/users").json()["data"][0]["name"] == "Changed"
    client.delete("/users/user_000001")
    assert client.get("/users").json()["data"][0]["id"] == "user_000002"
    mock_server.fault("patch", set={"/data/0/name": "Patched"})
    assert client.get("/users").json()["data"][0]["name"] == "Patched"
    assert client.get("/users").json()["data"][0]["name"] != "Patched"
    mock_server.fault("patch", set={"/data/0/role": "galactic"})
    assert client.get("/users").status_code == 500

"""The control interface."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import orjson
import pytest

from specloom.spec import load
from specloom_mock import MockServer, Options
from specloom_mock.admin import CONTROLS, admin_document
from specloom_mock.plugin import SessionServer
from specloom_mock.reading import read_operations
from specloom_mock.schemas import Direction, Schemas


@pytest.fixture(scope="module")
def interface() -> Schemas:
    """The interface's own document."""
    return Schemas(load(admin_document()).root)


def test_every_described_operation_has_a_handler(interface: Schemas) -> None:
    """The document and the handlers name the same operations."""
    assert {operation.id for operation in read_operations(interface)} == set(CONTROLS)


EXAMPLES: list[tuple[str, str, Any]] = [
    ("GET", "/info", None),
    ("GET", "/operations", None),
    ("GET", "/openapi.json", None),
    ("GET", "/state/collections", None),
    ("GET", "/webhooks", None),
    ("POST", "/reset", {"seed": 7, "rows": 3}),
    ("GET", "/sessions", None),
    ("GET", "/state", None),
    ("PUT", "/state", {"collections": {"users": []}}),
    ("POST", "/state/seed", {"collections": {"users": {"count": 2}}}),
    ("GET", "/snapshots", None),
    ("POST", "/snapshots", {"name": "a"}),
    ("GET", "/clock", None),
    ("POST", "/clock", {"advance": 5}),
    ("POST", "/clock/clients", {"client": "a"}),
    ("POST", "/clock/sleep", {"client": "a", "seconds": 3}),
    ("GET", "/faults", None),
    ("POST", "/faults", {"faults": [{"kind": "status", "params": {"status": 503}}]}),
    ("GET", "/chaos", None),
    ("PUT", "/chaos", {"profile": "storm"}),
    ("GET", "/limits", None),
    ("PATCH", "/limits", {"policies": {"user": {"limit": 5, "window": 10}}}),
    ("GET", "/journal", None),
    ("POST", "/journal/assert", {"assertions": [{"count": 0}]}),
    ("POST", "/webhooks/send", {"event": "ping"}),
    ("GET", "/webhooks/deliveries", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EXAMPLES)
def test_answers_fit_the_interfaces_document(
    control: httpx.Client,
    client: httpx.Client,
    interface: Schemas,
    method: str,
    path: str,
    body: Any,
) -> None:
    """Each answer is what admin.openapi.yaml declares."""
    client.post("/users", json={"name": "A", "email": "a@example.com"})
    answer = control.request(method, path, json=body)
    operation = next(
        found
        for found in read_operations(interface)
        if found.path == f"/__mock{path}" and found.method == method
    )
    declared = interface.resolve(operation.raw["responses"][str(answer.status_code)])
    if "content" not in declared:
        assert answer.content == b""
        return
    schema = declared["content"]["application/json"]["schema"]
    check = interface.check(schema, Direction.RESPONSE)
    assert check.violations(answer.json()) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("POST", "/clock", {"advance": -1}, "/advance"),
        ("POST", "/clock", {"set": "tomorrow"}, "/set"),
        ("POST", "/faults", {"faults": [{"kind": "explode"}]}, "/faults/0/kind"),
        ("POST", "/state/seed", {"collections": {"nope": {}}}, "/collections/nope"),
        (
            "POST",
            "/state/seed",
            {"collections": {"users": {"rows": [{"role": "king"}]}}},
            "/collections/users/rows/0",
        ),
        ("POST", "/webhooks/send", {"event": "nope"}, "/event"),
        ("POST", "/webhooks/send", {"event": "ping", "secrets": ["whsec_!"]}, "/secrets"),
    ],
)
def test_refusals_say_where(
    control: httpx.Client, method: str, path: str, body: Any, pointer: str
) -> None:
    """What is not understood is 400 with a pointer into the request, and changes nothing."""
    answer = control.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["pointer"] == pointer


def test_foreign_hosts_are_refused(mock_server_process: MockServer) -> None:
    """A page of another name or another site gets nothing; no CORS header is sent."""
    url = f"{mock_server_process.url}/__mock/info"
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert httpx.get(url, headers={"Origin": origin}).status_code == 403
    answer = httpx.get(url, headers={"Origin": mock_server_process.url})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_token_protects_the_interface(serve, small, answers) -> None:
    """With an admin token, requests without it are refused; without admin all of them are."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document, Options(admin_token="t0ken"))
    url = f"{server.url}/__mock/info"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer t0ken"}).status_code == 200
    off = serve(document, Options(admin=False))
    assert httpx.get(f"{off.url}/__mock/info").status_code == 403


def test_sessions_do_not_meet(mock_server_process: MockServer, client: httpx.Client) -> None:
    """Header and prefix name the same session; another session sees nothing of it."""
    url = mock_server_process.url
    auth = dict(mock_server_process.auth)
    user = client.delete("/users/user_000001")
    assert user.status_code == 204
    name = str(client.base_url).split("~")[1].split("/")[0]
    same = httpx.get(f"{url}/v1/users/user_000001", headers={**auth, "X-Mock-Session": name})
    other = httpx.get(f"{url}/~elsewhere/v1/users/user_000001", headers=auth)
    assert (same.status_code, other.status_code) == (404, 200)
    listed = httpx.get(f"{url}/~elsewhere/v1/users", headers=auth)
    assert f"{url}/~elsewhere/v1/users?page=2" in listed.headers["link"]
    assert httpx.get(f"{url}/~bad!name/v1/users").status_code == 400


def test_sessions_are_made_and_forgotten(control: httpx.Client) -> None:
    """A session has its own base URL; a name in use is 409; a forgotten one begins anew."""
    made = control.post("/sessions", json={"session": "s-made", "seed": 5, "rows": 1})
    assert made.status_code == 201
    assert made.json()["base_url"].endswith("/~s-made/v1")
    assert control.post("/sessions", json={"session": "s-made"}).status_code == 409
    assert control.delete("/sessions/s-made").status_code == 204
    assert "s-made" not in {s["session"] for s in control.get("/sessions").json()["sessions"]}


def test_seeding_completes_rows(control: httpx.Client, client: httpx.Client) -> None:
    """Counters, cycles and given values are taken, everything else is generated."""
    control.post("/reset", json={"rows": 0})
    seed = {
        "users": {
            "rows": [{"id": "user_1", "name": "Ada"}],
            "count": 4,
            "set": {"name": "User {i:03}", "email": "user{i}@example.com"},
            "cycle": {"role": ["admin", "member", "member"]},
        },
        "projects": {"rows": [{"id": "proj_1"}]},
        "projects/{project_id}/files": {"count": 2, "parent": {"project_id": "proj_1"}},
    }
    answer = control.post("/state/seed", json={"collections": seed})
    assert answer.status_code == 200, answer.text
    ids = answer.json()["ids"]
    users = client.get("/users").json()["data"]
    assert [user["id"] for user in users] == ids["users"]
    assert users[0]["name"] == "Ada"
    assert [user["role"] for user in users[1:]] == ["admin", "member", "member", "admin"]
    assert [user["name"] for user in users[1:3]] == ["User 000", "User 001"]
    assert users[4]["email"] == "user3@example.com"
    times = [user["created_at"] for user in users]
    assert times == sorted(times)
    files = client.get("/projects/proj_1/files").json()
    assert files["meta"]["total"] == 2
    assert control.get("/journal").json()["entries"][0]["seq"] == 1


def test_seeded_credentials(control: httpx.Client, client: httpx.Client) -> None:
    """A credential has its scopes, its user and its expiry; a refresh token refreshes."""
    credentials = [
        {"kind": "bearer", "value": "jwt_reader", "scopes": ["read"], "user": "user_9"},
        {"kind": "bearer", "value": "jwt_old", "expires_at": "2025-12-31T00:00:00Z"},
        {"kind": "refresh", "value": "refresh_1", "user": "user_9"},
    ]
    assert control.post("/state/seed", json={"credentials": credentials}).status_code == 200
    reader = {"Authorization": "Bearer jwt_reader"}
    assert client.get("/users/me", headers=reader).json()["data"]["id"] == "user_9"
    assert client.post("/users", json={}, headers=reader).status_code == 403
    old = client.get("/users", headers={"Authorization": "Bearer jwt_old"})
    assert old.json()["error"]["code"] == "EXPIRED_KEY"
    fresh = client.post("/auth/refresh", json={"refresh_token": "refresh_1"})
    assert fresh.status_code == 200


def test_snapshots_return_to_what_was(control: httpx.Client, client: httpx.Client) -> None:
    """Rows and time come back; state taken out can be put in again."""
    control.post("/snapshots", json={"name": "before"})
    state = control.get("/state").json()
    client.delete("/users/user_000002")
    control.post("/clock", json={"advance": 100})
    assert control.post("/snapshots/before/restore").status_code == 204
    assert client.get("/users/user_000002").status_code == 200
    assert control.get("/clock").json()["now"] == 1767225600
    client.delete("/users/user_000002")
    assert control.put("/state", json=state).status_code == 204
    assert client.get("/users").json()["meta"]["total"] == 50
    assert control.post("/snapshots/nope/restore").status_code == 404
    assert control.delete("/snapshots/before").status_code == 204
    assert control.get("/snapshots").json() == {"snapshots": []}


def test_sleeping_clients_move_time(control: httpx.Client) -> None:
    """Time jumps when both clients sleep, first to the earlier end, then to the later."""
    for name in ("a", "b"):
        control.post("/clock/clients", json={"client": name})
    woken: list[tuple[str, float]] = []

    def sleep(name: str, seconds: float) -> None:
        answer = httpx.post(
            f"{control.base_url}clock/sleep",
            json={"client": name, "seconds": seconds},
            timeout=30,
        ).json()
        woken.append((name, answer["slept"]))
        httpx.delete(f"{control.base_url}clock/clients/{name}")

    threads = [threading.Thread(target=sleep, args=pair) for pair in (("a", 50.0), ("b", 20.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert woken == [("b", 20.0), ("a", 50.0)]


def test_a_sleeper_that_goes_away_is_forgotten(
    control: httpx.Client, mock_server: SessionServer
) -> None:
    """A closed connection ends its sleep, so it does not hold or move time."""
    control.post("/clock/clients", json={"client": "awake"})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{control.base_url}clock/sleep", json={"client": "gone", "seconds": 9}, timeout=0.2
        )
    while control.get("/clock").json()["sleeping"]:
        pass
    assert mock_server.clock.now() == 1767225600


def test_the_journal_shows_what_was_received(control: httpx.Client, client: httpx.Client) -> None:
    """Path and query are as sent, headers in order, bodies decoded, and answers complete."""
    control.post("/reset")
    client.get("/users?search=a%20b&role=admin")
    client.post("/users", json={"name": "A"}, headers={"X-B": "1"})
    entries = control.get("/journal").json()["entries"]
    assert [entry["operation"] for entry in entries] == ["users.list", "users.create"]
    assert entries[0]["query"] == "search=a%20b&role=admin"
    assert entries[0]["path"] == "/v1/users"
    assert ["x-b", "1"] in entries[1]["headers"]
    assert entries[1]["body"] == {"json": {"name": "A"}}
    assert entries[1]["response"]["status"] == 422
    assert entries[1]["response"]["body"]["json"]["success"] is False
    assert any("email" in line for line in entries[1]["violations"])
    only = control.get("/journal", params={"status": 422, "since": 1}).json()["entries"]
    assert [entry["seq"] for entry in only] == [2]
    assert control.delete("/journal").status_code == 204
    client.get("/users")
    assert control.get("/journal").json()["entries"][0]["seq"] == 3


def test_claims_about_the_journal(control: httpx.Client, client: httpx.Client) -> None:
    """Counts, order, spacing, headers, queries and credentials are checked."""
    control.post("/reset")
    key = {"Idempotency-Key": "k"}
    body = {"name": "A", "email": "a@example.com"}
    control.post(
        "/faults",
        json={"faults": [{"kind": "status", "params": {"status": 503, "retry_after": 4}}]},
    )
    client.post("/users", json=body, headers=key)
    control.post("/clock", json={"advance": 4})
    client.post("/users", json=body, headers=key)
    client.get("/users?role=admin")
    create = {"operation": "users.create"}
    good = [
        {"where": create, "count": 2, "at_least": 2, "at_most": 2},
        {"where": create, "same_header": "Idempotency-Key"},
        {"where": create, "respects_retry_after": True},
        {"where": create, "min_gap": 4},
        {"order": ["users.create", "users.list"]},
        {"where": {"operation": "users.list"}, "query": "role=admin"},
        {"where": create, "header": ["idempotency-key", "k"]},
        {"where": {"port": "chaos"}, "no_credentials": True},
    ]
    assert control.post("/journal/assert", json={"assertions": good}).json() == {
        "ok": True,
        "failures": [],
    }
    bad = [
        {"where": create, "count": 3},
        {"where": create, "at_least": 3},
        {"where": create, "at_most": 1},
        {"same_header": "Idempotency-Key"},
        {"where": create, "min_gap": 5},
        {"order": ["users.list", "users.create"]},
        {"where": {"operation": "users.list"}, "query": ""},
        {"where": create, "header": ["idempotency-key", "other"]},
        {"no_credentials": True},
    ]
    result = control.post("/journal/assert", json={"assertions": bad}).json()
    assert [failure["assertion"] for failure in result["failures"]] == list(range(len(bad)))
    assert result["failures"][0]["entries"] == [1, 2]


def test_a_retry_that_comes_too_soon_is_found(control: httpx.Client, client: httpx.Client) -> None:
    """A request before the Retry-After of the last answer is a failure, dates included."""
    control.post("/reset")
    params = {"status": 503, "retry_after": "{now+9:http}"}
    control.post("/faults", json={"faults": [{"kind": "status", "params": params}]})
    client.get("/users")
    control.post("/clock", json={"advance": 8})
    client.get("/users")
    claim = {"assertions": [{"respects_retry_after": True}]}
    assert control.post("/journal/assert", json=claim).json()["ok"] is False


def test_reset_puts_everything_back(control: httpx.Client, client: httpx.Client) -> None:
    """State, faults, limits, journal and time are as at the beginning."""
    client.delete("/users/user_000001")
    control.post("/faults", json={"faults": [{"kind": "close"}]})
    control.patch("/limits", json={"enabled": False})
    control.post("/clock", json={"set": "2026-05-01T00:00:00Z"})
    answer = control.post("/reset", content=orjson.dumps({"now": 1767312000}))
    assert answer.json()["now"] == 1767312000
    assert client.get("/users/user_000001").status_code == 200
    assert control.get("/faults").json() == {"faults": []}
    assert control.get("/limits").json()["enabled"] is True
    assert len(control.get("/journal").json()["entries"]) == 1

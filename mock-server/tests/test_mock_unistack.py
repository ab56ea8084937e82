"""The Unistack document, served: reading and writing resources."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from specloom_mock.plugin import SessionServer


def listed(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = client.get(path, params={**params, "page": page, "per_page": 7}).json()
        rows += answer["data"]
        assert answer["meta"]["page"] == page
        if page >= answer["meta"]["total_pages"]:
            assert answer["meta"]["total"] == len(rows)
            return rows
        page += 1


def test_created_is_readable_and_listed(client: httpx.Client) -> None:
    """A created user is what was sent, completed; its Location, its get and the list agree."""
    sent = {"name": "Ada Lovelace", "email": "ada@example.com", "role": "admin"}
    created = client.post("/users", json=sent)
    assert created.status_code == 201
    user = created.json()["data"]
    assert sent.items() <= user.items()
    assert user["active"] is True
    assert user["created_at"] == user["updated_at"] == "2026-01-01T00:00:00Z"
    assert created.headers["location"].endswith(f"/v1/users/{user['id']}")
    assert client.get(f"/users/{user['id']}").json()["data"] == user
    assert user in listed(client, "/users")


def test_updates_change_what_is_sent_and_the_time(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """Fields that are left out keep their value; null clears; updated_at moves on."""
    user = client.post(
        "/users", json={"name": "A", "email": "a@example.com", "username": "abc"}
    ).json()["data"]
    mock_server.advance(60)
    answer = client.put(f"/users/{user['id']}", json={"name": "B", "username": None})
    assert answer.json()["data"] == {
        **user,
        "name": "B",
        "username": None,
        "updated_at": "2026-01-01T00:01:00Z",
    }
    patched = client.patch("/tasks/tsk_000001", json={"status": "completed"}).json()["data"]
    assert patched["status"] == "completed"


def test_deleted_is_gone(client: httpx.Client) -> None:
    """A delete answers 204; afterwards the resource is neither read, listed, nor deleted again."""
    assert client.delete("/users/user_000003").status_code == 204
    assert client.get("/users/user_000003").status_code == 404
    assert client.delete("/users/user_000003").status_code == 404
    assert "user_000003" not in {row["id"] for row in listed(client, "/users")}


def test_pages_cover_everything_once(client: httpx.Client) -> None:
    """The union of the pages is the whole list without overlap, and headers agree with meta."""
    rows = listed(client, "/users")
    assert len({row["id"] for row in rows}) == len(rows) == 50
    answer = client.get("/users", params={"page": 2, "per_page": 20})
    assert [answer.headers[f"x-{name}"] for name in ("total-count", "page", "per-page")] == [
        "50",
        "2",
        "20",
    ]
    assert answer.json()["data"] == rows[20:40]
    relations = {link["rel"]: link["url"] for link in answer.links.values()}
    assert set(relations) == {"first", "prev", "next", "last"}
    assert client.get(relations["next"]).json()["data"] == rows[40:]
    beyond = client.get("/users", params={"page": 9}).json()
    assert (beyond["data"], beyond["meta"]["total"]) == ([], 50)


def test_filters_are_sound_and_complete(client: httpx.Client) -> None:
    """A filtered list is exactly the rows of the whole list that fit."""
    rows = listed(client, "/users")
    chosen = listed(client, "/users", role="admin", active="true")
    assert chosen == [row for row in rows if row["role"] == "admin" and row["active"]]
    email = rows[11]["email"]
    assert listed(client, "/users", email=email) == [rows[11]]
    moment = rows[20]["created_at"]
    assert listed(client, "/users", created_after=moment) == rows[20:]
    assert listed(client, "/users", created_before=moment) == rows[:20]
    word = rows[5]["name"].split()[1]
    assert listed(client, "/users", search=word.lower()) == [
        row
        for row in rows
        if any(word.lower() in str(value).lower() for value in row.values() if value is not None)
    ]


def test_sorting_by_several_fields(client: httpx.Client) -> None:
    """`sort=name,-created_at` orders by name, and within a name newest first."""
    rows = listed(client, "/users")
    expected = sorted(rows, key=lambda row: row["created_at"], reverse=True)
    expected.sort(key=lambda row: row["name"])
    assert listed(client, "/users", sort="name,-created_at") == expected


def test_fields_include_and_filter_on_entities(client: httpx.Client) -> None:
    """`fields` narrows but keeps the id, `include` brings relations, `filter` is JSON."""
    answer = client.get("/tasks", params={"fields": "title", "per_page": 1}).json()
    assert set(answer["data"][0]) == {"id", "title"}
    task = client.get("/tasks/tsk_000001", params={"include": "assignee"}).json()["data"]
    if task["assignee_id"] is not None:
        user = client.get(f"/users/{task['assignee_id']}").json()["data"]
        assert task["assignee"] == {name: user[name] for name in ("id", "name", "email")}
    done = listed(client, "/tasks", filter='{"status": "completed"}')
    assert done
    assert all(row["status"] == "completed" for row in done)


def test_untyped_and_typed_paths_are_one_store(client: httpx.Client) -> None:
    """A row made through /entities is read through its typed path, and the other way round."""
    made = client.post("/entities/tasks", json={"title": "One"}).json()["data"]
    assert client.get(f"/tasks/{made['id']}").json()["data"]["title"] == "One"
    typed = client.post("/tasks", json={"title": "Two"}).json()["data"]
    assert client.get(f"/entities/tasks/{typed['id']}").json()["data"]["title"] == "Two"
    unknown = client.get("/entities/unicorns")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "ENTITY_NOT_FOUND")
    wrong = client.post("/entities/tasks", json={"nope": 1})
    assert wrong.status_code == 422


def test_nested_collections_belong_to_their_parent(client: httpx.Client) -> None:
    """Files of one project are not those of another; a missing project is 404."""
    upload = client.post(
        "/projects/proj_000001/files", files={"file": ("a.txt", b"hello", "text/plain")}
    )
    assert upload.status_code == 201
    file = upload.json()["data"]
    assert file["project_id"] == "proj_000001"
    assert client.get(f"/projects/proj_000002/files/{file['id']}").status_code == 404
    assert client.get("/projects/proj_nope/files").status_code == 404


def test_files_keep_their_bytes(client: httpx.Client) -> None:
    """What was uploaded comes back byte for byte, and its facts are those of the bytes."""
    content = bytes(range(256)) * 3
    path = "/projects/proj_000001/files"
    file = client.post(path, files={"file": ("b.bin", content, "image/png")}).json()["data"]
    assert file["size"] == len(content)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert (file["name"], file["content_type"]) == ("b.bin", "image/png")
    answer = client.get(f"{path}/{file['id']}/content")
    assert answer.content == content
    seeded = client.get(path).json()["data"][0]
    body = client.get(f"{path}/{seeded['id']}/content").content
    assert hashlib.sha256(body).hexdigest() == seeded["sha256"]


def test_concrete_paths_win(client: httpx.Client) -> None:
    """/users/me is the caller, not the user `me`; a method that it lacks is 405 with Allow."""
    me = client.get("/users/me").json()["data"]
    assert me["role"] == "admin"
    changed = client.patch("/users/me", json={"name": "Me"}).json()["data"]
    assert client.get(f"/users/{me['id']}").json()["data"] == changed
    answer = client.put("/users/me", json={"name": "Me"})
    assert answer.status_code == 405
    assert {"GET", "PATCH"} <= set(answer.headers["allow"].split(", "))
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/users", {"name": "B", "email": "TAKEN@example.com"}, "email"),
        ("/organizations", {"name": "B", "slug": "taken"}, "slug"),
    ],
)
def test_unique_values_are_kept_unique(
    client: httpx.Client, path: str, body: dict[str, Any], field: str
) -> None:
    """A value that is taken is 409, whatever its case, and nothing is stored."""
    first = {**body, field: str(body[field]).lower()}
    assert client.post(path, json=first).status_code == 201
    answer = client.post(path, json=body)
    assert answer.status_code == 409
    assert answer.json()["error"]["details"]["field"] == field
    own = client.get(path, params={"search": "taken"}).json()["data"][0]
    renamed = client.put(f"{path}/{own['id']}", json={field: first[field]})
    assert renamed.status_code == 200


def test_conditional_reads(client: httpx.Client) -> None:
    """The ETag of a single resource makes the next read 304 until the resource changes."""
    first = client.get("/users/user_000001")
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get("/users/user_000001", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    client.put("/users/user_000001", json={"name": "New"})
    assert client.get("/users/user_000001", headers=tag).status_code == 200


def test_head_is_get_without_body(client: httpx.Client) -> None:
    """HEAD answers with the headers of GET, its length included."""
    head, get = client.head("/users/user_000001"), client.get("/users/user_000001")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))


def test_actions_move_the_status(client: httpx.Client) -> None:
    """Start and stop set the status; a running server cannot be deleted, a stopped one can."""
    body = {
        "name": "s",
        "node_id": "node_000001",
        "blueprint_id": "bp_000001",
        "memory": 512,
        "cpu": 100,
        "disk": 1024,
    }
    server = client.post("/servers", json=body).json()["data"]
    assert server["status"] == "stopped"
    path = f"/servers/{server['id']}"
    assert client.post(f"{path}/start").json()["data"]["status"] == "running"
    refused = client.delete(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")
    assert client.post(f"{path}/stop").json()["data"]["status"] == "stopped"
    assert client.delete(path).status_code == 204


def test_describe_and_preflight_are_told_apart(client: httpx.Client) -> None:
    """OPTIONS describes an entity; with Origin and a requested method it is a preflight."""
    described = client.options("/tasks").json()["data"]
    assert described["entity"] == "tasks"
    assert described["fields"]["title"]["required"] is True
    assert described["relations"]["assignee"]["entity"] == "users"
    preflight = httpx.options(
        f"{client.base_url}/tasks".replace("//tasks", "/tasks"),
        headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "x-ratelimit-limit" not in preflight.headers
    answer = client.get("/users", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "X-Total-Count" in answer.headers["access-control-expose-headers"]


def test_the_audit_log_is_read_by_cursor_newest_first(
    client: httpx.Client, mock_server: SessionServer
) -> None:
    """Every event is seen once by following next_cursor; what was done last comes first."""
    mock_server.advance(5)
    user = client.post("/users", json={"name": "A", "email": "a@b.example"}).json()["data"]
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 7, **({"after": cursor} if cursor else {})}
        answer = client.get("/events", params=params).json()
        seen += answer["data"]
        cursor = answer["meta"]["next_cursor"]
        if not answer["meta"]["has_more"]:
            break
    assert cursor is None
    assert len({event["id"] for event in seen}) == len(seen) == 51
    assert (seen[0]["action"], seen[0]["resource_id"]) == ("user.created", user["id"])
    times = [event["created_at"] for event in seen]
    assert times == sorted(times, reverse=True)


def test_text_generation_streams(client: httpx.Client) -> None:
    """With `stream: true` the same text comes in chunks, and the end mark last."""
    whole = client.post("/ai/generate", json={"prompt": "x"}).json()["data"]
    streamed = client.post("/ai/generate", json={"prompt": "x", "stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in streamed.text.splitlines() if line]
    assert events[-1] == "[DONE]"
    texts = [httpx.Response(200, content=event).json()["text"] for event in events[:-1]]
    assert "".join(texts) == whole["text"]


def test_platform_numbers_come_from_the_state(client: httpx.Client) -> None:
    """Counts follow what is stored."""
    before = client.get("/admin/stats").json()["data"]["users"]
    client.post("/users", json={"name": "A", "email": "count@example.com"})
    assert client.get("/admin/stats").json()["data"]["users"] == before + 1
    assert client.get("/nodes/node_nope/stats").status_code == 404


def test_request_ids_are_echoed_or_made(client: httpx.Client) -> None:
    """A request id comes back as it was sent, in the header and in an error's body."""
    answer = client.get("/users/user_nope", headers={"X-Request-ID": "mine-1"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "mine-1"
    made = {client.get("/health").headers["x-request-id"] for _ in range(2)}
    assert len(made) == 2


def test_seeds_make_the_data(control: httpx.Client, client: httpx.Client) -> None:
    """The same seed gives the same rows, another seed others."""

    def rows(seed: int) -> list[dict[str, Any]]:
        control.post("/reset", json={"seed": seed})
        return listed(client, "/users")

    first, other, again = rows(3), rows(4), rows(3)
    assert first == again
    assert first != other

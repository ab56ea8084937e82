"""State in an SQLite file."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.cli import main
from specloom_mock.mock import Mock
from specloom_mock.statefile import StateError, StateFile

UNISTACK = Path(__file__).resolve().parents[2] / "openapi.yaml"
BODY = {"name": "Ada", "email": "ada@example.com"}
OPTIONS = Options(virtual=True, rows=3)


class Kept:
    """One run of a server that keeps its state."""

    def __init__(self, server: MockServer, told: str | None) -> None:
        self.server, self.told = server, told
        self.client = httpx.Client(base_url=server.base_url, headers=server.auth)
        self.control = httpx.Client(base_url=f"{server.url}/__mock")

    def ids(self, path: str = "/users") -> list[str]:
        return [row["id"] for row in self.client.get(path).json()["data"]]


@contextmanager
def run(file: Path, document: Path | bytes = UNISTACK) -> Iterator[Kept]:
    """A server on a state file, ended in order."""
    mock = Mock.load(document, OPTIONS)
    state = StateFile(file)
    told = mock.keep_in(state)
    try:
        with MockServer(mock, chaos_port=None) as server:
            found = Kept(server, told)
            try:
                yield found
            finally:
                found.client.close()
                found.control.close()
    finally:
        state.close()


def test_rows_survive_a_restart(tmp_path: Path) -> None:
    """What was created, changed and deleted is so afterwards; new ids go on where they stopped."""
    file = tmp_path / "state.db"
    with run(file) as first:
        made = first.client.post("/users", json=BODY).json()["data"]
        first.client.put("/users/user_000001", json={"name": "Changed"})
        first.client.delete("/users/user_000002")
        before = first.ids()
    with run(file) as again:
        assert again.told is None
        assert again.ids() == before
        assert again.client.get(f"/users/{made['id']}").json()["data"] == made
        assert again.client.get("/users/user_000001").json()["data"]["name"] == "Changed"
        assert again.client.get("/users/user_000002").status_code == 404
        other = again.client.post("/users", json={**BODY, "email": "b@example.com"}).json()["data"]
        assert other["id"] not in {*before, "user_000002"}


def test_logins_files_and_time_survive(tmp_path: Path) -> None:
    """Tokens of a login, bytes of an upload and the virtual clock are state too."""
    file = tmp_path / "state.db"
    content = bytes(range(256))
    with run(file) as first:
        login = {"name": "N", "email": "n@example.com", "password": "12345678"}
        token = first.client.post("/auth/register", json=login).json()["data"]["access_token"]
        first.control.post("/clock", json={"advance": 60})
        project = first.client.get("/projects").json()["data"][0]["id"]
        sent = {"file": ("a.bin", content, "application/octet-stream")}
        stored = first.client.post(f"/projects/{project}/files", files=sent).json()["data"]
    with run(file) as again:
        bearer = {"Authorization": f"Bearer {token}"}
        assert "n@example.com" in again.client.get("/auth/session", headers=bearer).text
        assert again.control.get("/clock").json()["now"] == 1767225660
        url = f"/projects/{project}/files/{stored['id']}/content"
        assert again.client.get(url).content == content


def test_sessions_survive_apart_and_a_reset_holds(tmp_path: Path) -> None:
    """Each session has its own rows and seed; one that was deleted begins anew."""
    file = tmp_path / "state.db"
    with run(file) as first:
        first.control.post("/sessions", json={"session": "other", "seed": 9})
        first.client.post("/users", json=BODY, headers={"X-Mock-Session": "other"})
        first.client.post("/users", json=BODY)
        first.client.post("/users", json=BODY, headers={"X-Mock-Session": "gone"})
        first.control.delete("/sessions/gone")
        first.control.post("/reset")
    with run(file) as again:
        known = again.control.get("/sessions").json()["sessions"]
        assert {found["session"]: found["seed"] for found in known} == {"default": 1, "other": 9}
        totals = []
        for name in ("default", "other", "gone"):
            answer = again.client.get("/users", headers={"X-Mock-Session": name})
            totals.append(answer.json()["meta"]["total"])
        assert totals == [3, 4, 3]


def test_a_snapshot_that_was_restored_is_what_is_kept(tmp_path: Path) -> None:
    """The whole state changes at once, and so does the file."""
    file = tmp_path / "state.db"
    with run(file) as first:
        first.control.post("/snapshots", json={"name": "before"})
        first.client.post("/users", json=BODY)
        first.control.post("/snapshots/before/restore")
        first.control.put("/state", json={"collections": {"users": []}})
    with run(file) as again:
        assert again.ids() == []


def test_a_killed_server_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """After SIGKILL every row is there whose creation was answered."""
    file, port = tmp_path / "state.db", tmp_path / "port"
    command = [sys.executable, "-m", "specloom_mock", str(UNISTACK), "--port", "0", "--rows", "0"]
    command += ["--store", f"sqlite:{file}", "--port-file", str(port), "--no-limits"]

    def start() -> tuple[subprocess.Popen[str], httpx.Client]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        base = f"http://127.0.0.1:{port.read_text().strip()}/v1"
        return process, httpx.Client(base_url=base, headers=MockServer.auth)

    process, client = start()
    try:
        made = [
            client.post("/users", json={"name": "A", "email": f"a{n}@example.com"}).json()["data"]
            for n in range(20)
        ]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert second.returncode == 2
        assert "state.db: is in use by another server" in second.stderr
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        client.close()
    process, client = start()
    try:
        assert client.get("/users?per_page=100&sort=id").json()["data"] == made
    finally:
        process.kill()
        process.communicate()
        client.close()


def shop(properties: dict[str, Any], collection: str = "items") -> bytes:
    """A collection whose rows have these properties."""
    item = {"type": "object", "required": ["id", *properties]}
    item["properties"] = {"id": {"type": "string", "readOnly": True}, **properties}
    content = {"application/json": {"schema": item}}
    many = {"application/json": {"schema": {"type": "array", "items": item}}}
    paths = {
        f"/{collection}": {
            "get": {"responses": {"200": {"description": "All.", "content": many}}},
            "post": {
                "requestBody": {"content": content},
                "responses": {"201": {"description": "Made.", "content": content}},
            },
        },
        f"/{collection}/{{id}}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": {"responses": {"200": {"description": "One.", "content": content}}},
        },
    }
    whole = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths}
    return json.dumps(whole).encode()


def test_a_document_that_changed_since_is_told(tmp_path: Path) -> None:
    """Rows are held to the new document; the message says what became of them, once."""
    file = tmp_path / "state.db"
    name = {"name": {"type": "string"}}
    colour = {"colour": {"type": "string", "enum": ["red"]}}
    with run(file, shop(name)) as first:
        first.client.post("/items", json={"name": "Lamp"})
    with run(file, shop({**name, **colour})) as second:
        assert second.told is not None
        assert second.told.endswith("0 rows kept, 4 completed, 0 dropped")
        assert "was written for another version of document" in second.told
        rows = second.client.get("/items").json()
        assert [row["colour"] for row in rows] == ["red"] * 4
        assert rows[3]["name"] == "Lamp"
    with run(file, shop({**name, **colour})) as third:
        assert (third.told, third.client.get("/items").json()) == (None, rows)
    with run(file, shop(name, "things")) as last:
        assert last.told is not None
        assert "4 dropped (with items)" in last.told


def test_a_document_that_changed_while_it_ran_is_no_news_afterwards(tmp_path: Path) -> None:
    """The file is brought along with the document, in one go."""
    file = tmp_path / "state.db"
    name = {"name": {"type": "string"}}
    both = {**name, "colour": {"type": "string", "enum": ["red"]}}
    mock = Mock.load(shop(name), OPTIONS)
    state = StateFile(file)
    mock.keep_in(state)
    assert len(mock.session().store.collection("items")) == 3
    told = mock.adopt(Mock.load(shop(both), OPTIONS))
    assert str(told) == "0 rows kept, 3 completed, 0 dropped"
    state.close()
    with run(file, shop(both)) as again:
        assert again.told is None
        assert [row["colour"] for row in again.client.get("/items").json()] == ["red"] * 3


def test_files_that_keep_no_state_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text, another program's database, another format and a wrong place each have their reason."""
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be taken for one " * 40)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (id INTEGER)")
    db.close()
    later = tmp_path / "later.db"
    state = StateFile(later)
    state.set_fact("format", "99")
    state.close()
    for path, reason in (
        (text, "is not an SQLite database"),
        (other, "is an SQLite database of something else"),
        (later, "another version of the server (format 99)"),
        (tmp_path / "no" / "where.db", "unable to open"),
    ):
        with pytest.raises(StateError) as caught:
            StateFile(path)
        assert reason in str(caught.value)
        assert main([str(UNISTACK), "--store", f"sqlite:{path}"]) == 2
        assert reason in capsys.readouterr().err
    assert main([str(UNISTACK), "--store", "redis:x"]) == 2
    assert "not memory or sqlite:FILE: 'redis:x'" in capsys.readouterr().err

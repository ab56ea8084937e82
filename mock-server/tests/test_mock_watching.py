"""A document that changes while it is served."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.mock import Mock
from specloom_mock.watching import Reload, Watcher


def document(title: str = "Shop", *, properties: dict[str, Any] | None = None) -> str:
    """A collection of items whose rows have these properties beside their id."""
    rows = properties or {"name": {"type": "string"}}
    item = {
        "type": "object",
        "required": ["id", *rows],
        "properties": {"id": {"type": "string", "readOnly": True}, **rows},
    }
    content = {"application/json": {"schema": item}}
    many = {"application/json": {"schema": {"type": "array", "items": item}}}
    paths = {
        "/items": {
            "get": {"responses": {"200": {"description": "Items.", "content": many}}},
            "post": {
                "requestBody": {"required": True, "content": content},
                "responses": {"201": {"description": "Made.", "content": content}},
            },
        },
        "/items/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": {"responses": {"200": {"description": "One.", "content": content}}},
        },
    }
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": paths}
    )


class Watched:
    """A served file, and what the watcher told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text(document())
        self.told: list[Reload] = []
        self.mock = Mock.load(path, Options(rows=2, virtual=True))
        self.watcher = Watcher(self.mock, self.told.append)
        self.server = MockServer(self.mock).start()

    def write(self, text: str) -> Reload:
        """Save the file, and look as often as it takes: once to see it, once to see it settled."""
        self.path.write_text(text)
        assert not self.server.wait(self.watcher.look())
        assert self.server.wait(self.watcher.look())
        return self.told[-1]

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.server.url}{path}").json()

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = httpx.post(f"{self.server.url}/items", json=body).json()
        return made


@pytest.fixture
def watched(tmp_path: Path) -> Any:
    """A document in a file, served and watched."""
    found = Watched(tmp_path / "shop.json")
    yield found
    found.server.stop()


def test_a_changed_document_is_served_and_its_rows_stay(watched: Watched) -> None:
    """What was created before is there afterwards, without a restart."""
    made = watched.post({"name": "Lamp"})
    event = watched.write(document("Store"))
    assert str(event) == "shop.json changed: 3 operations, 3 rows kept, 0 completed, 0 dropped"
    assert watched.get("/__mock/info")["title"] == "Store"
    assert watched.get(f"/items/{made['id']}") == made
    assert not watched.server.wait(watched.watcher.look())


def test_rows_are_completed_or_dropped_by_the_new_schema(watched: Watched) -> None:
    """A property that is required now is made up, one that is gone is left out."""
    made = watched.post({"name": "Lamp"})
    colour = {"type": "string", "enum": ["red"]}
    event = watched.write(document(properties={"name": {"type": "string"}, "colour": colour}))
    assert "0 rows kept, 3 completed" in str(event)
    assert watched.get(f"/items/{made['id']}") == {**made, "colour": "red"}
    assert all(row["colour"] == "red" for row in watched.get("/items"))


def test_a_broken_document_leaves_the_last_good_one(watched: Watched) -> None:
    """The diagnostic says where it is broken; the server goes on, and recovers with the file."""
    made = watched.post({"name": "Lamp"})
    broken = watched.write('{"openapi": "3.1.0",\n  "info": {"title": ')
    assert broken.adoption is None
    assert "shop.json is broken; still serving the last good one:\n" in str(broken)
    assert "shop.json:2" in str(broken)
    assert watched.get(f"/items/{made['id']}") == made
    assert watched.get("/__mock/info")["trouble"] == broken.reason
    assert broken.as_json()["event"] == "broken"
    mended = watched.write(document("Mended"))
    assert mended.as_json()["event"] == "reloaded"
    info = watched.get("/__mock/info")
    assert (info["title"], info["trouble"]) == ("Mended", None)
    assert watched.get(f"/items/{made['id']}") == made


def test_a_file_that_is_gone_is_broken_too(watched: Watched) -> None:
    """Removing the document stops nothing."""
    watched.path.unlink()
    for _ in range(2):
        watched.server.wait(watched.watcher.look())
    assert watched.told[-1].reason is not None
    assert len(watched.get("/items")) == 2


def test_collections_that_are_gone_are_told(watched: Watched) -> None:
    """Their rows go with them; the message names them."""
    watched.get("/items")
    event = watched.write(document().replace("/items", "/things"))
    assert "2 dropped (with items)" in str(event)
    assert len(watched.get("/things")) == 2


def test_an_overlay_is_watched_before_it_exists(watched: Watched) -> None:
    """The file beside the document counts, also a broken one."""
    overlay = watched.path.with_name("shop.mock.yaml")
    overlay.write_text("collections: {/items: {rows: 5}}\n")
    for _ in range(2):
        watched.server.wait(watched.watcher.look())
    assert len(watched.told) == 1
    overlay.write_text("colections: {}\n")
    for _ in range(2):
        watched.server.wait(watched.watcher.look())
    assert "unknown key 'colections'" in str(watched.told[-1])


def test_files_that_the_document_refers_to_are_watched(tmp_path: Path) -> None:
    """A schema of a file beside the document is part of it."""
    item = {"type": "object", "properties": {"id": {"type": "string"}}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    whole = json.loads(document())
    answer = whole["paths"]["/items/{id}"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"] = {"$ref": "item.json"}
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(whole))
    names = {found.name for found in Mock.load(path).files}
    assert names == {"shop.json", "item.json", "shop.mock.yaml"}
    assert all(found.is_file() or found.suffix == ".yaml" for found in Mock.load(path).files)


def test_the_command_line_watches(tmp_path: Path) -> None:
    """A saved change is served by a running process, and told as a JSON line."""
    path = tmp_path / "shop.json"
    path.write_text(document())
    command = [sys.executable, "-m", "specloom_mock", str(path), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["title"] == "Shop"
        path.write_text(document("Store"))
        assert json.loads(process.stdout.readline())["event"] == "reloaded"
        path.write_text("openapi: [")
        assert json.loads(process.stdout.readline())["event"] == "broken"
    finally:
        process.kill()
        process.communicate()

"""Input that is no good: a clear answer each time, never a hang, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specloom.spec import load
from specloom_mock import MockServer, Options
from specloom_mock.admin import admin_document
from specloom_mock.cli import main
from specloom_mock.reading import read_operations
from specloom_mock.schemas import Schemas

SMALL = b"""
openapi: 3.1.0
info: {title: Small, version: '1'}
paths: {/a: {get: {responses: {'200': {description: Fine.}}}}}
"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the document is empty"),
        (b"- a\n- b\n", "the document is not an object"),
        (b"openapi: 3.1.0\ninfo: {title: [\n", "api.yaml:"),
        (b'{"openapi": "3.1.0",\n "info": }}', "api.yaml:2"),
        (b"openapi: 3.1.0\ninfo: {title: \xff\xfe}\n", "api.yaml"),
        (b"\x00\x01\x02", "api.yaml"),
        (b"title: not an API\n", "api.yaml"),
        (b"openapi: 9.9.9\ninfo: {}\n", "api.yaml"),
    ],
)
def test_broken_documents_are_refused_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    """The exit status is 2, and standard error says which file and what is wrong with it."""
    document = tmp_path / "api.yaml"
    document.write_bytes(content)
    assert main([str(document), "--host", "203.0.113.1"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("specloom mock: ")
    assert reason in message
    assert "Traceback" not in message


def test_a_folder_is_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be opened is named."""
    assert main([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_without_node_prism_names_the_remedy(tmp_path: Path) -> None:
    """`--engine prism` on a machine without Node.js says what to install."""
    document = tmp_path / "api.yaml"
    document.write_bytes(SMALL)
    command = [sys.executable, "-m", "specloom_mock", str(document), "--engine", "prism"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": str(tmp_path)}, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("specloom mock: ")
    assert "Node.js" in done.stderr
    assert "Traceback" not in done.stderr


# --- the control interface -----------------------------------------------------------------------


def operations() -> list[Any]:
    """The operations of the control interface that take a body."""
    found = read_operations(Schemas(load(admin_document()).root))
    return [operation for operation in found if operation.raw.get("requestBody")]


@pytest.mark.parametrize("operation", operations(), ids=lambda found: found.id)
def test_bodies_that_make_no_sense_are_400(control: httpx.Client, operation: Any) -> None:
    """Whatever is sent to the control interface, it says what is wrong with it."""
    path = operation.path.removeprefix("/__mock").replace("{name}", "x")
    path = path.replace("{session}", "x").replace("{delivery_id}", "x")
    for body in (
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"17",
        b"[" * 5000,
        b'{"unheard": {"of": 1}, "session": 7, "seed": "x"}',
        b'{"seed": 1e400}',
        b'{"set": 1e300, "seed": -1, "profile": 1}',
    ):
        answer = control.request(
            operation.method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 404}, (body[:20], answer.text)
        assert answer.json()["error"]
        assert "Traceback" not in answer.text


def test_unknown_control_calls_are_404_and_405(control: httpx.Client) -> None:
    """A path that is none, and a method that is not possible, are told apart."""
    missing = control.get("/nothing")
    assert (missing.status_code, "/__mock/nothing" in missing.json()["error"]) == (404, True)
    wrong = control.delete("/clock")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert control.post("/snapshots/%00/restore").status_code == 404
    assert control.get("/journal?limit=0").status_code == 400
    assert control.get("/journal?since=soon").status_code == 400


@pytest.mark.parametrize("value", [1e300, -1e300, 9e15, "9999-99-99T00:00:00Z", "soon"])
def test_times_beyond_the_calendar_are_refused(control: httpx.Client, value: Any) -> None:
    """A clock that no date could show is not set."""
    answer = control.post("/clock", json={"set": value})
    assert answer.status_code == 400
    assert control.get("/clock").status_code == 200


def test_advancing_beyond_the_calendar_is_refused(control: httpx.Client) -> None:
    """Nor can it be moved there."""
    assert control.post("/clock", json={"advance": 1e300}).status_code == 400
    assert control.get("/clock").json()["now"] == 1767225600


@pytest.fixture
def exposed() -> Iterator[MockServer]:
    """A server as the command line makes it with `--host 0.0.0.0` and no token."""
    with MockServer(SMALL, Options(admin=False), host="0.0.0.0", chaos_port=None) as server:
        yield server


def test_beyond_loopback_the_control_interface_is_off(exposed: MockServer) -> None:
    """Without a token nobody controls a server that others can reach; the API is served."""
    base = f"http://127.0.0.1:{exposed.mock.addresses.port}"
    for path in ("/__mock/info", "/__mock/state", "/~other/__mock/reset"):
        refused = httpx.post(f"{base}{path}")
        assert refused.status_code == 403
        assert "--admin-token" in refused.json()["error"]
    assert httpx.get(f"{base}/a").status_code == 200


@pytest.mark.parametrize(("host", "status"), [([], 200), (["--host", "0.0.0.0"], 403)])
def test_the_command_line_listens_on_loopback(tmp_path: Path, host: list[str], status: int) -> None:
    """Unless it is told otherwise; and then nobody controls it without a token."""
    document = tmp_path / "api.yaml"
    document.write_bytes(SMALL)
    command = [sys.executable, "-m", "specloom_mock", str(document), "--port", "0", "--json", *host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        url = f"http://127.0.0.1:{facts['port']}/__mock/info"
        assert httpx.get(url).status_code == status
        assert facts["url"].startswith(f"http://{host[1] if host else '127.0.0.1'}:")
    finally:
        process.kill()
        process.communicate()

"""The command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from specloom_mock.cli import command, main
from specloom_mock.overlay import OverlayError, read_overlay

UNISTACK = Path(__file__).resolve().parents[2] / "openapi.yaml"


def test_it_is_a_subcommand_of_specloom() -> None:
    """`specloom mock` finds it by its entry point."""
    found = [point for point in entry_points(group="specloom.commands") if point.name == "mock"]
    assert [point.load() for point in found] == [command]


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """Ports are written when it listens, both answer, and SIGTERM ends it in order."""
    ports = tmp_path / "ports"
    reader, writer = os.pipe()
    arguments = [sys.executable, "-m", "specloom_mock", str(UNISTACK), "--port", "0", "--json"]
    arguments += ["--chaos-port", "0", "--port-file", str(ports), "--ready-fd", str(writer)]
    arguments += ["--clock", "virtual", "--limit", "2/10s", "--seed", "4", "--rows", "5"]
    process = subprocess.Popen(arguments, pass_fds=[writer], stdout=subprocess.PIPE, text=True)
    try:
        os.close(writer)
        with os.fdopen(reader) as ready:
            url = ready.readline().strip()
        port, chaos = ports.read_text().split()
        assert url == f"http://127.0.0.1:{port}/v1"
        headers = {"Authorization": "Bearer sk_live_mock_0123456789abcdef"}
        answer = httpx.get(f"{url}/users", headers=headers)
        assert answer.json()["meta"]["total"] == 5
        assert answer.headers["x-ratelimit-limit"] == "2"
        assert httpx.get(f"http://127.0.0.1:{chaos}/v1/users", headers=headers).status_code == 200
        assert httpx.get(f"{url}/users", headers=headers).status_code == 429
        info = httpx.get(f"http://127.0.0.1:{port}/__mock/info").json()
        assert (info["port"], info["chaos_port"]) == (int(port), int(chaos))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    first = json.loads(out.splitlines()[0])
    assert first["event"] == "ready"
    assert first["operations"] == 96
    assert first["console"] == f"http://127.0.0.1:{port}/__mock/"
    assert first["docs"] == f"http://127.0.0.1:{port}/docs"


def test_it_serves_on_when_nobody_reads_what_it_tells() -> None:
    """A reader that has gone (`| head -1`) is no reason to end, nor for a traceback."""
    reader, writer = os.pipe()
    arguments = [sys.executable, "-m", "specloom_mock", str(UNISTACK), "--port", "0"]
    arguments += ["--ready-fd", str(writer)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(arguments, pass_fds=[writer], text=True, **streams)
    try:
        assert process.stdout is not None
        process.stdout.close()
        os.close(writer)
        with os.fdopen(reader) as ready:
            url = ready.readline().strip()
        assert httpx.get(f"{url}/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.yaml"], 2, "nowhere.yaml"),
        ([str(UNISTACK), "--limit", "lots"], 2, "--limit"),
        ([str(UNISTACK), "--overlay", "nowhere.yaml"], 2, "nowhere.yaml"),
        ([str(UNISTACK), "--host", "203.0.113.1"], 1, "cannot listen"),
    ],
)
def test_what_cannot_be_served(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unusable input is 2, an address that cannot be used is 1; both say why."""
    assert main(arguments) == code
    assert message in capsys.readouterr().err


def test_an_overlay_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """A key that means nothing is named, with those that do."""
    file = tmp_path / "api.mock.yaml"
    file.write_text("specloom_mock: 1\ncollection: {}\n")
    with pytest.raises(OverlayError, match=r"'collection'; known: .*collections"):
        read_overlay(file)
    file.write_text("a: [")
    with pytest.raises(OverlayError):
        read_overlay(file)

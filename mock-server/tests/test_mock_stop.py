"""How the server ends, and how other languages start it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from specloom_mock.cli import main

DOCUMENT = """
openapi: 3.1.0
info: {title: Small, version: '1'}
servers: [{url: /v2}]
paths:
  /notes:
    get:
      operationId: notes.list
      responses:
        '200': {description: Notes., content: {application/json: {schema: {type: array, items: {type: string}}}}}
"""


@contextmanager
def running(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    document = folder / "api.yaml"
    document.write_text(DOCUMENT)
    command = [sys.executable, "-m", "specloom_mock", str(document), "--port", "0", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


class InFlight:
    """A request that is being answered: its outcome, once there is one."""

    def __init__(self, url: str, fault: str) -> None:
        self.outcome: int | str = "none"
        self._url = url
        self._thread = threading.Thread(target=self._send, args=(fault,))
        self._thread.start()
        base = url.removesuffix("/v2")
        while not httpx.get(f"{base}/__mock/journal").json()["entries"]:
            pass

    def _send(self, fault: str) -> None:
        headers = {"X-Mock-Fault": fault}
        try:
            answer = httpx.get(f"{self._url}/notes", headers=headers, timeout=60)
            self.outcome = answer.status_code
        except httpx.TransportError:
            self.outcome = "cut"

    def result(self) -> int | str:
        self._thread.join()
        return self.outcome


def refuses(url: str) -> bool:
    """Whether nobody listens there any more."""
    address = httpx.URL(url)
    try:
        socket.create_connection((address.host, address.port or 80), timeout=5).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_are_finished_after_the_first_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The answer that was on its way arrives whole, and the exit status is 0."""
    with running(tmp_path) as (process, url):
        request = InFlight(url, "delay;seconds=0.5;real")
        process.send_signal(number)
        assert request.result() == 200
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """What is still being answered is cut off, and the exit status says so."""
    with running(tmp_path) as (process, url):
        request = InFlight(url, "delay;seconds=50;real")
        process.send_signal(signal.SIGTERM)
        while not refuses(url):
            pass
        process.send_signal(signal.SIGTERM)
        assert request.result() == "cut"
        assert process.wait(30) == 1


def test_what_would_never_end_does_not_hold_it(tmp_path: Path) -> None:
    """A stalled request, and a client that sleeps on the clock, are let go."""
    with running(tmp_path, "--clock", "virtual") as (process, url):
        request = InFlight(url, "stall")
        process.send_signal(signal.SIGTERM)
        assert request.result() == "cut"
        assert process.wait(30) == 0


SCRIPT = """
mkfifo "$2/ready"
"$1" -m specloom_mock "$2/api.yaml" --port 0 --port-file "$2/port" --ready-fd 3 3>"$2/ready" >"$2/out" &
server=$!
read -r url <"$2/ready"
read -r port <"$2/port"
kill "$server"
wait "$server"
echo "$? $port $url"
"""


def test_a_shell_script_starts_and_stops_it(tmp_path: Path) -> None:
    """Any language learns the port from a descriptor or a file, without parsing output."""
    (tmp_path / "api.yaml").write_text(DOCUMENT)
    command = ["sh", "-c", SCRIPT, "sh", sys.executable, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    status, port, url = done.stdout.split()
    assert (status, url) == ("0", f"http://127.0.0.1:{port}/v2")


def test_a_port_in_use_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both ports name the address and the reason, with exit status 1."""
    document = tmp_path / "api.yaml"
    document.write_text(DOCUMENT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main([str(document), "--port", port]) == 1
        first = capsys.readouterr().err
        assert main([str(document), "--port", "0", "--chaos-port", port]) == 1
        second = capsys.readouterr().err
    for message in (first, second):
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in message


def test_several_workers_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """State that two processes would each have for themselves is never served."""
    document = tmp_path / "api.yaml"
    document.write_text(DOCUMENT)
    assert main([str(document), "--workers", "2"]) == 2
    assert "the state is kept in one process" in capsys.readouterr().err

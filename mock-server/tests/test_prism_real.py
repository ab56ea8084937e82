"""Prism itself (`nox -s prism` installs it): what the wrapper relies on, observed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from specloom_mock.prism import Prism, PrismStartError, parse_violations, response_violations

pytestmark = pytest.mark.prism

DOCUMENT = b"""
openapi: 3.0.3
info: {title: Names, version: "1"}
servers: [{url: "http://names.test/v1"}]
paths:
  /names:
    get:
      parameters: [{name: page, in: query, schema: {type: integer, example: 1}}]
      responses:
        "200":
          description: Names.
          content:
            application/json:
              schema:
                type: object
                required: [data]
                properties: {data: {type: array, items: {type: string}}}
              example: {data: [Ada]}
"""


class Upstream(BaseHTTPRequestHandler):
    """Answers what the last part of the query says."""

    answers = {
        "good": (200, b'{"data": ["Ada"]}'),
        "bad": (200, b"{}"),
        "many": (200, b'{"data": [' + b",".join([b"1"] * 400) + b"]}"),
        "down": (503, b"{}"),
    }

    def do_GET(self) -> None:
        name = self.path.rpartition("?")[2].partition("=")[0]
        status, body = self.answers[name if self.path.startswith("/v1/names") else "down"]
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def proxy(upstream: str) -> Iterator[Prism]:
    with Prism(DOCUMENT, mode="proxy", upstream=upstream) as prism:
        yield prism


def test_mock_mode_answers_examples_without_the_prefix() -> None:
    """`base_url` has no `/v1`: there Prism knows the path, and below the prefix it does not."""
    with Prism(DOCUMENT) as prism, prism.client() as client:
        assert client.get("/names").json() == {"data": ["Ada"]}
        assert client.get("/v1/names").status_code == 404


def test_a_conforming_answer_passes(proxy: Prism) -> None:
    """The upstream's own answer comes through, without a report."""
    with proxy.client() as client:
        answer = client.get("/names?good")
    assert answer.json() == {"data": ["Ada"]}
    assert response_violations(answer.headers) == ()


def test_a_violating_body_is_reported(proxy: Prism) -> None:
    """A body that misses a required property is reported, and still comes through."""
    with proxy.client() as client:
        answer = client.get("/names?bad")
    assert answer.json() == {}
    assert [v.code for v in response_violations(answer.headers)] == ["required"]


def test_an_undeclared_status_is_reported_as_a_warning(proxy: Prism) -> None:
    """Which is why either severity counts."""
    with proxy.client() as client:
        found = response_violations(client.get("/names?down").headers)
    assert [v.severity for v in found] == ["Warning"]


def test_a_cut_report_is_recognised(proxy: Prism) -> None:
    """400 violations do not fit into the header."""
    with proxy.client() as client:
        found = parse_violations(client.get("/names?many").headers["sl-violations"])
    assert found[-1].code == "cut"
    assert 10 < len(found) < 400


def test_a_request_violation_is_told_apart(proxy: Prism) -> None:
    """A wrong query is reported, but not against the server."""
    with proxy.client() as client:
        headers = client.get("/names?good&page=x").headers
    (violation,) = parse_violations(headers["sl-violations"])
    assert violation.location == ("request", "query", "page")
    assert response_violations(headers) == ()


def test_a_broken_document_is_prisms_reason() -> None:
    """Prism's own words about the document reach the caller."""
    with pytest.raises(PrismStartError, match="unexpected end of the stream"):
        Prism(b"foo: [").start()


def test_a_port_in_use_is_said() -> None:
    """The port's name is in the error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PrismStartError, match=f"EADDRINUSE.*{port}"):
            Prism(DOCUMENT, port=port).start()


def test_nothing_listens_after_the_block() -> None:
    """The port is free again: no process was left behind."""
    with Prism(DOCUMENT) as prism:
        port = int(prism.base_url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_the_command_line_starts_and_ends_it(tmp_path: Path) -> None:
    """`specloom mock --engine prism` answers at the port it tells, and SIGTERM leaves nothing."""
    document, port = tmp_path / "names.yaml", tmp_path / "port"
    document.write_bytes(DOCUMENT)
    command = [sys.executable, "-m", "specloom_mock", str(document), "--engine", "prism"]
    command += ["--port", "0", "--port-file", str(port), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert facts["url"] == f"http://127.0.0.1:{port.read_text().strip()}"
        assert httpx.get(f"{facts['url']}/names", timeout=30).json() == {"data": ["Ada"]}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{facts['url']}/names")


def test_the_command_line_says_why_it_cannot(tmp_path: Path) -> None:
    """Prism's reason is the message, and the exit status is 1."""
    document = tmp_path / "names.yaml"
    document.write_text("openapi: [")
    command = [sys.executable, "-m", "specloom_mock", str(document), "--engine", "prism"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "specloom mock: Prism could not start:" in done.stderr

"""Schemathesis as an outside judge of the mock: its checks find nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from specloom_mock import MockServer

UNISTACK = Path(__file__).resolve().parents[2] / "openapi.yaml"
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


def run(server: MockServer, session: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis against a session of the server, without quotas."""
    found = server.mock.session(session)
    server.call(lambda: setattr(found, "limits_enabled", False))
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(UNISTACK)]
    command += ["--url", server.mock.base_url(found) or "", "--seed", "1"]
    command += ["-H", f"Authorization: {server.auth['Authorization']}", "--no-color", *arguments]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=540
    )


def test_examples_and_generated_requests(mock_server_process: MockServer, tmp_path: Path) -> None:
    """Requests from examples and from the generator get conforming answers, and no crash.

    Left out: rows of /entities are held to the typed schemas, which the document says in words;
    an event stream is declared as one string, which the tool reads as the schema of one event.
    """
    result = run(
        mock_server_process,
        "schemathesis",
        *("--phases", "examples,fuzzing", "-n", "3", "--workers", "1"),
        *("--exclude-path-regex", "^/(entities|ai)/"),
    )
    assert result.returncode == 0, result.stdout[-6000:]
    assert "passed" in result.stdout


def test_untyped_rows_and_streams(mock_server_process: MockServer) -> None:
    """The operations left out above pass every other check."""
    result = run(
        mock_server_process,
        "schemathesis-rest",
        *("--phases", "examples,fuzzing", "-n", "3", "--workers", "1"),
        *("--include-path-regex", "^/(entities|ai)/"),
        *("--exclude-checks", "positive_data_acceptance,response_schema_conformance"),
    )
    assert result.returncode == 0, result.stdout[-6000:]
    session = mock_server_process.mock.session("schemathesis-rest")
    broken = [e for e in session.journal if any("response:" in line for line in e.violations)]
    assert [entry.line() for entry in broken] == []

"""The mock server: its process, and its controls under ``/__mock``.

``mock-server/admin.openapi.yaml`` describes the controls.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx

__all__ = ["MockError", "MockServer", "MockSession"]

START_TIMEOUT: Final = 60.0
"""Seconds until the server must listen; generous, for machines that run much else."""

STOP_TIMEOUT: Final = 5.0
SETTLE_TIMEOUT: Final = 3.0
"""Real seconds until the journal must have the end of every request."""


class MockError(RuntimeError):
    """The mock server did not start, or refused a control request."""


def _command() -> list[str]:
    """The command that runs Specloom; ``SPECLOOM`` in the environment overrides it."""
    given = os.environ.get("SPECLOOM")
    if given:
        return shlex.split(given)
    beside = Path(sys.executable).with_name("specloom")
    found = str(beside) if beside.exists() else shutil.which("specloom")
    if not found:
        raise MockError(
            "the command `specloom` is not installed; run bootstrap.py, or set SPECLOOM"
        )
    return [found]


class MockServer:
    """A mock server in a process of its own, on ports that the system chose.

    Args:
        document: The OpenAPI document to serve.
        arguments: Further arguments of ``specloom mock``.
    """

    def __init__(self, document: Path, arguments: Sequence[str] = ()) -> None:
        self._document = document
        self._arguments = list(arguments)
        self._folder = tempfile.TemporaryDirectory(prefix="specloom-contract-")
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(timeout=30.0, trust_env=False)
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> None:
        folder = Path(self._folder.name)
        port_file, log = folder / "ports", folder / "log"
        command = [
            *_command(),
            *("mock", str(self._document), "--host", "127.0.0.1", "--port", "0"),
            *("--chaos-port", "0", "--port-file", str(port_file), "--clock", "virtual"),
            *("--seed", "1", "--rows", "0"),
            *self._arguments,
        ]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        limit = time.monotonic() + START_TIMEOUT
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > limit:
                said = log.read_text(encoding="utf-8", errors="replace")
                raise MockError(f"`{shlex.join(command)}` did not start:\n{said}")
            time.sleep(0.02)
        port = port_file.read_text(encoding="ascii").split()[0]
        self.url = f"http://127.0.0.1:{port}/__mock"

    def stop(self) -> None:
        """End the process and remove its files."""
        self._http.close()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()

    def session(self, name: str, options: Mapping[str, Any]) -> MockSession:
        """A new, empty session.

        Args:
            name: Unique on this server.
            options: Body of ``sessions.create`` without the name.
        """
        made = self.control("POST", "/sessions", name=None, body={"session": name, **options})
        return MockSession(self, made)

    def control(
        self,
        method: str,
        path: str,
        *,
        name: str | None,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """One control request; its answer's JSON, None when there is none.

        Raises:
            MockError: The server refused it, or answered nothing.
        """
        headers = {"X-Mock-Session": name} if name else {}
        try:
            response = self._http.request(
                method, self.url + path, headers=headers, params=query, json=body
            )
        except httpx.HTTPError as error:
            raise MockError(f"{method} {path}: {error!r}") from error
        if response.is_error:
            raise MockError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None


class MockSession:
    """An isolated session of a mock server.

    Args:
        server: Where it lives.
        made: Answer of ``sessions.create``.
    """

    def __init__(self, server: MockServer, made: Mapping[str, Any]) -> None:
        self._server = server
        self.name: str = made["session"]
        self.base_url: str = made["base_url"]
        self.chaos_url: str = made["chaos_url"]
        self.control_url = server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control("DELETE", f"/sessions/{self.name}")

    def _control(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Any:
        return self._server.control(method, path, name=self.name, body=body, query=query)

    def now(self) -> float:
        """The session's time, in epoch seconds."""
        return cast("float", self._control("GET", "/clock")["now"])

    def move(self, change: Mapping[str, Any]) -> None:
        """Set or advance the time (body of ``clock.set``)."""
        self._control("POST", "/clock", dict(change))

    def seed(self, seed: Mapping[str, Any]) -> None:
        """Add rows and credentials."""
        self._control("POST", "/state/seed", dict(seed))

    def add_faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Add faults, in order."""
        self._control("POST", "/faults", {"faults": list(faults)})

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._control("DELETE", "/faults")

    def limit(self, limits: Mapping[str, Any]) -> None:
        """Change rate limits."""
        self._control("PATCH", "/limits", dict(limits))

    def send_webhook(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Sign a message, and send it when it has an address."""
        return cast("dict[str, Any]", self._control("POST", "/webhooks/send", dict(message)))

    def journal(self) -> list[dict[str, Any]]:
        """Every request of the session, once the end of each is known."""
        limit = time.monotonic() + SETTLE_TIMEOUT
        while True:
            entries: list[dict[str, Any]] = self._control("GET", "/journal")["entries"]
            open_ = any(entry["response"] is None for entry in entries)
            if not open_ or time.monotonic() > limit:
                return entries
            time.sleep(0.02)

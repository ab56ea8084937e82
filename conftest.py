"""Executes the Python snippets of README.md and docs/ as a reader would, and starts real servers.

The client of a snippet finds a mock server by its environment variables, as the pages say; a page
is one session.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).resolve().parent


class RedisServer:
    """A Redis of its own, on a socket in a temporary folder, that keeps nothing on disk."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="redis-")
        self.path = f"{self.folder}/redis.sock"
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it is, as Redis clients write it."""
        return f"unix://{self.path}"

    def start(self) -> None:
        """Start it, empty, and return when it accepts connections."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: apt-get install redis-server"
        where = ["--port", "0", "--unixsocket", self.path, "--dir", self.folder]
        self.process = subprocess.Popen(
            [program, *where, "--save", "", "--appendonly", "no"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "eady to accept connections" in line:
                return
        raise AssertionError("redis-server did not start:\n" + "".join(said))

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A running Redis that the test may stop and start."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a running Redis that tests share: each takes a prefix of its own."""
    server = RedisServer()
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="module")
def documented_server() -> Iterator[None]:
    """Start a mock of openapi.yaml and point the environment at it while a page's snippets run."""
    from specloom_mock import MockServer

    before = {**os.environ}
    folder = Path.cwd()
    with MockServer(ROOT / "openapi.yaml") as server:
        os.environ["UNISTACK_BASE_URL"] = server.base_url
        os.environ["UNISTACK_API_KEY"] = "sk_live_docs_0123456789abcdef"
        os.chdir(ROOT)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    fixtures=["documented_server"],
).pytest()

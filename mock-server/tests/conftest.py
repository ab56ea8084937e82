"""Servers and clients for the mock server's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.plugin import SessionServer

UNISTACK = Path(__file__).resolve().parents[2] / "openapi.yaml"

Serve = Callable[..., MockServer]


@pytest.fixture(scope="session")
def mock_server_process() -> Iterator[MockServer]:
    """The Unistack document on virtual time."""
    with MockServer(UNISTACK, Options(virtual=True)) as server:
        yield server


@pytest.fixture
def client(mock_server: SessionServer) -> Iterator[httpx.Client]:
    """A client of this test's session who may do everything."""
    with httpx.Client(base_url=mock_server.base_url, headers=mock_server.auth) as found:
        yield found


@pytest.fixture
def control(mock_server: SessionServer, mock_server_process: MockServer) -> Iterator[httpx.Client]:
    """A client of this test's control interface."""
    url = f"{mock_server_process.url}/~{mock_server.name}/__mock"
    with httpx.Client(base_url=url) as found:
        yield found


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers of small documents, and stops them at the end."""
    running: list[MockServer] = []

    def start(document: dict[str, Any], options: Options | None = None, **more: Any) -> MockServer:
        server = MockServer(
            orjson.dumps(document), options or Options(virtual=True, limits=True), **more
        )
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.stop()


def small(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document with these paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": paths,
        **more,
    }


def answers(schema: dict[str, Any], status: str = "200", **more: Any) -> dict[str, Any]:
    """Responses with one JSON schema."""
    content = {"application/json": {"schema": schema}}
    return {status: {"description": "An answer.", "content": content, **more}}


@pytest.fixture(name="small")
def small_fixture() -> Callable[..., dict[str, Any]]:
    """Makes small documents."""
    return small


@pytest.fixture(name="answers")
def answers_fixture() -> Callable[..., dict[str, Any]]:
    """Makes responses objects."""
    return answers

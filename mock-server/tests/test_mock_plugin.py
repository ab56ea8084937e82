"""The pytest plugin, as its users have it."""

from __future__ import annotations

import pytest

from specloom_mock.plugin import SessionServer

pytest_plugins = ["pytester"]

DOCUMENT = """
openapi: 3.0.3
info: {title: Small, version: '1'}
paths:
  /things:
    get:
      operationId: things.list
      x-rate-limit: {policy: all, limit: 100, window: 1m}
      responses:
        '200':
          description: Things.
          content:
            application/json:
              schema: {type: array, items: {type: object, required: [id], properties: {id: {type: string}}}}
        '503': {description: Down.}
"""

TESTS = """
import urllib.error
import urllib.request

import pytest


def status(server):
    try:
        with urllib.request.urlopen(server.base_url + "/things") as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_plain(mock_server):
    assert status(mock_server) == 200
    assert [entry.operation for entry in mock_server.journal] == ["things.list"]


@pytest.mark.mock_fault("status", status=503, operation="things.list")
@pytest.mark.mock_limit("all", limit=2, window=10)
def test_marks(mock_server):
    assert [status(mock_server) for _ in range(3)] == [503, 200, 429]
    mock_server.advance(10)
    assert status(mock_server) == 200


@pytest.mark.mock_options(rows=0)
def test_options(mock_server):
    assert mock_server.session.start_rows == 0


def test_fails(mock_server):
    status(mock_server)
    assert False
"""


def test_fixture_marks_and_journal(pytester: pytest.Pytester) -> None:
    """Each test has a session of its own, marks set it up, and a failure shows the journal."""
    pytester.makefile(".yaml", api=DOCUMENT)
    pytester.makeini("[pytest]\nspecloom_mock_document = api.yaml\n")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*mock server journal*", "*GET     /things -> 200*"])


def test_without_a_document_it_says_what_to_set(pytester: pytest.Pytester) -> None:
    """The fixture names the setting that is missing."""
    pytester.makepyfile("def test_it(mock_server):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*specloom_mock_document*"])


def test_tests_do_not_meet(mock_server: SessionServer) -> None:
    """The session's name is in its base URL, and its journal is empty."""
    assert f"/~{mock_server.name}/" in mock_server.base_url
    assert len(mock_server.journal) == 0


PARALLEL = """
import json
import os
import urllib.request
from pathlib import Path

import pytest


def send(server, method, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    url = server.base_url + "/things"
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", range(8))
def test_a_world_of_its_own(mock_server, number):
    Path("workers", os.environ["PYTEST_XDIST_WORKER"]).touch()
    before = send(mock_server, "GET")
    made = send(mock_server, "POST", {"name": f"thing {number}"})
    after = send(mock_server, "GET")
    assert len(after) == len(before) + 1 == 51
    assert made in after
    assert [entry.method for entry in mock_server.journal] == ["GET", "POST", "GET"]
"""

SHARED = DOCUMENT.replace(
    "'503': {description: Down.}",
    """'503': {description: Down.}
    post:
      operationId: things.create
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [name], properties: {name: {type: string}}}
      responses:
        '201':
          description: Made.
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: things.get
      responses:
        '200':
          description: A thing.
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}
""",
).replace(
    "items: {type: object, required: [id], properties: {id: {type: string}}}",
    "items: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}",
)


def test_two_workers_in_parallel_never_meet(pytester: pytest.Pytester) -> None:
    """With pytest-xdist every test sees its own rows and its own journal, in both workers."""
    pytester.makefile(".yaml", api=SHARED)
    pytester.makeini("[pytest]\nspecloom_mock_document = api.yaml\n")
    pytester.makepyfile(PARALLEL)
    pytester.mkdir("workers")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2")
    result.assert_outcomes(passed=8)
    assert len(list((pytester.path / "workers").iterdir())) == 2

"""The pytest plugin: a mock server for each test, and its journal when the test fails.

Tell it which document to serve, in ``pyproject.toml``::

    [tool.pytest.ini_options]
    specloom_mock_document = "openapi.yaml"

and use the fixture::

    def test_it_waits_out_the_limit(mock_server):
        client = MyClient(base_url=mock_server.base_url)

One server runs for the whole test session; every test gets a session of its own on it, so tests do
not meet. Marks set a test's session up::

    @pytest.mark.mock_fault("status", status=503, retry_after=2, operation="users.create", times=2)
    @pytest.mark.mock_limit("user", limit=5, window=10)
    @pytest.mark.mock_options(seed=7, rows=0)
    @pytest.mark.mock_chaos("flaky")
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from specloom_mock.expectations import Expectation

if TYPE_CHECKING:
    from specloom_mock.clock import Clock
    from specloom_mock.journal import Journal
    from specloom_mock.server import MockServer
    from specloom_mock.session import Session

__all__ = ["SessionServer", "mock_server", "mock_server_process"]

T = TypeVar("T")

_SESSION: pytest.StashKey[SessionServer] = pytest.StashKey()
_MATCH = ("operation", "method", "path", "port")
_RULES = ("skip", "times", "probability", "burst")
_SHOWN = 50


class SessionServer:
    """One test's view of the server: its own session, with its own base URL."""

    def __init__(self, server: MockServer, name: str) -> None:
        self._server = server
        self.name = name

    @property
    def session(self) -> Session:
        """The session itself; change it through :meth:`call`."""
        return self._server.session(self.name)

    @property
    def base_url(self) -> str:
        """The base URL of this session, with the server's path."""
        return self._server.mock.base_url(self.session) or ""

    @property
    def chaos_url(self) -> str | None:
        """This session's base URL on the port that may break the document."""
        return self._server.mock.base_url(self.session, chaos=True)

    @property
    def auth(self) -> dict[str, str]:
        """Headers of a caller who may do everything."""
        return dict(self._server.auth)

    @property
    def journal(self) -> Journal:
        """What this session has received."""
        return self.session.journal

    @property
    def clock(self) -> Clock:
        """This session's clock; move it with :meth:`advance`."""
        return self.session.clock

    def expect(self, **where: Any) -> Expectation:
        """Requests that a claim is about: ``expect(operation="users.list").count(3)``.

        Args:
            **where: ``operation``, ``method``, ``path``, ``status``, ``port``.
        """
        return Expectation(lambda: self.session, where)

    def advance(self, seconds: float) -> None:
        """Move this session's virtual clock forward."""
        self._server.wait(self.session.clock.advance(seconds))

    def fault(self, kind: str, *, match: Mapping[str, Any] | None = None, **options: Any) -> None:
        """Store a fault.

        Args:
            kind: Such as ``status`` (see ``admin.openapi.yaml``).
            match: Which requests it is for.
            **options: ``operation``, ``method``, ``path`` and ``port`` add to the match; ``skip``,
                ``times``, ``probability`` and ``burst`` say how often; all else are the kind's
                parameters.
        """
        match = {**(match or {}), **{n: options.pop(n) for n in _MATCH if n in options}}
        rules = {name: options.pop(name) for name in _RULES if name in options}
        raw = {"kind": kind, "match": match, "params": options, **rules}
        self.call(lambda: self.session.faults.add([raw]))

    def chaos(self, profile: str | None) -> None:
        """Begin a chaos profile (``flaky``, ``brownout``, ``storm``) on :attr:`chaos_url`.

        Args:
            profile: Its name; None for none.
        """
        self.call(lambda: self.session.use_profile(profile))

    def limit(self, policy: str, *, limit: int, window: float, algorithm: Any = "fixed") -> None:
        """Replace a policy's quota; ``window`` in seconds."""
        self.call(lambda: self.session.override(policy, limit, window, algorithm))

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the server's thread."""
        return self._server.call(function)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting and the options."""
    parser.addini("specloom_mock_document", "OpenAPI document that mock_server serves")
    parser.addini("specloom_mock_clock", "virtual or real", default="virtual")
    group = parser.getgroup("specloom-mock")
    group.addoption("--mock-document", help="OpenAPI document that mock_server serves")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for line in (
        "mock_fault(kind, **options): make requests of this test fail",
        "mock_limit(policy, limit, window, algorithm): replace a quota for this test",
        "mock_chaos(profile): a mixture of failures on this test's chaos_url",
        "mock_options(seed, rows, now): how this test's session begins",
    ):
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def mock_server_process(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """The server that all tests of this run share."""
    from specloom_mock.server import MockServer
    from specloom_mock.session import Options

    config = request.config
    given = config.getoption("--mock-document") or config.getini("specloom_mock_document")
    if not given:
        raise pytest.UsageError("mock_server: set specloom_mock_document to an OpenAPI document")
    document = Path(config.rootpath, str(given))
    virtual = config.getini("specloom_mock_clock") != "real"
    with MockServer(document, Options(virtual=virtual)) as server:
        yield server


@pytest.fixture
def mock_server(
    mock_server_process: MockServer, request: pytest.FixtureRequest
) -> Iterator[SessionServer]:
    """A mock server with a world of its own for this test."""
    mock = mock_server_process.mock
    name = mock_server_process.call(mock.new_name)
    server = SessionServer(mock_server_process, name)
    for mark in request.node.iter_markers("mock_options"):
        options = dict(mark.kwargs)
        server.call(lambda options=options: server.session.reset(**options))  # type: ignore[misc]
    for mark in request.node.iter_markers("mock_limit"):
        server.limit(*mark.args, **mark.kwargs)
    for mark in request.node.iter_markers("mock_chaos"):
        server.chaos(*mark.args, **mark.kwargs)
        break
    for mark in reversed(list(request.node.iter_markers("mock_fault"))):
        server.fault(*mark.args, **dict(mark.kwargs))
    request.node.stash[_SESSION] = server
    yield server

    server.call(lambda: mock.forget(name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the journal into the report of a test that fails."""
    report = yield
    server = item.stash.get(_SESSION, None)
    if report.when == "call" and report.failed and server is not None:
        lines = [entry.line() for entry in server.journal][-_SHOWN:]
        report.sections.append(("mock server journal", "\n".join(lines) or "(no requests)"))
    del call
    return report

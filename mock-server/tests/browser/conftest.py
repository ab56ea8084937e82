"""A browser, and tabs that must load nothing from elsewhere and report no error."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from specloom_mock import MockServer
from specloom_mock.plugin import SessionServer

TIMEOUT = 60_000
"""Milliseconds after which something that should have happened has not."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window; Debian's, or the one that CHROMIUM names."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        # No sandbox: it needs privileges that a container's root does not have.
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


class Tab:
    """A page that must load nothing from elsewhere and report no error."""

    def __init__(self, browser: Any, origin: str, **options: Any) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        self.context.set_default_timeout(TIMEOUT)
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._request)
        self.origin = origin

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin + "/", "data:")):
            self.foreign.append(request.url)

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


@pytest.fixture
def tab(
    chromium: Any, mock_server_process: MockServer, mock_server: SessionServer, serve: Any
) -> Iterator[Any]:
    """Opens tabs; at the end none may have erred or asked another machine.

    It comes after the servers and the session, so that tabs are closed before those end: a console
    that loses its server says so.
    """
    opened: list[Tab] = []

    def open_tab(path: str, origin: str | None = None, **options: Any) -> Any:
        made = Tab(chromium, origin or mock_server_process.url, **options)
        opened.append(made)
        made.page.goto(made.origin + path)
        return made

    yield open_tab
    for made in opened:
        made.context.close()
        assert made.errors == []
        assert made.foreign == []


@pytest.fixture
def prefix(mock_server: SessionServer) -> str:
    """The path prefix of this test's session."""
    return f"/~{mock_server.name}"


@pytest.fixture
def console(tab: Any, prefix: str) -> Callable[..., Any]:
    """Opens the console of this test's session at a section, and waits until it is connected."""

    def open_console(section: str = "journal", **options: Any) -> Any:
        found = tab(f"{prefix}/__mock/#/{section}", **options)
        expect(found.page.locator("#live")).to_have_text("Live")
        return found

    return open_console


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Says what the accessibility checker finds wrong: WCAG A and AA, and best practices."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.submodule_search_locations
    script = (Path(next(iter(spec.submodule_search_locations))) / "axe.min.js").read_text("utf-8")

    def check(page: Any, *, without: str | None = None) -> list[str]:
        page.evaluate(script)
        where = {"include": [["html"]], "exclude": [[without]] if without else []}
        found = page.evaluate("where => axe.run(where, {resultTypes: ['violations']})", where)
        return [
            f"{item['id']}: {node['target']}"
            for item in found["violations"]
            for node in item["nodes"]
        ]

    return check

"""Executes the Python snippets of README.md and docs/ as a reader would: one session a page.

The client of a snippet finds a mock server by its environment variables, as the pages say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).resolve().parent


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

"""The guide, followed to the letter: from a document to a test that forces a 429."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import httpx
import pytest

from specloom_mock import MockServer
from specloom_mock.cli import _CREDENTIAL, _example_path
from specloom_mock.kinds import KINDS
from specloom_mock.mock import Mock
from specloom_mock.profiles import PROFILES

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guides/mock-server.md"
FAULTS = ROOT / "docs/guides/mock-faults.md"


def block(language: str, holding: str) -> str:
    """The guide's block of that language that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return next(found for found in blocks if holding in found)


def test_five_minutes_lead_to_a_test_that_forces_a_429(pytester: pytest.Pytester) -> None:
    """The two files of the guide, beside the document, pass; without the wait they would not."""
    shutil.copy(ROOT / "openapi.yaml", pytester.path)
    (pytester.path / "pyproject.toml").write_text(block("toml", "specloom_mock_document"))
    test = block("python", "test_a_429_is_waited_out")
    pytester.makepyfile(test_limits=test)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_limits.py")
    result.assert_outcomes(passed=1)
    hasty = re.sub(r"\n +mock_server\.advance.*", "", test)
    pytester.makepyfile(test_limits=hasty)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_limits.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*the next request came after 0 s, not 2*", "*mock server journal*"]
    )


def test_the_fixtures_credential_is_the_one_that_is_shown() -> None:
    """What the guide's commands send is what the server accepts."""
    shown = f"Authorization: {MockServer.auth['Authorization']}"
    assert shown == _CREDENTIAL
    assert shown in GUIDE.read_text()


def test_the_command_that_is_told_at_start_works() -> None:
    """The first line to copy names a list that answers as it stands."""
    plan = Mock.load(ROOT / "openapi.yaml").engine.plan
    with MockServer(ROOT / "openapi.yaml") as server:
        url = f"{server.base_url}{_example_path(plan)}"
        assert httpx.get(url, headers=server.auth).status_code == 200


def test_every_kind_and_profile_is_in_the_guide() -> None:
    """A kind that nobody is told of does not exist."""
    text = FAULTS.read_text()
    assert [name for name in (*KINDS, *PROFILES) if f"`{name}`" not in text] == []

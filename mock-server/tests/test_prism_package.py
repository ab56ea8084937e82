"""Finding and installing Prism, on a machine that need not have it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from specloom_mock.prism import (
    INSTALL_COMMAND,
    PRISM_VERSION,
    Prism,
    PrismError,
    PrismNotInstalledError,
    find_node,
    find_prism,
    install,
)
from specloom_mock.prism.__main__ import main
from specloom_mock.prism.package import cache_directory, lock_directory

ENTRY = Path("node_modules/@stoplight/prism-cli/dist/index.js")


def _executable(path: Path, body: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_missing_node_names_the_command() -> None:
    """Without Node.js the error says what to install and what to run."""
    with pytest.raises(PrismNotInstalledError, match="`node`") as caught:
        find_node({"PATH": ""})
    assert INSTALL_COMMAND in str(caught.value)


def test_missing_package_names_the_command(tmp_path: Path) -> None:
    """Without the npm package the error says where it was looked for and what to run."""
    with pytest.raises(PrismNotInstalledError) as caught:
        find_prism({"SPECLOOM_PRISM": str(tmp_path)})
    assert INSTALL_COMMAND in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_starting_without_node_fails_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`with Prism(...)` on a machine without Node.js raises the same clear error."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrismNotInstalledError, match="`node`"), Prism(b"{}"):
        pass


def test_the_named_directory_wins(tmp_path: Path) -> None:
    """SPECLOOM_PRISM is looked in first, and alone."""
    entry = tmp_path / ENTRY
    entry.parent.mkdir(parents=True)
    entry.touch()
    assert find_prism({"SPECLOOM_PRISM": str(tmp_path)}) == entry


def test_the_cache_is_one_directory_a_version(tmp_path: Path) -> None:
    """A new pinned version does not meet an old installation."""
    directory = cache_directory({"XDG_CACHE_HOME": str(tmp_path)})
    assert directory == tmp_path / "specloom" / f"prism-{PRISM_VERSION}"


def test_install_runs_npm_ci_on_the_lock_file(tmp_path: Path) -> None:
    """`install` copies package.json and its lock and lets npm install exactly those."""
    (tmp_path / "bin").mkdir()
    _executable(
        tmp_path / "bin" / "npm",
        "import pathlib, sys\n"
        "target = pathlib.Path(sys.argv[sys.argv.index('--prefix') + 1])\n"
        "assert sys.argv[1] == 'ci' and '--ignore-scripts' in sys.argv\n"
        "assert (target / 'package-lock.json').is_file()\n"
        f"entry = target / {str(ENTRY)!r}\n"
        "entry.parent.mkdir(parents=True)\n"
        "entry.touch()\n",
    )
    entry = install(environ={"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)})
    assert entry == tmp_path / "specloom" / f"prism-{PRISM_VERSION}" / ENTRY
    copied = (entry.parents[4] / "package-lock.json").read_bytes()
    assert copied == (lock_directory() / "package-lock.json").read_bytes()


def test_a_failing_npm_is_quoted(tmp_path: Path) -> None:
    """npm's own words reach the user."""
    (tmp_path / "bin").mkdir()
    _executable(tmp_path / "bin" / "npm", "raise SystemExit('E404 not found')\n")
    with pytest.raises(PrismError, match="E404 not found"):
        install(tmp_path / "target", environ={"PATH": str(tmp_path / "bin")})


def test_install_without_npm_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails with status 1 and one sentence, not a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["install"]) == 1
    assert "there is no `npm` on the PATH" in capsys.readouterr().err


def test_the_lock_file_pins_prism_and_names_no_registry() -> None:
    """package.json, the lock file and the code agree on one exact version; any registry serves."""
    package = json.loads((lock_directory() / "package.json").read_text(encoding="utf-8"))
    text = (lock_directory() / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert package["dependencies"] == {"@stoplight/prism-cli": PRISM_VERSION}
    assert lock["packages"]["node_modules/@stoplight/prism-cli"]["version"] == PRISM_VERSION
    assert "resolved" not in text
    assert all("integrity" in p for path, p in lock["packages"].items() if path)

"""Where Prism's npm package is, and how it gets there.

The version is pinned, with every dependency, by ``package.json`` and ``package-lock.json``. They
travel in the wheel; the packages themselves are installed by :func:`install` into the user's cache
directory. In a checkout of the sources, ``npm ci`` in ``mock-server/prism`` serves as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .errors import PrismError, PrismNotInstalledError

__all__ = [
    "INSTALL_COMMAND",
    "PRISM_VERSION",
    "cache_directory",
    "find_node",
    "find_prism",
    "install",
    "lock_directory",
]

PRISM_VERSION: Final = "5.14.2"
"""The last version for Node.js 20. Later ones need Node.js 24 and hang on a malformed body."""

INSTALL_COMMAND: Final = "python -m specloom_mock.prism install"
"""The one command that installs Prism."""

DIRECTORY_VARIABLE: Final = "SPECLOOM_PRISM"
"""Environment variable: a directory with ``node_modules/@stoplight/prism-cli`` in it."""

_ENTRY: Final = Path("node_modules", "@stoplight", "prism-cli", "dist", "index.js")
_LOCK_FILES: Final = ("package.json", "package-lock.json")
_INSTALL_TIMEOUT: Final = 600.0  # seconds; a cold npm cache on a slow network
_HERE: Final = Path(__file__).resolve().parent


def lock_directory() -> Path:
    """The directory of ``package.json`` and ``package-lock.json``.

    Raises:
        PrismError: This installation carries neither.
    """
    for candidate in (_HERE / "npm", _HERE.parents[2] / "prism"):
        if all((candidate / name).is_file() for name in _LOCK_FILES):
            return candidate
    raise PrismError("this installation of specloom-mock does not carry Prism's lock file")


def cache_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Where :func:`install` puts Prism: one directory a version, in the user's cache."""
    environ = os.environ if environ is None else environ
    if base := environ.get("XDG_CACHE_HOME"):
        root = Path(base)
    elif local := environ.get("LOCALAPPDATA"):  # Windows
        root = Path(local)
    else:
        root = Path.home() / ".cache"
    return root / "specloom" / f"prism-{PRISM_VERSION}"


def find_node(environ: Mapping[str, str] | None = None) -> str:
    """Path of the ``node`` executable.

    Raises:
        PrismNotInstalledError: None is on the search path.
    """
    environ = os.environ if environ is None else environ
    node = shutil.which("node", path=environ.get("PATH", ""))
    if node is None:
        raise PrismNotInstalledError(
            "Prism runs on Node.js 20 or newer, and there is no `node` on the PATH: "
            f"install Node.js, then run `{INSTALL_COMMAND}`"
        )
    return node


def find_prism(environ: Mapping[str, str] | None = None) -> Path:
    """Path of Prism's entry script.

    Looked for in the directory named by ``SPECLOOM_PRISM``, then in the source tree, then in the
    user's cache.

    Raises:
        PrismNotInstalledError: It is in none of them.
    """
    environ = os.environ if environ is None else environ
    if named := environ.get(DIRECTORY_VARIABLE):
        candidates = [Path(named)]
    else:
        candidates = [lock_directory(), cache_directory(environ)]
    for directory in candidates:
        if (entry := directory / _ENTRY).is_file():
            return entry
    looked = ", ".join(str(directory) for directory in candidates)
    raise PrismNotInstalledError(
        f"Prism {PRISM_VERSION} is not installed (looked in {looked}): run `{INSTALL_COMMAND}`"
    )


def install(directory: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Path:
    """Install the locked Prism with ``npm ci``.

    Args:
        directory: Where to; the user's cache by default.
        environ: Environment of npm; this process's by default.

    Returns:
        Path of the entry script.

    Raises:
        PrismNotInstalledError: There is no ``npm`` on the PATH.
        PrismError: npm failed; the text ends in its output.
    """
    environ = os.environ if environ is None else environ
    npm = shutil.which("npm", path=environ.get("PATH", ""))
    if npm is None:
        raise PrismNotInstalledError(
            "there is no `npm` on the PATH: install Node.js 20 or newer, "
            f"then run `{INSTALL_COMMAND}`"
        )
    directory = cache_directory(environ) if directory is None else directory
    source = lock_directory()
    directory.mkdir(parents=True, exist_ok=True)
    if directory.resolve() != source.resolve():
        for name in _LOCK_FILES:
            shutil.copyfile(source / name, directory / name)
    command = [npm, "ci", "--prefix", str(directory), "--ignore-scripts", "--no-fund", "--no-audit"]
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PrismError(f"npm did not finish within {_INSTALL_TIMEOUT:.0f} s") from None
    entry = directory / _ENTRY
    if done.returncode != 0 or not entry.is_file():
        raise PrismError(f"npm could not install Prism:\n{done.stdout}{done.stderr}".rstrip())
    return entry

"""``python -m specloom_mock.prism``: install the pinned Prism, or run its proxy before a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import PrismError
from .package import PRISM_VERSION, install
from .process import Prism

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 when Prism could not be installed, or did not start."""
    parser = argparse.ArgumentParser(
        prog="python -m specloom_mock.prism", description=f"Prism {PRISM_VERSION}."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="install it with npm ci, from its lock file")
    command.add_argument(
        "--directory", type=Path, help="where to (default: the user's cache directory)"
    )
    proxy = commands.add_parser("proxy", help="run its proxy until told to end; prints its URL")
    proxy.add_argument("document", type=Path, help="the OpenAPI document")
    proxy.add_argument("upstream", help="the server's URL, with the document's prefix")
    options = parser.parse_args(arguments)
    if options.command == "proxy":
        return _proxy(options.document, options.upstream)
    try:
        entry = install(options.directory)
    except PrismError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"Prism {PRISM_VERSION} is installed: {entry}\n")
    return 0


def _proxy(document: Path, upstream: str) -> int:
    try:
        with Prism(document, mode="proxy", upstream=upstream) as prism:
            return prism.wait(lambda: _say(prism.base_url))
    except PrismError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

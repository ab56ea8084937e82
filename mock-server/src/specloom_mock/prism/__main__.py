"""``python -m specloom_mock.prism install``: put the pinned Prism into the user's cache."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import PrismError
from .package import PRISM_VERSION, install

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when Prism is installed, 1 when it could not be."""
    parser = argparse.ArgumentParser(
        prog="python -m specloom_mock.prism", description=f"Install Prism {PRISM_VERSION}."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="install it with npm ci, from its lock file")
    command.add_argument(
        "--directory", type=Path, help="where to (default: the user's cache directory)"
    )
    options = parser.parse_args(arguments)
    try:
        entry = install(options.directory)
    except PrismError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"Prism {PRISM_VERSION} is installed: {entry}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

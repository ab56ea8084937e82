"""``specloom diff OLD NEW``: the arguments, the report and the exit status."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from specloom.config import Config, default_config, load_config
from specloom.config.binding import load_bound
from specloom.diagnostics import Diagnostics, Locator
from specloom.diff.changes import Level
from specloom.diff.compare import Edition, compare
from specloom.diff.report import lines, markdown, values
from specloom.ir.build import build
from specloom.ir.lock import FILE_NAME, LockError, NameLock, lock_of, parse_lock
from specloom.spec import Document

__all__ = ["configure", "run"]

_OK: Final = 0
_FAILED: Final = 1
_BAD_INPUT: Final = 2
_LEVELS = {level.value: index for index, level in enumerate(Level)}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to ``parser``."""
    parser.description = (
        "Say what a new version of a document changes for users of the generated SDKs: what "
        "breaks their programs, what is new, what is better; and the version that follows."
    )
    parser.add_argument("old", help="the document that the SDKs are generated from now")
    parser.add_argument("new", help="the document that they are to be generated from")
    parser.add_argument(
        "--config", metavar="FILE", help="configuration of the new SDKs (default: beside NEW)"
    )
    parser.add_argument(
        "--old-config",
        metavar="FILE",
        help="configuration of the old SDKs (default: --config, else beside OLD, else the new one)",
    )
    parser.add_argument(
        "--lock",
        metavar="FILE",
        help="specloom.lock of the SDK (default: the one in the configured folder of the SDK)",
    )
    for name, which in (("--overlay", "new"), ("--old-overlay", "old")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="FILE",
            help=f"Overlay 1.0 to apply to the {which} document; may be repeated",
        )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="follow $ref to files outside a document's folder",
    )
    parser.add_argument(
        "--fail-on",
        choices=list(_LEVELS),
        help="exit with 1 where there is a change of this level or a graver one",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument(
        "--markdown", action="store_true", help="print the changes as sections of a changelog"
    )


def run(args: argparse.Namespace) -> int:
    """Compare, print the report, and return the exit status.

    Args:
        args: What :func:`configure` declares.

    Raises:
        SpecloomError: A document or a configuration cannot be read.
    """
    config = _config(args.config, args.new) or default_config()
    named = args.old_config or args.config
    old_config = _config(named, args.old) or config
    try:
        lock = _lock(args.lock, config)
    except (LockError, OSError) as error:
        sys.stderr.write(f"specloom: {args.lock or FILE_NAME}: {error}\n")
        return _BAD_INPUT
    outside = args.allow_outside
    old_document, old_config = load_bound(
        args.old, old_config, overlays=args.old_overlay, confine=not outside
    )
    old = Edition(build(old_document, old_config, lock=lock), old_config)
    new_document, config = load_bound(args.new, config, overlays=args.overlay, confine=not outside)
    # what is generated into the same folder keeps the names that stand there
    new = Edition(build(new_document, config, lock=lock_of(old.api)), config)
    changes = compare(old, new)
    places = (args.old, _finder(old_document)), (args.new, _finder(new_document))
    version = old_config.brand.version
    if args.json:
        report = json.dumps(values(changes, version, *places), ensure_ascii=False, indent=2)
    elif args.markdown:
        report = markdown(changes)
    else:
        report = "\n".join(lines(changes, version, *places))
    if report:
        sys.stdout.write(f"{report}\n")
    if args.fail_on is None:
        return _OK
    limit = _LEVELS[args.fail_on]
    return _FAILED if any(_LEVELS[item.level.value] <= limit for item in changes) else _OK


def _finder(document: Document) -> Locator:
    return document.position


def _config(named: str | None, document: str) -> Config | None:
    """Return the named configuration, else the one that stands beside a document and names it."""
    if named is not None:
        return load_config(named, Diagnostics())
    own = Path(document)
    for beside in (own.with_name(f"{own.stem}.specloom.yaml"), own.with_name("specloom.yaml")):
        if beside.is_file() and beside.resolve() != own.resolve():
            found = load_config(beside, Diagnostics())
            if found.document and (beside.parent / found.document).resolve() == own.resolve():
                return found
    return None


def _lock(named: str | None, config: Config) -> NameLock:
    if named is not None:
        return parse_lock(Path(named).read_bytes())
    for target in config.targets.values():
        path = Path(config.path or ".").parent / (target.out or f"{target.name}-sdk") / FILE_NAME
        if path.is_file():
            return parse_lock(path.read_bytes())
    return NameLock()

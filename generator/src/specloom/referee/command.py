"""``specloom referee DOCUMENT``: the arguments, the report and the exit status.

Exit status: 0 when every difference is explained, 1 when one is not, 2 when the referee is not
installed, cannot read the document, or the list of explanations cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from specloom.config import default_config, load_config
from specloom.config.binding import load_bound
from specloom.diagnostics import Diagnostics
from specloom.ir.build import build
from specloom.opc import PINNED_VERSION, UnavailableError

from .compare import Difference, compare
from .explanations import Explanation, ExplanationError, Verdict, judge, load_explanations
from .ours import read_ours
from .reading import Reading
from .theirs import RefereeError, read_theirs

__all__ = ["configure", "explanations_beside", "run"]

_OK: Final = 0
_FAILED: Final = 1
_BAD_INPUT: Final = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to ``parser``."""
    parser.description = (
        f"Compare Specloom's reading of a document with openapi-python-client {PINNED_VERSION}'s: "
        "operations, parameters, fields, types. Each difference must have an explanation."
    )
    parser.add_argument("document", type=Path, help="OpenAPI 3.0 or 3.1, YAML or JSON")
    parser.add_argument("--config", type=Path, help="specloom.yaml")
    parser.add_argument(
        "--explanations",
        type=Path,
        help="list of known differences (default: NAME.referee.yaml beside the document NAME.yaml)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare, print the report, and return the exit status.

    Args:
        args: What :func:`configure` declares.

    Raises:
        SpecloomError: Specloom itself cannot read the document or the configuration.
    """
    document: Path = args.document
    diagnostics = Diagnostics()
    config = default_config() if args.config is None else load_config(args.config)
    read, config = load_bound(document, config, diagnostics)
    api = build(read, config, diagnostics)
    try:
        explanations = _explanations(args.explanations, document)
        theirs = read_theirs(document)
    except (ExplanationError, RefereeError, UnavailableError) as error:
        sys.stderr.write(f"error: {error}\n")
        return _BAD_INPUT
    verdict = judge(compare(read_ours(api), theirs), explanations)
    report = _as_json(verdict, theirs) if args.json else _as_text(verdict, theirs)
    sys.stdout.write(report)
    return _FAILED if verdict.unexplained else _OK


def explanations_beside(document: Path) -> Path:
    """Where a document's list of explanations is looked for: ``openapi.referee.yaml``."""
    return document.with_name(f"{document.stem}.referee.yaml")


def _explanations(named: Path | None, document: Path) -> tuple[Explanation, ...]:
    if named is not None:
        return load_explanations(named)
    beside = explanations_beside(document)
    return load_explanations(beside) if beside.is_file() else ()


def _as_text(verdict: Verdict, theirs: Reading) -> str:
    lines = [f"referee: {_printable(text)}" for text in theirs.complaints]
    for difference in verdict.unexplained:
        lines.append(f"unexplained: {_printable(str(difference))}")
        lines.append(f"    at {_printable(difference.where)}")
    for difference, explanation in verdict.explained:
        lines.append(f"explained: {_printable(str(difference))}")
        lines.append(f"    {_printable(explanation.reason)}")
    for explanation in verdict.unused:
        lines.append(
            f"unused explanation: {_printable(explanation.pointer)}: {explanation.kind}: "
            "the readers agree there; remove it"
        )
    lines.append(
        f"{len(theirs.operations)} operations read by the referee; "
        f"{len(verdict.unexplained)} unexplained differences, {len(verdict.explained)} explained, "
        f"{len(verdict.unused)} unused explanations"
    )
    return "\n".join(lines) + "\n"


def _as_json(verdict: Verdict, theirs: Reading) -> str:
    report = {
        "referee": f"openapi-python-client {PINNED_VERSION}",
        "operations": len(theirs.operations),
        "complaints": list(theirs.complaints),
        "unexplained": [_members(difference) for difference in verdict.unexplained],
        "explained": [
            {**_members(difference), "reason": explanation.reason}
            for difference, explanation in verdict.explained
        ],
        "unused": [
            {"pointer": item.pointer, "kind": item.kind, "reason": item.reason}
            for item in verdict.unused
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _members(difference: Difference) -> dict[str, Any]:
    return {
        "pointer": difference.pointer,
        "kind": difference.kind,
        "ours": difference.ours,
        "theirs": difference.theirs,
        "where": difference.where,
    }


def _printable(text: str) -> str:
    """Document text for a terminal: control characters become escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

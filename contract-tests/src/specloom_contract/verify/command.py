"""``specloom verify DOCUMENT --base-url URL``: arguments, files, exit codes."""

from __future__ import annotations

import argparse
import ipaddress
import os
import secrets
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console

from specloom.config import Config, default_config, load_config
from specloom.diagnostics import Diagnostics, SpecloomError
from specloom.spec import Document, load

from .credentials import AuthError, Credentials, parse_auth
from .derive import derive
from .html_report import as_html
from .inquiry import Settings
from .json_report import as_json
from .junit import as_junit
from .model import ABORTED, UNUSABLE, Report
from .probe import Limits
from .run import ENGINES, Order, verify
from .schemathesis import Fuzzing
from .selection import SelectionError, exclusions
from .terminal import Progress, print_report

__all__ = ["VerifyCommand", "command", "order_of"]

_EXIT_CODES: Final = """\
exit codes:
  0  the server conforms in all that was tested
  1  violations, or a required engine (--require) that did not run
  2  bad usage, or a document that cannot be read
  3  the server cannot be reached, or the run ended before its end

Secrets are read from the environment (--auth bearer=env:STAGING_TOKEN) and are in no report.
Nothing is changed on a server that is not on loopback, unless --allow-writes is given; what the
run creates it deletes again where the document has an operation for that, and it names the rest.
"""


class _Usage(ValueError):
    """Arguments that cannot be used."""


class VerifyCommand:
    """The ``verify`` subcommand of ``specloom``."""

    help = "hold a live server to a document"

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""
        parser.description = "Hold any live server to its OpenAPI document."
        parser.epilog = _EXIT_CODES
        add = parser.add_argument
        add("document", type=Path, help="the OpenAPI document")
        add("--base-url", required=True, metavar="URL", help="the server, with its path prefix")
        add("--config", type=Path, help="specloom.yaml, where it says how lists page")
        add(
            "--auth",
            action="append",
            default=[],
            metavar="SCHEME=env:VARIABLE",
            help="a credential: a security scheme's name (or bearer, basic, api-key, cookie) and "
            "the environment variable that holds it; may be repeated",
        )
        add(
            "--include",
            action="append",
            default=[],
            metavar="PATTERN",
            help="operation id or path glob to test; may be repeated",
        )
        add(
            "--exclude",
            action="append",
            default=[],
            metavar="PATTERN",
            help="operation id or path glob to leave alone; may be repeated",
        )
        add(
            "--param",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="value of a path parameter that nothing else tells; may be repeated",
        )
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument(
            "--read-only",
            action="store_true",
            help="send only GET, HEAD and OPTIONS (default for hosts that are not loopback)",
        )
        mode.add_argument(
            "--allow-writes",
            action="store_true",
            help="create, change and delete rows too (default for loopback)",
        )
        add("--only", metavar="ENGINES", help=f"of {','.join(ENGINES)}; separated by commas")
        add(
            "--require",
            action="append",
            default=[],
            choices=ENGINES,
            metavar="ENGINE",
            help="fail when this engine cannot run; may be repeated",
        )
        add("--seed", type=int, help="repeat a run's choices (default: random; reports name it)")
        add(
            "--timeout",
            type=_seconds,
            default=10.0,
            metavar="SECONDS",
            help="for one request (default: %(default)g)",
        )
        add(
            "--max-time",
            type=_seconds,
            default=600.0,
            metavar="SECONDS",
            help="for the whole run (default: %(default)g)",
        )
        add(
            "--max-examples",
            type=int,
            default=10,
            metavar="N",
            help="requests of Schemathesis an operation and phase (default: %(default)s)",
        )
        add(
            "--schemathesis-args",
            default="",
            metavar="ARGS",
            help="further arguments of `schemathesis run`, in one string",
        )
        add("--junit", type=Path, metavar="FILE", help="write JUnit XML")
        add("--json", type=Path, metavar="FILE", help="write JSON")
        add("--html", type=Path, metavar="FILE", help="write a page to read")
        add("--quiet", action="store_true", help="print nothing but errors")

    def run(self, args: argparse.Namespace) -> int:
        """Verify and report; the exit code."""
        console = Console(quiet=args.quiet, soft_wrap=not sys.stdout.isatty(), highlight=False)
        try:
            document, config = _read(args)
            order, credentials = order_of(args, document, config)
        except (_Usage, AuthError, SelectionError, SpecloomError, OSError) as error:
            sys.stderr.write(f"specloom verify: {error}\n")
            return UNUSABLE
        try:
            report = verify(order, document, config, credentials, Progress(console))
        except KeyboardInterrupt:
            sys.stderr.write("specloom verify: interrupted\n")
            return ABORTED
        print_report(console, report)
        _write(args, report)
        return report.exit_code


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and less than a day")
    return value


def _read(args: argparse.Namespace) -> tuple[Document, Config]:
    diagnostics = Diagnostics()
    document = load(args.document, diagnostics=diagnostics)
    config = load_config(args.config, diagnostics) if args.config else default_config()
    if not document.root.get("paths"):
        raise _Usage(f"{args.document} declares no paths: there is nothing to verify")
    return document, config


def order_of(
    args: argparse.Namespace, document: Document, config: Config
) -> tuple[Order, Credentials]:
    """What the arguments ask for, and the credentials that they name.

    Raises:
        ValueError: They cannot be used; the message says why.
    """
    plan, api = derive(document, config)
    base = urlsplit(args.base_url)
    if base.scheme not in {"http", "https"} or not base.hostname:
        raise _Usage(f"--base-url must be an http or https URL, not {args.base_url!r}")
    if base.username or base.password:
        raise _Usage("--base-url holds credentials: use --auth, which reads the environment")
    if base.query or base.fragment:
        raise _Usage("--base-url must have no query and no fragment")
    credentials = parse_auth(args.auth, api.security_schemes, os.environ)
    only = args.only.split(",") if args.only else list(ENGINES)
    unknown = [name for name in only if name not in ENGINES]
    if unknown:
        raise _Usage(f"--only knows {', '.join(ENGINES)}, not {', '.join(unknown)}")
    outside = [name for name in args.require if name not in only]
    if outside:
        raise _Usage(f"--require {outside[0]} contradicts --only")
    read_only = args.read_only or not (args.allow_writes or _loopback(base.hostname))
    settings = Settings(
        read_only=read_only,
        seed=args.seed if args.seed is not None else secrets.randbelow(2**31),
        excluded=exclusions(plan.endpoints, args.include, args.exclude),
        values=_values(args.param),
    )
    try:
        extra = shlex.split(args.schemathesis_args)
    except ValueError as error:
        raise _Usage(f"--schemathesis-args: {error}") from error
    order = Order(
        path=args.document,
        base_url=args.base_url.rstrip("/"),
        limits=Limits(args.timeout, args.max_time),
        settings=settings,
        only=only,
        required=args.require,
        fuzzing=Fuzzing(max(1, args.max_examples), extra),
    )
    return order, credentials


def _values(given: Sequence[str]) -> dict[str, str]:
    made = {}
    for pair in given:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise _Usage(f"--param takes NAME=VALUE, not {pair!r}")
        made[name] = value
    return made


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _write(args: argparse.Namespace, report: Report) -> None:
    for file, make in ((args.junit, as_junit), (args.json, as_json), (args.html, as_html)):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(make(report), encoding="utf-8")


command = VerifyCommand()

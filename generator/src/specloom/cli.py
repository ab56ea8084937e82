"""The command line: arguments, exit codes, and everything that is printed."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from specloom import __version__
from specloom.diagnostics import Diagnostics, SpecloomError, render_text
from specloom.fidelity import Ledger

if TYPE_CHECKING:
    from specloom.config import Config
    from specloom.ir.model import Api
    from specloom.spec import Document

__all__ = ["Command", "main"]

OK, FAILED, BAD_INPUT, INTERNAL = 0, 1, 2, 3
_EXIT_CODES = """\
exit codes:
  0  done
  1  a check failed: drift, errors in the document, an unexplained difference, too little fidelity,
     a change that --fail-on names
  2  bad usage or bad input: the document cannot be read, the target is unknown
  3  an internal error: please report it
"""
_OWN = {"diff": "specloom.diff.command", "referee": "specloom.referee.command"}
"""Commands that are imported only when they are asked for."""

_SHOWN = 20
"""Diagnostics that ``generate`` shows; ``lint`` shows all of them."""

_HELP = {
    "generate": "write SDKs, or check that they are up to date",
    "lint": "report what is wrong with a document and its extensions",
    "fidelity": "report what of a document reaches the SDKs",
    "diff": "say what a new version of a document breaks, adds and mends in the SDKs",
    "referee": "compare the reading of a document with openapi-python-client's",
    "mock": "serve a document as a stateful mock server",
    "verify": "hold an SDK or a server to the contract scenarios",
}


class Command(Protocol):
    """A subcommand, as packages register it in the entry-point group ``specloom.commands``."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the subcommand's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Run it and return the exit code."""
        ...


class _UsageError(Exception):
    """Arguments that make no sense together."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: Arguments without the program's name; the process's own ones by default.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    collecting = gc.isenabled()
    gc.disable()  # a short-lived process that builds one large structure
    try:
        return _run(arguments)
    except SystemExit as stopped:  # argparse has said why
        return stopped.code if isinstance(stopped.code, int) else BAD_INPUT
    except SpecloomError as error:
        if "--json" in arguments:
            _print_json({"diagnostics": [error.diagnostic.as_dict()]})
        else:
            _complain(render_text([error.diagnostic]))
        return BAD_INPUT
    except _UsageError as error:
        _complain(f"specloom: {error}")
        return BAD_INPUT
    except BrokenPipeError:
        return OK
    except KeyboardInterrupt:
        _complain("specloom: interrupted")
        return BAD_INPUT
    except Exception:
        traceback.print_exc()
        _complain("specloom: this is a defect of Specloom; please report it")
        return INTERNAL
    finally:
        if collecting:
            gc.enable()


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="specloom",
        description="Turn an OpenAPI document into typed SDKs.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"specloom {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    builtin: dict[str, Command] = {
        "generate": _Generate(),
        "lint": _Lint(),
        "fidelity": _Fidelity(),
    }
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    command = builtin.get(wanted or "")
    names = dict.fromkeys(builtin)
    if command is None:  # looking for other packages' commands takes time: only when needed
        found, command = _registered(wanted)
        names.update(dict.fromkeys(found))
    for name in names:
        subparser = subparsers.add_parser(
            name,
            help=_HELP.get(name, f"see specloom {name} --help"),
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command is not None and name == wanted:
            command.configure(subparser)
    args = parser.parse_args(arguments)
    if command is None:
        parser.print_help()
        return BAD_INPUT
    return command.run(args)


def _registered(wanted: str | None) -> tuple[list[str], Command | None]:
    """Return the names of further commands, and the wanted one of them."""
    from importlib import import_module
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group="specloom.commands")}
    names = sorted({*_OWN, *points})
    if wanted not in names:
        return names, None
    try:
        found: Any = import_module(_OWN[wanted]) if wanted in _OWN else points[wanted].load()
    except ImportError as error:
        raise _UsageError(f"the command {wanted} cannot be loaded: {error}") from error
    command: Command = found
    return names, command


def _print(text: str) -> None:
    if text:
        sys.stdout.write(f"{text}\n")


def _print_json(values: Any) -> None:
    _print(json.dumps(values, ensure_ascii=False, indent=2))


def _complain(text: str) -> None:
    if text:
        sys.stderr.write(f"{text}\n")


def _progress(text: str, *, show: bool) -> None:
    if show:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


# --- what the subcommands share ------------------------------------------------------------------


def _add_input(parser: argparse.ArgumentParser, *, targets: bool) -> None:
    parser.add_argument(
        "document",
        nargs="?",
        help="OpenAPI 2.0, 3.0 or 3.1, YAML or JSON (default: the configuration's document)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="specloom.yaml, or a stainless.yml as it is (default: NAME.specloom.yaml or "
        "specloom.yaml beside the document NAME.yaml, if it names that document)",
    )
    parser.add_argument(
        "--overlay",
        action="append",
        default=[],
        metavar="FILE",
        help="Overlay 1.0 to apply to the document; may be repeated",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="follow $ref to files outside the document's folder",
    )
    if targets:
        parser.add_argument(
            "--target",
            action="append",
            metavar="NAME",
            help="SDK; may be repeated (default: the configuration's targets, or python)",
        )
        parser.add_argument(
            "--layout",
            choices=("plain", "stainless"),
            help="how files and types are called (default: stainless with a stainless.yml)",
        )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _inputs(args: argparse.Namespace, diagnostics: Diagnostics) -> tuple[str, Config]:
    """Return the document's path and the configuration."""
    from specloom.config import default_config, load_config

    config = default_config()
    if args.config is not None:
        config = load_config(args.config, diagnostics)
    elif args.document is not None:
        own = Path(args.document)
        for beside in (own.with_name(f"{own.stem}.specloom.yaml"), own.with_name("specloom.yaml")):
            if beside.is_file() and beside.resolve() != own.resolve():
                found = load_config(beside, diagnostics)
                named = beside.parent / (found.document or "")
                if found.document and named.resolve() == own.resolve():
                    config = found
                    break
    elif Path("specloom.yaml").is_file():
        config = load_config("specloom.yaml", diagnostics)
    else:
        raise _UsageError("name a document, or a configuration with --config")
    if args.document is not None:
        return args.document, config
    if config.document is None:
        raise _UsageError(f"{config.path} names no document: name one as an argument")
    return str(Path(config.path or ".").parent / config.document), config


def _targets(args: argparse.Namespace, config: Config) -> list[str]:
    from specloom.targets import TARGETS

    wanted = args.target or list(config.targets) or ["python"]
    unknown = [name for name in wanted if name not in TARGETS]
    if unknown:
        raise _UsageError(
            f"unknown target {', '.join(unknown)}; known targets: {', '.join(TARGETS)}"
        )
    return list(dict.fromkeys(wanted))


def _load(
    args: argparse.Namespace, path: str, config: Config, diagnostics: Diagnostics, ledger: Ledger
) -> tuple[Document, Config]:
    """Return the canonical document, and the configuration bound to it."""
    from specloom.config.binding import laid_out, load_bound

    return load_bound(
        path,
        laid_out(config, getattr(args, "layout", None)),
        diagnostics,
        ledger,
        overlays=args.overlay,
        confine=not args.allow_outside,
    )


def _read(
    args: argparse.Namespace, path: str, config: Config, diagnostics: Diagnostics, ledger: Ledger
) -> tuple[Document, Config, Api]:
    from specloom.ir.build import build

    document, config = _load(args, path, config, diagnostics, ledger)
    return document, config, build(document, config, diagnostics, ledger)


# --- the subcommands -----------------------------------------------------------------------------


class _Generate:
    """``specloom generate``."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        parser.description = "Write the SDKs of a document."
        _add_input(parser, targets=True)
        parser.add_argument(
            "--out", help="folder (default: the configuration's, or TARGET-sdk in this folder)"
        )
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit with 1 where files differ"
        )

    def run(self, args: argparse.Namespace) -> int:
        from specloom.emit.output import OutputError
        from specloom.ir.build import build
        from specloom.ir.lock import LockError
        from specloom.targets import produce, read_lock

        started = time.perf_counter()
        diagnostics, ledger = Diagnostics(), Ledger()
        path, config = _inputs(args, diagnostics)
        targets = _targets(args, config)
        if args.out is not None and len(targets) > 1:
            raise _UsageError("--out names one folder: choose one target with --target")
        show = sys.stderr.isatty() and not args.json
        _progress(f"reading {path}", show=show)
        document, config = _load(args, path, config, diagnostics, ledger)
        made, apis = [], []
        for target in targets:
            _progress(f"writing {target}", show=show)
            out = _out(target, args.out, config)
            try:
                apis.append(build(document, config, diagnostics, ledger, read_lock(out)))
                made.append(produce(target, apis[-1], config, ledger, out, check_only=args.check))
            except LockError as error:
                raise _UsageError(f"{out}/specloom.lock: {error}") from error
            except (OutputError, OSError) as error:
                raise _UsageError(str(error)) from error
        _progress("", show=show)
        from specloom import reports

        api = apis[-1]
        seconds = time.perf_counter() - started
        if args.json:
            from specloom.measure import measure

            measured = measure(document, api, ledger)
            _print_json(
                reports.generate_values(document, api, made, measured, diagnostics, seconds)
            )
        else:
            _complain(reports.diagnostic_lines(diagnostics, _SHOWN))
            _print("\n".join(reports.generate_lines(api, made, seconds, check=args.check)))
        return FAILED if args.check and any(item.changes for item in made) else OK


def _out(target: str, named: str | None, config: Config) -> Path:
    if named is not None:
        return Path(named)
    configured = config.targets.get(target)
    if configured is not None and configured.out is not None:
        return Path(config.path or ".").parent / configured.out
    return Path(f"{target}-sdk")


class _Lint:
    """``specloom lint``."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        parser.description = (
            "Report what is wrong with a document, and with its extensions by their JSON Schemas."
        )
        _add_input(parser, targets=False)
        parser.add_argument(
            "--repair",
            metavar="FILE",
            help="write an Overlay that takes out what cannot be read, to apply with --overlay",
        )

    def run(self, args: argparse.Namespace) -> int:
        from specloom import reports
        from specloom.lint import lint_extensions

        diagnostics = Diagnostics()
        path, config = _inputs(args, diagnostics)
        document, _, api = _read(args, path, config, diagnostics, Ledger())
        extensions = sum(lint_extensions(Path(name), diagnostics) for name in (path, *args.overlay))
        if args.repair is not None:
            _write_repair(document, diagnostics, args.repair)
        if args.json:
            _print_json(reports.lint_values(document, api, extensions, diagnostics))
        else:
            _complain(reports.diagnostic_lines(diagnostics))
            _print(reports.lint_line(document, api, extensions, diagnostics))
        return FAILED if diagnostics.has_errors else OK


def _write_repair(document: Document, diagnostics: Diagnostics, name: str) -> None:
    from specloom.repair import Repairs

    made = Repairs(document, diagnostics)
    try:
        Path(name).write_text(made.overlay(), encoding="utf-8")
    except OSError as error:
        raise _UsageError(f"{name}: {error.strerror}") from error
    if made.elsewhere:
        _complain(f"specloom: an overlay cannot reach the places of {made.elsewhere} findings")


class _Fidelity:
    """``specloom fidelity``."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        parser.description = "Count what of a document reaches the SDKs, and name every loss."
        _add_input(parser, targets=True)
        parser.add_argument(
            "--min-fidelity",
            type=float,
            default=0.0,
            metavar="PERCENT",
            help="exit with 1 below this",
        )

    def run(self, args: argparse.Namespace) -> int:
        from specloom import reports
        from specloom.measure import measure
        from specloom.targets import account

        diagnostics, ledger = Diagnostics(), Ledger()
        path, config = _inputs(args, diagnostics)
        targets = _targets(args, config)
        document, config, api = _read(args, path, config, diagnostics, ledger)
        for target in targets:
            account(target, api, config, ledger)
        made = measure(document, api, ledger)
        if args.json:
            _print_json(reports.fidelity_values(document, targets, made))
        else:
            _print("\n".join(reports.fidelity_lines(document, targets, made)))
        return FAILED if made.percent < args.min_fidelity else OK

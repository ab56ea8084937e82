"""``specloom mock DOCUMENT``: arguments, what is told at start, exit codes."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from specloom.diagnostics import SpecloomError
from specloom_mock.browser import page_addresses
from specloom_mock.derived import derivation, derivation_lines
from specloom_mock.mock import Mock
from specloom_mock.overlay import OverlayError
from specloom_mock.plan import ApiPlan, Kind
from specloom_mock.profiles import PROFILES
from specloom_mock.ratelimit import parse_quota
from specloom_mock.server import listen, make_server
from specloom_mock.session import Options
from specloom_mock.statefile import StateError, StateFile
from specloom_mock.watching import Reload, Watcher

__all__ = ["MockCommand", "command", "main"]

_BAD_INPUT = 2
_FAILED = 1
_GRACE = 10
"""Real seconds that requests have to finish after the first signal."""
_CREDENTIAL = "Authorization: Bearer sk_live_mock_0123456789abcdef"
_ONE_PROCESS = (
    "the state is kept in one process, and two would answer differently; "
    "use sessions (X-Mock-Session) to keep clients apart, or several servers on ports of their own"
)


class MockCommand:
    """The ``mock`` subcommand of ``specloom``."""

    help = "serve a document as a working API"

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""
        add = parser.add_argument
        add("document", type=Path, help="the OpenAPI document")
        add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        add("--port", type=int, default=8080, help="0 for any free one (default: %(default)s)")
        add("--chaos-port", type=int, help="a second port that may break the document; 0 for any")
        add(
            "--chaos-profile",
            choices=tuple(PROFILES),
            help="a mixture of failures on the chaos port, which it opens",
        )
        add("--port-file", type=Path, help="write the port (and the chaos port) here when ready")
        add("--ready-fd", type=int, help="write a line to this descriptor when ready")
        add("--seed", type=int, default=1, help="what ids and data depend on (default: 1)")
        add("--rows", type=int, default=50, help="rows in each collection (default: %(default)s)")
        add("--clock", choices=("real", "virtual"), default="real", help="default: %(default)s")
        add("--limit", metavar="N/WINDOW", help="one quota for everything, such as 5/2s")
        add("--no-limits", action="store_true", help="refuse nobody for lack of quota")
        add(
            "--store",
            default="memory",
            metavar="memory|sqlite:FILE",
            help="where rows and credentials are kept (default: %(default)s)",
        )
        add(
            "--no-watch",
            action="store_true",
            help="do not serve the document anew when it changes",
        )
        add("--overlay", type=Path, help="what the document does not say (NAME.mock.yaml)")
        add(
            "--webhook-allow",
            action="append",
            default=[],
            metavar="HOST",
            help="send webhooks to this host too (default: loopback only)",
        )
        add("--admin-token", help="bearer token for /__mock; needed for it beyond loopback")
        add("--workers", type=int, default=1, help="must be 1: the state lives in one process")
        add("--engine", choices=("builtin", "prism"), default="builtin")
        add("--json", action="store_true", help="tell everything as JSON lines")

    def run(self, args: argparse.Namespace) -> int:
        """Serve until interrupted.

        The first SIGTERM or SIGINT lets requests finish, the second ends them.

        Returns:
            0 after an orderly end, 1 when the server could not run or was cut off, 2 for unusable
            input.
        """
        if args.workers != 1:
            return _fail(args, _BAD_INPUT, f"--workers {args.workers}: {_ONE_PROCESS}")
        if args.engine == "prism":
            return _run_prism(args)
        try:
            quota = parse_quota(args.limit) if args.limit else None
        except ValueError as error:
            return _fail(args, _BAD_INPUT, f"--limit: {error}")
        loopback = _is_loopback(args.host)
        options = Options(
            seed=args.seed,
            rows=args.rows,
            virtual=args.clock == "virtual",
            limit=quota,
            limits=not args.no_limits,
            webhook_hosts=frozenset(args.webhook_allow),
            admin=loopback or args.admin_token is not None,
            admin_token=args.admin_token,
            profile=args.chaos_profile,
        )
        if args.chaos_profile is not None and args.chaos_port is None:
            args.chaos_port = 0
        try:
            mock = Mock.load(args.document, options, overlay=args.overlay)
        except (SpecloomError, OverlayError, OSError) as error:
            return _fail(args, _BAD_INPUT, str(error))
        kind, colon, file = args.store.partition(":")
        if not (args.store == "memory" or (kind == "sqlite" and file)):
            return _fail(args, _BAD_INPUT, f"--store: not memory or sqlite:FILE: {args.store!r}")
        if not colon:
            return _serve(args, mock)
        try:
            state = StateFile(Path(file))
        except StateError as error:
            return _fail(args, _BAD_INPUT, f"--store: {error}")
        try:
            changed = mock.keep_in(state)
            if changed is not None:
                _note(args, "state", changed)
            return _serve(args, mock)
        except StateError as error:
            return _fail(args, _BAD_INPUT, f"--store: {error}")
        finally:
            state.close()


def _serve(args: argparse.Namespace, mock: Mock) -> int:
    sockets: list[socket.socket] = []
    for port in (args.port, args.chaos_port):
        if port is None:
            continue
        try:
            sockets.append(listen(args.host, port))
        except (OSError, OverflowError) as error:
            for opened in sockets:
                opened.close()
            reason = getattr(error, "strerror", None) or error
            return _fail(args, _FAILED, f"cannot listen on {args.host}:{port}: {reason}")
    addresses = mock.addresses
    addresses.host = f"[{args.host}]" if ":" in args.host else args.host
    addresses.port = sockets[0].getsockname()[1]
    if len(sockets) > 1:
        addresses.chaos_port = sockets[1].getsockname()[1]
    server = make_server(mock, grace=_GRACE)
    server.ready = lambda: _announce(args, mock)
    if not args.no_watch:
        server.watcher = Watcher(mock, lambda event: _tell_reload(args, event))
    server.run(sockets=sockets)
    return _FAILED if server.cut_off else 0


def _announce(args: argparse.Namespace, mock: Mock) -> None:
    """Say where the server listens and what could not be derived."""
    plan, addresses = mock.engine.plan, mock.addresses
    session = mock.session()
    facts: dict[str, Any] = {
        "title": plan.title,
        "url": mock.base_url(session),
        "port": addresses.port,
        "chaos_port": addresses.chaos_port,
        "chaos_profile": session.profile,
        **page_addresses(mock),
        "operations": len(plan.operations),
        "collections": [collection.name for collection in plan.collections.values()],
        "derived": derivation(plan) if args.json else [],
        "notes": plan.notes,
        "pid": os.getpid(),
    }
    ports = [addresses.port] + ([addresses.chaos_port] if addresses.chaos_port else [])
    _tell_ready(args, ports, str(facts["url"]))
    if args.json:
        _say(json.dumps({"event": "ready", **facts}))
    else:
        _say(f"{plan.title}: {len(plan.operations)} operations at {facts['url']}")
        if addresses.chaos_port is not None:
            mixture = f" ({session.profile})" if session.profile is not None else ""
            _say(f"Chaos port{mixture}: {mock.base_url(session, chaos=True)}")
        if mock.options.admin:
            _say(f"Console: {facts['console']}")
            _say(f"Reference: {facts['docs']}")
        _say(f"Collections: {', '.join(facts['collections']) or 'none'}")
        for line in derivation_lines(plan):
            _say(f"  {line}")
        for note in plan.notes:
            _say(f"  note: {note}")
        if not mock.options.admin:
            _say("/__mock is off: it needs --admin-token when the server is not on loopback")
        _say("Any API key of 24 characters or more may do everything, such as")
        _say(f"  curl {facts['url']}{_example_path(plan)} -H '{_CREDENTIAL}'")


def _example_path(plan: ApiPlan) -> str:
    """A list that anybody can ask for as it stands."""
    for operation in plan.operations.values():
        needs = any(found.get("required") for found in operation.raw_parameters)
        if operation.kind is Kind.LIST and not needs:
            return operation.path
    return "/..."


def _tell_ready(args: argparse.Namespace, ports: list[int], url: str) -> None:
    """Write the port file in one step, and a line to the descriptor."""
    lines = "".join(f"{port}\n" for port in ports)
    if args.port_file is not None:
        partial = args.port_file.with_name(args.port_file.name + ".part")
        partial.write_text(lines, encoding="ascii")
        partial.replace(args.port_file)
    if args.ready_fd is not None:
        os.write(args.ready_fd, f"{url}\n".encode())
        os.close(args.ready_fd)


def _run_prism(args: argparse.Namespace) -> int:
    """Serve with Prism: stateless, from the document's examples."""
    from specloom_mock.prism import Prism, PrismError

    def announce(prism: Prism) -> None:
        port = urlsplit(prism.base_url).port
        _tell_ready(args, [port or 0], prism.base_url)
        if args.json:
            facts = {"event": "ready", "url": prism.base_url, "port": port, "engine": "prism"}
            _say(json.dumps(facts))
        else:
            _say(f"Prism answers at {prism.base_url}, without the server's path")

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    # From here on a SIGTERM unwinds the block: Prism has a process group of its own and would
    # outlive this process.
    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        with Prism(args.document, host=args.host, port=args.port) as prism:
            return prism.wait(lambda: announce(prism))
    except KeyboardInterrupt:
        return 0
    except PrismError as error:
        return _fail(args, _FAILED, str(error))
    finally:
        signal.signal(signal.SIGTERM, former)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tell_reload(args: argparse.Namespace, event: Reload) -> None:
    """Say that the document changed, and what came of it."""
    if args.json:
        _say(json.dumps(event.as_json()))
    else:
        stream = sys.stderr if event.reason is not None else sys.stdout
        stream.write(f"{event}\n")
        stream.flush()


def _note(args: argparse.Namespace, event: str, message: str) -> None:
    """Say something that is no failure."""
    _say(json.dumps({"event": event, "message": message}) if args.json else message)


def _say(line: str) -> None:
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has heard enough (`| head`); serving goes on, and nothing more is told.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _fail(args: argparse.Namespace, code: int, message: str) -> int:
    if args.json:
        _say(json.dumps({"event": "error", "message": message, "code": code}))
    else:
        sys.stderr.write(f"specloom mock: {message}\n")
    return code


command = MockCommand()


def main(argv: list[str] | None = None) -> int:
    """``python -m specloom_mock``."""
    parser = argparse.ArgumentParser(prog="specloom mock", description=MockCommand.help)
    command.configure(parser)
    return command.run(parser.parse_args(argv))

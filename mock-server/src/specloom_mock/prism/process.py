"""Prism as a child process: start it, know where it listens, and end all of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

from .document import DocumentSource, copy_document
from .errors import PrismError, PrismStartError
from .package import find_node, find_prism

if TYPE_CHECKING:
    import httpx

__all__ = ["Mode", "Prism"]

Mode: TypeAlias = Literal["mock", "proxy"]

START_TIMEOUT: Final = 180.0
"""Seconds that Prism may take to listen: 15,000 lines of YAML keep one slow core busy for 20."""

STOP_TIMEOUT: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""

CLIENT_TIMEOUT: Final = 10.0
"""Seconds that a request through Prism may take: a truncated upstream answer hangs it for ever."""

_LISTENING: Final = re.compile(r"Prism is listening on (http://\S+)")
_FATAL: Final = re.compile(r"\bfatal\s+(.*)$")
_LOG_LINE: Final = re.compile(r"^\[\d")
_ADDRESS_IN_USE: Final = re.compile(r"\bEADDRINUSE\b.*$")
_KEPT_LINES: Final = 2000


class Prism:
    """A context manager that runs Prism over a document.

    In ``mock`` mode Prism answers from the document's examples. In ``proxy`` mode it forwards to
    ``upstream`` and reports in the ``sl-violations`` header of each response where the request or
    the response leaves the document (see :mod:`specloom_mock.prism.violations`). It runs without
    ``--errors``, so the upstream's own answer always comes through.

    Args:
        document: Path, bytes, or a document that was read already. Prism sees a copy.
        mode: ``"mock"`` or ``"proxy"``.
        upstream: Base URL of the server behind a proxy, **with** the document's server prefix
            (``http://127.0.0.1:8000/v1``): Prism itself knows no prefix. Required in proxy mode.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        dynamic: In mock mode, generate values instead of using the examples.
        seed: In mock mode with ``dynamic``, makes the values repeatable.
        start_timeout: Seconds until Prism must listen. Default 180.
        node: The ``node`` executable; by default the one on the PATH.
        entry: Prism's entry script; by default looked for as ``find_prism`` says.

    Limits of Prism to know about: it turns an upstream's 501 into an invented 200, follows the
    upstream's redirects, and hangs on a truncated or malformed upstream answer. So send no faults
    through it, and use a client with timeouts (:meth:`client` makes one).
    """

    def __init__(
        self,
        document: DocumentSource,
        *,
        mode: Mode = "mock",
        upstream: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        dynamic: bool = False,
        seed: str | None = None,
        start_timeout: float = START_TIMEOUT,
        node: str | None = None,
        entry: Path | None = None,
    ) -> None:
        if mode == "proxy" and not upstream:
            raise ValueError("mode='proxy' needs upstream=, the base URL of the server behind it")
        if mode == "mock" and upstream:
            raise ValueError("upstream= has a meaning in mode='proxy' only")
        self._document = document
        self._mode = mode
        self._upstream = upstream
        self._host = host
        self._port = port
        self._dynamic = dynamic
        self._seed = seed
        self._start_timeout = start_timeout
        self._node = node
        self._entry = entry
        self._process: subprocess.Popen[str] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._readers: list[threading.Thread] = []
        self._out: deque[str] = deque(maxlen=_KEPT_LINES)
        self._err: deque[str] = deque(maxlen=_KEPT_LINES)
        self._settled = threading.Event()  # it listens, or its output has ended
        self._base_url: str | None = None

    @property
    def base_url(self) -> str:
        """Where Prism answers: ``http://host:port``, **without** the document's server prefix.

        Give this, and not ``.../v1``, to a client: Prism answers 404 below a prefix.
        """
        if self._base_url is None:
            raise PrismError("Prism is not running: use it as a context manager")
        return self._base_url

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that Prism has printed, oldest first."""
        return (*self._out, *self._err)

    def client(self, **options: Any) -> httpx.Client:
        """An ``httpx.Client`` on :attr:`base_url` with a timeout of 10 s.

        Args:
            **options: Passed to ``httpx.Client``; they win.
        """
        import httpx

        return httpx.Client(**{"base_url": self.base_url, "timeout": CLIENT_TIMEOUT, **options})

    def start(self) -> Self:
        """Start Prism and wait until it listens.

        Raises:
            PrismNotInstalledError: No Node.js, or no Prism; says what to run.
            PrismStartError: It ended before it listened, or took longer than ``start_timeout``.
        """
        if self._process is not None:
            raise PrismError("Prism is running already")
        node = self._node or find_node()
        entry = self._entry or find_prism()
        self._settled.clear()
        self._out.clear()
        self._err.clear()
        self._directory = tempfile.TemporaryDirectory(prefix="specloom-prism-")
        try:
            copy = copy_document(self._document, Path(self._directory.name))
            self._spawn(node, entry, copy)
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End Prism and everything that it started: SIGTERM, and SIGKILL 5 s later."""
        process, self._process = self._process, None
        self._base_url = None
        if process is not None:
            _end(process)
            for reader in self._readers:
                reader.join(timeout=STOP_TIMEOUT)
            self._readers.clear()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def wait(self, ready: Callable[[], None] | None = None) -> int:
        """Block until Prism ends by itself; its exit status.

        A SIGTERM to this process is raised here as KeyboardInterrupt (in the main thread), so that
        the ``with`` block around it ends Prism too: it runs in a process group of its own, which
        no signal to this process reaches.

        Args:
            ready: Called first, once that is so: the place to announce the server.
        """
        if self._process is None:
            raise PrismError("Prism is not running: use it as a context manager")
        in_main = threading.current_thread() is threading.main_thread()
        former = signal.signal(signal.SIGTERM, _interrupt) if in_main else None
        try:
            if ready is not None:
                ready()
            return self._process.wait()
        finally:
            if in_main:
                signal.signal(signal.SIGTERM, former)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _spawn(self, node: str, entry: Path, copy: Path) -> None:
        # Never npx: a SIGTERM to it leaves the server running. The log level stays at its default,
        # because `warn` and above hide the line that names the port.
        command = [node, str(entry), self._mode, "-h", self._host, "-p", str(self._port)]
        if self._mode == "mock" and self._dynamic:
            command.append("--dynamic")
            if self._seed is not None:
                command += ["--seed", self._seed]
        command.append(str(copy))
        if self._upstream is not None:
            command.append(self._upstream)
        environment = {k: v for k, v in os.environ.items() if k != "FORCE_COLOR"}
        environment["NO_COLOR"] = "1"
        self._process = subprocess.Popen(
            command,
            env=environment,
            cwd=copy.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a process group of its own, ended as a whole
        )
        # Both pipes are read to their end, or Prism would block once one is full.
        self._readers = [
            threading.Thread(target=self._read_out, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=_read, args=(self._process.stderr, self._err), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_out(self, stream: IO[str]) -> None:
        for line in stream:
            self._out.append(line.rstrip("\n"))
            if self._base_url is None and (match := _LISTENING.search(line)):
                self._base_url = match[1].rstrip("/")
                self._settled.set()
        self._settled.set()

    def _wait(self) -> None:
        if not self._settled.wait(self._start_timeout):
            raise PrismStartError(
                f"Prism did not listen within {self._start_timeout:g} s; it printed:\n"
                + "\n".join(self.log[-10:])
            )
        if self._base_url is None:
            self._readers[1].join(timeout=STOP_TIMEOUT)  # stderr may hold the reason
            raise PrismStartError(f"Prism could not start: {_reason(self._out, self._err)}")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _read(stream: IO[str], lines: deque[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))


def _reason(out: deque[str], err: deque[str]) -> str:
    """Prism's own words: `fatal ...` on stdout, but a port in use only on stderr."""
    for line in err:
        if match := _ADDRESS_IN_USE.search(line):
            return match[0]
    fatal: list[str] = []
    for line in out:
        if match := _FATAL.search(line):
            fatal = [match[1].strip()]
        elif fatal and not _LOG_LINE.match(line):
            fatal.append(line.strip())  # a reason of several lines
    if text := " ".join(part for part in fatal if part):
        return text
    printed = [line for line in (*out, *err) if line.strip()]
    return "\n".join(printed[-10:]) or "it printed nothing"


def _end(process: subprocess.Popen[str]) -> None:
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    # The group is signalled even when its leader has ended: a child may still be alive.
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

"""Prism as a judge: its proxy stands before the server while the semantic pack runs once more.

Prism hangs on answers that do not end; every request through it has the probe's limits, and it
runs only when the server has answered the pack without such a fault.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from .credentials import Credentials
from .inquiry import Inquiry, Settings
from .model import Check, Derivation, EngineRun, EngineState, Exchange, Finding, Outcome
from .pack import run_pack
from .probe import Answer, Limits, Probe
from .violations import response_violations

__all__ = ["PrismMissing", "run_prism"]

NAME: Final = "prism"
REMEDY: Final = (
    "pip install specloom-mock, install Node.js 20 or newer, then: "
    "python -m specloom_mock.prism install"
)
_STARTING: Final = 180.0
"""Seconds until it must listen: a long document keeps one slow core busy for 20."""

_STOPPING: Final = 5.0
_KEPT: Final = 8


class PrismMissing(Exception):
    """Prism cannot be run here; the message says why."""


def run_prism(
    document: Path, base_url: str, inquiry: Inquiry, credentials: Credentials, *, required: bool
) -> tuple[EngineRun, list[Check], tuple[str, ...]]:
    """Run the pack through Prism's proxy and collect what Prism objects to.

    Returns:
        What it did, a check for each operation that was called, and what was left behind.
    """
    started = time.monotonic()

    def run(state: EngineState, detail: str, remedy: str = "", requests: int = 0) -> EngineRun:
        took = time.monotonic() - started
        return EngineRun(NAME, state, detail, remedy, requests, took, required)

    listener = _Listener(credentials)
    try:
        with _proxy(document, base_url, min(_STARTING, max(inquiry.probe.left, 1.0))) as url:
            limits = inquiry.probe.limits
            rest = Limits(limits.timeout, inquiry.probe.left, limits.max_body)
            probe = Probe(url, credentials, rest)
            settings = Settings(
                inquiry.settings.read_only,
                inquiry.settings.seed + 1,  # other names than the first pass has used
                inquiry.settings.excluded,
                inquiry.settings.values,
            )
            second = Inquiry(
                inquiry.document, inquiry.plan, probe, credentials, settings, inquiry.progress
            )
            second.listen = listener.hear
            try:
                aborted, left = run_pack(second)
            finally:
                probe.close()
    except PrismMissing as missing:
        return run(EngineState.NOT_RUN, str(missing), REMEDY), [], ()
    checks = list(listener.checks(inquiry))
    if aborted:
        return run(EngineState.INCOMPLETE, aborted, "", probe.requests), checks, left
    return run(EngineState.RAN, f"{probe.requests} requests", "", probe.requests), checks, left


class _Listener:
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._found: dict[str, dict[str, Exchange]] = {}
        self._heard: set[str] = set()

    def hear(self, operation: str, answer: Answer) -> None:
        """Keep what Prism says about an answer."""
        self._heard.add(operation)
        for text in response_violations(answer.headers):
            self._found.setdefault(operation, {}).setdefault(text, answer.exchange)

    def checks(self, inquiry: Inquiry) -> Iterator[Check]:
        """One check for each operation that was called."""
        for endpoint in inquiry.plan.endpoints:
            if endpoint.id not in self._heard:
                continue
            found = list(self._found.get(endpoint.id, {}).items())
            findings = tuple(Finding(text, exchange=seen) for text, seen in found[:_KEPT])
            yield Check(
                kind="prism",
                title="Prism finds the answers as the document declares",
                subject=endpoint.label,
                operations=(endpoint.id,),
                derived=Derivation(
                    endpoint.pointer, endpoint.place, "Prism's own reading of the document"
                ),
                outcome=Outcome.VIOLATED if findings else Outcome.OK,
                findings=findings,
                engine=NAME,
            )


@contextmanager
def _proxy(document: Path, base_url: str, seconds: float) -> Iterator[str]:
    """Prism's proxy in front of a server, as a process; yields its URL."""
    if importlib.util.find_spec("specloom_mock") is None:
        raise PrismMissing("the package specloom-mock, which runs Prism, is not installed")
    if shutil.which("node") is None:
        raise PrismMissing("there is no `node` on the PATH")
    command = [
        *(sys.executable, "-m", "specloom_mock.prism", "proxy"),
        *(str(document.resolve()), base_url),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield _address(process, seconds)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOPPING * 2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _address(process: subprocess.Popen[str], seconds: float) -> str:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert process.stdout is not None
    threading.Thread(target=_first_line, args=(process.stdout, lines), daemon=True).start()
    try:
        line = lines.get(timeout=seconds)
    except queue.Empty:
        raise PrismMissing(f"Prism did not start within {seconds:g} s") from None
    if not line:
        assert process.stderr is not None
        raise PrismMissing(process.stderr.read().strip()[-800:] or "Prism did not start")
    return line.strip()


def _first_line(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    lines.put(stream.readline())

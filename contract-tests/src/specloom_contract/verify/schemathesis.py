"""Schemathesis as a judge: a subprocess, its findings folded into the report.

It runs with one worker: with two, threads that parse the same document at once make CPython 3.11
fail at random. It reads secrets from its environment, never from its command line.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from specloom.ir.model import Operation

from .credentials import Credentials
from .inquiry import Inquiry
from .masking import masked
from .model import Check, Derivation, EngineRun, EngineState, Exchange, Finding, Outcome
from .plan import Endpoint, Plan

__all__ = ["Fuzzing", "run_schemathesis"]

NAME: Final = "schemathesis"
REMEDY: Final = "pip install 'specloom-contract[schemathesis]'"
_HOOKS: Final = "specloom_contract.verify.schemathesis_hooks"
_STOPPING: Final = 20.0
"""Seconds to write its reports in, after it was told to end."""

_RESERVE: Final = 5.0
_KEPT: Final = 1_600


@dataclass(frozen=True, slots=True)
class Fuzzing:
    """How hard Schemathesis tries.

    Attributes:
        examples: Requests an operation and phase, at most.
        extra: Further arguments of ``schemathesis run``.
    """

    examples: int = 10
    extra: Sequence[str] = ()


def run_schemathesis(
    document: Path,
    base_url: str,
    fuzzing: Fuzzing,
    inquiry: Inquiry,
    credentials: Credentials,
    seconds: float,
    *,
    required: bool = False,
) -> tuple[EngineRun, list[Check]]:
    """Run it and read its reports.

    Args:
        document: The document's file: Schemathesis reads it by itself.
        seconds: After which it is told to end.
        required: Whether the run fails without it.

    Returns:
        What it did, and a check for each operation that it found fault with, or tested.
    """
    if importlib.util.find_spec("schemathesis") is None:
        detail = "the package schemathesis is not installed"
        return EngineRun(NAME, EngineState.NOT_RUN, detail, REMEDY, required=required), []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="specloom-verify-") as folder:
        place = Path(folder)
        secrets = _write_config(place, inquiry, credentials)
        command = _command(document, base_url, fuzzing, inquiry, place)
        environment = {**os.environ, **secrets, "SCHEMATHESIS_HOOKS": _HOOKS, "NO_COLOR": "1"}
        with (place / "output").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=place,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            ended = _wait(process, max(1.0, seconds - _RESERVE))
        return _read(place, process.returncode, ended, started, inquiry, base_url, required)


def _write_config(place: Path, inquiry: Inquiry, credentials: Credentials) -> dict[str, str]:
    """Write its configuration; secrets stand there as names of variables, which are returned."""
    headers: list[str] = []
    parameters: list[str] = []
    secrets: dict[str, str] = {}
    seen = set[str]()
    for operation in (_usual(credentials, inquiry.plan),):
        if operation is None:
            continue
        dress = credentials.dress(operation)
        for pairs, lines, prefix in (
            (dress.headers, headers, ""),
            (dress.query, parameters, "query."),
        ):
            for name, value in pairs:
                if name in seen:
                    continue
                seen.add(name)
                variable = f"SPECLOOM_VERIFY_{len(secrets)}"
                secrets[variable] = value
                lines.append(f'{json.dumps(prefix + name)} = "${{{variable}}}"')
    text = ""
    if headers:
        text += f"headers = {{ {', '.join(headers)} }}\n"
    if parameters:
        text += f"parameters = {{ {', '.join(parameters)} }}\n"
    for endpoint in inquiry.plan.endpoints:
        if endpoint.id in inquiry.settings.excluded:
            text += (
                f"[[operations]]\ninclude-name = {json.dumps(endpoint.label)}\nenabled = false\n"
            )
    (place / "schemathesis.toml").write_text(text, encoding="utf-8")
    return secrets


def _usual(credentials: Credentials, plan: Plan) -> Operation | None:
    """The operation whose credentials serve for all: the first that demands some."""
    for endpoint in plan.endpoints:
        if endpoint.operation.security and credentials.covers(endpoint.operation):
            return endpoint.operation
    return None


def _command(
    document: Path, base_url: str, fuzzing: Fuzzing, inquiry: Inquiry, place: Path
) -> list[str]:
    settings = inquiry.settings
    phases = "examples,fuzzing" if settings.read_only else "examples,coverage,fuzzing"
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(place / "schemathesis.toml")),
        *("run", str(document.resolve()), "--url", base_url, "--workers", "1", "--no-color"),
        *("--phases", phases, "-n", str(fuzzing.examples), "--seed", str(settings.seed)),
        *("--request-timeout", f"{inquiry.probe.limits.timeout:g}"),
        *("--generation-database", "none", "--suppress-health-check", "all"),
        *("--report-json-path", str(place / "report.json")),
        *("--report-junit-path", str(place / "report.xml")),
        *("--report-har-path", str(place / "report.har")),
    ]
    if settings.read_only:
        command += [
            part for name in ("GET", "HEAD", "OPTIONS") for part in ("--include-method", name)
        ]
    return [*command, *fuzzing.extra]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait; tell it to end when the time is up. True when it ended by itself."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    else:
        return True
    try:
        process.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return False


def _read(
    place: Path,
    code: int,
    ended: bool,
    started: float,
    inquiry: Inquiry,
    base_url: str,
    required: bool,
) -> tuple[EngineRun, list[Check]]:
    took = time.monotonic() - started
    summary = _json(place / "report.json")
    endpoints = {endpoint.label: endpoint for endpoint in inquiry.plan.endpoints}
    checks = list(_checks(place / "report.xml", endpoints))
    answers = _fold(place / "report.har", inquiry, base_url)
    generated = (summary.get("test_cases") or {}).get("generated", answers)
    if code not in (0, 1) or not summary:
        said = (place / "output").read_text(encoding="utf-8", errors="replace").strip()
        detail = f"it ended with status {code}: {said[-_KEPT:]}" if ended else "stopped: no report"
        run = EngineRun(NAME, EngineState.INCOMPLETE, detail, "", answers, took, required)
        return run, checks
    if not ended:
        detail = f"stopped when the time was up, after {generated} requests"
        return EngineRun(NAME, EngineState.INCOMPLETE, detail, "", answers, took, required), checks
    version = summary.get("schemathesis_version", "")
    detail = f"Schemathesis {version}: {generated} requests"
    return EngineRun(NAME, EngineState.RAN, detail, "", answers, took, required), checks


def _json(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _checks(file: Path, endpoints: Mapping[str, Endpoint]) -> Iterator[Check]:
    try:
        root = ET.fromstring(file.read_bytes())
    except (OSError, ET.ParseError):
        return
    for case in root.iter("testcase"):
        name = case.get("name", "")
        endpoint = endpoints.get(name)
        failures = [*case.iter("failure"), *case.iter("error")]
        findings = tuple(
            finding for failure in failures for finding in _findings(failure.text or "")
        )
        if failures and not findings:  # an error, such as a connection that broke
            told = " ".join((failures[0].text or failures[0].get("message") or "").split())
            findings = (Finding(masked(told)[:400] or "it could not be tested"),)
        yield Check(
            kind="schemathesis",
            title="Generated requests are answered as the document declares",
            subject=name,
            operations=(endpoint.id,) if endpoint is not None else (),
            derived=Derivation(
                endpoint.pointer if endpoint is not None else "",
                endpoint.place if endpoint is not None else "",
                "Schemathesis's own reading of the document",
            ),
            outcome=Outcome.VIOLATED if findings else Outcome.OK,
            findings=findings,
            seconds=float(case.get("time", "0")),
            engine=NAME,
        )


def _findings(text: str) -> Iterator[Finding]:
    """One finding a failed case: its title lines, the answer, and how to repeat it."""
    for part in re.split(r"(?m)^\d+\. Test Case ID: \S+\n", text):
        titles = re.findall(r"(?m)^- (?:ST\d+ )?(.+)$", part)
        if not titles:
            continue
        head, _, rest = part.partition("Reproduce with:")
        detail = re.sub(r"(?m)^- .*\n+", "", head).strip()
        curl = next((line.strip() for line in rest.splitlines() if line.strip()), "")
        first = next((line.strip() for line in detail.splitlines() if line.strip()), "")
        answer = re.search(r"(?ms)^\[(\d{3})\][^\n]*:\n+(.*)\Z", detail)
        exchange = Exchange(
            method=(re.search(r"-X (\S+)", curl) or ["", ""])[1],
            url=shlex.split(curl)[-1] if _splits(curl) else "",
            request_headers=(),
            request_body="",
            curl=masked(curl)[:_KEPT],
            status=int(answer[1]) if answer else None,
            headers=(),
            body=masked(answer[2].strip().strip("`"))[:_KEPT] if answer else "",
            error="",
            seconds=0.0,
        )
        yield Finding(f"{'; '.join(titles)}: {first}"[:400], exchange=exchange)


def _splits(text: str) -> bool:
    try:
        return bool(shlex.split(text))
    except ValueError:
        return False


def _fold(file: Path, inquiry: Inquiry, base_url: str) -> int:
    """Count its answers in the matrix; how many there were."""
    entries = (_json(file).get("log") or {}).get("entries") or []
    base = urlsplit(base_url)
    by_pointer = {endpoint.pointer: endpoint for endpoint in inquiry.plan.endpoints}
    for entry in entries:
        request, response = entry["request"], entry["response"]
        path = urlsplit(request["url"]).path.removeprefix(base.path.rstrip("/"))
        operation = inquiry.judge.find(request["method"], path)
        endpoint = by_pointer.get(operation.pointer) if operation is not None else None
        status = response.get("status") or 0
        if endpoint is None or not 100 <= status <= 599:
            continue
        content = response.get("content") or {}
        media = str(content.get("mimeType") or "").partition(";")[0].strip().lower()
        seen = media if content.get("size") else ""
        inquiry.tally.note(endpoint, status, seen, (), None, provoked=True)
    return len(entries)

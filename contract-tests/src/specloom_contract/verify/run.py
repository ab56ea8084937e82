"""One whole run: the semantic pack, then the other judges, folded into one report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from specloom.config import Config
from specloom.spec import Document

from .credentials import Credentials
from .derive import derive
from .inquiry import Inquiry, Settings
from .model import Check, EngineRun, EngineState, Report
from .pack import check_conformance, run_pack
from .prism import run_prism
from .probe import Limits, Probe, Stopped
from .schemathesis import Fuzzing, run_schemathesis
from .scrub import scrub
from .terminal import Progress

__all__ = ["ENGINES", "Order", "verify"]

ENGINES = ("semantic", "schemathesis", "prism")


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        only: Engines to run.
        required: Engines whose absence fails the run.
    """

    path: Path
    base_url: str
    limits: Limits
    settings: Settings
    only: Sequence[str] = ENGINES
    required: Sequence[str] = ()
    fuzzing: Fuzzing = field(default_factory=Fuzzing)


def verify(
    order: Order,
    document: Document,
    config: Config,
    credentials: Credentials,
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Hold a server to a document.

    Args:
        credentials: What may be sent; nothing of it is in the report.
        sleep: Waits for quotas.
    """
    began = time.monotonic()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    plan, _ = derive(document, config)
    probe = Probe(order.base_url, credentials, order.limits, sleep=sleep, waiting=progress.wait)
    inquiry = Inquiry(document, plan, probe, credentials, order.settings, progress.check)
    result = _Result()
    try:
        _judge(order, inquiry, credentials, progress, result)
        check_conformance(inquiry)
    finally:
        progress.end()
        probe.close()
    chosen = [e for e in plan.endpoints if e.id not in order.settings.excluded]
    names = {endpoint.id for endpoint in chosen}
    if len(chosen) < len(plan.endpoints):
        left_out = len(plan.endpoints) - len(chosen)
        result.notes.append(f"{left_out} operations were left out by --include or --exclude")
    report = Report(
        title=plan.title,
        version=plan.version,
        document=str(order.path),
        base_url=order.base_url,
        mode="read-only" if order.settings.read_only else "writes allowed",
        seed=order.settings.seed,
        started=started,
        seconds=time.monotonic() - began,
        requests=probe.requests + sum(e.requests for e in result.engines[1:]),
        operations=tuple((e.id, e.method, e.path) for e in chosen),
        checks=(*inquiry.checks, *result.checks),
        cells=tuple(cell for cell in inquiry.tally.cells() if cell.operation in names),
        engines=tuple(result.engines),
        left_behind=result.left,
        aborted=result.aborted,
        notes=tuple(result.notes),
    )
    return scrub(report, credentials.hide)


@dataclass(slots=True)
class _Result:
    engines: list[EngineRun] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aborted: str = ""
    left: tuple[str, ...] = ()


def _unreachable(inquiry: Inquiry) -> str:
    """Why the server cannot be asked at all; empty when it answers anything in HTTP."""
    try:
        return inquiry.probe.send("GET", "/").failure
    except Stopped as stopped:
        return str(stopped)


def _judge(
    order: Order,
    inquiry: Inquiry,
    credentials: Credentials,
    progress: Progress,
    result: _Result,
) -> None:
    """Let each judge run in turn; one that finds the server gone ends the run."""
    began = time.monotonic()
    if "semantic" in order.only:
        progress.stage(f"semantic: {len(inquiry.plan.endpoints)} operations")
        result.aborted, result.left = run_pack(inquiry)
        state = EngineState.INCOMPLETE if result.aborted else EngineState.RAN
        took, requests = time.monotonic() - began, inquiry.probe.requests
        detail = result.aborted or f"{requests} requests"
        result.engines.append(EngineRun("semantic", state, detail, "", requests, took))
    else:
        result.engines.append(EngineRun("semantic", EngineState.NOT_RUN, "not among --only"))
        result.aborted = _unreachable(inquiry)
    foreign = any(c.kind == "document.served" and c.findings for c in inquiry.checks)
    for name in ("schemathesis", "prism"):
        required = name in order.required
        reason = ""
        if name not in order.only:
            reason = "not among --only"
        elif result.aborted:
            reason = "the server had stopped answering"
        elif foreign:
            reason = "the server does not serve this document"
        elif inquiry.probe.broken:
            reason = f"the server does not always answer in HTTP: {inquiry.probe.broken}"
        if reason:
            run = EngineRun(name, EngineState.NOT_RUN, reason, required=required)
            result.engines.append(run)
            continue
        progress.stage(name)
        if name == "schemathesis":
            run, found = run_schemathesis(
                *(order.path, order.base_url, order.fuzzing, inquiry, credentials),
                inquiry.probe.left,
                required=required,
            )
            if run.requests and not order.settings.read_only:
                result.notes.append("Schemathesis does not delete the rows that it creates")
        else:
            run, found, left = run_prism(
                order.path, order.base_url, inquiry, credentials, required=required
            )
            result.left += left
        result.engines.append(run)
        result.checks += found

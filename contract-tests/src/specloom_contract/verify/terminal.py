"""A report on a terminal: progress while it runs, then what is wrong and what stayed untested."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from rich.console import Console
from rich.markup import escape as _markup
from rich.status import Status

from .model import Check, EngineState, Outcome, Report

__all__ = ["Progress", "print_report"]

_REASONS: Final = 12
"""Reasons that are shown; the reports in files have all."""


_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would move the cursor or colour the screen, were a server to send it."""


def escape(text: str) -> str:
    """Text of a server as a terminal may show it: no markup, no control characters."""
    return _markup(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


class Progress:
    """Tells what is being done: one moving line on a terminal, a line a stage elsewhere.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._done = 0

    def stage(self, text: str) -> None:
        """Begin a part of the run."""
        self._console.print(f"[bold]{escape(text)}[/]")
        self._done = 0

    def check(self, text: str) -> None:
        """Say what is checked now."""
        self._done += 1
        if not self._console.is_terminal:
            return
        shown = escape(f"{self._done} checks · {text}")
        if self._status is None:
            self._status = self._console.status(shown)
            self._status.start()
        else:
            self._status.update(shown)

    def wait(self, seconds: float) -> None:
        """Say that a quota is waited for."""
        text = f"the quota is used up: waiting {seconds:g} s, as the server asks"
        if self._status is not None:
            self._status.update(escape(text))
        else:
            self._console.print(escape(text))

    def end(self) -> None:
        """Take the moving line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def print_report(console: Console, report: Report) -> None:
    """Print a whole report."""
    for check in report.checks:
        if check.outcome is Outcome.VIOLATED:
            _violation(console, check)
    _untested(console, report)
    for engine in report.engines:
        if engine.state is not EngineState.RAN:
            style = "red" if engine.required else "yellow"
            text = f"{engine.name}: {engine.state.value}: {engine.detail}"
            console.print(f"[{style}]{escape(text)}[/]")
            if engine.remedy:
                console.print(f"  {escape(engine.remedy)}")
    for note in (*report.notes, *(f"left behind: {name}" for name in report.left_behind)):
        console.print(f"[yellow]{escape(note)}[/]")
    _verdict(console, report)


def _violation(console: Console, check: Check) -> None:
    console.print()
    console.print(f"[red]✗[/] [bold]{escape(check.subject)}[/]: {escape(check.title)}")
    for finding in check.findings:
        console.print(f"    {escape(finding.message)}")
        if finding.expected or finding.got:
            console.print(f"      expected {escape(finding.expected)}")
            console.print(f"      got      {escape(finding.got)}")
        if finding.exchange is not None:
            console.print(f"      [dim]{escape(finding.exchange.curl)}[/]")
    console.print(f"    [dim]{escape(f'{check.derived.place}: {check.derived.why}')}[/]")


def _untested(console: Console, report: Report) -> None:
    reasons = Counter(
        (check.title, check.reason) for check in report.checks if check.outcome is Outcome.UNTESTED
    )
    if not reasons:
        return
    console.print()
    console.print("[bold]untested[/]")
    for (title, reason), times in reasons.most_common(_REASONS):
        console.print(f"  {times:4d}  {escape(title)} [dim]({escape(reason)})[/]")
    rest = len(reasons) - _REASONS
    if rest > 0:
        more = "more reasons; --html, --json and --junit name every one"
        console.print(f"        and {rest} {more}")


def _verdict(console: Console, report: Report) -> None:
    cells = Counter(cell.outcome for cell in report.cells)
    console.print()
    console.print(
        f"{report.count(Outcome.OK)} checks ok, {report.count(Outcome.VIOLATED)} violated, "
        f"{report.count(Outcome.UNTESTED)} untested; of {len(report.cells)} declared answers "
        f"{cells[Outcome.OK]} seen and ok, {cells[Outcome.VIOLATED]} violated; "
        f"{report.requests} requests in {report.seconds:.1f} s, seed {report.seed}"
    )
    if report.aborted:
        console.print(f"[red bold]aborted:[/] {escape(report.aborted)}")
    elif report.exit_code:
        console.print("[red bold]The server does not conform.[/]")
    else:
        console.print("[green bold]The server conforms[/] in all that was tested.")

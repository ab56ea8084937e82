"""A report as JUnit XML, as CI systems read it."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from .model import Check, EngineState, Finding, Outcome, Report

__all__ = ["as_junit"]

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2), escaped or not."""


def as_junit(report: Report) -> str:
    """One test suite an engine, one test case a check; what is untested is skipped with a reason."""
    root = ET.Element("testsuites", name="specloom verify")
    for engine in report.engines:
        checks = [check for check in report.checks if check.engine == engine.name]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=f"{report.title}: {engine.name}",
            timestamp=report.started,
            time=f"{engine.seconds:.3f}",
        )
        for check in checks:
            _case(suite, check)
        if not checks and engine.state is not EngineState.RAN:
            case = ET.SubElement(suite, "testcase", classname=engine.name, name="runs")
            kind = "failure" if engine.required else "skipped"
            ET.SubElement(case, kind, message=f"{engine.detail} {engine.remedy}".strip())
        if engine.name == report.engines[0].name and report.aborted:
            case = ET.SubElement(suite, "testcase", classname=engine.name, name="the run ends")
            ET.SubElement(case, "error", message=report.aborted)
        _count(suite)
    _count(root)
    for element in root.iter():
        element.text = _clean(element.text) if element.text else None
        element.attrib.update({name: _clean(value) for name, value in element.attrib.items()})
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n"


def _case(suite: ET.Element, check: Check) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=check.subject,
        name=check.title,
        file=check.derived.place,
        time=f"{check.seconds:.3f}",
    )
    if check.outcome is Outcome.UNTESTED:
        ET.SubElement(case, "skipped", message=check.reason)
    for finding in check.findings:
        failure = ET.SubElement(case, "failure", type=check.kind, message=finding.message)
        failure.text = _detail(finding)


def _detail(finding: Finding) -> str:
    lines = []
    if finding.expected or finding.got:
        lines += [f"expected: {finding.expected}", f"got:      {finding.got}"]
    exchange = finding.exchange
    if exchange is not None:
        lines += ["", exchange.curl, ""]
        lines.append(exchange.error or f"HTTP {exchange.status}")
        lines += [f"{name}: {value}" for name, value in exchange.headers]
        lines += ["", exchange.body]
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _count(element: ET.Element) -> None:
    for name, tag in (("tests", "testcase"), ("skipped", "skipped"), ("errors", "error")):
        element.set(name, str(len(list(element.iter(tag)))))
    failed = sum(case.find("failure") is not None for case in element.iter("testcase"))
    element.set("failures", str(failed))

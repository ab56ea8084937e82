"""A report as JSON."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any, Final

from .model import Outcome, Report

__all__ = ["as_json", "as_values"]

FORMAT: Final = 1


def as_values(report: Report) -> dict[str, Any]:
    """The report as JSON values; ``schema/verify-report.json`` describes them."""
    values: dict[str, Any] = {"specloom_verify": FORMAT, **_plain(report)}
    values["operations"] = [
        {"id": name, "method": method, "path": path} for name, method, path in report.operations
    ]
    values["summary"] = {
        "exit_code": report.exit_code,
        **{outcome.value: report.count(outcome) for outcome in Outcome},
        "cells": {
            outcome.value: sum(cell.outcome is outcome for cell in report.cells)
            for outcome in Outcome
        },
    }
    return values


def as_json(report: Report) -> str:
    """The report as a JSON text."""
    return json.dumps(as_values(report), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return value

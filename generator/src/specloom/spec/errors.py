"""The error of a document that cannot be read at all."""

from __future__ import annotations

from specloom.diagnostics import Diagnostic, Position, Severity, SpecloomError

__all__ = ["SpecError", "spec_error"]


class SpecError(SpecloomError):
    """A document that cannot be read; ``diagnostic`` says where and why."""


def spec_error(
    code: str,
    message: str,
    position: Position,
    *,
    consequence: str = "nothing is generated",
    hint: str = "",
) -> SpecError:
    """Make the error of a document that ends the run."""
    return SpecError(
        Diagnostic(
            Severity.ERROR,
            code,
            message,
            position.file,
            position.line,
            position.column,
            None,
            consequence,
            hint,
        )
    )

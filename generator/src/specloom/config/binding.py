"""A configuration and its document: what it edits before, and looks up after, normalisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from specloom.config.model import Config
from specloom.diagnostics import Diagnostics
from specloom.fidelity import Ledger
from specloom.spec import Document

__all__ = ["bound", "edits_of", "laid_out"]


def edits_of(config: Config, diagnostics: Diagnostics) -> Callable[[Document], None] | None:
    """Return what edits a parsed document; None where the configuration edits nothing.

    Args:
        config: The configuration.
        diagnostics: Receives edits that fail.
    """
    stainless = config.promises.stainless
    if stainless is None:
        return None
    from specloom.config.stainless.edit import edit_document

    report = stainless.report.onto(diagnostics)
    stainless.report.entries = report.entries
    return lambda document: edit_document(document, stainless, report)


def laid_out(config: Config, layout: str | None) -> Config:
    """Return the configuration with another layout; as it is where none is given."""
    if layout is None:
        return config
    return replace(config, promises=replace(config.promises, layout=layout))


def bound(config: Config, document: Document, diagnostics: Diagnostics, ledger: Ledger) -> Config:
    """Return the configuration with what it names looked up in the canonical document.

    Args:
        config: The configuration.
        document: The document.
        diagnostics: Receives what the document does not have.
        ledger: Receives what of the configuration is not honoured.
    """
    if config.promises.stainless is None:
        return config
    from specloom.config.stainless.bind import bind

    return bind(config, document, diagnostics, ledger)

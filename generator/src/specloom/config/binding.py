"""A configuration and its document: what it edits before, and looks up after, normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from specloom.config.model import Config
from specloom.diagnostics import Diagnostics
from specloom.fidelity import Ledger
from specloom.spec import Document

__all__ = ["bound", "edits_of", "laid_out", "load_bound"]


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


def load_bound(
    path: str | Path,
    config: Config,
    diagnostics: Diagnostics | None = None,
    ledger: Ledger | None = None,
    *,
    overlays: Sequence[str | Path] = (),
    confine: bool = True,
) -> tuple[Document, Config]:
    """Read a document as its configuration edits it, and bind the configuration to it.

    Args:
        path: The document.
        config: The configuration.
        diagnostics: Receives every finding.
        ledger: Receives what was quarantined, and what of the configuration is not honoured.
        overlays: Overlay 1.0 files, applied after the configuration's edits.
        confine: Refuse ``$ref`` to files outside the document's own folder.

    Raises:
        SpecError: The document cannot be read at all.
    """
    from specloom.spec import load

    found = diagnostics if diagnostics is not None else Diagnostics()
    losses = ledger if ledger is not None else Ledger()
    edit = edits_of(config, found)
    document = load(path, overlays=overlays, diagnostics=found, confine=confine, edit=edit)
    losses.add_quarantined(found)
    return document, bound(config, document, found, losses)


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

"""What can go wrong around Prism, apart from the violations that it reports."""

from __future__ import annotations

__all__ = ["PrismError", "PrismNotInstalledError", "PrismStartError"]


class PrismError(Exception):
    """Base of everything that this package raises."""


class PrismNotInstalledError(PrismError):
    """Node.js or Prism's npm package is missing; the text names the command that installs it."""


class PrismStartError(PrismError):
    """Prism ended, or stayed silent, before it listened. The text carries Prism's own reason."""

"""The ``python-functional`` target: openapi-python-client's client, for any document.

One function an operation, attrs models, httpx: for teams that like that client, made from documents
that openapi-python-client cannot read alone.
"""

from __future__ import annotations

from .emitter import FunctionalError, render
from .project import emit

__all__ = ["FunctionalError", "emit", "render"]

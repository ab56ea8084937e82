"""Any OpenAPI version to one canonical shape: OpenAPI 3.1, whatever came in.

On top of what the versions differ in: media types list JSON first, response keys are upper-case
statuses, ranges or ``default``, ``example`` is ``examples`` everywhere, every path parameter of a
template is declared, ``x-webhooks`` is ``webhooks``, path item references are resolved. ``paths``,
``webhooks`` and ``components`` are always there.
"""

from __future__ import annotations

import gc
import re

from specloom.diagnostics import Diagnostics, Position, Severity
from specloom.spec.document import Document
from specloom.spec.errors import spec_error
from specloom.spec.structure import StructureWalk
from specloom.spec.walk import Walk

__all__ = ["normalise"]

_VERSION = re.compile(r"(2|3)(?:\.([0-9]+))?(?:\.[0-9]+)?(?:-[\w.]+)?\Z")
_NEWEST_MINOR = 1


def normalise(document: Document, diagnostics: Diagnostics) -> None:
    """Bring a document's tree into canonical shape, in place.

    Raises:
        SpecError: The document is no OpenAPI document of version 2 or 3.
    """
    major, minor = _version(document, diagnostics)
    if major == 2:
        from .swagger import convert

        convert(document, diagnostics)
    root = document.root
    root.pop("swagger", None)
    root["openapi"] = "3.1.0"
    if isinstance(root.get("x-webhooks"), dict) and not root.get("webhooks"):
        root["webhooks"] = root.pop("x-webhooks")
        document.moved("/webhooks", "/x-webhooks")
    old = major == 2 or minor == 0
    collecting = gc.isenabled()
    gc.disable()
    try:
        StructureWalk(Walk(document, diagnostics), old=old).root(root)
    finally:
        if collecting:
            gc.enable()


def _version(document: Document, diagnostics: Diagnostics) -> tuple[int, int]:
    root = document.root
    key = "openapi" if "openapi" in root else "swagger"
    value = root.get(key)
    if value is None:
        raise spec_error(
            "not-openapi",
            "the document names no version: neither `openapi` nor `swagger` is there",
            Position(document.path, 1, 1),
            hint="an OpenAPI document begins with `openapi: 3.1.0`",
        )
    text = value if isinstance(value, str) else document.raw(f"/{key}") or str(value)
    match = _VERSION.match(text.strip())
    if match is None:
        raise spec_error(
            "unknown-version",
            f"{text!r} is not a version of OpenAPI that is known",
            document.position(f"/{key}"),
            hint="2.0, 3.0.x and 3.1.x are read",
        )
    document.source_version = text.strip()
    major, minor = int(match[1]), int(match[2] or 0)
    if major == 3 and minor > _NEWEST_MINOR:
        diagnostics.add(
            Severity.WARNING,
            "newer-version",
            f"OpenAPI {text} is newer than 3.{_NEWEST_MINOR}",
            pointer=f"/{key}",
            locate=document.position,
            consequence="it is read as 3.1; what is new in it may be lost",
        )
    return major, minor

"""From a file or bytes to a canonical document."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from specloom.diagnostics import Diagnostics, Position
from specloom.spec.document import Document
from specloom.spec.errors import spec_error
from specloom.spec.normalise import normalise
from specloom.spec.source import Source, read_bytes

__all__ = ["load"]

_FILE_REF = re.compile(r"""\$ref["']?\s*:\s*["']?\s*[^#"'\s]""")


def load(
    document: str | Path | bytes,
    *,
    overlays: Sequence[str | Path] = (),
    diagnostics: Diagnostics | None = None,
    confine: bool = True,
    name: str = "<bytes>",
    edit: Callable[[Document], None] | None = None,
) -> Document:
    """Read a document and bring it into canonical shape.

    Args:
        document: The file, or the bytes of one.
        overlays: Overlay 1.0 files, applied in order before anything else.
        diagnostics: Receives every finding; without it they are dropped.
        confine: Refuse ``$ref`` to files outside the document's own folder.
        name: What diagnostics call a document given as bytes.
        edit: Changes the parsed document before overlays and everything else.

    Returns:
        The canonical document.

    Raises:
        SpecError: The document cannot be read at all. Bad parts of a readable document are
            quarantined and reported instead.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    path: Path | None = None
    if isinstance(document, bytes):
        data = document
    else:
        path = Path(document)
        name = str(document)
        data = read_bytes(path)
    digest = hashlib.sha256(data)
    source = Source(name, data)
    root = source.parse(found)
    if not isinstance(root, dict):
        raise spec_error(
            "not-openapi",
            "the document is empty" if root is None else "the document is not an object",
            Position(name, 1, 1),
            hint="an OpenAPI document begins with `openapi: 3.1.0`",
        )
    result = Document(source, "")
    result.root = root
    if edit is not None:
        edit(result)
    if overlays:
        from .overlay import apply_overlay

        for overlay in overlays:
            overlay_data = read_bytes(Path(overlay))
            digest.update(hashlib.sha256(overlay_data).digest())
            apply_overlay(result, Source(str(overlay), overlay_data), found)
    if _FILE_REF.search(source.text) or overlays or edit is not None:
        from .bundle import bundle

        for data in bundle(result, path, found, confine=confine):
            digest.update(hashlib.sha256(data).digest())
    result.sha256 = digest.hexdigest()
    normalise(result, found)
    return result

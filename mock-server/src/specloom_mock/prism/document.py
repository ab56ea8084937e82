"""The copy of a document that Prism is given.

Prism watches its document and dies of a broken save, so it never gets the original. The copy keeps
the relative places of every file that the document refers to, so ``$ref: ./common.yaml#/...``
resolves in it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import yaml

from .errors import PrismError

__all__ = ["DocumentSource", "copy_document"]

DocumentSource: TypeAlias = str | os.PathLike[str] | bytes | Mapping[str, Any]
"""A path, the text of a document as bytes, or a document that was read already."""


def copy_document(document: DocumentSource, directory: Path) -> Path:
    """Write ``document``, and the files it refers to, below ``directory``.

    Returns:
        Path of the copy.

    Raises:
        PrismError: There is no such file.
    """
    if isinstance(document, Mapping):
        copy = directory / "openapi.json"
        copy.write_text(json.dumps(document), encoding="utf-8")
        return copy
    if isinstance(document, bytes):
        copy = directory / "openapi.yaml"  # YAML 1.2 holds JSON as well
        copy.write_bytes(document)
        return copy
    path = Path(document).resolve()
    if not path.is_file():
        raise PrismError(f"there is no document at {document!s}")
    files = _with_references(path)
    root = Path(os.path.commonpath([file.parent for file in files]))
    for file in files:
        target = directory / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return directory / path.relative_to(root)


def _with_references(path: Path) -> list[Path]:
    """``path`` and every local file that its ``$ref`` values reach, in order of discovery."""
    found = [path]
    for file in found:  # grows as it is read
        try:
            content = yaml.load(file.read_bytes(), Loader=_loader())  # noqa: S506 - CSafeLoader
        except (yaml.YAMLError, UnicodeDecodeError):
            continue  # Prism reads it too, and says what is wrong with it
        for reference in _file_references(content):
            target = (file.parent / reference).resolve()
            if target.is_file() and target not in found:
                found.append(target)
    return found


def _loader() -> type[yaml.SafeLoader]:
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader


def _file_references(content: Any) -> Iterator[str]:
    seen: set[int] = set()  # an anchor may make a node its own descendant
    stack = [content]
    while stack:
        node = stack.pop()
        if not isinstance(node, dict | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            stack.extend(node)
            continue
        reference = node.get("$ref")
        if isinstance(reference, str):
            file = unquote(reference.partition("#")[0])
            if file and "://" not in file:
                yield file
        stack.extend(node.values())

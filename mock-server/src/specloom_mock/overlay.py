"""``openapi.mock.yaml``: what a document does not say about how it shall be served.

A file beside the document, in the vocabulary of ``x-mock``::

    specloom_mock: 1
    operations:
      servers.start: {action: {set: {status: running}, event: server.started}}
    collections:
      /users: {rows: 60, unique: [email]}
    auth:
      password: correct-horse-battery
      credentials:
        - {kind: bearer, value: sk_live_..., scopes: [read]}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from specloom_mock.vocabulary import wrong

__all__ = ["Overlay", "OverlayError", "beside", "overlay_path", "read_overlay"]

_KEYS = {"specloom_mock", "operations", "collections", "auth", "server"}


class OverlayError(ValueError):
    """The overlay file cannot be used."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an overlay says: by operation id, by collection path, and for the whole server."""

    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def overlay_path(document: Path) -> Path:
    """Where the overlay of a document would stand."""
    return document.with_name(f"{document.stem}.mock.yaml")


def beside(document: Path) -> Path | None:
    """The overlay that stands beside a document, if there is one: ``api.yaml``, ``api.mock.yaml``."""
    path = overlay_path(document)
    return path if path.is_file() else None


def read_overlay(path: Path) -> Overlay:
    """Read an overlay file.

    Raises:
        OverlayError: It is not YAML, or holds what is not understood.
        OSError: It cannot be read.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise OverlayError(f"{path}: {error}") from error
    if not isinstance(raw, dict):
        raise OverlayError(f"{path}: an overlay is an object")
    unknown = sorted(set(raw) - _KEYS)
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise OverlayError(f"{path}: unknown key {unknown[0]!r}; known: {known}")
    _check(path, raw)
    return Overlay(
        operations=dict(raw.get("operations") or {}),
        collections=dict(raw.get("collections") or {}),
        settings={"auth": raw.get("auth") or {}, "server": raw.get("server") or {}},
    )


def _check(path: Path, raw: dict[str, Any]) -> None:
    """Refuse what the vocabulary does not have.

    Raises:
        OverlayError: With the place.
    """
    found: list[tuple[str, str]] = []
    for key, shape in (("operations", "operation"), ("collections", "collection")):
        entries = raw.get(key) or {}
        if not isinstance(entries, dict):
            raise OverlayError(f"{path}: {key}: not an object")
        for name, value in entries.items():
            found += [(f"{key}.{name}.{at}", said) for at, said in wrong(shape, value)]
    for key in ("auth", "server"):
        found += [(f"{key}.{at}", said) for at, said in wrong(key, raw.get(key) or {})]
    if found:
        place, message = found[0]
        raise OverlayError(f"{path}: {place.rstrip('.')}: {message}")

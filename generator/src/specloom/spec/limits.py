"""Bounds on what a document may ask of the reader, far above any real document."""

from __future__ import annotations

__all__ = ["MAX_ALIAS_NODES", "MAX_BYTES", "MAX_DEPTH", "MAX_FILES"]

MAX_BYTES = 128 * 1024 * 1024
"""Bytes in one file. The largest public OpenAPI documents have some 40 MB."""

MAX_DEPTH = 250
"""Nested mappings and lists. Real documents stay below 60; every later pass may recurse."""

MAX_ALIAS_NODES = 1_000_000
"""Nodes that YAML aliases may add to a document by repetition (the billion-laughs attack)."""

MAX_FILES = 2_000
"""Files that one document may pull in with ``$ref``."""

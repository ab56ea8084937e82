"""The JSON Schemas of Specloom's own formats, and checks against them.

``generator/schemas`` holds them; a wheel carries the folder as ``specloom/schemas_data``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .spec.pointer import child

__all__ = ["Violation", "names", "schema", "violations"]

_FOLDERS = (
    Path(__file__).parent / "schemas_data",
    Path(__file__).parent.parent.parent / "schemas",
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a value does not fit its schema; ``pointer`` is into the value."""

    pointer: str
    message: str
    hint: str = ""


def _folder() -> Path:
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])


def names() -> list[str]:
    """Return the names of all schemas, sorted: ``specloom``, ``x-rate-limit``, ..."""
    suffix = ".schema.json"
    return sorted(path.name.removesuffix(suffix) for path in _folder().glob("*" + suffix))


@functools.cache
def schema(name: str) -> Any:
    """Return a schema by name.

    Raises:
        KeyError: There is no such schema.
    """
    path = _folder() / f"{name}.schema.json"
    if not path.is_file():
        raise KeyError(name)
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def _validator(name: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema(name))


def violations(name: str, value: Any) -> Iterator[Violation]:
    """Yield where a value does not fit the schema of that name, in document order."""
    for error in _validator(name).iter_errors(value):
        for cause in _causes(error):
            yield from _violation(name, cause)


def _causes(error: Any) -> list[Any]:
    """Return what is wrong with the alternative that was meant, where a schema has several.

    That is one whose type the value has; without one, the failed choice itself says enough.
    """
    branches = getattr(error.kind, "context", None)
    if not branches:
        return [error]
    here = list(error.instance_path)
    for branch in branches:
        if not any(
            list(item.instance_path) == here and item.kind.name in ("type", "const", "enum")
            for item in branch
        ):
            return [cause for item in branch for cause in _causes(item)]
    return [error]


def _violation(name: str, error: Any) -> Iterator[Violation]:
    path = list(error.instance_path)
    unexpected = getattr(error.kind, "unexpected", None)
    if not isinstance(unexpected, list):
        yield Violation(child("", *path), error.message)
        return
    allowed = _properties(schema(name), list(error.schema_path))
    for key in unexpected:
        close = get_close_matches(str(key), allowed, 1)
        yield Violation(
            child("", *path, key),
            f"the key {key!r} is unknown",
            f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(allowed))}",
        )


def _properties(root: Any, path: list[Any]) -> list[str]:
    """Return the property names of the object schema whose ``additionalProperties`` failed."""
    node = root
    for key in path[:-1]:
        if isinstance(node, dict) and "$ref" in node and key not in node:
            for part in node["$ref"].split("/")[1:]:
                node = node[part]
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list):
            node = node[int(key)]
    return list(node.get("properties", ())) if isinstance(node, dict) else []

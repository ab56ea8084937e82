"""The name lock: names that an SDK's users rely on, kept whatever the document adds later.

``specloom.lock`` stands in the SDK's folder. It maps the pointer of each schema to its model's
name and each operation to its place in the resource tree. A name in it is never given to anything
else, and what it names keeps the name; the configuration alone overrules it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specloom.ir.model import Api, ModelId, Words
from specloom.ir.names import DEEPEST

__all__ = ["FILE_NAME", "LockError", "NameLock", "lock_of", "parse_lock", "render_lock"]

FILE_NAME = "specloom.lock"
_FORMAT = 1
_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*\Z")


class LockError(ValueError):
    """A lock that cannot be read."""


@dataclass(frozen=True, slots=True)
class NameLock:
    """Names that are taken.

    Attributes:
        models: Pointer of a schema -> the words of its model's name.
        operations: Operation id -> its resource and its method's words.
    """

    models: Mapping[ModelId, Words] = field(default_factory=dict)
    operations: Mapping[str, tuple[tuple[Words, ...], Words]] = field(default_factory=dict)


def lock_of(api: Api) -> NameLock:
    """Return the lock of every name of an API."""
    return NameLock(
        {key: model.name for key, model in api.models.items()},
        {key: (item.resource, item.method_name) for key, item in api.operations.items()},
    )


def render_lock(lock: NameLock) -> bytes:
    """Write a lock as JSON, sorted, one name a line, so that changes merge well."""
    values = {
        "specloom": _FORMAT,
        "models": {key: "_".join(words) for key, words in sorted(lock.models.items())},
        "operations": {
            key: ".".join("_".join(words) for words in (*resource, method))
            for key, (resource, method) in sorted(lock.operations.items())
        },
    }
    return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()


def parse_lock(data: bytes) -> NameLock:
    """Read a lock.

    Raises:
        LockError: The bytes are no lock of this format.
    """
    try:
        values: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LockError(f"it is not JSON: {error}") from None
    if not isinstance(values, dict) or values.get("specloom") != _FORMAT:
        raise LockError(f"it is no lock of format {_FORMAT}")
    operations = {}
    for key, dotted in _members(values, "operations").items():
        *resource, method = (_words(part) for part in dotted.split("."))
        if len(resource) > DEEPEST:
            raise LockError(f"the resource of {key!r} is deeper than {DEEPEST} levels")
        operations[key] = (tuple(resource), method)
    models = {key: _words(name) for key, name in _members(values, "models").items()}
    if len({"".join(words) for words in models.values()}) < len(models):
        raise LockError("two models have one name")
    return NameLock(models, operations)


def _members(values: dict[str, Any], key: str) -> dict[str, str]:
    found = values.get(key, {})
    if not isinstance(found, dict) or not all(isinstance(item, str) for item in found.values()):
        raise LockError(f"{key} is not a mapping of texts")
    return found


def _words(name: str) -> Words:
    if not _NAME.match(name):
        raise LockError(f"{name!r} is not a name")
    return tuple(name.split("_"))

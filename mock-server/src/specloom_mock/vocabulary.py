"""What may stand in ``x-mock`` and in an overlay; what else stands there is told, never a crash."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs

from specloom_mock.plan import Kind

__all__ = ["usable", "wrong"]

_TEXTS = {"type": "array", "items": {"type": "string"}}
_ACTION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "set": {"type": "object"},
        "from": {"type": "object", "additionalProperties": {"type": "array"}},
        "event": {"type": "string"},
        "repeat": {"type": "boolean"},
    },
}
_CREDENTIAL = {
    "type": "object",
    "required": ["kind", "value"],
    "additionalProperties": False,
    "properties": {
        "kind": {"enum": ["api_key", "basic", "bearer", "refresh", "session"]},
        "value": {"type": "string"},
        "scopes": _TEXTS,
        "user": {"type": "string"},
        "expires_at": {"type": ["string", "number"]},
        "credits": {"type": "integer"},
    },
}
_SHAPES: dict[str, dict[str, Any]] = {
    "operation": {
        "kind": {"enum": [kind.value for kind in Kind]},
        "collection": {"type": "string"},
        "action": _ACTION,
        "emits": {"type": "string"},
        "scopes": _TEXTS,
        "update": {"enum": ["merge", "replace"]},
    },
    "collection": {
        "rows": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "unique": _TEXTS,
        "order": {"type": "string"},
        "audit": {"type": "boolean"},
        "keep_while": {"type": "object", "additionalProperties": {"type": "array"}},
        "keep_while_referenced": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "parameter": {
        "error": {"type": "string"},
        "collections": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "auth": {
        "password": {"type": "string"},
        "credentials": {"type": "array", "items": _CREDENTIAL},
        "roles": {"type": "object", "additionalProperties": _TEXTS},
    },
    "server": {"max_body": {"type": "integer", "minimum": 1}},
}


@cache
def _validator(shape: str) -> jsonschema_rs.Draft202012Validator:
    schema = {"type": "object", "additionalProperties": False, "properties": _SHAPES[shape]}
    return jsonschema_rs.Draft202012Validator(schema)


def wrong(shape: str, value: Any) -> list[tuple[str, str]]:
    """What is wrong with a value: (where in it, with dots; what), the first of each place.

    Args:
        shape: ``operation``, ``collection``, ``parameter``, ``auth`` or ``server``.
        value: What stands in the document or the overlay.
    """
    found: dict[str, str] = {}
    for error in _validator(shape).iter_errors(value):
        where = ".".join(str(part) for part in error.instance_path)
        message = error.message
        if error.kind.name == "additionalProperties":
            known = ", ".join(sorted(_SHAPES[shape])) if not where else ""
            message += f"; known: {known}" if known else ""
        found.setdefault(where, message)
    return list(found.items())


def usable(shape: str, value: Any, where: str, notes: list[str]) -> dict[str, Any]:
    """The entries of an ``x-mock`` that are understood; the others are told in ``notes``."""
    if value is None or value == {}:
        return {}
    found = wrong(shape, value)
    for place, message in found:
        at = f"{where}: x-mock.{place}" if place else f"{where}: x-mock"
        notes.append(f"{at} is not understood and has no effect: {message}")
    if not isinstance(value, dict):
        return {}
    bad = {place.partition(".")[0] for place, _ in found}
    return {key: item for key, item in value.items() if key in _SHAPES[shape] and key not in bad}

"""Values: from the runner's JSON to the SDK's own, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

__all__ = ["from_json", "to_json"]


def from_json(value: Any) -> Any:
    """The value that a user of the SDK would write."""
    if isinstance(value, list):
        return [from_json(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "$datetime":
            return datetime.fromisoformat(argument)
        if name == "$date":
            return date.fromisoformat(argument)
        if name == "$bytes":
            return base64.b64decode(argument)
        if name == "$file":
            content = base64.b64decode(argument["content"])
            return (argument["filename"], content, argument["content_type"])
    return {name: from_json(element) for name, element in value.items()}


def to_json(value: Any) -> Any:
    """What the SDK handed out, as JSON by wire names, with what the server sent and no more."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray):
        return {"$base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        dumped = value.model_dump(mode="python", by_alias=True, exclude_unset=True, warnings=False)
        return to_json(dumped)
    if isinstance(value, Mapping):
        return {str(name): to_json(element) for name, element in value.items()}
    return [to_json(element) for element in value]

"""Line and column of a JSON pointer in a text, looked up only when a diagnostic needs it."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Protocol

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from specloom.spec.pointer import split
from specloom.spec.yaml_reader import events

__all__ = ["JsonPositions", "Positions", "YamlPositions"]

_SPACE = re.compile(r"[ \t\n\r]*")


class Positions(Protocol):
    """Where the nodes of one file stand."""

    def find(self, pointer: str) -> tuple[int, int]:
        """Return (line, column), from 1, of the node or of its nearest ancestor that exists."""
        ...

    def raw(self, pointer: str) -> str | None:
        """Return a scalar as it is written (``1.10``), None where it is not a scalar."""
        ...


class JsonPositions:
    """Positions in JSON text: each container on the way is skimmed by the C decoder, once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decode = json.JSONDecoder().raw_decode
        self._members: dict[int, dict[str, tuple[int, int]]] = {}

    def find(self, pointer: str) -> tuple[int, int]:
        shown, _, _ = self._walk(pointer)
        return self._text.count("\n", 0, shown) + 1, shown - self._text.rfind("\n", 0, shown)

    def raw(self, pointer: str) -> str | None:
        _, start, whole = self._walk(pointer)
        if not whole or self._text[start] in "{[":
            return None
        value, end = self._decode(self._text, start)
        return value if isinstance(value, str) else self._text[start:end]

    def _walk(self, pointer: str) -> tuple[int, int, bool]:
        """Return the offset to show, the value's offset, and whether the node exists."""
        shown = value = self._skip(0)
        for key in split(pointer):
            found = self._container(value).get(key)
            if found is None:
                return shown, value, False
            shown, value = found
        return shown, value, True

    def _skip(self, offset: int) -> int:
        match = _SPACE.match(self._text, offset)
        return match.end() if match else offset

    def _container(self, start: int) -> dict[str, tuple[int, int]]:
        known = self._members.get(start)
        if known is not None:
            return known
        members: dict[str, tuple[int, int]] = {}
        text, offset = self._text, start + 1
        if text[start] == "{":
            offset = self._skip(offset)
            while text[offset] == '"':
                shown = offset
                key, offset = scanstring(text, offset + 1)
                value = self._skip(self._skip(offset) + 1)
                members[key] = (shown, value)
                _, offset = self._decode(text, value)
                offset = self._skip(offset)
                if text[offset] != ",":
                    break
                offset = self._skip(offset + 1)
        elif text[start] == "[":
            offset = self._skip(offset)
            while text[offset] != "]":
                members[str(len(members))] = (offset, offset)
                _, offset = self._decode(text, offset)
                offset = self._skip(offset)
                if text[offset] != ",":
                    break
                offset = self._skip(offset + 1)
        self._members[start] = members
        return members


class _Place:
    """A node of a YAML text: where it stands, its members, or its scalar as written."""

    __slots__ = ("column", "line", "members", "raw")

    def __init__(self, line: int, column: int, raw: str | None = None) -> None:
        self.line = line
        self.column = column
        self.raw = raw
        self.members: dict[str, _Place] | None = None


class YamlPositions:
    """Positions in YAML text, from a second pass over its events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: _Place | None = None

    def find(self, pointer: str) -> tuple[int, int]:
        place, _ = self._walk(pointer)
        return place.line, place.column

    def raw(self, pointer: str) -> str | None:
        place, whole = self._walk(pointer)
        return place.raw if whole else None

    def _walk(self, pointer: str) -> tuple[_Place, bool]:
        if self._root is None:
            self._root = _places(self._text)
        place = self._root
        for key in split(pointer):
            members = place.members or {}
            found = members.get(key)
            if found is None and isinstance(merged := members.get("<<"), _Place):
                found = (merged.members or {}).get(key)
            if found is None:
                return place, False
            place = found
        return place, True


def _places(text: str) -> _Place:
    anchors: dict[str, _Place] = {}
    stack: list[tuple[_Place, bool, str | None]] = []
    root = _Place(1, 1)
    current, is_mapping, key = root, False, None
    key_place: tuple[int, int] = (1, 1)
    key_marks: list[tuple[int, int]] = []
    for event in events(text, ""):
        kind = type(event)
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            current, is_mapping, key = stack.pop()
            key_place = key_marks.pop()
            key = None
            continue
        if kind is DocumentEndEvent:
            break
        if kind not in (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent):
            continue
        mark = event.start_mark
        here = (mark.line + 1, mark.column + 1)
        if is_mapping and key is None:
            key = event.value if kind is ScalarEvent else str(event.anchor)
            key_place = here
            continue
        line, column = key_place if is_mapping else here
        place = _Place(line, column, event.value if kind is ScalarEvent else None)
        if kind is AliasEvent:
            target = anchors.get(event.anchor)
            if target is not None:
                place.members, place.raw = target.members, target.raw
        elif event.anchor:
            anchors[event.anchor] = place
        if stack:
            members: dict[str, Any] = current.members if current.members is not None else {}
            members[key if is_mapping and key is not None else str(len(members))] = place
            current.members = members
        else:
            root = place
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            stack.append((current, is_mapping, key))
            key_marks.append(key_place)
            current, is_mapping = place, kind is MappingStartEvent
            place.members = {}
            key = None
        else:
            key = None
    return root

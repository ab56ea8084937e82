"""YAML text to plain values by YAML 1.2's core schema, on libyaml's event stream.

libyaml's own tree builder recurses in C and crashes on deep nesting, and PyYAML reads YAML 1.1
(``on`` is true, ``2024-01-01`` a date). This reader keeps its own stack, so depth, aliases and
duplicate keys are bounded and reported, and it is several times faster than PyYAML's constructors.
Mapping keys are always strings: ``200:`` is the key ``"200"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from specloom.diagnostics import Diagnostics, Position, Severity
from specloom.spec.errors import SpecError, spec_error
from specloom.spec.limits import MAX_ALIAS_NODES, MAX_DEPTH

_Parser: Any = getattr(yaml, "CLoader", yaml.Loader)  # without libyaml: slower, same events

__all__ = ["events", "read_yaml", "resolve_plain"]

_NUMBER_START = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_MAX_INT_DIGITS = 400
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset((f"{_TAG}str", f"{_TAG}binary", f"{_TAG}timestamp", "!"))
_PLAIN_TAGS = frozenset(f"{_TAG}{name}" for name in ("int", "float", "bool", "null"))
_NO_KEY: Any = object()
_MERGE: Any = object()


def resolve_plain(text: str) -> Any:
    """Return the value of an unquoted scalar by YAML 1.2's core schema.

    Infinity and NaN stay text: JSON, and so OpenAPI, has no such numbers.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INT.match(text):
        return int(text) if len(text) <= _MAX_INT_DIGITS else text
    if _FLOAT.match(text):
        number = float(text)
        return number if number - number == 0 else text
    if _OCTAL.match(text):
        return int(text[2:], 8) if len(text) <= _MAX_INT_DIGITS else text
    if _HEX.match(text):
        return int(text[2:], 16) if len(text) <= _MAX_INT_DIGITS else text
    return text


def events(text: str, file: str) -> Iterator[Any]:
    """Yield libyaml's events; a syntax error becomes a :class:`SpecError` with its place."""
    try:
        parser = _Parser(text)
        get_event = parser.get_event
        while (event := get_event()) is not None:
            yield event
    except yaml.YAMLError as error:
        raise _syntax_error(error, file) from None


def read_yaml(text: str, file: str, diagnostics: Diagnostics) -> Any:
    """Read the first YAML document of a text.

    Args:
        text: The whole text.
        file: The name that diagnostics show.
        diagnostics: Receives duplicate keys, unknown tags and further documents.

    Raises:
        SpecError: The text is not YAML, too deep, or its aliases repeat too much.
    """
    return _Reader(file, diagnostics).read(text)


class _Reader:
    def __init__(self, file: str, diagnostics: Diagnostics) -> None:
        self.file = file
        self.diagnostics = diagnostics
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: list[tuple[str | None, int]] = []
        self.alias_nodes = 0
        self.nodes = 0
        self.bare_keys: list[Any] = []

    def read(self, text: str) -> Any:
        plain: dict[str, Any] = dict(_CONSTANTS)
        stack: list[tuple[Any, Any]] = []  # enclosing (container, pending key)
        merges: list[tuple[Any, Any]] = []
        container: Any = None
        key: Any = _NO_KEY
        root: Any = _NO_KEY
        documents = 0
        for event in events(text, self.file):
            kind = type(event)
            value: Any
            if kind is ScalarEvent:
                self.nodes += 1
                value = event.value
                if type(container) is dict and key is _NO_KEY:
                    key = value
                    if len(key) == 3 and key.isdecimal() and event.implicit[0]:
                        self.bare_keys.append(event.start_mark)
                    if key == "<<" and event.implicit[0]:
                        key = _MERGE
                    elif key in container:
                        self._duplicate(key, event)
                    if event.anchor:
                        self.anchors[event.anchor] = (value, 1)
                    continue
                if event.tag is not None:
                    value = self._tagged(event)
                elif event.implicit[0]:
                    known = plain.get(value, _NO_KEY)
                    if known is _NO_KEY:
                        known = plain[value] = resolve_plain(value)
                    value = known
                if event.anchor:
                    self.anchors[event.anchor] = (value, 1)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self.nodes += 1
                if type(container) is dict and key is _NO_KEY:
                    raise self._error("yaml-key", "a mapping key is not a scalar", event)
                if len(stack) >= MAX_DEPTH:
                    raise self._error(
                        "too-deep",
                        f"more than {MAX_DEPTH} mappings and lists are nested",
                        event,
                    )
                stack.append((container, key))
                self.open_anchors.append((event.anchor, self.nodes))
                container = {} if kind is MappingStartEvent else []
                key = _NO_KEY
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = container
                anchor, start = self.open_anchors.pop()
                while merges and merges[-1][0] is value:
                    _merge(value, merges.pop()[1])
                if anchor:
                    self.anchors[anchor] = (value, self.nodes - start + 1)
                container, key = stack.pop()
            elif kind is AliasEvent:
                value = self._alias(event)
                if type(container) is dict and key is _NO_KEY:
                    key = value if isinstance(value, str) else str(value)
                    continue
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._second_document(event)
                    break
                continue
            else:
                continue
            if isinstance(container, dict):
                if key is not _MERGE:
                    container[key] = value
                elif _is_mergeable(value):
                    merges.append((container, value))
                else:
                    container["<<"] = value
                key = _NO_KEY
            elif isinstance(container, list):
                container.append(value)
            else:
                root = value
        if self.bare_keys:
            self._bare_keys()
        return None if root is _NO_KEY else root

    def _alias(self, event: Any) -> Any:
        name = event.anchor
        if name not in self.anchors:
            if any(anchor == name for anchor, _ in self.open_anchors):
                raise self._error("yaml-recursion", f"*{name} stands inside itself", event)
            raise self._error("yaml-alias", f"*{name} has no anchor &{name} before it", event)
        value, size = self.anchors[name]
        self.alias_nodes += size
        self.nodes += size
        if self.alias_nodes > MAX_ALIAS_NODES:
            raise self._error(
                "alias-bomb",
                f"aliases repeat more than {MAX_ALIAS_NODES} nodes",
                event,
                hint="write shared parts once under components and refer to them with $ref",
            )
        depth = len(self.open_anchors)
        return self._copy(value, depth, event)

    def _copy(self, value: Any, depth: int, event: Any) -> Any:
        if not isinstance(value, (dict, list)):
            return value
        if depth >= MAX_DEPTH:
            raise self._error(
                "too-deep", f"more than {MAX_DEPTH} mappings and lists are nested", event
            )
        if isinstance(value, dict):
            return {key: self._copy(item, depth + 1, event) for key, item in value.items()}
        return [self._copy(item, depth + 1, event) for item in value]

    def _tagged(self, event: Any) -> Any:
        tag: str = event.tag
        if tag in _TEXT_TAGS:
            return event.value
        if tag in _PLAIN_TAGS:
            return resolve_plain(event.value)
        self.diagnostics.add(
            Severity.WARNING,
            "yaml-tag",
            f"the YAML tag {tag} is unknown",
            position=self._position(event),
            consequence="the value is read as text",
        )
        return event.value

    def _duplicate(self, key: str, event: Any) -> None:
        self.diagnostics.add(
            Severity.ERROR,
            "duplicate-key",
            f"the key {key!r} stands twice in one mapping",
            position=self._position(event),
            consequence="the last one is used, the other is lost",
            hint="rename or remove one of the two",
        )

    def _bare_keys(self) -> None:
        mark = self.bare_keys[0]
        more = f" (and {len(self.bare_keys) - 1} more)" if len(self.bare_keys) > 1 else ""
        self.diagnostics.add(
            Severity.NOTE,
            "unquoted-status",
            f"a status code stands without quotes{more}",
            position=Position(self.file, mark.line + 1, mark.column + 1),
            consequence="none here: it is read as text; other tools read a number",
            hint="write '200': in quotes",
        )

    def _second_document(self, event: Any) -> None:
        self.diagnostics.add(
            Severity.WARNING,
            "yaml-documents",
            "the file holds more than one YAML document",
            position=self._position(event),
            consequence="only the first one is read",
            hint="keep one document in a file",
        )

    def _position(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self.file, mark.line + 1, mark.column + 1)

    def _error(self, code: str, message: str, event: Any, *, hint: str = "") -> SpecError:
        return spec_error(code, message, self._position(event), hint=hint)


def _is_mergeable(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict)


def _merge(target: Any, source: Any) -> None:
    """Apply a YAML merge key: the target's own members win, then earlier sources."""
    for mapping in source if isinstance(source, list) else [source]:
        if isinstance(mapping, dict):
            for key, value in mapping.items():
                target.setdefault(key, value)


def _syntax_error(error: yaml.YAMLError, file: str) -> SpecError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    context = getattr(error, "context", None)
    return spec_error(
        "yaml-syntax",
        f"{context}: {problem}" if context else str(problem),
        position,
        hint="check the indentation and the quotes at and above this line",
    )

"""JSON text to plain values, with duplicate keys and depth watched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from specloom.diagnostics import Diagnostics, Position, Severity
from specloom.spec.errors import SpecError, spec_error
from specloom.spec.limits import MAX_DEPTH
from specloom.spec.pointer import child

__all__ = ["depth_of", "read_json"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_BRACKET = r"[\[\]{}]"
_LONG_NUMBER = r"[0-9]{1000,}"
_CONSTANT = r"NaN|-?Infinity"


def read_json(text: str, file: str, diagnostics: Diagnostics) -> Any:
    """Read a JSON text.

    Args:
        text: The whole text.
        file: The name that diagnostics show.
        diagnostics: Receives duplicate keys and numbers that JSON does not have.

    Raises:
        SpecError: The text is not JSON, or too deep.
    """
    doubled: list[dict[str, Any]] = []
    doubled_keys: list[str] = []
    constants: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(members)
        if len(made) != len(members):
            seen: set[str] = set()
            for key, _ in members:
                if key in seen:
                    doubled.append(made)
                    doubled_keys.append(key)
                seen.add(key)
        return made

    try:
        root = json.loads(text, object_pairs_hook=pairs, parse_constant=constants.append)
    except json.JSONDecodeError as error:
        raise spec_error(
            "json-syntax",
            error.msg[:1].lower() + error.msg[1:],
            Position(file, error.lineno, error.colno),
            hint="is the file complete?" if error.pos >= len(text.rstrip()) else "",
        ) from None
    except RecursionError:
        raise _too_deep(text, file) from None
    except ValueError:
        offset = next((match.start() for match in _tokens(text, _LONG_NUMBER)), 0)
        raise spec_error(
            "json-number",
            "a number has more digits than can be read",
            _position(text, file, offset),
            hint="write it as text",
        ) from None
    if depth_of(root) > MAX_DEPTH:
        raise _too_deep(text, file)
    if constants:
        diagnostics.add(
            Severity.WARNING,
            "json-number",
            f"JSON has no number {constants[0]}",
            position=_position(text, file, next(_tokens(text, _CONSTANT)).start()),
            consequence="it is read as null",
        )
    if doubled:
        _report_doubled(root, doubled, doubled_keys, text, file, diagnostics)
    return root


def depth_of(root: Any) -> int:
    """Return how deep mappings and lists are nested, without recursion."""
    depth = 0
    level: list[Any] = [root] if isinstance(root, (dict, list)) else []
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            value
            for node in level
            for value in (node.values() if type(node) is dict else node)
            if type(value) is dict or type(value) is list
        ]
    return depth


def _too_deep(text: str, file: str) -> SpecError:
    depth = 0
    offset = 0
    for match in _tokens(text, _BRACKET):
        depth += 1 if match[0] in "[{" else -1
        if depth > MAX_DEPTH:
            offset = match.start()
            break
    return spec_error(
        "too-deep",
        f"more than {MAX_DEPTH} mappings and lists are nested",
        _position(text, file, offset),
    )


def _tokens(text: str, pattern: str) -> Iterator[re.Match[str]]:
    """Yield what a pattern matches outside strings."""
    for match in re.finditer(rf"{_STRING}|(?P<found>{pattern})", text):
        if match["found"] is not None:
            yield match


def _position(text: str, file: str, offset: int) -> Position:
    line = text.count("\n", 0, offset) + 1
    return Position(file, line, offset - text.rfind("\n", 0, offset))


def _report_doubled(
    root: Any,
    doubled: list[dict[str, Any]],
    keys: list[str],
    text: str,
    file: str,
    diagnostics: Diagnostics,
) -> None:
    from .positions import JsonPositions

    wanted = {id(node): keys[index] for index, node in enumerate(doubled)}
    positions = JsonPositions(text)
    queue: list[tuple[Any, str]] = [(root, "")]
    while queue:
        node, pointer = queue.pop()
        if id(node) in wanted:
            key = wanted[id(node)]
            line, column = positions.find(child(pointer, key))
            diagnostics.add(
                Severity.ERROR,
                "duplicate-key",
                f"the key {key!r} stands twice in one object",
                position=Position(file, line, column),
                consequence="the last one is used, the other is lost",
                hint="rename or remove one of the two",
            )
        items = node.items() if isinstance(node, dict) else enumerate(node)
        queue.extend(
            (value, child(pointer, key)) for key, value in items if isinstance(value, (dict, list))
        )

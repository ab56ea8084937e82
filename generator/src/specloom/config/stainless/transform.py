"""``openapi.transformations``: edits of the document before anything else reads it.

``update`` replaces what is there and fails where nothing is; ``append`` adds what is not there and
fails where something is (to a list it adds an item); ``merge`` merges objects member by member;
``remove``, ``copy`` and ``move`` do what they say; ``oneOfToAnyOf`` turns every ``oneOf`` into an
``anyOf``. Targets are JSONPaths (RFC 9535). An edit that fails is reported, and is
not made from the target on that it fails at.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias, cast

import jsonpath_rfc9535 as jsonpath

from specloom.config.stainless.model import Transformation
from specloom.config.stainless.reading import Report
from specloom.spec.document import Document

__all__ = ["COMMANDS", "apply_transformations"]

COMMANDS = frozenset(("update", "append", "merge", "remove", "copy", "move", "oneOfToAnyOf"))

_MOST_TARGETS = 100_000
"""Nodes that one edit may select: more than any real document has."""

_MOST_NODES = 200_000
"""Nodes that all edits together may add."""

Location: TypeAlias = tuple[int | str, ...]


class _Failure(Exception):
    """An edit that cannot be made."""


def apply_transformations(
    document: Document, transformations: tuple[Transformation, ...], report: Report
) -> None:
    """Edit a parsed document in place.

    Args:
        document: The document as it was written; nothing is canonical yet.
        transformations: The edits, in order.
        report: Receives those that fail.
    """
    editor = _Editor(document)
    for item in transformations:
        try:
            editor.edit(item.command, item.args)
        except _Failure as failure:
            report.missing(
                item.pointer,
                f"the transformation {item.command} fails: {failure}",
                "the edit is not made, from the target on that fails",
                "the document may have changed: correct or remove the edit",
            )


class _Editor:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._copied = 0

    def edit(self, command: str, args: Any) -> None:
        if command == "oneOfToAnyOf":
            _one_of_to_any_of(self._document.root)
        elif command == "remove":
            self._remove(args)
        elif command in ("copy", "move"):
            self._copy_or_move(args, move=command == "move")
        else:
            if "value" not in args and "object" not in args:
                raise _Failure("it has no value")
            value = args.get("value", args.get("object"))
            for target in self._targets(args):
                getattr(self, f"_{command}")(target, value)

    # -- selecting

    def _targets(self, args: Any) -> list[str]:
        target = args.get("target")
        if isinstance(target, str):
            return [target]
        if isinstance(target, list) and target and all(isinstance(item, str) for item in target):
            return target
        if isinstance(target, dict) and isinstance(target.get("matches_schema"), dict):
            return self._matching(target["matches_schema"], target.get("ignore"))
        raise _Failure("it has no target")

    def _select(self, path: str) -> list[tuple[Location, Any]]:
        try:
            found = list(islice(jsonpath.finditer(path, self._document.root), _MOST_TARGETS))
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise _Failure(f"the target {path!r} is no JSONPath: {error}") from None
        return [(tuple(node.location), node.value) for node in found]

    def _selected(self, path: str) -> list[tuple[Location, Any]]:
        found = self._select(path)
        if not found:
            raise _Failure(f"the target {path!r} selects nothing")
        return found

    def _matching(self, pattern: dict[str, Any], ignore: Any) -> list[str]:
        paths = [ignore] if isinstance(ignore, str) else ignore or []
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise _Failure("what is ignored is no path")
        ignored = {location for path in paths for location, _ in self._select(path)}
        found = [
            "$" + "".join(f"[{key!r}]" if isinstance(key, str) else f"[{key}]" for key in location)
            for location, node in _nodes(self._document.root)
            if location not in ignored and _fits(node, pattern)
        ]
        if not found:
            raise _Failure("no schema matches")
        return found

    def _holder(self, location: Location) -> Any:
        holder: Any = self._document.root
        for key in location[:-1]:
            holder = holder[key]
        return holder

    def _place(self, path: str) -> Location:
        """Return the one location that a path without wildcards names, there or not."""
        try:
            query = jsonpath.compile(path)
        except jsonpath.JSONPathError as error:
            raise _Failure(f"the target {path!r} is no JSONPath: {error}") from None
        if not query.singular_query():
            raise _Failure(f"the target {path!r} may name several places")
        location: list[int | str] = []
        for segment in query.segments:
            selector: Any = segment.selectors[0]
            location.append(selector.name if hasattr(selector, "name") else selector.index)
        if not location:
            raise _Failure("the document itself cannot be replaced")
        return tuple(location)

    # -- editing

    def _set(self, location: Location, value: Any) -> None:
        if not location:
            raise _Failure("the document itself cannot be replaced")
        self._holder(location)[location[-1]] = self._copy(value)

    def _update(self, path: str, value: Any) -> None:
        for location, _ in self._selected(path):
            self._set(location, value)

    def _append(self, path: str, value: Any) -> None:
        found = self._select(path)
        if not found:
            self._create(path, value)
        for _, node in found:
            if isinstance(node, list):
                node.extend(self._copy(value) if isinstance(value, list) else [self._copy(value)])
            elif isinstance(node, dict) and isinstance(value, dict):
                present = [key for key in value if key in node]
                if present:
                    raise _Failure(f"{path!r} has {', '.join(map(repr, present))} already")
                node.update(self._copy(value))
            else:
                raise _Failure(f"{path!r} is there already")

    def _create(self, path: str, value: Any) -> None:
        location = self._place(path)
        holder = cast("Any", self._document.root)
        for key in location[:-1]:
            if not _holds(holder, key):
                raise _Failure(f"nothing holds the place {path!r}")
            holder = holder[key]
        if not isinstance(holder, dict) or not isinstance(location[-1], str):
            raise _Failure(f"nothing holds the place {path!r}")
        holder[location[-1]] = self._copy(value)

    def _merge(self, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise _Failure("what is merged is no mapping")
        for _, node in self._selected(path):
            if not isinstance(node, dict):
                raise _Failure(f"{path!r} is no mapping")
            self._merge_into(node, value)

    def _merge_into(self, node: dict[str, Any], value: dict[str, Any]) -> None:
        for key, member in value.items():
            known = node.get(key)
            if isinstance(known, dict) and isinstance(member, dict):
                self._merge_into(known, member)
            else:
                node[key] = self._copy(member)

    def _remove(self, args: Any) -> None:
        keys = args.get("keys")
        locations: list[Location] = []
        for path in self._targets(args):
            for location, node in self._selected(path):
                if isinstance(keys, list):
                    members = node if isinstance(node, dict) else {}
                    named = [key for key in keys if isinstance(key, str) and key in members]
                    if not named:
                        raise _Failure(f"{path!r} has none of the keys")
                    locations += [(*location, key) for key in named]
                else:
                    locations.append(location)
        self._delete(locations)

    def _delete(self, locations: list[Location]) -> None:
        # from the end, so that the indexes of what is still to be removed stay right
        for location in sorted(set(locations), key=_last_first, reverse=True):
            if not location:
                raise _Failure("the document itself cannot be removed")
            del self._holder(location)[location[-1]]

    def _copy_or_move(self, args: Any, *, move: bool) -> None:
        source, place = args.get("from", args.get("source")), args.get("to", args.get("target"))
        if not isinstance(source, str) or not isinstance(place, str):
            raise _Failure("it needs `from` and `to`")
        found = self._selected(source)
        if len(found) > 1:
            raise _Failure(f"{source!r} selects more than one node")
        location, node = found[0]
        if move and self._place(place)[: len(location)] == location:
            raise _Failure("a node cannot be moved into itself")
        copied = self._copy(node)
        if self._select(place):
            self._set(self._place(place), copied)
        else:
            self._create(place, copied)
        if move:
            self._delete([location])

    def _copy(self, node: Any) -> Any:
        self._copied += 1
        if self._copied > _MOST_NODES:
            raise _Failure(f"the edits add more than {_MOST_NODES} nodes")
        if isinstance(node, dict):
            return {key: self._copy(value) for key, value in node.items()}
        return [self._copy(value) for value in node] if isinstance(node, list) else node


def _holds(holder: Any, key: int | str) -> bool:
    if isinstance(holder, list):
        return isinstance(key, int) and 0 <= key < len(holder)
    return isinstance(holder, dict) and key in holder


def _last_first(location: Location) -> list[tuple[int, str]]:
    return [(key, "") if isinstance(key, int) else (-1, key) for key in location]


def _nodes(root: Any) -> Iterator[tuple[Location, dict[str, Any]]]:
    stack: list[tuple[Location, Any]] = [((), root)]
    while stack:
        location, node = stack.pop()
        if isinstance(node, dict):
            yield location, node
            stack.extend(((*location, key), value) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend(((*location, index), value) for index, value in enumerate(node))


def _fits(node: Any, pattern: Any) -> bool:
    """Tell whether a node holds all that a pattern says."""
    if isinstance(pattern, dict):
        return isinstance(node, dict) and all(
            key in node and _fits(node[key], value) for key, value in pattern.items()
        )
    return bool(node == pattern)


def _one_of_to_any_of(root: Any) -> None:
    for _, node in list(_nodes(root)):
        if isinstance(node.get("oneOf"), list) and "anyOf" not in node:
            members = list(node.items())
            node.clear()
            node.update(("anyOf" if key == "oneOf" else key, value) for key, value in members)

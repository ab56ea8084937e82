"""The resource tree: where each operation stands, and what its method is called.

``operationId: admin.users.list`` says it all (a slash will do as well). Without one, the resource
is the operation's first tag, else the fixed segments of its path; the method is ``list``, ``get``,
``create``, ``update`` or ``delete`` where method and path say so, else what is left of the
operationId without the resource's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from specloom.ir.build.context import Context, docs_of
from specloom.ir.model import Docs, Resource, Words
from specloom.ir.names import DEEPEST, Names, plural, singular, split_words

__all__ = ["Seat", "Standing", "place_operations", "resource_tree"]

_DOTTED = re.compile(r"[^.\s/]+(?:[./][^.\s/]+)+\Z")
_PREFIX_SEGMENT = re.compile(r"(?:v[0-9]+(?:\.[0-9]+)*|api|rest|[0-9][0-9.-]*)\Z", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:json|xml)\Z")
_PREPOSITIONS = frozenset(("to", "from", "of", "for", "by", "with", "in", "on", "at", "and"))
_ARTICLES = frozenset(("a", "an", "the"))


@dataclass(frozen=True, slots=True)
class Seat:
    """What is known of an operation before its types: enough to place and name it."""

    id: str
    declared_id: str | None
    http_method: str
    path: str
    tags: tuple[str, ...]
    pointer: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an operation ends up."""

    resource: tuple[Words, ...]
    method: Words


def place_operations(context: Context, seats: list[Seat]) -> dict[str, Standing]:
    """Place every operation; no two methods of a resource have one name."""
    overrides = context.config.resources
    trunk = _common_prefix(seats)
    wishes: dict[str, tuple[tuple[Words, ...], list[Words]]] = {}
    continued = _continued_paths(seats)
    locked = context.lock.operations
    for seat in seats:
        wish = _wishes(seat, overrides.get(seat.id), trunk, continued)
        if seat.id in locked and seat.id not in overrides:
            wish = (locked[seat.id][0], [locked[seat.id][1], *wish[1]])
        wishes[seat.id] = (wish[0][:DEEPEST], wish[1])
    by_resource: dict[tuple[Words, ...], list[Seat]] = {}
    for seat in seats:
        by_resource.setdefault(wishes[seat.id][0], []).append(seat)
    made: dict[str, Standing] = {}
    for resource, members in by_resource.items():
        depth = len(resource)
        children = {
            other[depth]
            for other in by_resource
            if other[:depth] == resource and len(other) > depth
        }
        names = Names(children)
        members.sort(key=lambda seat: _rank(seat, overrides, locked))
        for seat in members:
            candidates = wishes[seat.id][1]
            made[seat.id] = Standing(resource, names.take(candidates, seat.id))
    return made


def _rank(
    seat: Seat, overrides: Mapping[str, str], locked: Mapping[str, object]
) -> tuple[bool, bool, int, str, str]:
    """Order claims to a name: configured ones, locked ones, then the shorter path."""
    return (
        seat.id not in overrides,
        seat.id not in locked,
        seat.path.count("/"),
        seat.path,
        seat.http_method,
    )


def _wishes(
    seat: Seat, override: str | None, trunk: int, continued: Mapping[str, int]
) -> tuple[tuple[Words, ...], list[Words]]:
    if override is not None:
        *parts, method = override.split(".")
        return tuple(map(split_words, parts)), [split_words(method), (*split_words(method), "call")]
    spelled = split_words(f"{seat.http_method}_{seat.path}")
    if seat.declared_id is not None and _DOTTED.match(seat.declared_id):
        *parts, method = re.split("[./]", seat.declared_id)
        words = split_words(method)
        return tuple(map(split_words, parts)), [words, (seat.http_method, *words), spelled]
    segments = _segments(seat.path)[trunk:]
    if seat.tags:
        resource: tuple[Words, ...] = (split_words(seat.tags[0]),)
        candidates = _by_tag(seat, segments, resource[0])
    else:
        resource, first = _by_path(seat, segments, continued)
        candidates = [first]
    if seat.declared_id is not None:
        words = split_words(seat.declared_id)
        owned = tuple(word for part in resource for word in part)
        shorter = _without(words, owned)
        if seat.tags and shorter:
            candidates.append(_verb_first(shorter, segments))
        candidates.append(words)
    return resource, [*candidates, spelled]


def _by_tag(seat: Seat, segments: list[str], tag: Words) -> list[Words]:
    """Return the plain REST name, where the path is the tag's own collection or one item of it."""
    fixed = [segment for segment in segments if not segment.startswith("{")]
    own = {singular(word) for word in tag}
    if not fixed or {singular(word) for word in split_words(fixed[-1])} != own:
        return []
    on_item = segments[-1].startswith("{")
    if seat.declared_id is not None and not on_item and seat.http_method not in ("get", "post"):
        return []  # what a PUT or DELETE of a whole collection does, the operationId says better
    return [_rest_name(seat.http_method, segments)]


def _by_path(
    seat: Seat, segments: list[str], continued: Mapping[str, int]
) -> tuple[tuple[Words, ...], Words]:
    fixed = [split_words(segment) for segment in segments if not segment.startswith("{")]
    if not fixed:
        return (), (_rest_name(seat.http_method, segments) if segments else (seat.http_method,))
    last = segments[-1]
    if (
        len(fixed) > 1
        and not last.startswith("{")
        and continued.get(seat.path, 0) == 1
        and (seat.http_method == "post" or not plural(fixed[-1][-1]))
        and not (seat.http_method == "post" and plural(fixed[-1][-1]))
    ):
        return tuple(fixed[:-1]), fixed[-1]  # an action: POST /charges/{id}/capture
    return tuple(fixed), _rest_name(seat.http_method, segments)


def _rest_name(method: str, segments: list[str]) -> Words:
    on_item = bool(segments) and segments[-1].startswith("{")
    if method == "get":
        last = split_words(segments[-1])[-1] if segments else ""
        return ("get",) if on_item or not plural(last) else ("list",)
    if method == "post":
        return ("update",) if on_item else ("create",)
    if method == "put":
        return ("update",) if on_item else ("replace",)
    return {"patch": ("update",), "options": ("describe",), "head": ("exists",)}.get(
        method, (method,)
    )


def _without(words: Words, owned: Words) -> Words:
    """Take the longest run of the resource's own words out of a name: get [pet] by id."""
    bare = [singular(word) for word in words]
    own = [singular(word) for word in owned]
    start, length = 0, 0
    for left in range(len(bare)):
        for right in range(len(own)):
            run = 0
            while (
                left + run < len(bare)
                and right + run < len(own)
                and bare[left + run] == own[right + run]
            ):
                run += 1
            if run > length:
                start, length = left, run
    rest = [word for word in (*words[:start], *words[start + length :]) if word not in _ARTICLES]
    while rest and rest[-1] in _PREPOSITIONS:
        rest.pop()
    return tuple(rest)


def _verb_first(words: Words, segments: list[str]) -> Words:
    """Say what a leading HTTP method means: post stored methods -> create stored methods."""
    if words[0] not in ("post", "patch", "put") or len(words) == 1:
        return words
    last = split_words(segments[-1])[-1] if segments else ""
    if words[0] == "post":
        return ("create", *words[1:]) if plural(last) else words[1:]
    return ("update", *words[1:])


def _segments(path: str) -> list[str]:
    return [_SUFFIX.sub("", segment) for segment in path.split("/") if segment]


def _common_prefix(seats: list[Seat]) -> int:
    """Count the leading segments, such as ``/api/v1``, that every path has."""
    paths = [_segments(seat.path) for seat in seats]
    if not paths:
        return 0
    count = 0
    first = min(paths, key=len)
    while (
        count < len(first)
        and _PREFIX_SEGMENT.match(first[count])
        and all(path[count] == first[count] for path in paths)
    ):
        count += 1
    return count


def _continued_paths(seats: list[Seat]) -> Mapping[str, int]:
    """Count the operations at each path and below it."""
    counts: Counter[str] = Counter()
    for seat in seats:
        parts = seat.path.split("/")
        for end in range(1, len(parts) + 1):
            counts["/".join(parts[:end])] += 1
    return counts


def resource_tree(context: Context, standings: Mapping[str, Standing]) -> Resource:
    """Return the tree of resources, in the order in which the document first uses them."""
    tags = {
        split_words(tag["name"]): docs_of(
            {key: value for key, value in tag.items() if key != "name"}
        )
        for tag in context.document.root.get("tags", ())
    }
    operations: dict[tuple[Words, ...], list[str]] = {(): []}
    for operation, standing in standings.items():
        for depth in range(1, len(standing.resource) + 1):
            operations.setdefault(standing.resource[:depth], [])
        operations[standing.resource].append(operation)
    children: dict[tuple[Words, ...], list[tuple[Words, ...]]] = {}
    for path in operations:
        if path:
            children.setdefault(path[:-1], []).append(path)

    def node(path: tuple[Words, ...]) -> Resource:
        name = path[-1] if path else ()
        dotted = tuple(word for words in path for word in words)
        return Resource(
            name=name,
            operations=tuple(operations[path]),
            children=tuple(node(below) for below in children.get(path, ())),
            docs=tags.get(dotted) or (tags.get(name) if len(path) == 1 else None) or Docs(),
        )

    return node(())

"""From a path and a method to an operation: a tree of segments, concrete before templated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

__all__ = ["Endpoint", "Found", "Router", "join_path", "server_path"]

T = TypeVar("T")

_TEMPLATE = re.compile(r"\{([^{}/]+)\}")
_NO_PATH = re.compile(r"[#?]")
_CACHED_PATHS = 4096


@dataclass(slots=True)
class Endpoint(Generic[T]):
    """What is served at one path template, by method.

    Attributes:
        names: Its parameters, in order.
        base: The base path that it stands under.
    """

    template: str
    names: tuple[str, ...] = ()
    base: str = ""
    methods: dict[str, T] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The value of an ``Allow`` header."""
        names = set(self.methods)
        if "GET" in names:
            names.add("HEAD")
        return ", ".join(sorted(names | {"OPTIONS"}))


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """An endpoint, the base path that it was found under, and its decoded path parameters.

    Attributes:
        others: The same for further templates of the same shape: ``/x/{id}`` and ``/x/{name}``,
            ``/x?kind=a`` and ``/x#b``.
    """

    endpoint: Endpoint[T]
    base: str
    parameters: dict[str, str]
    others: tuple[Found[T], ...] = ()


class _Node(Generic[T]):
    __slots__ = ("concrete", "endpoints", "templated")

    def __init__(self) -> None:
        self.concrete: dict[str, _Node[T]] = {}
        self.templated: list[tuple[re.Pattern[str], _Node[T]]] = []
        self.endpoints: list[Endpoint[T]] = []


def _compile_segment(segment: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    names: list[str] = []
    pattern = ""
    at = 0
    for match in _TEMPLATE.finditer(segment):
        names.append(match[1])
        pattern += re.escape(segment[at : match.start()]) + "(.+?)"
        at = match.end()
    return re.compile(pattern + re.escape(segment[at:]), re.DOTALL), tuple(names)


def join_path(base: str, path: str) -> str:
    """A base path and a path below it, with one slash between."""
    return base.rstrip("/") + path


class Router(Generic[T]):
    """Finds the endpoint of a raw request path.

    Segments are split before they are percent-decoded, so an encoded slash stays inside its value.
    A concrete segment wins over a template; when its branch leads nowhere, templates are tried.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._find = lru_cache(maxsize=_CACHED_PATHS)(self._search)

    def add(self, base: str, template: str, method: str, target: T) -> None:
        """Serve ``target`` at a method and a path template below a base path.

        A template may hold what no path can: ``/x#b`` and ``/x?kind=a`` are reached at ``/x`` too,
        the first also as ``/x%23b``.
        """
        self._add(base, template, template, method, target)
        bare = _NO_PATH.split(template, maxsplit=1)[0]
        if bare != template:
            self._add(base, template, bare, method, target)
        self._find.cache_clear()

    def _add(self, base: str, template: str, path: str, method: str, target: T) -> None:
        node = self._root
        names: list[str] = []
        for segment in join_path(base, path).split("/")[1:]:
            if "{" not in segment:
                node = node.concrete.setdefault(segment, _Node())
                continue
            pattern, found = _compile_segment(segment)
            names.extend(found)
            for known, child in node.templated:
                if known.pattern == pattern.pattern:
                    node = child
                    break
            else:
                child = _Node()
                node.templated.append((pattern, child))
                # The more literal text a template has, the earlier it is tried.
                node.templated.sort(key=lambda entry: -len(entry[0].pattern))
                node = child
        for endpoint in node.endpoints:
            if endpoint.template == template and endpoint.base == base:
                endpoint.methods.setdefault(method, target)
                return
        node.endpoints.append(Endpoint(template, tuple(names), base, {method: target}))

    def find(self, path: str) -> Found[T] | None:
        """The endpoint for a raw path, or None."""
        return self._find(path)

    def _search(self, path: str) -> Found[T] | None:
        segments = [unquote(segment) for segment in path.split("/")[1:]]
        values: list[str] = []
        node = self._walk(self._root, segments, 0, values)
        if node is None:
            return None
        found = [
            Found(endpoint, endpoint.base, dict(zip(endpoint.names, values, strict=True)))
            for endpoint in node.endpoints
        ]
        if len(found) == 1:
            return found[0]
        return replace(found[0], others=tuple(found[1:]))

    def _walk(
        self, node: _Node[T], segments: list[str], at: int, values: list[str]
    ) -> _Node[T] | None:
        if at == len(segments):
            return node if node.endpoints else None
        concrete = node.concrete.get(segments[at])
        if concrete is not None:
            found = self._walk(concrete, segments, at + 1, values)
            if found is not None:
                return found
        for pattern, child in node.templated:
            match = pattern.fullmatch(segments[at])
            if match is None:
                continue
            before = len(values)
            values.extend(match.groups())
            found = self._walk(child, segments, at + 1, values)
            if found is not None:
                return found
            del values[before:]
        return None


def server_path(url: str, defaults: Iterable[tuple[str, str]] = ()) -> str:
    """The path of a server's URL, its variables replaced by their defaults; ``""`` for the root."""
    for name, value in defaults:
        url = url.replace("{" + name + "}", value)
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return path.rstrip("/")

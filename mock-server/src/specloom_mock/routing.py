"""From a path and a method to an operation: a tree of segments, concrete before templated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

__all__ = ["Endpoint", "Found", "Router", "join_path", "server_path"]

T = TypeVar("T")

_TEMPLATE = re.compile(r"\{([^{}/]+)\}")
_CACHED_PATHS = 4096


@dataclass(slots=True)
class Endpoint(Generic[T]):
    """What is served at one path template, by method."""

    template: str
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
    """An endpoint, the base path that it was found under, and its decoded path parameters."""

    endpoint: Endpoint[T]
    base: str
    parameters: dict[str, str]


class _Node(Generic[T]):
    __slots__ = ("base", "concrete", "endpoint", "names", "templated")

    def __init__(self) -> None:
        self.concrete: dict[str, _Node[T]] = {}
        self.templated: list[tuple[re.Pattern[str], tuple[str, ...], _Node[T]]] = []
        self.endpoint: Endpoint[T] | None = None
        self.base = ""


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
        """Serve ``target`` at a method and a path template below a base path."""
        node = self._root
        for segment in join_path(base, template).split("/")[1:]:
            if "{" not in segment:
                node = node.concrete.setdefault(segment, _Node())
                continue
            pattern, names = _compile_segment(segment)
            for known, known_names, child in node.templated:
                if known.pattern == pattern.pattern and known_names == names:
                    node = child
                    break
            else:
                child = _Node()
                node.templated.append((pattern, names, child))
                # The more literal text a template has, the earlier it is tried.
                node.templated.sort(key=lambda entry: -len(entry[0].pattern))
                node = child
        if node.endpoint is None:
            node.endpoint = Endpoint(template)
            node.base = base
        node.endpoint.methods.setdefault(method, target)
        self._find.cache_clear()

    def find(self, path: str) -> Found[T] | None:
        """The endpoint for a raw path, or None."""
        return self._find(path)

    def _search(self, path: str) -> Found[T] | None:
        segments = [unquote(segment) for segment in path.split("/")[1:]]
        parameters: dict[str, str] = {}
        node = self._walk(self._root, segments, 0, parameters)
        if node is None or node.endpoint is None:
            return None
        return Found(node.endpoint, node.base, parameters)

    def _walk(
        self, node: _Node[T], segments: list[str], at: int, parameters: dict[str, str]
    ) -> _Node[T] | None:
        if at == len(segments):
            return node if node.endpoint is not None else None
        concrete = node.concrete.get(segments[at])
        if concrete is not None:
            found = self._walk(concrete, segments, at + 1, parameters)
            if found is not None:
                return found
        for pattern, names, child in node.templated:
            match = pattern.fullmatch(segments[at])
            if match is None:
                continue
            found = self._walk(child, segments, at + 1, parameters)
            if found is not None:
                parameters.update(zip(names, match.groups(), strict=True))
                return found
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

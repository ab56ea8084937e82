"""A document's operations as they stand, with what paths, references and defaults add to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specloom_mock.routing import server_path
from specloom_mock.schemas import Schemas

__all__ = ["METHODS", "RawOperation", "base_paths", "read_operations", "security_of"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(slots=True)
class RawOperation:
    """One operation: its node, its parameters with the path's own, and its base paths."""

    id: str
    method: str
    path: str
    raw: Mapping[str, Any]
    parameters: list[dict[str, Any]]
    bases: tuple[str, ...]

    @property
    def mock(self) -> dict[str, Any]:
        """The operation's ``x-mock``."""
        found = self.raw.get("x-mock")
        return dict(found) if isinstance(found, dict) else {}


def base_paths(servers: Any) -> tuple[str, ...]:
    """The paths of servers, without duplicates; the root when there are none."""
    paths: list[str] = []
    for server in servers or ():
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            continue
        variables = server.get("variables") or {}
        defaults = [
            (name, str(variable.get("default", "")))
            for name, variable in variables.items()
            if isinstance(variable, dict)
        ]
        path = server_path(server["url"], defaults)
        if path not in paths:
            paths.append(path)
    return tuple(paths) or ("",)


def read_operations(schemas: Schemas) -> Iterator[RawOperation]:
    """Every operation under ``paths``, in document order."""
    root = schemas.root
    bases = base_paths(root.get("servers"))
    for path, item in (root.get("paths") or {}).items():
        item = schemas.resolve(item)
        if not isinstance(item, dict) or not path.startswith("/"):
            continue
        path_bases = base_paths(item["servers"]) if item.get("servers") else bases
        for method in METHODS:
            raw = item.get(method)
            if not isinstance(raw, dict):
                continue
            yield RawOperation(
                id=str(raw.get("operationId") or f"{method} {path}"),
                method=method.upper(),
                path=path,
                raw=raw,
                parameters=_parameters(schemas, item, raw),
                bases=base_paths(raw["servers"]) if raw.get("servers") else path_bases,
            )


def _parameters(schemas: Schemas, item: Any, raw: Any) -> list[dict[str, Any]]:
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for source in (item, raw):
        for node in source.get("parameters") or ():
            parameter = schemas.resolve(node)
            if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
                merged[str(parameter.get("in")), parameter["name"]] = parameter
    return list(merged.values())


def security_of(
    root: Mapping[str, Any], raw: Mapping[str, Any]
) -> tuple[tuple[tuple[str, frozenset[str]], ...], ...]:
    """Alternatives of schemes that are needed together; empty when nothing is needed."""
    needed = raw.get("security", root.get("security"))
    if not isinstance(needed, list):
        return ()
    return tuple(
        tuple((name, frozenset(scopes or ())) for name, scopes in alternative.items())
        for alternative in needed
        if isinstance(alternative, dict)
    )

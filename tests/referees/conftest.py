"""What the outside referees share: a server, and a journey through every operation of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from specloom_mock import MockServer, Options

ROOT = Path(__file__).resolve().parents[2]
API_KEY = "sk_live_0123456789abcdef01234567"
PARAMETER = re.compile(r"\{(\w+)\}")
ENTITY = "tasks"
PAGES = {"per_page": 2}  # long lists only make a run slow


@dataclass(frozen=True)
class Step:
    """One call of an operation, by wire names."""

    operation: str
    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any] | None
    media_type: str | None


Caller = Callable[[Step], Any]
"""Performs a step; returns the response's JSON, None where there is none."""


@dataclass
class Journey:
    """Every operation of the document once, in an order in which each finds what it needs.

    Creations come first, parents before children; then reading, changing and acting; deletions
    last, the other way round. Request bodies are the document's own examples; ids are those that
    the creations answer with, or the first of a list.
    """

    document: Any
    ids: dict[str, str] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def travel(self, call: Caller) -> list[str]:
        """Perform every step; the operation ids in the order taken."""
        for operation in self._ordered():
            answer = call(self._step(operation, call))
            self.taken.append(operation.id)
            self._learn(operation, answer)
        return self.taken

    def _ordered(self) -> list[Any]:
        operations = list(self.document.operations.values())
        creations = [o for o in operations if self._creates(o)]
        deletions = [o for o in operations if o.method == "delete"]
        rest = [o for o in operations if o not in creations and o not in deletions]
        rest.sort(key=lambda o: o.id in ("auth.logout",))  # it ends the session
        return [*sorted(creations, key=_depth), *rest, *reversed(deletions)]

    def _creates(self, operation: Any) -> bool:
        below = f"{operation.path}/{{"
        return operation.method == "post" and any(
            other.path.startswith(below) for other in self.document.operations.values()
        )

    def _step(self, operation: Any, call: Caller) -> Step:
        path = {
            name: self._id(operation.path, name, call) for name in PARAMETER.findall(operation.path)
        }
        query = {k: v for k, v in PAGES.items() if k in operation.parameters}
        media_type, body = self._body(operation)
        if operation.id == "auth.refresh":
            body = {"refresh_token": self.ids["refresh_token"]}
        return Step(operation.id, path, query, body, media_type)

    def _id(self, path: str, name: str, call: Caller) -> str:
        if name == "entity":
            return ENTITY
        if name not in self.ids:
            collection = path.partition(f"/{{{name}}}")[0]
            listing = next(
                o
                for o in self.document.operations.values()
                if o.method == "get" and o.path == collection
            )
            rows = call(self._step(listing, call))["data"]
            self.ids[name] = rows[0]["id"]
        return self.ids[name]

    def _body(self, operation: Any) -> tuple[str | None, dict[str, Any] | None]:
        content = operation.node.get("requestBody", {}).get("content", {})
        for media_type, node in content.items():
            if "example" in node:
                return media_type, dict(node["example"])
            for example in node.get("examples", {}).values():
                return media_type, dict(self.document.resolve(example)["value"])
        return None, None

    def _learn(self, operation: Any, answer: Any) -> None:
        if operation.id == "auth.login":
            self.ids["refresh_token"] = answer.get("data", answer)["refresh_token"]
        if not self._creates(operation):
            return
        below = f"{operation.path}/{{"
        name = next(
            PARAMETER.findall(other.path[len(operation.path) :])[0]
            for other in self.document.operations.values()
            if other.path.startswith(below)
        )
        self.ids[name] = answer.get("data", answer)["id"]


def _depth(operation: Any) -> int:
    return int(operation.path.count("/"))


@pytest.fixture
def journey(document: Any) -> Journey:
    """A journey that has not begun."""
    return Journey(document)


@pytest.fixture
def unlimited() -> Iterator[MockServer]:
    """A mock of openapi.yaml that enforces no quotas."""
    with MockServer(ROOT / "openapi.yaml", options=Options(limits=False)) as server:
        yield server

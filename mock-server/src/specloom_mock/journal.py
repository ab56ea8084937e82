"""The journal: every request as it was received, and what was answered."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import orjson

__all__ = ["CAPACITY", "Answer", "Entry", "Journal", "Port", "show_body"]

CAPACITY = 10_000
"""How many entries a session keeps; the oldest go first."""

_TEXT_LIMIT = 1_000_000

Port: TypeAlias = Literal["conformance", "chaos"]


@dataclass(slots=True)
class Answer:
    """What was sent back.

    Attributes:
        at: Epoch seconds on the session's clock.
        status: None when the connection ended without an answer.
        headers: Names in lower case.
        body: The bytes of the body; for a stream, what was sent.
        complete: False when the client went away or a fault cut the answer.
    """

    at: float
    status: int | None
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool = True


@dataclass(slots=True)
class Entry:
    """One request and its answer.

    Attributes:
        headers: As received, names in lower case.
        ignored: Why a fault that was asked for did not happen.
    """

    seq: int
    at: float
    port: Port
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    operation: str | None = None
    faults: list[str] = field(default_factory=list)
    answer: Answer | None = None
    violations: list[str] = field(default_factory=list)
    ignored: str | None = None

    def header(self, name: str) -> str | None:
        """The first request header of that (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)

    def as_json(self) -> dict[str, Any]:
        """The entry in the form of the control interface."""
        answer = self.answer
        return {
            "seq": self.seq,
            "at": self.at,
            "port": self.port,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": [list(pair) for pair in self.headers],
            "body": show_body(self.body, self.header("content-type")),
            "faults": self.faults,
            "response": None
            if answer is None
            else {
                "at": answer.at,
                "status": answer.status,
                "headers": [list(pair) for pair in answer.headers],
                "body": show_body(answer.body, dict(answer.headers).get("content-type")),
                "complete": answer.complete,
            },
            "violations": self.violations,
        }

    def line(self) -> str:
        """The entry on one line, for a person."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        status = "no answer" if self.answer is None else self.answer.status or "cut"
        parts = [f"{self.seq:>4} {self.method:<7} {target} -> {status}"]
        if self.faults:
            parts.append(f"faults: {', '.join(self.faults)}")
        if self.ignored is not None:
            parts.append(f"no fault: {self.ignored}")
        parts.extend(self.violations)
        return "  ".join(parts)


def show_body(body: bytes, media_type: str | None) -> dict[str, Any] | None:
    """A body as ``{"json": ...}``, ``{"text": ...}`` or ``{"base64": ...}``; None without one."""
    if not body:
        return None
    if media_type is not None and "json" in media_type:
        try:
            return {"json": orjson.loads(body)}
        except orjson.JSONDecodeError:
            pass
    if len(body) <= _TEXT_LIMIT:
        try:
            return {"text": body.decode()}
        except UnicodeDecodeError:
            pass
    return {"base64": base64.b64encode(body).decode()}


class Journal:
    """Entries of one session, in order of arrival.

    Attributes:
        generation: Grows whenever entries are forgotten on demand: numbers seen before may then
            be given anew.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._seq = 0
        self.generation = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __reversed__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries)[::-1])

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        """The number of the latest entry; 0 before the first."""
        return self._seq

    def open(
        self,
        at: float,
        port: Port,
        method: str,
        path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> Entry:
        """Record a request that has been read."""
        self._seq += 1
        entry = Entry(self._seq, at, port, method, path, query, headers, body)
        self._entries.append(entry)
        return entry

    def select(
        self,
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        port: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """Entries that have all the given properties and a greater number than ``since``."""
        return [
            entry
            for entry in self._entries
            if entry.seq > since
            and (operation is None or entry.operation == operation)
            and (method is None or entry.method == method)
            and (path is None or entry.path == path)
            and (status is None or (entry.answer is not None and entry.answer.status == status))
            and (port is None or entry.port == port)
        ]

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        self._entries.clear()
        self.generation += 1

    def restart(self) -> None:
        """Forget the entries and number from 1 again."""
        self.clear()
        self._seq = 0

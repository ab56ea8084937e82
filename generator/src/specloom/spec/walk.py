"""The state of a walk over a document: where it stands, and how it reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specloom.diagnostics import Diagnostics, Severity
from specloom.spec.document import Document
from specloom.spec.pointer import MISSING, child, evaluate, from_fragment

__all__ = ["Walk"]


class Walk:
    """Knows the path of the node at hand. Its pointer is only spelled out for a diagnostic."""

    def __init__(self, document: Document, diagnostics: Diagnostics) -> None:
        self.document = document
        self.diagnostics = diagnostics
        self.path: list[str | int] = []
        self._targets: dict[str, str] = {}

    def pointer(self, *keys: str | int) -> str:
        """Return the pointer of the node at hand, or of a descendant of it."""
        return child("", *self.path, *keys)

    def report(
        self,
        severity: Severity,
        code: str,
        message: str,
        *keys: str | int,
        consequence: str,
        hint: str = "",
    ) -> None:
        """Report a finding about the node at hand or one below it."""
        pointer = self.pointer(*keys)
        # as things stand now: what follows may move other nodes to this pointer
        source, written_at = self.document.origin(pointer)
        self.diagnostics.add(
            severity,
            code,
            message,
            pointer=pointer,
            locate=lambda _: source.position(written_at),
            consequence=consequence,
            hint=hint,
            written_at=written_at if source is self.document.source else None,
        )

    def note(self, code: str, message: str, *keys: str | int, consequence: str) -> None:
        """Report something that was repaired without loss."""
        self.report(Severity.NOTE, code, message, *keys, consequence=consequence)

    def warn(
        self, code: str, message: str, *keys: str | int, consequence: str, hint: str = ""
    ) -> None:
        """Report something whose reading may differ from what the author expects."""
        self.report(Severity.WARNING, code, message, *keys, consequence=consequence, hint=hint)

    def error(
        self, code: str, message: str, *keys: str | int, consequence: str, hint: str = ""
    ) -> None:
        """Report a node that was quarantined."""
        self.report(Severity.ERROR, code, message, *keys, consequence=consequence, hint=hint)

    def member(self, parent: dict[str, Any], key: str, normalise: Callable[[Any], Any]) -> None:
        """Normalise one member; it is removed where nothing of it can be kept."""
        self.path.append(key)
        made = normalise(parent[key])
        self.path.pop()
        if made is None:
            del parent[key]
        else:
            parent[key] = made

    def each(
        self,
        parent: dict[str, Any],
        key: str,
        normalise: Callable[[Any], Any],
        *,
        extensions: bool = True,
    ) -> None:
        """Normalise every member of a mapping; ``extensions`` tells whether ``x-`` ones count."""
        path = self.path
        path.append(key)
        members = parent[key]
        for name in list(members):
            if not extensions and name.startswith("x-"):
                continue
            path.append(name)
            made = normalise(members[name])
            path.pop()
            if made is None:
                del members[name]
            else:
                members[name] = made
        path.pop()

    def quarantine(self, holder: dict[str, Any], key: str, problem: str, empty: Any) -> None:
        """Replace a member that has the wrong shape with an empty one."""
        null = holder.get(key) is None
        holder[key] = empty
        if not null:
            self.error(
                "bad-node", f"{key} {problem}", key, consequence="it is read as if it were empty"
            )

    def reference(self, ref: Any) -> bool:
        """Report whether a ``$ref`` leads to a node; a dangling or circular one is a finding."""
        if isinstance(ref, str):
            problem = self._targets.get(ref)
            if problem is None:
                problem = self._check(ref)
            if not problem:
                return True
            message = f"$ref {ref!r} {problem}"
        else:
            message = "$ref is not a string"
        self.error(
            "dangling-ref",
            message,
            "$ref",
            consequence="the reference is read as an empty node",
            hint="correct the reference, or add its target",
        )
        return False

    def _check(self, ref: str) -> str:
        """Return what is wrong with a reference; an empty text where nothing is."""
        seen: set[str] = set()
        while True:
            known = self._targets.get(ref)
            if known is not None:
                problem = known
                break
            if ref in seen:
                problem = "only leads back to itself"
                break
            seen.add(ref)
            target = (
                evaluate(self.document.root, from_fragment(ref[1:])) if ref[:1] == "#" else MISSING
            )
            if target is MISSING:
                problem = "leads nowhere"
                break
            if not isinstance(target, (dict, bool)):
                problem = "leads to something that is not an object"
                break
            following = target.get("$ref") if isinstance(target, dict) else None
            if not isinstance(following, str):
                problem = ""
                break
            ref = following
        self._targets.update(dict.fromkeys(seen, problem))
        return problem

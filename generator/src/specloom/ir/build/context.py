"""What every part of the builder shares: the document, the names, the models made so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from specloom.config import Config
from specloom.diagnostics import Diagnostics, Severity
from specloom.fidelity import Ledger
from specloom.ir.lock import NameLock
from specloom.ir.model import Docs, Json, Model, ModelId, Text, Words
from specloom.ir.names import Names, singular, split_words
from specloom.spec import Document

__all__ = ["Context", "Place", "docs_of", "text_of"]


class Place:
    """Where an inline schema stands, for its name: an owner's words and the parts below it.

    The name is only spelled when a model needs one.
    """

    __slots__ = ("_many", "_parent", "_part", "_words")

    def __init__(
        self, words: Words = (), parent: Place | None = None, part: str = "", *, many: bool = False
    ) -> None:
        self._words = words
        self._parent = parent
        self._part = part
        self._many = many

    def under(self, part: str) -> Place:
        """Return the place of a member."""
        return Place(parent=self, part=part)

    def item(self) -> Place:
        """Return the place of a list's items: the last word becomes singular."""
        return Place(parent=self, many=True)

    def words(self) -> Words:
        """Return the name as words."""
        if self._parent is None:
            return self._words
        words = self._parent.words()
        if not self._many:
            return (*words, *split_words(self._part))
        if not words:
            return ("item",)
        one = singular(words[-1])
        return (*words[:-1], one) if one != words[-1] else (*words, "item")


@dataclass(slots=True)
class Context:
    """The state of one build."""

    document: Document
    config: Config
    diagnostics: Diagnostics
    ledger: Ledger
    names: Names
    models: dict[ModelId, Model]
    lock: NameLock
    examples: dict[ModelId, list[Json]] = field(default_factory=dict)

    def degraded(self, pointer: str, reason: str) -> None:
        """Record something that the representation says less about than the document."""
        self.ledger.degraded(pointer, reason)

    def dropped(self, pointer: str, reason: str) -> None:
        """Record something that the representation leaves out."""
        self.ledger.dropped(pointer, reason)

    def warn(self, code: str, message: str, pointer: str, consequence: str, hint: str = "") -> None:
        """Report a finding about a node of the document."""
        self.diagnostics.add(
            Severity.WARNING,
            code,
            message,
            pointer=pointer,
            locate=self.document.position,
            consequence=consequence,
            hint=hint,
        )

    def resolve(self, node: Any, pointer: str) -> tuple[dict[str, Any], str]:
        """Follow a reference; what is not an object in the end is an empty one."""
        if "$ref" in node:
            node, pointer = self.document.resolve(node, pointer)
            if not isinstance(node, dict):
                return {}, pointer
        return node, pointer


def text_of(node: dict[str, Any], key: str) -> Text | None:
    """Return a member that is text, None where it is missing or empty."""
    value = node.get(key)
    return Text(value) if isinstance(value, str) and value else None


_NO_DOCS = Docs()
_SAYING = frozenset(("summary", "title", "description", "externalDocs"))


def docs_of(node: dict[str, Any]) -> Docs:
    """Return what a node says to its reader. A schema's title is its summary."""
    if not node.keys() & _SAYING:
        return _NO_DOCS
    external = node.get("externalDocs")
    return Docs(
        text_of(node, "summary") or text_of(node, "title"),
        text_of(node, "description"),
        text_of(external, "url") if isinstance(external, dict) else None,
    )

"""Reading schemas of a canonical document: references, allOf, types, properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from specloom.spec import Document

__all__ = ["Schemas", "escape", "value_at"]

_MAX_DEPTH: Final = 12


def escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def value_at(value: Any, pointer: str) -> Any:
    """The member of a body at a JSON pointer; None where there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


class Schemas:
    """Schemas of one document.

    Args:
        document: The canonical document.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """The node meant, an empty object where it is none."""
        found, _ = self.document.resolve(node)
        return found if isinstance(found, Mapping) else {}

    def _parts(self, node: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
        """The schema and everything that it includes by allOf, by a lone oneOf or anyOf."""
        schema = self.resolve(node)
        yield schema
        if depth > _MAX_DEPTH:
            return
        for part in schema.get("allOf") or ():
            yield from self._parts(part, depth + 1)
        for word in ("oneOf", "anyOf"):
            choices = [c for c in schema.get(word) or () if self.resolve(c).get("type") != "null"]
            if choices:
                yield from self._parts(choices[0], depth + 1)

    def keyword(self, node: Any, word: str) -> Any:
        """The first value of a keyword in the schema or in what it includes."""
        return next((part[word] for part in self._parts(node) if word in part), None)

    def properties(self, node: Any) -> dict[str, Any]:
        """Properties by name."""
        found: dict[str, Any] = {}
        for part in self._parts(node):
            properties = part.get("properties")
            if isinstance(properties, Mapping):
                for name, schema in properties.items():
                    found.setdefault(name, schema)
        return found

    def required(self, node: Any) -> frozenset[str]:
        """Names of required properties."""
        return frozenset(
            name
            for part in self._parts(node)
            for name in part.get("required") or ()
            if isinstance(name, str)
        )

    def types(self, node: Any) -> tuple[str, ...]:
        """The types that the schema names, without null."""
        found = self.keyword(node, "type")
        named = found if isinstance(found, list) else [found] if isinstance(found, str) else []
        made = tuple(name for name in named if name != "null")
        if not made and self.properties(node):
            return ("object",)
        return made

    def is_object(self, node: Any) -> bool:
        """Whether it describes an object."""
        return "object" in self.types(node)

    def items(self, node: Any) -> Any:
        """The schema of an array's items."""
        return self.keyword(node, "items") or {}

    def enum(self, node: Any) -> list[Any]:
        """The values that the schema allows, where it lists them."""
        found = self.keyword(node, "enum")
        if isinstance(found, list):
            return [value for value in found if value is not None]
        constant = self.keyword(node, "const")
        return [] if constant is None else [constant]

    def at(self, node: Any, pointer: str) -> Any:
        """The schema of the member at a JSON pointer into a body."""
        for step in pointer.split("/")[1:]:
            node = self.properties(node).get(step.replace("~1", "/").replace("~0", "~"), {})
        return node

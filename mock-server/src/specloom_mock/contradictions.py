"""Schemas that no value satisfies: documents have them, and no answer can be right then.

Only what stands plainly in a schema is found, and only along what has to be there: types and values
that exclude each other, bounds in the wrong order, a required property that may not be there or
that requires its own kind without end.
"""

from __future__ import annotations

from typing import Any

from specloom_mock.schemas import Direction, Schemas

__all__ = ["Contradictions"]

_BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)


class Contradictions:
    """Looks for contradictions in one document; each schema is looked at once.

    Args:
        schemas: The document's schemas.
        direction: Which way the values travel.
    """

    def __init__(self, schemas: Schemas, direction: Direction = Direction.RESPONSE) -> None:
        self._schemas = schemas
        self._direction = direction
        self._known: dict[int, str | None] = {}
        self._open: list[int] = []
        self._lowest = 0

    def of(self, schema: Any) -> str | None:
        """Why nothing satisfies the schema, in words; None when nothing speaks against it."""
        return self._of(schema)

    def _of(self, schema: Any) -> str | None:
        if schema is False:
            return "nothing is allowed there"
        node = self._schemas.resolve(schema)
        if not isinstance(node, dict):
            return None
        key = id(node)
        if key in self._known:
            return self._known[key]
        if key in self._open:
            self._lowest = min(self._lowest, self._open.index(key))
            return "it requires itself without end"
        outer, self._lowest = self._lowest, len(self._open)
        self._open.append(key)
        found = self._looked_at(node)
        self._open.pop()
        if found is None or self._lowest >= len(self._open):
            self._known[key] = found  # true whatever stands around it
        self._lowest = min(outer, self._lowest)
        return found

    def _looked_at(self, node: dict[str, Any]) -> str | None:
        branches = list(self._schemas.branches(node))
        return (
            self._plain(branches) or self._members(node, branches) or self._alternatives(branches)
        )

    def _plain(self, branches: list[dict[str, Any]]) -> str | None:
        kinds: frozenset[str] | None = None
        values: list[Any] | None = None
        for branch in branches:
            if branch.get("not") in ({}, True):
                return "nothing is allowed there"
            kind = branch.get("type")
            if isinstance(kind, (str, list)):
                own = frozenset({kind} if isinstance(kind, str) else kind)
                own |= {"integer"} if "number" in own else frozenset()
                kinds = own if kinds is None else kinds & own
            given = [branch["const"]] if "const" in branch else branch.get("enum")
            if isinstance(given, list):
                values = given if values is None else [v for v in values if v in given]
            for low, high in _BOUNDS:
                least, most = branch.get(low), branch.get(high)
                if not isinstance(least, (int, float)) or not isinstance(most, (int, float)):
                    continue
                if least > most:
                    return f"{low} {least} is above {high} {most}"
        if kinds is not None and not kinds:
            return "its parts want different types"
        if values is not None and not values:
            return "its parts want different values"
        return None

    def _members(self, node: dict[str, Any], branches: list[dict[str, Any]]) -> str | None:
        schemas = self._schemas
        types = schemas.types(node)
        if types == {"array"}:
            least = schemas.keyword(node, "minItems")
            if isinstance(least, int) and least > 0 and (why := self._of(schemas.items(node))):
                return f"its items: {why}"
        if types != {"object"}:
            return None
        properties = schemas.properties(node)
        for name in sorted(schemas.required(node)):
            part = properties.get(name)
            if part is None:
                shut = [b for b in branches if b.get("additionalProperties") is False]
                open_ended = any(b.get("patternProperties") for b in shut)
                if shut and not open_ended:
                    return f"`{name}` is required and not allowed"
            elif not schemas.excluded(part, self._direction) and (why := self._of(part)):
                return f"`{name}`: {why}"
        return None

    def _alternatives(self, branches: list[dict[str, Any]]) -> str | None:
        for branch in branches:
            for key in ("oneOf", "anyOf"):
                options = branch.get(key)
                if isinstance(options, list) and options:
                    reasons = [self._of(option) for option in options]
                    if all(reasons):
                        return f"each part of its {key}: {reasons[0]}"
        return None

"""The response of a list operation, as pagination sees it: its items and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from specloom.ir.model import (
    BodyKind,
    Field,
    ListOf,
    LiteralType,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Parameter,
    Ref,
    Response,
    Scalar,
    ScalarKind,
    Text,
    Type,
    Union,
)
from specloom.ir.names import split_words
from specloom.ir.pagination_words import ITEMS, NOT_ITEMS

__all__ = [
    "NUMERIC",
    "TEXTUAL",
    "ListBody",
    "Member",
    "first_page",
    "is_kind",
    "joined",
    "link_header",
    "success",
]

_DEPTH = 3
"""How deep in the response a property may stand that says where the next page is."""


@dataclass(frozen=True, slots=True)
class Member:
    """A property of the response that stands outside its items."""

    pointer: str
    path: tuple[str, ...]
    key: str
    type: Type
    format: str


class ListBody:
    """The success body of a list operation."""

    def __init__(self, made: Type, models: Mapping[ModelId, Model]) -> None:
        self._models = models
        self.type = self.plain(made)
        self.members = list(self._walk(self.type, "", (), _DEPTH))

    def plain(self, made: Type) -> Type:
        """Return a type without null and without names that only stand for another type."""
        for _ in range(20):
            if isinstance(made, Nullable):
                made = made.inner
            elif isinstance(made, Ref) and isinstance(
                model := self._models.get(made.model), NamedType
            ):
                made = model.type
            else:
                break
        return made

    def fields(self, made: Type) -> tuple[Field, ...]:
        model = self._models.get(made.model) if isinstance(made, Ref) else None
        return model.fields if isinstance(model, ObjectModel) else ()

    def _walk(
        self, made: Type, pointer: str, path: tuple[str, ...], depth: int
    ) -> Iterator[Member]:
        for field in self.fields(made):
            wire = field.wire_name.raw
            here = f"{pointer}/{wire.replace('~', '~0').replace('/', '~1')}"
            inner = self.plain(field.type)
            key = joined(wire)
            word = inner.format.raw if isinstance(inner, Scalar) and inner.format else ""
            yield Member(here, (*path, key), key, inner, word)
            if depth > 1 and isinstance(inner, Ref):
                yield from self._walk(inner, here, (*path, key), depth - 1)

    def items(self, wanted: str) -> tuple[str, Type] | None:
        """Return the pointer of the list and its item type."""
        if isinstance(self.type, ListOf):
            return "", self.type.item
        lists = [
            (member, member.type.item)
            for member in self.members
            if isinstance(member.type, ListOf) and member.key not in NOT_ITEMS
        ]
        for depth in (1, 2):
            level = [item for item in lists if len(item[0].path) == depth]
            for name in (*ITEMS, wanted):
                for member, item_type in level:
                    if member.key == name:
                        return member.pointer, item_type
            if len(level) == 1:
                return level[0][0].pointer, level[0][1]
            if level and depth == 1:
                objects = [item for item in level if isinstance(self.plain(item[1]), Ref)]
                if len(objects) == 1:
                    return objects[0][0].pointer, objects[0][1]
        return None

    def first(self, names: tuple[str, ...], *kinds: ScalarKind) -> Member | None:
        for name in names:
            for member in self.members:
                if member.key == name and is_kind(member.type, *kinds):
                    return member
        return None

    def find(self, pointer: str) -> Type | None:
        """Return the type at a JSON pointer into the body, None where the document has none."""
        made = self.type
        for token in pointer.split("/")[1:]:
            wire = token.replace("~1", "/").replace("~0", "~")
            found = next((item for item in self.fields(made) if item.wire_name.raw == wire), None)
            if found is None:
                return None
            made = self.plain(found.type)
        return made


def is_kind(made: Type, *kinds: ScalarKind) -> bool:
    """Tell whether a type is a scalar of one of these kinds, or a union that has one."""
    if isinstance(made, Union):
        return any(is_kind(variant, *kinds) for variant in made.variants)
    if isinstance(made, Nullable):
        return is_kind(made.inner, *kinds)
    if isinstance(made, LiteralType):
        return ScalarKind.STRING in kinds and isinstance(made.values[0], str)
    return isinstance(made, Scalar) and made.kind in kinds


def joined(name: str) -> str:
    return "".join(split_words(name))


TEXTUAL = (ScalarKind.STRING, ScalarKind.UUID, ScalarKind.BYTES)
NUMERIC = (ScalarKind.INTEGER, ScalarKind.NUMBER)


def success(responses: tuple[Response, ...]) -> tuple[Response, Type] | None:
    for response in responses:
        if response.status.startswith("2"):
            for content in response.contents:
                if content.kind is BodyKind.JSON:
                    return response, content.type
    return None


def link_header(response: Response) -> Text | None:
    for header in response.headers:
        if header.wire_name.raw.lower() == "link":
            return header.wire_name
    return None


def first_page(page: Parameter) -> int:
    if page.has_default and isinstance(page.default, int) and not isinstance(page.default, bool):
        return page.default if page.default in (0, 1) else 1
    bounds = page.type.constraints if isinstance(page.type, Scalar) else None
    return 0 if bounds is not None and bounds.minimum == 0 else 1

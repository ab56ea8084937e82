"""Types by reference, so that a module of operations does not import its models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, Union

__all__ = ["References", "page_class", "resolve"]

# The package that this core was copied into; its models stand in `types`.
_PACKAGE: Final = (__package__ or "").rpartition(".")[0]


@cache
def resolve(reference: str) -> Any:
    """Import "module:Name" from below the package's `types`."""
    module, _, name = reference.partition(":")
    return getattr(import_module(f"{_PACKAGE}.types.{module}"), name)


@cache
def page_class(name: str) -> Any:
    """A class of the package's `pagination`."""
    return getattr(import_module(f"{_PACKAGE}.pagination"), name)


class References(Mapping[str, Any]):
    """Types by a tag, each imported when it is first asked for.

    Args:
        references: "module:Name" by tag.
    """

    __slots__ = ("_references",)

    def __init__(self, references: Mapping[str, str]) -> None:
        self._references = dict(references)

    def __getitem__(self, tag: str) -> Any:
        return resolve(self._references[tag])

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def named(self, name: str) -> Any:
        """The type of that name, for a module's `__getattr__`.

        Raises:
            AttributeError: When no tag has a type of that name.
        """
        for reference in self._references.values():
            if reference.rpartition(":")[2] == name:
                return resolve(reference)
        raise AttributeError(name)

    def union(self, *others: Any) -> Any:
        """A union of all the types and of others."""
        return Union[(*self.values(), *others)]

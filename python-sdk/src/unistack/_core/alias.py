"""Wire names of TypedDict keys: `created_at: Annotated[str, Alias("createdAt")]`."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typing_extensions

from .absent import Omit
from .record import Record
from .references import resolve

__all__ = ["Alias", "to_wire"]


class Alias(Record):
    """The name that a TypedDict's key has on the wire.

    Args:
        name: Wire name.
    """

    __slots__ = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        self.name = name


_WRAPPERS: tuple[Any, ...] = (
    Annotated,
    typing.Required,
    typing.NotRequired,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    typing_extensions.ReadOnly,
)


@cache
def _keys(shape: Any) -> Mapping[str, tuple[str, Any]]:
    """Wire name and type of each key of a TypedDict, by its Python name and by its wire name."""
    keys: dict[str, tuple[str, Any]] = {}
    for name, annotation in typing_extensions.get_type_hints(shape, include_extras=True).items():
        wire, inner = name, annotation
        while typing_extensions.get_origin(inner) in _WRAPPERS:
            for extra in get_args(inner)[1:]:
                wire = extra.name if isinstance(extra, Alias) else wire
            inner = get_args(inner)[0]
        keys[name] = keys[wire] = (wire, inner)
    return keys


def _choose(shape: Any, value: Any) -> Any:
    """The TypedDict, list or map of a (union) type that fits a value best; None when none does."""
    while get_origin(shape) is Annotated:
        shape = get_args(shape)[0]
    if get_origin(shape) in (Union, UnionType):
        members = [_choose(member, value) for member in get_args(shape)]
        fitting = [member for member in members if member is not None]
        if not isinstance(value, Mapping):
            return fitting[0] if fitting else None
        return max(fitting, key=lambda member: _overlap(member, value), default=None)
    if isinstance(value, Mapping):
        is_map = typing_extensions.is_typeddict(shape) or _origin_in(shape, Mapping)
        return shape if is_map else None
    return shape if _origin_in(shape, Iterable) and not _origin_in(shape, Mapping) else None


def _origin_in(shape: Any, kind: type[Any]) -> bool:
    origin = get_origin(shape)
    return isinstance(origin, type) and issubclass(origin, kind)


def _overlap(shape: Any, value: Mapping[Any, Any]) -> int:
    if not typing_extensions.is_typeddict(shape):
        return 0
    return sum(1 for key in value if key in _keys(shape))


def to_wire(value: Any, shape: Any = None) -> Any:
    """Copy a body's value with wire names for keys and without absent properties.

    Args:
        value: What the caller gave: nested mappings, lists, scalars, models.
        shape: The TypedDict (or a type with one inside) whose keys have aliases, or a
            "module:Name" reference to it; None when no key has one.
    """
    if isinstance(shape, str):
        shape = resolve(shape)
    if isinstance(value, Mapping):
        fit = _choose(shape, value) if shape is not None else None
        keys = _keys(fit) if typing_extensions.is_typeddict(fit) else {}
        rest = get_args(fit)[1] if fit is not None and not keys and len(get_args(fit)) > 1 else None
        wire: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(item, Omit):
                name, inner = keys.get(key, (key, rest))
                wire[name] = to_wire(item, inner)
        return wire
    if isinstance(value, list | tuple | set | frozenset):
        fit = _choose(shape, value) if shape is not None else None
        inner = get_args(fit)[0] if get_args(fit) else None
        return [to_wire(item, inner) for item in value if not isinstance(item, Omit)]
    return value

"""Named types that stand for nothing but each other are cut: no value could ever be one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from specloom.ir.build.context import Context
from specloom.ir.model import AnyType, ModelId, NamedType, Nullable, Ref, Type, Union

__all__ = ["cut_cycles"]

_HIGHEST = 100
"""Names for names for names that later passes follow; no real document has ten."""


def cut_cycles(context: Context) -> None:
    """Remove references that lead back to a named type without an object, list or map between.

    ``A: {oneOf: [A, string]}`` is a string. Recursion through a container is left alone. A chain
    of names that has no sensible length is cut too.
    """
    models = context.models
    done: set[ModelId] = set()
    heights: dict[ModelId, int] = {}
    for start, model in list(models.items()):
        if not isinstance(model, NamedType) or start in done:
            continue
        # Depth first without recursion: a document may chain as many names as it likes.
        path: list[ModelId] = [start]
        open_names = {start}
        pending = [_following(context, start)]
        while path:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                name = path.pop()
                open_names.discard(name)
                done.add(name)
                heights[name] = 1 + max(
                    (heights.get(below, 0) for below in _following(context, name)), default=0
                )
                if heights[name] > _HIGHEST:
                    _cut_off(context, name)
                    heights[name] = 1
            elif following in open_names:
                _cut(context, path[-1], following)
            elif following not in done:
                path.append(following)
                open_names.add(following)
                pending.append(_following(context, following))


def _following(context: Context, name: ModelId) -> Iterator[ModelId]:
    """Return the named types that a named type stands for."""
    model = context.models.get(name)
    if not isinstance(model, NamedType):
        return iter(())
    return iter(
        [item for item in _direct(model.type) if isinstance(context.models.get(item), NamedType)]
    )


def _direct(made: Type) -> Iterator[ModelId]:
    if isinstance(made, Ref):
        yield made.model
    elif isinstance(made, Nullable):
        yield from _direct(made.inner)
    elif isinstance(made, Union):
        for variant in made.variants:
            yield from _direct(variant)


def _cut(context: Context, name: ModelId, target: ModelId) -> None:
    model = context.models[name]
    if not isinstance(model, NamedType):
        return
    context.degraded(model.source.pointer, "a type that is one of itself is read without itself")
    context.models[name] = dataclasses.replace(model, type=_without(model.type, target))


def _cut_off(context: Context, name: ModelId) -> None:
    model = context.models[name]
    if isinstance(model, NamedType):
        context.degraded(
            model.source.pointer, f"a name for {_HIGHEST} other names is read as any value"
        )
        context.models[name] = dataclasses.replace(model, type=AnyType())


def _without(made: Type, target: ModelId) -> Type:
    if isinstance(made, Ref):
        return AnyType() if made.model == target else made
    if isinstance(made, Nullable):
        inner = _without(made.inner, target)
        return inner if isinstance(inner, AnyType) else Nullable(inner)
    if isinstance(made, Union):
        kept = tuple(item for item in made.variants if not _names(item, target))
        if not kept:
            return AnyType()
        if len(kept) == 1:
            return kept[0]
        mapping = tuple(item for item in made.mapping if item[1] != target)
        return Union(kept, made.discriminator, mapping)
    return made


def _names(made: Type, target: ModelId) -> bool:
    return target in set(_direct(made))

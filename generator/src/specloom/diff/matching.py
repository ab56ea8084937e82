"""Which operation and which type of the new edition is which of the old one.

Names decide; the name lock keeps them where the document's own ids stay. What is renamed is known
again by its place: an operation by its method and path, a type by its pointer, else by being used
where the old one was used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from specloom.diff.surface import arguments, events
from specloom.ir.model import (
    Api,
    EnumModel,
    ListOf,
    MapOf,
    Model,
    ModelId,
    Nullable,
    ObjectModel,
    Operation,
    Ref,
    Type,
    Union,
)

__all__ = ["Matches", "match"]


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of ids, the old edition's first."""

    operations: dict[str, str] = field(default_factory=dict)
    models: dict[ModelId, ModelId] = field(default_factory=dict)

    def same(self, old: ModelId, new: ModelId) -> bool:
        """Whether two named types are one."""
        return self.models.get(old) == new


def match(old: Api, new: Api) -> Matches:
    """Find the pairs of two editions of an API."""
    found = Matches(_operations(old, new), _by_name(old, new))
    _Positions(old, new, found).pair_all()
    return found


def _shape(operation: Operation) -> tuple[str, ...]:
    return (
        operation.http_method,
        *("{}" if part.is_parameter else part.text.raw for part in operation.path),
    )


def _operations(old: Api, new: Api) -> dict[str, str]:
    found = {id_: id_ for id_ in old.operations if id_ in new.operations}
    left = {_shape(item): id_ for id_, item in new.operations.items() if id_ not in found}
    for id_, operation in old.operations.items():
        if id_ not in found and _shape(operation) in left:
            found[id_] = left.pop(_shape(operation))
    return found


def _by_name(old: Api, new: Api) -> dict[ModelId, ModelId]:
    names = {model.name: id_ for id_, model in new.models.items()}
    found = {id_: names[model.name] for id_, model in old.models.items() if model.name in names}
    taken = set(found.values())
    for id_, model in old.models.items():
        other = new.models.get(id_)
        if id_ not in found and other is not None and id_ not in taken and _alike(model, other):
            found[id_] = id_
    return found


def _alike(one: Model, other: Model) -> bool:
    return type(one) is type(other)


class _Positions:
    """Pairs types that are left over and stand in the same place."""

    def __init__(self, old: Api, new: Api, found: Matches) -> None:
        self._old, self._new, self._found = old, new, found
        self._taken = set(found.models.values())
        self._queue: list[tuple[Type, Type]] = []

    def pair_all(self) -> None:
        for old_id, new_id in self._found.operations.items():
            self._queue.extend(self._of_operations(old_id, new_id))
        payloads = events(self._new)
        for key, (payload, _) in events(self._old).items():
            if key in payloads:
                self._queue.append((payload, payloads[key][0]))
        for old_id, new_id in list(self._found.models.items()):
            self._members(old_id, new_id)
        while self._queue:
            self._pair(*self._queue.pop())

    def _of_operations(self, old_id: str, new_id: str) -> Iterator[tuple[Type, Type]]:
        before, after = self._old.operations[old_id], self._new.operations[new_id]
        given = arguments(before, self._old.models)
        wanted = arguments(after, self._new.models)
        yield from zip(
            (item.type for item in given.positional),
            (item.type for item in wanted.positional),
            strict=False,
        )
        for name in given.keywords.keys() & wanted.keywords.keys():
            yield given.keywords[name].type, wanted.keywords[name].type
        yield before.result.value_type, after.result.value_type
        if before.pagination is not None and after.pagination is not None:
            yield before.pagination.item_type, after.pagination.item_type
        if before.stream is not None and after.stream is not None:
            yield before.stream.event, after.stream.event
        if before.websocket is not None and after.websocket is not None:
            yield before.websocket.send, after.websocket.send
            yield before.websocket.receive, after.websocket.receive
        answers = {response.status: response for response in after.responses}
        for response in before.responses:
            other = answers.get(response.status)
            if other is not None:
                yield from (
                    (one.type, two.type)
                    for one, two in zip(response.contents, other.contents, strict=False)
                )

    def _pair(self, old: Type, new: Type) -> None:
        if isinstance(old, Nullable) or isinstance(new, Nullable):
            old = old.inner if isinstance(old, Nullable) else old
            new = new.inner if isinstance(new, Nullable) else new
            self._pair(old, new)
        elif isinstance(old, Ref) and isinstance(new, Ref):
            self._models(old.model, new.model)
        elif isinstance(old, ListOf) and isinstance(new, ListOf):
            self._pair(old.item, new.item)
        elif isinstance(old, MapOf) and isinstance(new, MapOf):
            self._pair(old.value, new.value)
        elif isinstance(old, Union) and isinstance(new, Union):
            tagged = dict(new.mapping)
            for tag, model in old.mapping:
                if tag in tagged:
                    self._models(model, tagged[tag])
            if len(old.variants) == len(new.variants):
                self._queue.extend(zip(old.variants, new.variants, strict=True))

    def _models(self, old: ModelId, new: ModelId) -> None:
        if old in self._found.models or new in self._taken:
            return
        if _alike(self._old.models[old], self._new.models[new]):
            self._found.models[old] = new
            self._taken.add(new)
            self._members(old, new)

    def _members(self, old: ModelId, new: ModelId) -> None:
        before, after = self._old.models[old], self._new.models[new]
        if isinstance(before, ObjectModel) and isinstance(after, ObjectModel):
            fields = {item.wire_name: item for item in after.fields}
            for item in before.fields:
                if item.wire_name in fields:
                    self._queue.append((item.type, fields[item.wire_name].type))
            if before.additional is not None and after.additional is not None:
                self._queue.append((before.additional, after.additional))
        elif not isinstance(before, EnumModel | ObjectModel) and not isinstance(
            after, EnumModel | ObjectModel
        ):
            self._queue.append((before.type, after.type))

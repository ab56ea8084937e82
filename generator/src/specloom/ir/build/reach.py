"""Which models requests and responses reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from specloom.ir.model import (
    Callback,
    Json,
    ListOf,
    MapOf,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Operation,
    Ref,
    Type,
    Union,
    Webhook,
)

__all__ = ["models_in", "with_examples", "with_reach"]


def models_in(made: Type) -> Iterator[ModelId]:
    """Yield the models that a type names, without going through them."""
    if isinstance(made, Ref):
        yield made.model
    elif isinstance(made, Nullable):
        yield from models_in(made.inner)
    elif isinstance(made, ListOf):
        yield from models_in(made.item)
    elif isinstance(made, MapOf):
        yield from models_in(made.value)
    elif isinstance(made, Union):
        for variant in made.variants:
            yield from models_in(variant)


def _members(model: Model) -> Iterator[ModelId]:
    if isinstance(model, ObjectModel):
        for field in model.fields:
            yield from models_in(field.type)
        if model.additional is not None:
            yield from models_in(model.additional)
    elif isinstance(model, NamedType):
        yield from models_in(model.type)


def with_examples(
    models: dict[ModelId, Model], examples: Mapping[ModelId, list[Json]]
) -> dict[ModelId, Model]:
    """Return the models with the whole examples that bodies and responses give of them."""
    made = dict(models)
    for key, values in examples.items():
        model = models.get(key)
        if values and isinstance(model, (ObjectModel, NamedType)):
            known = list(model.examples)
            known.extend(value for value in values if value not in known)
            made[key] = dataclasses.replace(model, examples=tuple(known))
    return made


def with_reach(
    models: dict[ModelId, Model],
    operations: Iterable[Operation],
    hooks: Iterable[Webhook | Callback],
) -> dict[ModelId, Model]:
    """Return the models with ``is_request`` and ``is_response`` set."""
    edges = {key: tuple(dict.fromkeys(_members(model))) for key, model in models.items()}
    sent: set[ModelId] = set()
    received: set[ModelId] = set()
    for operation in operations:
        for parameter in operation.parameters:
            sent.update(models_in(parameter.type))
        if operation.body is not None:
            for content in operation.body.contents:
                sent.update(models_in(content.type))
        for response in operation.responses:
            for part in response.contents:
                received.update(models_in(part.type))
            for header in response.headers:
                received.update(models_in(header.type))
        if operation.stream is not None:
            received.update(models_in(operation.stream.event))
        if operation.websocket is not None:
            sent.update(models_in(operation.websocket.send))
            received.update(models_in(operation.websocket.receive))
    for hook in hooks:
        received.update(models_in(hook.payload))
    sent = _closure(sent, edges)
    received = _closure(received, edges)
    return {
        key: dataclasses.replace(model, is_request=key in sent, is_response=key in received)
        if key in sent or key in received
        else model
        for key, model in models.items()
    }


def _closure(start: set[ModelId], edges: dict[ModelId, tuple[ModelId, ...]]) -> set[ModelId]:
    reached: set[ModelId] = set()
    queue = list(start)
    while queue:
        key = queue.pop()
        if key not in reached and key in edges:
            reached.add(key)
            queue.extend(edges[key])
    return reached

"""The types of a whole package in the layout that a configuration promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specloom.config.casing import class_name
from specloom.config.promises import Promises
from specloom.emit.python.arguments import Arguments
from specloom.emit.python.graph import components
from specloom.emit.python.seats import Folder, Seating, folder_of
from specloom.emit.python.types import OperationTypes, Side, TypeName
from specloom.ir.model import (
    AnyType,
    Api,
    ModelId,
    Operation,
    Ref,
    ResultKind,
    Type,
    references,
)
from specloom.ir.names import split_words

__all__ = ["Placed", "promised_types"]

_Node = tuple[Side, ModelId]


@dataclass(slots=True)
class Placed:
    """Where everything stands; see :class:`specloom.emit.python.plan.TypePlan`."""

    names: dict[_Node, TypeName]
    modules: dict[str, list[_Node]] = field(default_factory=dict)
    operations: dict[str, OperationTypes] = field(default_factory=dict)
    again: dict[str, dict[str, TypeName]] = field(default_factory=dict)
    public: dict[Folder, dict[str, str]] = field(default_factory=dict)


def promised_types(
    api: Api,
    promises: Promises,
    nodes: Mapping[_Node, list[_Node]],
    shared: frozenset[ModelId],
    given: Mapping[str, Arguments],
) -> Placed:
    """Place every type.

    Args:
        api: The API.
        promises: What is promised.
        nodes: The named types of each direction, with those that each mentions.
        shared: Types that read alike in both directions.
        given: The arguments of each operation.
    """
    order = {id_: number for number, id_ in enumerate(promises.positional)}
    operations = sorted(api.operations.values(), key=lambda o: order.get(o.id, len(order)))
    folders = {folder_of(operation.resource) for operation in operations}
    for seat in promises.seats.values():
        folders.add(folder_of(tuple(map(split_words, seat.resource.split(".")))))
    folders |= {("shared",), ("shared_params",)}
    seating = Seating(api.models, promises, folders, set(nodes), shared)
    seating.seats()
    made = {op.id: _answer(op, seating) for op in operations}
    for operation in operations:
        made[operation.id].params = _params(operation, given[operation.id], seating)
    for operation in operations:
        _others(operation, made[operation.id], seating)
    seating.aliases()
    seating.rest()
    placed = Placed(seating.names, again=seating.again, public=seating.public)
    placed.operations = {
        id_: OperationTypes(
            *(one.params, one.result, one.event, one.body, one.message, one.value),
            page=_page(api.operations[id_], promises),
        )
        for id_, one in made.items()
    }
    _modules(placed, seating, nodes, shared, api, given)
    return placed


def _page(operation: Operation, promises: Promises) -> str | None:
    name = operation.pagination.name if operation.pagination is not None else None
    return class_name(name, promises.casings) if name is not None else None


@dataclass(slots=True)
class _Own:
    """The types of one operation, while they are found."""

    params: TypeName | None = None
    result: TypeName | None = None
    event: TypeName | None = None
    body: TypeName | None = None
    message: TypeName | None = None
    value: TypeName | None = None


def _answer(operation: Operation, seating: Seating) -> _Own:
    """Name what a method returns."""
    own = _Own()
    folder, stem = seating.stem(operation)
    result, stream, pagination = operation.result, operation.stream, operation.pagination
    words = (*stem, "response")
    if stream is not None and stream.param is None:
        if isinstance(stream.event, Ref):
            _given(stream.event, folder, words, seating)
        elif not isinstance(stream.event, AnyType):
            own.event = _alias(stream.event, folder, words, seating)
        return own
    if result.kind is not ResultKind.JSON:
        return own
    whole: Type | None = result.type
    if pagination is not None:
        if isinstance(pagination.item_type, Ref):
            _given(pagination.item_type, folder, words, seating, again=False)
        words = (*stem, "page")
    elif result.unwrap is not None:
        if isinstance(result.value_type, Ref):
            _given(result.value_type, folder, words, seating, always=True)
        elif not isinstance(result.value_type, AnyType):
            own.value = _alias(result.value_type, folder, words, seating)
        words = (*stem, "envelope")
    if isinstance(whole, Ref):
        inner = pagination is not None or result.unwrap is not None
        _given(whole, folder, words, seating, again=not inner, exported=not inner)
    elif not isinstance(whole, AnyType):
        own.result = _alias(result.type, folder, words, seating)
    return own


def _given(
    type_: Ref,
    folder: Folder,
    words: tuple[str, ...],
    seating: Seating,
    *,
    again: bool = True,
    always: bool = False,
    exported: bool = True,
) -> None:
    """Give a named type the name of a response, or let that name stand for it.

    Args:
        type_: The type.
        folder, words: The response's name.
        seating: Where everything stands.
        again: Whether the name stands for a type that another response has named.
        always: Whether it also stands for a type that the configuration names.
        exported: Whether the folder offers the name.
    """
    node = (Side.RESPONSE, type_.model)
    known = seating.names.get(node)
    if known is None:
        seating.place(node, seating.top(folder, words, exported=exported))
    elif always or (again and not seating.promised(type_.model)):
        seating.hand_on(seating.top(folder, words), known)


def _alias(type_: Type, folder: Folder, words: tuple[str, ...], seating: Seating) -> TypeName:
    name = seating.top(folder, words)
    seating.inner(Side.RESPONSE, type_, (*words, "item"), name.module)
    return name


def _params(operation: Operation, given: Arguments, seating: Seating) -> TypeName | None:
    if not given.keywords:
        return None
    folder, stem = seating.stem(operation)
    name = seating.top(folder, (*stem, "params"))
    for argument in given.keywords:
        words = split_words(argument.wire_name.raw)
        seating.inner(Side.REQUEST, argument.type, words, name.module)
    return name


def _others(operation: Operation, own: _Own, seating: Seating) -> None:
    """Name the rest of what an operation brings: events, bodies and messages without a name."""
    folder, stem = seating.stem(operation)
    stream, socket, body = operation.stream, operation.websocket, operation.body
    if stream is not None and stream.param is not None:
        if isinstance(stream.event, Ref):
            _given(stream.event, folder, (*stem, "event"), seating, again=False)
        elif not isinstance(stream.event, AnyType):
            own.event = _alias(stream.event, folder, (*stem, "event"), seating)
    if body is not None and body.contents and not isinstance(body.contents[0].type, Ref):
        words = (*stem, "body")
        if any(True for _ in references(body.contents[0].type)):
            own.body = seating.top(folder, words)
    if socket is not None and not isinstance(socket.receive, Ref | AnyType):
        own.message = seating.top(folder, (*stem, "message"))


def _modules(
    placed: Placed,
    seating: Seating,
    nodes: Mapping[_Node, list[_Node]],
    shared: frozenset[ModelId],
    api: Api,
    given: Mapping[str, Arguments],
) -> None:
    """Sort types into modules; those that would import each other in a circle share one."""
    names = placed.names

    def module(side: Side, id_: ModelId) -> str:
        return names[Side.RESPONSE if id_ in shared else side, id_].module

    graph: dict[str, set[str]] = {name.module: set() for name in names.values()}
    for node, others in nodes.items():
        graph[names[node].module].update(names[other].module for other in others)
    for id_, types in placed.operations.items():
        operation = api.operations[id_]
        if types.params is not None:
            graph.setdefault(types.params.module, set()).update(
                module(Side.REQUEST, other)
                for argument in given[id_].keywords
                for other in references(argument.type)
            )
        for own, type_ in _owned(operation, types):
            graph.setdefault(own.module, set()).update(
                module(Side.RESPONSE, other) for other in references(type_)
            )
    for name, targets in placed.again.items():
        graph.setdefault(name, set()).update(target.module for target in targets.values())
    by_module: dict[str, list[_Node]] = {name: [] for name in graph}
    for node in nodes:
        by_module[names[node].module].append(node)
    for group in components({name: sorted(others) for name, others in graph.items()}):
        if len(group) > 1:
            _unite(group, by_module, placed, seating)
    for targets in placed.again.values():
        for name, target in targets.items():
            targets[name] = _moved(target, placed)
    placed.modules = {name: _in_order(members, nodes) for name, members in by_module.items()}
    for id_ in shared:
        names[Side.REQUEST, id_] = names[Side.RESPONSE, id_]


def _owned(operation: Operation, types: OperationTypes) -> list[tuple[TypeName, Type]]:
    pairs = [(types.result, operation.result.type), (types.value, operation.result.value_type)]
    if operation.stream is not None:
        pairs.append((types.event, operation.stream.event))
    if operation.websocket is not None:
        pairs.append((types.message, operation.websocket.receive))
    return [(name, type_) for name, type_ in pairs if name is not None]


def _unite(
    group: list[str], by_module: dict[str, list[_Node]], placed: Placed, seating: Seating
) -> None:
    full = [module for module in group if by_module[module]]
    host = min(full or group, key=lambda name: (name.count("."), len(name), name))
    for module in group:
        if module == host:
            continue
        for node in by_module[module]:
            old = placed.names[node]
            words = split_words(old.name)
            file = split_words(module.rpartition(".")[2])
            new = seating.inside(host, words, (*file, *words))
            placed.names[node] = new
            by_module[host].append(node)
            placed.again.setdefault(module, {})[old.name] = new
        by_module[module] = []


def _moved(target: TypeName, placed: Placed) -> TypeName:
    """Follow a name to the module that defines it."""
    seen = set()
    while target not in seen:
        seen.add(target)
        target = placed.again.get(target.module, {}).get(target.name, target)
    return target


def _in_order(members: list[_Node], nodes: Mapping[_Node, list[_Node]]) -> list[_Node]:
    """Put what a type uses before it, where that is possible."""
    chosen = set(members)
    inner = {node: [other for other in nodes[node] if other in chosen] for node in members}
    return [node for group in components(inner) for node in group]

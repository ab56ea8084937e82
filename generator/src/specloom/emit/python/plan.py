"""Decides, once for a whole API, which types exist in Python and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from specloom.config.promises import Promises
from specloom.emit.python.arguments import Arguments, arguments, body_object
from specloom.emit.python.graph import components
from specloom.emit.python.names import (
    MODEL_ATTRIBUTES,
    Namespace,
    identifier,
    module_name,
    pascal,
    singular,
    snake,
)
from specloom.emit.python.seats import component_id
from specloom.emit.python.types import (
    OperationTypes,
    Side,
    TypeName,
    differs_in_requests,
)
from specloom.ir.model import (
    AnyType,
    Api,
    EnumModel,
    Model,
    ModelId,
    ObjectModel,
    Operation,
    Ref,
    Result,
    ResultKind,
    Type,
    Words,
    references,
)

__all__ = ["Node", "OperationTypes", "TypePlan", "field_names", "type_plan"]

Node = tuple[Side, ModelId]


@dataclass(frozen=True, slots=True)
class TypePlan:
    """Every type of the package.

    Attributes:
        names: Where the named types stand, for each direction they are used in.
        modules: Modules of ``types`` and the named types in each; those a module imports come
            before it.
        operations: The types of each operation, by its id.
        nested_aliases: By operation id, the type that tells the wire names of keys in its body,
            where nested keys have others than Python's.
        parameter_aliases: The same for objects in query, header and cookie parameters.
        aliased: Objects in requests that hold such keys, themselves or below them.
        arguments: The arguments of each operation's method, by its id.
        again: Modules that hand names of others on: module -> name -> the type.
        public: Folders below ``types`` and the names that each offers, with their modules; empty
            where ``types`` offers every name.
    """

    names: dict[Node, TypeName]
    modules: dict[str, list[Node]]
    operations: dict[str, OperationTypes]
    nested_aliases: dict[str, TypeName]
    parameter_aliases: dict[str, TypeName]
    aliased: frozenset[ModelId]
    arguments: dict[str, Arguments]
    again: dict[str, dict[str, TypeName]] = field(default_factory=dict)
    public: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)


def type_plan(api: Api, promises: Promises | None = None) -> TypePlan:
    """Name every type and sort the named ones into modules.

    Args:
        api: The API.
        promises: Names and places that are promised; without them they are made.
    """
    models = dict(api.models)
    requests = _closure(_request_roots(api, models), Side.REQUEST, models)
    responses = _closure(_response_roots(api), Side.RESPONSE, models)
    flattened = {
        flat.id for op in api.operations.values() if (flat := body_object(op, models)) is not None
    }
    shared = {
        id_
        for id_ in requests
        if not isinstance(models[id_], ObjectModel) and not differs_in_requests(Ref(id_), models)
    }
    if promises is not None:
        seated = {component_id(name) for name in promises.seats}
        responses |= _closure((Ref(id_) for id_ in models if id_ in seated), Side.RESPONSE, models)
    used = requests | responses | flattened
    unused = [id_ for id_ in models if id_ not in used]
    responses |= shared | _closure((Ref(id_) for id_ in unused), Side.RESPONSE, models)

    aliased = _aliased(models)
    given = {id_: arguments(operation, models) for id_, operation in api.operations.items()}
    if promises is not None and promises.layout == "stainless":
        from specloom.emit.python.promised import promised_types

        wanted = [(Side.RESPONSE, id_) for id_ in models if id_ in responses]
        wanted += [(Side.REQUEST, id_) for id_ in models if id_ in requests - shared]
        placed = promised_types(
            api, promises, _graph(wanted, shared, models), frozenset(shared), given
        )
        names, modules, operations = placed.names, placed.modules, placed.operations
        again, public = placed.again, placed.public
    else:
        names, modules, operations = _flat(api, models, requests, responses, shared, aliased, given)
        again, public = {}, {}
    nested = _nested_aliases(api, aliased, operations, names)
    parameters = {
        id_: types.params
        for id_, types in operations.items()
        if types.params is not None and _has_aliased_parameter(given[id_], aliased)
    }
    return TypePlan(names, modules, operations, nested, parameters, aliased, given, again, public)


def _graph(
    nodes: Iterable[Node], shared: set[ModelId], models: dict[ModelId, Model]
) -> dict[Node, list[Node]]:
    """The named types and those that each mentions."""
    graph: dict[Node, list[Node]] = {}
    for node in nodes:
        side, id_ = node
        graph[node] = [
            (Side.RESPONSE if other in shared else side, other)
            for other in dict.fromkeys(_members(models[id_], side))
        ]
    return graph


def _flat(
    api: Api,
    models: dict[ModelId, Model],
    requests: set[ModelId],
    responses: set[ModelId],
    shared: set[ModelId],
    aliased: frozenset[ModelId],
    given: Mapping[str, Arguments],
) -> tuple[dict[Node, TypeName], dict[str, list[Node]], dict[str, OperationTypes]]:
    """Every type in a module of ``types`` under a name of its own."""
    public = Namespace()
    files = Namespace(fold=True)
    identifiers: dict[Node, str] = {}
    for id_, model in models.items():
        if id_ in responses:
            identifiers[Side.RESPONSE, id_] = public.take(pascal(model.name))
    for id_, model in models.items():
        if id_ in shared:
            identifiers[Side.REQUEST, id_] = identifiers[Side.RESPONSE, id_]
        elif id_ in requests:
            identifiers[Side.REQUEST, id_] = public.take(pascal((*model.name, "param")))
    own = [node for node in identifiers if node[0] is Side.RESPONSE or node[1] not in shared]
    names: dict[Node, TypeName] = {}
    modules: dict[str, list[Node]] = {}
    for group in components(_graph(own, shared, models)):
        words = min((_node_words(node, models) for node in group), key=lambda w: (len(w), w))
        module = files.take(module_name(words))
        modules[module] = group
        for node in group:
            names[node] = TypeName(module, identifiers[node])
    for id_ in shared:
        names[Side.REQUEST, id_] = names[Side.RESPONSE, id_]
    return names, modules, _operation_types(api, models, aliased, given, public, files)


def _has_aliased_parameter(given: Arguments, aliased: frozenset[ModelId]) -> bool:
    return any(
        other in aliased
        for argument in (*given.query, *given.headers, *given.cookies)
        for other in references(argument.type)
    )


def _node_words(node: Node, models: dict[ModelId, Model]) -> Words:
    words = models[node[1]].name
    return (*words, "param") if node[0] is Side.REQUEST else words


def _members(model: Model, side: Side) -> Iterator[ModelId]:
    """The named types that a named type mentions in one direction."""
    if isinstance(model, EnumModel):
        return
    if not isinstance(model, ObjectModel):
        yield from references(model.type)
        return
    for member in model.fields:
        if not (member.write_only if side is Side.RESPONSE else member.read_only):
            yield from references(member.type)
    if model.additional is not None:
        yield from references(model.additional)


def _closure(roots: Iterable[Type], side: Side, models: dict[ModelId, Model]) -> set[ModelId]:
    found: set[ModelId] = set()
    work = [id_ for root in roots for id_ in references(root)]
    while work:
        id_ = work.pop()
        if id_ not in found:
            found.add(id_)
            work.extend(_members(models[id_], side))
    return found


def _request_roots(api: Api, models: dict[ModelId, Model]) -> Iterator[Type]:
    for operation in api.operations.values():
        for parameter in operation.parameters:
            yield parameter.type
        flat = body_object(operation, models)
        if flat is not None:
            for member in flat.fields:
                if not member.read_only:
                    yield member.type
        elif operation.body is not None and operation.body.contents:
            yield operation.body.contents[0].type
        if operation.websocket is not None:
            yield operation.websocket.send


def _response_roots(api: Api) -> Iterator[Type]:
    for operation in api.operations.values():
        yield operation.result.type
        yield operation.result.value_type
        for response in operation.responses:
            for content in response.contents:
                yield content.type
        if operation.stream is not None:
            yield operation.stream.event
        if operation.websocket is not None:
            yield operation.websocket.receive
        if operation.pagination is not None:
            yield operation.pagination.item_type
    yield from (webhook.payload for webhook in api.webhooks)
    yield from (callback.payload for callback in api.callbacks)


def _aliased(models: dict[ModelId, Model]) -> frozenset[ModelId]:
    """Named types whose values in requests hold keys with other names on the wire."""
    found = {
        id_
        for id_, model in models.items()
        if isinstance(model, ObjectModel)
        and any(name != wire for wire, name in field_names(model, Side.REQUEST).items())
    }
    users: dict[ModelId, list[ModelId]] = {}
    for id_, model in models.items():
        for other in _members(model, Side.REQUEST):
            users.setdefault(other, []).append(id_)
    work = list(found)
    while work:
        for user in users.get(work.pop(), ()):
            if user not in found:
                found.add(user)
                work.append(user)
    return frozenset(found)


def _body_roots(operation: Operation, models: dict[ModelId, Model]) -> list[Type]:
    """The types whose keys the core, not the method, gives their wire names."""
    if operation.body is None or not operation.body.contents:
        return []
    flat = body_object(operation, models)
    if flat is None:
        return [operation.body.contents[0].type]
    return [member.type for member in flat.fields if not member.read_only]


def _nested_aliases(
    api: Api,
    aliased: frozenset[ModelId],
    operations: dict[str, OperationTypes],
    names: dict[Node, TypeName],
) -> dict[str, TypeName]:
    found: dict[str, TypeName] = {}
    models = dict(api.models)
    for id_, operation in api.operations.items():
        roots = _body_roots(operation, models)
        if not any(other in aliased for root in roots for other in references(root)):
            continue
        types = operations[id_]
        shape = types.params if body_object(operation, models) is not None else types.body
        if shape is None and isinstance(roots[0], Ref):
            shape = names[Side.REQUEST, roots[0].model]
        if shape is not None:
            found[id_] = shape
    return found


def field_names(model: ObjectModel, side: Side) -> dict[str, str]:
    """Python names of an object's properties, by wire name."""
    taken = Namespace(MODEL_ATTRIBUTES if side is Side.RESPONSE else ())
    return {
        member.wire_name.raw: taken.take(identifier(member.name, "field"))
        for member in model.fields
    }


def _operation_types(
    api: Api,
    models: dict[ModelId, Model],
    aliased: frozenset[ModelId],
    given: Mapping[str, Arguments],
    public: Namespace,
    files: Namespace,
) -> dict[str, OperationTypes]:
    params_files: dict[tuple[Words, ...], str] = {}
    found: dict[str, OperationTypes] = {}
    for operation in api.operations.values():
        place = tuple(word for part in operation.resource for word in part)
        stem = (*singular(place), *operation.method_name)
        params = None
        if given[operation.id].keywords:
            if operation.resource not in params_files:
                wish = "_".join((snake(place, "resource"), "params")) if place else "client_params"
                params_files[operation.resource] = files.take(wish)
            whole = (*place, *operation.method_name, "params")
            name = public.take(pascal((*stem, "params")), pascal(whole))
            params = TypeName(params_files[operation.resource], name)
        result = event = None
        if _needs_name(operation.result):
            result = _named((*stem, "response"), public, files)
        stream = operation.stream
        if stream is not None and not isinstance(stream.event, Ref | AnyType):
            event = _named((*stem, "event"), public, files)
        body = message = None
        if body_object(operation, models) is None:
            for root in _body_roots(operation, models):
                mentioned = any(other in aliased for other in references(root))
                if mentioned and not isinstance(root, Ref):
                    body = _named((*stem, "body"), public, files)
        socket = operation.websocket
        if socket is not None and not isinstance(socket.receive, Ref | AnyType):
            message = _named((*stem, "message"), public, files)
        found[operation.id] = OperationTypes(params, result, event, body, message)
    return found


def _named(words: Words, public: Namespace, files: Namespace) -> TypeName:
    return TypeName(files.take(module_name(words)), public.take(pascal(words)))


def _needs_name(result: Result) -> bool:
    if result.kind is not ResultKind.JSON:
        return False
    return not isinstance(result.type, Ref | AnyType)

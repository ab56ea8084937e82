"""What of a description its users see: arguments of methods, and which types exist where.

The rules are those that every emitter follows: the properties of a body object are arguments of
the method, headers that the runtime sends are none, a type is offered for each direction in which
it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from specloom.diff.relation import Side
from specloom.ir.model import (
    AnyType,
    Api,
    BodyKind,
    Constraints,
    EnumModel,
    ListOf,
    LiteralType,
    MapOf,
    Model,
    ModelId,
    Nullable,
    ObjectModel,
    Operation,
    Parameter,
    ParameterLocation,
    Ref,
    Scalar,
    Type,
    Union,
    Words,
    references,
)

__all__ = [
    "Argument",
    "Arguments",
    "arguments",
    "differ",
    "dotted",
    "events",
    "limits",
    "shown",
    "sides",
]

_FLAT_BODIES = (BodyKind.JSON, BodyKind.FORM, BodyKind.MULTIPART)
_IGNORED_HEADERS = frozenset(("accept", "authorization", "content-type"))
_SHOWN_VARIANTS = 6


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a method. ``place`` is ``path``, ``query``, ``header``, ``cookie`` or ``body``."""

    name: str
    wire_name: str
    place: str
    type: Type
    required: bool
    pointer: str
    deprecated: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The positional arguments in order, and the others by name."""

    positional: tuple[Argument, ...]
    keywords: Mapping[str, Argument]
    whole_body: bool


def dotted(*parts: Words) -> str:
    """Write names as in ``specloom.lock``: ``admin.nodes.create_token``."""
    return ".".join("_".join(words) for words in parts)


def arguments(operation: Operation, models: Mapping[ModelId, Model]) -> Arguments:
    """Return the arguments of an operation's method."""
    by_wire_name = {
        item.wire_name.raw: item
        for item in operation.parameters
        if item.location is ParameterLocation.PATH
    }
    positional = tuple(
        _argument(by_wire_name[part.text.raw], "_".join(by_wire_name[part.text.raw].name))
        for part in operation.path
        if part.is_parameter and part.text.raw in by_wire_name
    )
    taken = {item.name for item in positional}
    keywords: dict[str, Argument] = {}

    def free(name: Words, place: str) -> str:
        plain = "_".join(name)
        return plain if plain not in taken and plain not in keywords else f"{place}_{plain}"

    flat, whole = _body(operation, models)
    for member in flat.fields if flat is not None else ():
        if member.read_only:
            continue
        name = free(member.name, "body")
        needed = operation.body is not None and operation.body.required and member.required
        keywords[name] = Argument(
            name,
            member.wire_name.raw,
            "body",
            member.type,
            needed,
            member.source.pointer,
            member.deprecated,
            _default(member.default) if member.has_default else None,
        )
    if whole is not None:
        keywords["body"] = whole
    for parameter in operation.parameters:
        if parameter.location is not ParameterLocation.PATH and not _implied(operation, parameter):
            name = free(parameter.name, parameter.location.value)
            keywords[name] = _argument(parameter, name)
    return Arguments(positional, keywords, whole is not None)


def _argument(parameter: Parameter, name: str) -> Argument:
    return Argument(
        name,
        parameter.wire_name.raw,
        parameter.location.value,
        parameter.type,
        parameter.required,
        parameter.source.pointer,
        parameter.deprecated,
        _default(parameter.default) if parameter.has_default else None,
    )


def _default(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _implied(operation: Operation, parameter: Parameter) -> bool:
    if parameter.location is not ParameterLocation.HEADER:
        return False
    name = parameter.wire_name.raw.lower()
    own = operation.idempotency_header
    return name in _IGNORED_HEADERS or (own is not None and name == own.raw.lower())


def _body(
    operation: Operation, models: Mapping[ModelId, Model]
) -> tuple[ObjectModel | None, Argument | None]:
    """Return the object whose properties are arguments, or the one argument that is the body."""
    body = operation.body
    if body is None or not body.contents:
        return None, None
    content = body.contents[0]
    model = models.get(content.type.model) if isinstance(content.type, Ref) else None
    if (
        content.kind in _FLAT_BODIES
        and isinstance(model, ObjectModel)
        and not all(member.read_only for member in model.fields)
    ):
        return model, None
    return None, Argument("body", "body", "body", content.type, body.required, body.source.pointer)


# --- which types there are -----------------------------------------------------------------------


def sides(api: Api) -> dict[ModelId, frozenset[Side]]:
    """Return the directions in which each named type is offered; none for bodies laid open."""
    sent: list[Type] = []
    laid_open: set[ModelId] = set()
    received: list[Type] = []
    for operation in api.operations.values():
        given = arguments(operation, api.models)
        sent.extend(item.type for item in (*given.positional, *given.keywords.values()))
        flat, _ = _body(operation, api.models)
        if flat is not None:
            laid_open.add(flat.id)
        received += [operation.result.type, operation.result.value_type]
        received += [
            content.type for response in operation.responses for content in response.contents
        ]
        if operation.stream is not None:
            received.append(operation.stream.event)
        if operation.websocket is not None:
            sent.append(operation.websocket.send)
            received.append(operation.websocket.receive)
        if operation.pagination is not None:
            received.append(operation.pagination.item_type)
    received += [payload for payload, _ in events(api).values()]
    requests = _closure(sent, Side.REQUEST, api.models)
    responses = _closure(received, Side.RESPONSE, api.models)
    unused = [Ref(id_) for id_ in api.models if id_ not in requests | responses | laid_open]
    responses |= _closure(unused, Side.RESPONSE, api.models)
    found = {}
    for id_ in api.models:
        used = {Side.REQUEST} if id_ in requests else set()
        found[id_] = frozenset(used | ({Side.RESPONSE} if id_ in responses else set()))
    return found


def _closure(roots: Iterable[Type], side: Side, models: Mapping[ModelId, Model]) -> set[ModelId]:
    found: set[ModelId] = set()
    work = [id_ for root in roots for id_ in references(root)]
    while work:
        id_ = work.pop()
        if id_ not in found and id_ in models:
            found.add(id_)
            work.extend(_members(models[id_], side))
    return found


def _members(model: Model, side: Side) -> Iterator[ModelId]:
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


def events(api: Api) -> dict[str, tuple[Type, str]]:
    """Return payload and pointer of every webhook by its tag, of every callback by its id."""
    found = {hook.tag.raw: (hook.payload, hook.source.pointer) for hook in api.webhooks}
    found.update((item.id, (item.payload, item.source.pointer)) for item in api.callbacks)
    return found


# --- types for a reader --------------------------------------------------------------------------


def shown(made: Type, models: Mapping[ModelId, Model]) -> str:
    """Write a type for a reader: ``list of pet or null``. Values of the document stand as JSON."""
    if isinstance(made, Nullable):
        return f"{shown(made.inner, models)} or null"
    if isinstance(made, Scalar):
        return made.kind.value
    if isinstance(made, LiteralType):
        return _listed([json.dumps(value, ensure_ascii=False) for value in made.values])
    if isinstance(made, ListOf):
        return f"list of {shown(made.item, models)}"
    if isinstance(made, MapOf):
        return f"map of {shown(made.value, models)}"
    if isinstance(made, Ref):
        return "_".join(models[made.model].name)
    if isinstance(made, Union):
        return _listed([shown(variant, models) for variant in made.variants])
    return "any JSON value" if isinstance(made, AnyType) else "file"


def limits(made: Type) -> Constraints | None:
    """Return the limits that documentation tells of a value."""
    if isinstance(made, Nullable):
        return limits(made.inner)
    return made.constraints if isinstance(made, Scalar | ListOf | MapOf) else None


def differ(old: Mapping[object, object], new: Mapping[object, object]) -> bool:
    """Whether anything that is in both is not the same."""
    return any(old[key] != new[key] for key in old.keys() & new.keys())


def _listed(parts: list[str]) -> str:
    more = len(parts) - _SHOWN_VARIANTS
    if more > 0:
        parts = [*parts[:_SHOWN_VARIANTS], f"{more} more"]
    return " or ".join(parts)

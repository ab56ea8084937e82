"""A method's arguments: which there are, what they are called, where their values go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specloom.emit.python.facts import facts
from specloom.emit.python.layout import Expression, either
from specloom.emit.python.names import OPTION_NAMES, Namespace, identifier
from specloom.emit.python.types import Annotator, Side
from specloom.ir.model import (
    BodyContent,
    BodyKind,
    Docs,
    Model,
    ModelId,
    ObjectModel,
    Operation,
    Parameter,
    ParameterLocation,
    Ref,
    Text,
    Type,
)

__all__ = ["Argument", "Arguments", "argument_annotation", "arguments", "body_object"]

_FLAT_BODIES = (BodyKind.JSON, BodyKind.FORM, BodyKind.MULTIPART)

_IGNORED_HEADERS = frozenset({"accept", "authorization", "content-type"})
"""Header parameters that OpenAPI 3.1 (section 4.8.12.1) says to ignore."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument.

    Attributes:
        name: The Python name.
        wire_name: The name that travels.
        type: Its type.
        required: Whether a caller must give it.
        docs: What the document says about it.
        deprecated: Whether the document discourages it.
        facts: Limits and default, as sentences; untrusted.
        kind: For a whole body whose media type decides its Python type, not its schema.
    """

    name: str
    wire_name: Text
    type: Type
    required: bool
    docs: Docs
    deprecated: bool = False
    facts: str = ""
    kind: BodyKind | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """A method's arguments by where they go, in the document's order.

    Attributes:
        path: Positional arguments, in the order of the path template.
        query, headers, cookies: Keyword arguments by location.
        body: Keyword arguments that are the properties of the body object.
        whole_body: The one argument ``body`` for a body that is no object.
        content: What the body is written as; None without one.
        named: Those of the path that are given by name, not by position.
    """

    path: tuple[Argument, ...]
    query: tuple[Argument, ...]
    headers: tuple[Argument, ...]
    cookies: tuple[Argument, ...]
    body: tuple[Argument, ...]
    whole_body: Argument | None
    content: BodyContent | None
    named: tuple[Argument, ...] = ()

    @property
    def positional(self) -> tuple[Argument, ...]:
        """Those of the path that are given by position."""
        return tuple(argument for argument in self.path if argument not in self.named)

    @property
    def keywords(self) -> tuple[Argument, ...]:
        """Every keyword argument, required ones first."""
        whole = () if self.whole_body is None else (self.whole_body,)
        found = (*self.named, *whole, *self.body, *self.query, *self.headers, *self.cookies)
        return (*(a for a in found if a.required), *(a for a in found if not a.required))


def body_object(operation: Operation, models: Mapping[ModelId, Model]) -> ObjectModel | None:
    """The object whose properties are the method's keyword arguments, if the body is one."""
    if operation.body is None or not operation.body.contents:
        return None
    content = operation.body.contents[0]
    if content.kind not in _FLAT_BODIES or not isinstance(content.type, Ref):
        return None
    model = models[content.type.model]
    if not isinstance(model, ObjectModel) or all(member.read_only for member in model.fields):
        return None
    return model


def arguments(
    operation: Operation, models: Mapping[ModelId, Model], bound: Iterable[str] = ()
) -> Arguments:
    """Lay out the arguments of an operation's method.

    Args:
        operation: The operation.
        models: Every named type.
        bound: Path parameters that the resource object knows already.
    """
    names = Namespace(OPTION_NAMES)
    given = frozenset(bound)
    by_place: dict[ParameterLocation, list[Argument]] = {place: [] for place in ParameterLocation}
    in_path = {
        parameter.wire_name.raw: parameter
        for parameter in operation.parameters
        if parameter.location is ParameterLocation.PATH
    }
    positional = operation.positional
    # where path parameters may be given by name, a property of the body keeps its name before them
    found = _body(operation, models, names) if positional is not None else None
    for part in operation.path:
        parameter = in_path.get(part.text.raw) if part.is_parameter else None
        if parameter is not None and parameter.wire_name.raw not in given:
            by_place[ParameterLocation.PATH].append(_argument(parameter, names))
    body, whole, content = found or _body(operation, models, names)
    for location in (ParameterLocation.QUERY, ParameterLocation.HEADER, ParameterLocation.COOKIE):
        for parameter in operation.parameters:
            if parameter.location is location and not _implied(operation, parameter):
                by_place[location].append(_argument(parameter, names))
    return Arguments(
        tuple(by_place[ParameterLocation.PATH]),
        tuple(by_place[ParameterLocation.QUERY]),
        tuple(by_place[ParameterLocation.HEADER]),
        tuple(by_place[ParameterLocation.COOKIE]),
        body,
        whole,
        content,
        ()
        if positional is None
        else tuple(
            argument
            for argument in by_place[ParameterLocation.PATH]
            if argument.wire_name.raw not in positional
        ),
    )


def _argument(parameter: Parameter, names: Namespace) -> Argument:
    place = parameter.location.value
    name = names.take(
        identifier(parameter.name, place, OPTION_NAMES),
        identifier((place, *parameter.name), place, OPTION_NAMES),
    )
    return Argument(
        name,
        parameter.wire_name,
        parameter.type,
        parameter.required,
        parameter.docs,
        parameter.deprecated,
        facts(parameter.type, has_default=parameter.has_default, default=parameter.default),
    )


def _implied(operation: Operation, parameter: Parameter) -> bool:
    """Whether a header is not an argument: the core sends it, or OpenAPI says to ignore it."""
    if parameter.location is not ParameterLocation.HEADER:
        return False
    name = parameter.wire_name.raw.lower()
    idempotency = operation.idempotency_header
    return name in _IGNORED_HEADERS or (idempotency is not None and name == idempotency.raw.lower())


def _body(
    operation: Operation, models: Mapping[ModelId, Model], names: Namespace
) -> tuple[tuple[Argument, ...], Argument | None, BodyContent | None]:
    if operation.body is None or not operation.body.contents:
        return (), None, None
    content = operation.body.contents[0]
    flat = body_object(operation, models)
    if flat is not None:
        return _properties(flat, operation.body.required, names), None, content
    name = names.take(identifier(operation.body_name or ("body",), "body", OPTION_NAMES))
    docs, required = operation.body.docs, operation.body.required
    kind = None if content.kind in _FLAT_BODIES else content.kind
    argument = Argument(name, Text(name), content.type, required, docs, kind=kind)
    return (), argument, content


def _properties(model: ObjectModel, required: bool, names: Namespace) -> tuple[Argument, ...]:
    return tuple(
        Argument(
            names.take(
                identifier(member.name, "field", OPTION_NAMES),
                identifier(("body", *member.name), "body", OPTION_NAMES),
            ),
            member.wire_name,
            member.type,
            required and member.required,
            member.docs,
            member.deprecated,
            facts(member.type, has_default=member.has_default, default=member.default),
        )
        for member in model.fields
        if not member.read_only
    )


def argument_annotation(argument: Argument, notes: Annotator, *also: str) -> Expression:
    """The annotation of an argument; ``also`` are further members, such as ``"Omit"``."""
    if argument.kind is None:
        return notes.annotation(argument.type, Side.REQUEST, *also)
    if argument.kind is BodyKind.TEXT:
        return either([notes.scope.builtin("str"), *also])
    return either([notes.scope.core("_core.files", "FileInput"), *also])

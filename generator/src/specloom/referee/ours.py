"""Specloom's reading: the intermediate representation in the words of :mod:`.reading`."""

from __future__ import annotations

from specloom.ir import model as ir

from .reading import (
    ANY,
    BINARY,
    NULL,
    Atom,
    FieldReading,
    Items,
    Named,
    ObjectReading,
    OperationKey,
    OperationReading,
    ParameterKey,
    ParameterReading,
    Reading,
    ResponseReading,
    Shape,
    choice,
    describe,
    values,
)

__all__ = ["read_ours"]

_KINDS = {
    ir.ScalarKind.INTEGER: Atom("integer"),
    ir.ScalarKind.NUMBER: Atom("number"),
    ir.ScalarKind.BOOLEAN: Atom("boolean"),
    ir.ScalarKind.DATE_TIME: Atom("date-time"),
    ir.ScalarKind.DATE: Atom("date"),
    ir.ScalarKind.UUID: Atom("uuid"),
    ir.ScalarKind.NULL: NULL,
}
_STRING = Atom("string")  # also time, duration and byte, which the other reader does not know

_PLAIN_STYLES = {
    ir.ParameterLocation.PATH: (ir.Style.SIMPLE, False),
    ir.ParameterLocation.HEADER: (ir.Style.SIMPLE, False),
    ir.ParameterLocation.QUERY: (ir.Style.FORM, True),
    ir.ParameterLocation.COOKIE: (ir.Style.FORM, True),
}
"""What a reader that ignores styles does in each place."""


def read_ours(api: ir.Api) -> Reading:
    """Put an API into the referee's words.

    Args:
        api: The API as :func:`specloom.ir.build.build` made it.
    """
    named: dict[str, ObjectReading | Shape] = {}
    for key, model in api.models.items():
        if isinstance(model, ir.ObjectModel):
            named[key] = ObjectReading(
                fields={
                    field.wire_name.raw: FieldReading(
                        _shape(field.type, api, named), field.required, field.source.pointer
                    )
                    for field in model.fields
                },
                additional=None
                if model.additional is None
                else _shape(model.additional, api, named),
                pointer=model.source.pointer,
            )
        elif isinstance(model, ir.EnumModel):
            named[key] = values(value.value for value in model.values)
        else:
            named[key] = _shape(model.type, api, named)
    operations: dict[OperationKey, OperationReading] = {}
    for operation in api.operations.values():
        path = "".join(
            f"{{{part.text.raw}}}" if part.is_parameter else part.text.raw
            for part in operation.path
        )
        operations[operation.http_method.upper(), path] = _operation(operation, api, named)
    return Reading(operations, named)


def _operation(
    operation: ir.Operation, api: ir.Api, named: dict[str, ObjectReading | Shape]
) -> OperationReading:
    parameters: dict[ParameterKey, ParameterReading] = {
        (parameter.location.value, parameter.wire_name.raw): ParameterReading(
            _shape(parameter.type, api, named),
            parameter.required,
            parameter.source.pointer,
            _style(parameter, api),
        )
        for parameter in operation.parameters
    }
    body = operation.body
    return OperationReading(
        parameters=parameters,
        bodies={
            content.media_type.raw: _shape(content.type, api, named)
            for content in (body.contents if body else ())
        },
        body_required=bool(body and body.required),
        responses={
            response.status: ResponseReading(
                {
                    content.media_type.raw: _shape(content.type, api, named)
                    for content in response.contents
                },
                response.source.pointer,
            )
            for response in operation.responses
        },
        pointer=operation.source.pointer,
        body_pointer=body.source.pointer if body else operation.source.pointer,
    )


def _style(parameter: ir.Parameter, api: ir.Api) -> str:
    """The parameter's style where leaving it out would change what is sent, else nothing."""
    plain = _PLAIN_STYLES[parameter.location]
    if parameter.style is not ir.Style.JSON:
        if not _has_parts(parameter.type, api, set()):
            plain = (plain[0], parameter.explode)  # explode means nothing for a single value
        if parameter.location is ir.ParameterLocation.HEADER:
            return ""  # simple is the only style of a header
    if (parameter.style, parameter.explode) == plain:
        return ""
    return f"{parameter.style.value}, explode {'true' if parameter.explode else 'false'}"


def _has_parts(kind: ir.Type, api: ir.Api, seen: set[str]) -> bool:
    if isinstance(kind, ir.ListOf | ir.MapOf):
        return True
    if isinstance(kind, ir.Nullable):
        return _has_parts(kind.inner, api, seen)
    if isinstance(kind, ir.Union):
        return any(_has_parts(variant, api, seen) for variant in kind.variants)
    if isinstance(kind, ir.Ref) and kind.model not in seen:
        seen.add(kind.model)
        model = api.models[kind.model]
        if isinstance(model, ir.NamedType):
            return _has_parts(model.type, api, seen)
        return isinstance(model, ir.ObjectModel)
    return False


def _shape(kind: ir.Type, api: ir.Api, named: dict[str, ObjectReading | Shape]) -> Shape:
    shape: Shape
    if isinstance(kind, ir.Scalar):
        shape = _KINDS.get(kind.kind, _STRING)
    elif isinstance(kind, ir.LiteralType):
        shape = values(kind.values)
    elif isinstance(kind, ir.ListOf):
        shape = Items(_shape(kind.item, api, named))
    elif isinstance(kind, ir.MapOf):
        # The other reader has no maps: it makes an object without properties of each.
        value = _shape(kind.value, api, named)
        key = f"map of {value}"
        named[key] = ObjectReading({}, value)
        shape = Named(key, f"map of {describe(value)}")
    elif isinstance(kind, ir.Ref):
        shape = Named(
            kind.model, "".join(word.capitalize() for word in api.models[kind.model].name)
        )
    elif isinstance(kind, ir.Union):
        shape = choice(_shape(variant, api, named) for variant in kind.variants)
    elif isinstance(kind, ir.Nullable):
        shape = choice((_shape(kind.inner, api, named), NULL))
    elif isinstance(kind, ir.Binary):
        shape = BINARY
    else:
        shape = ANY
    return shape

"""The ``Endpoint(...)`` constant of an operation: what the core must know to send it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin

from specloom.emit.python.encode import path_template, string
from specloom.emit.python.layout import Expression, Item, call, flat, sequence
from specloom.emit.python.plan import OperationTypes, field_names
from specloom.emit.python.scope import Scope
from specloom.emit.python.types import Side, TypeName
from specloom.ir.model import (
    AnyType,
    Api,
    BodyContent,
    BodyKind,
    ModelId,
    Nullable,
    ObjectModel,
    Operation,
    Pagination,
    Parameter,
    ParameterLocation,
    Ref,
    ResultKind,
    SecurityKind,
    Server,
    Style,
    Text,
    Type,
)

__all__ = ["base_url", "endpoint", "security", "target"]

_ENDPOINT = "_core.endpoint"
_DEFAULT_STYLES = {
    ParameterLocation.PATH: (Style.SIMPLE, False),
    ParameterLocation.QUERY: (Style.FORM, True),
    ParameterLocation.HEADER: (Style.SIMPLE, False),
    ParameterLocation.COOKIE: (Style.FORM, True),
}
_LOCATIONS = (
    ("path_params", ParameterLocation.PATH),
    ("query", ParameterLocation.QUERY),
    ("headers", ParameterLocation.HEADER),
    ("cookies", ParameterLocation.COOKIE),
)
_BODY_KINDS = {
    BodyKind.JSON: ("json", "application/json"),
    BodyKind.FORM: ("form", "application/x-www-form-urlencoded"),
    BodyKind.MULTIPART: ("multipart", "multipart/form-data"),
    BodyKind.BINARY: ("binary", "application/octet-stream"),
    BodyKind.TEXT: ("text", "text/plain"),
    BodyKind.EVENTS: ("binary", "application/octet-stream"),
    BodyKind.LINES: ("binary", "application/octet-stream"),
}


def base_url(servers: Iterable[Server], relative_to: str = "") -> str:
    """The first server's URL with the defaults of its variables; empty without a server."""
    for server in servers:
        url = server.url.raw
        for variable in server.variables:
            url = url.replace("{" + variable.name + "}", variable.default.raw)
        if relative_to and not url.startswith(("http://", "https://")):
            url = urljoin(relative_to, url)
        return url.rstrip("/")
    return ""


def security(operation: Operation, api: Api) -> Expression:
    """The alternatives of an operation's security, each a tuple of scheme ids.

    Schemes that the client has no option for (mutual TLS, for one) are left to the caller.
    """
    other = {scheme.id for scheme in api.security_schemes if scheme.kind is SecurityKind.OTHER}
    alternatives = [
        sequence([string(scheme) for scheme, _ in requirement.schemes if scheme not in other])
        for requirement in operation.security
    ]
    return sequence(list({flat(item): item for item in alternatives}.values()))


def target(
    type_: Type, named: TypeName | None, names: dict[tuple[Side, ModelId], TypeName]
) -> str | None:
    """``"module:Name"`` of a response type; None for any JSON value."""
    if named is not None:
        return string(named.target)
    if isinstance(type_, Ref):
        return string(names[Side.RESPONSE, type_.model].target)
    return None


def endpoint(
    operation: Operation,
    types: OperationTypes,
    names: dict[tuple[Side, ModelId], TypeName],
    api: Api,
    scope: Scope,
    *,
    security_name: str | None,
    nested_aliases: TypeName | None,
    parameter_aliases: TypeName | None,
) -> Expression:
    """The constant of one operation.

    Args:
        operation: The operation.
        types: The types that it brings.
        names: Where the named types stand.
        api: The whole API.
        scope: Collects imports.
        security_name: Name of the module's constant with this operation's security, if any.
        nested_aliases: The type that tells the wire names of nested keys of the body, if any.
        parameter_aliases: The same for objects in parameters.
    """
    items: list[Expression | Item] = [
        string(operation.id),
        string(operation.http_method.upper()),
        path_template(operation.path),
    ]
    for name, location in _LOCATIONS:
        special = [
            _parameter(parameter, scope)
            for parameter in operation.parameters
            if parameter.location is location and _is_special(parameter)
        ]
        if special:
            items.append(Item(sequence(special), f"{name}="))
    if operation.security:
        items.append(Item(security_name or security(operation, api), "security="))
    if operation.rate_limit is not None:
        items.append(Item(string(operation.rate_limit.policy), "rate_limit="))
    if not operation.metered:
        items.append(Item("False", "metered="))
    if operation.body is not None and operation.body.contents:
        alias = None if nested_aliases is None else nested_aliases.target
        required = operation.body.required
        items.append(Item(_body(operation.body.contents[0], alias, required, scope), "body="))
    result = _result(operation, types, names, scope)
    if result is not None:
        items.append(Item(result, "result="))
    if operation.pagination is not None:
        paging = _paging(operation, operation.pagination, api, scope, types.page)
        items.append(Item(paging, "paging="))
    if operation.stream is not None:
        items.append(Item(_events(operation, types, names, scope), "events="))
    if operation.idempotency_header is not None:
        items.append(Item(string(operation.idempotency_header), "idempotency="))
    if operation.servers:
        url = base_url(operation.servers, base_url(api.servers) + "/")
        items.append(Item(string(url), "base_url="))
    if parameter_aliases is not None:
        items.append(Item(string(parameter_aliases.target), "param_aliases="))
    return call(scope.core(_ENDPOINT, "Endpoint"), items)


def _is_special(parameter: Parameter) -> bool:
    default = _DEFAULT_STYLES[parameter.location]
    return (parameter.style, parameter.explode) != default or parameter.allow_reserved


def _parameter(parameter: Parameter, scope: Scope) -> Expression:
    style, explode = _DEFAULT_STYLES[parameter.location]
    items: list[Expression | Item] = [string(parameter.wire_name)]
    if parameter.style is not style:
        items.append(Item(string(parameter.style.value), "style="))
    if parameter.style is not Style.JSON and (
        parameter.explode != explode or parameter.style is not style
    ):
        items.append(Item(repr(parameter.explode), "explode="))
    if parameter.allow_reserved:
        items.append(Item("True", "allow_reserved="))
    return call(scope.core(_ENDPOINT, "Param"), items)


def _body(content: BodyContent, alias: str | None, required: bool, scope: Scope) -> Expression:
    kind, usual = _BODY_KINDS[content.kind]
    items: list[Expression | Item] = [string(kind)]
    if content.media_type.raw.lower() != usual and "*" not in content.media_type.raw:
        items.append(Item(string(content.media_type), "media_type="))
    if alias is not None:
        items.append(Item(string(alias), "nested_aliases="))
    if content.encodings:
        fields: list[Expression | Item] = []
        for encoding in content.encodings:
            field: list[Expression | Item] = [string(encoding.wire_name)]
            if encoding.content_type is not None:
                field.append(Item(string(encoding.content_type), "media_type="))
            if (encoding.style, encoding.explode) != (Style.FORM, True):
                field.append(Item(string(encoding.style.value), "style="))
                field.append(Item(repr(encoding.explode), "explode="))
            fields.append(call(scope.core(_ENDPOINT, "Field"), field))
        items.append(Item(sequence(fields), "encodings="))
    if not required:
        items.append(Item("False", "required="))
    return call(scope.core(_ENDPOINT, "Body"), items)


def _result(
    operation: Operation,
    types: OperationTypes,
    names: dict[tuple[Side, ModelId], TypeName],
    scope: Scope,
) -> Expression | None:
    result = operation.result
    if result.kind is ResultKind.NONE:
        return None  # the core's default
    if result.kind is ResultKind.TEXT:
        return call(scope.core(_ENDPOINT, "Text"), [])
    if result.kind is ResultKind.BINARY:
        media = result.media_type
        items: list[Expression | Item] = []
        if media is not None and media.raw != "*/*":
            items.append(string(media))
        return call(scope.core(_ENDPOINT, "Binary"), items)
    if result.kind is not ResultKind.JSON:
        return None  # the stream says what comes
    where = target(result.type, types.result, names)
    items = [] if where is None else [where]
    if result.unwrap is not None:
        items.append(Item(string(result.unwrap), "unwrap="))
    return call(scope.core(_ENDPOINT, "Json"), items)


def _events(
    operation: Operation,
    types: OperationTypes,
    names: dict[tuple[Side, ModelId], TypeName],
    scope: Scope,
) -> Expression:
    stream = operation.stream
    assert stream is not None
    where = None if isinstance(stream.event, AnyType) else target(stream.event, types.event, names)
    items: list[Expression | Item] = [where or scope.standard("typing", "Any")]
    if stream.done is not None:
        items.append(Item(string(stream.done), "done="))
    if stream.param is not None:
        items.append(Item(string(stream.param), "param="))
    return call(scope.core(_ENDPOINT, "Events"), items)


def _paging(
    operation: Operation, pagination: Pagination, api: Api, scope: Scope, page: str | None
) -> Expression:
    sized = "limit" if pagination.offset_param is not None else "size"

    def sent(name: Text | None) -> Text | str | None:
        in_body = name is not None and pagination.in_body
        return _in_python(operation, name.raw, api) if in_body and name is not None else name

    values: list[tuple[str, Text | str | None]] = [
        ("items", pagination.items),
        ("page", sent(pagination.page_param)),
        (sized, sent(pagination.size_param)),
        ("offset", sent(pagination.offset_param)),
        ("cursor", sent(pagination.cursor_param)),
        ("total", pagination.total),
        ("total_pages", pagination.total_pages),
        ("next_cursor", pagination.next_cursor or pagination.item_cursor),
        ("has_more", pagination.has_more),
        ("next_url", pagination.next_url),
        ("header", pagination.header),
    ]
    items: list[Expression | Item] = [string(pagination.style.value)]
    items.extend(Item(string(value), f"{name}=") for name, value in values if value is not None)
    if pagination.first_page != 1:
        items.append(Item(repr(pagination.first_page), "first="))
    if page is not None:
        items.append(Item(string(page), "classes="))
    if pagination.in_body:
        items.append(Item("True", "in_body="))
    return call(scope.core(_ENDPOINT, "Paging"), items)


def _in_python(operation: Operation, pointer: str, api: Api) -> str:
    """Return a pointer into the request body as the core sees it: keys below the first are Python's."""
    body = operation.body
    made: Type = AnyType() if body is None else body.contents[0].type
    tokens = []
    for token in pointer.split("/")[1:]:
        while isinstance(made, Nullable):
            made = made.inner
        model = api.models.get(made.model) if isinstance(made, Ref) else None
        if not isinstance(model, ObjectModel):
            tokens.append(token)
            continue
        wire = token.replace("~1", "/").replace("~0", "~")
        tokens.append(field_names(model, Side.REQUEST).get(wire, token) if tokens else token)
        made = next((item.type for item in model.fields if item.wire_name.raw == wire), AnyType())
    return "".join(f"/{token}" for token in tokens)

"""The document that openapi-python-client is given: the API written anew, with nothing to lose.

It reads one media type of a response, JSON and form bodies, ``schema`` parameters, and ignores
styles. So bodies and responses are reduced to the one that an SDK uses, ``content`` parameters get
a schema, and what a parameter's style is stands beside the document (:class:`WireFacts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from specloom.ir import model as ir

from .names import OPERATION_NAMES, Names, joined
from .schemas import Identify, Note, Schema, SchemaWriter

__all__ = ["OperationFacts", "WireFacts", "write_document"]

_JSON: Final = "application/json"
_BYTES: Final = "application/octet-stream"
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_TEXT: Final = "text/x-any"  # any text type: it is read, never printed

_BODIES: Final = {
    ir.BodyKind.JSON: _JSON,
    ir.BodyKind.FORM: _FORM,
    ir.BodyKind.MULTIPART: _MULTIPART,
}
"""Kinds of body that it has a form for; every other is a file's bytes."""


@dataclass(slots=True)
class OperationFacts:
    """What an operation needs beyond the document.

    Attributes:
        wire_names: Wire name of each parameter by location and handed-out name.
        styles: Style of each query parameter that is not sent in the plain way, by handed-out name.
    """

    wire_names: dict[tuple[str, str], str] = field(default_factory=dict)
    styles: dict[str, tuple[ir.Style, bool]] = field(default_factory=dict)


@dataclass(slots=True)
class WireFacts:
    """What the document does not say because openapi-python-client could not read it.

    Attributes:
        operations: By operationId as written into the document.
        fields: Wire names of each component's properties.
        modules: Module name of each component whose own does not serve.
        media_types: The media type of which it knows, for those that it does not know.
    """

    operations: dict[str, OperationFacts] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    media_types: dict[str, str] = field(default_factory=dict)


def write_document(
    api: ir.Api, identify: Identify, identifier: Callable[[str], str], note: Note
) -> tuple[dict[str, Any], WireFacts]:
    """Write an API as an OpenAPI 3.1 document for openapi-python-client.

    Args:
        api: The API.
        identify: Its module name for a component's name.
        identifier: Its identifier for an operationId.
        note: Told of each loss.

    Returns:
        The document, and what it does not say.
    """
    schemas = SchemaWriter(api, identify, note)
    facts = WireFacts()
    ids = Names(form=identifier)
    paths: dict[str, dict[str, Any]] = {}
    for operation in api.operations.values():
        wanted = joined(_words(operation.id), "operation")
        name = identifier(ids.take(wanted, f"{wanted}_{operation.http_method.lower()}"))
        own = facts.operations[name] = OperationFacts()
        path, parameters = _parameters(operation, name, schemas, own, note)
        written: dict[str, Any] = {
            "operationId": name,
            "tags": [operation.tags[0].raw if operation.tags else "default"],
            "description": _description(operation),
            "parameters": parameters,
            "responses": _responses(operation, schemas, note),
        }
        if operation.docs.summary:
            written["summary"] = operation.docs.summary.raw
        if operation.security and all(needed.schemes for needed in operation.security):
            written["security"] = [{"credentials": []}]
        if operation.body and operation.body.contents:
            written["requestBody"] = _body(operation.body, schemas, facts, note)
        paths.setdefault(path, {})[operation.http_method.lower()] = written
    facts.fields, facts.modules = schemas.wire_names, schemas.modules
    info = {"title": api.title.raw, "version": api.version.raw}
    if api.docs.description:
        info["description"] = api.docs.description.raw
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": paths,
        "components": {"schemas": schemas.components},
    }, facts


def _words(text: str) -> list[str]:
    return "".join(c if c.isascii() and (c.isalnum() or c == "_") else " " for c in text).split()


def _description(operation: ir.Operation) -> str:
    path = "".join(f"{{{p.text.raw}}}" if p.is_parameter else p.text.raw for p in operation.path)
    line = f"{operation.http_method.upper()} {path}"
    text = operation.docs.description
    return f"{line}\n\n{text.raw}" if text else line


def _parameters(
    operation: ir.Operation, id_: str, schemas: SchemaWriter, facts: OperationFacts, note: Note
) -> tuple[str, list[dict[str, Any]]]:
    names = Names(OPERATION_NAMES)
    written: list[dict[str, Any]] = []
    in_path: dict[str, str] = {}
    for parameter in operation.parameters:
        location = parameter.location.value
        plain = joined(parameter.name, "parameter")
        name = names.take(plain, f"{plain}_{location}")
        facts.wire_names[location, name] = parameter.wire_name.raw
        pointer = parameter.source.pointer
        if parameter.location is ir.ParameterLocation.QUERY:
            schema = schemas.schema(parameter.type, pointer, (plain, f"{id_}_{plain}"))
            facts.styles[name] = (parameter.style, parameter.explode)
        else:
            schema = schemas.single(parameter.type, pointer)
        if parameter.location is ir.ParameterLocation.PATH:
            in_path[parameter.wire_name.raw] = name
            if parameter.style is not ir.Style.SIMPLE:
                note(pointer, "a path parameter is written in the simple style")
        written.append(
            {
                "name": name,
                "in": location,
                "required": parameter.required or location == "path",
                "schema": _told(schema, parameter),
            }
        )
    parts: list[str] = []
    for part in operation.path:
        if not part.is_parameter:
            parts.append(part.text.raw)
            continue
        if part.text.raw not in in_path:  # a template without its parameter is text
            plain = joined(_words(part.text.raw.lower()), "parameter")
            name = names.take(plain, f"{plain}_path")
            in_path[part.text.raw] = name
            facts.wire_names["path", name] = part.text.raw
            written.append(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            )
        parts.append(f"{{{in_path[part.text.raw]}}}")
    return "".join(parts), written


def _told(schema: Schema, parameter: ir.Parameter) -> Schema:
    parts = [parameter.docs.description.raw] if parameter.docs.description else []
    if parameter.has_default:
        parts.append(f"The server's default is {parameter.default!r}.")
    if not parts or "$ref" in schema:
        return schema
    return {**schema, "description": " ".join(parts)}


def _body(
    body: ir.RequestBody, schemas: SchemaWriter, facts: WireFacts, note: Note
) -> dict[str, Any]:
    content = body.contents[0]
    for other in body.contents[1:]:
        note(body.source.pointer, f"the body is sent as {content.media_type.raw} only")
        if other.kind is ir.BodyKind.JSON and content.kind is not ir.BodyKind.JSON:
            note(body.source.pointer, "JSON is declared, but not first")
    media_type = content.media_type.raw
    known = _BODIES.get(content.kind, _BYTES)
    if content.kind is ir.BodyKind.JSON:
        schema = schemas.schema(content.type, body.source.pointer)
    elif content.kind in (ir.BodyKind.FORM, ir.BodyKind.MULTIPART):
        schema = schemas.body_object(content.type, body.source.pointer)
        media_type = known
    else:
        schema = {"type": "string", "format": "binary"}
    if media_type != known:
        facts.media_types[media_type] = known
    return {"required": body.required, "content": {media_type: {"schema": schema}}}


def _responses(operation: ir.Operation, schemas: SchemaWriter, note: Note) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for response in operation.responses:
        described = response.docs.description
        entry: dict[str, Any] = {"description": described.raw if described else ""}
        written[response.status] = entry
        if not response.contents:
            continue
        content = next(
            (c for c in response.contents if c.kind is ir.BodyKind.JSON), response.contents[0]
        )
        pointer = response.source.pointer
        for other in response.contents:
            if other is not content:
                note(pointer, f"{other.media_type.raw} is not read, {content.media_type.raw} is")
        if content.kind is ir.BodyKind.JSON:
            schema = schemas.schema(content.type, pointer)
            entry["content"] = {_JSON: {"schema": schema}}
        elif content.kind is ir.BodyKind.BINARY:
            entry["content"] = {_BYTES: {"schema": {"type": "string", "format": "binary"}}}
        else:
            entry["content"] = {_TEXT: {"schema": {"type": "string"}}}
    return written

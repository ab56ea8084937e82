"""openapi-python-client's reading of the same bytes, in the words of :mod:`.reading`.

Its parser is used as a library. It prints nothing and writes nothing; what it could not read stands
in its error lists and becomes :attr:`Reading.complaints`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from specloom.opc import complaint, parser_config

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
    values,
)

if TYPE_CHECKING:
    from openapi_python_client.config import Config
    from openapi_python_client.parser.openapi import Endpoint, GeneratorData
    from openapi_python_client.parser.properties import ModelProperty
    from openapi_python_client.parser.responses import Response

__all__ = ["RefereeError", "read_theirs"]

_ATOMS: Final = {
    "AnyProperty": ANY,
    "BooleanProperty": Atom("boolean"),
    "DateProperty": Atom("date"),
    "DateTimeProperty": Atom("date-time"),
    "FileProperty": BINARY,
    "FloatProperty": Atom("number"),
    "IntProperty": Atom("integer"),
    "NoneProperty": NULL,
    "StringProperty": Atom("string"),
    "UuidProperty": Atom("uuid"),
}


class RefereeError(Exception):
    """The other reader could read nothing at all of the document."""


def read_theirs(document: Path) -> Reading:
    """Read a document with openapi-python-client.

    Args:
        document: OpenAPI 3.0 or 3.1, YAML or JSON.

    Raises:
        RefereeError: The document as a whole is not for it.
        UnavailableError: It is not installed.
    """
    # Literal enumerations: its enum classes reject values that differ in case only.
    config = parser_config(document, literal_enums=True)
    from openapi_python_client import _get_document
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    content = _get_document(source=document, timeout=config.http_timeout)
    if isinstance(content, GeneratorError):
        raise RefereeError(complaint(content))
    try:
        data = GeneratorData.from_dict(content, config=config)
    except Exception as error:  # it has no base class for what it fails with
        raise RefereeError(
            f"openapi-python-client failed with {type(error).__name__}: {error}"
        ) from error
    if isinstance(data, GeneratorError):
        raise RefereeError(complaint(data))
    return _reading(data, config)


def _reading(data: GeneratorData, config: Config) -> Reading:
    named: dict[str, ObjectReading | Shape] = {
        str(model.class_info.name): _object(model) for model in data.models
    }
    operations: dict[OperationKey, OperationReading] = {}
    complaints = [complaint(error) for error in data.errors]
    for collection in data.endpoint_collections_by_tag.values():
        complaints += [complaint(error) for error in collection.parse_errors]
        for endpoint in collection.endpoints:
            operations[_key(endpoint)] = _operation(endpoint, config)
    return Reading(operations, named, tuple(dict.fromkeys(complaints)))


def _key(endpoint: Endpoint) -> OperationKey:
    path = endpoint.path.get_untrusted_value()
    for parameter in endpoint.path_parameters:  # it writes its own identifiers into the template
        path = path.replace(
            f"{{{parameter.python_name}}}", f"{{{parameter.name.get_untrusted_value()}}}"
        )
    return endpoint.method.upper(), path


def _operation(endpoint: Endpoint, config: Config) -> OperationReading:
    parameters: dict[ParameterKey, ParameterReading] = {
        (location.value, parameter.name.get_untrusted_value()): ParameterReading(
            _shape(parameter), parameter.required
        )
        for location, parameter in endpoint.iter_all_parameters()
    }
    return OperationReading(
        parameters=parameters,
        bodies={
            body.content_type.get_untrusted_value(): _shape(body.prop) for body in endpoint.bodies
        },
        body_required=any(body.prop.required for body in endpoint.bodies),
        responses={
            response.status_code.pattern: ResponseReading(_contents(response, config))
            for response in endpoint.responses
        },
    )


def _contents(response: Response, config: Config) -> dict[str, Shape]:
    """The one media type that it reads: the first that it knows."""
    from openapi_python_client.parser.responses import _source_by_content_type

    content = getattr(response.data, "content", None) or {}
    for media_type in content:
        name = media_type.get_untrusted_value()
        if _source_by_content_type(name, config) is not None:
            return {name: _shape(response.prop)}
    return {}


def _object(model: ModelProperty) -> ObjectReading:
    properties = [*(model.required_properties or ()), *(model.optional_properties or ())]
    additional = model.additional_properties
    return ObjectReading(
        fields={
            prop.name.get_untrusted_value(): FieldReading(_shape(prop), prop.required)
            for prop in properties
        },
        additional=None if additional is None else _shape(additional),
    )


def _shape(prop: Any) -> Shape:
    kind = type(prop).__name__
    if kind == "ListProperty":
        return Items(_shape(prop.inner_property))
    if kind == "ModelProperty":
        return Named(str(prop.class_info.name), str(prop.class_info.name))
    if kind == "UnionProperty":
        return choice(_shape(inner) for inner in prop.inner_properties)
    if kind == "LiteralEnumProperty":
        return values(prop.values)
    if kind == "ConstProperty":
        return values([prop.value.raw_value])
    return _ATOMS[kind]

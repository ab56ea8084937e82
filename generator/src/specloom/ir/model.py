"""The intermediate representation: what an API is, in no programming language's words.

Everything here is frozen. Names are tuples of lower-case words (``("user", "create")``), never
identifiers. Text that came from a document is :class:`Text`, which refuses to become a ``str`` by
itself: an emitter must pick the encoder of the context (identifier, string, docstring, path) that
it prints the text into, so document text can never reach a generated file as code.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = [
    "AnyType",
    "Api",
    "Binary",
    "BodyContent",
    "BodyKind",
    "Constraints",
    "Docs",
    "Encoding",
    "EnumModel",
    "EnumValue",
    "ErrorShape",
    "Field",
    "Header",
    "Json",
    "ListOf",
    "LiteralType",
    "MapOf",
    "Model",
    "ModelId",
    "NamedType",
    "Nullable",
    "ObjectModel",
    "Operation",
    "OperationDirection",
    "Pagination",
    "PaginationStyle",
    "Parameter",
    "ParameterLocation",
    "PathPart",
    "RateLimit",
    "Ref",
    "RequestBody",
    "Resource",
    "Response",
    "ResponseContent",
    "Result",
    "ResultKind",
    "Scalar",
    "ScalarKind",
    "SecurityKind",
    "SecurityRequirement",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Source",
    "StreamShape",
    "Style",
    "Text",
    "Type",
    "Union",
    "WebSocket",
    "Webhook",
    "Words",
]

Json: TypeAlias = Any
"""A JSON value: ``None | bool | int | float | str | list[Json] | dict[str, Json]``."""

Words: TypeAlias = tuple[str, ...]
"""A name as lower-case words, each matching ``[a-z0-9]+`` (see ``ir/names.py``)."""

ModelId: TypeAlias = str
"""The key of a named type in :attr:`Api.models`: unique and stable, never shown to a user."""


@dataclass(frozen=True, slots=True)
class Text:
    """Untrusted text from a document. ``raw`` is for encoders only; ``str()`` is refused."""

    raw: str

    def __str__(self) -> str:
        raise TypeError("document text must pass through an encoder before it is printed")

    def __bool__(self) -> bool:
        return bool(self.raw)


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the document a thing stands: a JSON pointer (RFC 6901) into the root document."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Docs:
    """What a document says about a thing to its reader."""

    summary: Text | None = None
    description: Text | None = None
    external_url: Text | None = None


# --- types ---------------------------------------------------------------------------------------


class ScalarKind(enum.Enum):
    """The kinds of value that JSON writes as one token."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE_TIME = "date-time"  # RFC 3339
    DATE = "date"
    TIME = "time"
    DURATION = "duration"  # ISO 8601
    UUID = "uuid"
    BYTES = "bytes"  # base64 text inside JSON (format: byte)
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Constraints:
    """JSON Schema assertions kept beside a type; None means that the document sets none."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: Text | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    min_properties: int | None = None
    max_properties: int | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One JSON token. ``format`` is the document's own word when it says more than ``kind``."""

    kind: ScalarKind
    format: Text | None = None
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class LiteralType:
    """One of a few fixed values, written where they are used (``const``, a one-value enum)."""

    values: tuple[str | int | float | bool | None, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array whose items are all of one type."""

    item: Type
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with arbitrary keys and values of one type (``additionalProperties``)."""

    value: Type
    constraints: Constraints | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A named type: ``Api.models[model]``."""

    model: ModelId


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types. ``mapping`` is discriminator value -> model; empty without one."""

    variants: tuple[Type, ...]
    discriminator: Text | None = None
    mapping: tuple[tuple[str, ModelId], ...] = ()


@dataclass(frozen=True, slots=True)
class Nullable:
    """``inner`` or null. Never nested, never around :class:`AnyType`."""

    inner: Type


@dataclass(frozen=True, slots=True)
class AnyType:
    """Any JSON value (an empty schema, or one that could not be read: see the ledger)."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Raw bytes outside JSON (``format: binary``): an upload or a download."""


Type: TypeAlias = Scalar | LiteralType | ListOf | MapOf | Ref | Union | Nullable | AnyType | Binary


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object. ``required`` is about presence, :class:`Nullable` about null."""

    wire_name: Text
    name: Words
    type: Type
    required: bool
    source: Source
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    has_default: bool = False
    default: Json = None
    docs: Docs = Docs()
    example: Json = None


@dataclass(frozen=True, slots=True)
class ObjectModel:
    """A named object.

    Attributes:
        additional: Type of unknown properties; None where the document forbids them
            (``additionalProperties: false``); AnyType where it says nothing.
        is_request, is_response: Where the model is reachable from (both may be true).
        examples: Whole example values found for the model.
    """

    id: ModelId
    name: Words
    fields: tuple[Field, ...]
    source: Source
    additional: Type | None = AnyType()
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enumeration, with the words of a constant's name."""

    value: str | int | float | bool | None
    name: Words
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class EnumModel:
    """A named enumeration. Open: a server may send values that the document does not know."""

    id: ModelId
    name: Words
    kind: ScalarKind
    values: tuple[EnumValue, ...]
    source: Source
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False


@dataclass(frozen=True, slots=True)
class NamedType:
    """A component that is neither object nor enumeration: a named union, list, map or scalar."""

    id: ModelId
    name: Words
    type: Type
    source: Source
    docs: Docs = Docs()
    deprecated: bool = False
    is_request: bool = False
    is_response: bool = False
    examples: tuple[Json, ...] = ()


Model: TypeAlias = ObjectModel | EnumModel | NamedType


# --- parameters, bodies, responses ---------------------------------------------------------------


class ParameterLocation(enum.Enum):
    """Where a parameter travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


class Style(enum.Enum):
    """OpenAPI's serialisation styles; JSON is a ``content``-style parameter."""

    FORM = "form"
    SIMPLE = "simple"
    LABEL = "label"
    MATRIX = "matrix"
    SPACE = "spaceDelimited"
    PIPE = "pipeDelimited"
    DEEP_OBJECT = "deepObject"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation (defaults of style and explode already applied)."""

    wire_name: Text
    name: Words
    location: ParameterLocation
    type: Type
    required: bool
    style: Style
    explode: bool
    source: Source
    allow_reserved: bool = False
    deprecated: bool = False
    has_default: bool = False
    default: Json = None
    docs: Docs = Docs()
    example: Json = None


@dataclass(frozen=True, slots=True)
class PathPart:
    """A piece of a path template: literal text, or the path parameter of that wire name."""

    text: Text
    is_parameter: bool


class BodyKind(enum.Enum):
    """How a media type's content is written or read."""

    JSON = "json"
    FORM = "form"  # application/x-www-form-urlencoded
    MULTIPART = "multipart"
    BINARY = "binary"
    TEXT = "text"
    EVENTS = "events"  # text/event-stream
    LINES = "lines"  # application/x-ndjson, application/jsonl


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form or multipart body is written."""

    wire_name: Text
    content_type: Text | None = None
    style: Style = Style.FORM
    explode: bool = True


@dataclass(frozen=True, slots=True)
class BodyContent:
    """One media type of a request body."""

    media_type: Text
    kind: BodyKind
    type: Type
    encodings: tuple[Encoding, ...] = ()
    example: Json = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body; ``contents[0]`` is the one that SDKs send."""

    required: bool
    contents: tuple[BodyContent, ...]
    source: Source
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class Header:
    """A response header."""

    wire_name: Text
    name: Words
    type: Type
    required: bool
    source: Source
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class ResponseContent:
    """One media type of a response."""

    media_type: Text
    kind: BodyKind
    type: Type
    example: Json = None


@dataclass(frozen=True, slots=True)
class Response:
    """What may come back. ``status`` is ``"200"``, a range ``"4XX"`` or ``"default"``."""

    status: str
    contents: tuple[ResponseContent, ...]
    headers: tuple[Header, ...]
    source: Source
    docs: Docs = Docs()


# --- behaviour -----------------------------------------------------------------------------------


class PaginationStyle(enum.Enum):
    """How a list operation reaches its next page."""

    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    KEYSET = "keyset"  # the last item's field is the next cursor
    LINK = "link"  # Link header, RFC 8288
    NEXT_URL = "next_url"  # a URL in the body
    TOKEN_HEADER = "token_header"  # a token in a response header


@dataclass(frozen=True, slots=True)
class Pagination:
    """How an operation pages. Parameters are wire names; pointers are RFC 6901 into the body."""

    style: PaginationStyle
    items: str
    item_type: Type
    page_param: Text | None = None
    size_param: Text | None = None
    offset_param: Text | None = None
    cursor_param: Text | None = None
    next_cursor: str | None = None
    has_more: str | None = None
    next_url: str | None = None
    total: str | None = None
    total_pages: str | None = None
    header: Text | None = None
    item_cursor: str | None = None  # keyset: pointer into the last item
    first_page: int = 1
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The quota that meters an operation (``x-rate-limit``). Window in seconds."""

    policy: Text
    limit: int
    window: float


@dataclass(frozen=True, slots=True)
class StreamShape:
    """An operation that can answer with a stream of events (``x-stream``).

    ``param`` is the boolean body property that asks for it; None when it always streams.
    """

    param: Text | None
    kind: BodyKind
    event: Type
    done: Text | None = None


@dataclass(frozen=True, slots=True)
class WebSocket:
    """A WebSocket reached through this operation's response (``x-websocket``)."""

    url: str
    token: str | None
    auth: Json
    send: Type
    receive: Type


class ResultKind(enum.Enum):
    """What a method of an SDK returns on success."""

    NONE = "none"
    JSON = "json"
    TEXT = "text"
    BINARY = "binary"
    EVENTS = "events"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Result:
    """The success value: ``type`` is the whole body; ``unwrap`` the property a caller is given.

    ``value_type`` is the type after unwrapping (equal to ``type`` without it).
    """

    kind: ResultKind
    type: Type
    value_type: Type
    unwrap: Text | None = None
    media_type: Text | None = None


@dataclass(frozen=True, slots=True)
class SecurityRequirement:
    """Schemes that are needed together; an empty tuple allows an anonymous request."""

    schemes: tuple[tuple[str, tuple[str, ...]], ...]  # (scheme name, scopes)


OperationDirection: TypeAlias = Literal["call", "webhook", "callback"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: where it stands in the resource tree and what travels on the wire.

    Attributes:
        id: The document's operationId, else one made from method and path.
        resource: Resource path, each part as words: ``(("admin",), ("nodes",))``.
        method_name: The method's words on that resource: ``("create", "token")``.
        security: Alternatives, in order; empty means that none is needed.
        idempotency_header: Declared request header that makes a POST retryable.
        errors: Responses that are not success (status >= 400, ranges, default).
        metered: False for ``x-rate-limit: none``.
    """

    id: str
    resource: tuple[Words, ...]
    method_name: Words
    http_method: str
    path: tuple[PathPart, ...]
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    result: Result
    security: tuple[SecurityRequirement, ...]
    source: Source
    docs: Docs = Docs()
    tags: tuple[Text, ...] = ()
    deprecated: bool = False
    servers: tuple[Server, ...] = ()
    pagination: Pagination | None = None
    idempotency_header: Text | None = None
    rate_limit: RateLimit | None = None
    metered: bool = True
    stream: StreamShape | None = None
    websocket: WebSocket | None = None
    extensions: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An event that the API sends. ``tag`` is the discriminator's value in the payload."""

    tag: Text
    name: Words
    payload: Type
    source: Source
    docs: Docs = Docs()


# --- the whole -----------------------------------------------------------------------------------


class SecurityKind(enum.Enum):
    """How a credential travels."""

    BEARER = "bearer"
    BASIC = "basic"
    API_KEY_HEADER = "api_key_header"
    API_KEY_QUERY = "api_key_query"
    API_KEY_COOKIE = "api_key_cookie"
    OAUTH2 = "oauth2"  # sent as a bearer token
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme and the client option that carries its credential.

    ``option`` and ``env`` come from the configuration, else from the scheme's name.
    """

    id: str
    kind: SecurityKind
    option: Words
    source: Source
    wire_name: Text | None = None  # header, query or cookie name
    env: str | None = None
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class ServerVariable:
    """A variable in a server's URL."""

    name: str
    default: Text
    values: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """A base URL. Variables stand as ``{name}`` in it."""

    url: Text
    docs: Docs = Docs()
    variables: tuple[ServerVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Where an error body says what went wrong: JSON pointers, tried in order."""

    code: tuple[str, ...] = ("/error/code", "/code", "/error/type", "/type")
    message: tuple[str, ...] = ("/error/message", "/message", "/error", "/title", "/detail")
    details: tuple[str, ...] = ("/error/details", "/details", "/errors")
    request_id: tuple[str, ...] = ("/request_id", "/requestId")
    success_flag: str | None = None  # a property that is false in an error, e.g. "/success"


@dataclass(frozen=True, slots=True)
class Resource:
    """A node of the resource tree; ``operations`` are ids in :attr:`Api.operations`."""

    name: Words
    operations: tuple[str, ...]
    children: tuple[Resource, ...] = ()
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class Api:
    """A whole API, ready for an emitter.

    Attributes:
        operations: Every operation by id, in document order.
        models: Every named type by id, in a stable order.
        root: Operations of the client itself (``root.operations``) and the resources below it.
        fingerprint: SHA-256 (hex) of the document's bytes and of the configuration's.
    """

    title: Text
    version: Text
    operations: Mapping[str, Operation]
    models: Mapping[ModelId, Model]
    root: Resource
    servers: Sequence[Server]
    security_schemes: Sequence[SecurityScheme]
    webhooks: Sequence[Webhook]
    errors: ErrorShape
    fingerprint: str
    docs: Docs = Docs()

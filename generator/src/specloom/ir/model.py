"""The intermediate representation: what an API is, in no programming language's words.

The types of its values stand in :mod:`specloom.ir.types`, what travels in :mod:`specloom.ir.wire`;
both are offered here too, so that a reader of the representation needs one import.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from specloom.ir.types import (
    AnyType,
    Binary,
    Constraints,
    Docs,
    EnumModel,
    EnumValue,
    Field,
    Json,
    ListOf,
    LiteralType,
    MapOf,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Ref,
    Scalar,
    ScalarKind,
    Source,
    Text,
    Type,
    Union,
    Words,
    references,
)
from specloom.ir.wire import (
    BodyContent,
    BodyKind,
    Encoding,
    Header,
    Parameter,
    ParameterLocation,
    PathPart,
    RequestBody,
    Response,
    ResponseContent,
    Style,
)

__all__ = [
    "AnyType",
    "Api",
    "Binary",
    "BodyContent",
    "BodyKind",
    "Callback",
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
    "references",
]


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
    """How an operation pages. Parameters are wire names; pointers are RFC 6901 into the response.

    With ``in_body`` parameters are pointers too, into the request's body.
    """

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
    in_body: bool = False
    name: Words | None = None  # of the scheme, where the configuration names it


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
        body_name: What callers call a body that is no object; None: the emitter's choice.
        positional: Wire names of the path parameters that callers give by position; None: all.
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
    positional: tuple[str, ...] | None = None
    body_name: Words | None = None
    extensions: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An event that the API sends. ``tag`` is the discriminator's value in the payload."""

    tag: Text
    name: Words
    payload: Type
    source: Source
    docs: Docs = Docs()


@dataclass(frozen=True, slots=True)
class Callback:
    """A request that the API sends to an address that a call gave it.

    Attributes:
        id: The operation's id, a slash and the callback's name; unique.
        operation: The id of the operation whose call brings it about.
        name: The callback's words.
        http_method: Upper case.
        url: The runtime expression that says where it goes (OpenAPI 3.1, section 4.8.20.4).
        payload: What its body holds; AnyType without one.
    """

    id: str
    operation: str
    name: Words
    http_method: str
    url: Text
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
    name: Text | None = None  # of the environment that it serves


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
        callbacks: What calls bring about later, in document order.
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
    callbacks: Sequence[Callback] = ()

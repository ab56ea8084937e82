"""What the server will do for each operation, decided once when the document is read."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from specloom.ir.model import Pagination
from specloom_mock.ratelimit import Quota
from specloom_mock.schemas import Check

__all__ = [
    "ApiPlan",
    "BodyPlan",
    "CollectionPlan",
    "ErrorPlan",
    "Keys",
    "Kind",
    "ListPlan",
    "OperationPlan",
    "ParameterPlan",
    "ParameterSet",
    "Reader",
    "ResponsePlan",
    "SchemePlan",
    "Slot",
]

Reader: TypeAlias = Callable[[Any], Any]
"""Makes a value of texts."""

Keys: TypeAlias = tuple[str, ...]
"""Property names from a value's root."""


class Kind(enum.Enum):
    """What an operation does to the state."""

    LIST = "list"
    CREATE = "create"
    GET = "get"
    REPLACE = "replace"
    UPDATE = "update"
    DELETE = "delete"
    ACTION = "action"
    DESCRIBE = "describe"
    LOGIN = "login"
    REGISTER = "register"
    REFRESH = "refresh"
    LOGOUT = "logout"
    WHOAMI = "whoami"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    ROTATE = "rotate"
    PING = "ping"
    FIXED = "fixed"


@dataclass(slots=True)
class Slot:
    """A place in a response body that the server computes.

    Attributes:
        keys: Where it is.
        role: What belongs there.
        nullable: Whether null may stand there.
        optional: The place that can be left out when there is no value: itself, or the nearest
            object around it; None when there is none.
    """

    keys: Keys
    role: str
    nullable: bool = True
    optional: Keys | None = None


@dataclass(slots=True)
class ResponsePlan:
    """One declared response.

    Attributes:
        status: The status to send.
        declared: The key under which the document declares it: ``200``, ``4XX``, ``default``.
        media_type: None without content.
        schema: The body's schema node.
        headers: Declared headers: name to (schema node, required).
        payload: Where the resource or the array of resources stands in the body; None when there
            is none.
        slots: Computed places.
        fields: Property names that the payload's schema declares; None when it is open.
        examples: The bodies that the document shows.
    """

    status: int
    declared: str
    media_type: str | None
    schema: Any
    headers: dict[str, tuple[Any, bool]]
    media_types: tuple[str, ...] = ()
    payload: Keys | None = None
    payload_schema: Any = None
    slots: tuple[Slot, ...] = ()
    fields: frozenset[str] | None = None
    examples: tuple[Any, ...] = ()
    skeleton: Any = None
    check: Check | None = None
    header_checks: dict[str, tuple[Check, str, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """A declared parameter: how its text becomes a value."""

    name: str
    location: str
    key: str
    kind: str
    item_kind: str
    style: str
    explode: bool
    required: bool
    default: Any


@dataclass(slots=True)
class ParameterSet:
    """All parameters of an operation, checked by one compiled schema.

    Attributes:
        deep: Parameters of the style ``deepObject``, and what types their texts.
        spread: Exploded objects: the names of their members (None for any), and the same.
    """

    query: dict[str, ParameterPlan]
    headers: dict[str, ParameterPlan]
    cookies: dict[str, ParameterPlan]
    path: dict[str, ParameterPlan]
    check: Check
    deep: dict[str, Reader] = field(default_factory=dict)
    spread: dict[str, tuple[frozenset[str] | None, Reader]] = field(default_factory=dict)


@dataclass(slots=True)
class BodyPlan:
    """A request body: media type to schema node."""

    required: bool
    contents: dict[str, Any]


@dataclass(slots=True)
class ListPlan:
    """How a list operation chooses and cuts; the values are parameter names."""

    style: str
    page: str | None = None
    size: str | None = None
    offset: str | None = None
    cursor: str | None = None
    backward: str | None = None
    default_size: int = 20
    first_page: int = 1
    sort: str | None = None
    order: str | None = None
    search: str | None = None
    filter: str | None = None
    fields: str | None = None
    include: str | None = None
    equals: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, tuple[str, str]] = field(default_factory=dict)
    pagination: Pagination | None = None


@dataclass(slots=True)
class CollectionPlan:
    """A set of resources that the document implies.

    Attributes:
        name: The path without the leading slash.
        path: The collection's path template.
        parents: Path parameters above the collection.
        parent: The collection in which the last parent is a row, when there is one.
        id_field: Property that holds the id; None when rows do not show theirs.
        id_schema: Schema of the id.
        id_asked: Schemas that paths have for it.
        row_schema: The fullest read schema.
        fields: Properties that some read schema declares; None when rows are free-form.
        secrets: Properties that only a create response shows.
        singular: The resource's name in one word: ``user``.
        unique: Properties that no two rows may share.
        rows: How many rows it begins with; None for the server's number.
        files: Whether rows have content to upload or download.
        implied: Whether rows exist as soon as they are named, because nothing tells their ids.
        overlay: What the overlay says about it.
    """

    name: str
    path: str
    parents: tuple[str, ...]
    id_field: str | None = "id"
    id_schema: Any = None
    id_asked: tuple[Any, ...] = ()
    id_param: str | None = None
    parent: CollectionPlan | None = None
    row_schema: Any = None
    read_schemas: list[Any] = field(default_factory=list)
    create_schema: Any = None
    update_schema: Any = None
    fields: frozenset[str] | None = None
    secrets: dict[str, Any] = field(default_factory=dict)
    singular: str = ""
    unique: tuple[str, ...] = ()
    rows: int | None = None
    files: bool = False
    implied: bool = False
    overlay: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ErrorPlan:
    """How an error body is made: pointers into it, by role."""

    code: Keys | None
    message: Keys | None
    details: Keys | None
    request_id: Keys | None
    status: Keys | None
    flag: Keys | None
    skeleton: dict[str, Any]
    schema: Any
    numeric_code: bool = False
    check: Check | None = None
    details_schema: Any = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemePlan:
    """A security scheme: where its credential is, and what it is called there."""

    id: str
    kind: str
    name: str


@dataclass(slots=True)
class OperationPlan:
    """One operation, ready to serve.

    Attributes:
        current: Whether it is about the caller's own row, as in ``/users/me``.
        impossible: Why no answer can be what the document says; None when one can.
    """

    id: str
    method: str
    path: str
    kind: Kind
    raw: Mapping[str, Any]
    raw_parameters: list[dict[str, Any]]
    body: BodyPlan | None
    success: ResponsePlan
    responses: dict[str, ResponsePlan]
    security: tuple[tuple[tuple[str, frozenset[str]], ...], ...]
    quotas: dict[str, Quota]
    collection: CollectionPlan | None = None
    list: ListPlan | None = None
    item_param: str | None = None
    store_param: str | None = None
    stores: dict[str, CollectionPlan] = field(default_factory=dict)
    parameter_errors: dict[str, str] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    metered: bool = True
    event: str | None = None
    parameters: ParameterSet | None = None
    current: bool = False
    impossible: str | None = None
    mock: dict[str, Any] = field(default_factory=dict)
    bases: tuple[str, ...] = ("",)
    idempotency: str | None = None
    errors: dict[int, tuple[ResponsePlan | None, ErrorPlan | None]] = field(default_factory=dict)


@dataclass(slots=True)
class ApiPlan:
    """A whole document, ready to serve."""

    title: str
    operations: dict[str, OperationPlan]
    collections: dict[str, CollectionPlan]
    schemes: dict[str, SchemePlan]
    bases: tuple[str, ...]
    events: dict[str, Any]
    mock: dict[str, Any]
    notes: list[str]
    listed: list[OperationPlan] = field(default_factory=list)
    webhook_endpoints: CollectionPlan | None = None
    users: CollectionPlan | None = None
    api_keys: CollectionPlan | None = None

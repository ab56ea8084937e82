"""What a stainless.yml says, as frozen data; its own words are kept, nothing is looked up yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specloom.config.stainless.reading import Report

__all__ = [
    "ClientOption",
    "MethodEntry",
    "ModelEntry",
    "Scheme",
    "Stainless",
    "Streaming",
    "Transformation",
]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A named type: its key under a resource, and where its schema stands.

    Attributes:
        resource: Keys of the resources above it; ``("$shared",)`` for shared ones.
        key: Its name.
        target: A component's name, or a pointer with ``#`` before it.
        pointer: Where the entry stands in the file.
        alias: The model, as ``resource.model``, that it is only another name for.
        suffix: Whether the name in requests ends in ``Param``.
    """

    resource: tuple[str, ...]
    key: str
    target: str
    pointer: str
    alias: str | None = None
    suffix: bool = True


@dataclass(frozen=True, slots=True)
class Streaming:
    """How a method streams; ``param`` None: always. ``event`` is a model's dotted path."""

    param: str | None
    event: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class MethodEntry:
    """A method: its resource and name, and the operation that it calls.

    Attributes:
        paginated: False, True, the name of a scheme, or None to find out.
        unwrap: The property that is handed out, False for none, None for the general rule.
        positional: Path parameters given by position; None for the last one.
        request_body, response: An operation's parts said here instead of in the document.
    """

    resource: tuple[str, ...]
    name: str
    verb: str
    path: str
    pointer: str
    paginated: bool | str | None = None
    unwrap: str | bool | None = None
    positional: tuple[str, ...] | None = None
    body_name: str | None = None
    streaming: Streaming | None = None
    deprecated: bool = False
    request_body: Any = None
    response: Any = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A pagination scheme. ``request`` and ``response`` are JSON schemas by property."""

    name: str
    kind: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    location: str
    pointer: str


@dataclass(frozen=True, slots=True)
class ClientOption:
    """An argument of the client. ``role`` tells which part of a credential it is."""

    name: str
    pointer: str
    env: str | None = None
    scheme: str | None = None
    role: str = "value"
    header: str | None = None
    variable: str | None = None
    default: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Transformation:
    """One edit of the document."""

    command: str
    args: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Stainless:
    """A whole configuration.

    Attributes:
        skipped: Endpoints, ``get /path``, that no SDK offers, with the reason.
        casings: Word -> how it is written in a class name.
        done: Data that ends an event stream; None when only the connection's end does.
        report: Receives what binding to a document finds.
    """

    report: Report
    environments: tuple[tuple[str, str], ...] = ()
    models: tuple[ModelEntry, ...] = ()
    methods: tuple[MethodEntry, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    schemes: tuple[Scheme, ...] = ()
    options: tuple[ClientOption, ...] = ()
    security: Any = None
    security_schemes: Mapping[str, Any] = field(default_factory=dict)
    unwrap: tuple[str, ...] = ()
    idempotency: str | None = None
    done: str | None = None
    array_format: str = "comma"
    nested_format: str = "brackets"
    transformations: tuple[Transformation, ...] = ()

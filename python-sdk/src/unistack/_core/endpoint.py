"""What a generated module says about an operation, once, at import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

__all__ = [
    "Binary",
    "Body",
    "Endpoint",
    "Events",
    "Field",
    "Json",
    "Nothing",
    "Paging",
    "Param",
    "Result",
    "Style",
    "Text",
]

Style: TypeAlias = Literal[
    "form", "simple", "spaceDelimited", "pipeDelimited", "deepObject", "label", "matrix", "json"
]


@dataclass(frozen=True, slots=True)
class Param:
    """How one parameter is written (OpenAPI 3.1, section 4.8.12.2, and RFC 6570).

    Args:
        name: Wire name.
        style: OpenAPI's style; "json" stands for `content: application/json`. None is the
            location's default: form in a query or cookie, simple in a path or header.
        explode: Whether each item of a list, or property of an object, stands alone. None is
            the style's default: true for form and deepObject, else false.
        allow_reserved: Whether RFC 3986's reserved characters stay as they are (query only).
    """

    name: str
    style: Style | None = None
    explode: bool | None = None
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """How one property of a form or multipart body is written.

    Args:
        name: Wire name.
        media_type: The part's media type; None lets the value decide.
        style: As for a query parameter.
        explode: As for a query parameter.
    """

    name: str
    media_type: str | None = None
    style: Style | None = None
    explode: bool | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """How a request body is written.

    Args:
        kind: json, form (`application/x-www-form-urlencoded`), multipart, binary or text.
        media_type: Content-Type when it is not the kind's own.
        nested_aliases: "module:Name" below the package's `types` of the TypedDict whose nested
            keys have wire aliases; None when no nested key has one.
        encodings: Properties of a form or multipart body that are not written in the default way.
        required: Whether a body is sent even when no property is given.
    """

    kind: Literal["json", "form", "multipart", "binary", "text"] = "json"
    media_type: str | None = None
    nested_aliases: str | None = None
    encodings: tuple[Field, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Json:
    """A JSON result.

    Args:
        type: "module:Name" below the package's `types`, imported on first use, or a type.
        unwrap: Wire name of the envelope's property that is handed out; None hands out the whole.
    """

    type: Any = Any
    unwrap: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A result of text, handed out as str."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A result of bytes, handed out as a streamed response.

    Args:
        media_type: What Accept asks for.
    """

    media_type: str = "*/*"


@dataclass(frozen=True, slots=True)
class Nothing:
    """No result: the method returns None."""


Result: TypeAlias = Json | Text | Binary | Nothing


@dataclass(frozen=True, slots=True)
class Events:
    """Server-sent events.

    Args:
        type: "module:Name" below the package's `types`, or a type: what one event's data holds.
        done: The data that ends the stream; None when only the connection's end does.
        param: The body property that asks for the stream; None when the operation always streams.
    """

    type: Any
    done: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list goes on. Pointers are JSON pointers (RFC 6901) into the response body.

    Args:
        style: page, offset, cursor, keyset, link (RFC 8288), next_url or token_header.
        items: Pointer to the page's items.
        page: Query parameter of the page's number.
        size: Query parameter of the page's size.
        offset: Query parameter of the offset.
        limit: Query parameter of the page's size, by the name that offset APIs use.
        cursor: Query parameter of the cursor.
        total: Pointer to the number of all items.
        total_pages: Pointer to the number of all pages.
        next_cursor: Pointer to the next page's cursor; for keyset, the item's property that the
            next request takes.
        has_more: Pointer to a boolean, false on the last page.
        next_url: Pointer to the next page's URL.
        header: Response header that holds the next page's token.
        first: Number of the first page when the caller names none.
    """

    style: Literal["page", "offset", "cursor", "keyset", "link", "next_url", "token_header"]
    items: str = "/data"
    page: str | None = None
    size: str | None = None
    offset: str | None = None
    limit: str | None = None
    cursor: str | None = None
    total: str | None = None
    total_pages: str | None = None
    next_cursor: str | None = None
    has_more: str | None = None
    next_url: str | None = None
    header: str | None = None
    first: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One operation. Compared by identity; a module makes each once.

    Args:
        id: The document's operation id, for logs and hooks.
        method: HTTP method, upper case.
        path: Path template with `{wire}` placeholders, appended to the base URL.
        path_params: Path parameters that are not in the default style (simple).
        query: Query parameters that are not in the default style (form, exploded).
        headers: Header parameters that are not in the default style (simple).
        cookies: Cookie parameters that are not in the default style (form).
        security: Alternatives in the document's order, each a tuple of scheme ids that are needed
            together. () needs no credential; an empty inner tuple allows none.
        rate_limit: Name of the policy that meters the operation; None is one per host.
        metered: False for operations outside every limit, such as health probes: never retried.
        body: How the body is written; None for operations without one.
        result: What a success holds.
        paging: How a list goes on.
        events: Server-sent events that the operation can answer with.
        idempotency: The declared header that makes a repeated request harmless.
        base_url: The operation's own server, when it has one.
    """

    id: str
    method: str
    path: str
    path_params: tuple[Param, ...] = ()
    query: tuple[Param, ...] = ()
    headers: tuple[Param, ...] = ()
    cookies: tuple[Param, ...] = ()
    security: tuple[tuple[str, ...], ...] = ()
    rate_limit: str | None = None
    metered: bool = True
    body: Body | None = None
    result: Result = Nothing()
    paging: Paging | None = None
    events: Events | None = None
    idempotency: str | None = None
    base_url: str | None = None

"""What a generated module says about an operation, once, at import."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from .record import Record

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


class Param(Record):
    """How one parameter is written (OpenAPI 3.1, section 4.8.12.2, and RFC 6570).

    Args:
        name: Wire name.
        style: OpenAPI's style; "json" stands for `content: application/json`. None is the
            location's default: form in a query or cookie, simple in a path or header.
        explode: Whether each item of a list, or property of an object, stands alone. None is
            the style's default: true for form and deepObject, else false.
        allow_reserved: Whether RFC 3986's reserved characters stay as they are (query only).
    """

    __slots__ = ("allow_reserved", "explode", "name", "style")

    def __init__(
        self,
        name: str,
        style: Style | None = None,
        explode: bool | None = None,
        allow_reserved: bool = False,
    ) -> None:
        self.name = name
        self.style: Style | None = style
        self.explode = explode
        self.allow_reserved = allow_reserved


class Field(Record):
    """How one property of a form or multipart body is written.

    Args:
        name: Wire name.
        media_type: The part's media type; None lets the value decide.
        style: As for a query parameter.
        explode: As for a query parameter.
    """

    __slots__ = ("explode", "media_type", "name", "style")

    def __init__(
        self,
        name: str,
        media_type: str | None = None,
        style: Style | None = None,
        explode: bool | None = None,
    ) -> None:
        self.name = name
        self.media_type = media_type
        self.style: Style | None = style
        self.explode = explode


class Body(Record):
    """How a request body is written.

    Args:
        kind: json, form (`application/x-www-form-urlencoded`), multipart, binary or text.
        media_type: Content-Type when it is not the kind's own.
        nested_aliases: "module:Name" below the package's `types` of the TypedDict whose nested
            keys have wire aliases; None when no nested key has one.
        encodings: Properties of a form or multipart body that are not written in the default way.
        required: Whether a body is sent even when no property is given.
    """

    __slots__ = ("encodings", "kind", "media_type", "nested_aliases", "required")

    def __init__(
        self,
        kind: Literal["json", "form", "multipart", "binary", "text"] = "json",
        media_type: str | None = None,
        nested_aliases: str | None = None,
        encodings: tuple[Field, ...] = (),
        required: bool = True,
    ) -> None:
        self.kind: Literal["json", "form", "multipart", "binary", "text"] = kind
        self.media_type = media_type
        self.nested_aliases = nested_aliases
        self.encodings = encodings
        self.required = required


class Json:
    """A JSON result.

    Args:
        type: "module:Name" below the package's `types`, imported on first use, or a type.
        unwrap: Wire name of the envelope's property that is handed out; None hands out the whole.
    """

    __slots__ = ("type", "unwrap")

    def __init__(
        self,
        type: Any = Any,
        unwrap: str | None = None,
    ) -> None:
        self.type = type
        self.unwrap = unwrap


class Text(Record):
    """A result of text, handed out as str."""

    __slots__ = ()


class Binary(Record):
    """A result of bytes, handed out as a streamed response.

    Args:
        media_type: What Accept asks for.
    """

    __slots__ = ("media_type",)

    def __init__(
        self,
        media_type: str = "*/*",
    ) -> None:
        self.media_type = media_type


class Nothing(Record):
    """No result: the method returns None."""

    __slots__ = ()


Result: TypeAlias = Json | Text | Binary | Nothing
_NOTHING: Final = Nothing()


class Events(Record):
    """Server-sent events.

    Args:
        type: "module:Name" below the package's `types`, or a type: what one event's data holds.
        done: The data that ends the stream; None when only the connection's end does.
        param: The body property that asks for the stream; None when the operation always streams.
    """

    __slots__ = ("done", "param", "type")

    def __init__(
        self,
        type: Any,
        done: str | None = None,
        param: str | None = None,
    ) -> None:
        self.type = type
        self.done = done
        self.param = param


class Paging(Record):
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
        classes: What follows "Sync" and "Async" in the names of the pages' classes in the
            package's `pagination`; None for plain pages.
        in_body: Whether page, size, offset, limit and cursor are pointers into the request body
            and not names of query parameters.
    """

    __slots__ = (
        "classes",
        "cursor",
        "first",
        "has_more",
        "header",
        "in_body",
        "items",
        "limit",
        "next_cursor",
        "next_url",
        "offset",
        "page",
        "size",
        "style",
        "total",
        "total_pages",
    )

    def __init__(
        self,
        style: Literal["page", "offset", "cursor", "keyset", "link", "next_url", "token_header"],
        items: str = "/data",
        page: str | None = None,
        size: str | None = None,
        offset: str | None = None,
        limit: str | None = None,
        cursor: str | None = None,
        total: str | None = None,
        total_pages: str | None = None,
        next_cursor: str | None = None,
        has_more: str | None = None,
        next_url: str | None = None,
        header: str | None = None,
        first: int = 1,
        classes: str | None = None,
        in_body: bool = False,
    ) -> None:
        self.style: Literal[
            "page", "offset", "cursor", "keyset", "link", "next_url", "token_header"
        ] = style
        self.items = items
        self.page = page
        self.size = size
        self.offset = offset
        self.limit = limit
        self.cursor = cursor
        self.total = total
        self.total_pages = total_pages
        self.next_cursor = next_cursor
        self.has_more = has_more
        self.next_url = next_url
        self.header = header
        self.first = first
        self.classes = classes
        self.in_body = in_body


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
        param_aliases: As `Body.nested_aliases`, for keys inside of query, header and cookie
            parameters.
    """

    __slots__ = (
        "base_url",
        "body",
        "cookies",
        "events",
        "headers",
        "id",
        "idempotency",
        "metered",
        "method",
        "paging",
        "param_aliases",
        "path",
        "path_params",
        "query",
        "rate_limit",
        "result",
        "security",
    )

    def __init__(
        self,
        id: str,
        method: str,
        path: str,
        path_params: tuple[Param, ...] = (),
        query: tuple[Param, ...] = (),
        headers: tuple[Param, ...] = (),
        cookies: tuple[Param, ...] = (),
        security: tuple[tuple[str, ...], ...] = (),
        rate_limit: str | None = None,
        metered: bool = True,
        body: Body | None = None,
        result: Result = _NOTHING,
        paging: Paging | None = None,
        events: Events | None = None,
        idempotency: str | None = None,
        base_url: str | None = None,
        param_aliases: str | None = None,
    ) -> None:
        self.id = id
        self.method = method
        self.path = path
        self.path_params = path_params
        self.query = query
        self.headers = headers
        self.cookies = cookies
        self.security = security
        self.rate_limit = rate_limit
        self.metered = metered
        self.body = body
        self.result = result
        self.paging = paging
        self.events = events
        self.idempotency = idempotency
        self.base_url = base_url
        self.param_aliases = param_aliases

    def __repr__(self) -> str:
        return f"<Endpoint {self.id}: {self.method} {self.path}>"

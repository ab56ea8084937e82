"""How a list operation pages, read from its parameters and its response.

Nothing is taken from prose: a parameter's name and type, the properties of the response and its
headers decide. ``x-pagination`` (or ``pagination`` in the configuration) overrides it all: see
:mod:`specloom.ir.pagination_declared`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from specloom.ir.listing import (
    NUMERIC,
    TEXTUAL,
    ListBody,
    Member,
    first_page,
    is_kind,
    joined,
    link_header,
    success,
)
from specloom.ir.model import (
    BodyKind,
    Model,
    ModelId,
    ObjectModel,
    Pagination,
    PaginationStyle,
    Parameter,
    ParameterLocation,
    Ref,
    RequestBody,
    Response,
    ScalarKind,
    Source,
    Style,
    Text,
    Type,
)
from specloom.ir.pagination_words import (
    CURSOR,
    HAS_MORE,
    KEYSET,
    NEXT_CURSOR,
    NEXT_URL,
    OFFSET,
    PAGE,
    SIZE,
    TOTAL,
    TOTAL_PAGES,
)

__all__ = ["infer", "infer_from_body"]

_SEARCHING = frozenset(("find", "filter", "list", "lookup", "query", "search"))
_HOLDERS = frozenset(("page", "pager", "pagination", "paging"))
_NUMBERED = (PaginationStyle.PAGE, PaginationStyle.OFFSET)


def infer(
    parameters: tuple[Parameter, ...],
    responses: tuple[Response, ...],
    models: Mapping[ModelId, Model],
    noun: str = "",
) -> Pagination | None:
    """Return how an operation pages, None where nothing says that it does.

    Args:
        parameters: The operation's parameters.
        responses: Its responses.
        models: The models that they refer to.
        noun: The last fixed segment of the path: many APIs call the list after it.
    """
    found = success(responses)
    if found is None:
        return None
    response, made = found
    query = {
        joined(parameter.wire_name.raw): parameter
        for parameter in parameters
        if parameter.location is ParameterLocation.QUERY
    }
    link = link_header(response)
    paging_word = query.keys() & (PAGE | OFFSET | {*CURSOR, *SIZE})
    if not paging_word and link is None:
        return None
    body = ListBody(made, models)
    listed = body.items(joined(noun) if noun else "")
    if listed is None:
        return None
    return _Reading(query, body, listed, link).read()


def infer_from_body(
    body: RequestBody | None,
    responses: tuple[Response, ...],
    models: Mapping[ModelId, Model],
    words: Collection[str],
) -> Pagination | None:
    """Return how an operation pages whose request body says where: a search, mostly.

    A cursor that the response hands out is proof enough. A page's number is none by itself, since
    things that are written have pages too: the operation must search, and the response must say
    how much there is.

    Args:
        body: The operation's request body.
        responses: Its responses.
        models: The models that they refer to.
        words: The words of its path and its id.
    """
    found = success(responses)
    content = body.contents[0] if body is not None and body.contents else None
    if found is None or content is None or content.kind is not BodyKind.JSON:
        return None
    if not isinstance(
        models.get(content.type.model) if isinstance(content.type, Ref) else None, ObjectModel
    ):
        return None
    sent = {
        member.key: _sent(member)
        for member in reversed(ListBody(content.type, models).members)
        if len(member.path) == 1 or (len(member.path) == 2 and member.path[0] in _HOLDERS)
    }
    if not sent.keys() & (PAGE | OFFSET | {*CURSOR}):
        return None
    answer = ListBody(found[1], models)
    listed = answer.items("")
    if listed is None:
        return None
    made = _Reading(sent, answer, listed, None).read()
    if made is None or made.next_url is not None:
        return None
    if made.style in _NUMBERED and not (
        made.size_param
        and (made.total or made.total_pages or made.has_more)
        and not _SEARCHING.isdisjoint(words)
    ):
        return None
    return replace(made, in_body=True)


def _sent(member: Member) -> Parameter:
    """Read a property of the request's body as a parameter that is named by its pointer."""
    return Parameter(
        Text(member.pointer),
        (member.key,),
        ParameterLocation.QUERY,
        member.type,
        required=False,
        style=Style.JSON,
        explode=False,
        source=Source(member.pointer),
    )


class _Reading:
    def __init__(
        self,
        query: dict[str, Parameter],
        body: ListBody,
        listed: tuple[str, Type],
        link: Text | None,
    ) -> None:
        self.query = query
        self.body = body
        self.items, self.item_type = listed
        self.link = link
        self.page = self._parameter(PAGE, *NUMERIC)
        self.offset = self._parameter(OFFSET, *NUMERIC)
        self.size = next(
            (query[key] for key in SIZE if key in query and is_kind(query[key].type, *NUMERIC)),
            None,
        )
        outside = [
            member
            for member in body.members
            if not (self.items and member.pointer.startswith(f"{self.items}/"))
        ]
        body.members = outside
        self.total = body.first(TOTAL, *NUMERIC)
        self.total_pages = body.first(TOTAL_PAGES, *NUMERIC)
        self.has_more = body.first(tuple(HAS_MORE), ScalarKind.BOOLEAN)
        self.next_url = self._next_url()

    def _parameter(self, names: frozenset[str], *kinds: ScalarKind) -> Parameter | None:
        for key, parameter in self.query.items():
            if key in names and is_kind(parameter.type, *kinds):
                return parameter
        return None

    def _next_url(self) -> str | None:
        for member in self.body.members:
            if not is_kind(member.type, ScalarKind.STRING):
                continue
            parent = member.path[-2] if len(member.path) > 1 else ""
            linked = parent in ("links", "link", "pages", "paging") or member.format in (
                "uri",
                "url",
            )
            named = member.key in NEXT_URL - {"next", "nextpage"}
            if named or (member.key in NEXT_URL and linked):
                return member.pointer
            if member.key == "href" and parent == "next":
                return member.pointer
        return None

    def read(self) -> Pagination | None:
        return self._by_cursor() or self._by_number() or self._by_link()

    def _make(self, style: PaginationStyle, **members: Any) -> Pagination:
        return Pagination(
            style,
            self.items,
            self.item_type,
            size_param=self.size.wire_name if self.size else None,
            has_more=self.has_more.pointer if self.has_more else None,
            total=self.total.pointer if self.total else None,
            total_pages=self.total_pages.pointer if self.total_pages else None,
            **members,
        )

    def _by_cursor(self) -> Pagination | None:
        key = next(
            (
                key
                for key in CURSOR
                if key in self.query and not is_kind(self.query[key].type, *NUMERIC)
            ),
            None,
        )
        if key is None:
            return None
        cursor = self.query[key]
        following = self._next_cursor(key)
        if following is not None:
            return self._make(
                PaginationStyle.CURSOR, cursor_param=cursor.wire_name, next_cursor=following
            )
        if key in KEYSET and self.has_more is not None:
            identity = next(
                (
                    field.wire_name.raw
                    for field in self.body.fields(self.body.plain(self.item_type))
                    if field.wire_name.raw == "id"
                ),
                None,
            )
            if identity is not None or not self.body.fields(self.body.plain(self.item_type)):
                return self._make(
                    PaginationStyle.KEYSET, cursor_param=cursor.wire_name, item_cursor="/id"
                )
        return None

    def _next_cursor(self, key: str) -> str | None:
        """Return where the next cursor stands: named as one, or as the parameter below `next`."""
        for member in self.body.members:
            parents = member.path[:-1]
            if member.key == key and any(name.startswith("next") for name in parents):
                return member.pointer
        found = self.body.first(NEXT_CURSOR, *TEXTUAL)
        if found is None or found.pointer == self.next_url:
            return None
        return found.pointer

    def _by_number(self) -> Pagination | None:
        number = self.page or self.offset
        if number is None:
            return None
        said = self.total or self.total_pages or self.has_more
        if not said:
            if self.next_url is not None:
                return self._numbered(PaginationStyle.NEXT_URL, next_url=self.next_url)
            if self.link is not None:
                return self._numbered(PaginationStyle.LINK, header=self.link)
        if self.page is not None:
            return self._numbered(PaginationStyle.PAGE)
        return self._numbered(PaginationStyle.OFFSET)

    def _numbered(self, style: PaginationStyle, **members: Any) -> Pagination:
        if self.page is not None:
            members["page_param"] = self.page.wire_name
            members["first_page"] = first_page(self.page)
        elif self.offset is not None:
            members["offset_param"] = self.offset.wire_name
        return self._make(style, **members)

    def _by_link(self) -> Pagination | None:
        if self.next_url is not None and (self.size is not None or self.items):
            return self._make(PaginationStyle.NEXT_URL, next_url=self.next_url)
        if self.link is not None:
            return self._make(PaginationStyle.LINK, header=self.link)
        return None

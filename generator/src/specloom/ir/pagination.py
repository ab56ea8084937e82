"""How a list operation pages: read from its parameters and its response, or said outright.

Nothing is taken from prose: a parameter's name and type, the properties of the response and its
headers decide. ``x-pagination`` (or ``pagination`` in the configuration) overrides it all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specloom.ir.model import (
    BodyKind,
    Field,
    ListOf,
    LiteralType,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Pagination,
    PaginationStyle,
    Parameter,
    ParameterLocation,
    Ref,
    Response,
    Scalar,
    ScalarKind,
    Text,
    Type,
    Union,
)
from specloom.ir.names import split_words

__all__ = ["PaginationError", "explicit", "infer"]

_PAGE = frozenset(("page", "pagenumber", "pagenum", "pageno", "pageindex", "currentpage", "p"))
_SIZE = (
    "perpage",
    "pagesize",
    "limit",
    "size",
    "count",
    "maxresults",
    "maxitems",
    "itemsperpage",
    "resultsperpage",
    "pagelimit",
    "top",
    "rows",
    "take",
    "first",
    "max",
    "maxpagesize",
    "maxkeys",
)
_OFFSET = frozenset(("offset", "skip", "startindex", "startat", "start", "pageoffset", "from"))
_CURSOR = (
    "cursor",
    "pagetoken",
    "nexttoken",
    "nextcursor",
    "nextpagetoken",
    "continuationtoken",
    "continuation",
    "pagecursor",
    "pageafter",
    "startingafter",
    "after",
    "marker",
    "bookmark",
    "scrollid",
    "exclusivestartkey",
    "startkey",
    "offset",
    "page",
    "lastid",
)
_KEYSET = frozenset(
    ("startingafter", "after", "pageafter", "lastid", "since", "sinceid", "afterid")
)
_NEXT_CURSOR = (
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "endcursor",
    "nextpagecursor",
    "nextmarker",
    "continuationtoken",
    "nextcontinuationtoken",
    "nextpage",
    "nextoffset",
    "next",
    "cursor",
    "after",
    "startingafter",
    "scrollid",
    "bookmark",
    "lastevaluatedkey",
    "lastid",
    "marker",
    "offset",
)
_HAS_MORE = frozenset(("hasmore", "hasnext", "hasnextpage", "more", "morepages", "hasmoreitems"))
_TOTAL = (
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalentries",
    "totalrecords",
    "totalelements",
    "totalsize",
    "resultcount",
    "itemcount",
)
_TOTAL_PAGES = (
    "totalpages",
    "pagecount",
    "pagestotal",
    "numpages",
    "totalpage",
    "lastpage",
    "pages",
)
_NEXT_URL = frozenset(
    (
        "next",
        "nexturl",
        "nextlink",
        "nexthref",
        "nextpage",
        "nextpageurl",
        "nextpageuri",
        "nextpagelink",
        "nexturi",
        "odatanextlink",
    )
)
_ITEMS = (
    "data",
    "items",
    "results",
    "records",
    "entries",
    "values",
    "list",
    "rows",
    "content",
    "elements",
    "objects",
    "resources",
    "nodes",
    "edges",
    "hits",
    "value",
)
_NOT_ITEMS = frozenset(("errors", "warnings", "links", "included", "facets", "messages"))
_DEPTH = 3


class PaginationError(ValueError):
    """A pagination value that does not fit its operation."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A property of the response that stands outside its items."""

    pointer: str
    path: tuple[str, ...]
    key: str
    type: Type
    format: str


class _Body:
    """The success body of a list operation."""

    def __init__(self, made: Type, models: Mapping[ModelId, Model]) -> None:
        self._models = models
        self.type = self.plain(made)
        self.members = list(self._walk(self.type, "", (), _DEPTH))

    def plain(self, made: Type) -> Type:
        """Return a type without null and without names that only stand for another type."""
        for _ in range(20):
            if isinstance(made, Nullable):
                made = made.inner
            elif isinstance(made, Ref) and isinstance(
                model := self._models.get(made.model), NamedType
            ):
                made = model.type
            else:
                break
        return made

    def fields(self, made: Type) -> tuple[Field, ...]:
        model = self._models.get(made.model) if isinstance(made, Ref) else None
        return model.fields if isinstance(model, ObjectModel) else ()

    def _walk(
        self, made: Type, pointer: str, path: tuple[str, ...], depth: int
    ) -> Iterator[_Member]:
        for field in self.fields(made):
            wire = field.wire_name.raw
            here = f"{pointer}/{wire.replace('~', '~0').replace('/', '~1')}"
            inner = self.plain(field.type)
            key = _key(wire)
            word = inner.format.raw if isinstance(inner, Scalar) and inner.format else ""
            yield _Member(here, (*path, key), key, inner, word)
            if depth > 1 and isinstance(inner, Ref):
                yield from self._walk(inner, here, (*path, key), depth - 1)

    def items(self, wanted: str) -> tuple[str, Type] | None:
        """Return the pointer of the list and its item type."""
        if isinstance(self.type, ListOf):
            return "", self.type.item
        lists = [
            (member, member.type.item)
            for member in self.members
            if isinstance(member.type, ListOf) and member.key not in _NOT_ITEMS
        ]
        for depth in (1, 2):
            level = [item for item in lists if len(item[0].path) == depth]
            for name in (*_ITEMS, wanted):
                for member, item_type in level:
                    if member.key == name:
                        return member.pointer, item_type
            if len(level) == 1:
                return level[0][0].pointer, level[0][1]
            if level and depth == 1:
                objects = [item for item in level if isinstance(self.plain(item[1]), Ref)]
                if len(objects) == 1:
                    return objects[0][0].pointer, objects[0][1]
        return None

    def first(self, names: tuple[str, ...], *kinds: ScalarKind) -> _Member | None:
        for name in names:
            for member in self.members:
                if member.key == name and is_kind(member.type, *kinds):
                    return member
        return None

    def find(self, pointer: str) -> Type | None:
        """Return the type at a JSON pointer into the body, None where the document has none."""
        made = self.type
        for token in pointer.split("/")[1:]:
            wire = token.replace("~1", "/").replace("~0", "~")
            found = next((item for item in self.fields(made) if item.wire_name.raw == wire), None)
            if found is None:
                return None
            made = self.plain(found.type)
        return made


def is_kind(made: Type, *kinds: ScalarKind) -> bool:
    """Tell whether a type is a scalar of one of these kinds, or a union that has one."""
    if isinstance(made, Union):
        return any(is_kind(variant, *kinds) for variant in made.variants)
    if isinstance(made, Nullable):
        return is_kind(made.inner, *kinds)
    if isinstance(made, LiteralType):
        return ScalarKind.STRING in kinds and isinstance(made.values[0], str)
    return isinstance(made, Scalar) and made.kind in kinds


def _key(name: str) -> str:
    return "".join(split_words(name))


_TEXTUAL = (ScalarKind.STRING, ScalarKind.UUID, ScalarKind.BYTES)
_NUMERIC = (ScalarKind.INTEGER, ScalarKind.NUMBER)


def _success(responses: tuple[Response, ...]) -> tuple[Response, Type] | None:
    for response in responses:
        if response.status.startswith("2"):
            for content in response.contents:
                if content.kind is BodyKind.JSON:
                    return response, content.type
    return None


def _link_header(response: Response) -> Text | None:
    for header in response.headers:
        if header.wire_name.raw.lower() == "link":
            return header.wire_name
    return None


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
    found = _success(responses)
    if found is None:
        return None
    response, made = found
    query = {
        _key(parameter.wire_name.raw): parameter
        for parameter in parameters
        if parameter.location is ParameterLocation.QUERY
    }
    link = _link_header(response)
    paging_word = query.keys() & (_PAGE | _OFFSET | {*_CURSOR, *_SIZE})
    if not paging_word and link is None:
        return None
    body = _Body(made, models)
    listed = body.items(_key(noun) if noun else "")
    if listed is None:
        return None
    return _Reading(query, body, listed, link).read()


class _Reading:
    def __init__(
        self,
        query: dict[str, Parameter],
        body: _Body,
        listed: tuple[str, Type],
        link: Text | None,
    ) -> None:
        self.query = query
        self.body = body
        self.items, self.item_type = listed
        self.link = link
        self.page = self._parameter(_PAGE, *_NUMERIC)
        self.offset = self._parameter(_OFFSET, *_NUMERIC)
        self.size = next(
            (query[key] for key in _SIZE if key in query and is_kind(query[key].type, *_NUMERIC)),
            None,
        )
        outside = [
            member
            for member in body.members
            if not (self.items and member.pointer.startswith(f"{self.items}/"))
        ]
        body.members = outside
        self.total = body.first(_TOTAL, *_NUMERIC)
        self.total_pages = body.first(_TOTAL_PAGES, *_NUMERIC)
        self.has_more = body.first(tuple(_HAS_MORE), ScalarKind.BOOLEAN)
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
            named = member.key in _NEXT_URL - {"next", "nextpage"}
            if named or (member.key in _NEXT_URL and linked):
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
        cursor = next(
            (
                self.query[key]
                for key in _CURSOR
                if key in self.query and not is_kind(self.query[key].type, *_NUMERIC)
            ),
            None,
        )
        if cursor is None:
            return None
        key = _key(cursor.wire_name.raw)
        following = self._next_cursor(key)
        if following is not None:
            return self._make(
                PaginationStyle.CURSOR, cursor_param=cursor.wire_name, next_cursor=following
            )
        if key in _KEYSET and self.has_more is not None:
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
        found = self.body.first(_NEXT_CURSOR, *_TEXTUAL)
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
            members["first_page"] = _first_page(self.page)
        elif self.offset is not None:
            members["offset_param"] = self.offset.wire_name
        return self._make(style, **members)

    def _by_link(self) -> Pagination | None:
        if self.next_url is not None and (self.size is not None or self.items):
            return self._make(PaginationStyle.NEXT_URL, next_url=self.next_url)
        if self.link is not None:
            return self._make(PaginationStyle.LINK, header=self.link)
        return None


def _first_page(page: Parameter) -> int:
    if page.has_default and isinstance(page.default, int) and not isinstance(page.default, bool):
        return page.default if page.default in (0, 1) else 1
    bounds = page.type.constraints if isinstance(page.type, Scalar) else None
    return 0 if bounds is not None and bounds.minimum == 0 else 1


_POINTERS = ("total", "total_pages", "next_cursor", "has_more", "next_url")
_PARAMETERS = {
    "page": "page_param",
    "size": "size_param",
    "limit": "size_param",
    "offset": "offset_param",
    "cursor": "cursor_param",
}
_STYLES = {style.value: style for style in PaginationStyle}
_NEEDED = {
    PaginationStyle.PAGE: ("page_param",),
    PaginationStyle.OFFSET: ("offset_param",),
    PaginationStyle.CURSOR: ("cursor_param", "next_cursor"),
    PaginationStyle.KEYSET: ("cursor_param",),
    PaginationStyle.NEXT_URL: ("next_url",),
    PaginationStyle.TOKEN_HEADER: ("cursor_param", "header"),
}


def explicit(
    value: Mapping[str, Any],
    parameters: tuple[Parameter, ...],
    responses: tuple[Response, ...],
    models: Mapping[ModelId, Model],
) -> Pagination:
    """Return the pagination that ``x-pagination`` or the configuration says.

    Raises:
        PaginationError: The value names a style, a parameter or a property that is not there.
    """
    style = _STYLES.get(str(value.get("style")))
    if style is None:
        raise PaginationError(f"the style {value.get('style')!r} is unknown")
    found = _success(responses)
    if found is None:
        raise PaginationError("the operation has no JSON response")
    body = _Body(found[1], models)
    items = value.get("items")
    if items is None:
        listed = body.items("")
        if listed is None:
            raise PaginationError("the response has no list that is its items")
        items = listed[0]
    at_items = body.find(items)
    if not isinstance(at_items, ListOf):
        raise PaginationError(f"{items!r} in the response is not a list")
    members: dict[str, Any] = {}
    known = {
        parameter.wire_name.raw
        for parameter in parameters
        if parameter.location is not ParameterLocation.PATH
    }
    for key, member in _PARAMETERS.items():
        name = value.get(key)
        if name is not None:
            if name not in known:
                raise PaginationError(f"the operation has no parameter {name!r}")
            members[member] = Text(name)
    for key in _POINTERS:
        pointer = value.get(key)
        if pointer is not None:
            if body.find(pointer) is None:
                raise PaginationError(f"the response has no property {pointer!r}")
            members[key] = pointer
    if value.get("header") is not None:
        members["header"] = Text(value["header"])
    elif style is PaginationStyle.LINK:
        members["header"] = Text("Link")
    for needed in _NEEDED.get(style, ()):
        if needed not in members:
            raise PaginationError(f"the style {style.value} needs {needed.removesuffix('_param')}")
    if style is PaginationStyle.KEYSET:
        members["item_cursor"] = value.get("item_cursor", "/id")
    if style is PaginationStyle.PAGE:
        page = next(item for item in parameters if item.wire_name.raw == members["page_param"].raw)
        members["first_page"] = _first_page(page)
    return Pagination(style, items, at_items.item, explicit=True, **members)

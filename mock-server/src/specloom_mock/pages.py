"""A page of a collection: rows chosen, ordered, cut and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specloom_mock.call import Call
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.paging import Cut, disturbed
from specloom_mock.plan import CollectionPlan, ListPlan
from specloom_mock.query import (
    Condition,
    QueryError,
    compile_filter,
    decode_cursor,
    encode_cursor,
    order_rows,
    page_count,
    parse_sort,
    search_rows,
    select_rows,
)
from specloom_mock.schemas import Direction
from specloom_mock.store import Row

__all__ = ["expand_relations", "list_rows", "select_fields"]

_HEADER_ROLES = {
    "x-total-count": "total",
    "x-total": "total",
    "x-page": "page",
    "x-per-page": "size",
    "x-total-pages": "pages",
    "x-next-cursor": "next_cursor",
    "x-next-page-token": "next_cursor",
}


_KEPT_PAGES = 256
"""How many finished pages a collection keeps between two changes."""


def list_rows(call: Call) -> Response:
    """A page of a collection's rows."""
    plan = call.plan.list
    assert plan is not None
    collection = call.collection_plan()
    pages = call.rows(collection).pages
    asked = (call.plan.id, call.origin, call.request.path, call.request.query)
    kept = pages.get(asked) if call.paging is None else None
    if kept is not None:
        return _again(call, kept)
    try:
        rows = _chosen(call, plan, collection)
        cut = _cut(call, plan, rows)
        if call.paging is not None:
            cut = disturbed(call, plan, rows, cut, call.paging)
        page, values, links = cut
    except QueryError as error:
        raise _query_error(call, plan, error) from error
    response = call.plan.success
    payload: list[Any] = [call.view(response, row) for row in page]
    names = call.query(plan.fields)
    include = call.query(plan.include)
    if include:
        payload = [
            call.project(response, expand_relations(call, collection, row, include)) for row in page
        ]
    if names:
        payload = [select_fields(call, data, names) for data in payload]
    headers: dict[str, str] = {}
    for name in response.headers:
        role = _HEADER_ROLES.get(name.lower())
        if role is not None and values.get(role) is not None:
            headers[name] = str(values[role])
        elif name.lower() == "link" and links:
            headers[name] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    pagination = plan.pagination
    if pagination is not None and pagination.header is not None and values.get("next_cursor"):
        headers.setdefault(pagination.header.raw, values["next_cursor"])
    answer = call.respond(payload, values, headers)
    told = any(slot.role == "request_id" for slot in response.slots)
    if not include and not told and call.paging is None and len(pages) < _KEPT_PAGES:
        answer.keep = (pages, asked, dict(headers))
    return answer


def _again(call: Call, kept: tuple[dict[str, str], bytes, Any]) -> Response:
    """The same page once more: no row has changed since it was made and checked."""
    headers, body, value = kept
    plan = call.plan.success
    return Response(
        plan.status,
        dict(headers),
        body,
        plan.media_type,
        value=value,
        checked=True,
        conforms=True,
    )


def _chosen(call: Call, plan: ListPlan, collection: CollectionPlan) -> list[Row]:
    """Rows after filters and search, in the order asked for."""
    query = call.values["query"]
    rows: list[Row] = list(call.rows(collection).rows)
    # Where the path names the collection, one operation serves rows of many kinds: a name that
    # these rows do not have is no mistake of the caller's.
    fields = None if call.plan.store_param is not None else collection.fields
    conditions = [
        Condition(field, "eq", query[name]) for name, field in plan.equals.items() if name in query
    ]
    conditions += [
        Condition(field, operator, query[name])
        for name, (field, operator) in plan.ranges.items()
        if name in query
    ]
    wanted = call.query(plan.filter)
    if isinstance(wanted, str):
        compiled = compile_filter(wanted, fields)
        known_fields = collection.fields
        if known_fields is not None and any(c.field not in known_fields for c in compiled):
            rows = []  # no row has that field, whatever value is asked for
        conditions += compiled
    elif isinstance(wanted, dict):
        conditions += [Condition(name, "eq", value) for name, value in wanted.items()]
    if conditions:
        rows = select_rows(rows, conditions)
    text = call.query(plan.search)
    if isinstance(text, str):
        rows = search_rows(rows, text)
    sort = call.query(plan.sort)
    if sort:
        properties = frozenset(call.schemas.properties(collection.row_schema)) or None
        text = ",".join(sort) if isinstance(sort, list) else str(sort)
        order = call.query(plan.order)
        known = properties if fields is not None else None
        if text in {"asc", "desc"}:
            keys = parse_sort(_time_field(properties), None, text)
        else:
            keys = parse_sort(text, known, order)
        rows = order_rows(rows, keys)
    elif collection.overlay.get("order") == "newest":
        rows.reverse()
    elif (given := collection.overlay.get("order")) is not None:
        rows = order_rows(rows, parse_sort(str(given), None, None))
    return rows


def _time_field(properties: frozenset[str] | None) -> str:
    for name in sorted(properties or ()):
        if words_of(name)[:1] == ["created"]:
            return name
    return "id"


def _cut(call: Call, plan: ListPlan, rows: list[Row]) -> Cut:
    """The page, the computed values by role, and links by relation."""
    total = len(rows)
    size = call.query(plan.size, plan.default_size)
    size = size if isinstance(size, int) and size > 0 else plan.default_size
    if plan.style == "none":
        size = max(total, 1)
    values: dict[str, Any] = {"size": size, "total": total, "pages": page_count(total, size)}
    links: dict[str, str] = {}
    cursor = call.query(plan.cursor)
    if plan.style == "cursor":
        start = 0
        if isinstance(cursor, str) and cursor:
            start = decode_cursor(cursor, rows, _id_test(call))
        page = rows[start : start + size]
        more = start + size < total
        token = encode_cursor(page[-1]) if more and page else None
        values |= {"has_next": more, "has_previous": start > 0, "next_cursor": token}
        if token is not None and plan.cursor is not None:
            links["next"] = call.page_url(plan.cursor, token)
    elif plan.style == "page":
        number = call.query(plan.page, plan.first_page)
        number = number if isinstance(number, int) else plan.first_page
        start = max(0, (number - plan.first_page) * size)
        page = rows[start : start + size]
        pages = page_count(total, size)
        last = plan.first_page + max(pages, 1) - 1
        values |= {"page": number, "has_next": number < last, "has_previous": start > 0}
        values["offset"] = start
        if plan.page is not None and (pages > 1 or number > last):
            steps = {"first": plan.first_page, "prev": number - 1, "next": number + 1}
            steps["last"] = last
            for relation, target in steps.items():
                if plan.first_page <= target <= last:
                    links[relation] = call.page_url(plan.page, target)
    else:
        start = call.query(plan.offset, 0)
        start = start if isinstance(start, int) and start > 0 else 0
        page = rows[start : start + size]
        more = start + size < total
        values |= {"offset": start, "has_next": more, "has_previous": start > 0}
        values["page"] = start // size + 1
        values["next_cursor"] = None
        if plan.offset is not None:
            if more:
                links["next"] = call.page_url(plan.offset, start + size)
            if start:
                links["prev"] = call.page_url(plan.offset, max(0, start - size))
    values["count"] = len(page)
    values["first_id"] = page[0].key if page else None
    values["last_id"] = page[-1].key if page else None
    values |= {"next_url": links.get("next"), "previous_url": links.get("prev")}
    values |= {"first_url": links.get("first"), "last_url": links.get("last")}
    return page, values, links


def _id_test(call: Call) -> Callable[[str], bool] | None:
    """Whether a text could be an id of the collection; None when its ids have no form."""
    schema = call.collection_plan().id_schema
    if call.schemas.keyword(schema, "pattern") is None:
        return None
    return call.schemas.check(schema, Direction.RESPONSE).is_valid


def _query_error(call: Call, plan: ListPlan, error: QueryError) -> ApiError:
    parameter = {"sort": plan.sort, "filter": plan.filter, "cursor": plan.cursor}[error.reason]
    value = call.query(parameter)
    problem = FieldProblem(parameter or error.field, str(error), value, has_value=True)
    code = call.plan.parameter_errors.get(parameter or "")
    return ApiError(400, f"The {error.reason} {error}", error.reason, code=code, problems=[problem])


def select_fields(call: Call, data: dict[str, Any], names: Any) -> dict[str, Any]:
    """Only the named properties, and those that the schema cannot do without."""
    wanted = set(names.split(",") if isinstance(names, str) else names)
    wanted |= call.schemas.required(call.plan.success.payload_schema)
    return {name: value for name, value in data.items() if name in wanted}


def expand_relations(
    call: Call, collection: CollectionPlan, row: Row, include: Any
) -> dict[str, Any]:
    """The row's data with the named relations put in."""
    names = include.split(",") if isinstance(include, str) else include
    data = dict(row.data)
    relations = call.session.rows.relations(collection)
    for name in names:
        relation = relations.get(name)
        if relation is None:
            continue
        allowed = frozenset(call.schemas.properties(relation.schema))
        if relation.target is None:
            if relation.many:
                data[name] = []
            continue
        others = call.session.store.collection(relation.target.name)
        if relation.many:
            found = [other for other in others if other.data.get(relation.key) == row.key]
            data[name] = [_summary(other, allowed) for other in reversed(found)]
        else:
            other = others.get(str(data.get(relation.key)))
            if other is not None:
                data[name] = _summary(other, allowed)
    return data


def _summary(row: Row, allowed: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.data.items() if name in allowed}

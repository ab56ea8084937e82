"""How a list operation's parameters choose, order and cut: found by name and by the row's schema."""

from __future__ import annotations

from typing import Any

from specloom.ir.model import Pagination, PaginationStyle, Text
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan, ListPlan
from specloom_mock.schemas import Schemas

__all__ = ["plan_list"]

_PAGE = {"page", "page number", "page no"}
_SIZE = {"per page", "page size", "limit", "size", "count", "max results", "pagesize", "first"}
_OFFSET = {"offset", "skip", "start"}
_CURSOR = {"cursor", "after", "starting after", "page token", "next token", "next", "start after"}
_BACKWARD = {"before", "ending before"}
_SORT = {"sort", "sort by", "order by", "ordering", "sortby", "orderby"}
_ORDER = {"order", "direction", "sort order", "sort direction", "dir"}
_SEARCH = {"search", "q", "query", "keyword", "term"}
_FILTER = {"filter", "filters", "where"}
_FIELDS = {"fields", "select"}
_INCLUDE = {"include", "includes", "expand", "with"}
_LOWER = {
    "after": "gt",
    "since": "gte",
    "from": "gte",
    "start": "gte",
    "min": "gte",
    "gte": "gte",
    "ge": "gte",
    "gt": "gt",
}
_UPPER = {
    "before": "lt",
    "until": "lte",
    "to": "lte",
    "end": "lte",
    "max": "lte",
    "lte": "lte",
    "le": "lte",
    "lt": "lt",
}
_SUFFIXES = {"in", "ne", "contains"}
_CREATED = ("created at", "created", "created on", "created time", "date created", "timestamp")


def _raw(text: Text | None) -> str | None:
    return text.raw if text is not None else None


def _apply_pagination(plan: ListPlan, found: Pagination) -> None:
    plan.pagination = found
    plan.page = _raw(found.page_param) or plan.page
    plan.size = _raw(found.size_param) or plan.size
    plan.offset = _raw(found.offset_param) or plan.offset
    plan.cursor = _raw(found.cursor_param) or plan.cursor
    plan.first_page = found.first_page
    styles = {
        PaginationStyle.PAGE: "page",
        PaginationStyle.OFFSET: "offset",
        PaginationStyle.CURSOR: "cursor",
        PaginationStyle.KEYSET: "cursor",
        PaginationStyle.LINK: "page" if plan.page else "cursor",
        PaginationStyle.NEXT_URL: "page" if plan.page else "cursor",
        PaginationStyle.TOKEN_HEADER: "cursor",
    }
    plan.style = styles.get(found.style, plan.style)


def _field_named(words: str, fields: dict[str, Any]) -> str | None:
    """The row's property whose words are ``words`` (or those of ``words`` and ``at``)."""
    for name in fields:
        have = " ".join(words_of(name))
        if have in (words, f"{words} at", f"{words} on", f"{words} time"):
            return name
    return None


def _range(name: str, fields: dict[str, Any]) -> tuple[str, str] | None:
    """``created_after``, ``since``, ``price_gte``, ``startDate`` as (field, operator)."""
    words = words_of(name)
    for index in (len(words) - 1, 0):
        operator = _LOWER.get(words[index]) or _UPPER.get(words[index])
        if operator is None:
            continue
        rest = words[:index] + words[index + 1 :]
        target = _field_named(" ".join(rest), fields) if rest else None
        if target is None and (not rest or rest in (["date"], ["time"], ["at"], ["created"])):
            target = next((f for c in _CREATED if (f := _field_named(c, fields))), None)
        if target is None:
            continue
        if operator == "gt" and "created" in words_of(target):
            operator = "gte"
        return target, operator
    if words and words[-1] in _SUFFIXES:
        target = _field_named(" ".join(words[:-1]), fields)
        if target is not None:
            return target, words[-1]
    return None


def plan_list(
    schemas: Schemas,
    parameters: list[dict[str, Any]],
    collection: CollectionPlan | None,
    pagination: Pagination | None,
    notes: list[str],
    where: str,
) -> ListPlan:
    """Decide what each query parameter of a list does; those without effect are noted.

    Args:
        schemas: The document's schemas.
        parameters: The operation's parameters.
        collection: What is listed; None when the rows are free-form.
        pagination: How the intermediate representation says that it pages.
        notes: Receives a line for each parameter that could not be given a meaning.
        where: What notes call the operation.
    """
    plan = ListPlan(style="none")
    fields = schemas.properties(collection.row_schema) if collection is not None else {}
    query = [p for p in parameters if p.get("in") == "query"]
    idle: list[str] = []
    for parameter in query:
        name = parameter["name"]
        base = name.removesuffix("[]")
        words = " ".join(words_of(base))
        schema = parameter.get("schema") or {}
        numeric = bool(schemas.types(schema) & {"integer", "number"}) or not schema
        if words in _PAGE and numeric:
            plan.page = name
        elif words in _SIZE and numeric and (plan.size is None or words != "count"):
            plan.size = name
            plan.default_size = _size(schemas, schema)
        elif words in _OFFSET and numeric and plan.offset is None:
            plan.offset = name
        elif words in _SORT:
            plan.sort = name
        elif words in _ORDER:
            plan.order = name
        elif words in _SEARCH:
            plan.search = name
        elif words in _FILTER:
            plan.filter = name
        elif words in _FIELDS:
            plan.fields = name
        elif words in _INCLUDE:
            plan.include = name
        elif (target := _field_named(words, fields)) is not None:
            plan.equals[name] = target
        elif words in _CURSOR and not numeric:
            plan.cursor = name
        elif words in _BACKWARD and _range(base, fields) is None:
            plan.backward = name
        elif (bound := _range(base, fields)) is not None:
            plan.ranges[name] = bound
        elif words in _CURSOR:
            plan.cursor = name
        else:
            idle.append(name)
    if plan.sort is None and plan.order is not None:
        ordered = next(p for p in query if p["name"] == plan.order)
        values = schemas.keyword(ordered.get("schema") or {}, "enum") or ["asc", "desc"]
        if {str(value).lower() for value in values} <= {"asc", "desc"}:
            plan.sort = plan.order
        plan.order = None
    if plan.cursor:
        plan.style = "cursor"
    elif plan.page:
        plan.style = "page"
    elif plan.offset or plan.size:
        plan.style = "offset"
    if pagination is not None:
        _apply_pagination(plan, pagination)
        sized = next((p for p in query if p["name"] == plan.size), None)
        if sized is not None:
            plan.default_size = _size(schemas, sized.get("schema") or {})
    idle = [name for name in idle if name not in {plan.page, plan.size, plan.offset, plan.cursor}]
    if idle:
        notes.append(f"{where}: no effect from the query parameters {', '.join(idle)}")
    return plan


def _size(schemas: Schemas, schema: Any) -> int:
    default = schemas.keyword(schema, "default")
    if isinstance(default, int) and default > 0:
        return default
    maximum = schemas.keyword(schema, "maximum")
    return min(20, int(maximum)) if isinstance(maximum, (int, float)) and maximum >= 1 else 20

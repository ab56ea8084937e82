"""What was derived from a document, told: which operation does what to which collection."""

from __future__ import annotations

from typing import Any

from specloom_mock.plan import ApiPlan, Kind, ListPlan, OperationPlan

__all__ = ["derivation", "derivation_lines"]


def derivation(plan: ApiPlan) -> list[dict[str, Any]]:
    """Every operation with what it does, as JSON; ``does`` is ``fixed`` where nothing was derived.

    A list says by which parameters it pages, sorts and chooses; an action what it sets.
    """
    return [_operation(operation) for operation in plan.operations.values()]


def _operation(operation: OperationPlan) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "does": operation.kind.value,
    }
    if operation.impossible is not None:
        made["impossible"] = operation.impossible
    if operation.kind is Kind.FIXED:
        return made
    if operation.store_param is not None:
        made["collections"] = {name: c.path for name, c in operation.stores.items()}
    elif operation.collection is not None:
        made["collection"] = operation.collection.path
    if operation.list is not None:
        made |= _list(operation.list)
    if operation.kind is Kind.ACTION:
        made["sets"] = (operation.mock.get("action") or {}).get("set") or {}
    if operation.event is not None:
        made["event"] = operation.event
    return made


def _list(plan: ListPlan) -> dict[str, Any]:
    pages = {
        "style": plan.style,
        "page": plan.page,
        "size": plan.size,
        "offset": plan.offset,
        "cursor": plan.cursor,
    }
    made: dict[str, Any] = {"pages": {key: name for key, name in pages.items() if name is not None}}
    for role in ("sort", "order", "search", "filter", "fields", "include"):
        name = getattr(plan, role)
        if name is not None:
            made[role] = name
    chosen = dict(plan.equals)
    chosen |= {name: f"{field} {operator}" for name, (field, operator) in plan.ranges.items()}
    if chosen:
        made["filters"] = chosen
    return made


def derivation_lines(plan: ApiPlan) -> list[str]:
    """The same in a line for each collection, and one for the operations without."""
    found: dict[str, list[str]] = {}
    fixed = 0
    for row in derivation(plan):
        if row["does"] == Kind.FIXED.value:
            fixed += 1
            continue
        for name in (row.get("collections") or {"": row.get("collection", "")}).values():
            found.setdefault(name or "logins", []).append(_said(row))
    lines = [f"{name}: {', '.join(dict.fromkeys(said))}" for name, said in found.items()]
    if fixed:
        lines.append(f"not derived: {fixed} of {len(plan.operations)} operations")
    return lines


def _said(row: dict[str, Any]) -> str:
    does = str(row["does"])
    if does == Kind.LIST.value:
        style = row["pages"]["style"]
        extras = [key for key in ("sort", "search", "fields", "include") if key in row]
        names = [*([] if style == "none" else [f"{style} pages"]), *extras, *row.get("filters", {})]
        if "filter" in row:
            names.append("filter")
        return f"{does} ({', '.join(names)})" if names else does
    if does == Kind.ACTION.value:
        sets = " ".join(f"{key}={value}" for key, value in row["sets"].items())
        return f"{row['path'].rpartition('/')[2]} ({sets})" if sets else str(row["path"])
    return does

"""Lists that go wrong between two pages: rows that move, repeat or vanish, links that lead back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom_mock.faults import Fault
from specloom_mock.plan import ListPlan
from specloom_mock.store import Row

if TYPE_CHECKING:
    from specloom_mock.call import Call

__all__ = ["Cut", "disturbed"]

Cut = tuple[list[Row], dict[str, Any], dict[str, str]]
"""A page, its computed values by role, and its links by relation."""


def disturbed(call: Call, plan: ListPlan, rows: list[Row], cut: Cut, fault: Fault) -> Cut:
    """A page as a fault wants it; the first page and pages beyond the end move nowhere.

    Args:
        call: The request.
        plan: How the list is cut.
        rows: Everything that was chosen, in order.
        cut: The page as it should be.
        fault: ``shift_page``, ``repeat_page``, ``cursor_loop`` or ``empty_page``.
    """
    page, values, links = cut
    if fault.kind == "cursor_loop":
        return page, *_led_back(call, plan, dict(values), dict(links))
    if fault.kind == "empty_page":
        page = []
    elif page:
        start = rows.index(page[0])
        back = len(page) if fault.kind == "repeat_page" else int(fault.params.get("rows", 1))
        if fault.kind == "repeat_page":
            back = values["size"]
        if start > 0:
            first = max(0, start - back)
            page = rows[first : first + values["size"]]
    values = {
        **values,
        "count": len(page),
        "first_id": page[0].key if page else None,
        "last_id": page[-1].key if page else None,
    }
    return page, values, links


def _led_back(
    call: Call, plan: ListPlan, values: dict[str, Any], links: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The next page is this one: the cursor, the number or the offset that was asked for."""
    name = {"cursor": plan.cursor, "page": plan.page}.get(plan.style, plan.offset)
    asked = call.query(name)
    if name is None or asked is None:
        return values, links  # the first page: nothing leads to it
    links["next"] = call.page_url(name, asked)
    values |= {"has_next": True, "next_url": links["next"]}
    if plan.style == "cursor":
        values["next_cursor"] = asked
    return values, links

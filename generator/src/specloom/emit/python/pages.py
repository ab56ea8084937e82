"""Page classes under the names of pagination schemes."""

from __future__ import annotations

from dataclasses import dataclass

from specloom.config.promises import Promises
from specloom.emit.python.encode import string
from specloom.emit.python.names import identifier
from specloom.emit.python.plan import TypePlan
from specloom.ir.model import Api
from specloom.ir.names import split_words

__all__ = ["PageClass", "page_classes", "page_names"]

_TYPES = {"integer": "int | None", "string": "str | None", "boolean": "bool | None"}
_OWN = frozenset({"body", "data", "headers", "http_response", "request_id", "status_code"})
"""What a page has of its own; an envelope's field of that name is reached through ``body``."""

_METHODS = frozenset({"items", "pages"})
_TAKEN = frozenset({"total", "total_pages"})
"""What a page has, and an envelope's field of that name stands before."""


@dataclass(frozen=True, slots=True)
class PageClass:
    """The pair of classes of one scheme: its name, and the envelope's fields as statements."""

    name: str
    fields: tuple[str, ...]


def page_classes(api: Api, plan: TypePlan, promises: Promises) -> list[PageClass]:
    """The page classes that methods return."""
    used: dict[str, str] = {}
    for id_, types in plan.operations.items():
        pagination = api.operations[id_].pagination
        if types.page is not None and pagination is not None and pagination.name is not None:
            used[types.page] = promises.page_names[id_]
    return [
        PageClass(name, tuple(_fields(promises.pages.get(used[name], ())))) for name in sorted(used)
    ]


def _fields(fields: tuple[tuple[str, str], ...]) -> list[str]:
    statements: dict[str, str] = {}
    for wire_name, kind in fields:
        name = identifier(split_words(wire_name), "field")
        if name in _OWN or name.startswith("_"):
            continue
        note = "list[T]" if kind == "array" else _TYPES.get(kind, "Any")
        if name in _METHODS:  # the envelope's field is promised, and stands before the method
            ignored = "  # type: ignore[assignment]" if note != "Any" else ""
        else:
            note, ignored = "Any" if name in _TAKEN else note, ""
        statements[name] = f"    {name}: {note} = page_field({string(wire_name)}){ignored}"
    return list(statements.values())


def page_names(pages: list[PageClass]) -> tuple[str, ...]:
    """Every name that the module offers."""
    own = [prefix + page.name for page in pages for prefix in ("Sync", "Async")]
    return (*own, "AsyncItems", "AsyncPage", "AsyncPaginator", "Items", "SyncPage")

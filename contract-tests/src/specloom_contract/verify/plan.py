"""What can be asked of a server, as a document says it: endpoints and collections."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specloom.ir.model import Operation, Pagination

__all__ = ["Collection", "Endpoint", "FilterPlan", "FilterRule", "Plan", "SortPlan"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation with what a request to it needs.

    Attributes:
        parameters: Parameter objects, references resolved; path parameters first.
        body: Media type and schema of the request body that is sent; None without one.
        body_required: Whether a request must have one.
        operation: The generator's reading of the same operation.
        place: file:line of the operation.
    """

    id: str
    method: str
    path: str
    pointer: str
    place: str
    raw: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    operation: Operation
    body: tuple[str, Any] | None = None
    body_pointer: str = ""
    body_required: bool = False

    @property
    def label(self) -> str:
        """Method and path, as reports name it."""
        return f"{self.method} {self.path}"

    @property
    def meter(self) -> str:
        """What meters it, as far as the document tells: its policy, or else its first segment."""
        limit = self.operation.rate_limit
        return limit.policy.raw if limit is not None else self.path.split("/")[1]

    @property
    def path_names(self) -> tuple[str, ...]:
        """Path parameters in the order of the template."""
        return tuple(part.text.raw for part in self.operation.path if part.is_parameter)

    def parameter(self, name: str) -> Mapping[str, Any] | None:
        """The query parameter of that name."""
        found = (p for p in self.parameters if p["in"] == "query" and p["name"] == name)
        return next(found, None)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Declared statuses."""
        return tuple(str(status) for status in self.raw.get("responses") or {})


class FilterRule(enum.Enum):
    """How a query parameter chooses rows."""

    EQUALS = "equals"
    CONTAINS = "contains"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class FilterPlan:
    """A query parameter that filters, and the field of a row that it is about."""

    parameter: str
    field: str
    rule: FilterRule
    pointer: str


@dataclass(frozen=True, slots=True)
class SortPlan:
    """How a list is sorted.

    Attributes:
        choices: (query, field, descending): what to ask, and how rows must come then.
    """

    parameter: str
    choices: tuple[tuple[tuple[tuple[str, str], ...], str, bool], ...]
    pointer: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A path that lists or takes rows, and the path of one row.

    Attributes:
        path: The collection's path template.
        parents: Path parameters above a row.
        id_param: Path parameter that names a row; None without an item path.
        id_field: Property of a row that holds its id.
        items: JSON pointer of the rows in a list's body.
        row: Schema of a row in a list, or else of one that is read.
        payload: JSON pointer of the row in the body, by operation id.
    """

    path: str
    singular: str
    parents: tuple[str, ...]
    id_param: str | None
    id_field: str | None
    listing: Endpoint | None = None
    create: Endpoint | None = None
    read: Endpoint | None = None
    update: Endpoint | None = None
    delete: Endpoint | None = None
    items: str = ""
    row: Any = None
    payload: Mapping[str, str] = field(default_factory=dict)
    pagination: Pagination | None = None
    sort: SortPlan | None = None
    filters: tuple[FilterPlan, ...] = ()
    below: tuple[Endpoint, ...] = ()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its operations, in the order of a row's life."""
        own = (self.listing, self.create, self.read, self.update, self.delete)
        return (*(endpoint for endpoint in own if endpoint is not None), *self.below)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole document.

    Attributes:
        chosen: Ids of operations that may be called (``--include``, ``--exclude``).
        others: Endpoints that belong to no collection.
    """

    title: str
    version: str
    endpoints: tuple[Endpoint, ...]
    collections: tuple[Collection, ...]
    others: tuple[Endpoint, ...]

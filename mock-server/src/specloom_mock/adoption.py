"""State carried over to another version of the document: what still fits stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specloom_mock.plan import CollectionPlan
from specloom_mock.schemas import Direction, Schemas
from specloom_mock.seeding import RowMaker
from specloom_mock.store import Collection, Parents, Row, Rows

__all__ = ["Adoption", "adopt_rows"]


@dataclass(slots=True)
class Adoption:
    """What became of the rows.

    Attributes:
        kept: Rows that are as they were.
        completed: Rows that lacked something, or held what no longer fits, and got generated values.
        dropped: Rows that could not be made to fit, or whose collection is gone.
        gone: Collections that the document no longer has.
    """

    kept: int = 0
    completed: int = 0
    dropped: int = 0
    gone: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.kept} rows kept, {self.completed} completed, {self.dropped} dropped"
        return f"{text} (with {', '.join(self.gone)})" if self.gone else text

    def add(self, other: Adoption) -> None:
        """Count another adoption too."""
        self.kept += other.kept
        self.completed += other.completed
        self.dropped += other.dropped
        self.gone = tuple(sorted({*self.gone, *other.gone}))


def adopt_rows(
    rows: Rows,
    collections: dict[str, CollectionPlan],
    schemas: Schemas,
    maker: RowMaker,
    now: float,
) -> tuple[Rows, Adoption]:
    """Carry collections over to a document.

    Args:
        rows: The collections as they were.
        collections: The document's collections, by name.
        schemas: Its schemas.
        maker: Completes rows that lack something.
        now: The session's time, in epoch seconds.
    """
    adopted: Rows = {}
    told = Adoption()
    for (name, parents), former in rows.items():
        plan = collections.get(name)
        if plan is None or len(plan.parents) != len(parents):
            told.dropped += len(former)
            told.gone = tuple(sorted({*told.gone, name}))
            continue
        made: dict[str, Row] = {}
        for row in former:
            fresh = _fitted(row, plan, parents, schemas, maker, now)
            if fresh is None:
                told.dropped += 1
                continue
            told.kept += fresh.data is row.data
            told.completed += fresh.data is not row.data
            made[row.key] = fresh
        twin = Collection(made)
        twin.next_seq = former.next_seq
        twin.removed = set(former.removed)
        adopted[name, parents] = twin
    return adopted, told


def _fitted(
    row: Row,
    plan: CollectionPlan,
    parents: Parents,
    schemas: Schemas,
    maker: RowMaker,
    now: float,
) -> Row | None:
    """A row that the document's own answers can show; None when none can be made of it."""
    check = schemas.check(plan.row_schema or {}, Direction.RESPONSE)
    if check.is_valid(row.data):
        return Row(row.key, row.data, row.seq, row.hidden)
    given = _still_good(row.data, plan, schemas)
    data, hidden = maker.seeded(plan, parents, row.seq, now, given)
    if not check.is_valid(data) or maker.key_of(plan, data, row.seq) != row.key:
        return None
    return Row(row.key, data, row.seq, {**hidden, **row.hidden})


def _still_good(data: dict[str, Any], plan: CollectionPlan, schemas: Schemas) -> dict[str, Any]:
    properties = schemas.properties(plan.row_schema)
    return {
        name: value
        for name, value in data.items()
        if name in properties
        and schemas.check(properties[name], Direction.RESPONSE).is_valid(value)
    }

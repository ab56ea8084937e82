"""What the server remembers: collections of immutable rows.

A row is replaced, never changed, so a row object that was validated or encoded once stays valid
and encoded, a new session is a copy of references, and a snapshot costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

__all__ = ["Collection", "Parents", "Row", "Rows", "Store", "Where"]

Parents: TypeAlias = tuple[str, ...]
"""Values of the path parameters above a collection: ``("prj_1",)`` for /projects/prj_1/files."""


class Row:
    """One stored resource.

    Attributes:
        key: Its id as it stands in a path.
        data: Its fields; never changed after the row was made.
        hidden: What is known but never shown: secrets, passwords, bytes of a file.
        seq: Position in the order of creation, unique in its collection.
        views: Encoded representations by the projection that made (and validated) them.
    """

    __slots__ = ("data", "hidden", "key", "seq", "views")

    def __init__(
        self, key: str, data: dict[str, Any], seq: int, hidden: Mapping[str, Any] | None = None
    ) -> None:
        self.key = key
        self.data = data
        self.seq = seq
        self.hidden: Mapping[str, Any] = hidden or {}
        self.views: dict[int, dict[str, Any]] = {}


class Collection:
    """Rows by key, in order of creation.

    Attributes:
        revision: Grows with every change; what was computed under one revision stays true for it.
        removed: Keys of rows that were deleted.
        pages: Finished answers of lists, by what was asked; forgotten with every change.
    """

    __slots__ = ("_note", "_ordered", "_rows", "next_seq", "pages", "removed", "revision")

    def __init__(
        self, rows: Mapping[str, Row] | None = None, note: Callable[[str], None] | None = None
    ) -> None:
        self._note = note
        self._rows: dict[str, Row] = dict(rows or {})
        self.next_seq = len(self._rows)
        self.revision = 0
        self.removed: set[str] = set()
        self.pages: dict[Any, Any] = {}
        self._ordered: tuple[Row, ...] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, oldest first."""
        if self._ordered is None:
            self._ordered = tuple(self._rows.values())
        return self._ordered

    def get(self, key: str) -> Row | None:
        """The row with that key."""
        return self._rows.get(key)

    def add(self, key: str, data: dict[str, Any], hidden: Mapping[str, Any] | None = None) -> Row:
        """Store a new row.

        Raises:
            KeyError: The key is taken.
        """
        if key in self._rows:
            raise KeyError(key)
        row = Row(key, data, self.next_seq, hidden)
        self.next_seq += 1
        self._rows[key] = row
        self._changed(key)
        return row

    def replace(
        self, row: Row, data: dict[str, Any], hidden: Mapping[str, Any] | None = None
    ) -> Row:
        """Put new data in the place of ``row``; hidden values are kept unless given."""
        fresh = Row(row.key, data, row.seq, row.hidden if hidden is None else hidden)
        self._rows[row.key] = fresh
        self._changed(row.key)
        return fresh

    def remove(self, key: str) -> Row | None:
        """Delete a row; its former self, or None when there was none."""
        row = self._rows.pop(key, None)
        if row is not None:
            self.removed.add(key)
            self._changed(key)
        return row

    def copy(self, note: Callable[[str], None] | None = None) -> Collection:
        """An independent collection of the same rows, which tells its changes to ``note``."""
        twin = Collection(self._rows, note)
        twin.next_seq = self.next_seq
        twin.revision = self.revision
        twin.removed = set(self.removed)
        twin._ordered = self._ordered
        return twin

    def _changed(self, key: str) -> None:
        self.revision += 1
        self._ordered = None
        self.pages = {}
        if self._note is not None:
            self._note(key)


Seeder: TypeAlias = Callable[[str, Parents], Mapping[str, Row]]
Where: TypeAlias = tuple[str, Parents]
"""A collection's name, and the values of the path parameters above it."""
Rows: TypeAlias = dict[Where, Collection]


class Store:
    """Every collection of one session, filled by the seeder when it is first looked at.

    Args:
        seeder: Makes the first rows of a collection from its name and parents; must give the same
            rows for the same arguments.
        recorded: Whether somebody takes the changes away.

    Attributes:
        changes: Where recorded, the keys that have changed by collection; None for all of them.
    """

    def __init__(self, seeder: Seeder, *, recorded: bool = False) -> None:
        self._seeder = seeder
        self._collections: Rows = {}
        self._recorded = recorded
        self.changes: dict[Where, set[str] | None] = {}

    def collection(self, name: str, parents: Parents = ()) -> Collection:
        """The collection of that name below those parents."""
        key = (name, parents)
        found = self._collections.get(key)
        if found is None:
            found = Collection(self._seeder(name, parents), self._note(key))
            self._collections[key] = found
        return found

    def touched(self) -> Iterator[tuple[str, Parents, Collection]]:
        """Collections that have been looked at."""
        for (name, parents), collection in self._collections.items():
            yield name, parents, collection

    def put(self, name: str, parents: Parents, rows: Mapping[str, Row]) -> None:
        """Make ``rows`` the whole content of a collection."""
        key = (name, parents)
        self._collections[key] = Collection(rows, self._note(key))
        self._replaced(key)

    def snapshot(self) -> Rows:
        """Everything as it is now, unaffected by later changes."""
        return {key: collection.copy() for key, collection in self._collections.items()}

    def restore(self, snapshot: Rows) -> None:
        """Go back to a snapshot."""
        for key in self._collections:
            self._replaced(key)
        self._collections = {
            key: collection.copy(self._note(key)) for key, collection in snapshot.items()
        }
        for key in self._collections:
            self._replaced(key)

    def held(self, where: Where) -> Collection | None:
        """A collection that has been looked at; None for one that is as it was seeded."""
        return self._collections.get(where)

    def _note(self, key: Where) -> Callable[[str], None] | None:
        if not self._recorded:
            return None

        def note(changed: str) -> None:
            known = self.changes.setdefault(key, set())
            if known is not None:
                known.add(changed)

        return note

    def _replaced(self, key: Where) -> None:
        if self._recorded:
            self.changes[key] = None

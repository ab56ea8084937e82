"""State in an SQLite file: it survives restarts, and a crash loses nothing that was answered."""

from __future__ import annotations

import base64
import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from specloom_mock.auth import Credential
from specloom_mock.store import Collection, Parents, Row, Rows, Where

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["StateError", "StateFile"]

_FORMAT = "1"
_APPLICATION = 0x73706C6D
"""What marks a file as ours: ``splm``."""
_BYTES = "$bytes"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (name TEXT PRIMARY KEY, facts BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collections (
    session TEXT, name TEXT, parents TEXT, facts BLOB NOT NULL,
    PRIMARY KEY (session, name, parents)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    session TEXT, name TEXT, parents TEXT, key TEXT, seq INTEGER, data BLOB, hidden BLOB,
    PRIMARY KEY (session, name, parents, key)
) WITHOUT ROWID;
"""


class StateError(Exception):
    """The file cannot keep state; says why."""


class StateFile:
    """The state of every session of one server.

    Rows, credentials, seeds and virtual time are kept. Quotas, faults, snapshots, idempotency
    keys, deliveries and the journal are not: they belong to a run.

    Args:
        path: The file; made when it does not exist.

    Raises:
        StateError: It is in use by another server, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StateError(f"{path}: {error}") from error
        try:
            self._open()
        except sqlite3.Error as error:
            self._db.close()
            raise StateError(f"{path}: {_reason(error)}") from error
        except StateError:
            self._db.close()
            raise
        self._written: set[tuple[str, Where]] = set()
        self._facts: dict[str, bytes] = {}

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION:
            raise StateError(f"{self.path}: is an SQLite database of something else")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.executescript(_TABLES)
        known = self.fact("format")
        if known not in {None, _FORMAT}:
            raise StateError(
                f"{self.path}: was written by another version of the server (format {known}); "
                "remove it, or use that version"
            )
        self.set_fact("format", _FORMAT)

    def fact(self, name: str) -> str | None:
        """Something known about the whole file: ``document``, the hash of what was served."""
        found = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def set_fact(self, name: str, value: str) -> None:
        """Remember something about the whole file."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def names(self) -> list[str]:
        """The sessions that are kept."""
        return [str(name) for (name,) in self._db.execute("SELECT name FROM sessions")]

    def close(self) -> None:
        """Finish; what was saved is in the file."""
        self._db.close()

    # --- writing -----------------------------------------------------------------------------

    def save(self, session: Session, method: str = "POST") -> None:
        """Write what has changed, all of it or nothing.

        Args:
            session: Whose state.
            method: Of the request that was handled; a safe one changes no credentials.
        """
        store = session.store
        if not store.changes and method in _SAFE:
            return
        facts = _facts(session)
        if not store.changes and self._facts.get(session.name) == facts:
            return
        with self._transaction():
            if not session.recorded_before:
                self._delete(session.name)
            for where, keys in store.changes.items():
                self._save_collection(session.name, where, store.held(where), keys)
            self._db.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (session.name, facts))
        session.recorded_before = True
        self._facts[session.name] = facts
        store.changes.clear()

    def forget(self, name: str) -> None:
        """Remove a session."""
        with self._transaction():
            self._delete(name)

    def _delete(self, name: str) -> None:
        for table, column in (
            ("sessions", "name"),
            ("collections", "session"),
            ("rows", "session"),
        ):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))  # noqa: S608
        self._written = {pair for pair in self._written if pair[0] != name}

    def _save_collection(
        self, session: str, where: Where, found: Collection | None, keys: set[str] | None
    ) -> None:
        place = (session, where[0], _joined(where[1]))
        whole = keys is None or (session, where) not in self._written
        if whole:
            self._db.execute(
                "DELETE FROM rows WHERE session = ? AND name = ? AND parents = ?", place
            )
        if found is None:
            self._db.execute(
                "DELETE FROM collections WHERE session = ? AND name = ? AND parents = ?", place
            )
            self._written.discard((session, where))
            return
        facts = orjson.dumps({"next_seq": found.next_seq, "removed": sorted(found.removed)})
        self._db.execute("INSERT OR REPLACE INTO collections VALUES (?, ?, ?, ?)", (*place, facts))
        rows = list(found) if whole else [row for key in keys or () if (row := found.get(key))]
        self._db.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*place, row.key, row.seq, orjson.dumps(row.data), _hidden(row)) for row in rows),
        )
        if not whole:
            gone = [(*place, key) for key in keys or () if found.get(key) is None]
            self._db.executemany(
                "DELETE FROM rows WHERE session = ? AND name = ? AND parents = ? AND key = ?", gone
            )
        self._written.add((session, where))

    def _transaction(self) -> contextlib.AbstractContextManager[Any]:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    # --- reading -----------------------------------------------------------------------------

    def load(self, session: Session) -> Rows:
        """Bring a session's credentials and time back, and return its collections.

        Raises:
            StateError: The file is damaged.
        """
        try:
            found = self._db.execute(
                "SELECT facts FROM sessions WHERE name = ?", (session.name,)
            ).fetchone()
            if found is None:
                return {}
            _apply(session, orjson.loads(found[0]))
            return self._collections(session.name)
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise StateError(f"{self.path}: is damaged: {error}") from error

    def _collections(self, session: str) -> Rows:
        made: dict[Where, dict[str, Row]] = {}
        facts: dict[Where, dict[str, Any]] = {}
        query = "SELECT name, parents, facts FROM collections WHERE session = ?"
        for name, parents, raw in self._db.execute(query, (session,)):
            where = (name, _split(parents))
            facts[where], made[where] = orjson.loads(raw), {}
        query = (
            "SELECT name, parents, key, seq, data, hidden FROM rows WHERE session = ? ORDER BY seq"
        )
        for name, parents, key, seq, data, hidden in self._db.execute(query, (session,)):
            row = Row(key, orjson.loads(data), seq, _shown(orjson.loads(hidden)))
            made[name, _split(parents)][key] = row
        rows: Rows = {}
        for where, kept in made.items():
            collection = rows[where] = Collection(kept)
            collection.next_seq = facts[where]["next_seq"]
            collection.removed = set(facts[where]["removed"])
        return rows


def _joined(parents: Parents) -> str:
    return orjson.dumps(parents).decode()


def _split(text: str) -> Parents:
    return tuple(orjson.loads(text))


def _hidden(row: Row) -> bytes:
    def text(value: Any) -> Any:
        return {_BYTES: base64.b64encode(value).decode()}

    return orjson.dumps(dict(row.hidden), default=text)


def _shown(hidden: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value[_BYTES])
        if isinstance(value, dict) and value.keys() == {_BYTES}
        else value
        for name, value in hidden.items()
    }


def _facts(session: Session) -> bytes:
    """What a session is beside its rows."""
    keyring, clock = session.keyring, session.clock
    return orjson.dumps(
        {
            "seed": session.seed,
            "rows": session.start_rows,
            "start": clock.start,
            "now": clock.now() if clock.virtual else None,
            "issued": keyring.issued,
            "revoked": sorted(keyring.revoked),
            "known": [
                {
                    "kind": found.kind,
                    "value": found.value,
                    "scopes": None if found.scopes is None else sorted(found.scopes),
                    "user": found.user,
                    "expires_at": found.expires_at,
                    "credits": found.credits,
                    "family": found.family,
                    "key_id": found.key_id,
                }
                for found in keyring.known.values()
            ],
        }
    )


def _apply(session: Session, facts: dict[str, Any]) -> None:
    """Make a session what its facts say; its rows come after."""
    session.reset(seed=facts["seed"], rows=facts["rows"], now=facts["start"])
    if session.clock.virtual and facts["now"] is not None:
        session.clock.resume(facts["now"])
    keyring = session.keyring
    keyring.issued = facts["issued"]
    keyring.revoked = set(facts["revoked"])
    for raw in facts["known"]:
        scopes = raw.pop("scopes")
        keyring.add(Credential(**raw, scopes=None if scopes is None else frozenset(scopes)))


def _reason(error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return "is in use by another server"
    if "not a database" in str(error):
        return "is not an SQLite database"
    return str(error)

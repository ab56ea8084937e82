"""State from outside: rows and credentials that a test puts in, and the whole of it shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specloom_mock.plan import CollectionPlan
from specloom_mock.resources import template_names
from specloom_mock.schemas import Direction
from specloom_mock.stamps import stamp_kind
from specloom_mock.store import Collection, Parents

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = [
    "PopulateError",
    "find_rows",
    "populate",
    "replace_state",
    "show_collections",
    "show_state",
]

_COUNTER = re.compile(r"\{i(?::(0?\d+))?\}")


class PopulateError(ValueError):
    """Rows or credentials that cannot be stored. ``pointer`` says where in the request."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _label(plan: CollectionPlan, parents: Parents) -> str:
    """A collection's name, with the values of its parents for a nested one."""
    label = plan.name
    for name, value in zip(template_names(plan.path), parents, strict=False):
        label = label.replace("{" + name + "}", value)
    return label


def show_state(session: Session) -> dict[str, list[dict[str, Any]]]:
    """All rows by collection; nested ones under the path of their parent, if looked at before."""
    shown: dict[str, list[dict[str, Any]]] = {}
    plans = {plan.name: plan for plan in session.plan.collections.values()}
    for plan in plans.values():
        if not plan.parents:
            shown[plan.name] = [row.data for row in session.store.collection(plan.name)]
    for name, parents, rows in session.store.touched():
        if parents and name in plans:
            shown[_label(plans[name], parents)] = [row.data for row in rows]
    return shown


def show_collections(session: Session) -> list[dict[str, Any]]:
    """The collections of :func:`show_state` with their sizes and what their rows' ids are called."""
    shown: list[dict[str, Any]] = []

    def show(plan: CollectionPlan, parents: Parents, rows: Collection) -> None:
        name = _label(plan, parents)
        shown.append({"name": name, "count": len(rows), "id_field": plan.id_field})

    plans = {plan.name: plan for plan in session.plan.collections.values()}
    for plan in plans.values():
        if not plan.parents:
            show(plan, (), session.store.collection(plan.name))
    for name, parents, rows in session.store.touched():
        if parents and name in plans:
            show(plans[name], parents, rows)
    return shown


def find_rows(session: Session, name: str) -> Collection:
    """A collection by its name, a nested one with its parents' values filled in.

    Raises:
        PopulateError: There is no such collection, or a parent's value is missing.
    """
    plan, parents = _find(session, name, {}, "/collection")
    return session.store.collection(plan.name, parents)


def _find(
    session: Session, name: str, parent: Mapping[str, str], at: str
) -> tuple[CollectionPlan, Parents]:
    """The collection of a name: as the document writes it, or with its parents' values filled in."""
    for plan in session.plan.collections.values():
        if plan.name == name:
            missing = [p for p in plan.parents if p not in parent]
            if missing:
                raise PopulateError(f"{name} needs parent.{missing[0]}", f"{at}/parent")
            return plan, tuple(parent[p] for p in plan.parents)
    for plan in session.plan.collections.values():
        if not plan.parents:
            continue
        pattern = re.sub(r"\\\{[^/]+?\\\}", "([^/]+)", re.escape(plan.name))
        match = re.fullmatch(pattern, name)
        if match is not None:
            return plan, match.groups()
    known = ", ".join(plan.name for plan in session.plan.collections.values())
    raise PopulateError(f"there is no collection {name!r}; known: {known}", at)


def replace_state(session: Session, collections: Mapping[str, list[dict[str, Any]]]) -> None:
    """Make ``collections`` the whole state; those not named are emptied.

    Raises:
        PopulateError: A collection is not known; nothing has changed then.
    """
    found = {
        name: _find(session, name, {}, f"/collections/{_escaped(name)}") for name in collections
    }
    for plan in session.plan.collections.values():
        if not plan.parents:
            session.store.put(plan.name, (), {})
    for name, parents, _ in list(session.store.touched()):
        session.store.put(name, parents, {})
    for name, (plan, parents) in found.items():
        rows = session.store.collection(plan.name, parents)
        for data in collections[name]:
            key = session.rows.key_of(plan, data, rows.next_seq)
            if rows.get(key) is None:
                rows.add(key, data)


def _counted(value: Any, index: int) -> Any:
    if isinstance(value, str):
        return _COUNTER.sub(lambda m: format(index, m[1] or ""), value)
    if isinstance(value, dict):
        return {key: _counted(item, index) for key, item in value.items()}
    if isinstance(value, list):
        return [_counted(item, index) for item in value]
    return value


def populate(session: Session, body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Add rows and credentials, without events, quotas or journal entries.

    Returns:
        The ids that were made, by collection.

    Raises:
        PopulateError: A collection is unknown, a row does not fit its schema, or its id is taken.
    """
    ids: dict[str, list[str]] = {}
    for name, seed in (body.get("collections") or {}).items():
        at = f"/collections/{_escaped(name)}"
        plan, parents = _find(session, name, seed.get("parent") or {}, at)
        rows = session.store.collection(plan.name, parents)
        made: list[str] = []
        for index, given in enumerate(seed.get("rows") or ()):
            made.append(_add(session, plan, parents, rows, given, f"{at}/rows/{index}"))
        cycles = seed.get("cycle") or {}
        for index in range(seed.get("count", 0)):
            given = _counted(dict(seed.get("set") or {}), index)
            given |= {
                key: _counted(values[index % len(values)], index) for key, values in cycles.items()
            }
            made.append(_add(session, plan, parents, rows, given, at))
        ids[name] = made
    for raw in body.get("credentials") or ():
        _credential(session, raw)
    return ids


def _add(
    session: Session,
    plan: CollectionPlan,
    parents: Parents,
    rows: Collection,
    given: Mapping[str, Any],
    at: str,
) -> str:
    moment = session.clock.now() + rows.next_seq
    properties = session.schemas.properties(plan.row_schema)
    shown = {k: v for k, v in given.items() if k in properties or plan.fields is None}
    hidden_given = {k: v for k, v in given.items() if k not in shown}
    data, hidden = session.rows.seeded(plan, parents, rows.next_seq, moment, shown)
    for name in properties:
        if name not in shown and name in data and _is_update_stamp(name):
            data[name] = session.rows.stamp(properties[name], moment)
    check = session.schemas.check(plan.row_schema, Direction.RESPONSE)
    wrong = check.violations(data)
    if wrong:
        raise PopulateError(f"{wrong[0].field}: {wrong[0].message}", at)
    key = session.rows.key_of(plan, data, rows.next_seq)
    if rows.get(key) is not None:
        raise PopulateError(f"the id {key!r} is taken", at)
    rows.add(key, data, {**hidden, **hidden_given})
    return key


def _is_update_stamp(name: str) -> bool:
    return stamp_kind(name) == "updated"


def _credential(session: Session, raw: Mapping[str, Any]) -> None:
    user = raw.get("user")
    users = session.plan.users
    if user is not None and users is not None:
        rows = session.store.collection(users.name)
        if rows.get(user) is None:
            given = {users.id_field or "id": user}
            _add(session, users, (), rows, given, "/credentials")
    session.seed_credential(raw)

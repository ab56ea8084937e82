"""What an operation does to which collection, by its method, its path and its body."""

from __future__ import annotations

from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan, Kind, OperationPlan
from specloom_mock.reading import RawOperation
from specloom_mock.resources import item_path, noun_of, template_names
from specloom_mock.schemas import Schemas

__all__ = ["Classifier"]

_SELF = {"me", "self", "current", "myself"}
_AUTH = {
    "login": Kind.LOGIN,
    "signin": Kind.LOGIN,
    "sign in": Kind.LOGIN,
    "log in": Kind.LOGIN,
    "register": Kind.REGISTER,
    "signup": Kind.REGISTER,
    "sign up": Kind.REGISTER,
    "refresh": Kind.REFRESH,
    "logout": Kind.LOGOUT,
    "signout": Kind.LOGOUT,
    "sign out": Kind.LOGOUT,
    "log out": Kind.LOGOUT,
    "session": Kind.WHOAMI,
}
_TAKES = {
    Kind.LOGIN: {"password", "secret", "pin"},
    Kind.REGISTER: {"password", "email", "username"},
    Kind.REFRESH: {"token", "refresh"},
}
_ITEM_METHODS = {
    "GET": Kind.GET,
    "PUT": Kind.REPLACE,
    "PATCH": Kind.UPDATE,
    "POST": Kind.UPDATE,
    "DELETE": Kind.DELETE,
    "OPTIONS": Kind.DESCRIBE,
}


class Classifier:
    """Classifies the operations of one document.

    Args:
        schemas: Its schemas.
        collections: Its collections, by path.
    """

    def __init__(self, schemas: Schemas, collections: dict[str, CollectionPlan]) -> None:
        self.schemas = schemas
        self.collections = collections

    def classify(self, plan: OperationPlan, raw: RawOperation) -> None:
        """Find the operation's collection and what it does there."""
        given = plan.mock.get("kind")
        alias = plan.mock.get("collection")
        path, method = raw.path, raw.method
        split = item_path(path)
        if isinstance(alias, str) and alias in self.collections:
            self._settle_alias(plan, self.collections[alias], split)
        elif split is not None and split[0] in self.collections:
            plan.collection = self.collections[split[0]]
            plan.item_param = split[1]
            plan.kind = _ITEM_METHODS.get(method, Kind.FIXED)
            if plan.kind is Kind.UPDATE and method == "POST" and plan.body is None:
                plan.kind = Kind.FIXED
        elif path in self.collections:
            plan.collection = self.collections[path]
            plan.kind = self._collection_kind(plan, method)
        else:
            self._below(plan, path, method)
        auth = _AUTH.get(" ".join(words_of(noun_of(path))))
        if plan.kind is Kind.FIXED and auth is not None and self._is_auth(plan, auth):
            plan.kind = auth
        if isinstance(given, str):
            plan.kind = Kind(given)

    def _settle_alias(
        self, plan: OperationPlan, collection: CollectionPlan, split: tuple[str, str] | None
    ) -> None:
        plan.collection = collection
        if split is not None:
            plan.item_param = split[1]
            plan.kind = _ITEM_METHODS.get(plan.method, Kind.FIXED)
        else:
            plan.kind = self._collection_kind(plan, plan.method)

    def _collection_kind(self, plan: OperationPlan, method: str) -> Kind:
        if method == "GET":
            return Kind.LIST
        if method == "OPTIONS":
            return Kind.DESCRIBE
        if method == "POST":
            contents = plan.body.contents if plan.body is not None else {}
            if contents and all(name.startswith("multipart/") for name in contents):
                return Kind.UPLOAD
            return Kind.CREATE
        return Kind.FIXED

    def _is_auth(self, plan: OperationPlan, kind: Kind) -> bool:
        """Whether an operation that is called like a login takes what a login takes."""
        if template_names(plan.path):
            return False
        if kind is Kind.WHOAMI:
            return plan.method == "GET"
        if kind is Kind.LOGOUT:
            return plan.method in {"POST", "DELETE"}
        contents = plan.body.contents.values() if plan.body is not None else ()
        words = {w for part in contents for n in self.schemas.properties(part) for w in words_of(n)}
        return plan.method == "POST" and bool(words & _TAKES[kind])

    def _below(self, plan: OperationPlan, path: str, method: str) -> None:
        """Operations beside or below an item: /users/me, /servers/{id}/start, .../content."""
        head, _, last = path.rpartition("/")
        if last in _SELF and method in {"GET", "PATCH", "PUT"}:
            collection = self._collection_at(head)
            if collection is not None:
                plan.collection, plan.current = collection, True
                plan.kind = _ITEM_METHODS[method]
                return
        owner = item_path(head)
        collection = self._collection_at(owner[0]) if owner is not None else None
        if owner is None or collection is None or "{" in last:
            return
        plan.collection, plan.item_param = collection, owner[1]
        words = set(words_of(last))
        if method == "GET":
            media = plan.success.media_type
            if media is not None and plan.success.media_types == ("application/octet-stream",):
                plan.kind = Kind.DOWNLOAD
        elif words & {"rotate", "roll", "regenerate"} and words & {"secret", "key", "token"}:
            plan.kind = Kind.ROTATE
        elif last in {"test", "ping"} and "url" in self.schemas.properties(
            plan.collection.row_schema
        ):
            plan.kind = Kind.PING
        elif plan.mock.get("action") or self._moves_status(plan, last):
            plan.kind = Kind.ACTION

    def _collection_at(self, path: str) -> CollectionPlan | None:
        """The collection at a path, else the one that is called the same elsewhere.

        Users may be listed at ``/admin/users`` and be themselves at ``/users/me``.
        """
        found = self.collections.get(path)
        if found is not None or "{" in path:
            return found
        same = [
            collection
            for collection in self.collections.values()
            if not collection.parents and noun_of(collection.path) == noun_of(path)
        ]
        return same[0] if len(same) == 1 else None

    def _moves_status(self, plan: OperationPlan, verb: str) -> bool:
        """Whether the verb names a value of the row's status: cancel -> cancelled."""
        assert plan.collection is not None
        properties = self.schemas.properties(plan.collection.row_schema)
        for name in ("status", "state"):
            values = self.schemas.keyword(properties.get(name), "enum") or []
            value = _status_after(verb, [v for v in values if isinstance(v, str)])
            if value is not None:
                plan.mock["action"] = {"set": {name: value}}
                return True
        return False


def _status_after(verb: str, values: list[str]) -> str | None:
    """The status that an action's verb leads to, among the declared values."""
    stem = verb.lower().rstrip("e")
    known = {
        "start": ("running", "started", "active"),
        "restart": ("running", "started", "active"),
        "reboot": ("running", "active"),
        "stop": ("stopped", "off", "inactive"),
        "kill": ("stopped", "killed", "off"),
        "resume": ("running", "active"),
        "activate": ("active",),
        "deactivate": ("inactive", "disabled"),
        "enable": ("enabled", "active"),
        "disable": ("disabled", "inactive"),
        "complete": ("completed", "complete", "done"),
        "finish": ("finished", "completed", "done"),
    }
    for value in known.get(verb.lower(), ()):
        if value in values:
            return value
    for value in values:
        lowered = value.lower()
        if lowered.startswith(stem) and lowered.endswith("ed"):
            return value
    return None

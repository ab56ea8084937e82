"""From a document to a plan: what each operation does to which collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloom.ir.model import Pagination
from specloom_mock.bodies import find_payload, find_slots, pointer_keys, slot_at
from specloom_mock.declarations import (
    body_of,
    events_of,
    quotas_of,
    schemes_of,
    scopes_of,
)
from specloom_mock.listing import plan_list
from specloom_mock.names import words_of
from specloom_mock.overlay import Overlay
from specloom_mock.plan import (
    ApiPlan,
    CollectionPlan,
    Kind,
    OperationPlan,
    ResponsePlan,
)
from specloom_mock.reading import RawOperation, base_paths, read_operations, security_of
from specloom_mock.resources import (
    find_collections,
    item_path,
    noun_of,
    payload_schema,
)
from specloom_mock.responses import plan_responses
from specloom_mock.schemas import Schemas

__all__ = ["derive"]

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
_ITEM_METHODS = {
    "GET": Kind.GET,
    "PUT": Kind.REPLACE,
    "PATCH": Kind.UPDATE,
    "POST": Kind.UPDATE,
    "DELETE": Kind.DELETE,
    "OPTIONS": Kind.DESCRIBE,
}


class _Deriver:
    def __init__(
        self, schemas: Schemas, overlay: Overlay, paginations: Mapping[str, Pagination]
    ) -> None:
        self.schemas = schemas
        self.overlay = overlay
        self.paginations = paginations
        self.notes: list[str] = []
        self.raws = list(read_operations(schemas))
        self.paths = {raw.path for raw in self.raws}
        self.collections = find_collections(schemas, self.raws)

    def run(self) -> ApiPlan:
        root = self.schemas.root
        for path, settings in self.overlay.collections.items():
            if path in self.collections:
                self._settle(self.collections[path], settings)
        operations = {raw.id: self._operation(raw) for raw in self.raws}
        used = {
            operation.collection.path
            for operation in operations.values()
            if operation.collection is not None and operation.store_param is None
        }
        self.collections = {path: c for path, c in self.collections.items() if path in used}
        plan = ApiPlan(
            title=str((root.get("info") or {}).get("title") or "API"),
            operations=operations,
            collections=self.collections,
            schemes=schemes_of(self.schemas),
            bases=base_paths(root.get("servers")),
            events=events_of(self.schemas),
            mock=self.overlay.settings,
            notes=self.notes,
        )
        telling = {Kind.LIST, Kind.CREATE, Kind.UPLOAD, Kind.REGISTER}
        told = {
            operation.collection.path
            for operation in operations.values()
            if operation.collection is not None and operation.kind in telling
        }
        for path, collection in self.collections.items():
            collection.implied = path not in told
        plan.webhook_endpoints = self._endpoints()
        plan.users = self._named("users", {"email"})
        plan.api_keys = self._named("api keys", {"scopes"}) or self._named("keys", {"scopes"})
        return plan

    def _settle(self, collection: CollectionPlan, settings: Mapping[str, Any]) -> None:
        collection.overlay = dict(settings)
        collection.rows = settings.get("rows", collection.rows)
        if "unique" in settings:
            collection.unique = tuple(settings["unique"])

    def _named(self, words: str, fields: set[str]) -> CollectionPlan | None:
        for collection in self.collections.values():
            if " ".join(words_of(noun_of(collection.path))) == words and not collection.parents:
                names = set(self.schemas.properties(collection.row_schema))
                if fields <= names or (fields == {"scopes"} and collection.secrets):
                    return collection
        return None

    def _endpoints(self) -> CollectionPlan | None:
        for collection in self.collections.values():
            words = set(words_of(noun_of(collection.path)))
            names = set(self.schemas.properties(collection.row_schema))
            if (
                words & {"webhook", "webhooks", "hooks"}
                and "url" in names
                and names
                & {
                    "events",
                    "event_types",
                    "enabled_events",
                }
            ):
                return collection
        return None

    def _operation(self, raw: RawOperation) -> OperationPlan:
        success, responses = plan_responses(self.schemas, raw.method, raw.raw)
        mock = {**raw.mock, **self.overlay.operations.get(raw.id, {})}
        plan = OperationPlan(
            id=raw.id,
            method=raw.method,
            path=raw.path,
            kind=Kind.FIXED,
            raw=raw.raw,
            raw_parameters=raw.parameters,
            body=body_of(self.schemas, raw.raw),
            success=success,
            responses=responses,
            security=security_of(self.schemas.root, raw.raw),
            quotas=quotas_of(raw.raw.get("x-rate-limit"), self.notes, raw.id),
            mock=mock,
            bases=raw.bases,
        )
        plan.metered = raw.raw.get("x-rate-limit") != "none"
        plan.scopes = scopes_of(plan)
        plan.event = mock.get("emits") or (mock.get("action") or {}).get("event")
        for parameter in raw.parameters:
            if parameter.get("in") == "header" and parameter["name"].lower() == "idempotency-key":
                plan.idempotency = parameter["name"].lower()
            self._parameter_mock(plan, parameter)
        self._classify(plan, raw)
        if plan.collection is not None and plan.kind in {Kind.UPLOAD, Kind.DOWNLOAD}:
            plan.collection.files = True
        self._payload(plan)
        if plan.kind is Kind.LIST:
            self._list(plan, raw)
        if plan.kind is Kind.FIXED:
            self.notes.append(
                f"{raw.method} {raw.path}: no collection found; answers from examples or the schema"
            )
        return plan

    def _parameter_mock(self, plan: OperationPlan, parameter: dict[str, Any]) -> None:
        found = self.schemas.keyword(parameter.get("schema"), "x-mock") or parameter.get("x-mock")
        if not isinstance(found, dict):
            return
        if isinstance(found.get("error"), str):
            plan.parameter_errors[parameter["name"]] = found["error"]
        stores = found.get("collections")
        if isinstance(stores, dict):
            plan.store_param = parameter["name"]
            plan.stores = {
                name: self.collections[path]
                for name, path in stores.items()
                if path in self.collections
            }

    def _classify(self, plan: OperationPlan, raw: RawOperation) -> None:
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
        if plan.kind is Kind.FIXED and auth is not None and self._is_auth(auth, method):
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

    def _is_auth(self, kind: Kind, method: str) -> bool:
        if kind is Kind.WHOAMI:
            return method == "GET"
        return method == "POST" or (kind is Kind.LOGOUT and method == "DELETE")

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

    def _payload(self, plan: OperationPlan) -> None:
        listing = plan.kind is Kind.LIST
        pagination = self.paginations.get(plan.id)
        for response in {id(plan.success): plan.success}.values():
            if response.media_type is None:
                continue
            if listing and pagination is not None:
                response.payload = pointer_keys(pagination.items)
            else:
                response.payload = find_payload(
                    self.schemas, response.schema, listing=listing, noun=noun_of(plan.path)
                )
            self._fill(response, listing=listing)
        if listing and plan.success.payload is None:
            plan.kind = Kind.FIXED

    def _fill(self, response: ResponsePlan, *, listing: bool) -> None:
        schemas = self.schemas
        response.payload_schema = payload_schema(
            schemas, response.schema, response.payload, listing=listing
        )
        response.slots = find_slots(schemas, response.schema, response.payload, listing=listing)
        properties = schemas.properties(response.payload_schema)
        extra = schemas.keyword(response.payload_schema, "additionalProperties")
        unions = schemas.keyword(response.payload_schema, "oneOf") or schemas.keyword(
            response.payload_schema, "anyOf"
        )
        if properties and extra in (None, False) and not unions:
            response.fields = frozenset(properties)

    def _list(self, plan: OperationPlan, raw: RawOperation) -> None:
        collection = plan.collection
        if plan.store_param:
            collection = next(iter(plan.stores.values()), None)
        pagination = self.paginations.get(plan.id)
        plan.list = plan_list(
            self.schemas,
            raw.parameters,
            collection,
            pagination,
            self.notes,
            f"{raw.method} {raw.path}",
        )
        if pagination is not None:
            for pointer, role in (
                (pagination.total, "total"),
                (pagination.total_pages, "pages"),
                (pagination.next_cursor, "next_cursor"),
                (pagination.has_more, "has_next"),
                (pagination.next_url, "next_url"),
            ):
                if pointer is None:
                    continue
                keys = pointer_keys(pointer)
                if any(s.keys == keys and s.role == "last_id" for s in plan.success.slots):
                    continue
                kept = [s for s in plan.success.slots if s.keys != keys and s.role != role]
                slot = slot_at(self.schemas, plan.success.schema, keys, role)
                plan.success.slots = (*kept, slot)


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


def derive(
    schemas: Schemas, overlay: Overlay, paginations: Mapping[str, Pagination] | None = None
) -> ApiPlan:
    """Plan every operation of a document.

    Args:
        schemas: The document.
        overlay: What the document does not say.
        paginations: How operations page, by operation id, as the intermediate representation
            reads it.
    """
    return _Deriver(schemas, overlay, paginations or {}).run()

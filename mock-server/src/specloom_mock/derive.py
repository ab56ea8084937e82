"""From a document to a plan: what each operation does to which collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from specloom.ir.model import Pagination
from specloom_mock.bodies import find_payload, find_slots, pointer_keys, slot_at
from specloom_mock.classify import Classifier
from specloom_mock.contradictions import Contradictions
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
    noun_of,
    payload_schema,
)
from specloom_mock.responses import is_json, plan_responses
from specloom_mock.schemas import Schemas
from specloom_mock.vocabulary import usable

__all__ = ["derive"]


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
        self.classifier = Classifier(schemas, self.collections)
        self.contradictions = Contradictions(schemas)

    def run(self) -> ApiPlan:
        root = self.schemas.root
        for path, settings in self.overlay.collections.items():
            if path in self.collections:
                self._settle(self.collections[path], settings)
            else:
                self.notes.append(f"overlay: the document has no collection {path!r}")
        known = {raw.id for raw in self.raws}
        for name in sorted(set(self.overlay.operations) - known):
            self.notes.append(f"overlay: the document has no operation {name!r}")
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
        if plan.users is None:
            self._without_users(operations.values())
        plan.api_keys = self._named("api keys", {"scopes"}) or self._named("keys", {"scopes"})
        return plan

    def _without_users(self, operations: Iterable[OperationPlan]) -> None:
        """Where nobody can log in, what is called a login answers as documented."""
        for operation in operations:
            if operation.kind in {Kind.LOGIN, Kind.REGISTER, Kind.REFRESH}:
                operation.kind = Kind.FIXED
                self.notes.append(
                    f"{operation.method} {operation.path}: the document has no users to log in; "
                    "answers from examples or the schema"
                )

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
        own = usable("operation", raw.raw.get("x-mock"), f"{raw.method} {raw.path}", self.notes)
        mock = {**own, **self.overlay.operations.get(raw.id, {})}
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
        self.classifier.classify(plan, raw)
        if plan.collection is not None and plan.kind in {Kind.UPLOAD, Kind.DOWNLOAD}:
            plan.collection.files = True
        self._payload(plan)
        if plan.kind is Kind.LIST:
            self._list(plan, raw)
        if success.media_type is not None and is_json(success.media_type):
            plan.impossible = self.contradictions.of(success.schema)
        if plan.impossible is not None:
            plan.kind = Kind.FIXED
            self.notes.append(
                f"{raw.method} {raw.path}: nothing fits the response's schema "
                f"({plan.impossible}); answers the documented example, marked X-Mock-Violation"
            )
        elif plan.kind is Kind.FIXED:
            self.notes.append(
                f"{raw.method} {raw.path}: no collection found; answers from examples or the schema"
            )
        return plan

    def _parameter_mock(self, plan: OperationPlan, parameter: dict[str, Any]) -> None:
        found = self.schemas.keyword(parameter.get("schema"), "x-mock") or parameter.get("x-mock")
        found = usable("parameter", found, f"{plan.id}: {parameter['name']}", self.notes)
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
        if (properties or extra is False) and extra in (None, False) and not unions:
            response.fields = schemas.required(response.payload_schema).union(properties)

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

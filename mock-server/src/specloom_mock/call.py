"""One request on its way through the server: what is known of it, and what answers need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from specloom_mock.auth import Credential
from specloom_mock.bodies import assemble, make_skeleton
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.faults import Fault
from specloom_mock.fitting import NOTHING
from specloom_mock.generate import Generator, rng_for
from specloom_mock.message import Request, Response, parameter_name
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan, OperationPlan, ResponsePlan
from specloom_mock.schemas import Direction, Schemas, Violation
from specloom_mock.store import Collection, Parents, Row

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["Call", "problems_of"]


def problems_of(violations: list[Violation]) -> list[FieldProblem]:
    """Schema violations as the fields of an error body."""
    return [
        FieldProblem(
            item.field,
            item.message,
            item.value,
            has_value=item.keyword != "required" and not isinstance(item.value, (dict, list)),
        )
        for item in violations
    ]


@dataclass(slots=True)
class Call:
    """A request that has found its operation.

    Attributes:
        origin: Scheme, host and session prefix: what URLs made for the client begin with.
        base: The server path that the operation was found under.
        path: Decoded path parameters.
        values: Typed parameters by location and name.
        body: The parsed and checked body.
        headers: Headers that the answer gets whatever it is.
        files: Uploaded parts by field: (file name, media type, bytes).
        claim: The idempotency key that the request holds.
        paging: A fault that disturbs the page.
    """

    plan: OperationPlan
    session: Session
    request: Request
    origin: str
    base: str
    path: Mapping[str, str]
    request_id: str
    now: float
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    body: Any = None
    credential: Credential | None = None
    headers: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    claim: tuple[str, str, str] | None = None
    paging: Fault | None = None

    @property
    def schemas(self) -> Schemas:
        """The document's schemas."""
        return self.session.schemas

    def query(self, name: str | None, default: Any = None) -> Any:
        """A query parameter's value."""
        return default if name is None else self.values["query"].get(name, default)

    def collection_plan(self) -> CollectionPlan:
        """The collection that the request is about.

        Raises:
            ApiError: 404, when a path parameter names a collection that is not there.
        """
        plan = self.plan
        if plan.store_param is not None:
            name = self.path.get(plan.store_param, "")
            found = plan.stores.get(name)
            if found is None:
                raise ApiError(
                    404,
                    f"There is no {plan.store_param} {name!r}",
                    "not_found",
                    code=plan.parameter_errors.get(plan.store_param),
                )
            return found
        assert plan.collection is not None
        return plan.collection

    def parents(self, collection: CollectionPlan) -> Parents:
        """Values of the path parameters above the collection.

        Raises:
            ApiError: 404, when a row above it does not exist.
        """
        if not collection.parents:
            return ()
        values = tuple(self.path.get(name, "") for name in collection.parents)
        above, depth = collection.parent, len(values)
        while above is not None and depth > 0:
            depth -= 1
            store = self.session.store.collection(above.name, values[: len(above.parents)])
            if store.get(values[depth]) is None and not above.implied:
                raise self.missing(above, values[depth])
            above = above.parent
        return values

    def rows(self, collection: CollectionPlan) -> Collection:
        """The stored rows of the collection that the request is about."""
        return self.session.store.collection(collection.name, self.parents(collection))

    def row(self, collection: CollectionPlan) -> tuple[Collection, Row]:
        """The row that the request is about.

        Raises:
            ApiError: 404, when there is none.
        """
        rows = self.rows(collection)
        if self.plan.current:
            row = self._own(collection, rows)
            if row is None:
                raise ApiError(404, "The credential belongs to no user", "not_found")
            return rows, row
        key = self.path.get(self.plan.item_param or "", "")
        row = rows.get(key) or self._implied(collection, rows, key)
        if row is None:
            raise self.missing(collection, key)
        return rows, row

    def _own(self, collection: CollectionPlan, rows: Collection) -> Row | None:
        """The row that is the caller's: its user, else the first of a document without users."""
        if self.session.plan.users is collection:
            return self.session.user_row(self.credential, make=True)
        return next(iter(rows.rows), None) or self._implied(collection, rows, "me")

    def _implied(self, collection: CollectionPlan, rows: Collection, key: str) -> Row | None:
        """A row of a collection whose ids nobody can learn: it exists as soon as it is named."""
        if not collection.implied or self.session.start_rows == 0 or key in rows.removed:
            return None
        given: dict[str, Any] = {}
        if collection.id_field is not None:
            integer = "integer" in self.schemas.types(collection.id_schema)
            given[collection.id_field] = int(key) if integer and key.isdecimal() else key
        data, hidden = self.session.rows.seeded(
            collection, self.parents(collection), rows.next_seq, self.now, given
        )
        rng = rng_for(self.session.seed, collection.path, key)
        return rows.add(key, self.session.rows.fitted(collection, data, rng), hidden)

    def missing(self, collection: CollectionPlan, key: str) -> ApiError:
        """A 404 for a row."""
        noun = collection.singular.replace("_", " ") or "resource"
        return ApiError(404, f"There is no {noun} {key!r}", "not_found")

    def url(self, path: str) -> str:
        """An absolute URL on the server that the request came to."""
        return f"{self.origin}{path}"

    def item_url(self, collection: CollectionPlan, key: str) -> str:
        """The path of a row, with the session's prefix and the server's path."""
        path = collection.path
        for name in collection.parents:
            path = path.replace("{" + name + "}", quote(self.path.get(name, ""), safe=""))
        prefix = "/" + self.origin.split("/", 3)[3] if self.origin.count("/") > 2 else ""
        return f"{prefix}{self.base}{path}/{quote(key, safe='')}"

    def page_url(self, name: str, value: Any) -> str:
        """The request's own URL with one query parameter replaced; all else stays as it was sent."""
        query = self.request.query
        piece = f"{quote(name, safe='')}={quote(str(value), safe='')}"
        kept = query.split("&") if query else []
        others = [part for part in kept if parameter_name(part) != name]
        if len(others) == len(kept):
            pieces = [*kept, piece]
        else:
            first = next(i for i, part in enumerate(kept) if parameter_name(part) == name)
            pieces = [*kept[:first], piece, *(p for p in kept[first:] if p in others)]
        return f"{self.origin}{self.request.path}?{'&'.join(pieces)}"

    def view(
        self, response: ResponsePlan, row: Row, *, secrets: Iterable[str] | None = None
    ) -> Any:
        """A row as a response shows it.

        Args:
            response: The response.
            row: The row.
            secrets: Names of hidden values that this response may show.
        """
        if secrets:
            shown = {name: row.hidden[name] for name in secrets if name in row.hidden}
            return self._fitted(response, row, self.project(response, {**row.data, **shown}))
        views = row.views
        key = id(response)
        if key not in views:
            views[key] = self._fitted(response, row, self.project(response, row.data))
        return views[key]

    def _fitted(self, response: ResponsePlan, row: Row, data: dict[str, Any]) -> Any:
        """The data in the response's shape, where it differs from that of the collection's rows."""
        schema, collection = response.payload_schema, self.plan.collection
        if not schema or collection is None or schema is collection.row_schema:
            return data
        if self.schemas.check(schema, Direction.RESPONSE).is_valid(data):
            return data
        return self.session.rows.shown(collection, schema, row, data)

    def project(self, response: ResponsePlan, data: dict[str, Any]) -> dict[str, Any]:
        """Only the properties that the response declares (all, when it is open)."""
        fields = response.fields
        if fields is None or data.keys() <= fields:
            return data
        return {name: value for name, value in data.items() if name in fields}

    def respond(
        self,
        payload: Any,
        values: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        response: ResponsePlan | None = None,
    ) -> Response:
        """The operation's success around ``payload``."""
        plan = response or self.plan.success
        if plan.media_type is None:
            return Response(plan.status, dict(headers or {}))
        if plan.skeleton is None:
            plan.skeleton = make_skeleton(
                self.schemas, Generator(self.schemas), plan, rng_for(0, self.plan.id)
            )
        roles = {"true": True, "request_id": self.request_id, **(values or {})}
        if plan.slots and not values:
            optional = [s for s in plan.slots if s.role == "request_id" and len(s.keys) > 1]
            if optional:
                roles.pop("request_id")
        body = assemble(plan, payload, roles)
        return Response(plan.status, dict(headers or {}), media_type=plan.media_type, value=body)

    def known_payload(
        self, response: ResponsePlan, known: Mapping[str, Any], *, prefer_example: bool = False
    ) -> Any:
        """A payload that is no row: what is known by property name, the rest as documented.

        Args:
            response: Whose payload it is.
            known: Values by the words of the property's name, joined by spaces.
            prefer_example: Start from the document's example rather than from generated data.
        """
        schemas = self.schemas
        schema = response.payload_schema if response.payload_schema is not None else {}
        properties = schemas.properties(schema)
        bound: dict[str, Any] = {}
        for name, part in properties.items():
            words = " ".join(words_of(name))
            if words in known and schemas.check(part, Direction.RESPONSE).is_valid(known[words]):
                bound[name] = known[words]
        if prefer_example:
            for example in response.examples:
                shown: Any = example
                for key in response.payload or ():
                    shown = shown.get(key) if isinstance(shown, dict) else None
                if shown is None:
                    continue
                merged = {**shown, **bound} if isinstance(shown, dict) else shown
                if schemas.check(schema, Direction.RESPONSE).is_valid(merged):
                    return merged
        rng = rng_for(self.session.seed, self.plan.id, *self.path.values())
        made = Generator(schemas, self.now).value(schema, rng, bound=bound)
        fitted = self.session.rows.fitter.fit(schema, made, rng)
        return made if fitted is NOTHING else fitted

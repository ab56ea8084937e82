"""What a run knows of rows: those that it found, those that it made, and what it must undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .inquiry import Inquiry, Untested
from .plan import Collection, Endpoint
from .probe import Answer, Stopped
from .rows import Made, Walk, identity, walk
from .schema import value_at

__all__ = ["Register"]

_ENOUGH: Final = 5
"""Rows that a list needs so that its pages, order and filters can be told apart."""

_MOST_LISTED: Final = 10
"""Pages that are read to know a whole list."""

_LARGEST: Final = 100


class Register:
    """Rows of every collection.

    Args:
        inquiry: The run.
    """

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self._walks: dict[str, Walk | str] = {}
        self._making: set[str] = set()
        self.made: list[Made] = []
        self._by_path = {c.path: c for c in inquiry.plan.collections}
        self._by_name: dict[str, Collection] = {}
        for collection in inquiry.plan.collections:
            self._by_name.setdefault(collection.singular, collection)

    # --- values for requests ---------------------------------------------------------------------

    def values(self, endpoint: Endpoint) -> dict[str, Any]:
        """Path parameters for an endpoint, from rows that are known.

        Raises:
            Untested: No value is known for one of them.
        """
        found: dict[str, Any] = {}
        for name in endpoint.path_names:
            found[name] = self._value(endpoint, name, endpoint.path)
        return found

    def above(self, collection: Collection) -> dict[str, Any]:
        """Path parameters above a collection's rows.

        Raises:
            Untested: No value is known for one of them.
        """
        endpoint = collection.endpoints[0]
        return {name: self._value(endpoint, name, collection.path) for name in collection.parents}

    def _value(self, endpoint: Endpoint, name: str, path: str) -> Any:
        given = self._inquiry.settings.values.get(name)
        if given is not None:
            return given
        head = path[: path.index(f"{{{name}}}")].rstrip("/")
        collection = self._by_path.get(head)
        if collection is not None:
            known = self.any_id(collection)
            if known is not None:
                return known
        parameter = next(p for p in endpoint.parameters if p["name"] == name and p["in"] == "path")
        shown = parameter.get("example") or parameter.get("examples")
        schema = parameter.get("schema") or {}
        schemas = self._inquiry.schemas
        words = ("enum", "const", "default", "example", "examples")
        if shown is not None or any(schemas.keyword(schema, word) is not None for word in words):
            return self._inquiry.text_of(parameter)
        raise Untested(f"{endpoint.label}: no value for {{{name}}} is known (--param {name}=VALUE)")

    def any_id(self, collection: Collection) -> Any:
        """The id of a row: one that was found, else one that is made for it; None without."""
        for row in self.listed(collection):
            found = identity(collection, row)
            if found is not None:
                return found
        made = next((m for m in self.made if m.collection.path == collection.path), None)
        if made is not None:
            return made.id
        if self._inquiry.obstacle(collection.create) or collection.path in self._making:
            return None
        try:
            return self.create(collection).id
        except Untested:
            return None

    def reference(self, name: str) -> Any:
        """The id of a row that a property called ``user_id`` (or ``userId``) may name."""
        from .derive import words

        stem, mark, last = words(name).rpartition(" ")
        if not mark or last not in {"id", "uuid"}:
            return None
        stems = [stem, *(stem.split(" ")[-1:])]
        roles = {"assignee": "user", "owner": "user", "author": "user", "member": "user"}
        for one in (*stems, roles.get(stem, "")):
            collection = self._by_name.get(one)
            if collection is not None:
                return self.any_id(collection)
        return None

    # --- rows that are there ---------------------------------------------------------------------

    def listed(self, collection: Collection) -> list[Any]:
        """Rows of a list, as far as they were read; none where it cannot be read."""
        found = self.whole(collection)
        return found.items if isinstance(found, Walk) else []

    def whole(self, collection: Collection) -> Walk | str:
        """The list as it was found, with the largest pages that it has; or why it is not known."""
        if collection.path not in self._walks:
            self._walks[collection.path] = "it is being read"
            self._walks[collection.path] = self._read(collection)
        return self._walks[collection.path]

    def forget(self, collection: Collection) -> None:
        """Read the list anew when it is next asked for."""
        self._walks.pop(collection.path, None)

    def _read(self, collection: Collection) -> Walk | str:
        reason = self._inquiry.obstacle(collection.listing)
        if collection.listing is None or reason:
            label = collection.listing.label if collection.listing is not None else collection.path
            return f"{label}: {reason}"
        try:
            return walk(
                self._inquiry,
                collection,
                self.above(collection),
                size=self.largest(collection),
                most=_MOST_LISTED,
            )
        except Untested as untested:
            return str(untested)

    def largest(self, collection: Collection) -> int | None:
        """The largest page that may be asked for, within reason."""
        paging, listing = collection.pagination, collection.listing
        if paging is None or paging.size_param is None or listing is None:
            return None
        parameter = listing.parameter(paging.size_param.raw) or {}
        most = self._inquiry.schemas.keyword(parameter.get("schema"), "maximum")
        return min(_LARGEST, int(most)) if isinstance(most, (int, float)) else 50

    def furnish(self, collection: Collection) -> None:
        """Make rows where a list has too few to tell anything by."""
        if self._inquiry.obstacle(collection.create) or self._inquiry.obstacle(collection.delete):
            return
        known = self.whole(collection)
        if not isinstance(known, Walk) or not known.complete:
            return
        try:
            for _ in range(_ENOUGH - len(known.items)):
                self.create(collection)
        except Untested:
            return

    # --- rows that are made ----------------------------------------------------------------------

    def create(self, collection: Collection, *, headers: tuple[tuple[str, str], ...] = ()) -> Made:
        """Create a row from the first body that the server takes.

        Raises:
            Untested: There is no such operation, or the server refused every body.
        """
        inquiry = self._inquiry
        endpoint = inquiry.need(collection.create, "creates a row")
        if collection.path in self._making:
            raise Untested(f"{endpoint.label}: a row is needed to make a row of it")
        self._making.add(collection.path)
        try:
            values = self.above(collection)
            refusal = ""
            for body in self.bodies(endpoint):
                answer = inquiry.call(endpoint, values, body=body, headers=headers)
                if answer.ok:
                    return self.keep(collection, values, body, answer)
                refusal = answer.failure or f"{answer.status} {_said(answer)}"
            raise Untested(
                f"{endpoint.label}: the server takes no body made from the document: {refusal}"
            )
        finally:
            self._making.discard(collection.path)

    def bodies(self, endpoint: Endpoint) -> list[Any]:
        """Bodies that fit the schema of the request; the first made one where none does."""
        if endpoint.body is None:
            return [{}]
        inquiry = self._inquiry
        media, schema = endpoint.body
        example = self._example(endpoint, media)
        made = list(inquiry.sampler.bodies(schema, example, self.reference))
        fitting = [body for body in made if inquiry.request_fits(endpoint.body_pointer, body)]
        return fitting or made[:1]

    def _example(self, endpoint: Endpoint, media: str) -> Any:
        schemas = self._inquiry.schemas
        node = schemas.resolve(endpoint.raw.get("requestBody")).get("content", {}).get(media) or {}
        if "example" in node:
            return node["example"]
        for example in (node.get("examples") or {}).values():
            value = schemas.resolve(example).get("value")
            if value is not None:
                return value
        shown = schemas.keyword(node.get("schema"), "examples")
        return shown[0] if isinstance(shown, list) and shown else None

    def keep(
        self, collection: Collection, values: Mapping[str, Any], sent: Any, answer: Answer
    ) -> Made:
        """Remember a row that came to be, so that it is deleted again."""
        assert collection.create is not None
        row = value_at(answer.body, collection.payload.get(collection.create.id, ""))
        made = Made(collection, dict(values), sent, row, answer)
        self.made.append(made)
        return made

    def item(self, made: Made) -> dict[str, Any]:
        """Path parameters of a row that was made.

        Raises:
            Untested: Its id is not told, or it has no path.
        """
        collection = made.collection
        if collection.id_param is None:
            raise Untested(f"{collection.path} has no path of a single row")
        if made.id is None:
            raise Untested(f"the created row does not show its {collection.id_field or 'id'}")
        return {**made.values, collection.id_param: made.id}

    def gone(self, made: Made) -> None:
        """Forget a row that was deleted."""
        if made in self.made:
            self.made.remove(made)

    def clean(self) -> tuple[str, ...]:
        """Delete what was made, the latest first; what stays is named."""
        left = []
        for made in reversed(self.made):
            name = f"{made.collection.path}/{made.id if made.id is not None else '?'}"
            reason = self._inquiry.obstacle(made.collection.delete)
            if not reason:
                reason = self._undo(made)
            if reason:
                left.append(f"{name} ({reason})")
        self.made.clear()
        return tuple(reversed(left))

    def _undo(self, made: Made) -> str:
        assert made.collection.delete is not None
        try:
            answer = self._inquiry.call(made.collection.delete, self.item(made), provoked=True)
        except (Untested, Stopped) as error:
            return str(error)
        done = answer.ok or answer.status in {404, 410}
        return "" if done else f"DELETE answered {answer.failure or answer.status}"


def _said(answer: Answer) -> str:
    """The beginning of a refusal's body."""
    return answer.exchange.body[:160]

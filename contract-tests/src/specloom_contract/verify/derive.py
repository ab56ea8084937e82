"""From a document to a plan: endpoints, collections, how they page, sort and filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from specloom.config import Config
from specloom.diagnostics import Diagnostics
from specloom.ir.build import build
from specloom.ir.model import Api, Operation
from specloom.ir.names import singular, split_words
from specloom.spec import Document

from .filtering import find_filters
from .plan import Collection, Endpoint, Plan
from .schema import Schemas, escape
from .sorting import find_sort

__all__ = ["derive", "words"]

_LISTS: Final = ("data", "items", "results", "records", "rows", "values", "list", "content")
_ROWS: Final = ("data", "result", "item", "resource", "record")
_SELVES: Final = frozenset({"me", "self", "current", "myself"})
_JSON: Final = "application/json"


def words(name: str) -> str:
    """A name as lower-case words: ``userId`` and ``user-id`` are both ``user id``."""
    return " ".join(split_words(name))


def derive(document: Document, config: Config) -> tuple[Plan, Api]:
    """Read what a document promises.

    Args:
        document: The canonical document.
        config: Where it says how a list pages that the document does not tell.
    """
    api = build(document, config, Diagnostics())
    schemas = Schemas(document)
    endpoints = tuple(_endpoint(document, schemas, o) for o in api.operations.values())
    collections = tuple(_Collections(schemas, endpoints).find())
    used = {endpoint.id for collection in collections for endpoint in collection.endpoints}
    others = tuple(endpoint for endpoint in endpoints if endpoint.id not in used)
    info = document.root.get("info") or {}
    plan = Plan(
        str(info.get("title") or "API"),
        str(info.get("version") or ""),
        endpoints,
        collections,
        others,
    )
    return plan, api


def _endpoint(document: Document, schemas: Schemas, operation: Operation) -> Endpoint:
    pointer = operation.source.pointer
    path = "".join(
        f"{{{part.text.raw}}}" if part.is_parameter else part.text.raw for part in operation.path
    )
    raw = document.at(pointer)
    item = document.at(pointer.rpartition("/")[0])
    merged: dict[tuple[str, str], Mapping[str, Any]] = {}
    for node in (*(item.get("parameters") or ()), *(raw.get("parameters") or ())):
        parameter = schemas.resolve(node)
        if "name" in parameter and "in" in parameter:
            merged[parameter["in"], parameter["name"]] = parameter
    found, body_at = document.resolve(raw.get("requestBody"), f"{pointer}/requestBody")
    content = found.get("content") if isinstance(found, Mapping) else None
    body: tuple[str, Any] | None = None
    if isinstance(content, Mapping) and content:
        media = next((m for m in content if m.partition(";")[0].strip() == _JSON), None)
        media = media or next((m for m in content if "json" in m), next(iter(content)))
        body = (media, (content[media] or {}).get("schema", {}))
        body_at = f"{body_at}/content/{escape(media)}/schema"
    return Endpoint(
        id=operation.id,
        method=operation.http_method.upper(),
        path=path,
        pointer=pointer,
        place=str(document.position(pointer)),
        raw=raw,
        parameters=tuple(merged.values()),
        operation=operation,
        body=body,
        body_pointer=body_at,
        body_required=isinstance(found, Mapping) and found.get("required") is True,
    )


class _Collections:
    def __init__(self, schemas: Schemas, endpoints: tuple[Endpoint, ...]) -> None:
        self.schemas = schemas
        self.by_path: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            self.by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint

    def find(self) -> Iterator[Collection]:
        for path, own in self.by_path.items():
            head, _, last = path.rpartition("/")
            if _template(last) and head in self.by_path:
                continue  # a row's path, told with its collection
            if last in _SELVES:
                continue
            found = self._collection(path, own)
            if found is not None:
                yield found
        for path in self.by_path:  # rows whose collection has no path of its own
            head, _, last = path.rpartition("/")
            alone = _template(last) and head and head not in self.by_path
            if alone and not any(other.startswith(f"{path}/{{") for other in self.by_path):
                found = self._collection(head, {})
                if found is not None:
                    yield found

    def _collection(self, path: str, own: Mapping[str, Endpoint]) -> Collection | None:
        item, param = self._item(path)
        rows = self.by_path.get(item, {}) if item else {}
        listing, create = own.get("GET"), own.get("POST")
        noun = _noun(path)
        items = self._items(listing, noun) if listing is not None else None
        if items is None:
            listing = None
        if listing is None and not rows:
            return None
        read = rows.get("GET")
        update = rows.get("PATCH") or rows.get("PUT")
        payload = {e.id: self._payload(e, noun) for e in (create, read, update) if e is not None}
        row = self._row(listing, items, read, create, payload)
        if not self.schemas.properties(row) and listing is None and read is None:
            return None
        made = Collection(
            path=path,
            singular=singular(noun.replace(" ", "_")).replace("_", " "),
            parents=tuple(n for n in _names(path)),
            id_param=param,
            id_field=self._id_field(row, param, noun),
            listing=listing,
            create=create,
            read=read,
            update=update,
            delete=rows.get("DELETE"),
            items=items or "",
            row=row,
            payload=payload,
            pagination=listing.operation.pagination if listing is not None else None,
            below=self._below(item),
        )
        if listing is None:
            return made
        return replace(
            made,
            sort=find_sort(self.schemas, listing, row),
            filters=find_filters(self.schemas, listing, row),
        )

    def _item(self, path: str) -> tuple[str, str | None]:
        prefix = path.rstrip("/") + "/"
        for other in self.by_path:
            rest = other.removeprefix(prefix)
            if rest != other and _template(rest) and "/" not in rest:
                return other, rest[1:-1]
        return "", None

    def _below(self, item: str) -> tuple[Endpoint, ...]:
        """Operations on one row beyond reading and changing it: ``/servers/{id}/start``."""
        found: list[Endpoint] = []
        for path, methods in self.by_path.items():
            rest = path.removeprefix(f"{item}/")
            if item and rest != path and "/" not in rest and not _template(rest):
                children = any(other.startswith(f"{path}/{{") for other in self.by_path)
                listing = methods.get("GET")
                if not children and (listing is None or self._items(listing, rest) is None):
                    found.extend(methods.values())
        return tuple(found)

    def _success(self, endpoint: Endpoint) -> Any:
        """The schema of a success in JSON; None where none is declared."""
        responses = endpoint.raw.get("responses") or {}
        for status in ("200", "201", "2XX", "202", "203", "default"):
            content = self.schemas.resolve(responses.get(status)).get("content") or {}
            for media, node in content.items():
                if "json" in media and isinstance(node, Mapping) and "schema" in node:
                    return node["schema"]
        return None

    def _items(self, listing: Endpoint, noun: str) -> str | None:
        """Where the rows of a list stand; None where it lists nothing."""
        pagination = listing.operation.pagination
        if pagination is not None:
            return pagination.items
        schema = self._success(listing)
        if schema is None:
            return None
        if "array" in self.schemas.types(schema):
            return ""
        properties = self.schemas.properties(schema)
        for name in (*_LISTS, noun.replace(" ", "_"), *properties):
            if name in properties and "array" in self.schemas.types(properties[name]):
                shared = self.schemas.is_object(self.schemas.items(properties[name]))
                if shared and (name in _LISTS or words(name) == noun):
                    return f"/{escape(name)}"
        return None

    def _payload(self, endpoint: Endpoint, noun: str) -> str:
        """Where the row stands in a body: in an envelope, or at its root."""
        schema = self._success(endpoint)
        properties = self.schemas.properties(schema)
        if "id" in properties:
            return ""
        for name in (*_ROWS, singular(noun.replace(" ", "_"))):
            if name in properties and self.schemas.properties(properties[name]):
                return f"/{escape(name)}"
            if name == "data" and name in properties and len(properties) > 1:
                return "/data"
        return ""

    def _row(
        self,
        listing: Endpoint | None,
        items: str | None,
        read: Endpoint | None,
        create: Endpoint | None,
        payload: Mapping[str, str],
    ) -> Any:
        if listing is not None and items is not None:
            row = self.schemas.items(self.schemas.at(self._success(listing), items))
            if self.schemas.properties(row):
                return row
        for endpoint in (read, create):
            if endpoint is not None:
                row = self.schemas.at(self._success(endpoint), payload[endpoint.id])
                if self.schemas.properties(row):
                    return row
        return {}

    def _id_field(self, row: Any, param: str | None, noun: str) -> str | None:
        properties = self.schemas.properties(row)
        if param in properties:
            return param
        if "id" in properties or not properties:
            return "id"
        one = singular(noun.replace(" ", "_")).replace("_", " ")
        wanted = [words(param)] if param else []
        wanted += [f"{one} id", "uid", "uuid", "key", "slug", "name", "code", "number"]
        by_words = {words(name): name for name in properties}
        return next((by_words[name] for name in wanted if name in by_words), None)


def _template(part: str) -> bool:
    return part.startswith("{") and part.endswith("}") and part.count("{") == 1


def _names(path: str) -> Iterator[str]:
    for part in path.split("/"):
        if _template(part):
            yield part[1:-1]


def _noun(path: str) -> str:
    """The last fixed segment as words."""
    fixed = [part for part in path.split("/") if part and "{" not in part]
    return words(fixed[-1]) if fixed else "items"

"""Operations: everything that travels on the wire."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from specloom.ir.build.behaviour import rate_limit, stream_shape, websocket
from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.media import body_contents, response_contents
from specloom.ir.build.parameters import Parameters, path_parts
from specloom.ir.build.resources import Seat, Standing, place_operations
from specloom.ir.build.security import requirements, servers
from specloom.ir.build.types import Types
from specloom.ir.build.webhooks import callbacks
from specloom.ir.model import (
    AnyType,
    BodyKind,
    Callback,
    NamedType,
    ObjectModel,
    Operation,
    Pagination,
    Parameter,
    ParameterLocation,
    Ref,
    RequestBody,
    Response,
    Result,
    ResultKind,
    SecurityRequirement,
    Source,
    Text,
    Type,
    Words,
)
from specloom.ir.names import singular, split_words
from specloom.ir.pagination import infer, infer_from_body
from specloom.ir.pagination_declared import PaginationError, explicit
from specloom.ir.pagination_dialects import said_by
from specloom.spec.pointer import child

__all__ = ["Operations"]

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))
_MAX_ALIASES = 20
"""Names for another name that are followed to an envelope."""

_IDEMPOTENCY = frozenset(("idempotency-key", "x-idempotency-key", "idempotence-key"))
_RESULT_KINDS = {
    BodyKind.JSON: ResultKind.JSON,
    BodyKind.FORM: ResultKind.TEXT,
    BodyKind.TEXT: ResultKind.TEXT,
    BodyKind.MULTIPART: ResultKind.BINARY,
    BodyKind.BINARY: ResultKind.BINARY,
    BodyKind.EVENTS: ResultKind.EVENTS,
    BodyKind.LINES: ResultKind.LINES,
}


class Operations:
    """Reads the operations of ``paths``."""

    def __init__(self, context: Context, types: Types) -> None:
        self._context = context
        self._types = types
        self._parameters = Parameters(context, types)
        self._responses: dict[str, Response] = {}
        self._bodies: dict[str, RequestBody | None] = {}
        root = context.document.root
        self._security = requirements(context, root.get("security", ()), "/security")
        self.standings: dict[str, Standing] = {}
        self.skipped: set[str] = set()
        self.callbacks: list[Callback] = []

    def all(self) -> dict[str, Operation]:
        """Return every operation by id, in document order."""
        seats, nodes = self._seats()
        placed = place_operations(self._context, seats)
        self.standings = {seat.id: placed[seat.id] for seat in seats}
        return {
            seat.id: self._operation(seat, *nodes[seat.id], self.standings[seat.id])
            for seat in seats
        }

    def paginations(self) -> dict[str, Pagination]:
        """Return how the operations page that do, by id; nothing else of them is read."""
        seats, nodes = self._seats()
        found: dict[str, Pagination] = {}
        for seat in seats:
            item, node = nodes[seat.id]
            if seat.http_method != "get" and not self._says_pagination(seat, node):
                continue
            parameters = self._parameters.of(item, node, seat.pointer, Place())
            responses = self._all_responses(node, seat.pointer, ())
            pagination = self._pagination(seat, node, parameters, responses)
            if pagination is not None:
                found[seat.id] = pagination
        return found

    def _says_pagination(self, seat: Seat, node: dict[str, Any]) -> bool:
        return isinstance(self._context.config.pagination.get(seat.id, said_by(node)), dict)

    def _seats(self) -> tuple[list[Seat], dict[str, tuple[dict[str, Any], dict[str, Any]]]]:
        skipped = set(self._context.config.skip)
        seats: list[Seat] = []
        nodes: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        for path, item in self._context.document.root["paths"].items():
            if not path.startswith("/"):
                if not path.startswith("x-"):
                    self._context.warn(
                        "bad-path",
                        f"the path {path!r} does not begin with a slash",
                        child("/paths", path),
                        "a slash is put before it",
                    )
                else:
                    continue
            for method, node in item.items():
                if method not in _METHODS or not isinstance(node, dict):
                    continue
                pointer = child("/paths", path, method)
                declared = node.get("operationId")
                operation_id = self._id(declared, method, path, pointer, nodes)
                if operation_id in skipped:
                    self.skipped.add(operation_id)
                    self._context.dropped(pointer, "the configuration skips it")
                    continue
                tags = tuple(node.get("tags") or ())
                for each in (
                    operation_id,
                    *self._context.config.promises.copies.get(operation_id, ()),
                ):
                    nodes[each] = (item, node)
                    seats.append(
                        Seat(
                            each,
                            declared if isinstance(declared, str) and declared else None,
                            method,
                            path if path.startswith("/") else f"/{path}",
                            tags,
                            pointer,
                        )
                    )
        return seats, nodes

    def _id(
        self, declared: Any, method: str, path: str, pointer: str, taken: dict[str, Any]
    ) -> str:
        if isinstance(declared, str) and declared:
            if declared not in taken:
                return declared
            self._context.warn(
                "duplicate-operation-id",
                f"the operationId {declared!r} is used twice",
                f"{pointer}/operationId",
                "the later operation gets an id made from its method and path",
                "give each operation its own operationId",
            )
        made = f"{method} {path}"
        return made if made not in taken else f"{made} {pointer}"

    # -- one operation

    def _operation(
        self, seat: Seat, item: dict[str, Any], node: dict[str, Any], standing: Standing
    ) -> Operation:
        context = self._context
        pointer = seat.pointer
        owner = _owner(standing)
        parameters = self._parameters.of(item, node, pointer, Place(owner))
        responses = self._all_responses(node, pointer, owner)
        body = self._body(node, pointer, Place((*owner, "request")))
        pagination = self._pagination(seat, node, parameters, responses, body)
        self.callbacks += callbacks(context, self._types, node, pointer, seat.id, owner)
        declared = servers(node) or servers(item)
        limit, metered = rate_limit(context, node, pointer)
        body_name = context.config.promises.body_names.get(seat.id)
        return Operation(
            id=seat.id,
            resource=standing.resource,
            method_name=standing.method,
            http_method=seat.http_method.upper(),
            path=path_parts(seat.path),
            parameters=parameters,
            body=body,
            responses=responses,
            result=self._result(responses, seat, unwrap=pagination is None),
            security=self._secured(node, pointer),
            source=Source(pointer),
            docs=docs_of(node),
            tags=tuple(Text(tag) for tag in seat.tags),
            deprecated=node.get("deprecated") is True,
            servers=declared,
            pagination=pagination,
            idempotency_header=_idempotency_header(
                parameters,
                None if seat.http_method == "get" else context.config.promises.idempotency,
            ),
            rate_limit=limit,
            metered=metered,
            stream=stream_shape(context, self._types, node, responses, pointer, Place(owner)),
            websocket=websocket(context, self._types, node, pointer, Place(owner)),
            positional=context.config.promises.positional.get(seat.id),
            body_name=split_words(body_name) if body_name is not None else None,
            extensions={key: value for key, value in node.items() if key.startswith("x-")},
        )

    def _pagination(
        self,
        seat: Seat,
        node: dict[str, Any],
        parameters: tuple[Parameter, ...],
        responses: tuple[Response, ...],
        body: RequestBody | None = None,
    ) -> Pagination | None:
        models = self._context.models
        value = self._context.config.pagination.get(seat.id, said_by(node))
        if value is False:
            return None
        if isinstance(value, dict):
            try:
                name = self._context.config.promises.page_names.get(seat.id)
                found = explicit(value, parameters, responses, models, body)
                return found if name is None else replace(found, name=split_words(name))
            except PaginationError as error:
                self._context.warn(
                    "bad-pagination",
                    f"the pagination of {seat.id!r}: {error}",
                    seat.pointer,
                    "the operation's pagination is inferred instead",
                )
        if seat.http_method != "get":
            words = split_words(f"{seat.path} {seat.declared_id or ''}")
            return infer_from_body(body, responses, models, words)
        fixed = [part for part in seat.path.split("/") if part and not part.startswith("{")]
        return infer(parameters, responses, models, fixed[-1] if fixed else "")

    def _secured(self, node: dict[str, Any], pointer: str) -> tuple[SecurityRequirement, ...]:
        if "security" not in node:
            return self._security
        return requirements(self._context, node["security"], f"{pointer}/security")

    def _body(self, node: dict[str, Any], pointer: str, place: Place) -> RequestBody | None:
        if "requestBody" not in node:
            return None
        body, where = self._context.resolve(node["requestBody"], f"{pointer}/requestBody")
        shared = where.startswith("/components/")
        if shared and where in self._bodies:
            return self._bodies[where]
        if shared:
            place = Place((*split_words(where.rpartition("/")[2]), "request"))
        contents = body_contents(self._context, self._types, body, where, place)
        made = None
        if contents:
            made = RequestBody(body.get("required") is True, contents, Source(where), docs_of(body))
        if shared:
            self._bodies[where] = made
        return made

    def _all_responses(
        self, node: dict[str, Any], pointer: str, owner: Words
    ) -> tuple[Response, ...]:
        made = []
        for status, response in node.get("responses", {}).items():
            if status.startswith("x-"):
                continue
            target, where = self._context.resolve(response, f"{pointer}/responses/{status}")
            made.append(self._response(status, target, where, owner))
        made.sort(key=lambda response: _status_rank(response.status))
        return tuple(made)

    def _response(self, status: str, node: dict[str, Any], pointer: str, owner: Words) -> Response:
        shared = pointer.startswith("/components/")
        key = f"{status} {pointer}"
        if shared and key in self._responses:
            return self._responses[key]
        if shared:
            words = split_words(pointer.rpartition("/")[2])
            place = Place(words if words[-1] == "response" else (*words, "response"))
        else:
            place = Place((*owner, *_status_words(status), "response"))
        made = Response(
            status,
            response_contents(self._context, self._types, node, pointer, place),
            self._parameters.headers(node, pointer),
            Source(pointer),
            docs_of(node),
        )
        if shared:
            self._responses[key] = made
        return made

    def _result(self, responses: tuple[Response, ...], seat: Seat, *, unwrap: bool) -> Result:
        successes = [response for response in responses if response.status.startswith("2")]
        if not successes:
            successes = [response for response in responses if response.status == "default"]
        with_content = [response for response in successes if response.contents]
        if not with_content:
            return Result(ResultKind.NONE, AnyType(), AnyType())
        chosen = with_content[0]
        content = chosen.contents[0]
        for other in with_content[1:]:
            if other.contents[0].type != content.type:
                self._context.degraded(
                    f"{seat.pointer}/responses/{other.status}",
                    f"methods return what the {chosen.status} response holds",
                )
        kind = _RESULT_KINDS[content.kind]
        value, inner = (None, content.type)
        if unwrap and kind is ResultKind.JSON:
            value, inner = self._unwrapped(content.type, seat.id)
        return Result(kind, content.type, inner, value, content.media_type)

    def _unwrapped(self, made: Type, id_: str) -> tuple[Text | None, Type]:
        """Return the envelope's property and its type; None and the type itself without one."""
        config = self._context.config
        chosen = id_ in config.promises.unwraps
        name = config.promises.unwraps[id_] if chosen else config.unwrap
        if name is None:
            return None, made
        model = self._context.models.get(made.model) if isinstance(made, Ref) else None
        for _ in range(_MAX_ALIASES):
            if not isinstance(model, NamedType) or not isinstance(model.type, Ref):
                break
            model = self._context.models.get(model.type.model)
        if not isinstance(model, ObjectModel):
            return None, made
        siblings = set(config.unwrap_siblings)
        inner = None
        for field in model.fields:
            if field.wire_name.raw == name:
                inner = field
            elif not chosen and field.wire_name.raw not in siblings:
                return None, made
        if inner is None:
            return None, made
        return inner.wire_name, inner.type


def _owner(standing: Standing) -> Words:
    """Return the words that name an operation's own models: ``admin user list``."""
    words: list[str] = []
    for part in standing.resource:
        words.extend((*part[:-1], singular(part[-1])))
    return (*words, *standing.method)


def _status_rank(status: str) -> tuple[bool, str]:
    return status == "default", status


def _status_words(status: str) -> Words:
    """Name a response that is not a plain success by its status: ``not found``."""
    if status in ("200", "201", "202", "2XX"):
        return ()
    if status == "default":
        return ("default",)
    if status.endswith("XX"):
        return {"1": ("informational",), "3": ("redirect",), "4": ("client", "error")}.get(
            status[0], ("server", "error")
        )
    try:
        return split_words(HTTPStatus(int(status)).phrase)
    except ValueError:
        return ("status", status)


def _idempotency_header(parameters: tuple[Parameter, ...], configured: str | None) -> Text | None:
    for parameter in parameters:
        if (
            parameter.location is ParameterLocation.HEADER
            and parameter.wire_name.raw.lower() in _IDEMPOTENCY
        ):
            return parameter.wire_name
    return Text(configured) if configured is not None else None

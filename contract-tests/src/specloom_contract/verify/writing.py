"""Checks of a row's life: created, read, listed, updated, deleted; and of idempotency."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection, Endpoint
from .probe import Answer
from .register import Register
from .rows import Made, differences, walk
from .schema import value_at

__all__ = ["check_life"]

_TEXT: Final = 'O\'Neill & "S\u00f8n" <b>\u6771\u4eac</b> \U0001f9f5 %27; --'
"""Text that is harmless, and that a server breaks which does not escape, or encodes wrongly."""

_SHAPED: Final = ("pattern", "format", "enum", "const")
_NO_TEXT: Final = ("password", "secret", "token", "currency", "_id", "url", "code", "sku", "slug")
_GONE: Final = frozenset({404, 410})
_MOVING: Final = (
    "updated",
    "modified",
    "last",
    "seen",
    "count",
    "expires",
    "etag",
    "version",
    "_at",
)


def check_life(inquiry: Inquiry, register: Register, collection: Collection) -> None:
    """Make every check of rows that are written, on rows that the run makes."""
    if collection.create is None and collection.update is None and collection.delete is None:
        return
    life = _Life(inquiry, register, collection)
    c = collection
    subject = c.path
    writes = "paths of a collection and of its row"
    steps = (
        ("create.echo", (c.create,), "the schemas of request and response", life.echo),
        ("create.text", (c.create, c.read), "a text without pattern or format", life.text),
        ("create.location", (c.create,), "the header Location of a 201", life.location),
        ("create.read", (c.create, c.read), writes, life.read),
        ("create.listed", (c.create, c.listing), writes, life.listed),
        ("update.read", (c.update, c.read), writes, life.update),
        ("update.keeps", (c.update, c.read), "the method PATCH (RFC 5789)", life.keeps),
        ("delete.gone", (c.delete, c.read), writes, life.gone),
        ("delete.unlisted", (c.delete, c.listing), writes, life.unlisted),
    )
    for kind, endpoints, why, checking in steps:
        inquiry.check(kind, subject, endpoints, why, checking)
    life.act()


class _Life:
    def __init__(self, inquiry: Inquiry, register: Register, collection: Collection) -> None:
        self._inquiry = inquiry
        self._register = register
        self._c = collection
        self._made: Made | None = None
        self._refusal: str | None = None
        self._update: tuple[Mapping[str, Any], Any, Any] | None = None
        self._deleted: Made | None = None

    # --- create ----------------------------------------------------------------------------------

    def _row(self) -> Made:
        """The row whose life this is."""
        if self._refusal is not None:
            raise Untested(self._refusal)
        if self._made is None:
            try:
                self._made = self._register.create(self._c)
            except Untested as untested:
                self._refusal = str(untested)
                raise
        return self._made

    def echo(self) -> Iterator[Finding]:
        made = self._row()
        if not isinstance(made.row, Mapping):
            raise Untested("the answer to a create shows no row")
        yield from _changed(made.sent, made.row, "the created row", made.answer)

    def text(self) -> Iterator[Finding]:
        create = self._inquiry.need(self._c.create, "creates a row")
        made = self._row()
        assert create.body is not None or made.sent == {}
        if create.body is None or not isinstance(made.sent, Mapping):
            raise Untested("a row is created without text")
        body = dict(self._register.bodies(create)[0])
        schemas = self._inquiry.schemas
        for name, node in schemas.properties(create.body[1]).items():
            plain = schemas.types(node) == ("string",) and not any(
                schemas.keyword(node, word) is not None for word in _SHAPED
            )
            if not plain or name not in body or self._register.reference(name) is not None:
                continue
            if any(word in name.lower() for word in _NO_TEXT):
                continue
            body[name] = f"{_TEXT} {self._inquiry.sampler.word()}"
            if not self._inquiry.request_fits(create.body_pointer, body):
                continue
            answer = self._inquiry.call(create, made.values, body=body)
            if not answer.ok:
                if answer.status is not None and answer.status < 500:
                    raise Untested(f"{create.label}: the text was refused: {_told(answer)}")
                yield Finding(
                    f"{name} {_TEXT!r} is answered {_told(answer)}",
                    "2xx",
                    _told(answer),
                    answer.exchange,
                )
                return
            other = self._register.keep(self._c, made.values, body, answer)
            wanted = {name: body[name]}
            yield from _changed(wanted, other.row, "the created row", answer)
            if self._c.read is not None and not self._inquiry.obstacle(self._c.read):
                again = self._get(other)
                yield from _changed(wanted, self._shown(again), "the row that was read", again)
            return
        raise Untested("no field takes any text")

    def location(self) -> Iterator[Finding]:
        made = self._row()
        create = self._c.create
        assert create is not None
        place = made.answer.headers.get("location")
        if place is None:
            if not _declares(self._inquiry, create, "location"):
                raise Untested("the document declares no Location")
            yield Finding("the answer has no Location", exchange=made.answer.exchange)
            return
        base = urlsplit(self._inquiry.probe.base_url)
        there = urlsplit(urljoin(made.answer.exchange.url, place))
        if (there.scheme, there.netloc) != (base.scheme, base.netloc):
            raise Untested(f"Location names another origin, {there.netloc}: not asked")
        prefix = base.path.rstrip("/")
        if there.path.removeprefix(prefix) == there.path and prefix:
            raise Untested(f"Location {place} is outside the base URL")
        answer = self._inquiry.probe.send(
            "GET",
            there.path.removeprefix(prefix),
            query=parse_qsl(there.query),
            dress=self._inquiry.credentials.dress(create.operation),
        )
        if answer.status == 429:
            raise Untested("the quota is used up (429)")
        if not answer.ok or (made.id is not None and json.dumps(made.id) not in answer.text):
            yield Finding(
                f"Location is {place}, where the row {made.id} is not: {_told(answer)}",
                f"the row {made.id}",
                _told(answer),
                answer.exchange,
            )

    def _get(self, made: Made, *, provoked: bool = False) -> Answer:
        read = self._inquiry.need(self._c.read, "reads a row")
        return self._inquiry.call(read, self._register.item(made), provoked=provoked)

    def _shown(self, answer: Answer) -> Any:
        assert self._c.read is not None
        return value_at(answer.body, self._c.payload.get(self._c.read.id, ""))

    def read(self) -> Iterator[Finding]:
        made = self._row()
        answer = self._get(made)
        if not answer.ok:
            yield Finding(
                f"the created row {made.id} cannot be read: {_told(answer)}",
                "200",
                _told(answer),
                answer.exchange,
            )
            return
        row = self._shown(answer)
        yield from _changed(made.sent, row, "the row that was read", answer)
        yield from _changed(
            _steady(made.row), row, "the row that was read", answer, than="the created one"
        )

    def listed(self) -> Iterator[Finding]:
        made = self._row()
        found, complete, answer = self._find(made)
        if found is None:
            if not complete:
                raise Untested("the list is longer than what this run reads of it")
            yield Finding(
                f"the created row {made.id} is not in the list",
                f"a row with {self._c.id_field} {made.id}",
                "none",
                answer.exchange,
            )
            return
        yield from _changed(_steady(made.row), found, "the row in the list", answer)

    def _find(self, made: Made) -> tuple[Any, bool, Answer]:
        """The row in the list, whether the list was read to its end, and the last answer."""
        self._inquiry.need(self._c.listing, "lists rows")
        self._register.item(made)
        size = self._register.largest(self._c)
        walked = walk(self._inquiry, self._c, made.values, size=size)
        name = self._c.id_field or "id"
        rows = (r for r in walked.items if isinstance(r, Mapping) and r.get(name) == made.id)
        return next(rows, None), walked.complete, walked.last

    # --- update ----------------------------------------------------------------------------------

    def update(self) -> Iterator[Finding]:
        update = self._inquiry.need(self._c.update, "changes a row")
        made = self._row()
        body, name = self._change(update, made)
        answer = self._inquiry.call(update, self._register.item(made), body=body)
        if not answer.ok:
            raise Untested(f"{update.label}: the server refused the change: {_told(answer)}")
        shown = value_at(answer.body, self._c.payload.get(update.id, ""))
        wanted = {name: body[name]}
        if isinstance(shown, Mapping):
            yield from _changed(wanted, shown, "the answer to the update", answer)
        if self._c.read is None or self._inquiry.obstacle(self._c.read):
            return
        again = self._get(made)
        row = self._shown(again)
        self._update = wanted, row, again
        yield from _changed(wanted, row, "the updated row", again)

    def keeps(self) -> Iterator[Finding]:
        update = self._inquiry.need(self._c.update, "changes a row")
        if update.method != "PATCH":
            raise Untested("PUT replaces: what it does not name need not stay")
        if self._update is None:
            raise Untested("no update was read back")
        wanted, row, answer = self._update
        made = self._row()
        sent = made.sent if isinstance(made.sent, Mapping) else {}
        kept = {name: value for name, value in sent.items() if name not in wanted}
        if not kept:
            raise Untested("the row has no other field that was sent")
        yield from _changed(kept, row, "the updated row", answer, than="before the update")

    def _change(self, update: Endpoint, made: Made) -> tuple[dict[str, Any], str]:
        """A body that changes one field, and the field."""
        if update.body is None:
            raise Untested(f"{update.label} takes no body")
        schemas, sampler = self._inquiry.schemas, self._inquiry.sampler
        schema = update.body[1]
        properties = schemas.properties(schema)
        row = made.row if isinstance(made.row, Mapping) else {}
        base: dict[str, Any] = {}
        if update.method == "PUT" and isinstance(made.sent, Mapping):
            base = {n: v for n, v in made.sent.items() if n in properties}
        for name in schemas.required(schema):
            if name not in base and name in properties:
                base[name] = (
                    row.get(name)
                    if row.get(name) is not None
                    else sampler.value(
                        properties[name], self._register.reference, optional=False, name=name
                    )
                )
        for name in sorted(properties, key=_dull):
            if name not in row or schemas.keyword(properties[name], "readOnly") is True:
                continue
            for value in self._others(properties[name], name, row[name]):
                body = {**base, name: value}
                if value != row[name] and self._inquiry.request_fits(update.body_pointer, body):
                    return body, name
        raise Untested("no field can be changed to a value that the document allows")

    def _others(self, schema: Any, name: str, now: Any) -> Iterator[Any]:
        """Other values of a field."""
        schemas = self._inquiry.schemas
        if isinstance(now, bool):
            yield not now
            return
        allowed = schemas.enum(schema)
        if allowed:
            yield from (value for value in allowed if value != now)
            return
        types = schemas.types(schema)
        if isinstance(now, str) and "string" in types:
            if self._register.reference(name) is not None:
                return
            yield self._inquiry.sampler.value(schema, lambda _: None, optional=False, name=name)
        elif isinstance(now, (int, float)) and set(types) & {"integer", "number"}:
            yield now + 1
            yield now - 1

    # --- delete ----------------------------------------------------------------------------------

    def gone(self) -> Iterator[Finding]:
        delete = self._inquiry.need(self._c.delete, "deletes a row")
        made = self._row()
        answer = self._inquiry.call(delete, self._register.item(made))
        if not answer.ok:
            yield Finding(
                f"the row {made.id} cannot be deleted: {_told(answer)}",
                "2xx",
                _told(answer),
                answer.exchange,
            )
            return
        self._deleted = made
        if self._c.read is None or self._inquiry.obstacle(self._c.read):
            self._register.gone(made)
            raise Untested(f"deleted; no operation reads a row of {self._c.path}")
        again = self._get(made, provoked=True)
        if again.status in _GONE:
            self._register.gone(made)
            return
        yield Finding(
            f"the row {made.id} was deleted ({answer.status}), and reading it is {_told(again)}",
            "404 or 410",
            _told(again),
            again.exchange,
        )

    def unlisted(self) -> Iterator[Finding]:
        self._inquiry.need(self._c.delete, "deletes a row")
        if self._deleted is None:
            raise Untested("no row was deleted")
        found, complete, answer = self._find(self._deleted)
        if found is not None:
            yield Finding(
                f"the row {self._deleted.id} was deleted, and is still in the list",
                "no such row",
                f"a row with {self._c.id_field} {self._deleted.id}",
                answer.exchange,
            )
        elif not complete:
            raise Untested("the list is longer than what this run reads of it")
        self._made = None

    # --- what else can be done to a row ----------------------------------------------------------

    def act(self) -> None:
        """Call what can be done to one row, on a row that the run made: answers must conform."""
        for endpoint in self._c.below:
            if self._inquiry.obstacle(endpoint) or endpoint.method == "GET":
                continue
            try:
                made = self._row()
                bodies = self._register.bodies(endpoint)
                values = {
                    **self._register.item(made),
                }
                if endpoint.body is None:
                    self._inquiry.call(endpoint, values)
                else:
                    self._inquiry.call(endpoint, values, body=bodies[0])
            except (Untested, KeyError) as error:
                self._inquiry.tally.reasons.setdefault(endpoint.id, str(error))


def _changed(
    sent: Any, got: Any, what: str, answer: Answer, *, than: str = "what was sent"
) -> Iterator[Finding]:
    if isinstance(sent, Mapping) and sent and not isinstance(got, Mapping):
        yield Finding(f"{what} is not shown", "a row", _told(answer), answer.exchange)
        return
    for place, before, after in differences(sent, got):
        yield Finding(
            f"{what} has another {place or 'value'} than {than}",
            json.dumps(before, ensure_ascii=False),
            json.dumps(after, ensure_ascii=False),
            answer.exchange,
        )


def _steady(row: Any) -> Any:
    """The members of a row that stay as they are while nobody changes it."""
    if not isinstance(row, Mapping):
        return {}
    return {n: v for n, v in row.items() if not any(mark in n.lower() for mark in _MOVING)}


def _declares(inquiry: Inquiry, endpoint: Endpoint, header: str) -> bool:
    responses = endpoint.raw.get("responses") or {}
    return any(
        name.lower() == header
        for status, node in responses.items()
        if str(status).startswith("2")
        for name in inquiry.schemas.resolve(node).get("headers") or {}
    )


def _told(answer: Answer) -> str:
    return answer.failure if answer.status is None else str(answer.status)


def _dull(name: str) -> tuple[int, str]:
    """Fields that are safe to change first: names rather than states."""
    likely = ("name", "title", "description", "label", "note", "notes")
    return (likely.index(name) if name in likely else len(likely), name)

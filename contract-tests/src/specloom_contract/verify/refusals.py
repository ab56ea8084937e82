"""Checks of what a server must refuse: strangers, ids of nobody, bodies and queries that are wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .credentials import Dress
from .inquiry import Inquiry, Untested
from .model import Finding
from .plan import Collection, Endpoint
from .probe import Answer
from .register import Register

__all__ = ["check_refusals", "check_strangers"]

_REFUSED: Final = frozenset({401, 403})
_WRONG: Final = "verify-wrong"
_FOREIGN: Final = "application/x-specloom-verify"


def check_strangers(inquiry: Inquiry, register: Register, endpoint: Endpoint) -> None:
    """Without credentials, or with wrong ones, an operation that demands some is refused."""
    strangers = _Strangers(inquiry, register, endpoint)
    why = "its security requirement"
    inquiry.check("auth.missing", endpoint.label, [endpoint], why, strangers.missing)
    inquiry.check("auth.wrong", endpoint.label, [endpoint], why, strangers.wrong)


class _Strangers:
    def __init__(self, inquiry: Inquiry, register: Register, endpoint: Endpoint) -> None:
        self._inquiry, self._register, self._endpoint = inquiry, register, endpoint
        self._nobody = False  # the request names a row that is not there

    def missing(self) -> Iterator[Finding]:
        yield from self._refused(Dress(), "without credentials")

    def wrong(self) -> Iterator[Finding]:
        operation = self._endpoint.operation
        if not self._inquiry.credentials.covers(operation):
            raise Untested("no credentials are given of which to send wrong ones (--auth)")
        dress = self._inquiry.credentials.dress(operation, wrong=_WRONG)
        yield from self._refused(dress, "with wrong credentials")

    def _refused(self, dress: Dress, how: str) -> Iterator[Finding]:
        endpoint, inquiry = self._endpoint, self._inquiry
        if not endpoint.operation.security:
            raise Untested("the document demands no credentials here")
        if not inquiry.credentials.demanded(endpoint.operation):
            raise Untested("the document allows requests without credentials")
        inquiry.need(endpoint, "is this", bare=True)
        owner = next((c for c in inquiry.plan.collections if c.create is endpoint), None)
        values = self._values()
        if endpoint.body is not None and endpoint.method != "GET":
            body = self._register.bodies(endpoint)[0]
            answer = inquiry.call(endpoint, values, body=body, dress=dress, provoked=True)
            if answer.ok and owner is not None:
                self._register.keep(owner, values, body, answer)
        else:
            answer = inquiry.call(endpoint, values, dress=dress, provoked=True)
        if answer.status in _REFUSED:
            return
        if answer.status == 404 and self._nobody:
            return
        yield Finding(
            f"{how} it is answered {_told(answer)}",
            "401 (or 403)",
            _told(answer),
            answer.exchange,
        )

    def _values(self) -> dict[str, Any]:
        """Known rows for what only reads; ids of nobody for what changes something."""
        if self._endpoint.method == "GET":
            try:
                return self._register.values(self._endpoint)
            except Untested:
                pass  # an id of nobody serves as well
        self._nobody = bool(self._endpoint.path_names)
        made = {}
        for name in self._endpoint.path_names:
            schema = next(
                p.get("schema") or {}
                for p in self._endpoint.parameters
                if p["name"] == name and p["in"] == "path"
            )
            made[name] = self._inquiry.sampler.stranger(schema, None)
        return made


def check_refusals(inquiry: Inquiry, register: Register, collection: Collection) -> None:
    """Make every check of what the operations of a collection must refuse."""
    c = collection
    refusals = _Refusals(inquiry, register, c)
    inquiry.check(
        "refuse.unknown",
        c.path,
        (c.read, c.update, c.delete),
        "the path of a row",
        refusals.unknown,
    )
    inquiry.check(
        "refuse.method",
        c.path,
        c.endpoints[:1],
        "the methods that the path declares",
        refusals.method,
    )
    inquiry.check("refuse.query", c.path, (c.listing,), "its parameters", refusals.query)
    inquiry.check("refuse.accept", c.path, (c.listing or c.read,), "its responses", refusals.accept)
    if c.create is not None:
        body = "the schema of the request body"
        inquiry.check("refuse.body", c.path, (c.create,), body, refusals.body)
        inquiry.check("refuse.malformed", c.path, (c.create,), body, refusals.malformed)
        inquiry.check("refuse.media-type", c.path, (c.create,), body, refusals.media_type)


class _Refusals:
    def __init__(self, inquiry: Inquiry, register: Register, collection: Collection) -> None:
        self._inquiry, self._register, self._c = inquiry, register, collection

    def unknown(self) -> Iterator[Finding]:
        inquiry, c = self._inquiry, self._c
        candidates = [e for e in (c.read, c.update, c.delete) if not inquiry.obstacle(e)]
        asked = [e for e in candidates if e is not None]
        if not asked or c.id_param is None:
            inquiry.need(c.read, "reads one row")
            raise Untested("no operation takes the id of a row")
        for endpoint in asked:
            parameter = next(
                p for p in endpoint.parameters if p["in"] == "path" and p["name"] == c.id_param
            )
            schema = parameter.get("schema") or {}
            known = self._register.any_id(c)
            values = {
                **self._register.above(c),
                c.id_param: inquiry.sampler.stranger(schema, known),
            }
            if endpoint.body is not None and endpoint.method in {"PUT", "PATCH"}:
                body = self._register.bodies(endpoint)[0]
                answer = inquiry.call(endpoint, values, body=body, provoked=True)
            else:
                answer = inquiry.call(endpoint, values, provoked=True)
            promised = {"404", "4XX"} & set(endpoint.statuses)
            if endpoint.method == "GET" or promised:
                yield from _refusal(answer, f"{endpoint.label} of a row that is not there", "404")

    def method(self) -> Iterator[Finding]:
        """A method that does nothing anywhere is sent: what is undocumented might still work."""
        endpoint = self._c.endpoints[0]
        dress = self._inquiry.credentials.dress(endpoint.operation)
        path = self._inquiry.path(endpoint, self._register.values(endpoint))
        answer = self._inquiry.probe.send("TRACE", path, dress=dress)
        if answer.status == 501:
            return
        yield from _refusal(answer, f"TRACE {endpoint.path}", "405")
        if answer.status == 405 and "allow" not in answer.headers:
            yield Finding(
                "405 comes without the header Allow (RFC 9110, 15.5.6)",
                "Allow",
                "none",
                answer.exchange,
            )

    def query(self) -> Iterator[Finding]:
        inquiry, c = self._inquiry, self._c
        listing = inquiry.need(c.listing, "lists rows")
        if not {"400", "422", "4XX", "default"} & set(listing.statuses):
            raise Untested("the document declares no status for a wrong query")
        for parameter in listing.parameters:
            types = inquiry.schemas.types(parameter.get("schema"))
            if parameter["in"] != "query" or not set(types) <= {"integer", "number"} or not types:
                continue
            query = [(parameter["name"], "not-a-number")]
            answer = inquiry.call(listing, self._register.above(c), query=query, provoked=True)
            shown = f"{listing.label}?{parameter['name']}=not-a-number"
            yield from _refusal(answer, shown, "400 or 422")
            return
        raise Untested("no query parameter is a number")

    def accept(self) -> Iterator[Finding]:
        inquiry, c = self._inquiry, self._c
        endpoint = inquiry.need(c.listing or c.read, "reads")
        if "406" not in endpoint.statuses:
            raise Untested("the document declares no 406")
        answer = inquiry.call(
            endpoint,
            self._register.values(endpoint),
            headers=[("Accept", _FOREIGN)],
            provoked=True,
        )
        if answer.status != 406:
            yield Finding(
                f"with Accept: {_FOREIGN} it is answered {_told(answer)}",
                "406",
                _told(answer),
                answer.exchange,
            )

    def body(self) -> Iterator[Finding]:
        create = self._inquiry.need(self._c.create, "creates a row")
        tried = False
        for what, body in self._wrong_bodies(create):
            tried = True
            answer = self._send(create, body=body)
            yield from _refusal(answer, f"{create.label} {what}", "400 or 422")
        if not tried:
            raise Untested("every object fits the schema of the body")

    def _wrong_bodies(self, create: Endpoint) -> Iterator[tuple[str, Any]]:
        if create.body is None or "json" not in create.body[0]:
            return
        schemas = self._inquiry.schemas
        schema = create.body[1]
        base = self._register.bodies(create)[0]
        if not isinstance(base, Mapping):
            return
        wrong: list[tuple[str, Any]] = []
        for name in sorted(schemas.required(schema) & base.keys())[:3]:
            wrong.append((f"without {name}", {n: v for n, v in base.items() if n != name}))
        for name, value in list(base.items()):
            if isinstance(value, str):
                changed = copy.deepcopy(dict(base))
                changed[name] = {"verify": ["of another type"]}
                wrong.append((f"with an object as {name}", changed))
                break
        for what, body in wrong:
            if not self._inquiry.request_fits(create.body_pointer, body):
                yield what, body

    def malformed(self) -> Iterator[Finding]:
        create = self._inquiry.need(self._c.create, "creates a row")
        if create.body is None or "json" not in create.body[0]:
            raise Untested("the body is not JSON")
        answer = self._send(create, raw=(create.body[0], b'{"verify": '))
        yield from _refusal(answer, f"{create.label} with JSON that ends in the middle", "400")

    def media_type(self) -> Iterator[Finding]:
        create = self._inquiry.need(self._c.create, "creates a row")
        if "415" not in create.statuses:
            raise Untested("the document declares no 415")
        answer = self._send(create, raw=(_FOREIGN, b"verify"))
        yield from _refusal(answer, f"{create.label} as {_FOREIGN}", "415")

    def _send(
        self, create: Endpoint, *, body: Any = None, raw: tuple[str, bytes] | None = None
    ) -> Answer:
        values = self._register.above(self._c)
        if raw is None:
            answer = self._inquiry.call(create, values, body=body, provoked=True)
        else:
            answer = self._inquiry.call(create, values, raw=raw, provoked=True)
        if answer.ok:
            self._register.keep(self._c, values, body, answer)
        return answer


def _refusal(answer: Answer, what: str, wanted: str) -> Iterable[Finding]:
    """Any 4xx is a refusal; which one, the declared responses say."""
    if answer.status is not None and 400 <= answer.status < 500:
        return
    yield Finding(f"{what} is answered {_told(answer)}", wanted, _told(answer), answer.exchange)


def _told(answer: Answer) -> str:
    return answer.failure if answer.status is None else str(answer.status)

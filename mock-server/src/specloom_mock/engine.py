"""The server without a socket: a request in, a checked response out."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from specloom_mock.auth import authenticate
from specloom_mock.call import Call
from specloom_mock.choosing import choose
from specloom_mock.crud import create, delete, get, update
from specloom_mock.describing import describe
from specloom_mock.endpoints import ping, rotate
from specloom_mock.errors import ApiError
from specloom_mock.faults import Fault
from specloom_mock.forcing import prefers
from specloom_mock.generate import Generator
from specloom_mock.idempotency import Outcome, fingerprint
from specloom_mock.journal import Entry
from specloom_mock.kinds import PAGING
from specloom_mock.logins import login, logout, refresh, register, whoami
from specloom_mock.message import Request, Response
from specloom_mock.metering import meter
from specloom_mock.pages import list_rows
from specloom_mock.patching import patch_response
from specloom_mock.plan import ApiPlan, Kind, OperationPlan, ResponsePlan
from specloom_mock.refusals import ErrorAnswers
from specloom_mock.responses import check_response, encode_json, is_json, response_for
from specloom_mock.retry_after import retry_after_headers
from specloom_mock.routing import Found, Router
from specloom_mock.schemas import Schemas
from specloom_mock.session import Session
from specloom_mock.special import act, fixed, stateless
from specloom_mock.uploads import download, upload
from specloom_mock.validation import MAX_UPLOAD, check_accept, read_body, read_values

__all__ = ["Engine"]

_LOCATED = frozenset({Kind.CREATE, Kind.REGISTER, Kind.UPLOAD})
"""What says itself where the new thing is."""

_HANDLERS: dict[Kind, Callable[[Call], Response]] = {
    Kind.LIST: list_rows,
    Kind.CREATE: create,
    Kind.GET: get,
    Kind.REPLACE: update,
    Kind.UPDATE: update,
    Kind.DELETE: delete,
    Kind.ACTION: act,
    Kind.DESCRIBE: describe,
    Kind.LOGIN: login,
    Kind.REGISTER: register,
    Kind.REFRESH: refresh,
    Kind.LOGOUT: logout,
    Kind.WHOAMI: whoami,
    Kind.UPLOAD: upload,
    Kind.DOWNLOAD: download,
    Kind.ROTATE: rotate,
    Kind.PING: ping,
    Kind.FIXED: fixed,
}
_EXPOSED = (
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, ETag, Link, "
    "X-Total-Count, X-Page, X-Per-Page, X-Request-ID"
)
_JSON = "application/json"
_MAX_REQUEST_ID = 200


class Engine:
    """Serves one planned document.

    Args:
        plan: The plan.
        schemas: The document's schemas.

    Attributes:
        largest_body: Bytes that the largest body may have that some operation takes.
    """

    def __init__(self, plan: ApiPlan, schemas: Schemas) -> None:
        self.plan = plan
        self.schemas = schemas
        self.router: Router[OperationPlan] = Router()
        for operation in plan.operations.values():
            for base in operation.bases:
                self.router.add(base, operation.path, operation.method, operation)
        self._errors = ErrorAnswers(plan, schemas)
        allowed = (plan.mock.get("server") or {}).get("max_body") or 0
        self.largest_body = max(int(allowed), MAX_UPLOAD)

    def find(self, request: Request) -> tuple[Found[OperationPlan] | None, OperationPlan | None]:
        """The endpoint and the operation of a request."""
        found = self.router.find(request.path)
        if found is None:
            return None, None
        if found.others:
            found = choose(self.schemas, found, request)
        methods = found.endpoint.methods
        operation = methods.get(request.method)
        if operation is None and request.method == "HEAD":
            operation = methods.get("GET")
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            operation = None if "origin" in request.headers else operation
        return found, operation

    def handle(
        self,
        session: Session,
        request: Request,
        entry: Entry,
        origin: str,
        faults: Sequence[Fault] = (),
        *,
        unchecked: bool = False,
    ) -> Response:
        """Answer a request.

        Args:
            session: The world that it happens in.
            request: The request.
            entry: Its journal entry; violations are noted there.
            origin: What URLs made for the client begin with.
            faults: ``status`` and ``patch`` faults to apply.
            unchecked: Let a response that breaks the document out (the chaos port).
        """
        request_id = request.headers.get("x-request-id") or ""
        if not (request_id.isascii() and 0 < len(request_id) <= _MAX_REQUEST_ID):
            request_id = session.request_id()
        found, operation = self.find(request)
        if operation is None:
            response = self._errors.unmatched(request, found, request_id)
            self._finish(request, response, request_id)
            return response
        assert found is not None
        call = Call(
            operation,
            session,
            request,
            origin,
            found.base,
            found.parameters,
            request_id,
            session.clock.now(),
        )
        try:
            response = self._serve(call, faults)
        except ApiError as error:
            if error.status in {400, 422} and not faults:
                problems = error.problems or ()
                entry.violations.extend(f"request: {p.field}: {p.reason}" for p in problems)
            response = self._errors.of(call, error)
        except Exception:  # the mock's own failure is shown, never hidden behind a wrong answer
            entry.violations.append(f"internal error: {traceback.format_exc()}")
            response = self._errors.of(call, ApiError(500, "The mock server failed", "internal"))
        if response.deferred is not None:
            deferred = response.deferred

            async def later() -> Response:
                return self._leave(call, await deferred(), entry, faults, unchecked=unchecked)

            response.deferred = later
            return response
        return self._leave(call, response, entry, faults, unchecked=unchecked)

    def _leave(
        self,
        call: Call,
        response: Response,
        entry: Entry,
        faults: Sequence[Fault],
        *,
        unchecked: bool,
    ) -> Response:
        """Complete, patch, check and encode a response."""
        request, session, request_id = call.request, call.session, call.request_id
        self._finish(request, response, request_id)
        response.headers.update(call.headers)
        for fault in faults:
            if fault.kind == "patch":
                patch_response(response, fault)
        if unchecked or not self._conformance(call, response, entry):
            response = self._encoded(call, response)
            if response.keep is not None and not unchecked:
                pages, asked, headers = response.keep
                pages[asked] = (headers, response.body, response.value)
            return response
        if call.claim is not None:
            session.idempotency.abandon(call.claim)
            call.claim = None
        if response.headers.get("X-Mock-Violation") == "document":
            entry.violations.append(f"document: nothing fits the schema: {call.plan.impossible}")
            return self._encoded(call, response)
        broken = "; ".join(entry.violations)
        response = self._errors.of(
            call, ApiError(500, f"The mock's answer would break the document: {broken}", "internal")
        )
        self._finish(request, response, request_id)
        response.headers.update(call.headers)
        response.headers["X-Mock-Violation"] = "response"
        return self._encoded(call, response)

    def _serve(self, call: Call, faults: Sequence[Fault]) -> Response:
        plan, session = call.plan, call.session
        refused: ApiError | None = None
        try:
            call.credential = authenticate(
                plan, self.plan.schemes, call.request, session.keyring, call.now
            )
        except ApiError as error:
            refused = error
        meter(call, failed=refused is not None)
        if refused is not None:
            raise refused
        for fault in faults:
            if fault.kind == "status":
                raise _forced(fault, call.now)
            if fault.kind in PAGING:
                call.paging = fault
        if plan.scopes and call.credential is not None:
            lacking = call.credential.may(plan.scopes)
            if lacking is not None:
                raise ApiError(
                    403,
                    f"The credential lacks the scope {lacking}",
                    "scope",
                    details={"required_scope": lacking},
                )
        check_accept(call)
        read_values(call)
        read_body(call)
        if prefers(call.request.headers.get("prefer"), plan.success.status):
            return stateless(call)
        handler = _HANDLERS[plan.kind]
        if plan.idempotency is None or plan.idempotency not in call.request.headers:
            return handler(call)
        return self._once(call, handler)

    def _once(self, call: Call, handler: Callable[[Call], Response]) -> Response:
        """Run a handler under its idempotency key."""
        assert call.plan.idempotency is not None
        request, session = call.request, call.session
        who = call.credential.meter if call.credential is not None else f"ip:{request.client}"
        key = (who, call.plan.id, request.headers[call.plan.idempotency])
        content_type = request.headers.get("content-type", "").split(";", 1)[0]
        digest = fingerprint(request.path, request.query, content_type, request.body)
        outcome, first = session.idempotency.begin(key, digest, call.now)
        if outcome is Outcome.REPLAY and first is not None:
            return Response(
                first.status,
                {**first.headers, "Idempotency-Replayed": "true"},
                first.body,
                first.media_type,
                value=first.value,
            )
        if outcome is Outcome.MISMATCH:
            raise ApiError(
                422 if "422" in call.plan.responses else 409,
                "This idempotency key was used with another request",
                "mismatch",
            )
        if outcome is Outcome.IN_FLIGHT:
            raise ApiError(
                409, "A request with this idempotency key is being answered", "in_flight"
            )
        try:
            response = handler(call)
        except BaseException:
            session.idempotency.abandon(key)
            raise
        call.claim = key
        return response

    # --- before it leaves --------------------------------------------------------------------

    def _finish(self, request: Request, response: Response, request_id: str) -> None:
        """Headers that every answer has."""
        headers = response.headers
        headers["X-Request-ID"] = request_id
        origin = request.headers.get("origin")
        if origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = _EXPOSED
            headers["Vary"] = "Origin"

    def _conformance(self, call: Call, response: Response, entry: Entry) -> bool:
        """Hold a response to the document; whether it breaks it. Findings go to the journal."""
        plan = call.plan
        declared = response_for(plan.responses, response.status)
        has_json = response.stream is None and is_json(response.media_type)
        if declared is None and not plan.success.declared and response.status < 400:
            return False  # the document declares no success at all
        if declared is None:
            if response.status < 400 or response.status >= 500:
                entry.violations.append(f"response: status {response.status} is not declared")
                return response.status < 400
            return False
        self._fill_headers(call, declared, response)
        found = check_response(
            self.schemas,
            declared,
            response.headers,
            response.media_type,
            response.value,
            has_json=has_json and declared.media_type is not None and not response.conforms,
        )
        if not found:
            return False
        entry.violations.extend(f"response: {item}" for item in found)
        return response.status != 500 or "internal error" not in " ".join(entry.violations)

    def _fill_headers(self, call: Call, declared: ResponsePlan, response: Response) -> None:
        """Give a required header that nothing has set its documented value."""
        for name, (schema, required) in declared.headers.items():
            lowered = name.lower()
            if lowered == "etag" and name not in response.headers and response.status < 300:
                self._tag(response)
            elif required and name not in response.headers:
                folded = next((k for k in response.headers if k.lower() == lowered), None)
                if folded is not None:
                    response.headers[name] = response.headers.pop(folded)
                    continue
                value = self._header_default(call, lowered, schema)
                if value is not None:
                    response.headers[name] = value

    def _header_default(self, call: Call, lowered: str, schema: Any) -> str | None:
        if lowered == "retry-after":
            return "1"
        if "ratelimit" in lowered.replace("-", ""):
            return None
        if lowered == "location":
            own = call.plan.kind in _LOCATED
            return None if own else f"{call.origin}{call.request.path}"
        example = self.schemas.keyword(schema, "example")
        if example is not None:
            return str(example)
        made = Generator(self.schemas).value(schema, call.session.rng, lowered)
        return ("true" if made else "false") if isinstance(made, bool) else str(made)

    def _tag(self, response: Response) -> None:
        if is_json(response.media_type) and response.stream is None:
            response.body = encode_json(response.value)
            response.checked = True
        digest = hashlib.blake2b(response.body, digest_size=8).hexdigest()
        response.headers["ETag"] = f'"{digest}"'

    def _encoded(self, call: Call, response: Response) -> Response:
        """The response with its bytes, or a 304 in its place."""
        response.claim = call.claim
        if response.stream is None and is_json(response.media_type) and not response.checked:
            response.body = encode_json(response.value)
        tag = response.headers.get("ETag")
        wanted = call.request.headers.get("if-none-match")
        readable = call.request.method in {"GET", "HEAD"} and response.status == 200
        if tag is None or wanted is None or not readable or "304" not in call.plan.responses:
            return response
        tags = {piece.strip().removeprefix("W/") for piece in wanted.split(",")}
        if tag not in tags and "*" not in tags:
            return response
        kept = {
            name: value
            for name, value in response.headers.items()
            if name.lower() not in {"content-disposition", "content-length"}
        }
        return Response(304, kept)


def _forced(fault: Fault, now: float) -> ApiError:
    params = fault.params
    headers = {name: value for name, value in (params.get("headers") or {}).items() if value}
    wait = params.get("retry_after", 1)
    if "retry_after_form" in params:
        seconds = float(wait) if isinstance(wait, int | float) else 1.0
        turn = max(fault.applied - 1, 0)
        headers |= retry_after_headers(params["retry_after_form"], seconds, now, turn)
    elif "retry_after" in params:
        headers["Retry-After"] = f"{wait:g}" if isinstance(wait, float) else str(wait)
    return ApiError(
        int(params.get("status", 500)),
        str(params.get("message", "A fault was asked for")),
        code=params.get("code"),
        headers=headers,
        forced_details=params.get("details"),
    )

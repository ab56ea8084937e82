"""Error bodies in the document's own shape, and its own codes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from specloom_mock.bodies import place
from specloom_mock.generate import Generator
from specloom_mock.names import words_of
from specloom_mock.plan import ErrorPlan, Keys, ResponsePlan
from specloom_mock.schemas import Direction, Schemas

__all__ = ["ApiError", "FieldProblem", "build_error", "plan_error"]

_CODES: dict[str, tuple[str, ...]] = {
    "malformed": ("INVALID_REQUEST", "BAD_REQUEST", "VALIDATION_FAILED", "VALIDATION_ERROR"),
    "filter": ("INVALID_FILTER", "INVALID_REQUEST", "BAD_REQUEST", "VALIDATION_FAILED"),
    "sort": ("INVALID_SORT", "INVALID_REQUEST", "BAD_REQUEST", "VALIDATION_FAILED"),
    "cursor": ("INVALID_CURSOR", "INVALID_REQUEST", "BAD_REQUEST"),
    "unauthorized": ("UNAUTHORIZED", "UNAUTHENTICATED"),
    "expired": ("EXPIRED_KEY", "EXPIRED_TOKEN", "TOKEN_EXPIRED", "UNAUTHORIZED"),
    "credits": ("INSUFFICIENT_CREDITS", "PAYMENT_REQUIRED"),
    "forbidden": ("FORBIDDEN",),
    "scope": ("INVALID_SCOPE", "INSUFFICIENT_SCOPE", "FORBIDDEN"),
    "not_found": ("NOT_FOUND",),
    "method": ("METHOD_NOT_ALLOWED",),
    "not_acceptable": ("NOT_ACCEPTABLE",),
    "conflict": ("CONFLICT", "ALREADY_EXISTS", "DUPLICATE"),
    "in_flight": ("IDEMPOTENCY_IN_FLIGHT", "CONFLICT"),
    "too_large": ("PAYLOAD_TOO_LARGE", "REQUEST_TOO_LARGE"),
    "media_type": ("UNSUPPORTED_MEDIA_TYPE",),
    "invalid": ("VALIDATION_ERROR", "VALIDATION_FAILED", "INVALID_REQUEST", "UNPROCESSABLE_ENTITY"),
    "mismatch": ("IDEMPOTENCY_MISMATCH", "VALIDATION_ERROR"),
    "rate_limit": ("RATE_LIMIT_EXCEEDED", "RATE_LIMITED", "TOO_MANY_REQUESTS"),
    "internal": ("INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "SERVER_ERROR"),
    "unavailable": ("UNAVAILABLE", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"),
}
_REASON_OF = {
    400: "malformed",
    401: "unauthorized",
    402: "credits",
    403: "forbidden",
    404: "not_found",
    405: "method",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "media_type",
    422: "invalid",
    429: "rate_limit",
    500: "internal",
    503: "unavailable",
}

_ROLES: dict[str, str] = {
    "code": "code",
    "error code": "code",
    "type": "code",
    "error type": "code",
    "message": "message",
    "error message": "message",
    "msg": "message",
    "error": "message",
    "error description": "message",
    "detail": "message",
    "title": "message",
    "details": "details",
    "errors": "details",
    "fields": "details",
    "request id": "request_id",
    "status": "status",
    "status code": "status",
    "success": "flag",
    "ok": "flag",
}
_FIELD = ("field", "path", "param", "parameter", "pointer", "loc", "name", "property")
_REASON = ("reason", "message", "issue", "description", "msg", "error", "detail")
_SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is wrong: where, why, and what was sent (:data:`NOTHING` when nothing was)."""

    field: str
    reason: str
    value: Any = None
    has_value: bool = False


@dataclass(slots=True)
class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: The HTTP status.
        message: What is wrong, in one sentence.
        reason: Which of the server's reasons it is; chooses the code.
        code: The code, when the document names it for this very case.
        problems: The fields concerned.
        details: Further members of the details object.
        headers: Headers that belong to the error.
    """

    status: int
    message: str
    reason: str = ""
    code: str | None = None
    problems: Sequence[FieldProblem] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    forced_details: Any = None

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"


def _walk(schemas: Schemas, schema: Any, prefix: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for name, part in schemas.properties(schema).items():
        keys = (*prefix, name)
        yield keys, part
        if schemas.is_object(part) and len(keys) < 3 and "details" not in keys:
            yield from _walk(schemas, part, keys)


def plan_error(schemas: Schemas, generator: Generator, response: ResponsePlan) -> ErrorPlan | None:
    """How errors are written in the shape that ``response`` declares; None for a bare one."""
    schema = response.schema
    if response.media_type is None or not schemas.is_object(schema):
        return None
    roles: dict[str, Keys] = {}
    shapes: dict[Keys, Any] = {}
    details_schema: Any = None
    codes: tuple[str, ...] = ()
    for keys, part in _walk(schemas, schema):
        role = _ROLES.get(" ".join(words_of(keys[-1])))
        types = schemas.types(part) - {"null"}
        if role == "message" and types and "string" not in types:
            role = None
        if role == "details" or (keys[-1].lower() == "errors" and role != "message"):
            role = "details"
            details_schema = part if "details" not in roles else details_schema
        if role == "status" and types and not types & {"integer", "number"}:
            role = None
        if role == "flag" and types and "boolean" not in types:
            role = None
        if role == "code" and types and not types & {"string", "integer"}:
            role = None
        if role is None or (role in roles and not _better(role, keys, roles[role])):
            continue
        roles[role] = keys
        shapes[keys] = part
        if role == "code":
            codes = _enum(schemas, part)
    made = generator.value(schema, random.Random(0), optional=False)  # noqa: S311
    numeric = False
    if "code" in roles:
        numeric = schemas.types(shapes[roles["code"]]) - {"null"} == {"integer"}
    return ErrorPlan(
        schema=schema,
        numeric_code=numeric,
        code=roles.get("code"),
        message=roles.get("message"),
        details=roles.get("details"),
        request_id=roles.get("request_id"),
        status=roles.get("status"),
        flag=roles.get("flag"),
        skeleton=made if isinstance(made, dict) else {},
        details_schema=details_schema,
        codes=codes or _example_codes(response.examples, roles.get("code")),
    )


def _better(role: str, new: Keys, old: Keys) -> bool:
    """``message`` beats other words for it, and ``code`` beats ``type``."""
    exact = {"code": "code", "message": "message", "details": "details"}.get(role)
    return exact is not None and new[-1] == exact and old[-1] != exact


def _enum(schemas: Schemas, schema: Any) -> tuple[str, ...]:
    for branch in schemas.branches(schema):
        values = branch.get("enum") or ([branch["const"]] if "const" in branch else None)
        if values:
            return tuple(value for value in values if isinstance(value, str))
    return ()


def _at(value: Any, keys: Keys) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _example_codes(examples: Sequence[Any], keys: Keys | None) -> tuple[str, ...]:
    if keys is None:
        return ()
    found = [_at(example, keys) for example in examples]
    return tuple(code for code in found if isinstance(code, str))


def _pick_code(plan: ErrorPlan, response: ResponsePlan | None, error: ApiError) -> Any:
    if error.code is not None:
        return error.code
    reason = error.reason or _REASON_OF.get(error.status, "internal")
    wanted = _CODES.get(reason, ()) + _CODES.get(_REASON_OF.get(error.status, ""), ())
    shown = _example_codes(response.examples, plan.code) if response is not None else ()
    known = {"_".join(words_of(code)): code for code in (*plan.codes, *shown)}
    for name in wanted:
        if name.lower() in known:
            return known[name.lower()]
    if shown:
        return shown[0]
    if plan.codes:
        return plan.codes[0]
    return wanted[0] if wanted else str(error.status)


def _details(schemas: Schemas, schema: Any, error: ApiError) -> Any:
    if error.forced_details is not None:
        return error.forced_details
    problems = error.problems
    if schemas.is_array(schema):
        items = schemas.items(schema)
        return [_problem(schemas, items, problem, {}) for problem in problems]
    types = schemas.types(schema) - {"null"}
    if types == {"string"}:
        return "; ".join(f"{p.field}: {p.reason}" for p in problems) or error.message
    properties = schemas.properties(schema)
    if not properties:
        extra = schemas.keyword(schema, "additionalProperties")
        if isinstance(extra, dict) and schemas.types(extra) - {"null"} == {"string"}:
            return {problem.field or "request": problem.reason for problem in problems}
        if isinstance(extra, dict) and schemas.is_array(extra):
            return {problem.field or "request": [problem.reason] for problem in problems}
    first = problems[0] if problems else None
    made = _problem(schemas, schema, first, error.details) if first or error.details else {}
    if len(problems) > 1 and isinstance(made, dict) and "errors" in properties:
        items = schemas.items(properties["errors"])
        made["errors"] = [_problem(schemas, items, problem, {}) for problem in problems]
    return made


def _problem(
    schemas: Schemas, schema: Any, problem: FieldProblem | None, more: Mapping[str, Any]
) -> Any:
    properties = schemas.properties(schema)
    if schemas.types(schema) - {"null"} == {"string"}:
        return f"{problem.field}: {problem.reason}" if problem else ""
    made: dict[str, Any] = {}
    if problem is not None:
        names = {name: name for name in properties}
        field_name = next((n for n in _FIELD if n in names), None if properties else "field")
        reason_name = next((n for n in _REASON if n in names), None if properties else "reason")
        required = schemas.required(schema)
        if field_name and (problem.field or field_name in required):
            value: Any = problem.field
            if schemas.is_array(properties.get(field_name, {})):
                value = problem.field.split(".")
            made[field_name] = value
        if reason_name:
            made[reason_name] = problem.reason
        shows = problem.has_value and not _SECRET.search(problem.field)
        if shows and ("value" in properties or not properties):
            made["value"] = problem.value
    closed = schemas.is_closed(schema)
    made |= {name: value for name, value in more.items() if name in properties or not closed}
    return made


def build_error(
    schemas: Schemas,
    plan: ErrorPlan,
    response: ResponsePlan | None,
    error: ApiError,
    request_id: str,
) -> dict[str, Any]:
    """The body of an error, in the shape of ``plan``."""
    check = plan.check or schemas.check(plan.schema, Direction.RESPONSE)
    plan.check = check
    body = _filled(schemas, plan, response, error, request_id)
    if check.is_valid(body):
        return body
    # The document's error shape is narrower than what there is to say: say less.
    spare: dict[str, Any] = _copy(plan.skeleton)
    for keys in (plan.flag, plan.message, plan.code, plan.status, plan.details, plan.request_id):
        if keys is None:
            continue
        value = _at(body, keys)
        trial = _copy(spare)
        place(trial, keys, value)
        spare = trial if check.is_valid(trial) or not check.is_valid(spare) else spare
    if check.is_valid(spare) or response is None:
        return spare
    for example in response.examples:
        if isinstance(example, dict) and check.is_valid(example):
            return example
    return body


def _filled(
    schemas: Schemas,
    plan: ErrorPlan,
    response: ResponsePlan | None,
    error: ApiError,
    request_id: str,
) -> dict[str, Any]:
    """Everything that there is to say, where the shape has a place for it."""
    body: dict[str, Any] = _copy(plan.skeleton)
    if plan.details is not None:
        place(body, plan.details, _details(schemas, plan.details_schema, error))
    if plan.message is not None:
        place(body, plan.message, error.message)
    if plan.code is not None:
        numeric = plan.numeric_code
        place(body, plan.code, error.status if numeric else _pick_code(plan, response, error))
    if plan.request_id is not None:
        place(body, plan.request_id, request_id)
    if plan.status is not None:
        place(body, plan.status, error.status)
    if plan.flag is not None:
        place(body, plan.flag, False)
    return body


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return value

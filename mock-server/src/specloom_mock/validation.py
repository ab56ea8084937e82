"""Requests held to the document: parameters, media types, bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from specloom_mock.call import Call, problems_of
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.forms import read_form, read_parts, type_texts
from specloom_mock.parameters import compile_parameters, read_parameters
from specloom_mock.plan import OperationPlan
from specloom_mock.responses import is_json, response_for
from specloom_mock.schemas import Direction, Violation

__all__ = ["MAX_UPLOAD", "acceptable", "check_accept", "check_body", "read_body", "read_values"]

MAX_BODY = 1024 * 1024
"""Bytes that a body may have, unless the overlay says otherwise."""
MAX_UPLOAD = 16 * 1024 * 1024
"""Bytes that a multipart or binary body may have."""


def _status(plan: OperationPlan, *wanted: int) -> int:
    """The first status that the operation declares, else the first."""
    for status in wanted:
        if str(status) in plan.responses:
            return status
    return next((s for s in wanted if response_for(plan.responses, s) is not None), wanted[0])


def read_values(call: Call) -> None:
    """Parse and check the parameters.

    Raises:
        ApiError: 400 for one that is missing or is not of its type, 422 (or 400, where the
            document has no 422) for a value that is not allowed.
    """
    plan = call.plan
    if plan.parameters is None:
        plan.parameters = compile_parameters(call.schemas, plan.raw_parameters)
    parameters = plan.parameters
    call.values = values = read_parameters(parameters, call.request, call.path)
    if parameters.check.is_valid(values):
        return
    found = parameters.check.violations(values)
    first = found[0]
    location, name, *_ = (*map(str, first.path), "", "")
    code = plan.parameter_errors.get(name)
    problems = [_parameter_problem(item) for item in found]
    if code is not None and location == "path":
        raise ApiError(404, f"There is no {name} {first.value!r}", "not_found", code=code)
    if code is not None:
        message = f"The value of {name} is not allowed"
        raise ApiError(_status(plan, 400, 422), message, code=code, problems=problems)
    where = {"query": "query parameter", "path": "path parameter"}.get(location, location)
    if first.keyword in {"required", "type"}:
        message = f"The {where} {name} is malformed"
        if first.keyword == "required":
            message = f"The {where} {name} is missing"
        status = _status(plan, 400, 422)
        raise ApiError(status, message, _reason(status), problems=problems)
    status = _status(plan, 422, 400)
    if location == "path" and str(status) not in plan.responses:
        status = _status(plan, 404, status)
    message = f"The value of the {where} {name} is not allowed"
    raise ApiError(status, message, _reason(status), problems=problems)


def _reason(status: int) -> str:
    return {400: "malformed", 422: "invalid"}.get(status, "")


def _parameter_problem(item: Violation) -> FieldProblem:
    field = ".".join(str(part) for part in item.path[1:])
    shows = item.keyword != "required"
    return FieldProblem(field, item.message, item.value, has_value=shows)


def acceptable(accept: str, media_types: tuple[str, ...]) -> list[str]:
    """The media types that an ``Accept`` header allows, most wanted first (RFC 9110, 12.5.1)."""
    ranges: list[tuple[str, float]] = []
    for piece in accept.split(","):
        name, *params = (part.strip() for part in piece.split(";"))
        quality = 1.0
        for param in params:
            key, _, value = param.partition("=")
            if key.strip().lower() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if name:
            ranges.append((name.lower(), quality))
    if not ranges:
        return list(media_types)
    scored: list[tuple[float, int, str]] = []
    for index, media_type in enumerate(media_types):
        base = media_type.split(";", 1)[0].strip().lower()
        best: tuple[int, float] | None = None
        for name, quality in ranges:
            if name == base:
                weight = 3
            elif name.endswith("/*") and base.startswith(name[:-1]) and name != "*/*":
                weight = 2
            elif name == "*/*" or base == "*/*":
                weight = 1
            else:
                continue
            if best is None or weight > best[0]:
                best = (weight, quality)
        if best is not None and best[1] > 0:
            scored.append((-best[1], index, media_type))
    return [media_type for _, _, media_type in sorted(scored)]


def check_accept(call: Call) -> None:
    """Refuse a request that wants none of the media types that there are.

    Raises:
        ApiError: 406.
    """
    accept = call.request.headers.get("accept")
    if accept is None or ("*/*" in accept and ";" not in accept):
        return
    media_types = call.plan.success.media_types
    if not media_types or acceptable(accept, media_types):
        return
    offered = ", ".join(media_types)
    raise ApiError(
        406,
        f"The answer can be {offered}",
        "not_acceptable",
        problems=[FieldProblem("Accept", f"None of {offered}", accept, has_value=True)],
    )


def check_body(call: Call, schema: Any, body: Any) -> None:
    """Hold a body to a schema.

    Raises:
        ApiError: 422 (400 where the document has no 422), with every field that is wrong.
    """
    check = call.schemas.check(schema, Direction.REQUEST)
    if check.is_valid(body):
        return
    problems = problems_of(check.violations(body))
    status = _status(call.plan, 422, 400)
    first = problems[0]
    message = f"{first.field}: {first.reason}" if first.field else first.reason
    raise ApiError(status, message, _reason(status), problems=problems)


def read_body(call: Call) -> None:
    """Parse and check the body.

    Raises:
        ApiError: 413 when it is too large, 415 when its media type is not declared, 400 when it
            is missing or malformed, 422 when it is not what the schema wants.
    """
    plan, request = call.plan, call.request
    if plan.body is None:
        return
    body = request.body
    header = request.headers.get("content-type", "")
    media_type = header.split(";", 1)[0].strip().lower()
    declared = _declared(plan.body.contents, media_type)
    uploads = declared is not None and not is_json(declared)
    limit = call.session.max_body or (MAX_UPLOAD if uploads else MAX_BODY)
    if len(body) > limit:
        raise ApiError(413, f"The body is larger than {limit} bytes", "too_large")
    if not body:
        if plan.body.required:
            status = _status(plan, 400, 422)
            raise ApiError(status, "A request body is required", _reason(status))
        call.body = None
        return
    if declared is None:
        offered = ", ".join(plan.body.contents)
        raise ApiError(
            415,
            f"The body must be {offered}",
            "media_type",
            problems=[FieldProblem("Content-Type", f"Not {offered}", header, has_value=True)],
        )
    schema = plan.body.contents[declared]
    if media_type == "multipart/form-data":
        call.body = _multipart(call, header, schema)
    elif media_type == "application/x-www-form-urlencoded":
        call.body = read_form(call.schemas, body, schema)
    elif is_json(media_type):
        try:
            call.body = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            status = _status(plan, 400, 422)
            raise ApiError(
                status,
                "The request body is not valid JSON",
                _reason(status),
                details={"reason": str(error)},
            ) from error
    else:
        call.files["body"] = ("body", media_type, body)
        call.body = {}
        return
    check_body(call, schema, call.body)


def _declared(contents: Mapping[str, Any], media_type: str) -> str | None:
    if media_type in contents:
        return media_type
    for name in contents:
        if name == "*/*" or (name.endswith("/*") and media_type.startswith(name[:-1])):
            return name
        if is_json(name) and media_type.endswith("+json") and name == "application/json":
            return name
    return None


def _multipart(call: Call, header: str, schema: Any) -> dict[str, Any]:
    parts = read_parts(header, call.request.body)
    if parts is None:
        status = _status(call.plan, 400, 422)
        raise ApiError(status, "The multipart body is malformed", _reason(status))
    schemas = call.schemas
    properties = schemas.properties(schema)
    result: dict[str, Any] = {}
    for name, filename, media_type, data in parts:
        part = properties.get(name, {})
        items = schemas.keyword(part, "items") if schemas.is_array(part) else None
        binary = schemas.keyword(items or part, "format") == "binary"
        binary = binary or schemas.keyword(items or part, "contentMediaType") is not None
        value: Any
        if filename is not None or binary:
            call.files[name] = (filename or name, media_type or "application/octet-stream", data)
            value = "" if filename is None else filename
        else:
            value = type_texts(schemas, items or part, data.decode("utf-8", "replace"))
        if items is not None:
            result.setdefault(name, []).append(value)
        else:
            result[name] = value
    return result

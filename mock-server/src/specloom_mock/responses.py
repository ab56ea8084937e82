"""Declared responses, planned: media types, schemas, headers, examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from specloom_mock.plan import ResponsePlan
from specloom_mock.schemas import Check, Direction, Schemas, Violation

__all__ = [
    "check_response",
    "encode_json",
    "examples_of",
    "is_json",
    "plan_response",
    "plan_responses",
    "response_for",
    "success_status",
]


def encode_json(value: Any) -> bytes:
    """A JSON value as bytes, integers of any size included (an error repeats what was sent)."""
    try:
        return orjson.dumps(value)
    except TypeError:  # orjson stops at 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def is_json(media_type: str | None) -> bool:
    """Whether a media type is JSON (RFC 8259) or JSON by suffix (RFC 6839)."""
    if media_type is None:
        return False
    base = media_type.split(";", 1)[0].strip().lower()
    return base == "application/json" or base.endswith("+json") or base in {"text/json", "*/*"}


def examples_of(schemas: Schemas, media: Mapping[str, Any]) -> tuple[Any, ...]:
    """The example values of a media type object."""
    found: list[Any] = []
    if "example" in media:
        found.append(media["example"])
    examples = media.get("examples")
    if isinstance(examples, dict):
        for node in examples.values():
            example = schemas.resolve(node)
            if isinstance(example, dict) and "value" in example:
                found.append(example["value"])
    return tuple(found)


def plan_response(schemas: Schemas, declared: str, node: Any, status: int) -> ResponsePlan:
    """Plan one response object."""
    raw = schemas.resolve(node)
    raw = raw if isinstance(raw, dict) else {}
    content = raw.get("content")
    content = content if isinstance(content, dict) else {}
    names = sorted(content, key=lambda name: not is_json(name))
    media_type = names[0] if names else None
    media = content.get(media_type) if media_type else None
    media = media if isinstance(media, dict) else {}
    headers: dict[str, tuple[Any, bool]] = {}
    for name, header in (raw.get("headers") or {}).items():
        header = schemas.resolve(header)
        if isinstance(header, dict) and name.lower() != "content-type":
            headers[name] = (header.get("schema") or {}, header.get("required") is True)
    plan = ResponsePlan(
        status=status,
        declared=declared,
        media_type="application/json" if media_type == "*/*" else media_type,
        media_types=tuple(names),
        schema=media.get("schema", {}),
        headers=headers,
        examples=examples_of(schemas, media),
    )
    if media_type is not None and is_json(media_type) and media.get("schema") is not None:
        plan.check = None
    return plan


def success_status(method: str, responses: Mapping[str, Any]) -> tuple[str, int] | None:
    """The declared key and the status of the response that success has."""
    exact = [key for key in responses if key.isdecimal() and 200 <= int(key) <= 299]
    if exact:
        preferred = {"POST": ("201", "200", "202"), "DELETE": ("204", "200", "202")}
        for key in preferred.get(method, ("200", "201", "202", "204")):
            if key in exact:
                return key, int(key)
        return exact[0], int(exact[0])
    usual = 201 if method == "POST" else 200
    for key in ("2XX", "2xx", "default"):
        if key in responses:
            return key, usual
    redirects = [key for key in responses if key.isdecimal() and 300 <= int(key) <= 399]
    return (redirects[0], int(redirects[0])) if redirects else None


def plan_responses(
    schemas: Schemas, method: str, raw: Mapping[str, Any]
) -> tuple[ResponsePlan, dict[str, ResponsePlan]]:
    """The success response, and every response by its declared key.

    An operation that declares no success answers an undeclared 200 without a body.
    """
    nodes = {str(key): node for key, node in (raw.get("responses") or {}).items()}
    plans: dict[str, ResponsePlan] = {}
    for key, node in nodes.items():
        if key.startswith("x-"):
            continue
        status = int(key) if key.isdecimal() else 200
        if status < 300 or schemas.ref_name(node) is None:
            plans[key] = plan_response(schemas, key, node, status)
            continue
        # Operations share the error responses of the document's components.
        shared = schemas.shared.setdefault((node["$ref"], key), None)
        if shared is None:
            shared = schemas.shared[node["$ref"], key] = plan_response(schemas, key, node, status)
        plans[key] = shared
    chosen = success_status(method, plans)
    if chosen is None:
        return ResponsePlan(200, "", None, {}, {}), plans
    plan = plans[chosen[0]]
    if not chosen[0].isdecimal():
        plan = plan_response(schemas, chosen[0], nodes[chosen[0]], chosen[1])
    return plan, plans


def response_for(responses: Mapping[str, ResponsePlan], status: int) -> ResponsePlan | None:
    """The declared response that covers a status: exact, then its range, then ``default``."""
    for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
        if key in responses:
            return responses[key]
    return None


def check_response(
    schemas: Schemas,
    plan: ResponsePlan,
    headers: Mapping[str, str],
    media_type: str | None,
    value: Any,
    *,
    has_json: bool,
) -> list[str]:
    """How a response breaks its declaration: body, media type and headers. Empty when it does not.

    Args:
        schemas: The document's schemas.
        plan: The declared response.
        headers: The headers to be sent, as they will be written.
        media_type: The body's media type; None without a body.
        value: The JSON body.
        has_json: Whether there is a JSON body to check.
    """
    found: list[str] = []
    if has_json:
        if plan.check is None:
            plan.check = schemas.check(plan.schema, Direction.RESPONSE)
        if not plan.check.is_valid(value):
            found.extend(_say("body", item) for item in plan.check.violations(value))
    if media_type is not None and plan.media_types and not _declared(plan, media_type):
        found.append(f"media type {media_type} is not declared")
    if plan.headers:
        if not plan.header_checks:
            plan.header_checks = _header_checks(schemas, plan)
        for name, (check, kind, required) in plan.header_checks.items():
            text = headers.get(name)
            if text is None:
                if required:
                    found.append(f"header {name} is missing")
            elif not _fits(check, kind, text):
                found.append(f"header {name} does not fit its schema: {text!r}")
    return found


def _header_checks(schemas: Schemas, plan: ResponsePlan) -> dict[str, tuple[Check, str, bool]]:
    """How each declared header is checked: its schema, the kind of its text, if it is required."""
    checks: dict[str, tuple[Check, str, bool]] = {}
    for name, (schema, required) in plan.headers.items():
        types = schemas.types(schema) - {"null"}
        kind = "text" if not types or "string" in types else next(iter(sorted(types)))
        checks[name] = (schemas.check(schema, Direction.RESPONSE), kind, required)
    return checks


def _fits(check: Check, kind: str, text: str) -> bool:
    value: Any = text
    if kind == "array":
        value = [part.strip() for part in text.split(",")]
    elif kind != "text":
        if kind == "integer" and text.isdecimal():
            value = int(text)
        else:
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                value = text
    return check.is_valid(value)


def _declared(plan: ResponsePlan, media_type: str) -> bool:
    if media_type in plan.media_types:
        return True
    base = media_type.split(";", 1)[0].strip().lower()
    for name in plan.media_types:
        declared = name.split(";", 1)[0].strip().lower()
        if declared in {base, "*/*"}:
            return True
        if declared.endswith("/*") and base.startswith(declared[:-1]):
            return True
    return False


def _say(where: str, violation: Violation) -> str:
    at = f"{where}.{violation.field}" if violation.path else where
    return f"{at}: {violation.message}"

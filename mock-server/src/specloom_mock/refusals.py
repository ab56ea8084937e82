"""Answers that are no success, in the document's own error shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from specloom_mock.call import Call
from specloom_mock.errors import ApiError, build_error, plan_error
from specloom_mock.generate import Generator
from specloom_mock.message import Request, Response
from specloom_mock.plan import ApiPlan, ErrorPlan, OperationPlan, ResponsePlan
from specloom_mock.responses import response_for
from specloom_mock.routing import Found
from specloom_mock.schemas import Schemas

__all__ = ["ErrorAnswers"]

_JSON = "application/json"
_FALLBACK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object"},
            },
        },
        "request_id": {"type": "string"},
    },
}


class ErrorAnswers:
    """Makes error responses for one document.

    Args:
        plan: The document's plan.
        schemas: Its schemas.
    """

    def __init__(self, plan: ApiPlan, schemas: Schemas) -> None:
        self.plan = plan
        self.schemas = schemas
        self._general = self._general_error()

    def unmatched(
        self, request: Request, found: Found[OperationPlan] | None, request_id: str
    ) -> Response:
        """The answer where no operation is: a preflight, an OPTIONS, 404 or 405."""
        if found is None:
            return self.bare(ApiError(404, f"There is nothing at {request.path}"), request_id)
        preflight = (
            request.method == "OPTIONS"
            and "origin" in request.headers
            and "access-control-request-method" in request.headers
        )
        if preflight:
            asked = request.headers.get("access-control-request-headers")
            headers = {
                "Access-Control-Allow-Methods": found.endpoint.allow,
                "Access-Control-Max-Age": "600",
            }
            if asked:
                headers["Access-Control-Allow-Headers"] = asked
            return Response(204, headers)
        if request.method == "OPTIONS":
            return Response(204, {"Allow": found.endpoint.allow})
        error = ApiError(
            405,
            f"{request.method} is not possible at {found.endpoint.template}",
            headers={"Allow": found.endpoint.allow},
        )
        return self.bare(error, request_id)

    def bare(self, error: ApiError, request_id: str) -> Response:
        """An error that belongs to no operation."""
        response, plan = self._general
        body = build_error(self.schemas, plan, response, error, request_id)
        return Response(
            error.status, dict(error.headers), orjson.dumps(body), _JSON, value=body, checked=True
        )

    def of(self, call: Call, error: ApiError) -> Response:
        """An error of an operation, in the shape that it declares for the status."""
        declared, plan = self._error_plan(call.plan, error.status)
        headers = dict(error.headers)
        if declared is not None and declared.media_type is None:
            return Response(error.status, headers)
        if plan is None:
            declared, plan = self._general
        body = build_error(self.schemas, plan, declared, error, call.request_id)
        media_type = declared.media_type if declared is not None else _JSON
        return Response(error.status, headers, media_type=media_type or _JSON, value=body)

    def _error_plan(
        self, plan: OperationPlan, status: int
    ) -> tuple[ResponsePlan | None, ErrorPlan | None]:
        known = plan.errors.get(status)
        if known is None:
            declared = response_for(plan.responses, status)
            made = None
            if declared is not None:
                made = plan_error(self.schemas, Generator(self.schemas), declared)
            known = (declared, made)
            plan.errors[status] = known
        return known

    def _general_error(self) -> tuple[ResponsePlan | None, ErrorPlan]:
        """The error shape that most of the document's operations use."""
        counts: dict[str, int] = {}
        seen: dict[str, ResponsePlan] = {}
        examples: dict[str, list[Any]] = {}
        for operation in self.plan.operations.values():
            for key, response in operation.responses.items():
                if not (key.startswith(("4", "5")) or key == "default"):
                    continue
                if response.media_type is None or not response.schema:
                    continue
                name = self.schemas.ref_name(response.schema) or f"{operation.id} {key}"
                counts[name] = counts.get(name, 0) + 1
                seen.setdefault(name, response)
                examples.setdefault(name, []).extend(response.examples)
        for name in sorted(counts, key=lambda n: -counts[n]):
            shape = ResponsePlan(0, "", seen[name].media_type, seen[name].schema, {})
            # Every code that the document shows anywhere is known to answers of no operation.
            whole = replace(shape, examples=tuple(examples[name]))
            plan = plan_error(self.schemas, Generator(self.schemas), whole)
            if plan is not None and plan.message is not None:
                return shape, plan
        fallback = ResponsePlan(0, "", _JSON, _FALLBACK_SCHEMA, {})
        plan = plan_error(self.schemas, Generator(self.schemas), fallback)
        assert plan is not None
        return fallback, plan

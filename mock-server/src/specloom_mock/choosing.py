"""Which operation a request is for, where several paths of a document have the same shape.

OpenAPI calls ``/x/{id}`` beside ``/x/{name}`` ambiguous, yet documents have it, with different
methods, or with ids of different forms; and some write a query or a fragment into the path.
"""

from __future__ import annotations

from specloom_mock.message import Request, parse_query
from specloom_mock.parameters import compile_parameters, read_parameters
from specloom_mock.plan import OperationPlan
from specloom_mock.routing import Endpoint, Found
from specloom_mock.schemas import Schemas

__all__ = ["choose"]


def choose(schemas: Schemas, found: Found[OperationPlan], request: Request) -> Found[OperationPlan]:
    """The candidate that serves the request's method, and whose path and query fit best.

    Where none serves the method, the first stands for all, with the methods of every one.
    """
    candidates = [found, *found.others]
    method = request.method
    able = [c for c in candidates if method in c.endpoint.methods]
    if not able and method == "HEAD":
        method = "GET"
        able = [c for c in candidates if method in c.endpoint.methods]
    if not able:
        union = {k: v for c in reversed(candidates) for k, v in c.endpoint.methods.items()}
        first = found.endpoint
        return Found(
            Endpoint(first.template, first.names, first.base, union), found.base, found.parameters
        )
    return min(able, key=lambda c: _misfit(schemas, c, c.endpoint.methods[method], request))


def _misfit(
    schemas: Schemas, candidate: Found[OperationPlan], plan: OperationPlan, request: Request
) -> tuple[int, int]:
    """How badly a candidate fits; among equals the first is taken."""
    path, _, fragment = candidate.endpoint.template.partition("#")
    wanted = parse_query(path.partition("?")[2])
    missing = sum(pair not in request.pairs for pair in wanted)
    if plan.parameters is None:
        plan.parameters = compile_parameters(schemas, plan.raw_parameters)
    values = read_parameters(plan.parameters, request, candidate.parameters)
    if plan.parameters.check.is_valid(values):
        wrong = 0
    else:
        wrong = sum(v.path[:1] == ("path",) for v in plan.parameters.check.violations(values))
    return (wrong + missing, 1 if fragment else -len(wanted))

"""One call of every operation, as data: what the package's own tests send to a mock server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from specloom.emit.python.arguments import Argument, Arguments, arguments, body_object
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.resources import Node
from specloom.ir.examples import Examples, NoExampleError
from specloom.ir.model import (
    Api,
    BodyKind,
    Json,
    Operation,
    Parameter,
    ParameterLocation,
    ResultKind,
    Text,
)

__all__ = ["calls"]

_PREFERRED: Final[Mapping[str, tuple[int, ...]]] = {
    "POST": (201, 200, 202, 204),
    "DELETE": (204, 200, 202),
}
_USUAL: Final = (200, 201, 202, 204)


def calls(api: Api, root: Node, plan: TypePlan) -> bytes:
    """A JSON file with a call of each operation, with the arguments that it requires.

    Its ``calls`` name the operation, the method's path from the client, the values that the
    resource binds, positional and keyword arguments, and the status that success has. Bytes stand
    as ``{"$bytes": base64}``. Its ``left_out`` say which operations have no call, and why.
    """
    made: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    examples = Examples(api.models)
    for node, id_, name in _methods(root):
        operation = api.operations[id_]
        try:
            made.append(
                {
                    "operation": id_,
                    "method": ".".join((*node.path, name)),
                    **_given(operation, node, plan.arguments[id_], api, examples),
                    "status": _success(operation),
                }
            )
        except NoExampleError as error:
            left_out.append({"operation": id_, "reason": str(error)})
    return f'{{\n"calls": {_lines(made)},\n"left_out": {_lines(left_out)}\n}}\n'.encode()


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """A JSON array with a row a line, so that a change shows as one."""
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]" if rows else "[]"


def _methods(root: Node) -> Iterator[tuple[Node, str, str]]:
    for node in root.walk():
        for id_, name in node.methods.items():
            yield node, id_, name


def _given(
    operation: Operation, node: Node, plan: Arguments, api: Api, examples: Examples
) -> dict[str, Any]:
    if node.bound:
        plan = arguments(operation, api.models, node.bound)
    parameters = {(p.location, p.wire_name.raw): p for p in operation.parameters}
    bound = [
        _of_parameter(parameters[ParameterLocation.PATH, name], examples) for name in node.bound
    ]
    path = [
        _of_parameter(parameters[ParameterLocation.PATH, argument.wire_name.raw], examples)
        for argument in plan.positional
    ]
    keywords = {
        argument.name: _of_parameter(
            parameters[ParameterLocation.PATH, argument.wire_name.raw], examples
        )
        for argument in plan.named
    }
    keywords.update(_of_parameters(plan, parameters, examples))
    keywords.update(_of_body(operation, plan, api, examples))
    return {"bound": bound, "path": path, "arguments": keywords}


def _of_parameter(parameter: Parameter, examples: Examples) -> Json:
    shown = parameter.example if parameter.example is not None else parameter.default
    return examples.value(parameter.type, shown)


def _of_parameters(
    plan: Arguments,
    parameters: Mapping[tuple[ParameterLocation, str], Parameter],
    examples: Examples,
) -> Iterator[tuple[str, Json]]:
    for location, given in (
        (ParameterLocation.QUERY, plan.query),
        (ParameterLocation.HEADER, plan.headers),
        (ParameterLocation.COOKIE, plan.cookies),
    ):
        for argument in _required(given):
            parameter = parameters[location, argument.wire_name.raw]
            yield argument.name, _of_parameter(parameter, examples)


def _of_body(
    operation: Operation, plan: Arguments, api: Api, examples: Examples
) -> Iterator[tuple[str, Json]]:
    whole = plan.whole_body
    if whole is not None and whole.required:
        if whole.kind is None:
            yield whole.name, _portable(examples.value(whole.type))
        else:
            text = "example" if whole.kind is BodyKind.TEXT else _portable(b"example")
            yield whole.name, text
    shown = plan.content.example if plan.content is not None else None
    shown = shown if isinstance(shown, dict) else {}
    model = body_object(operation, api.models)
    members = {} if model is None else {m.wire_name: m for m in model.fields}
    needed = [name for name, member in members.items() if member.required]
    for argument in _sent(plan.body, needed, shown):
        example = shown.get(argument.wire_name.raw)
        if example is None:
            example = members[argument.wire_name].example
        yield argument.name, _portable(examples.value(argument.type, example))
    stream = operation.stream
    if stream is not None and stream.param is not None and operation.result.kind in _STREAMED:
        yield from ((a.name, True) for a in plan.body if a.wire_name == stream.param)


def _sent(
    body: Sequence[Argument], needed: Sequence[Text], shown: Mapping[str, Json]
) -> Sequence[Argument]:
    """What a body needs and what the document shows; where that is nothing, one property."""
    return [a for a in body if a.wire_name in needed or a.wire_name.raw in shown] or body[:1]


_STREAMED: Final = frozenset({ResultKind.EVENTS, ResultKind.LINES})


def _required(given: Iterable[Argument]) -> Iterator[Argument]:
    return (argument for argument in given if argument.required)


def _portable(value: Json) -> Json:
    """The value with bytes as JSON can carry them."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: _portable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_portable(member) for member in value]
    return value


def _success(operation: Operation) -> int:
    """The status of the response that success has, where the document names several.

    Raises:
        NoExampleError: Success is a redirect, which leads away from the server of the tests.
    """
    declared = [response.status for response in operation.responses]
    exact = [int(status) for status in declared if status.isdecimal() and status.startswith("2")]
    for status in _PREFERRED.get(operation.http_method.upper(), _USUAL):
        if status in exact:
            return status
    if exact:
        return exact[0]
    if any(status.startswith("3") for status in declared) and not {"2XX", "default"} & set(
        declared
    ):
        raise NoExampleError("its only success is a redirect")
    return 201 if operation.http_method.upper() == "POST" else 200

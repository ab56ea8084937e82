"""Every operation of the document, called through both clients, with the document's own examples.

The expectations are read from `openapi.yaml` here, not from what was generated of it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import anyio
import httpx
import pytest
import respx
import yaml
from pydantic import BaseModel

import unistack.errors
from unistack import AsyncUnistack, Unistack
from unistack.testing import FakeAPI, operations

METHODS = ("get", "post", "put", "patch", "delete", "options", "head")
FILE = Path(__file__).parents[2] / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
ERRORS = {
    304: "NotModifiedError",
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
}


def resolved(node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def example_of(content: dict[str, Any]) -> Any:
    """The first example of a media type object."""
    return resolved(next(iter(content["examples"].values())))["value"]


@dataclass
class Operation:
    """One operation as the document has it."""

    id: str
    method: str
    path: str
    node: dict[str, Any]
    parameters: list[dict[str, Any]] = field(default_factory=list)

    def parameters_in(self, place: str) -> list[dict[str, Any]]:
        return [p for p in self.parameters if p["in"] == place]

    @property
    def body(self) -> tuple[str, dict[str, Any], Any] | None:
        """Media type, schema and example of the request body."""
        if "requestBody" not in self.node:
            return None
        media_type, content = next(iter(resolved(self.node["requestBody"])["content"].items()))
        return media_type, resolved(content["schema"]), example_of(content)

    def answer(self, status: str) -> tuple[str | None, Any]:
        """Media type and example of a response."""
        content = resolved(self.node["responses"][status]).get("content")
        if not content:
            return None, None
        media_type = next(iter(content))
        return media_type, example_of(content[media_type])

    @property
    def success(self) -> str:
        return next(status for status in self.node["responses"] if status.startswith("2"))

    @property
    def failures(self) -> list[str]:
        return [status for status in self.node["responses"] if not status.startswith("2")]


@cache
def document_operations() -> dict[str, Operation]:
    found = {}
    for path, item in DOCUMENT["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                node = item[method]
                parameters = [resolved(p) for p in (*shared, *node.get("parameters", []))]
                found[node["operationId"]] = Operation(
                    node["operationId"], method.upper(), path, node, parameters
                )
    return found


EVERY = pytest.mark.parametrize(
    "operation", [pytest.param(o, id=o.id) for o in document_operations().values()]
)


# --- calling ------------------------------------------------------------------------------------


def python_value(schema: Any, value: Any) -> Any:
    """What a user would pass for an example: date-times as datetimes."""
    schema = resolved(schema)
    if isinstance(value, str) and schema.get("format") == "date-time":
        return datetime.fromisoformat(value)
    return value


def bound_method(client: Any, operation: Operation) -> tuple[Any, list[Any]]:
    """The client's method, and the path values that it takes."""
    values = [p["example"] for p in operation.parameters_in("path")]
    *parents, name = operation.id.split(".")
    target = client
    for parent in parents:
        target = getattr(target, parent)
    if inspect.ismethod(target):
        # A dynamic resource is bound to its first path value.
        target, values = target(values[0]), values[1:]
    return getattr(target, name), values


def keyword(method: Any, wire: str) -> str:
    """The argument of a wire name."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", wire).lower()
    accepted = inspect.signature(method).parameters
    return name if name in accepted or f"{name}_" not in accepted else f"{name}_"


def arguments(method: Any, operation: Operation) -> dict[str, Any]:
    """Every optional and required argument, from the document's examples."""
    given = {
        keyword(method, p["name"]): python_value(p["schema"], p["example"])
        for p in operation.parameters
        if p["in"] != "path"
    }
    given.pop("if_none_match", None)
    if operation.body is not None:
        media_type, schema, example = operation.body
        for wire, value in example.items():
            known = schema.get("properties", {}).get(wire, {})
            binary = resolved(known).get("format") == "binary"
            name = keyword(method, wire)
            if name not in inspect.signature(method).parameters:
                return {**given, "body": example}
            given[name] = ("a.txt", value.encode()) if binary else python_value(known, value)
        assert media_type in ("application/json", "multipart/form-data")
    return given


def answered(api: FakeAPI, operation: Operation, status: str) -> respx.Route:
    """Let the document's example of a response be the answer."""
    media_type, example = operation.answer(status)
    route = api.route(operation.id)
    if media_type is None:
        return route.mock(return_value=httpx.Response(int(status)))
    content = json.dumps(example).encode() if "json" in media_type else str(example).encode()
    headers = {"Content-Type": media_type, "X-Request-ID": "req_1"}
    return route.mock(return_value=httpx.Response(int(status), headers=headers, content=content))


def call_both(
    operation: Operation, status: str, *, raw: bool = False, **extra: Any
) -> Iterator[tuple[Any, httpx.Request, Any]]:
    """Call the operation through both clients; yield result, request and method."""
    for kind in (Unistack, AsyncUnistack):
        api = FakeAPI()
        answered(api, operation, status)
        client: Any = api.client(kind, strict=True, max_retries=0)
        method, path = bound_method(client, operation)
        if raw:
            method = getattr(method.__self__.with_raw_response, method.__name__)
        given = arguments(method if not raw else bound_method(client, operation)[0], operation)
        given |= extra

        async def awaited(method: Any = method, path: Any = path, given: Any = given) -> Any:
            return await method(*path, **given)

        result = method(*path, **given) if kind is Unistack else anyio.run(awaited)
        (call,) = api.calls(operation.id)
        yield result, call.request, bound_method(client, operation)[0]


def dumped(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, list):
        return [dumped(item) for item in value]
    return value


# --- the tests ----------------------------------------------------------------------------------


def test_surface_holds_exactly_the_documents_operations() -> None:
    """Nothing of the document is missing, and nothing else was generated."""
    assert set(operations()) == set(document_operations())
    assert len(operations()) == 96
    for name, operation in document_operations().items():
        endpoint = operations()[name]
        assert (endpoint.method, endpoint.path) == (operation.method, operation.path)


@EVERY
def test_surface_request_is_what_the_document_says(operation: Operation) -> None:
    """Method, path, query, headers and body of the request, with every argument given."""
    for _, request, method in call_both(operation, operation.success):
        url = urlsplit(str(request.url))
        filled = operation.path
        for parameter in operation.parameters_in("path"):
            filled = filled.replace(
                f"{{{parameter['name']}}}", quote(parameter["example"], safe="")
            )
        assert (request.method, url.path) == (operation.method, f"/v1{filled}")
        expected = {p["name"]: p["example"] for p in operation.parameters_in("query")}
        found = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        assert found == {name: as_text(value) for name, value in expected.items()}
        for parameter in operation.parameters_in("header"):
            if parameter["name"] != "If-None-Match":
                assert request.headers[parameter["name"]] == as_text(parameter["example"])
        if operation.body is None:
            assert request.content == b""
        elif operation.body[0] == "application/json":
            assert request.headers["content-type"] == "application/json"
            assert json.loads(request.content) == operation.body[2]
        else:
            assert form_of(request) == operation.body[2]
        assert f"{operation.method} {operation.path}" in (method.__doc__ or "")


def as_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def form_of(request: httpx.Request) -> dict[str, str]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.content)
    parts: Any = message.get_payload()
    return {_field(part): part.get_payload() for part in parts}


def _field(part: Message) -> str:
    name = part.get_param("name", header="content-disposition")
    assert isinstance(name, str)
    return unquote(name)


@EVERY
def test_surface_result_is_typed_as_annotated(operation: Operation) -> None:
    """The result is of the annotated type and holds what the example holds, strictly."""
    media_type, example = operation.answer(operation.success)
    for result, _, method in call_both(operation, operation.success):
        annotation: str = inspect.signature(method).return_annotation
        check_kind(result, annotation.partition(" | ")[0].strip("'"))
        if media_type is None:
            assert result is None
        elif media_type == "application/json":
            check_value(result, example)
        else:
            content = result.read() if "Async" not in annotation else anyio.run(result.read)
            assert content == str(example).encode()


def check_kind(result: Any, annotation: str) -> None:
    """Compare a result's class with the text of an annotation."""
    outer, _, inner = annotation.partition("[")
    name = {"AsyncPaginator": "AsyncPage", "None": "NoneType"}.get(outer, outer)
    # A module imports a type under another name where its own class has that name.
    assert type(result).__name__ == name.rpartition(".")[2].lstrip("_")
    if inner and hasattr(result, "data"):
        assert result.data
        assert {type(item).__name__ for item in result.data} == {inner.rstrip("]")}


def check_value(result: Any, example: Any) -> None:
    if hasattr(result, "http_response"):
        assert dumped(result.data) == example["data"]
        assert dumped(result.meta) == example["meta"]
    elif "data" in example and "success" in example:
        assert dumped(result) == example["data"]
    else:
        assert dumped(result) == example


@EVERY
def test_surface_raw_response_is_the_whole_of_it(operation: Operation) -> None:
    """The raw form has status, headers and request id, and parses to the same value."""
    media_type, example = operation.answer(operation.success)
    if media_type not in (None, "application/json"):
        media_type = None
    for raw, _, _ in call_both(operation, operation.success, raw=True):
        assert raw.status_code == int(operation.success)
        if media_type is not None:
            assert raw.request_id == "req_1"
            assert raw.json() == example
            check_value(raw.parse(), example)


@EVERY
def test_surface_failures_are_typed(operation: Operation) -> None:
    """Each documented failure raises its class with code, message, details and request id."""
    assert operation.failures

    async def fail_both() -> None:
        for status in operation.failures:
            for kind in (Unistack, AsyncUnistack):
                api = FakeAPI()
                answered(api, operation, status)
                method, path = bound_method(api.client(kind, max_retries=0), operation)
                error = await error_of(method, path, arguments(method, operation))
                expected = ERRORS.get(int(status), "APIStatusError")
                assert (type(error).__name__, error.status_code) == (expected, int(status))
                check_failure(error, operation.answer(status)[1])
                assert str(error).partition(" - ")[2].startswith(f"{operation.method} https://")

    anyio.run(fail_both)


async def error_of(method: Any, path: Any, given: Any) -> Any:
    try:
        await method(*path, **given)
    except unistack.errors.APIStatusError as error:
        return error
    raise AssertionError("it did not fail")


def check_failure(error: Any, example: Mapping[str, Any] | None) -> None:
    if example is None:
        return
    assert error.code == example["error"]["code"]
    assert error.message == example["error"]["message"]
    assert error.details == example["error"].get("details")
    assert error.request_id == example["request_id"]


@EVERY
def test_surface_sends_credentials_only_where_they_are_wanted(operation: Operation) -> None:
    """Operations that need no credential get none; others the first one that there is."""
    needed = operation.node.get("security", DOCUMENT.get("security", []))
    for _, request, _ in call_both(operation, operation.success):
        headers = [h for h in ("authorization", "x-api-key", "cookie") if h in request.headers]
        if not needed:
            assert headers == []
        else:
            first = {"bearerAuth": "authorization", "apiKeyAuth": "x-api-key"}
            assert headers == [first.get(next(iter(needed[0])), "cookie")]


CREATES = [
    pytest.param(o, id=o.id)
    for o in document_operations().values()
    if any(p["name"] == "Idempotency-Key" for p in o.parameters)
]


@pytest.mark.parametrize("operation", CREATES)
def test_surface_creates_send_an_idempotency_key_of_their_own(operation: Operation) -> None:
    """Where the document declares the header and the caller gives none, a key is made."""
    keys = set()
    for kind in (Unistack, Unistack):
        api = FakeAPI()
        answered(api, operation, operation.success)
        method, path = bound_method(api.client(kind), operation)
        given = arguments(method, operation)
        del given["idempotency_key"]
        method(*path, **given)
        keys.add(api.calls(operation.id)[0].request.headers["Idempotency-Key"])
    assert len(keys) == 2
    assert len(CREATES) >= 10


CONDITIONAL = [
    pytest.param(o, id=o.id) for o in document_operations().values() if "304" in o.failures
]


@pytest.mark.parametrize("operation", CONDITIONAL)
def test_surface_conditional_reads(operation: Operation) -> None:
    """A 304 raises in the plain form and is returned in the raw one."""
    for raw, request, _ in call_both(operation, "304", raw=True, if_none_match='"v1"'):
        assert request.headers["If-None-Match"] == '"v1"'
        assert (raw.status_code, raw.parse()) == (304, None)
    with pytest.raises(unistack.errors.NotModifiedError):
        list(call_both(operation, "304", if_none_match='"v1"'))


def test_surface_ai_generation_streams_typed_chunks() -> None:
    """With stream=True the answer is an event stream of typed chunks, in both clients."""
    operation = document_operations()["ai.generate"]
    content = resolved(operation.node["responses"]["200"])["content"]["text/event-stream"]
    sent = example_of(content).encode()
    headers = {"Content-Type": "text/event-stream"}
    for kind in (Unistack, AsyncUnistack):
        api = FakeAPI()
        api.route("ai.generate").mock(
            return_value=httpx.Response(200, headers=headers, content=sent)
        )
        client: Any = api.client(kind, strict=True)

        async def awaited(client: Any = client) -> list[Any]:
            async with await client.ai.generate(prompt="x", stream=True) as stream:
                return [chunk async for chunk in stream]

        if kind is Unistack:
            with client.ai.generate(prompt="x", stream=True) as stream:
                chunks = list(stream)
        else:
            chunks = anyio.run(awaited)
        expected = [
            json.loads(line.removeprefix("data:"))
            for line in sent.decode().splitlines()
            if line.startswith("data:") and "[DONE]" not in line
        ]
        assert expected
        assert [dumped(chunk) for chunk in chunks] == expected
        assert {type(chunk).__name__ for chunk in chunks} == {"AiChunk"}
        (call,) = api.calls("ai.generate")
        assert json.loads(call.request.content) == {"prompt": "x", "stream": True}
        assert call.request.headers["Accept"] == "text/event-stream"

"""The SDK and openapi-python-client's own client send the same requests.

The other client is made by openapi-python-client alone, of openapi.yaml itself: neither Specloom's
reading of the document nor its printing has a part in it.
"""

from __future__ import annotations

import contextlib
import email.message
import email.parser
import email.policy
import importlib
import inspect
import io
import json
import pkgutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from specloom.opc import parser_config
from unistack import Unistack
from unistack.errors import APIStatusError

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "contract-tests" / "drivers" / "python"
BASE_URL = "http://api.test/v1"
TOKEN = "sk_live_0123456789abcdef01234567"
TEAPOT = 418  # undeclared: neither client looks into the body
FILE = b"\x00content\r\n"


class Sink:
    """Keeps the requests, and answers with a status that says nothing."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._take)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(TEAPOT)


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ModuleType]]:
    """The modules of openapi-python-client's client, by operation id with underscores."""
    from openapi_python_client import generate

    folder = tmp_path_factory.mktemp("plain")
    config = parser_config(ROOT / "openapi.yaml", literal_enums=True)
    config.output_path = folder / "plain_client"
    with contextlib.redirect_stdout(io.StringIO()):
        errors = generate(config=config)
    assert list(errors) == []
    sys.path.insert(0, str(folder))
    package = importlib.import_module("plain_client")
    found = {}
    for info in pkgutil.walk_packages(package.__path__, "plain_client."):
        module = importlib.import_module(info.name)
        if hasattr(module, "sync_detailed"):
            found[info.name.rpartition(".")[2]] = module
    yield found
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "plain_client"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def resolve() -> Iterator[Any]:
    """From operation ids to the SDK's methods, as the contract tests' driver has it."""
    sys.path.insert(0, str(DRIVER))
    yield importlib.import_module("unistack_driver.operations").resolve
    sys.path.remove(str(DRIVER))


def example_of(document: Any, parameter: dict[str, Any]) -> Any:
    """The document's example of a parameter; a date-time as one."""
    schema = document.resolve(parameter["schema"])
    value = parameter.get("example", schema.get("example", schema.get("enum", [None])[0]))
    assert value is not None, parameter["name"]
    is_time = schema.get("format") == "date-time"
    return datetime.fromisoformat(value) if is_time and isinstance(value, str) else value


def body_of(document: Any, operation: Any) -> tuple[str | None, Any]:
    """The document's example of a body, and its media type."""
    for media_type, node in operation.node.get("requestBody", {}).get("content", {}).items():
        for example in node.get("examples", {}).values():
            return media_type, document.resolve(example)["value"]
    return None, None


def sent_by_sdk(
    document: Any, operation: Any, parameters: dict[str, Any], resolve: Any
) -> httpx.Request:
    sink = Sink()
    media_type, body = body_of(document, operation)
    given = dict(parameters)
    options: dict[str, Any] = {}
    if key := given.pop("Idempotency-Key", None):
        options["idempotency_key"] = key
    if body is not None:
        given |= {"body": body} if operation.resource == "entities" else body
    if media_type == "multipart/form-data":
        given["file"] = ("a.bin", FILE, "application/octet-stream")
    with Unistack(api_key=TOKEN, base_url=BASE_URL, transport=sink.transport, max_retries=0) as sdk:
        target = resolve(sdk, operation.id, given, options)
        with pytest.raises(APIStatusError):
            target.call()
    return sink.requests[0]


def sent_by_function(
    document: Any, operation: Any, parameters: dict[str, Any], functions: dict[str, ModuleType]
) -> httpx.Request:
    sink = Sink()
    module = functions[operation.id.replace(".", "_")]
    names = inspect.signature(module.sync_detailed, eval_str=True).parameters
    given = {_identifier(name, names): value for name, value in parameters.items()}
    media_type, body = body_of(document, operation)
    if body is not None:
        annotation = names["body"].annotation
        kinds = getattr(annotation, "__args__", (annotation,))
        kind = next(kind for kind in kinds if hasattr(kind, "from_dict"))
        types = importlib.import_module("plain_client.types")
        if media_type == "multipart/form-data":
            given["body"] = kind.from_dict({**body, "file": FILE})
            given["body"].file = types.File(io.BytesIO(FILE), "a.bin", "application/octet-stream")
        else:
            given["body"] = kind.from_dict(body)
    package = importlib.import_module("plain_client")
    options = {"base_url": BASE_URL, "httpx_args": {"transport": sink.transport}}
    if operation.node["security"]:
        client = package.AuthenticatedClient(token=TOKEN, **options)
    else:
        client = package.Client(**options)
    with client:
        module.sync_detailed(client=client, **given)
    return sink.requests[0]


def _identifier(wire: str, names: Any) -> str:
    plain = wire.lower().replace("-", "_")
    return next(name for name in (plain, f"{plain}_") if name in names)


def meaning(request: httpx.Request, headers: set[str]) -> dict[str, Any]:
    """What a request says, without the freedoms that HTTP leaves to a client."""
    content_type = request.headers.get("content-type", "")
    body: Any = request.content
    if content_type.startswith("multipart/form-data"):
        body = _parts(content_type, request.content)
    elif content_type.startswith("application/json"):
        body = _moments(json.loads(request.content))
    return {
        "method": request.method,
        "path": request.url.raw_path.partition(b"?")[0],
        "query": sorted((k, _moments(v)) for k, v in request.url.params.multi_items()),
        "headers": {name: request.headers.get(name) for name in headers},
        "media type": content_type.partition(";")[0],
        "body": body,
    }


def _moments(value: Any) -> Any:
    """Times as moments: `Z` and `+00:00` mean the same."""
    if isinstance(value, dict):
        return {key: _moments(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_moments(part) for part in value]
    if isinstance(value, str) and "T" in value:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value).timestamp()
    return value


def _parts(content_type: str, content: bytes) -> list[tuple[Any, ...]]:
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content
    )
    found = []
    for part in message.iter_parts():
        assert isinstance(part, email.message.EmailMessage)
        name = part.get_param("name", header="content-disposition")
        found.append((name, part.get_filename(), part.get_payload(decode=True)))
    return sorted(found, key=repr)


def test_both_clients_send_the_same_request(
    operation: Any, document: Any, functions: dict[str, ModuleType], resolve: Any
) -> None:
    """Every parameter of the operation, and the body, with the document's examples."""
    parameters = {
        name: example_of(document, parameter) for name, parameter in operation.parameters.items()
    }
    headers = {"authorization"} | {
        name.lower() for name, node in operation.parameters.items() if node["in"] == "header"
    }
    ours = sent_by_sdk(document, operation, parameters, resolve)
    theirs = sent_by_function(document, operation, parameters, functions)
    assert meaning(ours, headers) == meaning(theirs, headers)

"""The mock server behind Prism, every operation driven through the SDK (`nox -s prism`)."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.prism import Prism, Violation, parse_violations, response_violations
from unistack import Unistack

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "contract-tests" / "drivers" / "python"
API_KEY = "sk_live_0123456789abcdef01234567"

pytestmark = pytest.mark.prism


class Recorder(httpx.BaseTransport):
    """Sends over the network and keeps each response with what was asked."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        response.read()
        self.exchanges.append((request, response))
        return response

    def close(self) -> None:
        self.inner.close()

    def violations(self, *, of_requests: bool) -> list[str]:
        """What Prism reported, with the request that it was about."""
        found: list[str] = []
        for request, response in self.exchanges:
            reported: tuple[Violation, ...] = response_violations(response.headers)
            if of_requests:
                every = parse_violations(response.headers.get("sl-violations"))
                reported = tuple(v for v in every if not v.is_response)
            found += [f"{request.method} {request.url.path}: {item}" for item in reported]
        return found


@pytest.fixture(scope="module")
def resolve() -> Iterator[Any]:
    """From operation ids to the SDK's methods, as the contract tests' driver has it."""
    sys.path.insert(0, str(DRIVER))
    yield importlib.import_module("unistack_driver.operations").resolve
    sys.path.remove(str(DRIVER))


@pytest.fixture(scope="module")
def proxy() -> Iterator[Prism]:
    """Prism in front of the mock server."""
    document = ROOT / "openapi.yaml"
    with (
        MockServer(document, options=Options(limits=False)) as server,
        Prism(document, mode="proxy", upstream=server.base_url) as prism,
    ):
        yield prism


def parameters(step: Any) -> dict[str, Any]:
    """A step's values by wire name, as the driver takes them."""
    untyped = step.operation.startswith("entities.") and step.body is not None
    body = {"body": step.body} if untyped else step.body or {}
    given = {**step.path, **step.query, **body}
    if step.media_type == "multipart/form-data":
        given["file"] = {
            "$file": {"filename": "a.txt", "content": "Y29udGVudA==", "content_type": "text/plain"}
        }
    return given


def test_no_response_leaves_the_document(proxy: Prism, journey: Any, resolve: Any) -> None:
    """Every operation through the SDK: Prism finds nothing, in any response or any request."""
    with (
        Recorder() as recorder,
        Unistack(
            api_key=API_KEY, base_url=proxy.base_url, transport=recorder, strict=True, max_retries=0
        ) as client,
    ):

        def call(step: Any) -> Any:
            resolve(client, step.operation, parameters(step), {}).call()
            content = recorder.exchanges[-1][1].content
            return json.loads(content) if content[:1] == b"{" else None

        taken = journey.travel(call)
    assert sorted(taken) == sorted(journey.document.operations)
    assert recorder.violations(of_requests=False) == []
    assert recorder.violations(of_requests=True) == []


def test_errors_stay_in_the_document_too(proxy: Prism) -> None:
    """Unauthorized, unknown, invalid, unacceptable: each error has its declared shape."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with proxy.client(headers=headers) as client:
        answers = [
            client.get("/users", headers={"Authorization": "Bearer nobody"}),
            client.get("/users/user_000000"),
            client.get("/users", params={"page": "none"}),
            client.post("/users", json={"name": 1}),
            client.post("/users", content=b"x", headers={"Content-Type": "text/plain"}),
            client.get("/users", headers={"Accept": "text/csv"}),
        ]
    assert [answer.status_code for answer in answers] == [401, 404, 400, 422, 415, 406]
    assert [response_violations(answer.headers) for answer in answers] == [()] * len(answers)

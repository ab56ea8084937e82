"""Spans around attempts."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest
import respx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from unistack._core.auth import Scheme
from unistack._core.brand import Brand
from unistack._core.client import AsyncClient, SyncClient
from unistack._core.endpoint import Endpoint, Json
from unistack._core.errors import APIConnectionError, InternalServerError
from unistack.telemetry import AsyncOpenTelemetry, OpenTelemetry

GET = Endpoint("x.get", "GET", "/x", security=(("bearer",),), result=Json(Any))


def traced(kit: Any) -> tuple[Any, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    layer = AsyncOpenTelemetry if kit.asynchronous else OpenTelemetry
    return kit.client(middleware=[layer(provider)]), exporter


def test_a_span_for_each_attempt(kit: Any, api: respx.MockRouter) -> None:
    """A retried call has two spans; each says what was asked and answered, without secrets."""
    route = api.get("/x").mock(side_effect=[httpx.Response(503), httpx.Response(200, json={})])
    client, exporter = traced(kit)
    kit.call(client, GET, query={"token": "q-secret", "a": 1})
    first, second = exporter.get_finished_spans()
    assert (first.name, first.kind) == ("GET", SpanKind.CLIENT)
    assert dict(first.attributes) == {
        "http.request.method": "GET",
        "url.full": "https://api.test/v1/x?token=[redacted]&a=1",
        "server.address": "api.test",
        "server.port": 443,
        "http.response.status_code": 503,
        "error.type": "503",
    }
    assert first.status.status_code is StatusCode.ERROR
    assert second.attributes["http.request.resend_count"] == 1
    assert second.status.status_code is StatusCode.UNSET
    for span, call in zip((first, second), route.calls, strict=True):
        sent = call.request.headers["traceparent"]
        assert sent.split("-")[1:3] == [
            f"{span.context.trace_id:032x}",
            f"{span.context.span_id:016x}",
        ]


def test_scheme_names_are_secret(kit: Any, api: respx.MockRouter) -> None:
    """A credential in the query is not traced, whatever its parameter is called."""
    odd = Scheme("odd", "query", name="appid")
    layer = AsyncOpenTelemetry if kit.asynchronous else OpenTelemetry
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    api.get("/x").respond(200, json={})
    made = (AsyncClient if kit.asynchronous else SyncClient)(
        Brand("A", "a", "A", "1", "https://api.test/v1"),
        (odd,),
        credentials={"odd": "q-secret"},
        middleware=[layer(provider)],
    )
    kit.call(made, Endpoint("x", "GET", "/x", security=(("odd",),), result=Json(Any)))
    (span,) = exporter.get_finished_spans()
    assert span.attributes["url.full"] == "https://api.test/v1/x?appid=[redacted]"


def test_failures_are_noted(kit: Any, api: respx.MockRouter) -> None:
    """An attempt without an answer names its error; the caller still gets the SDK's."""
    api.get("/x").mock(side_effect=httpx.ConnectError("no"))
    client, exporter = traced(kit)
    with pytest.raises(APIConnectionError):
        kit.call(client, GET, options={"max_retries": 0})
    (span,) = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "ConnectError"
    assert span.status.status_code is StatusCode.ERROR
    api.get("/x").respond(500)
    with pytest.raises(InternalServerError):
        kit.call(client, GET, options={"max_retries": 0})


def test_without_the_extra(monkeypatch: Any) -> None:
    """The error names what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ImportError, match="extra opentelemetry"):
        OpenTelemetry()

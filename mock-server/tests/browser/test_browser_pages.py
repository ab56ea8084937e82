"""Both pages with hostile texts and with a token; the reference, tried out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from specloom_mock import Options

pytestmark = pytest.mark.browser

AUTH = {"Authorization": "Bearer sk_live_mock_0123456789abcdef"}
HOSTILE = '<img src=data:, onerror="window.pwned=1"><script>window.pwned=1</script>\'"&lt;b>'
SECTIONS = ["Journal", "State", "Clock", "Faults", "Limits", "Webhooks", "Server"]


@pytest.fixture
def secured(small: Any, answers: Any) -> dict[str, Any]:
    """A document with a credential, and with names that are too long for a narrow window."""
    name = "an_uncommonly_long_name_that_does_not_break_anywhere_" * 3
    parameter = {"name": name, "in": "query", "schema": {"type": "string"}, "description": name}
    schema = {"type": "object", "properties": {name: {"type": "string", "description": name}}}
    operation = {"summary": name, "parameters": [parameter], "responses": answers(schema)}
    scheme = {"type": "http", "scheme": "bearer"}
    return small(
        {f"/{name}": {"get": operation}},
        security=[{"key": []}],
        components={"securitySchemes": {"key": scheme}},
    )


def test_the_reference_fits_a_narrow_window(tab: Any, serve: Any, secured: dict[str, Any]) -> None:
    """At 360 pixels an operation, tried out, needs no sideways scrolling."""
    opened = tab("/docs", serve(secured).url, viewport={"width": 360, "height": 740})
    opened.page.locator(".opblock-summary-control").click()
    opened.page.get_by_role("button", name="Execute").click()
    expect(opened.page.locator(".live-responses-table")).to_be_visible()
    assert opened.overflow() == 0


@pytest.fixture
def hostile() -> dict[str, Any]:
    """A document whose every text tries to be markup."""
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string"}, HOSTILE: {"type": "string", "example": HOSTILE}},
        "required": ["id", HOSTILE],
    }
    content = {"application/json": {"schema": schema, "example": {"id": HOSTILE, HOSTILE: HOSTILE}}}
    listed = {"application/json": {"schema": {"type": "array", "items": schema}}}
    operation = {
        "operationId": HOSTILE,
        "summary": HOSTILE,
        "description": HOSTILE,
        "tags": [HOSTILE],
        "parameters": [
            {"name": HOSTILE, "in": "query", "schema": {"type": "string"}, "description": HOSTILE}
        ],
        "responses": {"200": {"description": HOSTILE, "content": listed}},
    }
    creation = {
        "requestBody": {"content": content},
        "responses": {"201": {"description": HOSTILE, "content": content}},
    }
    one = {"responses": {"200": {"description": HOSTILE, "content": content}}}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": HOSTILE, "version": HOSTILE, "description": HOSTILE},
        "tags": [{"name": HOSTILE, "description": HOSTILE}],
        "paths": {
            "/things": {"get": operation, "post": creation},
            "/things/{id}": {"parameters": [key], "get": one},
        },
        "webhooks": {HOSTILE: {"post": {"requestBody": {"content": content}}}},
    }


def test_hostile_text_stays_text(tab: Any, serve: Any, hostile: dict[str, Any]) -> None:
    """Markup in a document, a path, a header or a body is shown, and never run."""
    server = serve(hostile, Options(virtual=True, rows=2))
    with httpx.Client(base_url=server.url) as client:
        client.get("/things", params={"q": HOSTILE}, headers={"X-A": HOSTILE.replace("\n", "")})
        client.post("/things", json={"id": "a", HOSTILE: HOSTILE})
        client.post("/__mock/snapshots", json={"name": HOSTILE})
        client.post("/__mock/webhooks/send", json={"event": HOSTILE, "data": {"id": HOSTILE}})
        match = {"operation": HOSTILE, "headers": {HOSTILE: HOSTILE}}
        client.post("/__mock/faults", json={"faults": [{"kind": "close", "match": match}]})
    opened = tab("/__mock/", server.url)
    page = opened.page
    expect(page.locator("#title")).to_have_text(HOSTILE)
    for name in SECTIONS:
        page.get_by_role("link", name=name).first.click()
        section = page.locator("section:not([hidden])")
        expect(section.get_by_role("heading", name=name, exact=True)).to_be_visible()
        if name in {"Journal", "State", "Webhooks"}:
            section.locator(".opener").first.click()
        if name not in {"Clock", "Limits"}:
            expect(section).to_contain_text("onerror")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0
    other = tab("/docs", server.url)
    reference = other.page
    expect(reference.locator(".opblock").first).to_be_visible()
    assert reference.evaluate("window.pwned") is None
    assert reference.locator("#reference script, #reference [onerror]").count() == 0
    # Swagger UI parses markup before it cleans it; the policy has the last word, and says so.
    assert [line for line in other.errors if "Content Security Policy" not in line] == []
    other.errors.clear()


def test_the_console_asks_for_its_token(tab: Any, serve: Any, small: Any, answers: Any) -> None:
    """A wrong token is asked for again, the right one opens both pages, and is kept by the tab."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document, Options(admin_token="t0ken"))
    opened = tab("/__mock/", server.url)
    page = opened.page
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.get_by_role("textbox", name="Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("That is not the token.")
    page.get_by_role("textbox", name="Token").fill("t0ken")
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#title")).to_have_text("Small")
    assert all("401" in error for error in opened.errors)
    opened.errors.clear()
    page.get_by_role("link", name="Reference", exact=True).click()
    expect(page.locator(".opblock")).to_have_count(1)


def test_the_reference_tries_operations_out(tab: Any, prefix: str, control: httpx.Client) -> None:
    """An operation is tried against this session, with a credential that was filled in."""
    page = tab(f"{prefix}/docs").page
    expect(page.locator("#hint")).to_contain_text("sk_live_mock_0123456789abcdef")
    expect(page.locator("#base")).to_contain_text(f"{prefix}/v1")
    page.locator(".opblock-tag").filter(has_text="users").first.click()
    operation = page.locator(".opblock-get").filter(has_text="/users").first
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response-col_status").nth(1)
    expect(answer).to_contain_text("200")
    entry = control.get("/journal").json()["entries"][-1]
    assert entry["response"]["status"] == 200
    assert entry["violations"] == []
    authorization = [value for name, value in entry["headers"] if name == "authorization"]
    assert authorization == [AUTH["Authorization"]]


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http", "scheme": "basic"},
        {"type": "apiKey", "in": "header", "name": "X-Key"},
        {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {"tokenUrl": "https://login.example/token", "scopes": {}}
            },
        },
    ],
    ids=lambda scheme: scheme["type"],
)
def test_every_kind_of_credential_is_filled_in(
    tab: Any, serve: Any, secured: dict[str, Any], scheme: dict[str, Any]
) -> None:
    """Whatever the document asks for, the first try is authorized."""
    secured["components"]["securitySchemes"]["key"] = scheme
    page = tab("/docs", serve(secured).url).page
    page.locator(".opblock-summary-control").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response .response-col_status")
    expect(answer).to_contain_text("200")


def test_large_documents_are_told_in_older_words(
    tab: Any, serve: Any, small: Any, answers: Any
) -> None:
    """More than a hundred operations are shown as OpenAPI 3.0, and are tried out like any."""
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "examples": ["a"]},
            "const": {"const": "fixed"},
            "size": {"type": "integer", "exclusiveMinimum": 3},
        },
        "required": ["const"],
    }
    operation = {"tags": ["all"], "responses": answers(schema)}
    paths = {f"/things{number}": {"get": operation} for number in range(101)}
    server = serve(small(paths))
    page = tab("/docs", server.url).page
    expect(page.locator(".info")).to_contain_text("OAS 3.0")
    page.locator(".opblock-tag").click()
    first = page.locator(".opblock").first
    first.locator(".opblock-summary-control").click()
    first.get_by_role("button", name="Execute").click()
    answer = first.locator(".live-responses-table .response .response-col_status")
    expect(answer).to_contain_text("200")
    model = page.evaluate(
        """async () => {
            const { inOlderWords } = await import("/__mock/static/reference/older.js");
            const spec = await (await fetch("/__mock/openapi.json")).json();
            const answer = inOlderWords(spec).paths["/things0"].get.responses["200"];
            return answer.content["application/json"].schema.properties;
        }"""
    )
    assert model == {
        "type": {"type": "string", "nullable": True, "example": "a"},
        "const": {"enum": ["fixed"]},
        "size": {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_of_the_reference_is_accessible(
    tab: Any, serve: Any, secured: dict[str, Any], scheme: str, axe: Any
) -> None:
    """What this project adds around Swagger UI passes the accessibility checker."""
    page = tab("/docs", serve(secured).url, color_scheme=scheme).page
    expect(page.locator(".opblock-tag").first).to_be_visible()
    expect(page.locator("#hint")).to_be_visible()
    assert axe(page, without="#reference") == []

"""What the package of a stainless.yml does: one call for each promise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

FOLDER = Path(__file__).resolve().parent / "golden"


@pytest.fixture
def acme(sdk: Callable[..., Any]) -> Any:
    """The package of the golden document and configuration."""
    return sdk(
        (FOLDER / "acme.yaml").read_text(),
        (FOLDER / "acme.stainless.yml").read_text(),
    )


def files(request: httpx.Request) -> httpx.Response:
    """Five files, two a page, after a cursor."""
    start = int(request.url.params.get("after", "0"))
    ids = [str(number) for number in range(start + 1, min(start + 3, 6))]
    return httpx.Response(
        200,
        json={"data": [{"id": id_} for id_ in ids], "has_more": ids[-1] != "5", "last_id": ids[-1]},
    )


def test_pages_are_of_the_scheme_s_class(acme: Any) -> None:
    """Iteration, single steps, the scheme's fields; the last page says that it is."""
    client = acme.client(files, api_key="k")
    page = client.files.list(limit=2)
    assert type(page) is acme.module("pagination").SyncACMECursorPage
    assert [file.id for file in page] == ["1", "2", "3", "4", "5"]
    assert (page.has_more, page.last_id, len(page.data)) == (True, "2", 2)
    assert page.has_next_page()
    assert page.next_page_info().params == {"after": "2"}
    second = page.get_next_page()
    assert type(second) is type(page)
    assert [each.last_id for each in page.iter_pages()] == ["2", "4", "5"]
    last = second.get_next_page()
    assert last.next_page_info() is None
    with pytest.raises(RuntimeError, match="has_next_page"):
        last.get_next_page()


def test_asynchronous_pages_do_the_same(acme: Any) -> None:
    """Awaited, iterated, stepped through."""

    async def run() -> list[Any]:
        client = acme.async_client(files, api_key="k")
        page = await client.files.list()
        assert type(page) is acme.module("pagination").AsyncACMECursorPage
        second = await page.get_next_page()
        return [
            [file.id async for file in client.files.list()],
            [file.id async for file in page],
            [each.last_id async for each in page.iter_pages()],
            second.last_id,
            page.next_page_info().params,
        ]

    five = ["1", "2", "3", "4", "5"]
    assert asyncio.run(run()) == [five, five, ["2", "4", "5"], "4", {"after": "2"}]


ITEMS = """
paths:
  /items:
    get:
      operationId: items
      parameters:
        - {name: offset, in: query, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        '200':
          description: Items.
          content:
            application/json:
              schema:
                type: object
                properties:
                  items: {type: array, items: {type: object, properties: {id: {type: string}}}}
                  total: {type: integer}
"""
OFFSET = """
resources: {items: {methods: {list: get /items}}}
pagination:
  name: offset_and_limit
  type: offset
  request:
    offset: {type: integer, x-stainless-pagination-property: {purpose: offset_count_param}}
    limit: {type: integer}
  response:
    items: {type: array}
    total: {type: integer, x-stainless-pagination-property: {purpose: offset_total_count_field}}
"""


def test_a_field_called_items_is_the_list(sdk: Callable[..., Any]) -> None:
    """It is promised as an attribute; the inline item has the response's name."""
    package = sdk(ITEMS, OFFSET)
    response = package.module("types.item_list_response").ItemListResponse

    def answer(request: httpx.Request) -> Any:
        start = int(request.url.params.get("offset", "0"))
        return {"items": [{"id": str(n)} for n in range(start, min(start + 2, 5))], "total": 5}

    page = package.client(answer).items.list(limit=2)
    assert [type(item) for item in page.items] == [response, response]
    assert page.total == 5
    assert [item.id for item in page] == ["0", "1", "2", "3", "4"]

    async def run() -> list[str]:
        page = await package.async_client(answer).items.list(limit=2)
        assert [item.id for item in page.items] == ["0", "1"]
        return [item.id async for item in page]

    assert asyncio.run(run()) == ["0", "1", "2", "3", "4"]


def test_envelopes_are_unwrapped(acme: Any) -> None:
    """A single property `data` is handed out, as the model that the configuration names."""
    file = acme.client({"data": {"id": "1", "createdAt": "today"}}).files.retrieve("1")
    assert type(file) is acme.module("types").File
    assert file.created_at == "today"
    assert acme.module("types").FileRetrieveResponse is acme.module("types").File
    (model,) = acme.client({"data": [{"id": "m"}]}).models.list()
    assert type(model) is acme.module("types.model_list_response").ModelListResponseItem
    assert acme.client({"data": []}).models.acme.list() == []


def test_the_last_path_parameter_may_stand_alone(acme: Any) -> None:
    """All others are given by name, as it may be; one of the body's name has `path_` before it."""
    client = acme.client({})
    with pytest.warns(DeprecationWarning, match="deprecated"):
        client.stores.files.update("f", path_store_id="p", store_id="s", attributes={"color": "c"})
    assert acme.sent.url.path == "/stores/p/files/f"
    assert acme.body == {"store_id": "s", "attributes": {"color": "c"}}
    client.stores.files.delete(file_id="f", store_id="s")
    assert (acme.sent.method, acme.sent.url.path) == ("DELETE", "/stores/s/files/f")
    with pytest.raises(TypeError):
        client.stores.files.delete("s", "f")
    with pytest.raises(ValueError, match="Expected a non-empty value for `store_id`"):
        client.stores.files.delete("f", store_id="")
    acme.client([{"text": "t"}]).stores.files.content("s", file_id="f")
    assert acme.sent.url.path == "/stores/s/files/f/content"


def test_the_client_keeps_its_settings(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, environments, headers, variables, retries and time limits are the configuration's."""
    monkeypatch.setenv("ACME_KEY", "secret")
    monkeypatch.setenv("ACME_ORG", "ours")
    client = acme.client({"data": []})
    assert client.base_url == "https://api.acme.test"
    client.models.list()
    headers = acme.sent.headers
    assert headers["authorization"] == "Bearer secret"
    assert (headers["acme-organization"], headers["acme-version"]) == ("ours", "2026-01-01")
    assert (client._settings.max_retries, client._settings.limits["read"]) == (4, 600.0)
    given = {"api_key": "k", "organization": "theirs", "environment": "sandbox"}
    client = acme.client({"data": []}, default_headers={"Acme-Version": "2"}, **given)
    client.models.list()
    assert acme.sent.url.host == "sandbox.acme.test"
    headers = acme.sent.headers
    assert (headers["acme-organization"], headers["acme-version"]) == ("theirs", "2")
    monkeypatch.delenv("ACME_ORG")
    acme.client({"data": []}, api_key="k").models.list()
    assert "acme-organization" not in acme.sent.headers


def test_a_request_is_made_once(acme: Any) -> None:
    """Retries of anything but a GET carry the same key under the configured header."""
    answers = iter([httpx.Response(503), httpx.Response(200, json={"id": "1"})])
    acme.client(
        lambda _: next(answers), api_key="k", clock=acme.module("_core.fake_clock").FakeClock()
    ).files.create(name="n", chunking={"parts": [{"part_number": 1}]})
    assert len({request.headers["acme-once"] for request in acme.requests}) == 1
    assert len(acme.requests) == 2
    assert acme.body == {"name": "n", "chunking": {"parts": [{"partNumber": 1}]}}
    acme.client(files).files.list(kinds=["a", "b"])
    assert "acme-once" not in acme.sent.headers
    assert acme.sent.url.params["kinds"] == "a,b"


def test_a_stream_is_asked_for(acme: Any) -> None:
    """`stream=True` gives the configured events, until the data that ends them."""
    text = (
        'data: {"delta": "a"}\n\ndata: {"delta": "b"}\n\ndata: [DONE]\n\ndata: {"delta": "c"}\n\n'
    )
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, text=text)
    events = list(acme.client(answer).chat(prompt="p", stream=True))
    assert [event.delta for event in events] == ["a", "b"]
    assert {type(event) for event in events} == {acme.module("types").ChatEvent}
    assert acme.body == {"prompt": "p", "stream": True}
    assert acme.client({"text": "t"}).chat(prompt="p").text == "t"


def test_a_method_that_always_streams(sdk: Callable[..., Any]) -> None:
    """`param_discriminator: null`: the response's schema is the event's."""
    package = sdk(
        """
        paths:
          /runs:
            post:
              operationId: run
              responses:
                '200':
                  description: Events.
                  content: {text/event-stream: {schema: {type: object, properties: {n: {type: integer}}}}}
        """,
        "resources: {runs: {methods: {run: {endpoint: post /runs, "
        "streaming: {param_discriminator: null}}}}}\n",
    )
    answer = httpx.Response(
        200, headers={"content-type": "text/event-stream"}, text='data: {"n": 1}\n\n'
    )
    (event,) = package.client(answer).runs.run()
    assert type(event) is package.module("types").RunRunResponse


def test_webhooks_are_told_by_the_configured_tag(sdk: Callable[..., Any]) -> None:
    """`webhook_unwrap` names the payload's property; every client has webhooks.unwrap."""
    package = sdk(
        """
        webhooks:
          paid:
            post:
              requestBody:
                content:
                  application/json:
                    schema: {type: object, properties: {kind: {const: paid}, sum: {type: integer}}}
              responses: {'200': {description: Thanks.}}
        """,
        "resources: {webhooks: {methods: {unwrap: {type: webhook_unwrap, discriminator: kind}}}}\n",
    )
    assert package.module("webhook_events").DISCRIMINATOR == "kind"
    assert package.client({}).webhooks.unwrap


def test_names_that_would_meet_are_kept_apart(sdk: Callable[..., Any]) -> None:
    """A resource below one of its name, models called as a folder, a keyword, a built-in."""
    answer = "{'200': {description: A., content: {application/json: {schema: {$ref: '#/components/schemas/%s'}}}}}"
    package = sdk(
        f"""
        paths:
          /a: {{get: {{operationId: a, responses: {answer % "A"}}}}}
          /b: {{get: {{operationId: b, responses: {answer % "B"}}}}}
          /c: {{get: {{operationId: c, responses: {answer % "C"}}}}}
        components:
          schemas:
            A: {{type: object, properties: {{b: {{$ref: '#/components/schemas/B'}}, model: {{$ref: '#/components/schemas/C'}}}}}}
            B: {{type: object, properties: {{id: {{type: string}}}}}}
            C: {{type: object, properties: {{list: {{type: array, items: {{$ref: '#/components/schemas/A'}}}}}}}}
        """,
        """
        resources:
          things:
            models: {things: A, import: B, model: C}
            methods: {list: get /a, import: get /b}
            subresources:
              things:
                methods: {list: get /c}
                subresources: {import: {models: {list: '#/components/schemas/C/properties/list'}, methods: {get: get /a}}}
        """,
    )
    package.import_everything()
    client = package.client({})
    assert type(client.things.list()).__name__ == "Things"
    assert type(client.things.import_()).__name__ == "Import"
    assert type(client.things.things.list()).__name__ == "Model"
    assert type(client.things.things.import_.get()).__name__ == "Things"


def test_a_union_of_unnamed_objects_has_names(sdk: Callable[..., Any]) -> None:
    """Variants of a response stand in its file, each under a name of its own."""
    package = sdk(
        """
        paths:
          /a:
            get:
              operationId: a
              responses:
                '200':
                  description: Either.
                  content:
                    application/json:
                      schema:
                        type: object
                        properties:
                          content:
                            type: array
                            items:
                              oneOf: [{$ref: '#/components/schemas/Text'}, {$ref: '#/components/schemas/Image'}]
                              discriminator: {propertyName: type}
        components:
          schemas:
            Text: {type: object, required: [type], properties: {type: {const: text}, text: {type: string}}}
            Image: {type: object, required: [type], properties: {type: {const: image}, url: {type: string}}}
        """,
        "resources: {notes: {methods: {retrieve: get /a}}}\n",
    )
    module = package.module("types.note_retrieve_response")
    assert set(module.__all__) == {"ContentImage", "ContentText", "NoteRetrieveResponse"}
    answer = {"content": [{"type": "text", "text": "t"}, {"type": "image", "url": "u"}]}
    kinds = [type(part).__name__ for part in package.client(answer).notes.retrieve().content]
    assert kinds == ["ContentText", "ContentImage"]


def test_types_of_one_file_know_each_other(sdk: Callable[..., Any]) -> None:
    """An enumeration that only arguments use, and three types of one name in one response."""
    package = sdk(
        """
        paths:
          /a:
            post:
              operationId: a
              requestBody:
                content:
                  application/json:
                    schema: {type: object, properties: {style: {$ref: '#/components/schemas/Style'}}}
              responses:
                '200':
                  description: A.
                  content:
                    application/json:
                      schema:
                        type: object
                        properties:
                          data: {type: object, properties: {own: {type: string}}}
                          x: {$ref: '#/components/schemas/X'}
                          y: {$ref: '#/components/schemas/Y'}
        components:
          schemas:
            Style: {type: string, enum: [plain, bold]}
            X: {type: object, properties: {x: {type: string}}}
            Y: {type: object, properties: {y: {type: string}}}
        """,
        """
        resources:
          a: {methods: {create: post /a}}
          x: {models: {data: X}, subresources: {b: {models: {data: Y}}}}
        """,
    )
    package.import_everything()
    assert package.module("types.a_create_params").Style is not None
    answer = {"data": {"own": "o"}, "x": {"x": "1"}, "y": {"y": "2"}}
    made = package.client(answer).a.create(style="bold")
    assert (made.data.own, made.x.x, made.y.y) == ("o", "1", "2")
    assert [type(part).__name__ for part in (made.data, made.x, made.y)] == ["Data"] * 3


PAYLOADS = [
    '"; import os; os._exit(3); "',
    "'); __import__('os')._exit(3) #",
    '"""\n__import__("os")._exit(3)\n"""',
    "{{ 7*7 }} {% raw %}",
    "\\",
    "\u202e\u2028",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_of_the_configuration_stay_text(sdk: Callable[..., Any], payload: str) -> None:
    """Code in a description, an environment, a header's value, a field or a tag is never run."""
    settings = {
        "organization": {"name": f"acme{payload}", "docs": f"https://acme.test/{payload}"},
        "environments": {payload: "https://api.acme.test", "b": "https://b.acme.test"},
        "client_settings": {
            "opts": {
                "key": {"type": "string", "description": payload, "auth": {"security_scheme": "k"}},
                "own": {"type": "string", "default": payload, "send_in_header": "X-Own"},
            },
        },
        "security_schemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "streaming": {"on_event": [{"data_starts_with": payload, "handle": "done"}]},
        "pagination": {
            "name": "pages",
            "type": "fake_page",
            "response": {"items": {"type": "array"}, payload: {"type": payload}},
        },
        "resources": {
            "items": {
                "description": payload,
                "methods": {"list": {"endpoint": "get /items", "paginated": "pages"}},
            },
            "webhooks": {
                "methods": {"unwrap": {"type": "webhook_unwrap", "discriminator": payload}}
            },
        },
    }
    properties = {"items": {"type": "array", "items": {"type": "object"}}, payload: {}}
    content = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "paths": {
            "/items": {"get": {"responses": {"200": {"description": "Items.", "content": content}}}}
        },
    }
    package = sdk(json.dumps(document), json.dumps(settings))
    package.import_everything()
    brand = package.module("_brand").BRAND
    assert dict(brand.environments)[payload] == "https://api.acme.test"
    assert package.module("pagination").SyncPages
    assert payload == package.module("webhook_events").DISCRIMINATOR


def test_urls_and_bodies_take_the_promised_arguments(
    sdk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable of an environment's URL is an option; a body that is no object has its name."""
    package = sdk(
        """
        paths:
          /batch:
            post:
              operationId: batch
              requestBody:
                required: true
                content: {application/json: {schema: {type: array, items: {type: string}}}}
              responses: {'204': {description: Done.}}
        """,
        """
        organization: {name: acme}
        environments: {live: 'https://{region}.acme.test', local: 'http://127.0.0.1:1'}
        client_settings:
          opts:
            region: {type: string, server_variable: region, read_env: ACME_REGION}
        resources:
          batches: {methods: {run: {endpoint: post /batch, body_param_name: lineItems}}}
        """,
    )
    client = package.client(httpx.Response(204), region="eu-1")
    assert client.base_url == "https://eu-1.acme.test"
    client.batches.run(line_items=["a"])
    assert (package.body, package.sent.url.host) == (["a"], "eu-1.acme.test")
    assert package.client({}, region="evil.test/x").base_url == "https://evil.test%2Fx.acme.test"
    assert package.client({}, environment="local").base_url == "http://127.0.0.1:1"
    with pytest.raises(ValueError, match="pass region="):
        package.client({})
    monkeypatch.setenv("ACME_REGION", "us")
    assert package.client({}).base_url == "https://us.acme.test"
    assert not package.lost

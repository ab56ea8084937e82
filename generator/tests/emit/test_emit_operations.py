"""Methods of generated resources: what a caller writes, and what travels."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from specloom.config.model import Config, DynamicResource

CRUD = """
paths:
  /users:
    post:
      operationId: users.create
      parameters:
        - {name: Idempotency-Key, in: header, schema: {type: string}}
        - {name: X-Trace, in: header, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/UserCreate'}
      responses:
        '201': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}
  /users/{user_id}:
    get:
      operationId: users.get
      summary: Get a user
      description: By id.
      parameters:
        - {name: user_id, in: path, required: true, schema: {type: string}, description: Whose.}
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}
    delete:
      operationId: users.delete
      deprecated: true
      parameters: [{name: user_id, in: path, required: true, schema: {type: string}}]
      responses: {'204': {description: gone}}
components:
  schemas:
    User:
      type: object
      required: [id]
      properties: {id: {type: string}, createdAt: {type: string, format: date-time}}
    UserCreate:
      type: object
      required: [fullName]
      properties:
        id: {type: string, readOnly: true}
        fullName: {type: string}
        nickname: {type: [string, 'null']}
        homeAddress: {$ref: '#/components/schemas/Address'}
        pastAddresses: {type: array, items: {$ref: '#/components/schemas/Address'}}
    Address:
      type: object
      properties:
        zipCode: {type: string}
        parts: {type: object, additionalProperties: {$ref: '#/components/schemas/Address'}}
"""


def operation(text: str, path: str = "/x", method: str = "get") -> str:
    """A document of one operation; ``text`` is its body."""
    lines = "\n".join(f"      {line}" for line in inspect.cleandoc(text).splitlines())
    return f"paths:\n  {path}:\n    {method}:\n{lines}\n"


OK = "responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}"


def test_body_properties_are_arguments_with_wire_names(package: Callable[..., Any]) -> None:
    """Properties are keywords in Python's spelling; nested keys too are sent as the API spells."""
    sdk = package(CRUD)
    user = sdk.client({"id": "1", "createdAt": "2026-01-02T03:04:05Z"}).users.create(
        full_name="Ada",
        home_address={"zip_code": "1", "parts": {"a_b": {"zip_code": "2"}}},
        past_addresses=[{"zip_code": "3"}],
    )
    assert sdk.body == {
        "fullName": "Ada",
        "homeAddress": {"zipCode": "1", "parts": {"a_b": {"zipCode": "2"}}},
        "pastAddresses": [{"zipCode": "3"}],
    }
    assert (user.id, user.created_at.year) == ("1", 2026)


def test_absent_is_not_null(package: Callable[..., Any]) -> None:
    """An argument that is not given is not sent; None is sent as null."""
    sdk = package(CRUD)
    sdk.client({"id": "1"}).users.create(full_name="Ada", nickname=None)
    assert sdk.body == {"fullName": "Ada", "nickname": None}


def test_an_argument_that_does_not_exist_is_refused(package: Callable[..., Any]) -> None:
    """A misspelt argument is an error at once, in both clients, and nothing is sent."""
    sdk = package(CRUD)
    with pytest.raises(TypeError, match=r"users\.create got an unexpected .* 'nicname'"):
        sdk.client({"id": "1"}).users.create(full_name="Ada", nicname="x")
    with pytest.raises(TypeError, match="'nicname'"):
        asyncio.run(_misspelt(sdk))
    assert not sdk.requests


async def _misspelt(sdk: Any) -> None:
    await sdk.async_client({"id": "1"}).users.create(full_name="Ada", nicname="x")


def test_read_only_properties_are_no_arguments(package: Callable[..., Any]) -> None:
    """What only the server sets cannot be sent."""
    sdk = package(CRUD)
    with pytest.raises(TypeError, match="id"):
        sdk.client({"id": "1"}).users.create(full_name="Ada", id="x")


def test_an_idempotency_header_is_sent_and_is_no_argument(package: Callable[..., Any]) -> None:
    """The core makes the key; a caller overrides it by an option of the call."""
    sdk = package(CRUD)
    client = sdk.client({"id": "1"})
    client.users.create(full_name="Ada", x_trace="t")
    assert sdk.sent.headers["idempotency-key"]
    assert sdk.sent.headers["x-trace"] == "t"
    client.users.create(full_name="Ada", idempotency_key="mine")
    assert sdk.sent.headers["idempotency-key"] == "mine"


def test_path_parameters_are_positional_and_encoded_whole(package: Callable[..., Any]) -> None:
    """A path value never leaves its segment, and is never empty."""
    sdk = package(CRUD)
    client = sdk.client({"id": "1"})
    client.users.get("a/../b?c")
    assert sdk.sent.url.raw_path == b"/users/a%2F..%2Fb%3Fc"
    with pytest.raises(ValueError, match="Expected a non-empty value for `user_id`"):
        client.users.get("")
    with pytest.raises(TypeError):
        client.users.get(user_id="a")


def test_no_content_is_none_and_deprecation_warns_at_the_call(package: Callable[..., Any]) -> None:
    """A deprecated method warns with the caller's line, in both clients."""
    sdk = package(CRUD)
    with pytest.warns(DeprecationWarning, match=r"users\.delete is deprecated") as caught:
        assert sdk.client(httpx.Response(204)).users.delete("1") is None
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="deprecated") as caught:
        asyncio.run(_delete(sdk))
    assert caught[0].filename == __file__


async def _delete(sdk: Any) -> None:
    await sdk.async_client(httpx.Response(204)).users.delete("1")


def test_a_docstring_names_method_and_path(package: Callable[..., Any]) -> None:
    """Hovering over a method tells where it goes."""
    sdk = package(CRUD)
    for client in (sdk.client(), sdk.async_client()):
        assert inspect.getdoc(client.users.get) == (
            "Get a user\n\nGET /users/{user_id}\n\nBy id.\n\nArgs:\n    user_id: Whose."
        )


def test_raw_responses_come_from_a_twin(package: Callable[..., Any]) -> None:
    """``with_raw_response`` has the same methods; they hand out status, headers and the value."""
    sdk = package(CRUD)
    raw = sdk.client({"id": "1"}).users.with_raw_response.get("1")
    assert (raw.status_code, raw.parse().id) == (200, "1")
    awaited = asyncio.run(_raw(sdk))
    assert (awaited.status_code, awaited.parse().id) == (200, "1")


async def _raw(sdk: Any) -> Any:
    return await sdk.async_client({"id": "1"}).users.with_raw_response.get("1")


def test_styles_of_query_parameters_travel(package: Callable[..., Any]) -> None:
    """Style and explode of the document decide how lists and objects are written."""
    sdk = package(
        operation(
            f"""
            operationId: x.list
            parameters:
              - {{name: ids, in: query, explode: false, schema: {{type: array, items: {{type: string}}}}}}
              - {{name: tags, in: query, schema: {{type: array, items: {{type: string}}}}}}
              - name: filter
                in: query
                style: deepObject
                schema: {{type: object, properties: {{role: {{type: string}}}}}}
              - name: where
                in: query
                content: {{application/json: {{schema: {{type: object}}}}}}
            {OK}
            """
        )
    )
    sdk.client({}).x.list(ids=["a", "b"], tags=["c", "d"], filter={"role": "x"}, where={"k": 1})
    pairs = sdk.sent.url.params.multi_items()
    assert pairs == [
        ("ids", "a,b"),
        ("tags", "c"),
        ("tags", "d"),
        ("filter[role]", "x"),
        ("where", '{"k":1}'),
    ]


def test_header_and_cookie_parameters_travel(package: Callable[..., Any]) -> None:
    """Parameters go where the document says; the ones OpenAPI ignores are no arguments."""
    sdk = package(
        operation(
            f"""
            operationId: x.get
            parameters:
              - {{name: X-Tenant, in: header, required: true, schema: {{type: string}}}}
              - {{name: theme, in: cookie, schema: {{type: string}}}}
              - {{name: Accept, in: header, schema: {{type: string}}}}
            {OK}
            """
        )
    )
    client = sdk.client({})
    client.x.get(x_tenant="t", theme="dark")
    assert sdk.sent.headers["x-tenant"] == "t"
    assert sdk.sent.headers["cookie"] == "theme=dark"
    with pytest.raises(TypeError, match="accept"):
        client.x.get(x_tenant="t", accept="x")


def test_names_of_call_options_take_an_underscore(package: Callable[..., Any]) -> None:
    """A parameter called like an option of the call, or a keyword, keeps its wire name."""
    sdk = package(
        operation(
            f"""
            operationId: x.get
            parameters:
              - {{name: timeout, in: query, schema: {{type: integer}}}}
              - {{name: class, in: query, schema: {{type: string}}}}
              - {{name: self, in: query, schema: {{type: string}}}}
            {OK}
            """
        )
    )
    sdk.client({}).x.get(timeout_=5, class_="c", self_="s", timeout=1.0)
    assert dict(sdk.sent.url.params) == {"timeout": "5", "class": "c", "self": "s"}


def test_one_name_in_path_query_and_body_is_told_apart(package: Callable[..., Any]) -> None:
    """The path keeps the name; the others say where they stand."""
    sdk = package(
        operation(
            f"""
            operationId: x.update
            parameters:
              - {{name: id, in: path, required: true, schema: {{type: string}}}}
              - {{name: id, in: query, schema: {{type: string}}}}
            requestBody:
              content:
                application/json: {{schema: {{type: object, properties: {{id: {{type: string}}}}}}}}
            {OK}
            """,
            "/x/{id}",
            "put",
        )
    )
    sdk.client({}).x.update("p", body_id="b", query_id="q")
    assert str(sdk.sent.url) == "https://demo.test/x/p?id=q"
    assert sdk.body == {"id": "b"}


def test_a_body_that_is_no_object_is_one_argument(package: Callable[..., Any]) -> None:
    """Lists are given as ``body=``; keys of the objects in them are still translated."""
    sdk = package(
        operation(
            f"""
            operationId: x.replace
            requestBody:
              required: true
              content:
                application/json:
                  schema:
                    type: array
                    items: {{type: object, properties: {{zipCode: {{type: string}}}}}}
            {OK}
            """,
            method="put",
        )
    )
    sdk.client({}).x.replace(body=[{"zip_code": "1"}])
    assert sdk.body == [{"zipCode": "1"}]


def test_an_optional_body_may_be_left_out(package: Callable[..., Any]) -> None:
    """Nothing is sent when a body that is not required has no property."""
    sdk = package(
        operation(
            f"""
            operationId: x.start
            requestBody:
              content:
                application/json:
                  schema: {{type: object, required: [mode], properties: {{mode: {{type: string}}}}}}
            {OK}
            """,
            method="post",
        )
    )
    client = sdk.client({})
    client.x.start()
    assert sdk.sent.content == b""
    client.x.start(mode="fast")
    assert sdk.body == {"mode": "fast"}


def test_form_text_and_binary_bodies(package: Callable[..., Any]) -> None:
    """Forms are flattened like JSON; text and bytes are one argument with their media type."""
    source = """
    paths:
      /form:
        post:
          operationId: x.form
          requestBody:
            required: true
            content:
              application/x-www-form-urlencoded:
                schema: {type: object, properties: {userName: {type: string}, n: {type: integer}}}
          responses: {'204': {description: ok}}
      /text:
        post:
          operationId: x.text
          requestBody: {required: true, content: {text/plain: {schema: {type: string}}}}
          responses: {'204': {description: ok}}
      /image:
        put:
          operationId: x.image
          requestBody:
            required: true
            content: {image/png: {schema: {type: string, format: binary}}}
          responses: {'204': {description: ok}}
    """
    sdk = package(source)
    client = sdk.client(httpx.Response(204))
    client.x.form(user_name="a b", n=1)
    assert parse_qsl(sdk.sent.content.decode()) == [("userName", "a b"), ("n", "1")]
    client.x.text(body="héllo")
    assert sdk.sent.content == "héllo".encode()
    client.x.image(body=b"\x89PNG")
    assert (sdk.sent.content, sdk.sent.headers["content-type"]) == (b"\x89PNG", "image/png")


def test_multipart_uploads_and_binary_downloads(package: Callable[..., Any]) -> None:
    """Files are parts of their own; a download is a response to read."""
    source = """
    paths:
      /files:
        post:
          operationId: files.upload
          requestBody:
            required: true
            content:
              multipart/form-data:
                schema:
                  type: object
                  required: [file]
                  properties: {file: {type: string, format: binary}, title: {type: string}}
          responses: {'204': {description: ok}}
      /files/{id}:
        get:
          operationId: files.download
          parameters: [{name: id, in: path, required: true, schema: {type: string}}]
          responses:
            '200':
              description: ok
              content: {application/octet-stream: {schema: {type: string, format: binary}}}
    """
    sdk = package(source)
    sdk.client(httpx.Response(204)).files.upload(file=("a.txt", b"data"), title="T")
    assert sdk.sent.headers["content-type"].startswith("multipart/form-data")
    assert b'filename="a.txt"' in sdk.sent.content
    assert b'name="title"' in sdk.sent.content
    answer = httpx.Response(200, content=b"bytes", headers={"content-type": "image/png"})
    with sdk.client(answer).files.download("1") as response:
        assert response.read() == b"bytes"


def test_text_results_and_preflights(package: Callable[..., Any]) -> None:
    """A text body is a str; OPTIONS is a method like any other."""
    sdk = package(
        operation(
            """
            operationId: x.describe
            responses: {'200': {description: ok, content: {text/plain: {schema: {type: string}}}}}
            """,
            method="options",
        )
    )
    assert sdk.client(httpx.Response(200, text="hi")).x.describe() == "hi"
    assert sdk.sent.method == "OPTIONS"


STREAM = operation(
    """
    operationId: ai.generate
    x-stream: {param: stream, event: {$ref: '#/components/schemas/Chunk'}, done: '[DONE]'}
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [prompt]
            properties: {prompt: {type: string}, stream: {type: boolean}}
    responses:
      '200':
        description: ok
        content:
          application/json: {schema: {$ref: '#/components/schemas/Whole'}}
          text/event-stream: {schema: {$ref: '#/components/schemas/Chunk'}}
    """,
    "/ai",
    "post",
) + (
    "components:\n  schemas:\n"
    "    Whole: {type: object, properties: {text: {type: string}}}\n"
    "    Chunk: {type: object, properties: {delta: {type: string}}}\n"
)


def test_a_stream_is_asked_for_by_its_argument(package: Callable[..., Any]) -> None:
    """Without it the method returns a value; with it, typed events until the last one."""
    sdk = package(STREAM)
    assert sdk.client({"text": "all"}).ai.generate(prompt="p").text == "all"
    events = httpx.Response(
        200,
        content=b'data: {"delta": "a"}\n\ndata: {"delta": "b"}\n\ndata: [DONE]\n\n',
        headers={"content-type": "text/event-stream"},
    )
    stream = sdk.client(events).ai.generate(prompt="p", stream=True)
    assert [chunk.delta for chunk in stream] == ["a", "b"]
    assert sdk.body == {"prompt": "p", "stream": True}
    assert sdk.text("resources/ai.py").count("@overload") == 6


PAGES = operation(
    """
    operationId: users.list
    parameters:
      - {name: page, in: query, schema: {type: integer}}
      - {name: per_page, in: query, schema: {type: integer}}
      - {name: role, in: query, schema: {enum: [admin, member]}}
    responses:
      '200':
        description: ok
        content:
          application/json:
            schema:
              type: object
              required: [data, meta]
              properties:
                data:
                  type: array
                  items: {type: object, required: [id], properties: {id: {type: string}}}
                meta:
                  type: object
                  properties: {total: {type: integer}, total_pages: {type: integer}}
    """,
    "/users",
)


def _page(request: httpx.Request) -> Any:
    page = int(request.url.params.get("page", "1"))
    return {"data": [{"id": f"{page}a"}, {"id": f"{page}b"}], "meta": {"total_pages": 2}}


def test_a_list_walks_its_pages(package: Callable[..., Any]) -> None:
    """Iterating a list reads every page with the caller's filters, in both clients."""
    sdk = package(PAGES)
    listed = [item.id for item in sdk.client(_page).users.list(role="admin")]
    assert listed == ["1a", "1b", "2a", "2b"]
    assert [request.url.params.get("role") for request in sdk.requests] == ["admin", "admin"]
    assert asyncio.run(_walk(sdk)) == listed


async def _walk(sdk: Any) -> list[str]:
    client = sdk.async_client(_page)
    page = await client.users.list()
    assert [item.id for item in page.data] == ["1a", "1b"]
    return [item.id async for item in client.users.list()]


def test_operations_without_a_resource_stand_on_the_client(
    package: Callable[..., Any], described: Callable[..., Any]
) -> None:
    """A configuration may put an operation on the client itself."""
    config = Config(resources={"health": "check"})
    source = operation(f"operationId: health\n{OK}", "/health")
    api = described(source, config)
    assert api.root.operations == ("health",)
    sdk = package(source, config)
    sdk.client({}).check()
    assert sdk.sent.url.path == "/health"
    asyncio.run(_check(sdk))


async def _check(sdk: Any) -> None:
    await sdk.async_client({}).check()


def test_a_dynamic_resource_binds_a_path_parameter_once(package: Callable[..., Any]) -> None:
    """``client.entities("tasks")`` has methods without that argument."""
    source = f"""
    paths:
      /entities/{{entity}}/{{id}}:
        get:
          operationId: entities.get
          parameters:
            - {{name: entity, in: path, required: true, schema: {{type: string}}}}
            - {{name: id, in: path, required: true, schema: {{type: string}}}}
          {OK}
    """
    sdk = package(source, Config(dynamic=(DynamicResource("entities", "entities", "entity"),)))
    sdk.client({}).entities("tasks").get("1")
    assert sdk.sent.url.path == "/entities/tasks/1"
    sdk.client({}).entities("a/b").with_raw_response.get("1")
    assert sdk.sent.url.raw_path == b"/entities/a%2Fb/1"


def test_resources_nest(package: Callable[..., Any]) -> None:
    """Resources below resources are attributes, each with a module of its own."""
    source = f"""
    paths:
      /stats: {{get: {{operationId: admin.stats, {OK}}}}}
      /nodes: {{get: {{operationId: admin.nodes.list, {OK}}}}}
      /deep: {{get: {{operationId: admin.nodes.tokens.get, {OK}}}}}
    """
    sdk = package(source)
    client = sdk.client({})
    client.admin.nodes.tokens.get()
    client.admin.stats()
    assert type(client.admin.nodes.tokens).__module__ == f"{sdk.name}.resources.admin.nodes.tokens"
    assert client.admin.nodes is client.admin.nodes
    resources = sdk.module("resources")
    assert [name for name in resources.__all__ if not name.startswith("Async")] == [
        "Admin",
        "AdminNodes",
        "AdminNodesTokens",
    ]


def test_a_method_and_a_resource_of_one_name_are_told_apart(package: Callable[..., Any]) -> None:
    """Both can be reached when an operation is called like a resource."""
    source = f"""
    paths:
      /a: {{get: {{operationId: admin.nodes, {OK}}}}}
      /b: {{get: {{operationId: admin.nodes.list, {OK}}}}}
    """
    sdk = package(source)
    sdk.client({}).admin.get_nodes()
    assert sdk.sent.url.path == "/a"
    sdk.client({}).admin.nodes.list()
    assert sdk.sent.url.path == "/b"


def test_security_alternatives_follow_the_document(package: Callable[..., Any]) -> None:
    """Each operation names its alternatives; the first whose credential exists is sent."""
    source = f"""
    security: [{{bearer: []}}, {{key: []}}]
    paths:
      /a: {{get: {{operationId: x.a, {OK}}}}}
      /b: {{get: {{operationId: x.b, security: [], {OK}}}}}
      /c: {{get: {{operationId: x.c, security: [{{key: []}}, {{}}], {OK}}}}}
    components:
      securitySchemes:
        bearer: {{type: http, scheme: bearer}}
        key: {{type: apiKey, in: header, name: X-Key}}
        tls: {{type: mutualTLS}}
    """
    sdk = package(source)
    client = sdk.client({}, bearer="b", key="k")
    client.x.a()
    assert sdk.sent.headers["authorization"] == "Bearer b"
    client.x.b()
    assert "authorization" not in sdk.sent.headers
    client.x.c()
    assert sdk.sent.headers["x-key"] == "k"
    module = sdk.module("resources.x")
    assert module._A.security == (("bearer",), ("key",))
    assert module._B.security == ()
    assert module._C.security == (("key",), ())


def test_limits_and_an_operations_own_server_reach_the_endpoint(
    package: Callable[..., Any],
) -> None:
    """Policy, exemption and server are data of the endpoint."""
    source = f"""
    servers: [{{url: 'https://demo.test/v1'}}]
    paths:
      /a: {{get: {{operationId: x.a, x-rate-limit: {{policy: user, limit: 9, window: 1h}}, {OK}}}}}
      /b: {{get: {{operationId: x.b, x-rate-limit: none, {OK}}}}}
      /c: {{get: {{operationId: x.c, servers: [{{url: 'https://up.test'}}], {OK}}}}}
    """
    sdk = package(source)
    module = sdk.module("resources.x")
    assert (module._A.rate_limit, module._A.metered) == ("user", True)
    assert module._B.metered is False
    assert module._C.base_url == "https://up.test"
    sdk.client({}).x.c()
    assert sdk.sent.url.host == "up.test"


def test_a_websocket_is_opened_through_its_operation(package: Callable[..., Any]) -> None:
    """An operation that hands out a token brings a method that opens the socket."""
    source = """
    paths:
      /servers/{id}/console-token:
        get:
          operationId: servers.create_console_token
          parameters: [{name: id, in: path, required: true, schema: {type: string}}]
          x-websocket:
            url: /url
            token: /token
            auth: {type: auth, token: '{token}'}
            messages:
              receive: {$ref: '#/components/schemas/Message'}
              send: {$ref: '#/components/schemas/Command'}
          responses:
            '200':
              description: ok
              content:
                application/json:
                  schema:
                    type: object
                    properties: {url: {type: string}, token: {type: string}}
    components:
      schemas:
        Message: {type: object, properties: {data: {type: string}}}
        Command: {type: object, properties: {lineBreak: {type: string}}}
    """
    sdk = package(source)
    console = sdk.client({}).servers.console("s1")
    assert not sdk.requests
    assert type(console).__name__ == "Console"
    assert console._socket.receive == "message:Message"
    assert console._socket.aliases == "command_param:CommandParam"
    response = console._ticket()
    assert (response.status_code, sdk.sent.url.path) == (200, "/servers/s1/console-token")
    assert type(sdk.async_client({}).servers.console("s1")).__name__ == "AsyncConsole"


def test_long_lists_of_values_and_names_are_broken_like_the_formatter(
    package: Callable[..., Any],
) -> None:
    """Annotations longer than a line stand in the formatter's shape."""
    values = ", ".join(f"value_number_{number}" for number in range(12))
    source = operation(
        f"""
        operationId: x.get
        parameters: [{{name: which, in: query, schema: {{enum: [{values}]}}}}]
        {OK}
        """
    )
    text = package(source).text("resources/x.py")
    assert '        which: Literal[\n            "value_number_0",\n' in text
    assert (
        '            "value_number_11",\n        ]\n        | str\n        | Omit = omit,\n' in text
    )
    assert all(len(line) <= 100 for line in text.splitlines())

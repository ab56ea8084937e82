"""What operations do beyond a call: streams, pages, bound resources, limits, sockets."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from specloom.config.model import Config, DynamicResource


def operation(text: str, path: str = "/x", method: str = "get") -> str:
    """A document of one operation; ``text`` is its body."""
    lines = "\n".join(f"      {line}" for line in inspect.cleandoc(text).splitlines())
    return f"paths:\n  {path}:\n    {method}:\n{lines}\n"


OK = "responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}"


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


def test_lines_of_json_are_a_stream_too(package: Callable[..., Any]) -> None:
    """An operation that always answers with lines returns a typed stream of them."""
    sdk = package(
        operation(
            """
            operationId: logs.tail
            responses:
              '200':
                description: ok
                content:
                  application/x-ndjson:
                    schema: {type: object, properties: {lineNumber: {type: integer}}}
            """,
            "/logs",
        )
    )
    answer = httpx.Response(
        200,
        content=b'{"lineNumber": 1}\n{"lineNumber": 2}\n',
        headers={"content-type": "application/x-ndjson"},
    )
    assert [line.line_number for line in sdk.client(answer).logs.tail()] == [1, 2]
    assert "LineStream[" in sdk.text("resources/logs.py")


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


def test_a_bound_parameter_may_be_spelled_in_any_case(package: Callable[..., Any]) -> None:
    """The argument is Python's; one that no path has binds nothing."""
    source = """
    paths:
      /rows/{tableName}:
        get:
          operationId: rows.all
          parameters: [{name: tableName, in: path, required: true, schema: {type: string}}]
          responses: {'204': {description: d}}
    """
    sdk = package(source, Config(dynamic=(DynamicResource("rows", "rows", "tableName"),)))
    sdk.client(httpx.Response(204)).rows("t1").all()
    assert sdk.sent.url.path == "/rows/t1"
    sdk = package(source, Config(dynamic=(DynamicResource("rows", "rows", "nope"),)))
    sdk.client(httpx.Response(204)).rows.all("t1")


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


def test_a_websocket_of_an_operation_of_the_client_itself(package: Callable[..., Any]) -> None:
    """It is opened by a method of the client, with the operation's arguments; it type-checks."""
    source = """
    paths:
      /{room}:
        post:
          operationId: chat.open_line
          parameters: [{name: room, in: path, required: true, schema: {type: string}}]
          requestBody:
            content:
              application/json: {schema: {type: object, properties: {nickName: {type: string}}}}
          x-websocket: {url: /url, token: /token}
          responses:
            '200':
              description: ok
              content: {application/json: {schema: {type: object, properties: {url: {type: string}}}}}
    """
    sdk = package(source, Config(resources={"chat.open_line": "open_line"}))
    client = sdk.client({"url": "wss://demo.test/line"})
    line = client.line("r1", nick_name="ada")
    assert (type(line).__name__, sdk.requests) == ("Console", [])
    response = line._ticket()
    assert response.parse().url == "wss://demo.test/line"
    assert (sdk.sent.url.path, sdk.body) == ("/r1", {"nickName": "ada"})
    other = sdk.async_client({"url": "wss://demo.test/line"})
    assert asyncio.run(other.line("r2")._ticket()).status_code == 200
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"src/{sdk.name}/client.py"],
        cwd=sdk.folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


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


SEARCH = operation(
    """
    operationId: contacts.search
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [query]
            properties:
              query: {type: string}
              pagination: {$ref: '#/components/schemas/Where'}
    responses:
      '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Found'}}}}
    """,
    "/contacts/search",
    "post",
) + (
    "components:\n  schemas:\n"
    "    Where: {type: object, properties: {perPage: {type: integer}, startingAfter: {type: string}}}\n"
    "    Contact: {type: object, required: [id], properties: {id: {type: string}}}\n"
    "    Found:\n      type: object\n      properties:\n"
    "        data: {type: array, items: {$ref: '#/components/schemas/Contact'}}\n"
    "        pages: {type: object, properties: {next: {type: object, properties: {startingAfter: {type: string}}}}}\n"
)


def test_a_search_pages_by_its_body(package: Callable[..., Any]) -> None:
    """The cursor goes into the next request's body, beside what was asked; a token resumes there."""

    def answer(request: httpx.Request) -> Any:
        where = json.loads(request.content).get("pagination", {}).get("startingAfter")
        page = {None: 0, "c2": 1, "c4": 2}[where]
        following = {"next": {"startingAfter": f"c{2 * page + 2}"}} if page < 2 else {}
        return {"data": [{"id": f"r{2 * page}"}, {"id": f"r{2 * page + 1}"}], "pages": following}

    sdk = package(SEARCH)
    client = sdk.client(answer)
    items = client.contacts.search(query="q", pagination={"per_page": 2}).items()
    assert [next(items).id for _ in range(3)] == ["r0", "r1", "r2"]
    assert sdk.body == {"query": "q", "pagination": {"perPage": 2, "startingAfter": "c2"}}
    first = client.contacts.search(query="q", pagination={"per_page": 2})
    rest = first.items(resume_token=items.resume_token)
    assert [item.id for item in rest] == ["r3", "r4", "r5"]
    assert sdk.body == {"query": "q", "pagination": {"perPage": 2, "startingAfter": "c4"}}
    assert [item.id for item in client.contacts.search(query="q")] == [f"r{i}" for i in range(6)]
    other = client.contacts.search(query="other")
    with pytest.raises(sdk.module().PaginationError, match="other arguments"):
        other.items(resume_token=items.resume_token)

    async def everything() -> list[str]:
        return [item.id async for item in sdk.async_client(answer).contacts.search(query="q")]

    assert asyncio.run(everything()) == [f"r{i}" for i in range(6)]

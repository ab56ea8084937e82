"""Parameters and bodies of every kind: how they are named, and how they travel."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest


def operation(text: str, path: str = "/x", method: str = "get") -> str:
    """A document of one operation; ``text`` is its body."""
    lines = "\n".join(f"      {line}" for line in inspect.cleandoc(text).splitlines())
    return f"paths:\n  {path}:\n    {method}:\n{lines}\n"


OK = "responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}"


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


def test_objects_in_parameters_are_sent_by_wire_name(package: Callable[..., Any]) -> None:
    """Keys of an object in a query parameter are Python's for the caller, the API's on the wire."""
    sdk = package(
        operation(
            f"""
            operationId: x.list
            parameters:
              - name: createdAt
                in: query
                style: deepObject
                schema:
                  type: object
                  properties: {{notBefore: {{type: string}}, inner: {{$ref: '#/components/schemas/I'}}}}
              - {{name: plainName, in: query, schema: {{type: string}}}}
            {OK}
            """
        )
        + "components: {schemas: {I: {type: object, properties: {maxSize: {type: integer}}}}}\n"
    )
    sdk.client({}).x.list(created_at={"not_before": "x", "inner": {"max_size": 1}}, plain_name="p")
    assert dict(sdk.sent.url.params) == {
        "createdAt[notBefore]": "x",
        "createdAt[inner][maxSize]": "1",
        "plainName": "p",
    }


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

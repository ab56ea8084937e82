"""Methods of generated resources: what a caller writes, and what travels."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import httpx
import pytest

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

"""The runner's own reading of an OpenAPI document finds what does not fit."""

from __future__ import annotations

import json

import pytest

from specloom_contract.document import ApiDocument

USER = {
    "type": "object",
    "required": ["id", "role", "email", "created_at"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "role": {"$ref": "#/components/schemas/Role"},
        "email": {"type": "string", "format": "email"},
        "created_at": {"type": "string", "format": "date-time"},
        "nick": {"type": "string", "nullable": True},
        "password": {"type": "string", "writeOnly": True},
        "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
    },
}
ROOT = {
    "openapi": "3.0.3",
    "paths": {
        "/users/{id}": {
            "get": {
                "operationId": "users.get",
                "responses": {
                    "200": {"$ref": "#/components/responses/User"},
                    "4XX": {"description": "no"},
                    "204": {"description": "nothing"},
                },
            }
        },
        "/users/me": {"get": {"operationId": "users.get_me", "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {"Role": {"type": "string", "enum": ["admin", "member"]}, "User": USER},
        "responses": {
            "User": {
                "headers": {"X-Left": {"$ref": "#/components/headers/Left"}, "Link": {}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}},
            }
        },
        "headers": {"Left": {"required": True, "schema": {"type": "integer", "minimum": 0}}},
    },
}
GOOD = {"id": "1", "role": "admin", "email": "a@example.com", "created_at": "2026-01-01T00:00:00Z"}
HEADERS = {"content-type": "application/json; charset=utf-8", "x-left": "3"}


def problems(status=200, headers=HEADERS, body=GOOD, **changes):
    document = ApiDocument(ROOT)
    operation = document.find("GET", "/users/7")
    content = body if isinstance(body, bytes) else json.dumps({**body, **changes}).encode()
    return list(document.problems(operation, status, headers, content))


def test_good_responses():
    """What fits the document is no problem."""
    assert problems() == []
    assert problems(nick=None, age=1) == []
    assert problems(status=204, body=b"") == []
    assert problems(status=404, body=b"") == []


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"status": 202}, "202 is not declared"),
        ({"headers": {"content-type": "application/json"}}, "X-Left is missing"),
        ({"headers": {**HEADERS, "x-left": "many"}}, "X-Left"),
        ({"headers": {**HEADERS, "x-left": "-1"}}, "X-Left"),
        ({"headers": {**HEADERS, "content-type": "text/html"}}, "text/html"),
        ({"headers": {"x-left": "3"}}, "media type"),
        ({"body": b"<html>"}, "not JSON"),
        ({"body": b""}, "not JSON"),
        ({"status": 204, "body": b"{}"}, "has a body"),
        ({"role": "emperor"}, "emperor"),
        ({"created_at": "yesterday"}, "date-time"),
        ({"email": "nowhere"}, "email"),
        ({"extra": 1}, "extra"),
        ({"id": None}, "null"),
        ({"age": 0}, "0"),
        ({"password": "secret"}, "password"),
    ],
)
def test_problems(case, words):
    """Each way of breaking the document is told."""
    assert any(words in problem for problem in problems(**case))


def test_concrete_path_first():
    """A concrete path wins over a template, and an unknown method has no operation."""
    document = ApiDocument(ROOT)
    assert document.find("GET", "/users/me").id == "users.get_me"
    assert document.find("GET", "/users/7").id == "users.get"
    assert document.find("PUT", "/users/7") is None
    assert document.find("GET", "/users/7/x") is None

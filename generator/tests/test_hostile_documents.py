"""Documents that are wrong anywhere: a diagnostic, never a crash."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from specloom.diagnostics import Diagnostics
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.measure import measure
from specloom.spec import SpecError, load
from specloom.spec.pointer import child, evaluate, split

WHOLE: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1", "description": "d"},
    "servers": [
        {"url": "https://{r}.example", "variables": {"r": {"default": "eu", "enum": ["eu"]}}}
    ],
    "security": [{"key": []}],
    "tags": [{"name": "pets", "description": "d"}],
    "x-webhooks": {
        "pet.created": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Cat"}}
                    }
                }
            }
        }
    },
    "paths": {
        "/pets/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": {
                "operationId": "pets.get",
                "tags": ["pets"],
                "parameters": [
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                    {
                        "name": "where",
                        "in": "query",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"X-Total": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "data": {
                                            "type": "array",
                                            "items": {"$ref": "#/components/schemas/Pet"},
                                        },
                                        "total": {"type": "integer"},
                                    },
                                },
                                "example": {"data": []},
                            }
                        },
                    },
                    "default": {"$ref": "#/components/responses/Problem"},
                },
                "x-rate-limit": {"policy": "p", "limit": 1, "window": "1h"},
                "x-pagination": {"style": "page", "page": "page", "items": "/data"},
                "security": [{}, {"key": []}],
            },
            "post": {
                "operationId": "pets.update",
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "properties": {"f": {"type": "string", "format": "binary"}},
                            },
                            "encoding": {"f": {"contentType": "image/png"}},
                        }
                    }
                },
                "responses": {"204": {"description": "d"}},
                "callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {}}}}},
                "x-stream": {"param": "stream", "event": {"$ref": "#/components/schemas/Cat"}},
                "x-websocket": {"url": "/data/url", "messages": {"send": {"type": "string"}}},
            },
        }
    },
    "components": {
        "parameters": {
            "id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        },
        "responses": {
            "Problem": {
                "description": "d",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
            }
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "schemas": {
            "Base": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"type": "string"}},
            },
            "Cat": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "properties": {"kind": {"type": "string", "enum": ["cat"]}}},
                ]
            },
            "Dog": {
                "type": "object",
                "nullable": True,
                "properties": {"kind": {"type": "string", "enum": ["dog"], "default": "dog"}},
                "additionalProperties": {"type": "integer", "maximum": 5, "exclusiveMaximum": True},
            },
            "Pet": {
                "oneOf": [
                    {"$ref": "#/components/schemas/Cat"},
                    {"$ref": "#/components/schemas/Dog"},
                ],
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"cat": "#/components/schemas/Cat"},
                },
            },
            "Color": {"type": "string", "enum": ["red", "green"], "x-enum-varnames": ["R", "G"]},
        },
    },
}


def pointers(node, pointer=""):
    if pointer:
        yield pointer
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in items:
        yield from pointers(value, child(pointer, key))


EVERYWHERE = sorted(pointers(WHOLE))
JUNK = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        "",
        "x",
        "\x00",
        [],
        {},
        [None],
        [[]],
        {"": None},
        {"a": 1},
        {"$ref": "#/nope"},
        {"$ref": "#"},
        {"$ref": "#/components/schemas/Pet"},
        {"$ref": "#/components/schemas/Color/enum"},
        {"$ref": "#/paths"},
        {"$ref": 5},
        {"type": "object"},
        {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"a": {}}}]},
    ]
)


def survive(document):
    diagnostics, ledger = Diagnostics(), Ledger()
    try:
        read = load(json.dumps(document).encode(), diagnostics=diagnostics)
    except SpecError as error:
        return [error.diagnostic]
    ledger.add_quarantined(diagnostics)
    api = build(read, None, diagnostics, ledger)
    assert 0 <= measure(read, api, ledger).percent <= 100
    return list(diagnostics)


def test_the_whole_document_is_fine():
    """What the other tests damage is a good document."""
    assert survive(copy.deepcopy(WHOLE)) == []


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVERYWHERE), JUNK), min_size=1, max_size=3))
def test_junk_anywhere_is_survived(damage):
    """Any node replaced by anything: every finding has a consequence, nothing raises."""
    document = copy.deepcopy(WHOLE)
    for pointer, junk in damage:
        *parents, last = split(pointer)
        holder = evaluate(document, "".join(child("", key) for key in parents))
        if isinstance(holder, dict):
            holder[last] = copy.deepcopy(junk)
        elif isinstance(holder, list) and last.isdigit() and int(last) < len(holder):
            holder[int(last)] = copy.deepcopy(junk)
    assert all(item.message and item.consequence for item in survive(document))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EVERYWHERE))
def test_a_missing_node_is_survived(pointer):
    """Any node taken away."""
    document = copy.deepcopy(WHOLE)
    *parents, last = split(pointer)
    holder = evaluate(document, "".join(child("", key) for key in parents))
    del holder[int(last) if isinstance(holder, list) else last]
    assert all(item.message for item in survive(document))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_with_a_diagnostic(data):
    """What is no document says so."""
    assert survive_bytes(data)


def survive_bytes(data):
    try:
        load(data)
    except SpecError as error:
        return error.diagnostic.message
    return "a document"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_any_names_become_words(component, prop):
    """Emoji, signs, control characters and nothing at all."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": component, "version": prop},
        "paths": {f"/{prop}": {"get": {"operationId": component, "tags": [prop]}}},
        "components": {
            "schemas": {
                component: {"type": "object", "properties": {prop: {"properties": {component: {}}}}}
            }
        },
    }
    survive(document)

"""No text of a configuration, an overlay, a lock or a stainless.yml becomes code."""

from __future__ import annotations

import ast
import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specloom.cli import main
from specloom.spec.pointer import child, evaluate, split

CANARY = "specloom_canary"
PAYLOADS = {
    "docstring": f'"""\n{CANARY}()\n"""',
    "string": f"x', {CANARY}(), '\\{{{{ {CANARY}() }}}}{{% {CANARY} %}}\n# {CANARY}()\r{CANARY}()\x00",
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example"}],
    "security": [{"key": []}],
    "paths": {
        "/things": {
            "get": {
                "operationId": "things.list",
                "parameters": [{"name": "after", "in": "query", "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "d",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "data": {
                                            "type": "array",
                                            "items": {"$ref": "#/components/schemas/Thing"},
                                        },
                                        "next": {"type": "string"},
                                    },
                                }
                            }
                        },
                    }
                },
            },
            "post": {
                "operationId": "login",
                "responses": {
                    "200": {
                        "description": "d",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"token": {"type": "string"}},
                                }
                            }
                        },
                    }
                },
            },
        },
        "/rows/{table}": {
            "get": {
                "operationId": "rows.list",
                "parameters": [
                    {"name": "table", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"204": {"description": "d"}},
            }
        },
    },
    "webhooks": {
        "made": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {"200": {"description": "d"}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        },
        "schemas": {"Thing": {"type": "object", "properties": {"id": {"type": "string"}}}},
    },
}
CONFIG: dict[str, Any] = {
    "document": "openapi.json",
    "brand": {
        "name": "Things",
        "package": "things",
        "project": "things",
        "env_prefix": "THINGS",
        "version": "1.0.0",
        "homepage": "https://things.example",
    },
    "auth": {"api_key": {"scheme": "key", "env": "THINGS_KEY"}, "token": {"scheme": "bearer"}},
    "login": {"login": "login", "access_token": "/token", "refresh_body": {"a": "b"}},
    "unwrap": "data",
    "unwrap_siblings": ["next"],
    "errors": {"code": ["/code"], "success_flag": "/ok"},
    "resources": {"login": "session.start", "skip": ["nothing"]},
    "models": {"Thing": "Item"},
    "pagination": {
        "things.list": {
            "style": "cursor",
            "items": "/data",
            "cursor": "after",
            "next_cursor": "/next",
        }
    },
    "webhooks": {"discriminator": "id"},
    "dynamic": {"table": {"resource": "rows", "param": "table"}},
}
STAINLESS: dict[str, Any] = {
    "organization": {"name": "things", "docs": "https://things.example", "contact": "a@b.example"},
    "targets": {"python": {"package_name": "things", "project_name": "things"}},
    "client_settings": {
        "opts": {
            "api_key": {
                "type": "string",
                "auth": {"security_scheme": "key"},
                "read_env": "THINGS_KEY",
                "description": "The key.",
            },
            "region": {
                "type": "string",
                "default": "eu",
                "read_env": "THINGS_REGION",
                "send_in_header": "X-Region",
            },
        },
        "idempotency_header": "Idempotency-Key",
        "default_timeout": "PT30S",
        "default_headers": {"X-Made": "by"},
    },
    "environments": {"production": "https://things.example", "test": "https://t.example"},
    "pagination": [
        {
            "name": "page",
            "type": "cursor",
            "request": {
                "after": {"x-stainless-pagination-property": {"purpose": "next_cursor_param"}}
            },
            "response": {
                "data": {"x-stainless-pagination-property": {"purpose": "items"}},
                "next": {"x-stainless-pagination-property": {"purpose": "next_cursor_field"}},
            },
        }
    ],
    "resources": {
        "things": {
            "models": {"thing": "#/components/schemas/Thing"},
            "methods": {
                "list": {"endpoint": "get /things", "paginated": True},
                "make": "post /things",
            },
            "subresources": {"rows": {"methods": {"list": "get /rows/{table}"}}},
        }
    },
    "security": [{"key": []}],
    "readme": {"example_requests": {"default": {"type": "request", "endpoint": "get /things"}}},
}
OVERLAY: dict[str, Any] = {
    "overlay": "1.0.0",
    "info": {"title": "t", "version": "1"},
    "actions": [
        {
            "target": "$",
            "update": {
                "info": {"description": "d"},
                "tags": [{"name": "things", "description": "d"}],
                "components": {
                    "schemas": {
                        "Extra": {
                            "type": "object",
                            "description": "d",
                            "properties": {"a": {"enum": ["x", "y"]}},
                        }
                    }
                },
            },
        },
        {"target": "$.paths['/things'].get", "update": {"summary": "s", "tags": ["things"]}},
    ],
}
LOCK: dict[str, Any] = {
    "specloom": 1,
    "models": {"/components/schemas/Thing": "item"},
    "operations": {"things.list": "things.every"},
}


def texts(node: Any, pointer: str = "") -> Iterator[str]:
    """Pointers of every text below a node."""
    if isinstance(node, str):
        yield pointer
    members = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in members:
        yield from texts(value, child(pointer, key))


def keys(node: Any, pointer: str = "") -> Iterator[str]:
    """Pointers of every member of a mapping below a node."""
    if isinstance(node, dict):
        yield from (child(pointer, key) for key in node)
    members = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in members:
        yield from keys(value, child(pointer, key))


def damaged(
    whole: dict[str, Any], payload: str, *, names: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The input with one text, or one name of a member, replaced by the payload; each in turn."""
    for pointer in texts(whole):
        made = copy.deepcopy(whole)
        *parents, last = split(pointer)
        holder = evaluate(made, "".join(child("", key) for key in parents))
        holder[int(last) if isinstance(holder, list) else last] = payload
        yield pointer, made
    for pointer in keys(whole) if names else ():
        made = copy.deepcopy(whole)
        *parents, last = split(pointer)
        holder = evaluate(made, "".join(child("", key) for key in parents))
        holder[payload] = holder.pop(last)
        yield f"name of {pointer}", made


def assert_inert(folder: Path) -> None:
    """Nothing in the package calls what the payload asks to call."""
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if CANARY in text else ():
            if isinstance(node, ast.Call):
                assert CANARY not in ast.unparse(node.func), (path, ast.unparse(node))
    for path in folder.rglob("pyproject.toml"):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        assert set(tables) == {"build-system", "project", "tool"}


def generate(folder: Path, *arguments: str) -> int:
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    return main(
        ["generate", str(folder / "openapi.json"), "--out", str(folder / "sdk"), *arguments]
    )


INPUTS = {
    "specloom.yaml": (CONFIG, "--config"),
    "stainless.yml": (STAINLESS, "--config"),
    "overlay.json": (OVERLAY, "--overlay"),
    "specloom.lock": (LOCK, ""),
}


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_not_damaged_is_used(tmp_path: Path, name: str) -> None:
    """The inputs that the other test damages are good ones."""
    whole, option = INPUTS[name]
    place = tmp_path / ("sdk" if not option else "") / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(whole))
    assert generate(tmp_path, *((option, str(place)) if option else ())) == 0


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_text_of_an_input_becomes_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    """It stands in the output as a text, or is refused with exit code 2."""
    whole, option = INPUTS[name]
    for number, (pointer, made) in enumerate(
        damaged(whole, PAYLOADS[kind], names=kind == "docstring")
    ):
        folder = tmp_path / str(number)
        place = folder / ("sdk" if not option else "") / name
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(made))
        code = generate(folder, *((option, str(place)) if option else ()))
        assert code in (0, 2), (pointer, capsys.readouterr().err)
        assert_inert(folder / "sdk")

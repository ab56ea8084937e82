"""No text of a document becomes code: a hostile document has the syntax tree of a harmless one."""

from __future__ import annotations

import ast
import dataclasses
import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from specloom.config.model import Brand, Config, DynamicResource, WebhookSettings
from specloom.emit.python.emitter import emit, new_package_files
from specloom.fidelity import Ledger
from specloom.ir.model import Api, Text

SOURCE = """
openapi: 3.1.0
info: {title: Demo, version: '1', description: D}
servers: [{url: 'https://demo.test/{tenant}', variables: {tenant: {default: main}}, description: Main}]
tags: [{name: things, description: About things.}]
security: [{bearer: []}, {key: []}]
paths:
  /things/{thing_id}/parts:
    post:
      operationId: things.change
      tags: [things]
      summary: Summary
      description: |-
        Description

            code
      deprecated: true
      x-rate-limit: {policy: user, limit: 9, window: 1h}
      x-websocket:
        url: /url
        token: /token
        auth: {type: auth, token: '{token}'}
        messages:
          receive: {type: array, items: {type: string}}
          send: {$ref: '#/components/schemas/Part'}
      parameters:
        - {name: thing_id, in: path, required: true, schema: {type: string}, description: Whose.}
        - {name: page, in: query, schema: {type: integer}, description: Which., deprecated: true}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: kind, in: query, schema: {enum: [a, b]}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: Idempotency-Key, in: header, schema: {type: string}}
        - {name: theme, in: cookie, schema: {type: string}}
      requestBody:
        description: Body
        required: true
        content:
          application/json:
            schema:
              type: object
              description: Object
              required: [partName]
              properties:
                partName: {type: string, description: Name of it., default: d}
                part: {$ref: '#/components/schemas/Part'}
      responses:
        '200':
          description: ok
          content: {application/json: {schema: {$ref: '#/components/schemas/Envelope'}}}
  /uploads:
    post:
      operationId: uploads.create
      requestBody:
        content:
          multipart/form-data:
            encoding: {meta: {contentType: application/json}}
            schema:
              type: object
              properties: {file: {type: string, format: binary}, meta: {type: object}}
      responses:
        '200': {description: ok, content: {image/png: {schema: {type: string, format: binary}}}}
  /streams:
    post:
      operationId: streams.open
      x-stream: {param: stream, event: {$ref: '#/components/schemas/Part'}, done: '[DONE]'}
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {stream: {type: boolean}}}}}
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Part'}}}
            text/event-stream: {schema: {$ref: '#/components/schemas/Part'}}
webhooks:
  part.made:
    post:
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}
      responses: {'200': {description: ok}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer, description: A token.}
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Envelope:
      type: object
      required: [data]
      properties: {data: {$ref: '#/components/schemas/Union'}}
    Union:
      description: One of them.
      oneOf: [{$ref: '#/components/schemas/Part'}, {$ref: '#/components/schemas/Made'}]
      discriminator: {propertyName: kind, mapping: {part: Part, made: Made}}
    Part:
      type: object
      description: A part.
      required: [kind]
      properties:
        kind: {type: string, description: Which.}
        newName: {type: string, deprecated: true}
        next: {$ref: '#/components/schemas/Part'}
    Made:
      type: object
      required: [kind, event]
      properties:
        kind: {type: string}
        event: {const: part.made}
        data: {$ref: '#/components/schemas/Level'}
    Level: {type: string, description: A level., enum: [low, high]}
"""

PAYLOADS = (
    '"""\nimport os; os.system("x")\n"""',
    "'''+evil()+'''",
    'a"+evil()+"b',
    "a'+evil()+'b",
    "\\",
    '\\"',
    'ends with "',
    "\nimport os\n",
    "\r\nevil()\r\n",
    "\u2028evil()\u2029evil()\x85evil()\x0cevil()",
    "\\N{QUOTATION MARK}\\x22\\u0022",
    "{{ evil() }}{% for x in y %}{# #}",
    "{evil()}{evil!r}",
    "# noqa\nevil()",
    "#) + evil() + (",
    "`evil`<script>alert(1)</script>|*_[x](y)",
    "*/ evil() /*",
    "\x00\x1b[2J\ud800\u202e\ufeff",
    "${evil} $(evil) %(evil)s %s",
    "]]), evil(), ((",
    "x: int = evil()",
    "漢字 é \U0001f600",
    "",
)

CONFIG = Config(
    document="demo.yaml",
    brand=Brand(name="Demo", package="demo"),
    unwrap="data",
    webhooks=WebhookSettings("event"),
    dynamic=(DynamicResource("things", "things", "thing_id"),),
)


def poisoned(value: Any, payload: str, names: dict[str, str]) -> Any:
    """The same representation with every text of the document replaced by the payload.

    Wire names stay distinct (the payload is put around them), so that the shape does not change.
    """
    if isinstance(value, Text):
        if value.raw in names:
            return Text(names[value.raw])
        return Text(payload) if value.raw else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {}
        for member in dataclasses.fields(value):
            old = getattr(value, member.name)
            if member.name in ("wire_name", "discriminator", "param", "text"):
                new = Text(f"{old.raw}{payload}") if isinstance(old, Text) and old.raw else old
            elif member.name == "unwrap" and isinstance(old, Text):
                new = Text(f"{old.raw}{payload}")
            elif member.name == "media_type" and isinstance(old, Text):
                new = Text(payload.replace("*", "-"))  # a range is never sent as a media type
            else:
                new = poisoned(old, payload, names)
            changes[member.name] = new
        return dataclasses.replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(poisoned(item, payload, names) for item in value)
    if isinstance(value, list):
        return [poisoned(item, payload, names) for item in value]
    if isinstance(value, dict):
        return {key: poisoned(item, payload, names) for key, item in value.items()}
    if isinstance(value, str) and value in names:
        return names[value]
    return value


class _Skeleton(ast.NodeTransformer):
    """Blanks what may differ: the value of text constants, and docstrings as a whole."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)


def skeletons(api: Api) -> dict[str, str]:
    files = emit(api, CONFIG, Ledger())
    return {
        path: ast.dump(_Skeleton().visit(ast.parse(content)))
        for path, content in files.items()
        if path.endswith(".py")
    }


@pytest.fixture(scope="module")
def harmless() -> Api:
    from specloom.ir.build import build
    from specloom.spec import load

    return build(load(SOURCE.encode(), name="demo.yaml"), CONFIG)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_document_has_the_syntax_of_a_harmless_one(harmless: Api, payload: str) -> None:
    """Whatever its texts hold, the printed modules differ in text constants only."""
    base = poisoned(harmless, "-", {})
    assert skeletons(poisoned(harmless, payload or "-", {})) == skeletons(base)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_enumerated_values_are_constants(described: Callable[..., Api], payload: str) -> None:
    """Values of enumerations and tags are printed as the constants that they are."""
    # YAML itself has no lone surrogates and no raw control characters
    payload = "".join(char for char in payload if char.isprintable() or char == "\n")
    value = json.dumps(payload, ensure_ascii=False)
    source = f"""
    paths:
      /x:
        get:
          operationId: x.get
          parameters: [{{name: q, in: query, schema: {{enum: [{value}, other]}}}}]
          responses:
            '200':
              description: ok
              content: {{application/json: {{schema: {{const: {value}}}}}}}
    """
    files = emit(described(source), Config(), Ledger())
    for path, content in files.items():
        if path.endswith("x_params.py"):
            constants = {
                node.value
                for node in ast.walk(ast.parse(content))
                if isinstance(node, ast.Constant)
            }
            assert payload in constants


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_new_packages_own_files_are_inert(harmless: Api, payload: str) -> None:
    """The project file parses to the values that were meant, whatever the title holds."""
    api = dataclasses.replace(harmless, title=Text(f"A {payload} title"))
    files = new_package_files(api, Config())
    project = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert project["name"].replace("-", "").isalnum()
    expected = {"name", "version", "description", "readme", "requires-python", "license-files"}
    assert set(project) == {*expected, "dependencies", "optional-dependencies"}
    assert b"<script" not in files["README.md"]


@pytest.mark.parametrize("name", ["os; import os", "a b", "class", "é", "a.b", "", "1a", "a-b"])
def test_a_configured_name_that_is_no_name_is_refused(harmless: Api, name: str) -> None:
    """Names of a configuration are trusted as names only after a look at them."""
    brand = Brand(name=name or "x y", package=None)
    with pytest.raises(ValueError, match="not a name that Python can use"):
        emit(harmless, dataclasses.replace(CONFIG, brand=brand), Ledger())

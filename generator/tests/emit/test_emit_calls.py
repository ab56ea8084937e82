"""The calls that a package's own tests make: one of each operation, with what it requires."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

SOURCE = """
openapi: 3.1.0
info: {title: Demo, version: '1'}
servers: [{url: https://api.demo.test/v1}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
security: [{key: []}]
paths:
  /pets:
    get:
      operationId: pets.list
      parameters:
        - {name: kind, in: query, required: true, schema: {type: string, enum: [cat, dog]}}
        - {name: page, in: query, schema: {type: integer}}
      responses:
        '200':
          description: ok
          content: {application/json: {schema: {type: array, items: {type: string}}}}
    post:
      operationId: pets.create
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties: {name: {type: string, example: Rex}, age: {type: integer}}
      responses:
        '201':
          description: made
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: integer}}}
  /pets/{id}:
    patch:
      operationId: pets.update
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              minProperties: 1
              properties: {name: {type: string}, age: {type: integer}}
      responses: {'204': {description: done}}
  /pets/{id}/photo:
    put:
      operationId: pets.photo
      servers: [{url: https://uploads.demo.test}]
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      requestBody: {required: true, content: {image/png: {schema: {type: string, format: binary}}}}
      responses: {'204': {description: done}}
  /old:
    get:
      operationId: old
      responses: {'301': {description: moved}}
"""


def test_each_operation_has_a_call(package: Callable[..., Any]) -> None:
    """What is required, no more; an update changes one thing; a redirect is left out, said so."""
    written = json.loads((package(SOURCE).folder / "tests" / "operations.json").read_bytes())
    calls = {call["operation"]: call for call in written["calls"]}
    assert calls["pets.list"]["arguments"] == {"kind": "cat"}
    assert calls["pets.create"]["arguments"] == {"name": "Rex"}
    assert (calls["pets.create"]["method"], calls["pets.create"]["status"]) == ("pets.create", 201)
    assert calls["pets.update"]["path"] == [1]
    assert calls["pets.update"]["arguments"] == {"name": "example"}
    assert calls["pets.photo"]["arguments"] == {"body": {"$bytes": "ZXhhbXBsZQ=="}}
    assert written["left_out"] == [{"operation": "old", "reason": "its only success is a redirect"}]


SERVER = """
import http.server, json, subprocess, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        seen.append([self.command, self.path, self.headers["x-key"] is not None, len(body)])
        status = int(self.headers["prefer"].removeprefix("code="))
        shown = {"GET": ["Rex"], "POST": {"id": 7}}.get(self.command)
        data = b"" if status == 204 else json.dumps(shown).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    do_GET = do_POST = do_PATCH = do_PUT = answer
    def log_message(self, *_):
        pass

seen = []
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
import os
where = f"http://127.0.0.1:{server.server_port}"
done = subprocess.run(
    [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_operations.py"],
    env={**os.environ, "DEMO_TEST_BASE_URL": where}, capture_output=True, text=True,
)
print(json.dumps([done.returncode, done.stdout, seen]))
"""


def test_the_tests_run(package: Callable[..., Any]) -> None:
    """Both clients make every call, on the server of the tests whatever the document names."""
    sdk = package(SOURCE)
    done = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=sdk.folder,
        env={**os.environ, "PYTHONPATH": str(sdk.folder / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    status, said, seen = json.loads(done.stdout)
    assert status == 0, said
    assert "8 passed" in said
    assert sorted(map(tuple, seen))[::2] == [
        ("GET", "/v1/pets?kind=cat", True, 0),
        ("PATCH", "/v1/pets/1", True, len('{"name":"example"}')),
        ("POST", "/v1/pets", True, len('{"name":"Rex"}')),
        ("PUT", "/pets/1/photo", True, len("example")),
    ]

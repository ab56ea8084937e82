"""``specloom lint --repair``: an Overlay after which nothing is left to quarantine."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from specloom.cli import main
from specloom.diagnostics import Diagnostics, Severity
from specloom.ir.build import build
from specloom.repair import Repairs
from specloom.spec import SpecError, load
from specloom.spec.pointer import child, evaluate, split

BAD = """\
openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /a:
    get:
      operationId: a.get
      parameters:
      - {name: q, in: nowhere, schema: {type: string}}
      - {name: r, in: query, schema: {type: strng}}
      - {name: s, in: nowhere, schema: {type: string}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
        '999x': {description: d}
    post: 7
components:
  schemas:
    S:
      type: object
      required: [a, a]
      properties:
        a: {type: string, enum: []}
        "b'\\"\\\\": {type: string, enum: [x, x, y]}
        c: {type: array, items: false}
        d: {$ref: '#/nope'}
        e: 3
        f: {type: integer, minimum: lots}
"""
GOOD: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://a.example"}],
    "security": [{"key": []}],
    "tags": [{"name": "a"}],
    "paths": {
        "/a/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "post": {
                "operationId": "a.make",
                "tags": ["a"],
                "parameters": [{"name": "q", "in": "query", "schema": {"enum": ["x", "y"]}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
                },
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"X-A": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {
                                "schema": {"oneOf": [{"type": "string"}, {"type": "integer"}]}
                            }
                        },
                    }
                },
            },
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "schemas": {
            "S": {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "array", "items": {"type": "string", "minLength": 1}}},
                "additionalProperties": {"type": "string"},
            }
        },
    },
}


def errors(diagnostics: Diagnostics) -> list[str]:
    return [
        f"{item.code} {item.pointer}" for item in diagnostics if item.severity is Severity.ERROR
    ]


def repaired(data: bytes, folder: Path) -> tuple[list[str], list[str], Any, Any]:
    """Errors before and after the repair, without those it says that it cannot reach; both APIs."""
    found = Diagnostics()
    document = load(data, diagnostics=found, name="doc.yaml")
    before = build(document)
    overlay, repairs = folder / "repair.yaml", Repairs(document, found)
    overlay.write_text(repairs.overlay(), encoding="utf-8")
    left = Diagnostics()
    after = build(load(data, overlays=[overlay], diagnostics=left, name="doc.yaml"))
    return errors(found), errors(left)[repairs.elsewhere :], before, after


def test_a_repaired_document_is_read_as_it_was_without_a_finding(tmp_path: Path) -> None:
    """Of two bad parameters around a good one the right ones go; names are quoted."""
    before, after, one, other = repaired(BAD.encode(), tmp_path)
    assert len(before) == 10
    assert after == []
    assert one.operations.keys() == other.operations.keys()
    assert one.operations["a.get"].parameters == other.operations["a.get"].parameters
    for id_, model in one.models.items():  # what is replaced stands last
        assert set(model.fields) == set(other.models[id_].fields)


@pytest.mark.parametrize("junk", [7, None, [], "x", [[1]]], ids=repr)
def test_any_bad_node_can_be_repaired(tmp_path: Path, junk: Any) -> None:
    """Each node of a document in turn replaced by what does not belong there."""

    def pointers(node: Any, pointer: str = "") -> list[str]:
        members = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        own = [pointer] if pointer.count("/") > 1 else []
        return [*own, *(p for key, value in members for p in pointers(value, child(pointer, key)))]

    for pointer in pointers(GOOD):
        document = copy.deepcopy(GOOD)
        *parents, last = split(pointer)
        holder = evaluate(document, "".join(child("", key) for key in parents))
        holder[int(last) if isinstance(holder, list) else last] = junk
        try:
            before, after, _, _ = repaired(json.dumps(document).encode(), tmp_path)
        except SpecError:
            continue  # it cannot be read at all
        assert after == [], (pointer, before)


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says which findings it cannot reach; applied, the document passes."""
    (tmp_path / "doc.yaml").write_text(BAD)
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    repair = tmp_path / "repair.yaml"
    assert main(["lint", str(tmp_path / "doc.yaml"), "--repair", str(repair)]) == 1
    assert repair.read_text().startswith('overlay: 1.0.0\ninfo: {title: "Repairs of doc.yaml"')
    assert main(["lint", str(tmp_path / "doc.yaml"), "--overlay", str(repair)]) == 0
    assert main(["lint", str(tmp_path / "good.json"), "--repair", str(repair)]) == 0
    assert repair.read_text().endswith("actions: []\n")
    assert main(["lint", str(tmp_path / "doc.yaml"), "--repair", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err

"""How operations page, read without the rest of the representation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specloom.ir.build import build
from specloom.ir.build.paging import paginations
from specloom.ir.model import AnyType, Pagination
from specloom.spec import load

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = [p for p in sorted(ROOT.glob("specs/*.yaml")) if ".specloom." not in p.name]
DOCUMENTS = ["openapi.yaml", *(f"specs/{p.name}" for p in REFERENCES)]


def bare(found: dict[str, Pagination]) -> dict[str, Pagination]:
    """Without the item's type, whose name depends on what else was read."""
    return {name: replace(how, item_type=AnyType()) for name, how in found.items()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_says_what_the_whole_representation_says(name: str) -> None:
    """The short way and the long way agree on every operation of our own documents."""
    document = load(ROOT / name)
    whole = {
        key: operation.pagination
        for key, operation in build(document).operations.items()
        if operation.pagination is not None
    }
    found = paginations(document)
    assert bare(found) == bare(whole)


def test_components_that_refer_to_themselves_and_to_nothing() -> None:
    """A recursive item and a dangling reference neither loop nor stop the reading."""
    document = load(
        b"""
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /nodes:
    get:
      operationId: nodes
      parameters: [{name: page, in: query, schema: {type: integer}}]
      responses:
        '200':
          description: ok
          content: {application/json: {schema: {$ref: '#/components/schemas/Page'}}}
components:
  schemas:
    Page:
      type: object
      properties:
        items: {type: array, items: {$ref: '#/components/schemas/Node'}}
        total: {type: integer}
        self: {$ref: '#/components/schemas/Page'}
    Node:
      allOf: [{$ref: '#/components/schemas/Nowhere'}]
      properties: {parent: {$ref: '#/components/schemas/Node'}}
"""
    )
    found = paginations(document)["nodes"]
    assert (found.items, found.total) == ("/items", "/total")

"""What `specloom verify` reads from documents, and the values that it makes for them."""

from __future__ import annotations

import random
import re

import pytest

from specloom.config import default_config
from specloom.spec import load
from specloom_contract.verify.bodies import encode
from specloom_contract.verify.derive import derive, words
from specloom_contract.verify.filtering import meets
from specloom_contract.verify.plan import FilterRule
from specloom_contract.verify.rows import differences
from specloom_contract.verify.sample import Sampler
from specloom_contract.verify.schema import Schemas, value_at
from specloom_contract.verify.sorting import in_order
from specloom_contract.verify.violations import response_violations

SHELF = """
openapi: 3.0.3
info: {title: Shelf, version: "1"}
paths:
  /shelves:
    get:
      operationId: listShelves
      parameters:
        - {name: offset, in: query, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer}}
        - {name: order_by, in: query, schema: {type: string, enum: ["name:asc", "name:desc", relevance]}}
        - {name: kind, in: query, schema: {type: string, enum: [oak, pine]}}
        - {name: createdAfter, in: query, schema: {type: string, format: date-time}}
        - {name: max_load, in: query, schema: {type: integer}}
        - {name: load, in: query, schema: {type: array, items: {type: integer}}}
        - {name: search, in: query, schema: {type: string}}
      responses:
        "200":
          description: Shelves.
          content:
            application/json:
              schema:
                type: object
                properties:
                  count: {type: integer}
                  results: {type: array, items: {$ref: '#/components/schemas/Shelf'}}
    post:
      operationId: makeShelf
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses: {"201": {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}}
  /shelves/{shelfNumber}:
    get:
      operationId: getShelf
      parameters: [{name: shelfNumber, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}}
  /shelves/{shelfNumber}/dust:
    post:
      operationId: dustShelf
      parameters: [{name: shelfNumber, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: Clean.}}
  /health:
    get: {operationId: health, responses: {"200": {description: Fine.}}}
components:
  schemas:
    Shelf:
      allOf:
        - {type: object, required: [name], properties: {name: {type: string}}}
        - type: object
          properties:
            shelf_number: {type: integer, readOnly: true}
            kind: {type: string, enum: [oak, pine]}
            load: {type: integer}
            createdAt: {type: string, format: date-time}
"""
DOCUMENT = load(SHELF.encode())
PLAN, _ = derive(DOCUMENT, default_config())
(SHELVES,) = PLAN.collections


def test_collection_and_item_are_paired():
    """A path and the path of one row are a collection; what is below a row belongs to it."""
    assert [endpoint.id for endpoint in SHELVES.endpoints] == [
        *("listShelves", "makeShelf", "getShelf", "dustShelf"),
    ]
    assert (SHELVES.id_param, SHELVES.id_field) == ("shelfNumber", "shelf_number")
    assert (SHELVES.items, SHELVES.singular) == ("/results", "shelf")
    assert [endpoint.id for endpoint in PLAN.others] == ["health"]


def test_sort_choices_come_from_the_enumeration():
    """Directions are read from the values; a value that names no field is left out."""
    assert SHELVES.sort.choices == (
        ((("order_by", "name:asc"),), "name", False),
        ((("order_by", "name:desc"),), "name", True),
    )


def test_filters_are_parameters_called_like_fields():
    """Equality, bounds and search are read; paging, sorting and lists of values are not."""
    assert [(f.parameter, f.field, f.rule) for f in SHELVES.filters] == [
        ("kind", "kind", FilterRule.EQUALS),
        ("createdAfter", "createdAt", FilterRule.AT_LEAST),
        ("max_load", "load", FilterRule.AT_MOST),
        ("search", "", FilterRule.SEARCH),
    ]


@pytest.mark.parametrize("document", ["openapi", "swagger"])
def test_other_versions_are_read_alike(document):
    """OpenAPI 2.0 and 3.x give the same plan."""
    text = {
        "openapi": b'{"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": '
        b'{"get": {"responses": {"200": {"description": "", "content": {"application/json": '
        b'{"schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": '
        b'"string"}}}}}}}}}}}}',
        "swagger": b'{"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": '
        b'{"get": {"produces": ["application/json"], "responses": {"200": {"description": "", '
        b'"schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": '
        b'"string"}}}}}}}}}}',
    }[document]
    plan, _ = derive(load(text), default_config())
    (collection,) = plan.collections
    assert (collection.path, collection.items, collection.id_field) == ("/a", "", "id")


@pytest.mark.parametrize(
    "pattern", [r"^usr_[0-9A-Za-z]{8,}$", r"^(red|green)-\d+$", r"^-?(id|name)(,-?(id|name))*$"]
)
def test_texts_match_their_pattern(pattern):
    """A text made for a pattern matches it, whatever the seed."""
    for seed in range(10):
        sampler = Sampler(Schemas(DOCUMENT), random.Random(seed))
        schema = {"type": "string", "pattern": pattern}
        assert re.search(pattern, sampler.value(schema, lambda name: None, optional=False))


def test_a_pattern_beyond_the_sampler_is_no_failure():
    """Where no text can be made for a pattern, one that breaks it is, and the server is not blamed."""
    sampler = Sampler(Schemas(DOCUMENT), random.Random(1))
    schema = {"type": "string", "pattern": r"^(?=.*x)y+$"}
    assert sampler.value(schema, lambda name: None, optional=False).startswith("verify-")


def test_values_fit_their_schema():
    """What is made from a schema has what is required, and nothing that is read-only."""
    schemas = Schemas(DOCUMENT)
    sampler = Sampler(schemas, random.Random(1))
    schema = DOCUMENT.root["components"]["schemas"]["Shelf"]
    small = sampler.value(schema, lambda name: None, optional=False)
    assert set(small) == {"name"}
    full = sampler.value(schema, lambda name: None, optional=True)
    assert set(full) == {"name", "kind", "load", "createdAt"}
    assert full["kind"] == "oak"


def test_references_are_rows_that_are_there():
    """A property that names another row gets the id of one, in examples and in made values."""
    sampler = Sampler(Schemas(DOCUMENT), random.Random(1))
    schema = {"type": "object", "properties": {"shelf_id": {"type": "string"}}}
    known = {"shelf_id": "s_9"}
    assert sampler.varied(schema, {"shelf_id": "s_1"}, known.get) == {"shelf_id": "s_9"}
    assert sampler.value(schema, known.get, optional=True) == {"shelf_id": "s_9"}


def test_strangers_have_the_form_of_ids():
    """An id that no row has looks like one that a row has."""
    sampler = Sampler(Schemas(DOCUMENT), random.Random(1))
    made = sampler.stranger({"type": "string"}, "usr_4Kd82LwQ")
    assert made.startswith("usr_")
    assert len(made) == len("usr_4Kd82LwQ")
    assert made != "usr_4Kd82LwQ"
    assert isinstance(sampler.stranger({"type": "integer"}, 7), int)


@pytest.mark.parametrize(
    ("values", "descending", "expected"),
    [
        ([1, 2, 2, 3], False, True),
        ([1, 3, 2], False, False),
        ([3, None, 1], True, True),
        (["a", "B", "c"], False, True),
        (["B", "a", "c"], False, True),
        (["10", "9"], True, True),
        (["b", "a", "c"], False, False),
        (["a b", "ab", "a c"], False, True),
        ([{"a": 1}, {"a": 2}], False, False),
        ([], True, True),
    ],
)
def test_order(values, descending, expected):
    """Order holds by any usual comparison; null does not count."""
    assert in_order(values, descending=descending) is expected


@pytest.mark.parametrize(
    ("rule", "row", "value", "expected"),
    [
        (FilterRule.EQUALS, {"f": "Oak"}, "oak", True),
        (FilterRule.EQUALS, {"f": ["x", "y"]}, "y", True),
        (FilterRule.EQUALS, {"f": True}, False, False),
        (FilterRule.EQUALS, {}, "x", None),
        (FilterRule.EQUALS, 7, "x", None),
        (FilterRule.CONTAINS, {"f": "Old oak"}, "OAK", True),
        (FilterRule.AT_LEAST, {"f": "2026-01-02T00:00:00Z"}, "2026-01-01T00:00:00+00:00", True),
        (FilterRule.AT_MOST, {"f": 5}, 4, False),
        (FilterRule.AT_LEAST, {"f": None}, 4, False),
        (FilterRule.AT_LEAST, {"f": "text"}, 4, None),
        (FilterRule.SEARCH, {"f": {"deep": ["Oak"]}}, "oak", True),
    ],
)
def test_filter_rules(rule, row, value, expected):
    """Whether a row may be in a filtered list."""
    assert meets(rule, row, "f", value) is expected


@pytest.mark.parametrize(
    ("sent", "got", "places"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1, "secret": "x"}, {"a": 1}, []),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["/a/b/1"]),
        ({"a": [1]}, {"a": []}, ["/a"]),
        ({"t": "2026-01-01T00:00:00Z"}, {"t": "2026-01-01T01:00:00+01:00"}, []),
        ({"e": "Ada@Example.com"}, {"e": "ada@example.com"}, []),
        ({"u": "https://x.example/"}, {"u": "https://x.example"}, []),
        ({"n": "ada"}, {"n": "Ada"}, ["/n"]),
        ({"b": True}, {"b": 1}, ["/b"]),
        ({"p": 5}, {"p": "5"}, []),
    ],
)
def test_differences(sent, got, places):
    """Values that mean the same are equal; members that are not shown do not count."""
    assert [place for place, _, _ in differences(sent, got)] == places


def test_bodies_in_declared_media_types():
    """JSON, forms and multipart are written; what is not known is not guessed."""
    assert encode("application/json", {"a": "é"}) == ("application/json", '{"a": "é"}'.encode())
    assert encode("application/vnd.x+json", [1]) == ("application/vnd.x+json", b"[1]")
    form = "application/x-www-form-urlencoded"
    assert encode(form, {"a": "b c", "n": 1}) == (form, b"a=b+c&n=1")
    media, body = encode("multipart/form-data", {"file": "text", "note": "n"})
    assert media.startswith("multipart/form-data; boundary=")
    assert body.count(b"filename=") == 1
    assert encode("application/protobuf", {"a": 1}) is None


def test_values_at_pointers():
    """Pointers lead through objects and lists; nothing is found where there is nothing."""
    assert value_at({"a/b": [{"c": 1}]}, "/a~1b/0/c") == 1
    assert value_at({"a": 1}, "/a/b") is None
    assert value_at([1], "") == [1]


def test_words():
    """Names in any manner of writing are the same words."""
    assert words("userId") == words("user-id") == words("user_id") == "user id"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", ()),
        ('[{"location": ["request", "query"], "message": "no"}]', ()),
        (
            (
                '[{"location": ["response", "body", "data", "0", "x"], "message": "bad"}, '
                '{"location": ["response", "body", "data", "1", "x"], "message": "bad"}]'
            ),
            ("body.data.*.x: bad",),
        ),
        (
            'Too many violations! [{"location": ["response"], "message": "a"}, {"loc',
            ("response: a", "the report was cut: more is wrong than fits into a header"),
        ),
    ],
)
def test_prism_reports(header, told):
    """Prism's header is read as far as it goes; what the request did is not the server's."""
    assert response_violations({"sl-violations": header} if header else {}) == told

"""``openapi.transformations``: edits of the document, and what happens when they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

DOCUMENT = """
openapi: 3.1.0
info: {title: Acme, version: '1'}
tags: [{name: a}, {name: b}]
paths:
  /users:
    get: {operationId: users, responses: {'204': {description: None.}}}
components:
  schemas:
    User: {type: object, properties: {id: {type: string}}, required: [id]}
    Pet: {oneOf: [{$ref: '#/components/schemas/User'}, {type: string}]}
"""
SETTINGS = "resources: {users: {methods: {list: get /users}}}\nopenapi:\n  transformations:\n"


@pytest.fixture
def edited(reading: Callable[..., Any]) -> Callable[..., Any]:
    """The document after edits."""

    def edit(*edits: str) -> Any:
        return reading(DOCUMENT, SETTINGS + "".join(f"    - {edit}\n" for edit in edits))

    return edit


def schema(read: Any, name: str) -> Any:
    return read.document.root["components"]["schemas"][name]


@pytest.mark.parametrize(
    ("edit", "path", "value"),
    [
        ("{command: update, args: {target: $.info.title, value: New}}", "info.title", "New"),
        (
            (
                "{command: append, args: {target: $.components.schemas.User.properties, "
                "value: {age: {type: integer}}}}"
            ),
            "components.schemas.User.properties.age",
            {"type": "integer"},
        ),
        (
            "{command: append, args: {target: $.components.schemas.New, value: {type: string}}}",
            "components.schemas.New",
            {"type": "string"},
        ),
        (
            "{command: append, args: {target: $.components.schemas.User.required, value: name}}",
            "components.schemas.User.required",
            ["id", "name"],
        ),
        (
            (
                "{command: merge, args: {target: [$.components.schemas.User], "
                "value: {properties: {id: {format: uuid}}}}}"
            ),
            "components.schemas.User.properties.id",
            {"type": "string", "format": "uuid"},
        ),
        (
            "{command: merge, args: {target: $.components.schemas.User, object: {title: T}}}",
            "components.schemas.User.title",
            "T",
        ),
        ("{command: remove, args: {target: '$.tags[0]'}}", "tags", [{"name": "b"}]),
        (
            "{command: remove, args: {target: $.components.schemas.User, keys: [required]}}",
            "components.schemas.User",
            {"type": "object", "properties": {"id": {"type": "string"}}},
        ),
        (
            (
                "{command: copy, args: {from: $.components.schemas.User.properties.id, "
                "to: $.components.schemas.Key}}"
            ),
            "components.schemas.Key",
            {"type": "string"},
        ),
        (
            (
                "{command: move, args: {from: $.components.schemas.User, "
                "target: $.components.schemas.Person}}"
            ),
            "components.schemas.Person.type",
            "object",
        ),
        ("{command: oneOfToAnyOf}", "components.schemas.Pet.anyOf.1", {"type": "string"}),
        (
            (
                "{command: merge, args: {target: {matches_schema: {type: object}, "
                "ignore: $.components.schemas.Pet}, value: {title: M}}}"
            ),
            "components.schemas.User.title",
            "M",
        ),
    ],
)
def test_an_edit_does_what_it_says(
    edited: Callable[..., Any], edit: str, path: str, value: Any
) -> None:
    """Every command, on objects, lists and places that are not there yet."""
    read = edited(edit)
    node = read.document.root
    for key in path.split("."):
        node = node[int(key)] if isinstance(node, list) else node[key]
    assert node == value
    assert not read.lost


def test_edits_are_made_in_order(edited: Callable[..., Any]) -> None:
    """A later edit sees what an earlier one made; a moved schema is gone from its place."""
    read = edited(
        "{command: move, args: {from: $.components.schemas.User, to: $.components.schemas.Me}}",
        "{command: update, args: {target: '$.components.schemas.Pet.oneOf[0]', "
        "value: {$ref: '#/components/schemas/Me'}}}",
        "{command: update, args: {target: $.components.schemas.Me.title, value: T}}",
        "{command: append, args: {target: $.components.schemas.Me, value: {title: T}}}",
    )
    assert "User" not in read.document.root["components"]["schemas"]
    assert schema(read, "Me")["title"] == "T"
    assert list(read.lost) == ["/openapi/transformations/2"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("{command: update, args: {target: $.info.nothing, value: x}}", "selects nothing"),
        (
            "{command: append, args: {target: $.components.schemas.User, value: {type: array}}}",
            "has 'type' already",
        ),
        ("{command: append, args: {target: $.info.title, value: x}}", "is there already"),
        ("{command: append, args: {target: $.a.b.c, value: x}}", "nothing holds the place"),
        ("{command: append, args: {target: '$.x[*]', value: x}}", "may name several places"),
        ("{command: merge, args: {target: $.info, value: x}}", "is no mapping"),
        ("{command: merge, args: {target: $.tags, value: {a: 1}}}", "is no mapping"),
        ("{command: remove, args: {target: $}}", "the document itself"),
        ("{command: remove, args: {target: $.info, keys: [nothing]}}", "none of the keys"),
        ("{command: remove, args: {target: '$.[['}}", "no JSONPath"),
        ("{command: remove}", "has no target"),
        (
            "{command: remove, args: {target: {matches_schema: {type: spiral}}}}",
            "no schema matches",
        ),
        ("{command: copy, args: {from: $.info}}", "needs `from` and `to`"),
        ("{command: copy, args: {from: '$.tags[*]', to: $.x}}", "more than one node"),
        ("{command: move, args: {from: $.info, to: $.info.inner}}", "into itself"),
        ("{command: update, args: {target: $, value: {}}}", "cannot be replaced"),
        ("{command: update, args: {target: $.info.title}}", "has no value"),
        ("{command: remove, args: {target: $.info, keys: [[a], 5, null]}}", "none of the keys"),
        ("{command: remove, args: {target: [5]}}", "has no target"),
        (
            "{command: remove, args: {target: {matches_schema: {type: object}, ignore: 5}}}",
            "is no path",
        ),
        ("{command: append, args: {target: '$.tags[9].x', value: 1}}", "nothing holds the place"),
        ("{command: append, args: {target: '$.info[0]', value: 1}}", "nothing holds the place"),
    ],
)
def test_an_edit_that_fails_is_reported(edited: Callable[..., Any], edit: str, reason: str) -> None:
    """The reason stands in the ledger and in a finding with its line; the document is untouched."""
    read = edited(edit)
    assert reason in read.lost["/openapi/transformations/0"]
    finding = next(item for item in read.diagnostics if item.code == "stainless")
    assert finding.line == 6
    assert finding.consequence.startswith("the edit is not made")
    assert finding.hint
    want = yaml.safe_load(DOCUMENT)
    assert schema(read, "User") == want["components"]["schemas"]["User"]
    assert read.document.root["tags"] == want["tags"]


def test_a_bomb_of_copies_ends(edited: Callable[..., Any]) -> None:
    """Copies of copies are counted, and refused when they are too many."""
    place = "$.components.schemas.Bomb"
    edits = [f"{{command: append, args: {{target: {place}, value: {{type: object, x: {{}}}}}}}}"]
    edits += [
        f"{{command: copy, args: {{from: {place}, to: {place}.x.c{number}}}}}"
        for number in range(30)
    ]
    read = edited(*edits)
    assert any("the edits add more than" in reason for reason in read.lost.values())

"""Example values, judged by a JSON Schema validator that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from specloom.ir.examples import Examples, NoExampleError
from specloom.ir.model import Ref

SCHEMAS = [
    "{type: string}",
    "{type: string, minLength: 20, maxLength: 25}",
    "{type: string, maxLength: 3}",
    "{type: string, pattern: '^usr_[a-z0-9]{8}$'}",
    "{type: string, pattern: '^[a-z]+$', minLength: 9, maxLength: 9}",
    "{type: string, format: email}",
    "{type: string, format: uri, example: not a uri}",
    "{type: string, format: date-time}",
    "{type: string, format: date}",
    "{type: string, format: uuid, example: 12}",
    "{type: string, format: ipv6}",
    "{type: string, example: shown}",
    "{type: integer, minimum: 5, maximum: 7}",
    "{type: integer, exclusiveMinimum: 5, multipleOf: 4}",
    "{type: integer, maximum: -3}",
    "{type: number, exclusiveMinimum: 0, exclusiveMaximum: 0.5}",
    "{type: number, example: 0.25}",
    "{type: boolean}",
    "{type: string, enum: [a, b]}",
    "{const: only}",
    "{type: [string, 'null']}",
    "{type: array, items: {type: string}, minItems: 3, maxItems: 3}",
    "{type: array, items: {type: integer}, minItems: 3, uniqueItems: true}",
    "{type: array, items: {type: string, enum: [a, b, c]}, minItems: 2, uniqueItems: true}",
    "{type: array, items: {type: string}, maxItems: 0}",
    "{type: array, items: {type: string, pattern: '^[0-9]{9}$'}, minItems: 3, uniqueItems: true}",
    "{type: object, additionalProperties: {type: integer}, minProperties: 2}",
    "{type: object, required: [a], properties: {a: {type: integer}, b: {type: string}}}",
    "{type: object, required: [a], properties: {a: {type: string, example: x}}}",
    "{oneOf: [{type: string}, {type: object, required: [b], properties: {b: {const: 1}}}]}",
]


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_example_is_valid(schemas: Callable[[str], Any], schema: str, everything: bool) -> None:
    """With and without what is optional."""
    holder = "{type: object, properties: {s: {$ref: '#/components/schemas/S'}}, required: [s]}"
    made = schemas(f"S: {schema}\nHolder: {holder}")
    value = Examples(made.api.models, everything=everything).value(
        Ref("/components/schemas/Holder")
    )
    jsonschema_rs.validator_for(made.schema(), validate_formats=True).validate(value["s"])


def test_what_the_document_shows_is_taken_where_it_fits(schemas: Callable[[str], Any]) -> None:
    """An example of the wrong kind or length, or one that a pattern must judge, is not."""
    made = schemas("""
        S:
          type: object
          required: [name, age, code, long]
          properties:
            name: {type: string, example: Ada}
            age: {type: integer, example: young}
            code: {type: string, pattern: '^[A-Z]{3}$', example: abc}
            long: {type: string, maxLength: 4, example: too long}
    """)
    value = Examples(made.api.models).value(Ref("/components/schemas/S"))
    assert (value["name"], value["age"]) == ("Ada", 1)
    assert value["code"].isupper()
    assert value["long"] == "exam"


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ({"ids": [1, 2], "by": {"name": "Ada"}, "more": True}, True),
        ({"ids": ["1"]}, False),
        ({"ids": [1], "by": {"name": 7}}, False),
        ({"by": {"name": "Ada"}}, False),
        ([1], False),
    ],
)
def test_a_shown_object_is_taken_whole_or_not_at_all(
    schemas: Callable[[str], Any], shown: Any, taken: bool
) -> None:
    """Its members must be of the kinds that the type asks for."""
    made = schemas("""
        S:
          type: object
          required: [ids]
          properties:
            ids: {type: array, items: {type: integer}}
            by: {type: object, properties: {name: {type: [string, 'null']}}}
    """)
    value = Examples(made.api.models).value(Ref("/components/schemas/S"), shown)
    assert value == (shown if taken else {"ids": [1]})


def test_directions_differ(schemas: Callable[[str], Any]) -> None:
    """What only a server sets is not sent, what is only sent does not come back."""
    made = schemas("""
        S:
          type: object
          required: [id, password]
          properties:
            id: {type: string, readOnly: true}
            password: {type: string, writeOnly: true}
    """)
    model = Ref("/components/schemas/S")
    assert list(Examples(made.api.models).value(model)) == ["password"]
    assert list(Examples(made.api.models, request=False).value(model)) == ["id"]


def test_recursion_ends_where_it_may(schemas: Callable[[str], Any]) -> None:
    """An optional way back is left out, a list stays empty; what needs itself has no example."""
    made = schemas("""
        Tree:
          type: object
          required: [children]
          properties:
            children: {type: array, items: {$ref: '#/components/schemas/Tree'}}
            parent: {$ref: '#/components/schemas/Tree'}
        Loop:
          type: object
          required: [loop]
          properties: {loop: {$ref: '#/components/schemas/Loop'}}
    """)
    examples = Examples(made.api.models, everything=True)
    assert examples.value(Ref("/components/schemas/Tree")) == {"children": []}
    with pytest.raises(NoExampleError, match="needs itself"):
        examples.value(Ref("/components/schemas/Loop"))


@pytest.mark.parametrize(
    "schema",
    [
        "{type: string, minLength: 1000000000}",
        "{type: array, items: {type: string}, minItems: 1000000000}",
        "{type: object, additionalProperties: true, minProperties: 1000000000}",
        "{type: integer, minimum: 5, maximum: 4}",
        "{type: array, items: {type: boolean}, minItems: 3, uniqueItems: true}",
        "{type: string, pattern: '^(a{9999}){9999}$'}",
    ],
)
def test_what_is_too_large_or_impossible_is_refused(
    schemas: Callable[[str], Any], schema: str
) -> None:
    """At once, and without the memory that the document asks for."""
    made = schemas(f"S: {{type: object, required: [s], properties: {{s: {schema}}}}}")
    with pytest.raises(NoExampleError):
        Examples(made.api.models).value(Ref("/components/schemas/S"))


@pytest.mark.parametrize("optional", [True, False])
def test_models_that_refer_to_each_other_have_bounded_examples(
    schemas: Callable[[str], Any], optional: bool
) -> None:
    """Twenty models, each with all others as properties, end at once: an example, or none."""
    names = [f"M{number}" for number in range(20)]
    lines = []
    for name in names:
        others = ", ".join(f"{o}: {{$ref: '#/components/schemas/{o}'}}" for o in names if o > name)
        required = (
            ""
            if optional or name == names[-1]
            else f", required: [{', '.join(o for o in names if o > name)}]"
        )
        lines.append(f"{name}: {{type: object, properties: {{{others}}}{required}}}")
    examples = Examples(schemas("\n".join(lines)).api.models, everything=True)
    model = Ref("/components/schemas/M0")
    if optional:
        assert examples.value(model)["M1"]["M2"]["M3"] == {}
    else:
        with pytest.raises(NoExampleError, match="too much"):
            examples.value(model)


def test_a_long_chain_of_models_has_no_example(schemas: Callable[[str], Any]) -> None:
    """Five hundred models that need one another in turn are refused before Python's stack ends."""
    lines = [
        f"M{n}: {{type: object, required: [m], properties: "
        f"{{m: {{$ref: '#/components/schemas/M{n + 1}'}}}}}}"
        for n in range(500)
    ]
    api = schemas("\n".join([*lines, "M500: {type: object}"])).api
    with pytest.raises(NoExampleError, match="nested too deep"):
        Examples(api.models).value(Ref("/components/schemas/M0"))

"""Schemas to types: scalars, lists, maps, enumerations, objects, references."""

from __future__ import annotations

import pytest

from specloom.ir.model import EnumModel, NamedType, ObjectModel, Scalar, ScalarKind


@pytest.mark.parametrize(
    ("schema", "short"),
    [
        ("{type: string}", "string"),
        ("{type: string, format: date-time}", "date-time"),
        ("{type: string, format: date}", "date"),
        ("{type: string, format: uuid}", "uuid"),
        ("{type: string, format: byte}", "bytes"),
        ("{type: string, contentEncoding: base64}", "bytes"),
        ("{type: string, format: binary}", "binary"),
        ("{type: string, contentMediaType: application/octet-stream}", "binary"),
        ("{type: string, format: email}", "string:email"),
        ("{type: integer, format: int64}", "integer:int64"),
        ("{type: number}", "number"),
        ("{type: boolean}", "boolean"),
        ("{type: 'null'}", "null"),
        ("{type: [string, 'null']}", "string?"),
        ("{type: [string, integer]}", "(string | integer)"),
        ("{type: [string, integer, 'null'], format: date}", "(date | integer)?"),
        ("{}", "any"),
        ("{description: d}", "any"),
        ("{not: {}}", "any"),
        ("{minLength: 1}", "string"),
        ("{minimum: 1}", "number"),
        ("{format: date-time}", "date-time"),
        ("{items: {type: string}}", "[string]"),
        ("{type: array}", "[any]"),
        ("{type: array, items: {type: array, items: {type: integer}}}", "[[integer]]"),
        ("{type: array, prefixItems: [{type: string}, {type: integer}]}", "[(string | integer)]"),
        ("{type: object}", "{any}"),
        ("{type: object, additionalProperties: false}", "{any}"),
        ("{type: object, additionalProperties: {type: integer}}", "{integer}"),
        ("{additionalProperties: true}", "{any}"),
        ("{type: object, patternProperties: {'^x': {type: string}}}", "{string}"),
        ("{type: string, enum: [a]}", "'a'"),
        ("{const: a}", "'a'"),
        ("{const: 1}", "1"),
        ("{const: {a: 1}}", "any"),
        ("{enum: [true, false]}", "boolean"),
        ("{enum: [null]}", "null"),
        ("{enum: [a, null]}", "'a'?"),
        ("{enum: [a, 1]}", "'a'/1"),
        ("{type: string, enum: [a, null]}", "'a'"),
    ],
)
def test_types(schemas, schema, short):
    """One schema, one type."""
    assert schemas(f"S: {{properties: {{p: {schema}}}}}").fields("S") == {"p": short}


def test_constraints_are_kept(schemas):
    """Assertions stand beside the type."""
    made = schemas("S: {type: string, minLength: 1, maxLength: 5, pattern: '^a'}").model("S")
    assert isinstance(made, NamedType)
    assert isinstance(made.type, Scalar)
    found = made.type.constraints
    assert found is not None
    assert (found.min_length, found.max_length) == (1, 5)
    assert found.pattern is not None
    assert found.pattern.raw == "^a"


def test_an_object_is_a_model(schemas):
    """Presence, null, defaults, flags, words and docs of its fields."""
    made = schemas(
        """
        S:
          type: object
          title: A thing
          description: Says it.
          deprecated: true
          additionalProperties: false
          required: [createdAt, id]
          properties:
            id: {type: string, readOnly: true, description: The id.}
            createdAt: {type: [string, 'null'], format: date-time}
            secret: {type: string, writeOnly: true, deprecated: true}
            size: {type: integer, default: 3, example: 4}
            none: {type: string, default: null}
        """
    )
    model = made.object("S")
    assert made.fields("S") == {
        "id": "string",
        "createdAt": "date-time?",
        "secret": "string",
        "size": "integer",
        "none": "string",
    }
    fields = {field.wire_name.raw: field for field in model.fields}
    assert [name for name, field in fields.items() if field.required] == ["id", "createdAt"]
    assert fields["createdAt"].name == ("created", "at")
    assert fields["id"].read_only
    assert fields["secret"].write_only
    assert fields["secret"].deprecated
    assert (fields["size"].has_default, fields["size"].default, fields["size"].example) == (
        True,
        3,
        4,
    )
    assert (fields["none"].has_default, fields["none"].default) == (True, None)
    assert not fields["id"].has_default
    assert model.additional is None
    assert model.deprecated
    assert model.docs.summary is not None
    assert model.docs.summary.raw == "A thing"
    assert fields["id"].source.pointer == "/components/schemas/S/properties/id"


def test_flags_of_a_referenced_schema_count(schemas):
    """A property that refers to its schema has its default and flags, and its own first."""
    made = schemas(
        """
        Id: {type: string, readOnly: true, default: x}
        S:
          properties:
            a: {$ref: '#/components/schemas/Id'}
            b: {$ref: '#/components/schemas/Id', default: y}
            c: {allOf: [{$ref: '#/components/schemas/Id'}], deprecated: true}
        """
    )
    a, b, c = made.object("S").fields
    assert (a.read_only, a.default) == (True, "x")
    assert b.default == "y"
    assert (c.read_only, c.deprecated) == (True, True)
    assert made.fields("S") == {"a": "@id", "b": "@id", "c": "@id"}


def test_inline_objects_are_named_after_their_place(schemas):
    """An owner's words and the property's; items are singular."""
    made = schemas(
        """
        Order:
          properties:
            address: {properties: {street: {type: string}}}
            items: {type: array, items: {properties: {sku: {type: string}}}}
            tags: {type: object, additionalProperties: {properties: {v: {type: string}}}}
        """
    )
    assert made.fields("Order") == {
        "address": "@order_address",
        "items": "[@order_item]",
        "tags": "{@order_tag}",
    }


def test_adding_a_schema_renames_no_component(schemas):
    """An inline object gives way to a component of its name, never the other way round."""
    text = "Order: {properties: {item: {properties: {a: {}}}}}"
    assert schemas(text).fields("Order") == {"item": "@order_item"}
    made = schemas(text + "\nOrderItem: {properties: {b: {}}}")
    assert made.fields("Order") == {"item": "@order_item_object"}
    assert made.model("OrderItem").name == ("order", "item")


def test_colliding_components_get_words_not_numbers(schemas):
    """The one spelled as a class keeps the name; the other one is reported."""
    made = schemas("user_list: {type: string}\nUserList: {type: integer}")
    assert made.model("UserList").name == ("user", "list")
    assert made.model("user_list").name == ("user", "list", "schema")
    assert made.codes == ["name-collision"]


def test_colliding_properties_are_told_apart(schemas):
    """By what their spelling adds."""
    made = schemas("S: {properties: {user_id: {}, userId: {}, '@type': {}, type: {}, '': {}}}")
    names = {field.wire_name.raw: "_".join(field.name) for field in made.object("S").fields}
    assert names == {
        "user_id": "user_id",
        "userId": "user_id_camel",
        "@type": "type",
        "type": "type_property",
        "": "empty",
    }


def test_enumerations(schemas):
    """A component with several values of one kind is an enumeration, inline ones are literals."""
    made = schemas(
        """
        Color: {type: string, enum: [red, dark-red, RED, '', '+1'], description: d}
        Level: {type: integer, enum: [1, -1], x-enum-varnames: [HIGH, LOW]}
        Named: {type: string, enum: [a, b], x-enum-descriptions: {b: The second.}}
        One: {type: string, enum: [a]}
        Mixed: {enum: [a, 1]}
        S: {properties: {c: {$ref: '#/components/schemas/Color'}, d: {type: string, enum: [x, y]}}}
        """
    )
    color = made.model("Color")
    assert isinstance(color, EnumModel)
    assert [(value.value, "_".join(value.name)) for value in color.values] == [
        ("red", "red"),
        ("dark-red", "dark_red"),
        ("RED", "red_upper"),
        ("", "empty"),
        ("+1", "plus_1"),
    ]
    level = made.model("Level")
    assert isinstance(level, EnumModel)
    assert level.kind is ScalarKind.INTEGER
    assert [value.name for value in level.values] == [("high",), ("low",)]
    named = made.model("Named")
    assert isinstance(named, EnumModel)
    assert named.values[1].docs.description is not None
    assert not isinstance(made.model("One"), EnumModel)
    assert not isinstance(made.model("Mixed"), EnumModel)
    assert made.fields("S") == {"c": "@color", "d": "'x'/'y'"}


def test_constants_under_one_of_are_an_enumeration(schemas):
    """A newer way to say a text with each value."""
    made = schemas(
        """
        Kind:
          type: integer
          oneOf:
            - {const: 1, title: FIRST, description: One.}
            - {const: 2, title: SECOND}
        """
    )
    kind = made.model("Kind")
    assert isinstance(kind, EnumModel)
    assert [(value.value, value.name) for value in kind.values] == [
        (1, ("first",)),
        (2, ("second",)),
    ]


def test_nullable_components_are_nullable_where_they_are_used(schemas):
    """The model itself is the value that is there."""
    made = schemas(
        """
        A: {type: [object, 'null'], properties: {x: {}}}
        B: {type: [string, 'null'], enum: [a, b, null]}
        C: {anyOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}
        S:
          properties:
            a: {$ref: '#/components/schemas/A'}
            b: {type: array, items: {$ref: '#/components/schemas/B'}}
        """
    )
    assert isinstance(made.model("A"), ObjectModel)
    assert isinstance(made.model("B"), EnumModel)
    assert made.type_of("C") == "@a"
    assert made.fields("S") == {"a": "@a?", "b": "[@b?]"}


def test_recursion(schemas):
    """Through objects, lists, maps and pointers into other schemas."""
    made = schemas(
        """
        Tree: {properties: {left: {$ref: '#/components/schemas/Tree'}, all: {$ref: '#/components/schemas/Forest'}}}
        Forest: {type: array, items: {$ref: '#/components/schemas/Tree'}}
        Deep: {type: array, items: {$ref: '#/components/schemas/Deep'}}
        Inner: {properties: {node: {properties: {next: {$ref: '#/components/schemas/Inner/properties/node'}}}}}
        Loop: {properties: {l: {type: array, items: {$ref: '#/components/schemas/Loop/properties/l'}}}}
        Or: {oneOf: [{$ref: '#/components/schemas/Or'}, {type: string}]}
        """
    )
    assert made.fields("Tree") == {"left": "@tree", "all": "@forest"}
    assert made.type_of("Deep") == "[@deep]"
    assert made.fields("Inner") == {"node": "@inner_node"}
    node = made.api.models["/components/schemas/Inner/properties/node"]
    assert isinstance(node, ObjectModel)
    assert made.short(node.fields[0].type) == "@inner_node"
    assert made.type_of("Or") == "string"
    assert "/components/schemas/Or" in made.reasons


def test_a_pointer_into_a_schema_names_the_same_model(schemas):
    """Whoever reads it first: the referring place does not lend its name."""
    made = schemas(
        """
        A: {properties: {x: {$ref: '#/components/schemas/B/properties/y'}}}
        B: {properties: {y: {properties: {z: {}}}}}
        """
    )
    assert made.fields("A") == {"x": "@b_y"}
    assert made.fields("B") == {"y": "@b_y"}


def test_reach(built):
    """Models know whether requests and responses reach them."""
    made = built(
        """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        paths:
          /a:
            post:
              requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/In'}}}}
              responses:
                '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Out'}}}}
        components:
          schemas:
            In: {properties: {shared: {$ref: '#/components/schemas/Shared'}}}
            Out: {type: array, items: {$ref: '#/components/schemas/Shared'}}
            Shared: {properties: {a: {}}}
            Unused: {properties: {a: {}}}
        """
    )
    reach = {
        name: (made.model(name).is_request, made.model(name).is_response)
        for name in ("In", "Out", "Shared", "Unused")
    }
    assert reach == {
        "In": (True, False),
        "Out": (False, True),
        "Shared": (True, True),
        "Unused": (False, False),
    }


def test_configured_names_win(built):
    """``models`` in specloom.yaml renames a component."""
    from specloom.config import Config

    text = """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        components: {schemas: {UserDTO: {properties: {a: {}}}, User: {properties: {b: {}}}}}
    """
    made = built(text, Config(models={"UserDTO": "User"}))
    assert made.model("UserDTO").name == ("user",)
    assert made.model("User").name == ("user", "schema")


def test_examples_of_bodies_are_examples_of_models(built):
    """Whole values, of a model itself and of the items of a list."""
    made = built(
        """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        paths:
          /a:
            get:
              responses:
                '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/S'}, examples: {x: {value: {a: 1}}, y: {$ref: '#/components/examples/E'}}}}}
                '201': {description: d, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/S'}}, example: [{a: 3}]}}}
        components:
          examples: {E: {value: {a: 2}}}
          schemas: {S: {properties: {a: {}}, example: {a: 0}}}
        """
    )
    assert made.object("S").examples == ({"a": 0}, {"a": 1}, {"a": 2}, {"a": 3})

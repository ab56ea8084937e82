"""``allOf`` merged, unions with and without discriminators."""

from __future__ import annotations

from specloom.ir.model import NamedType, Nullable, ObjectModel, Union


def union_of(made, name):
    model = made.model(name)
    assert isinstance(model, NamedType)
    inner = model.type.inner if isinstance(model.type, Nullable) else model.type
    assert isinstance(inner, Union), inner
    return inner


def mapping(made, union):
    return {tag: "_".join(made.api.models[model].name) for tag, model in union.mapping}


def test_all_of_objects_is_one_object(schemas):
    """Properties in order, required together, the later description of a property wins."""
    made = schemas(
        """
        Base: {type: object, required: [id], properties: {id: {type: string}, kind: {type: string}}}
        S:
          description: d
          required: [name]
          allOf:
            - {$ref: '#/components/schemas/Base'}
            - {type: object, properties: {name: {type: string}, kind: {type: string, enum: [s]}}}
          properties: {own: {type: integer}}
        """
    )
    assert made.fields("S") == {"id": "string", "kind": "'s'", "name": "string", "own": "integer"}
    assert [f.wire_name.raw for f in made.object("S").fields if f.required] == ["id", "name"]
    assert made.object("S").docs.description is not None


def test_all_of_one_reference_is_that_type(schemas):
    """An idiom for a description beside a reference."""
    made = schemas(
        """
        Color: {type: string, enum: [a, b]}
        Thing: {properties: {x: {}}}
        Alias: {allOf: [{$ref: '#/components/schemas/Thing'}], description: d}
        S:
          properties:
            c: {allOf: [{$ref: '#/components/schemas/Color'}], description: d, example: a}
            t: {allOf: [{$ref: '#/components/schemas/Thing'}, {description: d}]}
            n: {anyOf: [{allOf: [{$ref: '#/components/schemas/Thing'}]}, {type: 'null'}]}
        """
    )
    assert made.fields("S") == {"c": "@color", "t": "@thing", "n": "@thing?"}
    assert made.type_of("Alias") == "@thing"


def test_all_of_scalars_is_the_narrower(schemas):
    """Constraints and values of both hold."""
    made = schemas(
        """
        S:
          properties:
            a: {allOf: [{type: string, minLength: 1}, {maxLength: 5, minLength: 2}]}
            b: {allOf: [{enum: [a, b, c]}, {enum: [b, c, d]}]}
            c: {allOf: [{type: number}, {type: integer}]}
            d: {allOf: [{type: string}, {type: integer}]}
        """
    )
    assert made.fields("S") == {"a": "string", "b": "'b'/'c'", "c": "integer", "d": "any"}
    found = made.object("S").fields[0].type.constraints
    assert (found.min_length, found.max_length) == (2, 5)
    assert "exclude each other" in " ".join(made.reasons.values())


def test_circular_all_of_ends(schemas):
    """Each schema is taken once."""
    made = schemas(
        """
        A: {allOf: [{$ref: '#/components/schemas/B'}, {properties: {a: {}}}]}
        B: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {b: {}}}]}
        """
    )
    assert set(made.fields("A")) == {"a", "b"}


def test_composition_is_bounded(schemas):
    """A long chain and a doubling one end soon, the long one with an entry in the ledger."""
    chain = [
        f"S{n}: {{allOf: [{{$ref: '#/components/schemas/S{n + 1}'}}, "
        f"{{$ref: '#/components/schemas/S{n + 1}'}}, {{properties: {{p{n}: {{}}}}}}]}}"
        for n in range(200)
    ]
    made = schemas("\n".join([*chain, "S200: {properties: {last: {}}}"]))
    assert "last" in made.fields("S190")
    assert "last" not in made.fields("S0")
    assert made.reasons["/components/schemas/S0"] == "a composition deeper than can be followed"


def test_multiplying_unions_are_bounded(schemas):
    """Each level would double the models: beyond a few levels the union is dropped."""
    level = (
        "S{n}: {{oneOf: [{{allOf: [{{$ref: '#/components/schemas/S{m}'}}, {{properties: {{p{n}: {{}}}}}}]}}, "
        "{{allOf: [{{$ref: '#/components/schemas/S{m}'}}, {{properties: {{q{n}: {{}}}}}}]}}]}}"
    )
    text = [level.format(n=n, m=n + 1) for n in range(40)]
    made = schemas("\n".join([*text, "S40: {properties: {last: {}}}"]))
    assert len(made.api.models) < 20_000
    assert any("too large to be combined" in reason for reason in made.reasons.values())


def test_unions(schemas):
    """Flattened, equals once, null outside, literals together, anything swallows all."""
    made = schemas(
        """
        A: {properties: {a: {}}}
        S:
          properties:
            two: {oneOf: [{type: string}, {type: integer}]}
            one: {anyOf: [{type: string}]}
            same: {anyOf: [{type: string}, {type: string}]}
            null: {anyOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}
            deep: {anyOf: [{type: string}, {anyOf: [{type: integer}, {type: 'null'}]}]}
            tags: {anyOf: [{const: a}, {const: b}]}
            open: {anyOf: [{type: string}, {type: string, enum: [x]}]}
            any: {anyOf: [{type: string}, {}]}
            given: {type: string, anyOf: [{format: date}, {pattern: '^a'}]}
            both: {oneOf: [{type: string}, {type: integer}], anyOf: [{type: boolean}]}
        """
    )
    assert made.fields("S") == {
        "two": "(string | integer)",
        "one": "string",
        "same": "string",
        "null": "@a?",
        "deep": "(string | integer)?",
        "tags": "'a'/'b'",
        "open": "(string | 'x')",
        "any": "any",
        "given": "(date | string)",
        "both": "(string | integer)",
    }
    assert made.reasons == {
        "/components/schemas/S/properties/both/anyOf": "only oneOf is kept of oneOf and anyOf"
    }


PETS = """
Cat: {type: object, required: [kind], properties: {kind: {type: string, enum: [cat]}, meow: {}}}
Dog: {type: object, required: [kind], properties: {kind: {const: dog}, bark: {}}}
"""


def test_a_declared_discriminator_has_its_mapping(schemas):
    """By name, by reference, by the variants' own values, else by the component's name."""
    made = schemas(
        PETS
        + """
Fish: {properties: {kind: {type: string}}}
Pet:
  oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}, {$ref: '#/components/schemas/Fish'}]
  discriminator: {propertyName: kind, mapping: {kitten: Cat, cat: '#/components/schemas/Cat'}}
"""
    )
    union = union_of(made, "Pet")
    assert union.discriminator is not None
    assert union.discriminator.raw == "kind"
    assert mapping(made, union) == {"kitten": "cat", "cat": "cat", "dog": "dog", "Fish": "fish"}


def test_a_discriminator_is_found_where_none_is_declared(schemas):
    """A required property with a fixed value of its own in every variant."""
    made = schemas(
        PETS
        + "Pet: {anyOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]}\n"
        + "Bird: {properties: {kind: {const: bird}}}\n"
        + "Any: {anyOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Bird'}]}\n"
    )
    assert mapping(made, union_of(made, "Pet")) == {"cat": "cat", "dog": "dog"}
    assert union_of(made, "Any").discriminator is None


def test_a_base_with_a_discriminator_is_the_union_of_its_heirs(schemas):
    """The older way: the heirs name the base."""
    made = schemas(
        """
        Pet:
          type: object
          properties: {kind: {type: string}, name: {type: string}}
          discriminator: {propertyName: kind, mapping: {kitty: '#/components/schemas/Cat'}}
        Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {meow: {}}}]}
        Dog: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {bark: {}}}]}
        Lonely: {properties: {kind: {type: string}}, discriminator: {propertyName: kind}}
        """
    )
    assert mapping(made, union_of(made, "Pet")) == {"kitty": "cat", "Dog": "dog"}
    assert made.fields("Cat") == {"kind": "string", "name": "string", "meow": "any"}
    assert isinstance(made.model("Lonely"), ObjectModel)
    assert "/components/schemas/Lonely/discriminator" in made.reasons


def test_a_discriminator_over_what_is_no_object_is_degraded(schemas):
    """The union stays, without a mapping."""
    made = schemas(
        PETS
        + """
Pet:
  oneOf: [{$ref: '#/components/schemas/Cat'}, {type: string}]
  discriminator: {propertyName: kind}
"""
    )
    assert union_of(made, "Pet").mapping == ()
    assert "/components/schemas/Pet/discriminator" in made.reasons


def test_a_union_beside_properties_is_multiplied_out(schemas):
    """Every variant has the properties too; which must stand together is left alone."""
    made = schemas(
        PETS
        + """
S:
  properties: {id: {type: string}}
  oneOf: [{$ref: '#/components/schemas/Cat'}, {title: Other, properties: {x: {}}}]
R:
  properties: {a: {}, b: {}}
  anyOf: [{required: [a]}, {required: [b]}]
"""
    )
    union = union_of(made, "S")
    names = [made.short(variant) for variant in union.variants]
    assert names == ["@s_cat", "@s_other"]
    cat = made.api.models[union.variants[0].model]
    assert {field.wire_name.raw for field in cat.fields} == {"id", "kind", "meow"}
    assert set(made.fields("R")) == {"a", "b"}
    assert "which properties must stand together" in " ".join(made.reasons.values())


def test_inline_variants_are_named_after_what_tells_them_apart(schemas):
    """A title, a fixed value, the schema that it extends, a property of its own."""
    made = schemas(
        PETS
        + """
S:
  anyOf:
    - {title: First One, properties: {a: {}}}
    - {properties: {type: {const: circle}, b: {}}}
    - {allOf: [{$ref: '#/components/schemas/Cat'}, {properties: {c: {}}}]}
    - {required: [a, email], properties: {a: {}, email: {}}}
"""
    )
    names = [made.short(variant) for variant in union_of(made, "S").variants]
    assert names == ["@s_first_one", "@s_circle", "@s_cat", "@s_with_email"]


def test_null_in_a_composition_is_kept(schemas):
    """A member that stands in the composition allows it, with its properties."""
    made = schemas(
        """
        Base: {type: object, properties: {a: {}}}
        S:
          properties:
            p: {allOf: [{$ref: '#/components/schemas/Base'}, {type: [object, 'null'], properties: {b: {}}, description: d}]}
        """
    )
    assert made.fields("S") == {"p": "@s_p?"}
    model = made.api.models["/components/schemas/S/properties/p"]
    assert {field.wire_name.raw for field in model.fields} == {"a", "b"}
    assert model.docs.description.raw == "d"
    assert made.reasons == {}

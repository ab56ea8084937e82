"""Generated types: what a response becomes, and what a request may hold."""

from __future__ import annotations

import datetime as dt
import typing
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import get_type_hints

from specloom.config.model import Config


def schemas(text: str, response: str = "S", request: str | None = None) -> str:
    """A document whose one operation answers a schema, and takes another."""
    body = (
        f"""
      requestBody:
        required: true
        content: {{application/json: {{schema: {{$ref: '#/components/schemas/{request}'}}}}}}"""
        if request
        else ""
    )
    lines = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return f"""
paths:
  /s:
    post:
      operationId: s.make{body}
      responses:
        '200':
          description: ok
          content: {{application/json: {{schema: {{$ref: '#/components/schemas/{response}'}}}}}}
components:
  schemas:
{lines}
"""


def read(sdk: Any, name: str, value: Any) -> Any:
    adapter = TypeAdapter(sdk.type(name))
    adapter.rebuild(raise_errors=True)
    return adapter.validate_python(value)


def test_fields_are_snake_case_and_keep_their_wire_names(package: Callable[..., Any]) -> None:
    """A model is read by wire name, built by Python name, and dumped by wire name."""
    sdk = package(
        schemas(
            """
S:
  type: object
  required: [createdAt]
  properties: {createdAt: {type: string, format: date-time}, class: {type: string}}
"""
        )
    )
    value = read(sdk, "S", {"createdAt": "2026-01-02T03:04:05Z", "class": "x", "new": 1})
    assert value.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert (value.class_, value.new) == ("x", 1)
    made = sdk.type("S")(created_at=value.created_at)
    assert made.model_dump(by_alias=True, mode="json", exclude_unset=True) == {
        "createdAt": "2026-01-02T03:04:05Z"
    }


def test_names_of_the_model_class_and_of_types_can_be_fields(
    package: Callable[..., Any],
) -> None:
    """Fields called like pydantic's methods, like types, or like keywords all work."""
    names = ["copy", "json", "schema", "list", "dict", "str", "date", "datetime", "int", "Model"]
    names += ["model_config", "from", "None", "bytes", "float", "bool", "object", "builtins"]
    lines = "".join(f"\n    {name}: {{type: array, items: {{type: string}}}}" for name in names)
    sdk = package(
        schemas(
            f"""
S:
  type: object
  properties:{lines}
    when: {{type: string, format: date}}
    stamp: {{type: string, format: date-time}}
    flag: {{type: boolean}}
"""
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = read(sdk, "S", {**{name: ["x"] for name in names}, "when": "2026-01-02"})
    assert value.when == dt.date(2026, 1, 2)
    assert value.model_dump(by_alias=True)["copy"] == ["x"]
    assert (value.list, value.date, value.copy_, value.from_) == (["x"],) * 4


def test_enumerations_are_open(package: Callable[..., Any]) -> None:
    """A value that the document does not know is read as it is."""
    sdk = package(
        schemas(
            """
S:
  type: object
  properties:
    role: {enum: [admin, member]}
    level: {$ref: '#/components/schemas/Level'}
    kind: {const: only}
Level: {type: integer, enum: [1, 2]}
"""
        )
    )
    value = read(sdk, "S", {"role": "owner", "level": 3, "kind": "only"})
    assert (value.role, value.level, value.kind) == ("owner", 3, "only")
    with pytest.raises(ValidationError):
        read(sdk, "S", {"kind": "another"})


def test_absent_and_null_are_told_apart(package: Callable[..., Any]) -> None:
    """A required nullable field must be there; an optional one defaults to None."""
    sdk = package(
        schemas(
            """
S:
  type: object
  required: [a]
  properties: {a: {type: [string, 'null']}, b: {type: string}}
"""
        )
    )
    value = read(sdk, "S", {"a": None})
    assert (value.a, value.b, value.model_fields_set) == (None, None, {"a"})
    with pytest.raises(ValidationError):
        read(sdk, "S", {})


def test_what_travels_one_way_only_is_in_one_type_only(package: Callable[..., Any]) -> None:
    """Write-only properties are not read, read-only ones not sent."""
    sdk = package(
        schemas(
            """
S:
  type: object
  properties:
    id: {type: string, readOnly: true}
    secret: {type: string, writeOnly: true}
    inner: {$ref: '#/components/schemas/S'}
""",
            request="S",
        )
    )
    assert set(sdk.type("S").model_fields) == {"id", "inner"}
    assert set(sdk.type("SParam").__annotations__) == {"secret", "inner"}
    assert set(sdk.type("SMakeParams").__annotations__) == {"secret", "inner"}


def test_typed_unknown_properties_are_read_by_their_type(package: Callable[..., Any]) -> None:
    """``additionalProperties`` beside named properties keeps its type."""
    sdk = package(
        schemas(
            """
S:
  type: object
  properties: {name: {type: string}}
  additionalProperties: {type: integer}
"""
        )
    )
    assert read(sdk, "S", {"name": "x", "a": "1"}).a == 1
    with pytest.raises(ValidationError):
        read(sdk, "S", {"a": "no number"})


def test_models_that_refer_to_each_other_share_a_module(package: Callable[..., Any]) -> None:
    """Circles of models stand in one module, everything else in its own."""
    sdk = package(
        schemas(
            """
S:
  type: object
  properties:
    parent: {$ref: '#/components/schemas/S'}
    owner: {$ref: '#/components/schemas/Owner'}
    other: {$ref: '#/components/schemas/Other'}
Owner: {type: object, properties: {things: {type: array, items: {$ref: '#/components/schemas/S'}}}}
Other: {type: object, properties: {x: {type: string}}}
"""
        )
    )
    value = read(sdk, "S", {"parent": {"parent": {}}, "owner": {"things": [{"other": {"x": "y"}}]}})
    assert value.owner.things[0].other.x == "y"
    assert type(value.parent.parent) is sdk.type("S")
    assert sdk.type("Owner").__module__ == sdk.type("S").__module__
    assert sdk.type("Other").__module__ == f"{sdk.name}.types.other"


def test_a_recursive_union_is_a_named_type(package: Callable[..., Any]) -> None:
    """A type that holds itself without any object in between can be read to any depth."""
    sdk = package(
        schemas(
            """
S:
  oneOf:
    - {type: string}
    - {type: array, items: {$ref: '#/components/schemas/S'}}
    - {type: object, additionalProperties: {$ref: '#/components/schemas/S'}}
"""
        )
    )
    value = ["a", {"b": [["c"]]}]
    assert read(sdk, "S", value) == value
    assert sdk.client(value).s.make() == value
    with pytest.raises(ValidationError):
        read(sdk, "S", [1])


PETS = """
S:
  oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
  discriminator: {propertyName: petType, mapping: {cat: '#/components/schemas/Cat', dog: Dog}}
Cat:
  type: object
  required: [petType, lives]
  properties: {petType: {type: string}, lives: {type: integer}, friend: {$ref: '#/components/schemas/S'}}
Dog:
  type: object
  required: [petType]
  properties: {petType: {const: dog}, lives: {type: integer}}
"""


def test_a_tag_tells_the_variant(package: Callable[..., Any]) -> None:
    """The mapping decides, also where the tag's own type is any string."""
    sdk = package(schemas(PETS))
    value = read(sdk, "S", {"petType": "cat", "lives": 9, "friend": {"petType": "dog"}})
    assert type(value) is sdk.type("Cat")
    assert type(value.friend) is sdk.type("Dog")


def test_an_unknown_tag_is_an_unknown_variant(package: Callable[..., Any]) -> None:
    """A variant of tomorrow is read, with all that it brings."""
    value = read(package(schemas(PETS)), "S", {"petType": "fish", "fins": 2})
    assert type(value).__name__ == "UnknownVariant"
    assert (value.petType, value.fins) == ("fish", 2)


def test_a_malformed_variant_is_never_another_one(package: Callable[..., Any]) -> None:
    """A known tag with a body that does not fit fails; leniently, it is that variant."""
    sdk = package(schemas(PETS))
    with pytest.raises(ValidationError, match="lives"):
        read(sdk, "S", {"petType": "cat"})
    with pytest.warns(UserWarning, match="leniently"):
        value = sdk.client({"petType": "cat", "lives": "many"}).s.make()
    assert type(value) is sdk.type("Cat")
    assert value.lives == "many"


def test_an_untagged_union_is_decided_by_its_content(package: Callable[..., Any]) -> None:
    """Without a discriminator the variant that fits is taken."""
    sdk = package(
        schemas(
            """
S: {anyOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}, {type: string}]}
A: {type: object, required: [a], properties: {a: {type: integer}}}
B: {type: object, required: [b], properties: {b: {type: integer}}}
"""
        )
    )
    assert type(read(sdk, "S", {"b": 1})) is sdk.type("B")
    assert read(sdk, "S", "text") == "text"


def test_requests_take_what_can_be_sent(package: Callable[..., Any]) -> None:
    """A TypedDict names its required keys, other wire names, and takes any sequence or mapping."""
    sdk = package(
        schemas(
            """
S: {type: object, properties: {x: {type: string}}}
In:
  type: object
  required: [startDate]
  properties:
    startDate: {type: string, format: date}
    labels: {type: object, additionalProperties: {type: string}}
    parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
Part: {type: object, properties: {next: {$ref: '#/components/schemas/Part'}}}
""",
            request="In",
        )
    )
    params = sdk.type("SMakeParams")
    assert params.__required_keys__ == {"start_date"}
    hints = get_type_hints(params)
    assert hints["start_date"] == dt.date | str
    assert typing.get_origin(hints["labels"]).__name__ == "Mapping"
    assert typing.get_args(hints["parts"]) == (sdk.type("PartParam"),)
    assert sdk.text("types/s_params.py").count("Alias") == 2


def test_dates_are_sent_as_the_api_writes_them(package: Callable[..., Any]) -> None:
    """Objects and texts are both taken."""
    sdk = package(
        schemas(
            """
S: {type: object, properties: {x: {type: string}}}
In: {type: object, properties: {at: {type: string, format: date-time}, on: {type: string, format: date}}}
""",
            request="In",
        )
    )
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    sdk.client({}).s.make(at=moment, on=moment.date())
    assert sdk.body == {"at": "2026-01-02T03:04:05Z", "on": "2026-01-02"}


def test_a_type_called_like_an_import_keeps_its_name(package: Callable[..., Any]) -> None:
    """Names of the API win over names of the core and of typing."""
    names = [
        "Model",
        "Field",
        "Literal",
        "Any",
        "Annotated",
        "Endpoint",
        "Json",
        "Sequence",
        "Omit",
    ]
    text = "\n".join(
        f"{name}: {{type: object, required: [k], properties: "
        f"{{k: {{enum: [a, b]}}, wireName: {{type: array, items: {{}}}}, "
        f"next: {{$ref: '#/components/schemas/{name}'}}}}}}"
        for name in names
    )
    refs = ", ".join(
        f"a{number}: {{$ref: '#/components/schemas/{name}'}}" for number, name in enumerate(names)
    )
    sdk = package(schemas(f"S: {{type: object, properties: {{{refs}}}}}\n{text}", request="S"))
    for number, name in enumerate(names):
        value = read(sdk, "S", {f"a{number}": {"k": "a", "wireName": [1], "next": {"k": "b"}}})
        assert type(getattr(value, f"a{number}")) is sdk.type(name)
    sdk.client({}).s.make(a0={"k": "a", "wire_name": [1]})
    assert sdk.body == {"a0": {"k": "a", "wireName": [1]}}


def test_a_resource_and_a_type_may_share_a_name(package: Callable[..., Any]) -> None:
    """A resource module imports the type of its own name under another."""
    sdk = package(
        """
        paths:
          /users:
            get:
              operationId: users.list_all
              responses:
                '200':
                  description: ok
                  content: {application/json: {schema: {$ref: '#/components/schemas/Users'}}}
        components:
          schemas: {Users: {type: object, properties: {n: {type: integer}}}}
        """
    )
    assert type(sdk.client({"n": 1}).users.list_all()) is sdk.type("Users")
    assert "import Users as _Users" in sdk.text("resources/users.py")


def test_results_that_are_no_named_type_get_a_name(package: Callable[..., Any]) -> None:
    """A list in a response is an alias in ``types``, after resource and method."""
    sdk = package(
        """
        paths:
          /tags:
            get:
              operationId: tags.find
              responses:
                '200':
                  description: ok
                  content: {application/json: {schema: {type: array, items: {type: string}}}}
        """
    )
    assert sdk.type("TagFindResponse") == list[str]
    assert sdk.client(["a"]).tags.find() == ["a"]


def test_an_envelope_is_taken_off(package: Callable[..., Any]) -> None:
    """With a configured envelope a method hands out what is inside."""
    source = schemas(
        """
S:
  type: object
  required: [success, data]
  properties: {success: {type: boolean}, data: {type: object, properties: {n: {type: integer}}}}
"""
    )
    sdk = package(source, Config(unwrap="data"))
    assert sdk.client({"success": True, "data": {"n": 1}}).s.make().n == 1


def test_names_that_start_with_a_digit_get_a_letter(package: Callable[..., Any]) -> None:
    """Every name is importable, whatever the document calls it."""
    sdk = package(
        schemas(
            """
S: {type: object, properties: {3d: {$ref: '#/components/schemas/3DModel'}, '+1': {type: integer}}}
3DModel: {type: object, properties: {x: {type: integer}}}
"""
        )
    )
    value = read(sdk, "S", {"3d": {"x": 1}, "+1": 2})
    assert value.model_dump(by_alias=True) == {"3d": {"x": 1}, "+1": 2}
    assert all(name.isidentifier() for name in sdk.module("types").__all__)

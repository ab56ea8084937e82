"""The referee: what two readers of one document disagree about."""

from __future__ import annotations

from pathlib import Path

import pytest

from specloom.config import default_config
from specloom.diagnostics import Diagnostics
from specloom.ir.build import build
from specloom.referee import Difference, compare, read_ours, read_theirs
from specloom.referee.compare import _Comparison
from specloom.referee.reading import (
    ANY,
    NULL,
    Atom,
    Choice,
    FieldReading,
    Items,
    Named,
    ObjectReading,
    OperationReading,
    ParameterReading,
    Reading,
    ResponseReading,
    choice,
    describe,
    values,
)
from specloom.spec import load

HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"


def differences(tmp_path: Path, paths: str, components: str = "{}") -> list[tuple[str, str]]:
    """Pointer and kind of each difference between the readings of a small document."""
    document = tmp_path / "openapi.yaml"
    document.write_text(f"{HEAD}paths:\n{paths}\ncomponents:\n  schemas: {components}\n")
    diagnostics = Diagnostics()
    api = build(load(document, diagnostics=diagnostics), default_config(), diagnostics)
    found = compare(read_ours(api), read_theirs(document))
    return [(item.pointer, item.kind) for item in found]


def get(responses: str, parameters: str = "[]") -> str:
    return (
        "  /things/{thing_id}:\n    get:\n      operationId: things.get\n"
        f"      parameters: {parameters}\n      responses: {responses}\n"
    )


THING_ID = "{name: thing_id, in: path, required: true, schema: {type: string}}"
OK = "{'200': {description: ok, content: {application/json: {schema: %s}}}}"


@pytest.mark.parametrize(
    "schema",
    [
        "{type: string}",
        "{type: string, format: date-time}",
        "{type: string, format: email}",
        "{type: string, nullable: true}",
        "{type: string, enum: [a, b]}",
        "{type: string, enum: [a, null], nullable: true}",
        "{type: array, items: {type: array, items: {type: integer}}}",
        "{type: object, additionalProperties: {type: number}}",
        "{type: object, additionalProperties: false, properties: {a: {type: boolean}}}",
        "{type: object, required: [a], properties: {a: {type: string, format: uuid}, b: {}}}",
        "{oneOf: [{type: string}, {type: integer}]}",
        (
            "{allOf: [{type: object, properties: {a: {type: string}}}, {type: object, required: [b],"
            " properties: {b: {type: string}}}]}"
        ),
        "{}",
    ],
)
def test_readers_agree_on_plain_schemas(tmp_path: Path, schema: str) -> None:
    """Scalars, lists, maps, objects, unions, nullability, enumerations, allOf."""
    assert differences(tmp_path, get(OK % schema, f"[{THING_ID}]")) == []


def test_recursive_objects_end(tmp_path: Path) -> None:
    """An object that contains itself is compared once."""
    paths = get(OK % "{$ref: '#/components/schemas/Node'}", f"[{THING_ID}]")
    node = (
        "\n    Node: {type: object, properties: {children: {type: array, items:"
        " {$ref: '#/components/schemas/Node'}}, parent: {$ref: '#/components/schemas/Node'}}}"
    )
    assert differences(tmp_path, paths, node) == []


def test_a_parameter_in_content_is_reported(tmp_path: Path) -> None:
    """The other reader drops it in silence."""
    filters = "{name: filter, in: query, content: {application/json: {schema: {type: object}}}}"
    found = differences(tmp_path, get(OK % "{}", f"[{THING_ID}, {filters}]"))
    assert found == [("/paths/~1things~1{thing_id}/get/parameters/1", "parameter")]


def test_a_style_that_only_one_reader_knows_is_reported(tmp_path: Path) -> None:
    """`explode: false` changes what is sent for a list, and nothing for a single value."""
    parts = (
        "{name: fields, in: query, explode: false, schema: {type: array, items: {type: string}}}"
    )
    one = "{name: page, in: query, explode: false, schema: {type: integer}}"
    found = differences(tmp_path, get(OK % "{}", f"[{THING_ID}, {parts}, {one}]"))
    assert found == [("/paths/~1things~1{thing_id}/get/parameters/1", "style")]


def test_a_second_media_type_is_reported(tmp_path: Path) -> None:
    """The other reader keeps one of a response."""
    answers = (
        "{'200': {description: ok, content: {application/json: {schema: {type: string}},"
        " text/event-stream: {schema: {type: string}}}}}"
    )
    found = differences(tmp_path, get(answers, f"[{THING_ID}]"))
    pointer = "/paths/~1things~1{thing_id}/get/responses/200/content/text~1event-stream"
    assert found == [(pointer, "response")]


def test_an_operation_that_the_other_reader_drops_is_reported(tmp_path: Path) -> None:
    """It gives up on a path parameter without a template, with a complaint."""
    document = get(OK % "{}", "[{name: gone, in: path, required: true, schema: {type: string}}]")
    assert differences(tmp_path, document) == [("/paths/~1things~1{thing_id}/get", "operation")]


def test_every_aspect_is_compared() -> None:
    """Requiredness, types, fields, extra properties, bodies, statuses: each is noticed."""
    text, whole = Atom("string"), Atom("integer")

    def reading(**changes: object) -> Reading:
        user = {
            "id": FieldReading(text, True, "/u/id"),
            "age": FieldReading(whole, False, "/u/age"),
            **changes.get("fields", {}),  # type: ignore[dict-item]
        }
        operation = OperationReading(
            parameters=changes.get(  # type: ignore[arg-type]
                "parameters", {("query", "page"): ParameterReading(whole, False, "/p")}
            ),
            bodies=changes.get("bodies", {"application/json": Named("User", "User")}),  # type: ignore[arg-type]
            body_required=bool(changes.get("body_required", True)),
            responses=changes.get("responses", {"200": ResponseReading({}, "/r")}),  # type: ignore[arg-type]
            pointer="/o",
            body_pointer="/b",
        )
        additional = changes.get("additional", ANY)
        return Reading(
            {("GET", "/users"): operation},
            {"User": ObjectReading(user, additional, "/u")},  # type: ignore[arg-type]
        )

    def kinds(**changes: object) -> list[tuple[str, str]]:
        return [(item.pointer, item.kind) for item in compare(reading(), reading(**changes))]

    assert kinds() == []
    assert kinds(fields={"id": FieldReading(text, False)}) == [("/u/id", "required")]
    assert kinds(fields={"age": FieldReading(text, False)}) == [("/u/age", "type")]
    assert kinds(fields={"new": FieldReading(text, False)}) == [("/u", "field")]
    assert kinds(additional=None) == [("/u", "additional")]
    assert kinds(parameters={("query", "page"): ParameterReading(text, True)}) == [
        ("/p", "required"),
        ("/p", "type"),
    ]
    assert kinds(parameters={}) == [("/p", "parameter")]
    assert kinds(body_required=False) == [("/b", "required")]
    assert kinds(bodies={}) == [("/b/content/application~1json", "body")]
    assert kinds(responses={}) == [("/r", "response")]
    assert kinds(responses={"200": ResponseReading({"a/b": ANY})}) == [
        ("/r/content/a~1b", "response")
    ]
    absent = compare(reading(), Reading({}, {}))
    assert absent == (Difference("/o", "operation", "present", "absent", "GET /users"),)


def test_options_of_a_union_are_paired() -> None:
    """Order does not matter; one option that differs is looked into, more are one difference."""
    whole, text = Atom("integer"), Atom("string")

    def found(mine: Choice, other: Choice) -> list[tuple[str, str]]:
        left, right = Named("L", "L"), Named("R", "R")
        ours = Reading({}, {"L": ObjectReading({}, mine, "/x")})
        theirs = Reading({}, {"R": ObjectReading({}, other)})
        comparison = _Comparison(ours, theirs)
        comparison._object(left, right, "")
        return [(item.ours, item.theirs) for item in comparison.found]

    assert found(Choice((whole, text, NULL)), Choice((NULL, whole, text))) == []
    assert found(Choice((Items(whole), NULL)), Choice((NULL, Items(text)))) == [
        ("integer", "string")
    ]
    assert found(Choice((whole, NULL)), Choice((text, ANY))) == [("integer | null", "string | any")]


def test_shapes_are_written_for_people() -> None:
    """Enumerations are sorted, null stands beside them, unions are flat and without repetition."""
    assert describe(values(["b", None, "a"])) == '"a" | "b" | null'
    assert describe(choice([NULL, choice([Atom("string"), NULL])])) == "null | string"
    assert describe(Items(Named("k", "User"))) == "list[User]"

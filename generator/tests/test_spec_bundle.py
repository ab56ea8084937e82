"""References to other files."""

from __future__ import annotations

import pytest

from specloom.diagnostics import Diagnostics
from specloom.ir.build import build
from specloom.spec import load

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"


@pytest.fixture
def folder(tmp_path):
    """Write files below a folder and load its api.yaml."""

    def write(files, **options):
        for name, text in files.items():
            path = tmp_path / "spec" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = Diagnostics()
        return load(tmp_path / "spec" / "api.yaml", diagnostics=found, **options), found

    return write


def test_schemas_become_components_under_their_names(folder):
    """Whole files are called after the file, parts after their key; refs inside stay right."""
    document, found = folder(
        {
            "api.yaml": HEAD + "components:\n  schemas:\n    A: {$ref: models/pet.yaml}\n"
            "    B: {$ref: 'models/all.yaml#/Owner'}\n",
            "models/pet.yaml": "type: object\nproperties: {owner: {$ref: 'all.yaml#/Owner'}}",
            "models/all.yaml": "Owner: {properties: {pet: {$ref: pet.yaml}, self: {$ref: '#/Owner'}}}",
        }
    )
    schemas = document.root["components"]["schemas"]
    assert schemas["A"] == {"$ref": "#/components/schemas/pet"}
    assert schemas["pet"]["properties"]["owner"] == {"$ref": "#/components/schemas/Owner"}
    assert schemas["Owner"]["properties"]["pet"] == {"$ref": "#/components/schemas/pet"}
    assert schemas["Owner"]["properties"]["self"] == {"$ref": "#/components/schemas/Owner"}
    assert len(found) == 0


def test_positions_lead_into_the_other_file(folder, tmp_path):
    """A finding in a bundled file names that file."""
    _, found = folder(
        {
            "api.yaml": HEAD + "components:\n  schemas:\n    A: {$ref: models/pet.yaml}\n",
            "models/pet.yaml": "type: object\nproperties:\n  a: {enum: []}\n",
        }
    )
    (item,) = found
    assert (item.code, item.line) == ("bad-keyword", 3)
    assert item.file == str(tmp_path / "spec" / "models" / "pet.yaml")


def test_paths_parameters_responses_and_bodies_find_their_sections(folder):
    """Every kind of reference may lead into another file."""
    document, found = folder(
        {
            "api.yaml": HEAD + "paths:\n  /pets/{id}: {$ref: 'paths.yaml#/pets'}\n",
            "paths.yaml": (
                "pets:\n  get:\n    operationId: pets.get\n    parameters:\n"
                "      - $ref: 'parts.yaml#/id'\n    requestBody: {$ref: 'parts.yaml#/body'}\n"
                "    responses:\n      '200': {$ref: 'parts.yaml#/ok'}\n"
            ),
            "parts.yaml": (
                "id: {name: id, in: path, required: true, schema: {type: string}}\n"
                "body: {content: {application/json: {schema: {type: string}}}}\n"
                "ok: {description: d, headers: {X: {$ref: '#/header'}}}\nheader: {schema: {type: string}}\n"
            ),
        }
    )
    operation = build(document).operations["pets.get"]
    assert [item.wire_name.raw for item in operation.parameters] == ["id"]
    assert operation.body is not None
    assert operation.responses[0].headers[0].wire_name.raw == "X"
    assert len(found) == 0


def test_a_reference_back_into_the_document_is_local(folder):
    """Another file may refer to the document's own components."""
    document, _ = folder(
        {
            "api.yaml": HEAD
            + "components:\n  schemas:\n    A: {$ref: b.yaml}\n    C: {type: string}\n",
            "b.yaml": "properties: {c: {$ref: 'api.yaml#/components/schemas/C'}}",
        }
    )
    properties = document.root["components"]["schemas"]["b"]["properties"]
    assert properties == {"c": {"$ref": "#/components/schemas/C"}}


@pytest.mark.parametrize(
    ("ref", "part"),
    [
        ("../secret.yaml", "outside"),
        ("/etc/passwd", "outside"),
        ("link.yaml", "outside"),
        ("https://example.com/a.yaml", "never fetched"),
        ("//example.com/a.yaml", "never fetched"),
        ("missing.yaml", "cannot be read"),
        ("there.yaml#/nope", "no such node"),
    ],
)
def test_what_must_not_or_cannot_be_read_is_quarantined(folder, tmp_path, ref, part):
    """Nothing outside the folder is read, nothing is fetched, the document survives."""
    (tmp_path / "secret.yaml").write_text("{type: string, description: secret}")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    document, found = folder(
        {
            "api.yaml": HEAD + f"components:\n  schemas:\n    A: {{$ref: '{ref}'}}\n",
            "there.yaml": "a: 1",
        }
    )
    assert document.root["components"]["schemas"]["A"] == {}
    item = next(item for item in found if item.code == "file-ref")
    assert part in item.message
    assert item.line == 5


def test_files_outside_may_be_allowed(folder, tmp_path):
    """``confine=False`` follows them."""
    (tmp_path / "secret.yaml").write_text("type: string")
    document, found = folder(
        {"api.yaml": HEAD + "components:\n  schemas:\n    A: {$ref: ../secret.yaml}\n"},
        confine=False,
    )
    assert document.root["components"]["schemas"]["secret"] == {"type": "string"}
    assert len(found) == 0


def test_bytes_have_no_folder():
    """A document given as bytes reads no file."""
    found = Diagnostics()
    load(
        (HEAD + "components: {schemas: {A: {$ref: api.yaml}}}").encode(),
        diagnostics=found,
    )
    assert [item.code for item in found] == ["file-ref"]


def test_same_names_in_two_files_are_told_apart_by_the_file(folder):
    """No numbers are added."""
    document, _ = folder(
        {
            "api.yaml": HEAD
            + "components:\n  schemas:\n    P: {$ref: 'a.yaml#/Pet'}\n    Q: {$ref: 'b.yaml#/Pet'}\n",
            "a.yaml": "Pet: {type: string}",
            "b.yaml": "Pet: {type: integer}",
        }
    )
    schemas = document.root["components"]["schemas"]
    assert sorted(schemas) == ["P", "Pet", "Q", "b_Pet"]


def test_examples_are_left_alone(folder):
    """A ``$ref`` inside an example or a default is data."""
    document, found = folder(
        {
            "api.yaml": HEAD
            + "components:\n  schemas:\n    A: {type: object, default: {$ref: x.yaml}}\n"
        }
    )
    assert document.root["components"]["schemas"]["A"]["default"] == {"$ref": "x.yaml"}
    assert len(found) == 0


def test_a_description_in_another_file_is_text(folder):
    """A convention of documentation tools: the file is the description."""
    document, found = folder(
        {
            "api.yaml": HEAD.replace("title: T,", "title: T, description: {$ref: ./a.md},")
            + "tags:\n  - {name: x, description: {$ref: missing.md}}\n",
            "a.md": "# Hello\n",
        }
    )
    assert document.root["info"]["description"] == "# Hello\n"
    assert "description" not in document.root["tags"][0]
    assert [item.severity.value for item in found] == ["warning"]


def test_the_digest_covers_every_file(folder):
    """A change in a bundled file changes the document's digest."""
    files = {
        "api.yaml": HEAD + "components:\n  schemas:\n    A: {$ref: b.yaml}\n",
        "b.yaml": "type: string",
    }
    before = folder(files)[0].sha256
    assert folder({**files, "b.yaml": "type: integer"})[0].sha256 != before

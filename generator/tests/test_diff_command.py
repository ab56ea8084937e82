"""``specloom diff`` on the command line: reports, places, exit codes; nothing where nothing is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specloom.cli import main
from specloom.config import default_config
from specloom.diff import Edition, compare
from specloom.ir.build import build
from specloom.ir.lock import lock_of
from specloom.spec import load

ROOT = Path(__file__).resolve().parents[2]
OLD = """\
openapi: 3.1.0
info: {title: Pet Shop, version: '1'}
paths:
  /pets:
    get:
      operationId: pets.list
      parameters:
      - {name: limit, in: query, schema: {type: integer}}
      - {name: sort, in: query, schema: {enum: [size, "na`me", "a\\e[31mge"]}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}}}
"""
NEW = (
    OLD.replace("      - {name: limit, in: query, schema: {type: integer}}\n", "")
    .replace(', "a\\e[31mge"', "")
    .replace(
        "{name: {type: string}}", "{name: {type: string}, age: {type: integer, deprecated: true}}"
    )
    .replace("      operationId", "      summary: All of them.\n      operationId")
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with an old and a new document, which the command runs in."""
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command; return the exit code and standard output."""

    def call(*arguments):
        code = main(["diff", *map(str, arguments)])
        return code, capsys.readouterr().out

    return call


def test_each_change_has_its_reason_and_its_places(folder, run):
    """Gravest first, with file, line, column and pointer in both documents; a version last."""
    code, out = run("old.yaml", "new.yaml")
    assert code == 0
    assert out.splitlines() == [
        "breaking: pets.list: the argument limit is gone [argument-removed]",
        "    a call that gives it fails with a TypeError",
        "    old: old.yaml:8:9: /paths/~1pets/get/parameters/0",
        "    new: new.yaml:5:5: /paths/~1pets/get",
        r'breaking: pets.list: the argument sort knows the value "a\x1b[31mge" no more [argument-value-removed]',
        "    the API is likely to refuse a call that sends it",
        "    old: old.yaml:9:9: /paths/~1pets/get/parameters/1",
        "    new: new.yaml:9:9: /paths/~1pets/get/parameters/0",
        "feature: pet.age: a new field [field-added]",
        "    nobody has to use it",
        "    new: new.yaml:14:78: /components/schemas/Pet/properties/age",
        "fix: documentation of 1 method or type [documentation-changed]",
        "2 breaking, 1 feature, 1 fix; suggested bump: major: 0.1.0 -> 0.2.0",
    ]


def test_the_exit_code_is_0_unless_asked_otherwise(folder, run):
    """``--fail-on`` names the least change that is a failure."""
    assert run("old.yaml", "new.yaml")[0] == 0
    assert run("old.yaml", "new.yaml", "--fail-on", "breaking")[0] == 1
    (folder / "new.yaml").write_text(
        OLD.replace("info: {", "servers: [{url: 'https://p'}]\ninfo: {")
    )
    assert run("old.yaml", "new.yaml", "--fail-on", "breaking")[0] == 0
    assert run("old.yaml", "new.yaml", "--fail-on", "feature")[0] == 0
    assert run("old.yaml", "new.yaml", "--fail-on", "fix")[0] == 1
    code, out = run("old.yaml", "old.yaml", "--fail-on", "fix")
    assert (code, out) == (0, "the surface is the same: no new version is needed\n")


def test_bad_input_exits_with_2(folder, run):
    """A missing document, a broken lock, forms that exclude each other."""
    assert run("old.yaml", "nope.yaml")[0] == 2
    assert run("old.yaml")[0] == 2
    assert run("old.yaml", "new.yaml", "--json", "--markdown")[0] == 2
    (folder / "specloom.lock").write_text("{}")
    assert run("old.yaml", "new.yaml", "--lock", "specloom.lock")[0] == 2
    assert run("old.yaml", "new.yaml", "--lock", "nope.lock")[0] == 2


def test_machines_read_json(folder, run):
    """Counts, versions and every change with its places; documentation too."""
    code, out = run("old.yaml", "new.yaml", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["bump"], report["version"], report["next_version"]) == (
        "major",
        "0.1.0",
        "0.2.0",
    )
    assert report["counts"] == {"breaking": 2, "feature": 1, "fix": 1}
    assert [item["kind"] for item in report["changes"]] == [
        "argument-removed",
        "argument-value-removed",
        "field-added",
        "documentation-changed",
    ]
    assert report["changes"][0]["old"] == {
        "pointer": "/paths/~1pets/get/parameters/0",
        "file": "old.yaml",
        "line": 8,
        "column": 9,
    }
    assert report["changes"][2]["old"] is None


def test_markdown_is_a_section_for_a_changelog(folder, run):
    """Text of the document is no markup in it."""
    _, out = run("old.yaml", "new.yaml", "--markdown")
    assert out == (
        "### Breaking changes\n\n"
        "* `pets.list`: the argument limit is gone; a call that gives it fails with a TypeError.\n"
        '* `pets.list`: the argument sort knows the value "a\\\\x1b\\[31mge" no more; '
        "the API is likely to refuse a call that sends it.\n\n"
        "### Added\n\n"
        "* `pet.age`: a new field.\n"
    )
    assert run("old.yaml", "old.yaml", "--markdown")[1] == ""


def test_the_configurations_are_found_beside_the_documents(folder, run):
    """Or named; the old one is the new one's where nothing else is said."""
    (folder / "specloom.yaml").write_text(
        "document: new.yaml\nbrand: {name: Zoo, version: 2.1.0}\n"
    )
    assert "2.1.0 -> 3.0.0" in run("old.yaml", "new.yaml")[1]
    (folder / "old.specloom.yaml").write_text("document: old.yaml\nbrand: {name: Pets}\n")
    assert "client: is now called Zoo, not Pets" in run("old.yaml", "new.yaml")[1]
    assert "not Pets" not in run("old.yaml", "new.yaml", "--config", "specloom.yaml")[1]
    (folder / "x.yaml").write_text("brand: {name: X}\n")
    out = run("old.yaml", "new.yaml", "--config", "specloom.yaml", "--old-config", "x.yaml")[1]
    assert "not X" in out


def test_the_lock_of_the_sdk_is_used(folder, run):
    """Names that it keeps are the old edition's names: the new one cannot change them."""
    lock = {"specloom": 1, "models": {"/components/schemas/Pet": "animal"}}
    (folder / "my.lock").write_text(json.dumps(lock))
    assert "feature: animal.age" in run("old.yaml", "new.yaml", "--lock", "my.lock")[1]
    (folder / "python-sdk").mkdir()
    (folder / "python-sdk" / "specloom.lock").write_text(json.dumps(lock))
    (folder / "specloom.yaml").write_text("document: new.yaml\ntargets: {python: {}}\n")
    assert "feature: animal.age" in run("old.yaml", "new.yaml")[1]


def test_overlays_are_applied(folder, run):
    """To the document they are named for."""
    (folder / "fix.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\n"
        "actions: [{target: $.paths, remove: true}]\n"
    )
    assert "method-removed" in run("old.yaml", "old.yaml", "--overlay", "fix.yaml")[1]
    assert "method-added" in run("old.yaml", "old.yaml", "--old-overlay", "fix.yaml")[1]


def _own_documents():
    names = ["openapi.yaml", "openapi.mock.yaml", "specs/*.yaml", "mock-server/*.openapi.yaml"]
    found = [path for name in names for path in sorted(ROOT.glob(name))]
    return [path for path in found if b"\npaths:" in path.read_bytes()]


def _assert_unchanged(path):
    document = load(path)
    old = build(document)
    new = build(document, lock=lock_of(old))
    assert compare(Edition(old, default_config()), Edition(new, default_config())) == []


@pytest.mark.parametrize("path", _own_documents(), ids=lambda path: path.name)
def test_a_document_differs_in_nothing_from_itself(path):
    """Whatever it holds."""
    _assert_unchanged(path)


def test_public_documents_differ_in_nothing_from_themselves(zoo):
    """Those of the zoo that are read within a second."""
    for path in zoo.values():
        if path.stat().st_size < 1_000_000:
            _assert_unchanged(path)

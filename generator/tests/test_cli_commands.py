"""The command line: what it prints, writes and exits with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from specloom.cli import main

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pet Shop, version: '1'}
servers: [{url: 'https://pets.example'}]
paths:
  /pets:
    get:
      operationId: pets.list
      summary: List pets.
      responses:
        '200': {description: d, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a document, which the command runs in."""
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command line; return the exit code and both streams."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_generate_writes_and_says_so(folder, run):
    """A summary in one line; a second run changes nothing; --check agrees."""
    code, out, err = run("generate", "openapi.yaml", "--out", "sdk")
    assert code == 0
    assert out.startswith("python: 1 operation, 1 model, ")
    assert err == ""
    assert (folder / "sdk" / "src").is_dir()
    assert "none changed" in run("generate", "openapi.yaml", "--out", "sdk")[1]
    code, out, _ = run("generate", "openapi.yaml", "--out", "sdk", "--check")
    assert code == 0
    assert "up to date" in out


def test_check_names_what_differs(folder, run):
    """Exit 1, and the files by name; nothing is written."""
    run("generate", "openapi.yaml", "--out", "sdk")
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("name:", "label:"))
    before = sorted(
        (path, path.read_bytes()) for path in (folder / "sdk").rglob("*") if path.is_file()
    )
    code, out, _ = run("generate", "openapi.yaml", "--out", "sdk", "--check")
    assert code == 1
    assert "sdk: changed: " in out
    assert "out of date" in out
    after = sorted(
        (path, path.read_bytes()) for path in (folder / "sdk").rglob("*") if path.is_file()
    )
    assert before == after


def test_generate_reports_to_machines(folder, run):
    """One JSON object on standard output."""
    code, out, _ = run("generate", "openapi.yaml", "--out", "sdk", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["operations"], report["models"], report["fidelity"]) == (1, 1, 100.0)
    assert report["targets"][0]["target"] == "python"
    assert report["diagnostics"] == []


def test_the_configuration_beside_the_document_is_used(folder, run):
    """If it names that document; its target says where to write."""
    config = (
        "document: openapi.yaml\nbrand: {name: Zoo, package: zoo}\ntargets: {python: {out: made}}\n"
    )
    (folder / "specloom.yaml").write_text(config)
    assert run("generate", "openapi.yaml")[0] == 0
    assert (folder / "made" / "src" / "zoo").is_dir()
    (folder / "other.yaml").write_text(DOCUMENT)
    assert run("generate", "other.yaml")[0] == 0
    assert (folder / "python-sdk" / "src" / "pet_shop").is_dir()
    assert run("generate", "--check")[0] == 0
    (folder / "other.specloom.yaml").write_text(
        config.replace("openapi", "other").replace("zoo", "own")
    )
    assert run("generate", "other.yaml", "--out", "third")[0] == 0
    assert (folder / "third" / "src" / "own").is_dir()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["generate", "openapi.yaml", "--target", "cobol"], "known targets: python"),
        (["generate"], "name a document"),
        (["generate", "nope.yaml"], "cannot read"),
        (["generate", "openapi.yaml", "--config", "nope.yaml"], "cannot read"),
        (
            [
                "generate",
                "openapi.yaml",
                "--target",
                "python",
                "--target",
                "python-functional",
                "--out",
                "x",
            ],
            "--out",
        ),
        (["lint", "broken.yaml"], "broken.yaml:3:"),
        (["nonsense"], "invalid choice"),
        (["generate", "--nonsense"], "unrecognized"),
        (["generate", "openapi.yaml", "--out", "openapi.yaml"], ""),
    ],
)
def test_bad_usage_and_bad_input_exit_with_2(folder, run, arguments, part):
    """And say on standard error what is wrong."""
    (folder / "broken.yaml").write_text("openapi: 3.1.0\ninfo: {title: T\n")
    code, _, err = run(*arguments)
    assert code == 2
    assert part in err


def test_bad_input_is_json_where_asked(folder, run):
    """A machine finds the diagnostic on standard output."""
    (folder / "broken.yaml").write_text("openapi: [")
    code, out, _ = run("lint", "broken.yaml", "--json")
    assert code == 2
    assert json.loads(out)["diagnostics"][0]["code"] == "yaml-syntax"


def test_lint_exits_with_1_on_errors_only(folder, run):
    """Notes and warnings are shown, and are no failure."""
    assert run("lint", "openapi.yaml")[0] == 0
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("'200'", "200"))
    code, out, err = run("lint", "openapi.yaml")
    assert (code, "1 note" in out) == (0, True)
    assert "openapi.yaml:10:9: note" in err
    (folder / "openapi.yaml").write_text(DOCUMENT + "    Bad: {enum: []}\n")
    code, out, err = run("lint", "openapi.yaml")
    assert code == 1
    assert "openapi.yaml:14:11: error: enum is empty" in err
    assert "consequence:" in err
    assert "hint:" in err


def test_lint_checks_extensions_by_their_schemas(folder, run):
    """The place of the wrong value is shown."""
    text = DOCUMENT.replace("      summary: List pets.\n", "      x-rate-limit: {policy: 5}\n")
    (folder / "openapi.yaml").write_text(text)
    code, out, _ = run("lint", "openapi.yaml", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["extensions"] == 1
    assert all(item["line"] == 8 for item in report["diagnostics"])


def test_fidelity_counts_and_fails_below_the_minimum(folder, run):
    """A table, every loss by name, and a threshold for CI."""
    code, out, _ = run("fidelity", "openapi.yaml", "--min-fidelity", "100")
    assert code == 0
    assert "100.00 % emitted" in out
    (folder / "openapi.yaml").write_text(DOCUMENT + "    Bad: {enum: []}\n")
    code, out, _ = run("fidelity", "openapi.yaml", "--min-fidelity", "100")
    assert code == 1
    assert "dropped: /components/schemas/Bad/enum: enum is empty" in out
    report = json.loads(run("fidelity", "openapi.yaml", "--json")[1])
    assert report["totals"]["keyword"]["dropped"] == 1
    assert report["percent"] < 100


def test_overlays_are_applied(folder, run):
    """An overlay repairs what lint complains about."""
    (folder / "openapi.yaml").write_text(DOCUMENT + "    Bad: {enum: []}\n")
    (folder / "fix.yaml").write_text(
        "overlay: 1.0.0\nactions: [{target: $.components.schemas.Bad.enum, remove: true}]\n"
    )
    assert run("lint", "openapi.yaml")[0] == 1
    assert run("lint", "openapi.yaml", "--overlay", "fix.yaml")[0] == 0


def test_help_documents_the_exit_codes(run):
    """For the whole program and for each command."""
    for arguments in (
        ["--help"],
        ["generate", "--help"],
        ["lint", "--help"],
        ["fidelity", "--help"],
    ):
        code, out, _ = run(*arguments)
        assert code == 0
        assert "exit codes:" in out
    assert "referee" in run("--help")[1]
    code, _, _ = run()
    assert code == 2


def test_version(run):
    """The package's own."""
    import specloom

    assert run("--version")[1] == f"specloom {specloom.__version__}\n"


def test_an_internal_error_exits_with_3(folder, run, monkeypatch):
    """With its traceback, and a request to report it."""
    import specloom.spec

    def fail(*args, **options):
        raise RuntimeError("broken")

    monkeypatch.setattr(specloom.spec, "load", fail)
    code, _, err = run("lint", "openapi.yaml")
    assert code == 3
    assert "broken" in err
    assert "report it" in err


def test_it_runs_as_a_module(folder):
    """``python -m specloom``, and only with the modules that the command needs."""
    program = (
        "import sys; from specloom.cli import main; code = main(['lint', 'openapi.yaml'])\n"
        "loaded = {'jinja2', 'jsonpath_rfc9535', 'openapi_python_client'} & set(sys.modules)\n"
        "sys.exit(code or (4 if loaded else 0))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    ran = subprocess.run([sys.executable, "-m", "specloom", "lint", "openapi.yaml"], check=False)
    assert ran.returncode == 0


def test_names_are_locked_in_the_folder_of_the_sdk(folder, run):
    """Written with the SDK, compared by --check, refused when it is broken."""
    assert run("generate", "openapi.yaml", "--out", "sdk")[0] == 0
    lock = folder / "sdk" / "specloom.lock"
    assert json.loads(lock.read_text())["models"] == {"/components/schemas/Pet": "pet"}
    (folder / "openapi.yaml").write_text(
        DOCUMENT + "    pet: {type: object, properties: {a: {}}}\n"
    )
    code, out, _ = run("generate", "openapi.yaml", "--out", "sdk", "--check")
    assert code == 1
    assert "changed: specloom.lock" in out
    assert run("generate", "openapi.yaml", "--out", "sdk")[0] == 0
    assert json.loads(lock.read_text())["models"]["/components/schemas/Pet"] == "pet"
    lock.write_text("<<<<<<<")
    code, _, err = run("generate", "openapi.yaml", "--out", "sdk")
    assert code == 2
    assert "specloom.lock" in err

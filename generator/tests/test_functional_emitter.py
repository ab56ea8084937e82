"""The `python-functional` target on small documents: what it prints is imported and called."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from specloom.config import Brand, Config, default_config
from specloom.emit.python_functional import FunctionalError, emit
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.ir.model import Api
from specloom.opc import UnavailableError
from specloom.spec import load

HEAD = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}}
OK = {"200": {"description": "Done."}}


def api_of(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> Api:
    components = {"schemas": schemas or {}}
    document = {**HEAD, "paths": paths, "components": components}
    return build(load(json.dumps(document).encode()))


class Generated:
    """A generated package, importable, and a server that answers what it is told."""

    def __init__(self, folder: Path, package: str, ledger: Ledger) -> None:
        self.folder = folder
        self.package = package
        self.ledger = ledger
        self.sent: list[httpx.Request] = []
        self.answer = httpx.Response(200)

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self.package}.{name}")

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call an operation of the tag `default`; its request is the last of `sent`."""

        def serve(request: httpx.Request) -> httpx.Response:
            self.sent.append(request)
            return self.answer

        client = self.module("client").Client(
            base_url="http://api.test", httpx_args={"transport": httpx.MockTransport(serve)}
        )
        function = self.module(f"api.default.{name}").sync_detailed
        with client:
            return function(*arguments, client=client, **named)

    def query(self, name: str, **named: Any) -> list[tuple[str, str]]:
        """The query parameters of a call."""
        self.call(name, **named)
        return list(self.sent[-1].url.params.multi_items())


@pytest.fixture
def generate(tmp_path: Path) -> Iterator[Callable[..., Generated]]:
    """Makes a package of a document."""
    made: list[str] = []

    def make(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> Generated:
        package = f"generated_{len(made)}"
        ledger = Ledger()
        config = dataclasses.replace(default_config(), brand=Brand(package=package))
        files = emit(api_of(paths, schemas), config, ledger)
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        made.append(f"{package}_functional")
        importlib.invalidate_caches()
        return Generated(tmp_path, made[-1], ledger)

    sys.path.insert(0, str(tmp_path / "src"))
    yield make
    sys.path.remove(str(tmp_path / "src"))
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


def listing(*parameters: dict[str, Any]) -> dict[str, Any]:
    operation = {"operationId": "list", "parameters": list(parameters), "responses": OK}
    return {"/things": {"get": operation}}


def query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


TEXTS = {"type": "array", "items": {"type": "string"}}
NUMBERS = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("style", "explode", "sent"),
    [
        ("form", True, [("color", "red"), ("color", "blue")]),
        ("form", False, [("color", "red,blue")]),
        ("spaceDelimited", False, [("color", "red blue")]),
        ("pipeDelimited", False, [("color", "red|blue")]),
    ],
)
def test_lists_are_sent_in_their_style(
    generate: Callable[..., Generated],
    style: str,
    explode: bool,
    sent: list[tuple[str, str]],
) -> None:
    """openapi-python-client alone sends every list exploded."""
    made = generate(listing(query("color", TEXTS, style=style, explode=explode)))
    assert made.query("list_", color=["red", "blue"]) == sent
    assert made.query("list_") == []


@pytest.mark.parametrize(
    ("style", "explode", "sent"),
    [
        ("form", True, [("R", "1"), ("G", "2")]),
        ("form", False, [("color", "R,1,G,2")]),
        ("deepObject", True, [("color[R]", "1"), ("color[G]", "2")]),
    ],
)
def test_objects_are_sent_in_their_style(
    generate: Callable[..., Generated],
    style: str,
    explode: bool,
    sent: list[tuple[str, str]],
) -> None:
    """openapi-python-client alone sends the properties of every object as parameters."""
    schema = {"$ref": "#/components/schemas/Color"}
    paths = listing(query("color", schema, style=style, explode=explode))
    made = generate(paths, {"Color": NUMBERS})
    color = made.module("models").Color.from_dict({"R": 1, "G": 2})
    assert made.query("list_", color=color) == sent


def test_a_parameter_in_content_is_sent_as_json(generate: Callable[..., Generated]) -> None:
    """openapi-python-client alone drops it."""
    content = {"application/json": {"schema": {"type": "object"}}}
    made = generate(listing({"name": "filter", "in": "query", "content": content}))
    kind = made.module("models").AnyMap
    given = kind.from_dict({"status": "ö", "n": [1, None]})
    assert made.query("list_", filter_=given) == [("filter", '{"status":"ö","n":[1,null]}')]


def test_names_that_look_alike_stay_apart(generate: Callable[..., Generated]) -> None:
    """openapi-python-client alone gives up where two names make one identifier."""
    text = {"type": "string"}
    names = ["StartTime", "StartTime<", "StartTime>", "start_time"]
    made = generate(
        listing(*(query(name, text) for name in names)),
        {"Reaction": {"type": "object", "properties": {"+1": text, "-1": text, "1": text}}},
    )
    module = made.module("api.default.list_")
    given = dict(zip(_parameters(module), names, strict=True))
    assert sorted(made.query("list_", **given)) == sorted((name, name) for name in names)
    reaction = {"+1": "a", "-1": "b", "1": "c"}
    model = made.module("models").Reaction
    assert model.from_dict(reaction).to_dict() == reaction
    assert model.from_dict(reaction).additional_properties == {}


def _parameters(module: ModuleType) -> list[str]:
    code = module._get_kwargs.__code__
    return list(code.co_varnames[: code.co_kwonlyargcount])


def test_names_of_the_templates_are_left_alone(generate: Callable[..., Generated]) -> None:
    """A parameter or property named as one of the templates' variables does no harm."""
    words = ["client", "url", "body", "params", "headers", "cookies", "kwargs", "quote", "cast"]
    fields = ["d", "cast", "cls", "to_dict", "additional_properties", "prop", "error", "self"]
    schema = {
        "type": "object",
        "properties": {name: {"type": "array", "items": {"type": "integer"}} for name in fields},
    }
    post = {
        "operationId": "send",
        "parameters": [query(word, {"type": "string"}) for word in words],
        "requestBody": {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        },
        "responses": {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }
        },
    }
    made = generate({"/things": {"post": post}}, {"Error": schema})
    value = {name: [1] for name in fields}
    made.answer = httpx.Response(200, json=value)
    body = made.module("models").Error.from_dict(value)
    given = {name: name for name in _parameters(made.module("api.default.send")) if name != "body"}
    answer = made.call("send", body=body, **given)
    assert answer.parsed.to_dict() == value
    assert json.loads(made.sent[-1].content) == value
    assert sorted(made.sent[-1].url.params) == sorted(words)


def test_models_named_as_the_runtime_stay_apart(generate: Callable[..., Generated]) -> None:
    """Components called Response, File, Any or Client do not replace what modules import."""
    names = ["Response", "File", "Any", "Client", "Unset"]
    paths = {
        f"/{name}": {
            "get": {
                "operationId": name,
                "responses": {
                    "200": {
                        "description": "Done.",
                        "content": {
                            "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
                        },
                    }
                },
            }
        }
        for name in names
    }
    schemas = {name: {"type": "object", "properties": {"x": {"type": "integer"}}} for name in names}
    made = generate(paths, schemas)
    for name in names:
        made.answer = httpx.Response(200, json={"x": 1})
        assert made.call("any_" if name == "Any" else name.lower()).parsed.x == 1


@pytest.mark.parametrize("media_type", ["text/plain", "image/png", "application/xml"])
def test_other_bodies_travel_as_bytes(generate: Callable[..., Generated], media_type: str) -> None:
    """Media types that openapi-python-client does not know are sent and read all the same."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    made = generate(
        {
            "/things": {
                "put": {
                    "operationId": "put",
                    "requestBody": {"required": True, "content": content},
                    "responses": {"200": {"description": "Done.", "content": content}},
                }
            }
        }
    )
    made.answer = httpx.Response(200, content=b"\x00there")
    file = made.module("types").File(payload=b"\x00here")
    answer = made.call("put", body=file)
    assert (made.sent[-1].content, answer.content) == (b"\x00here", b"\x00there")
    assert made.sent[-1].headers["content-type"] == media_type


def test_a_type_that_contains_itself_ends(generate: Callable[..., Generated]) -> None:
    """Where openapi-python-client cannot recurse the type is open, and the ledger says so."""
    tree = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    holder = {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Tree"}}}
    made = generate(listing(), {"Tree": tree, "Holder": holder})
    value = {"tree": [[], [[]]]}
    assert made.module("models").Holder.from_dict(value).to_dict() == value
    assert any("contains itself" in entry.reason for entry in made.ledger)


def test_document_text_stays_text(generate: Callable[..., Generated]) -> None:
    """Quotes, braces and backslashes of a document never become code."""
    evil = '"""\nraise SystemExit("out")\n"""\\" {open} {{x}} %s \x00'
    name = '""" raise SystemExit("out") # {x} %s \\'
    schema = {
        "type": "object",
        "description": evil,
        "properties": {
            name: {"type": "string", "description": evil, "default": evil},
            "kind": {"type": "string", "enum": [evil, "plain"]},
            "fixed": {"const": evil},
        },
    }
    path = listing(query(name, {"type": "string", "enum": [evil]}, description=evil))
    path["/things"]["get"] |= {"summary": evil, "description": evil, "tags": [evil]}
    made = generate(path, {"Evil": schema})
    for file in (made.folder / "src").rglob("*.py"):
        module = file.relative_to(made.folder / "src").with_suffix("").as_posix()
        importlib.import_module(module.replace("/", "."))
    value = {name: "x", "kind": evil, "fixed": evil}
    assert made.module("models").Evil.from_dict(value).to_dict() == value


def test_a_docstring_names_method_and_path(generate: Callable[..., Generated]) -> None:
    """Every function says what it calls."""
    made = generate(listing())
    assert "GET /things" in made.module("api.default.list_").sync_detailed.__doc__


def test_a_lost_operation_is_fatal() -> None:
    """Two operations at one place cannot both be made, so nothing is."""
    api = api_of(listing())
    (operation,) = api.operations.values()
    twice = {operation.id: operation, "again": dataclasses.replace(operation, id="again")}
    with pytest.raises(FunctionalError, match="1 of 2 operations"):
        emit(dataclasses.replace(api, operations=twice), Config(), Ledger())


def test_an_error_that_it_records_is_fatal() -> None:
    """A response status that openapi-python-client does not know is an error, not a gap."""
    api = api_of(listing())
    (operation,) = api.operations.values()
    (response,) = operation.responses
    odd = dataclasses.replace(operation, responses=(dataclasses.replace(response, status="2__"),))
    with pytest.raises(FunctionalError, match="Invalid response status code pattern: 2__"):
        emit(dataclasses.replace(api, operations={odd.id: odd}), Config(), Ledger())


@pytest.mark.parametrize("found", [None, "0.20.0"])
def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, found: str | None) -> None:
    """Its internals are known in one version only; the hint names the command that installs it."""

    def version(name: str) -> str:
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr("specloom.opc.version", version)
    with pytest.raises(UnavailableError, match=r"pip install 'specloom\[referee\]'"):
        emit(api_of(listing()), Config(), Ledger())


def test_output_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Two processes with different hash seeds write the same bytes."""
    document = tmp_path / "openapi.json"
    kinds = {"type": "string", "enum": ["b", "a", "c"]}
    paths = listing(query("kind", kinds), query("either", {"oneOf": [kinds, {"type": "integer"}]}))
    document.write_text(json.dumps({**HEAD, "paths": paths}))
    written = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        subprocess.run(
            [
                *[sys.executable, "-m", "specloom", "generate", str(document)],
                *["--target", "python-functional", "--out", str(out)],
            ],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
        written.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert written[0] == written[1]

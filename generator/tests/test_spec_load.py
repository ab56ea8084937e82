"""Files and bytes, sizes and encodings, versions."""

from __future__ import annotations

import hashlib
import json

import pytest

from specloom.diagnostics import Diagnostics
from specloom.spec import SpecError, load
from specloom.spec import source as source_module

PLAIN = b"openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"


def failure(data, **options):
    with pytest.raises(SpecError) as caught:
        load(data, name="doc.yaml", **options)
    return caught.value.diagnostic


def test_a_file_and_its_bytes_are_one(tmp_path):
    """Path, digest and tree are those of the file."""
    path = tmp_path / "api.yaml"
    path.write_bytes(PLAIN)
    document = load(path)
    assert document.root == load(PLAIN).root
    assert document.path == str(path)
    assert document.sha256 == hashlib.sha256(PLAIN).hexdigest()


def test_canonical_roots_are_complete():
    """paths, webhooks and components are always there, the version is 3.1."""
    document = load(b"openapi: 3.0.3\ninfo: {title: T, version: '1'}")
    assert document.source_version == "3.0.3"
    assert document.root["openapi"] == "3.1.0"
    assert document.root["paths"] == document.root["webhooks"] == document.root["components"] == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_recognised(encoding):
    """A byte order mark decides."""
    text = json.dumps({"openapi": "3.0.0", "info": {"title": "Café", "version": "1"}, "paths": {}})
    assert load(text.encode(encoding)).root["info"]["title"] == "Café"


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"", "not-openapi", 1, 1),
        (b"- 1", "not-openapi", 1, 1),
        (b"<html>", "not-openapi", 1, 1),
        (b"title: T", "not-openapi", 1, 1),
        (b"info: {}\nopenapi: 4.0.0", "unknown-version", 2, 1),
        (b"info: {}\nswagger: 1.2", "unknown-version", 2, 1),
        (b"openapi: 3.1.0\ninfo: {title: caf\xe9}", "encoding", 2, 18),
        (b'{"openapi": "3.1.0", "info"', "json-syntax", 1, 28),
        (b"\x00\x01", "yaml-syntax", None, None),
    ],
)
def test_what_is_no_document_says_why(data, code, line, column):
    """The diagnostic names file, line and column, the consequence and a hint."""
    item = failure(data) if code != "json-syntax" else failure_json(data)
    assert (item.code, item.line, item.column) == (code, line, column)
    assert item.file in {"doc.yaml", "doc.json"}
    assert item.consequence == "nothing is generated"
    assert item.hint


def failure_json(data):
    with pytest.raises(SpecError) as caught:
        load(data, name="doc.json")
    return caught.value.diagnostic


def test_a_flow_mapping_may_be_yaml():
    """A text that begins with a brace need not be JSON, unless its name says so."""
    assert load(b"{openapi: 3.1.0, info: {title: T, version: '1'}}").root["info"]["title"] == "T"
    assert failure_json(b"{openapi: 3.1.0}").code == "json-syntax"


def test_an_unquoted_version_keeps_its_spelling():
    """1.10 is not 1.1."""
    for text in (
        b"openapi: 3.1\ninfo: {title: 1.0, version: 1.10}",
        b'{"openapi": "3.1.0", "info": {"title": 1.0, "version": 1.10}}',
    ):
        document = load(text)
        assert document.root["info"]["version"] == "1.10"
        assert document.root["info"]["title"] == "1.0"


def test_a_newer_minor_version_is_a_warning():
    """3.2 is read as 3.1."""
    found = Diagnostics()
    load(b"openapi: 3.2.0\ninfo: {title: T, version: '1'}", diagnostics=found)
    assert [item.code for item in found] == ["newer-version"]


def test_a_missing_file_is_refused(tmp_path):
    """The path is named."""
    item = failure(tmp_path / "nope.yaml")
    assert item.code == "unreadable"
    assert item.file == str(tmp_path / "nope.yaml")


def test_a_file_beyond_the_limit_is_refused(monkeypatch, tmp_path):
    """The limit holds for files and for bytes."""
    monkeypatch.setattr(source_module, "MAX_BYTES", 10)
    path = tmp_path / "api.yaml"
    path.write_bytes(PLAIN)
    assert failure(path).code == "too-large"
    assert failure(PLAIN).code == "too-large"


def test_positions_are_those_of_the_file(tmp_path):
    """JSON and YAML alike; what is not there has its nearest ancestor's place."""
    path = tmp_path / "api.yaml"
    path.write_bytes(PLAIN + b"components:\n  schemas:\n    A: {type: string}\n")
    document = load(path)
    place = document.position("/components/schemas/A")
    assert (place.file, place.line, place.column) == (str(path), 6, 5)
    assert document.position("/components/schemas/A/nope") == place
    assert str(place) == f"{path}:6:5"


def test_resolve_follows_chains_and_stops_at_circles():
    """A chain's end is returned with its pointer; a circle is an empty node."""
    document = load(
        PLAIN + b"components:\n  schemas:\n    A: {$ref: '#/components/schemas/B'}\n"
        b"    B: {$ref: '#/components/schemas/C'}\n    C: {type: string}\n"
    )
    node, pointer = document.resolve({"$ref": "#/components/schemas/A"})
    assert (node, pointer) == ({"type": "string"}, "/components/schemas/C")
    assert document.resolve({"type": "integer"}, "/x") == ({"type": "integer"}, "/x")
    document.root["components"]["schemas"]["C"] = {"$ref": "#/components/schemas/A"}
    assert document.resolve({"$ref": "#/components/schemas/A"})[0] == {}
    assert document.resolve({"$ref": "#/nope"})[0] == {}


def test_at_refuses_what_is_not_there():
    """A pointer that leads nowhere is a KeyError."""
    document = load(PLAIN)
    assert document.at("/info/title") == "T"
    with pytest.raises(KeyError):
        document.at("/info/nope")

"""Public documents: every operation is in the representation, soon and without a crash."""

from __future__ import annotations

import gc
import json
import os

import pytest
import yaml

from specloom.diagnostics import Diagnostics
from specloom.ir.build import build
from specloom.ir.build.reach import models_in
from specloom.ir.model import NamedType, ObjectModel, Operation
from specloom.spec import load
from specloom.spec.yaml_reader import read_yaml

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def raw(path):
    """Read a document with a reader that is not ours."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    gc.disable()  # it would more than double the time
    try:
        return yaml.load(text, Loader=yaml.CBaseLoader)
    finally:
        gc.enable()


@pytest.fixture(scope="module")
def apis(zoo):
    """Build each document once."""
    return {name: build(load(path)) for name, path in zoo.items()}


def test_the_folder_is_named_or_its_absence_is(zoo):
    """Without SPECLOOM_ZOO there is nothing to read, and that is all that is missing."""
    assert bool(zoo) == bool(os.environ.get("SPECLOOM_ZOO")), "SPECLOOM_ZOO names no documents"


def test_every_operation_arrives(zoo, apis):
    """As many as an independent reading counts, under distinct names."""
    for name, path in zoo.items():
        api = apis[name]
        counted = sum(method in METHODS for item in raw(path)["paths"].values() for method in item)
        assert len(api.operations) == counted, name
        seats = {(item.resource, item.method_name) for item in api.operations.values()}
        assert len(seats) == counted, name
        listed: list[str] = []
        nodes = [api.root]
        while nodes:
            node = nodes.pop()
            listed += node.operations
            nodes += node.children
        assert sorted(listed) == sorted(api.operations), name


def test_names_are_unique_and_whole(apis):
    """Models by joined name; every reference leads to a model; no name is a number."""
    for name, api in apis.items():
        joined = ["".join(model.name) for model in api.models.values()]
        assert len(set(joined)) == len(joined), name
        for model in api.models.values():
            types = (
                [field.type for field in model.fields]
                if isinstance(model, ObjectModel)
                else [model.type]
                if isinstance(model, NamedType)
                else []
            )
            assert all(found in api.models for made in types for found in models_in(made)), name
            if isinstance(model, ObjectModel):
                fields = [field.name for field in model.fields]
                assert len(set(fields)) == len(fields), (name, model.id)
        for operation in api.operations.values():
            assert isinstance(operation, Operation)
            parameters = [parameter.name for parameter in operation.parameters]
            assert len(set(parameters)) == len(parameters), (name, operation.id)


def test_building_is_deterministic(zoo):
    """Two builds of one document are equal."""
    for name in ("petstore.yaml", "spotify.yaml", "train-travel.yaml"):
        if name in zoo:
            first, second = (build(load(zoo[name])) for _ in range(2))
            assert first == second


def test_yaml_agrees_with_another_reader(zoo):
    """Every key and every text, on documents of some ten thousand lines."""

    def texts(node):
        if isinstance(node, dict):
            return {key: texts(value) for key, value in node.items()}
        if isinstance(node, list):
            return [texts(value) for value in node]
        return node if isinstance(node, str) else "scalar"

    def agree(ours, theirs):
        if isinstance(theirs, dict):
            return ours.keys() == theirs.keys() and all(
                agree(ours[key], theirs[key]) for key in theirs
            )
        if isinstance(theirs, list):
            return len(ours) == len(theirs) and all(map(agree, ours, theirs))
        return ours == "scalar" or ours == theirs

    for name in ("spotify.yaml", "xero.yaml", "train-travel.yaml"):
        if name in zoo:
            text = zoo[name].read_text(encoding="utf-8")
            theirs = yaml.load(text, Loader=yaml.CBaseLoader)
            assert agree(texts(read_yaml(text, name, Diagnostics())), theirs), name


@pytest.mark.parametrize("name", ["discord.json", "openai.yaml"])
def test_findings_name_their_lines(zoo, name):
    """A finding's line holds the key that it is about."""
    if name in zoo:
        diagnostics = Diagnostics()
        load(zoo[name], diagnostics=diagnostics)
        lines = zoo[name].read_text(encoding="utf-8").splitlines()
        for item in diagnostics:
            assert item.line is not None
            assert item.pointer is not None
            key = item.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            assert key in lines[item.line - 1]

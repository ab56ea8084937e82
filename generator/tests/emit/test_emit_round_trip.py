"""Examples of real documents survive the generated types: read, written, and read again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from specloom.config import load_config
from specloom.ir.model import Api, BodyKind, ObjectModel, Ref

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [
    ROOT / "openapi.yaml",
    *(p for p in sorted((ROOT / "specs").glob("*.yaml")) if not p.stem.endswith(".specloom")),
]


def settings(path: Path) -> Path:
    own = path.with_suffix(".specloom.yaml")
    return own if own.is_file() else path.with_name("specloom.yaml")


def examples(api: Api) -> Iterator[tuple[str, str, Any]]:
    """What, the id of the named type, and a value of it."""
    for operation in api.operations.values():
        for response in operation.responses:
            for content in response.contents:
                value, type_ = content.example, content.type
                if content.kind is BodyKind.JSON and value is not None and isinstance(type_, Ref):
                    yield f"{operation.id} {response.status}", type_.model, value
    for model in api.models.values():
        if isinstance(model, ObjectModel):
            for example in model.examples:
                yield model.id, model.id, example


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_examples_survive(package: Callable[..., Any], path: Path) -> None:
    """Each example is read without leniency, and written as it was."""
    from specloom.emit.python.plan import type_plan
    from specloom.emit.python.types import Side

    sdk = package(path.read_bytes(), load_config(settings(path)))
    names = type_plan(sdk.api).names
    count = 0
    for what, model, example in examples(sdk.api):
        name = names.get((Side.RESPONSE, model))
        if name is None:
            continue  # a type of requests only
        adapter = TypeAdapter(sdk.type(name.name))
        adapter.rebuild(raise_errors=True)
        value = adapter.validate_python(example)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            written = adapter.dump_python(value, mode="json", by_alias=True, exclude_unset=True)
        assert adapter.validate_python(written) == value, what
        assert set(written) == set(example), what
        count += 1
    assert count >= len(sdk.api.operations) // 2


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_operation_is_a_method(package: Callable[..., Any], path: Path) -> None:
    """No operation of a document is lost, and each says its method and path."""
    sdk = package(path.read_bytes(), load_config(settings(path)))
    found = sdk.module("testing").operations()
    assert set(found) == set(sdk.api.operations)
    for id_, operation in sdk.api.operations.items():
        assert found[id_].method == operation.http_method.upper()

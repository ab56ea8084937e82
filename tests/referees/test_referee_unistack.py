"""The two readings of openapi.yaml agree, and would not if Specloom lost anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from specloom.config import load_config
from specloom.ir.build import build
from specloom.referee import compare, judge, load_explanations, read_ours, read_theirs
from specloom.referee.compare import _Comparison
from specloom.referee.reading import NULL, Atom, Named, ObjectReading, Reading, choice
from specloom.spec import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ours() -> Reading:
    """Specloom's reading."""
    api = build(load(ROOT / "openapi.yaml"), load_config(ROOT / "specloom.yaml"))
    return read_ours(api)


@pytest.fixture(scope="module")
def theirs() -> Reading:
    """openapi-python-client's reading."""
    return read_theirs(ROOT / "openapi.yaml")


def without(mapping: Mapping[Any, Any], key: Any) -> dict[Any, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def in_operations(reading: Reading) -> Iterator[tuple[str, Reading]]:
    """One thing of one operation lost or changed, for each operation and thing."""
    for key, operation in reading.operations.items():
        changed: list[tuple[str, dict[str, Any]]] = []
        for name, parameter in operation.parameters.items():
            text = dataclasses.replace(parameter, shape=Atom("date"))
            other = dataclasses.replace(parameter, required=not parameter.required)
            parameters = operation.parameters
            changed += [
                (f"lost {name}", {"parameters": without(parameters, name)}),
                (f"type of {name}", {"parameters": {**parameters, name: text}}),
                (f"requiredness of {name}", {"parameters": {**parameters, name: other}}),
            ]
        for status in operation.responses:
            changed.append((f"lost {status}", {"responses": without(operation.responses, status)}))
        for media_type in operation.bodies:
            bodies = without(operation.bodies, media_type)
            changed.append((f"lost {media_type}", {"bodies": bodies}))
        if operation.bodies:
            changed.append(("optional body", {"body_required": not operation.body_required}))
        for what, change in changed:
            operations = {key: dataclasses.replace(operation, **change)}
            yield f"{key}: {what}", dataclasses.replace(reading, operations=operations)


def in_objects(reading: Reading, reached: set[str]) -> Iterator[tuple[str, str, Reading]]:
    """One field of one object lost or changed, for each field of an object that is compared."""
    for key, found in reading.named.items():
        if key not in reached or not isinstance(found, ObjectReading):
            continue
        for name, field in found.fields.items():
            wider = dataclasses.replace(field, shape=choice((field.shape, NULL, Atom("date"))))
            other = dataclasses.replace(field, required=not field.required)
            for what, fields in (
                ("lost", without(found.fields, name)),
                ("type of", {**found.fields, name: wider}),
                ("requiredness of", {**found.fields, name: other}),
            ):
                named = {**reading.named, key: dataclasses.replace(found, fields=fields)}
                yield f"{key}: {what} {name}", key, dataclasses.replace(reading, named=named)


def test_every_difference_is_explained(ours: Reading, theirs: Reading) -> None:
    """openapi.referee.yaml explains all of them, and nothing else."""
    verdict = judge(compare(ours, theirs), load_explanations(ROOT / "openapi.referee.yaml"))
    assert verdict.unexplained == ()
    assert verdict.unused == ()
    assert theirs.complaints == ()


def test_every_operation_is_read_by_both(ours: Reading, theirs: Reading, document: Any) -> None:
    """As many as the document has."""
    assert len(ours.operations) == len(theirs.operations) == len(document.operations)


def test_no_loss_in_an_operation_goes_unnoticed(ours: Reading, theirs: Reading) -> None:
    """Whatever one thing is taken from an operation or changed in it, the referee sees it."""
    known = set(compare(ours, theirs))
    missed, tried = [], 0
    for what, mutant in in_operations(ours):
        tried += 1
        same = {key: theirs.operations[key] for key in mutant.operations}
        if set(compare(mutant, dataclasses.replace(theirs, operations=same))) <= known:
            missed.append(what)
    assert missed == []
    assert tried > 1000


def test_no_loss_in_an_object_goes_unnoticed(ours: Reading, theirs: Reading) -> None:
    """Whatever one field is taken from an object or changed in it, the referee sees it."""
    comparison = _Comparison(ours, theirs)
    comparison.operations()
    pairs = dict(comparison._met)
    missed, tried = [], 0
    for what, key, mutant in in_objects(ours, set(pairs)):
        tried += 1
        trial = _Comparison(mutant, theirs)
        trial._met = comparison._met - {(key, pairs[key])}
        trial._object(Named(key, key), Named(pairs[key], pairs[key]), "")
        if not trial.found:
            missed.append(what)
    assert missed == []
    assert tried > 1000

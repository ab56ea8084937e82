"""The data itself: schemas, names, and that every seeded bug has its hunter."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from specloom_contract.driver import find_drivers
from specloom_contract.failing import known_failing
from specloom_contract.journal import view
from specloom_contract.places import SCHEMAS, VECTORS
from specloom_contract.scenario import ScenarioError, load_scenarios

VECTOR_FILES = sorted(VECTORS.glob("*.json"))


def read(file):
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", VECTOR_FILES, ids=lambda file: file.stem)
def test_vectors_fit_their_schema(file):
    """Every vector file has a schema and fits it, and its cases have names of their own."""
    driver = read(SCHEMAS / "driver.json")
    registry = jsonschema_rs.Registry([(driver["$id"], driver)])
    schema = read(SCHEMAS / "vectors" / file.name)
    validator = jsonschema_rs.validator_for(schema, registry=registry)
    content = read(file)
    assert [str(error) for error in validator.iter_errors(content)] == []
    names = [case["name"] for case in content["cases"]]
    assert len(set(names)) == len(names)


def test_every_schema_is_a_schema():
    """The schemas themselves are valid JSON Schema 2020-12."""
    for file in SCHEMAS.rglob("*.json"):
        jsonschema_rs.meta.validate(read(file))


def test_scenarios_load():
    """There are enough scenarios, and each reads like a sentence."""
    scenarios = load_scenarios()
    assert len(scenarios) >= 80
    assert all(scenario.name[0].isupper() and " " in scenario.name for scenario in scenarios)


def test_bad_scenario(tmp_path):
    """A member that the schema does not know is refused with its place."""
    text = "name: Something holds always\nsteps: [{call: users.get, expcet: {}}]\n"
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=r"bad\.yaml.*steps/0"):
        load_scenarios(tmp_path)


def test_same_name_twice(tmp_path):
    """Two scenarios of one name are refused: their test ids would be one."""
    text = "name: Something holds always\nsteps: [{rate_limit: true}]\n"
    (tmp_path / "one.yaml").write_text(text)
    (tmp_path / "two.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=r"also in"):
        load_scenarios(tmp_path)


def test_dates_in_scenarios_are_text(tmp_path):
    """YAML does not turn what looks like a date into something JSON does not have."""
    text = "name: Something holds always\nsteps: [{rate_limit: true, expect: 2026-01-01}]\n"
    (tmp_path / "one.yaml").write_text(text)
    assert load_scenarios(tmp_path)[0].steps[0]["expect"] == "2026-01-01"


def test_known_failing(tmp_path):
    """A line is a scenario and a reason; without a reason it is refused."""
    (tmp_path / "go.txt").write_text("# why\n\nsome-scenario: the reason\n")
    assert known_failing("go", tmp_path) == {"some-scenario": "the reason"}
    assert known_failing("ruby", tmp_path) == {}
    (tmp_path / "go.txt").write_text("some-scenario\n")
    with pytest.raises(ValueError, match=r"go\.txt:1"):
        known_failing("go", tmp_path)


def test_known_failing_names_scenarios():
    """Nothing is listed that does not exist."""
    ids = {scenario.id for scenario in load_scenarios()}
    for kind in find_drivers():
        assert set(known_failing(kind.language)) <= ids


def test_journal_view():
    """Queries are decoded, headers folded, gaps counted from the answer before."""
    entry = {
        "operation": "x",
        "method": "GET",
        "path": "/v1/x",
        "query": "a=1&a=2&b=x%20y",
        "headers": [["Accept", "a"], ["accept", "b"], ["X-API-Key", "k"]],
        "body": {"json": {"z": 1}},
        "port": "chaos",
        "at": 10.0,
        "response": {"at": 12.5, "status": 503, "complete": True},
    }
    first, second = view([entry, {**entry, "at": 14.0, "body": None, "response": None}])
    assert first["query"] == {"a": ["1", "2"], "b": "x y"}
    assert first["headers"]["accept"] == "a, b"
    assert first["credentials"] == ["x-api-key"]
    assert first["body"] == {"z": 1}
    assert "gap" not in first
    assert second["gap"] == 1.5
    assert second["status"] is None
    assert "body" not in second

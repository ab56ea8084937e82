"""Reads scenarios: YAML documents that ``schema/scenario.json`` describes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from .places import SCENARIOS, SCHEMAS

__all__ = ["Scenario", "ScenarioError", "load_scenarios"]


class ScenarioError(ValueError):
    """A scenario that the schema refuses, with the file and the place in it."""


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: what looks like a date stays text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, as its document says it."""

    name: str
    file: Path
    steps: Sequence[Mapping[str, Any]]
    about: str = ""
    kills: Sequence[str] = ()
    side: str = "client"
    mock: Mapping[str, Any] = field(default_factory=dict)
    clients: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    journal: Any = None
    journal_where: Sequence[Mapping[str, Any]] = ()
    valid_requests: bool = True

    @property
    def id(self) -> str:
        """A short name of letters, digits and dashes, for sessions and test ids."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def portable(self) -> bool:
        """Whether it holds for any live server, not only for one with the mock's controls."""
        return self.side == "server" and not self.mock and self.journal is None


def load_scenarios(folder: Path = SCENARIOS) -> list[Scenario]:
    """Every scenario of every file in ``folder``, in order of file name and place.

    Raises:
        ScenarioError: A file is not YAML, a scenario does not fit the schema, or two have one name.
    """
    validator = _validator()
    scenarios = [
        scenario for file in sorted(folder.rglob("*.yaml")) for scenario in _read(file, validator)
    ]
    seen: dict[str, Scenario] = {}
    for scenario in scenarios:
        other = seen.setdefault(scenario.id, scenario)
        if other is not scenario:
            raise ScenarioError(f"{scenario.file}: {scenario.name!r} is also in {other.file}")
    return scenarios


def _validator() -> jsonschema_rs.Validator:
    schemas = {
        name: json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
        for name in ("scenario.json", "driver.json")
    }
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas.values()])
    return jsonschema_rs.validator_for(schemas["scenario.json"], registry=registry)


def _read(file: Path, validator: jsonschema_rs.Validator) -> Iterator[Scenario]:
    try:
        documents = list(yaml.load_all(file.read_text(encoding="utf-8"), _Loader))
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: {error}") from error
    for number, document in enumerate(documents, 1):
        for problem in validator.iter_errors(document):
            place = "/".join(map(str, problem.instance_path))
            raise ScenarioError(f"{file}: document {number}, at /{place}: {problem.message}")
        yield Scenario(
            name=document["name"],
            file=file,
            steps=document["steps"],
            about=document.get("about", ""),
            kills=tuple(document.get("kills", ())),
            side=document.get("side", "client"),
            mock=document.get("mock", {}),
            clients={"main": document.get("client", {}), **document.get("clients", {})},
            journal=document.get("journal"),
            journal_where=tuple(document.get("journal_where", ())),
            valid_requests=document.get("valid_requests", True),
        )

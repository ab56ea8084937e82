"""The contract suite's front end: one mock server and one process a driver for each worker."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from specloom_contract.document import ApiDocument
from specloom_contract.driver import Driver, DriverKind, find_drivers
from specloom_contract.failing import known_failing
from specloom_contract.mock import MockServer
from specloom_contract.player import Player
from specloom_contract.scenario import Scenario, load_scenarios

ROOT = Path(__file__).resolve().parent
DOCUMENT = ROOT.parent / "openapi.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract")
    group.addoption("--driver", action="append", help="only drivers of this language")
    group.addoption("--variant", action="append", help="only this variant of the drivers")
    group.addoption("--junit", dest="xmlpath", metavar="FILE", help="write a JUnit report")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`client_case` runs each scenario with each driver and variant, `server_scenario` once."""
    names = metafunc.fixturenames
    if "client_case" in names:
        cases = [
            pytest.param((scenario, kind, variant), id=f"{scenario.id}-{kind.language}-{variant}")
            for scenario in load_scenarios()
            if scenario.side == "client"
            for kind in _drivers(metafunc.config)
            for variant in kind.variants
            if _wanted(metafunc.config, "variant", variant)
        ]
        metafunc.parametrize("client_case", cases)
    if "server_scenario" in names:
        sides = [scenario for scenario in load_scenarios() if scenario.side == "server"]
        metafunc.parametrize("server_scenario", sides, ids=lambda scenario: scenario.id)
    if "driver_kind" in names:
        kinds = _drivers(metafunc.config)
        metafunc.parametrize("driver_kind", kinds, ids=lambda kind: kind.language)


def _drivers(config: pytest.Config) -> list[DriverKind]:
    """Every driver whose toolchain is here; in CI one that is missing is an error."""
    kinds = [k for k in find_drivers() if _wanted(config, "driver", k.language)]
    missing = {kind.language: kind.missing for kind in kinds if kind.missing}
    if missing and os.environ.get("CI"):
        raise pytest.UsageError(f"toolchains are missing: {missing}")
    return [kind for kind in kinds if not kind.missing]


def _wanted(config: pytest.Config, option: str, name: str) -> bool:
    chosen = config.getoption(option)
    return not chosen or name in chosen


class Drivers:
    """Drivers by language, started when they are first asked for, and again when they have ended."""

    def __init__(self) -> None:
        self._running: dict[str, Driver] = {}

    def get(self, kind: DriverKind) -> Driver:
        driver = self._running.get(kind.language)
        if driver is None or not driver.alive:
            driver = self._running[kind.language] = Driver(kind.command)
        return driver

    def stop(self) -> None:
        for driver in self._running.values():
            driver.stop()


@pytest.fixture(scope="session")
def drivers() -> Iterator[Drivers]:
    running = Drivers()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def document() -> ApiDocument:
    return ApiDocument.load(DOCUMENT)


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    with MockServer(DOCUMENT) as server:
        yield server


@pytest.fixture(scope="session")
def refused() -> Iterator[str]:
    """A base URL at which nobody listens: its port is bound and stays so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@pytest.fixture(scope="session")
def player(mock: MockServer, document: ApiDocument, refused: str) -> Iterator[Player]:
    with closing(Player(mock, document, refused)) as playing:
        yield playing


@pytest.fixture(scope="session")
def failing() -> dict[str, dict[str, str]]:
    return {kind.language: known_failing(kind.language) for kind in find_drivers()}


ClientCase = tuple[Scenario, DriverKind, str]

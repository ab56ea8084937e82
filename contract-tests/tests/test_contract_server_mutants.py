"""Every seeded bug of a server is found by the server scenarios that name it."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from specloom_contract.player import Failure, Player
from specloom_contract.scenario import load_scenarios

_FILE = Path(__file__).resolve().parents[1] / "mutants" / "servers.py"
_SPEC = importlib.util.spec_from_file_location("contract_server_bugs", _FILE)
servers = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = servers
_SPEC.loader.exec_module(servers)

SCENARIOS = [scenario for scenario in load_scenarios() if scenario.side == "server"]


@pytest.fixture
def behind(mock, document, refused):
    """Plays scenarios with a proxy in front of the mock server."""

    def play(bug, scenario):
        upstream = urlsplit(mock.url)
        with servers.broken(bug, f"http://{upstream.netloc}") as front:

            def through(url):
                return front + urlsplit(url).path

            with closing(Player(mock, document, refused, through)) as player:
                player.play(scenario)

    return play


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_honest_proxy(behind, scenario):
    """Through a proxy without a bug every scenario holds, so what fails below fails by its bug."""
    behind(None, scenario)


@pytest.mark.parametrize("name", servers.SERVER_BUGS)
def test_server_bug_is_found(behind, name):
    """Each scenario that says it finds a bug does find it."""
    hunters = [scenario for scenario in SCENARIOS if name in scenario.kills]
    assert hunters
    for scenario in hunters:
        with pytest.raises(Failure):
            behind(servers.SERVER_BUGS[name], scenario)

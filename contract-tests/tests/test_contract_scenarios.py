"""Every scenario, with every driver; server scenarios once."""

from __future__ import annotations

import pytest

from specloom_contract.player import Failure


def test_client(client_case, player, drivers, failing):
    """The SDK does what the scenario says, and sends what its journal says."""
    scenario, kind, variant = client_case
    reason = failing[kind.language].get(scenario.id)
    if reason is None:
        player.play(scenario, drivers.get(kind), variant)
        return
    try:
        player.play(scenario, drivers.get(kind), variant)
    except Failure:
        return
    pytest.fail(f"passes now; remove it from known-failing/{kind.language}.txt: {reason}")


def test_server(server_scenario, player):
    """The server does what the scenario says, and every response fits the document."""
    player.play(server_scenario)

"""The vectors through every driver that offers them."""

from __future__ import annotations

import json

from specloom_contract.places import VECTORS
from specloom_contract.vector import disagreements


def test_driver_vectors(driver_kind, drivers):
    """The SDK's pure functions give what the vectors say."""
    driver = drivers.get(driver_kind)
    wrong = []
    for name in driver_kind.vectors:
        content = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        wrong += disagreements(driver, name, content)
    assert not wrong, "\n".join(wrong)

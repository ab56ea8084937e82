"""The vectors through every driver that offers them."""

from __future__ import annotations

import json

from specloom_contract.matching import differences
from specloom_contract.places import VECTORS
from specloom_contract.variables import Variables


def test_driver_vectors(driver_kind, drivers):
    """The SDK's pure functions give what the vectors say."""
    driver = drivers.get(driver_kind)
    wrong = []
    for name in driver_kind.vectors:
        file = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        for case in file["cases"]:
            request = {
                "op": "vector",
                "file": name,
                "input": {**file.get("defaults", {}), **case["input"]},
            }
            if "kind" in case:
                request["kind"] = case["kind"]
            answer = driver.ask(request)
            expected = {"value": {"$equals": case["expect"]}}
            found = list(differences(expected, answer, Variables()))
            wrong += [f"{name}, {case['name']}: {difference}" for difference in found]
    assert not wrong, "\n".join(wrong)

"""Hands vectors to a driver, and says where the SDK's own functions disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .driver import Driver
from .matching import differences
from .variables import Variables

__all__ = ["disagreements"]


def disagreements(driver: Driver, name: str, content: Mapping[str, Any]) -> Iterator[str]:
    """Each case that comes out differently, and how.

    Args:
        driver: Offers the file's functions.
        name: The vector file's name without its ending.
        content: The vector file.
    """
    for case in content["cases"]:
        complete = {**content.get("defaults", {}), **case["input"]}
        request = {"op": "vector", "file": name, "input": complete}
        if "kind" in case:
            request["kind"] = case["kind"]
        answer = driver.ask(request)
        for difference in differences({"value": {"$equals": case["expect"]}}, answer, Variables()):
            yield f"{name}, {case['name']}: {difference}"

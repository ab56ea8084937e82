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
        expected = {"value": _exact_where_said(case["expect"])}
        for difference in differences(expected, answer, Variables()):
            yield f"{name}, {case['name']}: {difference}"


def _exact_where_said(expected: Any) -> Any:
    """Members that a vector does not name are not compared; what a member holds is, exactly."""
    if isinstance(expected, dict):
        if isinstance(expected.get("next"), dict):
            return {"next": {name: {"$equals": value} for name, value in expected["next"].items()}}
        return {name: {"$equals": value} for name, value in expected.items()}
    return {"$equals": expected}

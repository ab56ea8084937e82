"""Variables in the address of a server are options of the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SOURCE = """
openapi: 3.1.0
info: {title: Demo, version: '1'}
servers:
  - url: https://{region}.{tenant}.test/{base}
    variables:
      region: {default: eu, enum: [eu, us]}
      tenant: {default: demo}
      base: {default: api/v2}
      timeout: {default: "'''; import os"}
paths:
  /x: {get: {operationId: x.get, responses: {'204': {description: ok}}}}
"""


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://eu.demo.test/api/v2"),
        ({"region": "us"}, "https://us.demo.test/api/v2"),
        ({"tenant": "acme", "base": "v3"}, "https://eu.acme.test/v3"),
        ({"tenant": "evil.test/#"}, "https://eu.evil.test%2F%23.test/api/v2"),
        ({"region": "us", "base_url": "https://own.test"}, "https://own.test"),
        ({"region": "us", "base_url": "https://{region}.own.test"}, "https://us.own.test"),
    ],
)
def test_variables_fill_the_address(
    package: Callable[..., Any], options: dict[str, str], url: str
) -> None:
    """What is not given is as documented; a value cannot leave its place; `base_url` wins."""
    module = package(SOURCE).module()
    assert module.Demo(**options).base_url == url
    assert module.AsyncDemo(**options).base_url == url


def test_a_value_is_one_of_the_documented(package: Callable[..., Any]) -> None:
    """An enumerated variable takes nothing else."""
    with pytest.raises(ValueError, match="region is one of eu, us, not moon"):
        package(SOURCE).module().Demo(region="moon")

"""Filters where the path names the collection."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from specloom_mock import MockServer

UNISTACK = Path(__file__).resolve().parents[2] / "openapi.yaml"


@pytest.mark.parametrize("value", ['"todo"', "null"])
def test_a_field_that_the_entity_lacks_matches_no_row(value: str) -> None:
    """`/entities/{entity}` serves many kinds of row: a name of another kind is no mistake."""
    headers = {"Authorization": "Bearer sk_live_0123456789abcdef01234567"}
    with MockServer(UNISTACK) as server, httpx.Client(base_url=server.base_url) as client:
        answer = client.get(
            "/entities/products", params={"filter": f'{{"status": {value}}}'}, headers=headers
        )
    assert (answer.status_code, answer.json()["data"]) == (200, [])

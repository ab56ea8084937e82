"""Secrets of rows: shown once, when they are made, and kept for what is signed with them."""

from __future__ import annotations

import base64
import random
from typing import Any

from specloom.spec.pattern import literal_prefix
from specloom_mock.generate import Generator
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan
from specloom_mock.schemas import Direction, Schemas

__all__ = ["HiddenValues"]

_WEBHOOK_SECRET = "whsec_"


class HiddenValues:
    """Makes secrets.

    Args:
        schemas: The document's schemas.
        generator: Makes secrets of no form that is known.
    """

    def __init__(self, schemas: Schemas, generator: Generator) -> None:
        self._schemas = schemas
        self._generator = generator

    def make(
        self, collection: CollectionPlan, data: dict[str, Any], rng: random.Random
    ) -> dict[str, Any]:
        """Values that only a create shows, and their prefixes in the row's data."""
        hidden = {name: self._secret(part, rng, name) for name, part in collection.secrets.items()}
        properties = self._schemas.properties(collection.row_schema)
        for secret, value in hidden.items():
            if not isinstance(value, str):
                continue
            for name, part in properties.items():
                words = words_of(name)
                check = self._schemas.check(part, Direction.RESPONSE)
                if words in ([*words_of(secret), "prefix"], ["prefix"]):
                    cut = next((n for n in range(4, 24) if check.is_valid(value[:n])), 8)
                    data[name] = value[:cut]
                elif words[-1:] in (["last4"], ["last"]) or words[-2:] == ["last", "4"]:
                    data[name] = value[-4:]
        return hidden

    def _secret(self, schema: Any, rng: random.Random, name: str) -> Any:
        """A secret; one for webhooks is 32 bytes in base64, as Standard Webhooks wants."""
        pattern = self._schemas.keyword(schema, "pattern")
        if isinstance(pattern, str) and literal_prefix(pattern) == _WEBHOOK_SECRET:
            secret = _WEBHOOK_SECRET + base64.b64encode(rng.randbytes(32)).decode()
            if self._schemas.check(schema, Direction.RESPONSE).is_valid(secret):
                return secret
        return self._generator.value(schema, rng, name)

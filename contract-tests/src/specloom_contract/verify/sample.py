"""Values made from schemas: bodies to send, parameters, ids of which there is no row."""

from __future__ import annotations

import copy
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from specloom.spec.pattern import PatternError, sample

from .schema import Schemas

__all__ = ["Sampler"]

Reference = Callable[[str], Any]
"""From a property's name to the id of an existing row that it may refer to; None without one."""

_FORMATS: Final[Mapping[str, str]] = {
    "date-time": "2031-04-05T06:07:08Z",
    "date": "2031-04-05",
    "time": "06:07:08Z",
    "duration": "PT1H",
    "uri": "https://verify.example.com/",
    "url": "https://verify.example.com/",
    "hostname": "verify.example.com",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "byte": "dmVyaWZ5",
    "password": "Correct-horse-7-battery",
}
_MAX_DEPTH: Final = 6
_UNIQUE: Final = frozenset(
    {"name", "title", "username", "slug", "label", "key", "code", "sku", "handle", "subject"}
)


class Sampler:
    """Makes values.

    Args:
        schemas: The document's schemas.
        rng: Where everything that is arbitrary comes from.
    """

    def __init__(self, schemas: Schemas, rng: random.Random) -> None:
        self._schemas = schemas
        self._rng = rng

    def word(self) -> str:
        """A short text that nobody else has used."""
        return "".join(self._rng.choices("bcdfghjkmnpqrstvwxz23456789", k=8))

    def bodies(self, schema: Any, example: Any, reference: Reference) -> Iterator[Any]:
        """Bodies to try, the likeliest first: the example made unlike others, then made ones."""
        if isinstance(example, Mapping) and example:
            yield self.varied(schema, example, reference)
        yield self.value(schema, reference, optional=False)
        yield self.value(schema, reference, optional=True)

    def varied(self, schema: Any, example: Mapping[str, Any], reference: Reference) -> Any:
        """A copy of an example in which names, addresses and references are this run's own."""
        made = copy.deepcopy(dict(example))
        properties = self._schemas.properties(schema)
        for name, value in made.items():
            node = properties.get(name, {})
            if not isinstance(value, str):
                continue
            form = self._schemas.keyword(node, "format")
            if form == "email":
                made[name] = f"{self.word()}@example.com"
            elif (found := reference(name)) is not None:
                made[name] = found
            elif name.lower() in _UNIQUE and not self._schemas.enum(node):
                made[name] = self._text(node, name)
        return made

    def value(
        self, schema: Any, reference: Reference, *, optional: bool, name: str = "", depth: int = 0
    ) -> Any:
        """A value that the schema allows."""
        schemas = self._schemas
        allowed = schemas.enum(schema)
        if allowed:
            return allowed[0]
        found = reference(name) if name else None
        if found is not None:
            return found
        types = schemas.types(schema) or ("string",)
        kind = types[0]
        if kind == "object":
            return self._object(schema, reference, optional, depth)
        if kind == "array":
            least = schemas.keyword(schema, "minItems") or (1 if optional else 0)
            items = schemas.items(schema)
            return [
                self.value(items, reference, optional=optional, name=name, depth=depth + 1)
                for _ in range(min(least, 3))
            ]
        if kind == "boolean":
            return True
        if kind in {"integer", "number"}:
            return self._number(schema, kind)
        example = schemas.keyword(schema, "default")
        if isinstance(example, str) and not name:
            return example
        return self._text(schema, name)

    def _object(
        self, schema: Any, reference: Reference, optional: bool, depth: int
    ) -> dict[str, Any]:
        schemas = self._schemas
        required = schemas.required(schema)
        made: dict[str, Any] = {}
        for name, node in schemas.properties(schema).items():
            if schemas.keyword(node, "readOnly") is True:
                continue
            if name in required or (optional and depth < _MAX_DEPTH // 2):
                if depth > _MAX_DEPTH:
                    continue
                made[name] = self.value(
                    node, reference, optional=optional, name=name, depth=depth + 1
                )
        return made

    def _number(self, schema: Any, kind: str) -> int | float:
        schemas = self._schemas
        low = schemas.keyword(schema, "minimum")
        above = schemas.keyword(schema, "exclusiveMinimum")
        high = schemas.keyword(schema, "maximum")
        step = schemas.keyword(schema, "multipleOf") or (1 if kind == "integer" else 0.5)
        start = low if low is not None else above + step if above is not None else step
        if high is not None:
            start = min(start, high)
        return int(start) if kind == "integer" else float(start)

    def _text(self, schema: Any, name: str) -> str:
        schemas = self._schemas
        form = schemas.keyword(schema, "format")
        if form == "uuid":
            return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        if form in {"email", "idn-email"}:
            return f"{self.word()}@example.com"
        if form in {"uri", "url"}:
            return f"{_FORMATS[form]}{self.word()}"
        if form in _FORMATS:
            return _FORMATS[str(form)]
        pattern = schemas.keyword(schema, "pattern")
        least = schemas.keyword(schema, "minLength") or 0
        most = schemas.keyword(schema, "maxLength")
        if isinstance(pattern, str):
            for _ in range(8):
                made = self._matching(pattern)
                if made is not None and least <= len(made) <= (most or len(made)):
                    return made
        text = f"verify-{self.word()}"
        if name.lower() in {"password", "secret"}:
            text = f"Verify-{self.word()}-7!"
        if name.lower() == "currency":
            text = "EUR"
        text += "x" * (least - len(text))
        return text[-most:] if most is not None and len(text) > most else text

    def _matching(self, pattern: str) -> str | None:
        """A text that an expression allows; None where it is beyond the sampler."""
        try:
            made = sample(pattern, self._rng)
            return made if re.search(pattern, made) else None
        except (PatternError, re.error):
            return None

    def stranger(self, schema: Any, known: Any) -> Any:
        """An id of the right form that no row has.

        Args:
            schema: The path parameter's schema.
            known: An id that a row has, for its form; None when none is known.
        """
        types = self._schemas.types(schema)
        if isinstance(known, int) or (known is None and "integer" in types):
            return 2_000_000_000 + self._rng.randrange(1_000_000)
        if self._schemas.keyword(schema, "pattern") or self._schemas.keyword(schema, "format"):
            return self._text(schema, "")
        if isinstance(known, str) and known:
            return self._like(known)
        return self._text(schema, "")

    def _like(self, known: str) -> str:
        """The same form with other letters and digits; a prefix up to ``_`` is kept."""
        head, mark, tail = known.rpartition("_")
        rest = tail if mark else known
        made = "".join(
            self._rng.choice("0123456789abcdef")
            if c in "0123456789abcdef"
            else self._rng.choice("bcdfghjkmn")
            if c.islower()
            else self._rng.choice("BCDFGHJKMN")
            if c.isupper()
            else c
            for c in rest
        )
        return f"{head}{mark}{made}"

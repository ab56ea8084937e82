"""Seeded data: values that fit a schema, look like what their name says, and never change.

The same seed gives the same value, whatever was generated before: each value draws from a random
source keyed by the seed and by where the value stands.
"""

from __future__ import annotations

import base64
import math
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from specloom.spec.pattern import PatternError, sample
from specloom_mock.clock import EPOCH, format_timestamp
from specloom_mock.names import named_text, words_of
from specloom_mock.schemas import Direction, Schemas

__all__ = ["Generator", "rng_for"]

_DEPTH = 6
"""Nesting below which optional properties are left out, so that recursive schemas end."""

_DEEPEST = 120
"""Nesting below which nothing is made at all."""
_NODES = 20_000
"""Schemas that one generation looks at, so that what branches without end ends."""

_DAY = 86400.0
_INTEGER_SPAN = 1000


def rng_for(seed: int, *where: object) -> random.Random:
    """A random source that depends on the seed and the place alone."""
    return random.Random(":".join([str(seed), *map(str, where)]))  # noqa: S311


class Generator:
    """Makes values for schemas of one document.

    Args:
        schemas: The document's schemas.
        now: The time around which generated timestamps lie, in epoch seconds.
        direction: Whose values are made; excluded properties are left out.
    """

    def __init__(
        self,
        schemas: Schemas,
        now: float = EPOCH,
        direction: Direction = Direction.RESPONSE,
    ) -> None:
        self._schemas = schemas
        self._now = now
        self._direction = direction

    def value(
        self,
        schema: Any,
        rng: random.Random,
        name: str = "",
        *,
        bound: Mapping[str, Any] | None = None,
        optional: bool = True,
    ) -> Any:
        """A value of ``schema``.

        Args:
            schema: The schema node.
            rng: The random source.
            name: What the value is called; steers text and timestamps.
            bound: Values for properties of the top-level object, by name.
            optional: Whether optional properties of the top-level object are made.
        """
        return _Draw(self._schemas, rng, self._now, self._direction).value(
            schema, name, 0, bound or {}, optional
        )

    def documented(self, schema: Any) -> Any:
        """The schema's own example, or None."""
        for branch in self._schemas.branches(schema):
            if "example" in branch:
                return branch["example"]
            examples = branch.get("examples")
            if isinstance(examples, list) and examples:
                return examples[0]
        return None


class _Draw:
    """One generation: the random source and the recursion's depth."""

    def __init__(
        self, schemas: Schemas, rng: random.Random, now: float, direction: Direction
    ) -> None:
        self.schemas = schemas
        self.rng = rng
        self.now = now
        self.direction = direction
        self.left = _NODES

    def _may_be_null(self, schema: dict[str, Any]) -> bool:
        """Whether a value can end here: what has to be there and nests its own kind must end."""
        kind = schema.get("type")
        options = [*(schema.get("oneOf") or ()), *(schema.get("anyOf") or ())]
        return (isinstance(kind, list) and "null" in kind) or {"type": "null"} in options

    def value(
        self, schema: Any, name: str, depth: int, bound: Mapping[str, Any], optional: bool
    ) -> Any:
        schema = self.schemas.resolve(schema)
        if schema is True or schema == {}:
            return None if depth else {}
        self.left -= 1
        if not isinstance(schema, dict) or depth > _DEEPEST or self.left < 0:
            return None
        if depth > _DEPTH and self._may_be_null(schema):
            return None
        fixed = self._fixed(schema)
        if fixed is not None:
            return fixed[0]
        for key in ("oneOf", "anyOf"):
            options = schema.get(key)
            if options and "properties" not in schema:
                return self._union(schema, options, name, depth, bound, optional)
        types = self.schemas.types(schema)
        if "object" in types or (not types and self.schemas.properties(schema)):
            return self._object(schema, depth, bound, optional)
        if "array" in types:
            return self._array(schema, name, depth)
        if "string" in types:
            return self._string(schema, name)
        if "integer" in types or "number" in types:
            return self._number(schema, name, integer="integer" in types)
        if "boolean" in types:
            return self.rng.random() < 0.5 if name else True
        if "null" in types:
            return None
        example = self._example(schema)
        return example[0] if example else {}

    def _fixed(self, schema: dict[str, Any]) -> tuple[Any] | None:
        for branch in self.schemas.branches(schema):
            if "const" in branch:
                return (branch["const"],)
            values = branch.get("enum")
            if isinstance(values, list) and values:
                usable = [value for value in values if value is not None] or values
                return (self.rng.choice(usable),)
        return None

    def _example(self, schema: dict[str, Any]) -> tuple[Any] | None:
        for branch in self.schemas.branches(schema):
            if "example" in branch:
                return (branch["example"],)
            examples = branch.get("examples")
            if isinstance(examples, list) and examples:
                return (examples[0],)
        return None

    def _union(
        self,
        schema: dict[str, Any],
        options: Sequence[Any],
        name: str,
        depth: int,
        bound: Mapping[str, Any],
        optional: bool,
    ) -> Any:
        usable = [
            option for option in options if self.schemas.types(option) != frozenset({"null"})
        ] or list(options)
        if depth > 0:
            usable.sort(key=lambda option: self.schemas.is_object(option))
        kinds = [self.schemas.types(option) for option in usable]
        overlapping = sum(len(kind) or 7 for kind in kinds) > len(frozenset().union(*kinds))
        value: Any = None
        for option in usable:
            value = self.value(option, name, depth + 1, bound, optional)
            if isinstance(value, dict):
                self._discriminate(schema, option, value)
            if not overlapping or "oneOf" not in schema:
                return value
            if self.schemas.check(schema, self.direction).is_valid(value):
                return value
        example = self._example(schema)
        return example[0] if example else value

    def _discriminate(self, schema: dict[str, Any], option: Any, value: dict[str, Any]) -> None:
        discriminator = schema.get("discriminator")
        if not isinstance(discriminator, dict):
            return
        tag = self.schemas.ref_name(option)
        for key, target in (discriminator.get("mapping") or {}).items():
            if isinstance(option, dict) and target == option.get("$ref"):
                tag = key
        field = discriminator.get("propertyName")
        if tag and isinstance(field, str) and field in value:
            fixed = self._fixed({"allOf": [self.schemas.properties(option).get(field, {})]})
            value[field] = tag if fixed is None else fixed[0]

    def _object(
        self, schema: dict[str, Any], depth: int, bound: Mapping[str, Any], optional: bool
    ) -> dict[str, Any]:
        properties = self.schemas.properties(schema)
        required = self.schemas.required(schema)
        result: dict[str, Any] = {}
        for name, part in properties.items():
            if name in bound:
                result[name] = bound[name]
                continue
            if self.schemas.excluded(part, self.direction):
                continue
            if name not in required and (not optional or self._skip(part, depth)):
                continue
            result[name] = self.value(part, name, depth + 1, {}, optional=depth < 1)
        for name in required:
            if name not in properties and name not in result:
                result[name] = bound.get(name, named_text(name, self.rng))
        for branch in self.schemas.branches(schema):
            for key in ("oneOf", "anyOf"):
                if branch.get(key):
                    extra = self.value(branch[key][0], "", depth + 1, bound, optional)
                    if isinstance(extra, dict):
                        result = {**extra, **result}
        return self._fill_map(schema, result, properties, depth)

    def _skip(self, part: Any, depth: int) -> bool:
        """Optional values that may be null are left out half the time, deep objects always."""
        types = self.schemas.types(part)
        if depth > 0 and (not types or types & {"object", "array"}):
            return True
        return "null" in types and self.rng.random() < 0.5

    def _fill_map(
        self, schema: dict[str, Any], result: dict[str, Any], properties: Any, depth: int
    ) -> dict[str, Any]:
        least = self.schemas.keyword(schema, "minProperties") or 0
        extra = self.schemas.keyword(schema, "additionalProperties")
        wanted = max(least, 0 if properties or not isinstance(extra, dict) or depth > 3 else 1)
        index = 0
        while len(result) < wanted and extra is not False and index < 64:
            index += 1
            part = extra if isinstance(extra, dict) else {"type": "string"}
            result[f"key_{index}"] = self.value(part, "", depth + 1, {}, optional=False)
        return result

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = int(self.schemas.keyword(schema, "minItems") or 0)
        most = self.schemas.keyword(schema, "maxItems")
        count = max(least, 0 if depth > _DEPTH else self.rng.randint(1, 2))
        if isinstance(most, int):
            count = min(count, max(most, least))
        items = self.schemas.keyword(schema, "items")
        prefix = self.schemas.keyword(schema, "prefixItems") or []
        unique = self.schemas.keyword(schema, "uniqueItems") is True
        singular = name.removesuffix("s")
        made: list[Any] = [
            self.value(part, singular, depth + 1, {}, optional=True) for part in prefix
        ]
        for _ in range(count * 8):
            if len(made) >= count or items is False:
                break
            item = self.value(items or {}, singular, depth + 1, {}, optional=depth < 2)
            if not unique or item not in made:
                made.append(item)
        return made

    def _number(self, schema: dict[str, Any], name: str, *, integer: bool) -> int | float:
        def bound(key: str) -> float | None:
            found = self.schemas.keyword(schema, key)
            return float(found) if isinstance(found, (int, float)) and found is not True else None

        step = bound("multipleOf") or (1.0 if integer else 0.01)
        low, high = bound("minimum"), bound("maximum")
        above, below = bound("exclusiveMinimum"), bound("exclusiveMaximum")
        if above is not None and (low is None or above >= low):
            low = above + step
        if below is not None and (high is None or below <= high):
            high = below - step
        if words_of(name)[-1:] in (["at"], ["timestamp"], ["time"]) and integer and high is None:
            return int(self.now)
        if low is None:
            low = min(1.0, high - _INTEGER_SPAN) if high is not None else 1.0
        top = low + _INTEGER_SPAN * step if high is None else high
        first = math.ceil(round(low / step, 9))
        last = min(math.floor(round(top / step, 9)), first + 100_000)
        chosen = self.rng.randint(first, max(first, last)) * step
        return round(chosen) if integer else round(chosen, 6)

    def _string(self, schema: dict[str, Any], name: str) -> str:
        low = int(self.schemas.keyword(schema, "minLength") or 0)
        high = self.schemas.keyword(schema, "maxLength")
        high = int(high) if isinstance(high, int) else 10_000
        pattern = self.schemas.keyword(schema, "pattern")
        if isinstance(pattern, str):
            word = named_text(name, self.rng).lower().replace(" ", "-")
            if self.schemas.check(schema, self.direction).is_valid(word):
                return word
            try:
                return sample(pattern, self.rng, low, high)
            except PatternError:
                example = self._example(schema)
                return str(example[0]) if example else ""
        form = self.schemas.keyword(schema, "format")
        maker = _FORMATS.get(form) if isinstance(form, str) else None
        if maker is not None and len(text := maker(self, name)) <= high:
            return text
        text = named_text(name, self.rng)
        example = self._example(schema)
        if not low <= len(text) <= high:
            text = example[0] if example and isinstance(example[0], str) else f"{name or 'text'}"
        if len(text) < low:
            text += "".join(self.rng.choices("abcdefghijkmnopqrstuvwxyz", k=low - len(text)))
        return text[:high]

    def moment(self, name: str) -> float:
        """A time that fits the name: expiries lie ahead, all else behind."""
        ahead = {"expires", "expiry", "until", "due", "next", "ends", "end"}
        days = self.rng.randint(1, 300) + self.rng.randint(0, 86399) / _DAY
        shift = days * _DAY if ahead & set(words_of(name)) else -days * _DAY
        return float(int(self.now + shift))


def _email(draw: _Draw, name: str) -> str:
    first = named_text("first_name", draw.rng)
    return f"{first.lower()}.{draw.rng.randrange(16**6):06x}@example.com"


_FORMATS: dict[str, Callable[[_Draw, str], str]] = {
    "date-time": lambda draw, name: format_timestamp(draw.moment(name)),
    "date": lambda draw, name: format_timestamp(draw.moment(name))[:10],
    "time": lambda draw, name: format_timestamp(draw.moment(name))[11:],
    "duration": lambda draw, _: f"PT{draw.rng.randint(1, 90)}M",
    "uuid": lambda draw, _: str(uuid.UUID(int=draw.rng.getrandbits(128), version=4)),
    "email": _email,
    "idn-email": _email,
    "uri": lambda draw, name: f"https://example.com/{name or 'page'}/{draw.rng.randrange(10**6)}",
    "url": lambda draw, name: f"https://example.com/{name or 'page'}/{draw.rng.randrange(10**6)}",
    "iri": lambda draw, name: f"https://example.com/{name or 'page'}/{draw.rng.randrange(10**6)}",
    "uri-reference": lambda draw, name: f"/{name or 'page'}/{draw.rng.randrange(10**6)}",
    "hostname": lambda draw, _: f"host-{draw.rng.randrange(10**6)}.example.com",
    "ipv4": lambda draw, _: f"192.0.2.{draw.rng.randint(1, 254)}",
    "ipv6": lambda draw, _: f"2001:db8::{draw.rng.randint(1, 65535):x}",
    "byte": lambda draw, _: base64.b64encode(draw.rng.randbytes(12)).decode(),
    "binary": lambda draw, _: "binary",
    "regex": lambda draw, _: "^.*$",
    "json-pointer": lambda draw, _: "/a",
}

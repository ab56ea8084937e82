"""What a property's name says about its value: words, people, places, sentences."""

from __future__ import annotations

import random
import re
from functools import lru_cache

__all__ = ["named_text", "singular", "words_of"]

_FIRST = [
    "Ada",
    "Alan",
    "Barbara",
    "Carl",
    "Dorothy",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ida",
    "Joan",
    "Karen",
    "Leslie",
    "Margaret",
    "Niklaus",
    "Olga",
    "Peter",
    "Radia",
    "Sophie",
    "Tim",
    "Ursula",
    "Vint",
    "Wilma",
    "Xenia",
    "Yukihiro",
    "Zoe",
]
_LAST = [
    "Lovelace",
    "Turing",
    "Liskov",
    "Gauss",
    "Vaughan",
    "Dijkstra",
    "Allen",
    "Hopper",
    "Lamarr",
    "Rhodes",
    "Clarke",
    "Jones",
    "Lamport",
    "Hamilton",
    "Wirth",
    "Taussky",
    "Naur",
    "Perlman",
    "Wilson",
    "Lee",
    "Franklin",
    "Cerf",
    "Rudolph",
    "Li",
    "Matsumoto",
]
_NOUNS = [
    "anchor",
    "beacon",
    "cedar",
    "delta",
    "ember",
    "falcon",
    "garden",
    "harbor",
    "island",
    "juniper",
    "kestrel",
    "lantern",
    "meadow",
    "nectar",
    "orchid",
    "prairie",
    "quartz",
    "river",
    "summit",
    "timber",
    "umber",
    "valley",
    "willow",
    "yarrow",
    "zephyr",
]
_VERBS = [
    "Build",
    "Check",
    "Draft",
    "Fix",
    "Measure",
    "Move",
    "Plan",
    "Review",
    "Ship",
    "Test",
    "Update",
    "Write",
]
_CITIES = [
    "Berlin",
    "Lagos",
    "Lima",
    "Lisbon",
    "Nairobi",
    "Osaka",
    "Porto",
    "Quito",
    "Riga",
    "Seoul",
    "Tallinn",
    "Utrecht",
]

_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(match.lower() for match in _CAMEL.findall(name))


def words_of(name: str) -> list[str]:
    """The lower-case words of a name in any case style."""
    return list(_words(name))


def singular(word: str) -> str:
    """A plural English noun's singular, by the common endings."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _person(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(_VERBS)} the {rng.choice(_NOUNS)} {rng.choice(_NOUNS)}"


def _token(rng: random.Random, length: int = 12) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def named_text(name: str, rng: random.Random) -> str:
    """Text for a free-form string property called ``name``."""
    words = _words(name)
    last = words[-1] if words else ""
    have = set(words)
    if last == "name":
        if have & {"first", "given"}:
            return rng.choice(_FIRST)
        if have & {"last", "family", "sur"}:
            return rng.choice(_LAST)
        if have & {"user", "file"}:
            return f"{rng.choice(_NOUNS)}_{rng.randrange(10**4):04}"
        return _person(rng)
    if last in {"username", "login", "handle"}:
        return f"{rng.choice(_NOUNS)}_{rng.randrange(10**4):04}"
    if last == "email":
        return f"{rng.choice(_FIRST).lower()}.{rng.randrange(16**6):06x}@example.com"
    if last in {"description", "title", "subject", "summary", "text", "message", "content", "body"}:
        return _sentence(rng)
    if last in {"city", "location", "region"}:
        return rng.choice(_CITIES)
    if last in {"phone", "mobile", "fax"}:
        return f"+1555{rng.randrange(10**7):07}"
    if last in {"url", "uri", "link", "href", "website", "homepage"}:
        return f"https://example.com/{rng.choice(_NOUNS)}/{rng.randrange(10**4)}"
    if last == "currency":
        return rng.choice(("EUR", "USD", "GBP"))
    if last == "country":
        return rng.choice(("DE", "EE", "KE", "PE", "PT"))
    if last in {"id", "key", "token", "hash", "secret", "cursor", "etag"}:
        return _token(rng)
    if last in {"version"}:
        return f"{rng.randint(1, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}"
    if last == "slug":
        return f"{rng.choice(_NOUNS)}-{rng.choice(_NOUNS)}"
    return f"{rng.choice(_NOUNS)} {rng.randrange(1000)}"

"""Names as lower-case words, from whatever a document spells.

An emitter joins the words in its language's fashion and keeps its keywords out of the way; nothing
here knows any language. Splitting is deterministic, and every text yields at least one word.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from specloom.ir.model import Words

__all__ = ["DEEPEST", "Names", "digest_word", "plural", "singular", "split_words", "title_words"]

DEEPEST = 20
"""Levels of resources; an operation that asks for more stands on the last of them."""

_ASCII_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[A-Z]")
_BRANDED = (
    ("OAuth", "Oauth"),
    ("OpenAI", "Openai"),
    ("GitHub", "Github"),
    ("GitLab", "Gitlab"),
    ("PayPal", "Paypal"),
    ("YouTube", "Youtube"),
    ("LinkedIn", "Linkedin"),
    ("WhatsApp", "Whatsapp"),
    ("GraphQL", "Graphql"),
    ("WebSocket", "Websocket"),
    ("WebHook", "Webhook"),
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
    ("iOS", "Ios"),
    ("macOS", "Macos"),
)
_PLURAL_ACRONYM = re.compile(r"(?<![A-Z])([A-Z]{2,})s(?![a-z])")
_SIGNS = {
    "+": "plus",
    "-": "minus",
    "*": "star",
    "/": "slash",
    "%": "percent",
    "$": "dollar",
    "@": "at",
    "#": "hash",
    "!": "not",
    "=": "equals",
    "<": "less",
    ">": "greater",
    "&": "and",
    "|": "or",
    "^": "caret",
    "~": "tilde",
    "?": "question",
    ".": "dot",
    ",": "comma",
    ":": "colon",
    ";": "semicolon",
    "_": "underscore",
    " ": "space",
    "'": "quote",
    '"': "quote",
    "(": "open",
    ")": "close",
    "[": "open",
    "]": "close",
    "{": "open",
    "}": "close",
    "\\": "backslash",
    "`": "backtick",
}
_LEADING_SIGN = re.compile(r"\s*([+-])(?=\.?[0-9])")
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "indices": "index",
    "matrices": "matrix",
    "vertices": "vertex",
    "movies": "movie",
    "cookies": "cookie",
    "caches": "cache",
    "leaves": "leaf",
    "knives": "knife",
    "wives": "wife",
    "lives": "life",
    "shelves": "shelf",
    "halves": "half",
    "aliases": "alias",
    "statuses": "status",
    "buses": "bus",
    "axes": "axis",
    "analyses": "analysis",
    "bases": "base",
    "databases": "database",
    "responses": "response",
    "licenses": "license",
    "purchases": "purchase",
    "releases": "release",
    "expenses": "expense",
    "warehouses": "warehouse",
    "leases": "lease",
    "uses": "use",
    "courses": "course",
    "houses": "house",
    "cases": "case",
    "phases": "phase",
    "causes": "cause",
    "clauses": "clause",
    "pulses": "pulse",
    "lenses": "lens",
    "apis": "api",
    "uris": "uri",
    "kpis": "kpi",
    "emojis": "emoji",
    "skis": "ski",
    "taxis": "taxi",
    "menus": "menu",
    "gpus": "gpu",
    "cpus": "cpu",
    "skus": "sku",
    "canvases": "canvas",
    "gases": "gas",
}
_SINGULAR_ENDINGS = ("ss", "us", "is", "aas")
_SINGULAR = frozenset(
    (
        "alias",
        "atlas",
        "bias",
        "canvas",
        "chaos",
        "christmas",
        "cosmos",
        "gas",
        "kudos",
        "pos",
        "kubernetes",
        "always",
        "aws",
        "dns",
        "tls",
        "css",
        "sms",
        "mms",
        "gps",
        "cms",
        "crs",
        "eps",
        "rss",
        "sas",
        "sqs",
        "sns",
        "rds",
        "vps",
        "https",
        "yes",
        "was",
        "has",
        "its",
        "this",
        "lens",
        "news",
        "series",
        "species",
        "data",
        "metadata",
        "media",
        "texas",
        "macos",
        "ios",
        "os",
        "windows",
        "analytics",
        "diagnostics",
        "access",
        "sales",
    )
)


@functools.lru_cache(maxsize=65536)
def split_words(text: str) -> Words:
    """Split a name into lower-case ``[a-z0-9]+`` words.

    ``createdAt`` -> created at; ``HTTPServer`` -> http server; ``userIDs`` -> user ids; ``v2Beta``
    -> v2 beta; ``+1`` -> plus 1; ``é`` -> e; an emoji becomes the words of its Unicode name; a text
    without letters and digits becomes the names of its signs; an empty text ``empty``.
    """
    words = _ascii_words(text) if text.isascii() else _unicode_words(text)
    sign = _LEADING_SIGN.match(text)
    if sign and words:
        words = [_SIGNS[sign[1]], *words]
    if not words:
        words = [_SIGNS.get(char) or f"u{ord(char):x}" for char in text] or ["empty"]
    return tuple(words)


def _ascii_words(text: str) -> list[str]:
    for branded, plain in _BRANDED:
        if branded in text:
            text = text.replace(branded, plain)
    if "s" in text:
        text = _PLURAL_ACRONYM.sub(lambda match: match[1].capitalize() + "s", text)
    return [word.lower() for word in _ASCII_WORD.findall(text)]


def _unicode_words(text: str) -> list[str]:
    words: list[str] = []
    latin: list[str] = []
    foreign: list[str] = []

    def flush() -> None:
        words.extend(_ascii_words("".join(latin)))
        if foreign:
            words.append("".join(foreign))
        latin.clear()
        foreign.clear()

    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        folded = char.casefold()
        if char.isascii():
            if foreign:
                flush()
            latin.append(char)
        elif category in ("Mn", "Cf", "Cc"):  # accents, joiners, variation selectors
            continue
        elif folded.isascii():
            latin.append(folded)
        elif category.startswith(("L", "Mc")):
            letter = unicodedata.name(char, "")
            base = letter.rpartition(" LETTER ")[2].lower().partition(" ")[0]
            if letter.startswith("LATIN") and base.isalpha():
                latin.append(base)
                continue
            if latin:
                flush()
            foreign.append(f"u{ord(char):x}")
        else:
            flush()
            name = unicodedata.name(char, f"u{ord(char):x}").lower()
            words.extend(re.findall("[a-z0-9]+", name))
    flush()
    return words


@functools.lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """Return an English word's singular, the word itself where it is none or unknown."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 3 or word in _SINGULAR or not word.endswith("s"):
        return word
    if word.endswith(_SINGULAR_ENDINGS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def plural(word: str) -> bool:
    """Tell whether a word reads as a plural."""
    return singular(word) != word or word in ("data", "media", "series", "news", "metadata")


_TITLE_END = re.compile(r"[(+,;:]| - | \u2013 | \u2014 |\b(?:with|for|by|of|from)\b", re.IGNORECASE)
_TITLE_FILLERS = frozenset(
    {"api", "apis", "description", "docs", "documentation", "http", "official", "openapi", "public"}
    | {"reference", "rest", "restful", "schema", "service", "spec", "specification", "the", "web"}
)


def title_words(title: str) -> Words:
    """Return a document's title as the words of a product's name.

    ``GitHub's official OpenAPI description`` -> github; ``Swagger Petstore - OpenAPI 3.0`` ->
    swagger petstore; a title of nothing but such words stays as it is.
    """
    plain = re.sub(r"['\u2019]s\b", "", title.replace("OpenAPI", "openapi"))
    start = _TITLE_END.split(plain, maxsplit=1)[0]
    kept = tuple(
        word
        for place, word in enumerate(split_words(start))
        if word not in _TITLE_FILLERS and not (place and re.fullmatch("v?[0-9]+", word))
    )
    return kept[:4] or split_words(title)[:4]


def digest_word(text: str) -> str:
    """Return a short word that a text always yields: a last resort against collisions."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return "x" + digest[:6]


class Names:
    """Hands out names, each once, without ever counting.

    Two names are the same when they are equal once joined, so that no casing of any language can
    make them collide. Names that are locked to an identity are kept for it.
    """

    def __init__(
        self, taken: Iterable[Words] = (), locked: Mapping[str, Words] | None = None
    ) -> None:
        self._taken = {"".join(words) for words in taken}
        self._locked = locked or {}
        self._taken.update("".join(words) for words in self._locked.values())

    def free(self, words: Words) -> bool:
        """Tell whether a name can still be had."""
        return "".join(words) not in self._taken

    def take(self, candidates: Iterable[Words], identity: str) -> Words:
        """Return the first free candidate; else the first one with a word made from ``identity``.

        Args:
            candidates: Names in order of preference; at least one.
            identity: What tells the named thing from all others, e.g. its pointer.
        """
        locked = self._locked.get(identity)
        if locked is not None:
            return locked
        first: Words | None = None
        for words in candidates:
            if first is None:
                first = words
            if self.free(words):
                self._taken.add("".join(words))
                return words
        words = (*(first or ("name",)), digest_word(identity))
        self._taken.add("".join(words))
        return words

"""How words are written in the names of classes where initialisms are (``APIKey``, ``userID``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["INITIALISMS", "class_name"]

INITIALISMS = frozenset(
    {"3ds", "ach", "acl", "ai", "api", "ats", "cpu", "crm", "db", "dns", "e2e", "eeoc", "gb", "gpu"}
    | {"hd", "hris", "html", "http", "https", "id", "ip", "iso", "jsonl", "kb", "kyb", "kyc"}
    | {"lfs", "mb", "mp3", "mp4", "nft", "saml", "sdk", "sku", "sms", "ss", "ssh", "sso", "url"}
)
"""Words that the stainless.yml format writes in capitals unless told otherwise."""


def class_name(words: Iterable[str], casings: Mapping[str, str]) -> str:
    """Write words as the name of a class.

    Args:
        words: Lower-case words.
        casings: Word -> how it is written; wins over the initialisms.
    """
    return "".join(_written(word, casings) for word in words)


def _written(word: str, casings: Mapping[str, str]) -> str:
    if word in casings:
        return casings[word]
    if word in INITIALISMS:
        return word.upper()
    if word.endswith("s") and word[:-1] in INITIALISMS:
        return word[:-1].upper() + "s"
    return word[:1].upper() + word[1:]

"""Words to Python identifiers.

The description names things by words; this module alone knows how Python spells them and which
names it may not use. A name that is taken or reserved gets a trailing underscore, never a number.
"""

from __future__ import annotations

import functools
import keyword
import re
from collections.abc import Iterable
from typing import TypeAlias

from specloom.ir.model import Words
from specloom.ir.names import digest_word
from specloom.ir.names import singular as singular_word

__all__ = [
    "CLIENT_ATTRIBUTES",
    "MODEL_ATTRIBUTES",
    "OPTION_NAMES",
    "RESOURCE_ATTRIBUTES",
    "Namespace",
    "NaturalKey",
    "constant",
    "identifier",
    "import_key",
    "is_identifier",
    "module_name",
    "natural",
    "pascal",
    "singular",
    "snake",
    "sort_key",
]

OPTION_NAMES = frozenset(
    {
        "extra_body",
        "extra_headers",
        "extra_query",
        "idempotency_key",
        "max_retries",
        "options",
        "self",
        "timeout",
        "warn",
    }
)
"""Names of a method's arguments that belong to the call, not to the API."""

MODEL_ATTRIBUTES = frozenset(
    {
        "builtins",
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "model_computed_fields",
        "model_config",
        "model_construct",
        "model_copy",
        "model_dump",
        "model_dump_json",
        "model_extra",
        "model_fields",
        "model_fields_set",
        "model_json_schema",
        "model_parametrized_name",
        "model_post_init",
        "model_rebuild",
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "to_dict",
        "to_json",
        "update_forward_refs",
        "validate",
    }
)
"""Attributes of the model base class (pydantic's and the core's)."""

RESOURCE_ATTRIBUTES = frozenset(
    {"builtins", "overload", "property", "with_options", "with_raw_response"}
)
"""Names that a resource class uses for itself."""

CLIENT_ATTRIBUTES = RESOURCE_ATTRIBUTES | {
    "aclose",
    "base_url",
    "cached_property",
    "close",
    "copy",
    "delete",
    "get",
    "head",
    "is_closed",
    "max_retries",
    "options",
    "patch",
    "post",
    "put",
    "rate_limit",
    "request",
    "timeout",
    "types",
    "webhooks",
}
"""Names that the client class has from the core."""

_KEYWORDS = frozenset(keyword.kwlist)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


def is_identifier(name: str) -> bool:
    """Whether ``name`` can stand as a name of generated code."""
    return name.isascii() and name.isidentifier() and name not in _KEYWORDS


@functools.lru_cache(maxsize=1 << 16)
def snake(words: Words, prefix: str) -> str:
    """``("created", "at")`` -> ``created_at``; ``prefix`` stands before a leading digit.

    Raises:
        ValueError: If a word is not made of ``[a-z0-9]``: names are built from words, so that
            nothing else can reach the code through a name.
    """
    name = "_".join(_checked(words))
    return name if name[:1] in _LETTERS else (f"{prefix}_{name}" if name else prefix)


@functools.lru_cache(maxsize=1 << 16)
def pascal(words: Words, prefix: str = "Model") -> str:
    """``("user", "create")`` -> ``UserCreate``; ``prefix`` stands before a leading digit.

    The three keywords that look like classes take a trailing ``_``.

    Raises:
        ValueError: See :func:`snake`.
    """
    name = "".join(word[:1].upper() + word[1:] for word in _checked(words))
    if name in _KEYWORDS:  # True, False, None
        return name + "_"
    return name if name[:1].lower() in _LETTERS else prefix + name


def constant(name: str) -> str:
    """The private module constant of a method: ``create_token`` -> ``_CREATE_TOKEN``."""
    return "_" + name.upper().rstrip("_")


def _checked(words: Words) -> Words:
    for word in words:
        if not (word.isascii() and word.isalnum() and word == word.lower()):
            raise ValueError(f"not a word: {word!r}")
    return words


def identifier(words: Words, prefix: str, reserved: Iterable[str] = ()) -> str:
    """A snake_case name that is neither a keyword nor reserved."""
    name = snake(words, prefix)
    while name in _KEYWORDS or name in reserved:
        name += "_"
    return name


_LONGEST_MODULE = 100
"""Characters; some systems allow 260 for a whole path."""

NaturalKey: TypeAlias = tuple[tuple[str, int, str, int], ...]

_NUMBER = re.compile("([0-9]+)")


@functools.lru_cache(maxsize=1 << 16)
def natural(name: str) -> NaturalKey:
    """The formatter's order of names: numbers in them by value (``v2`` before ``v10``).

    A number with a leading zero is compared digit by digit, like a fraction.
    """
    parts = _NUMBER.split(name)
    if len(parts) == 1:
        return ((name, -1, "", 0),)
    key = []
    for text, number in zip(parts[::2], [*parts[1::2], None], strict=True):
        if number is None:
            key.append((text, -1, "", 0))
        elif number.startswith("0"):
            key.append((text, 0, number, 0))
        else:
            key.append((text, 1, "", int(number)))
    return tuple(key)


@functools.lru_cache(maxsize=1 << 16)
def sort_key(name: str) -> tuple[int, NaturalKey]:
    """The order of names in ``__all__``: constants, classes, the rest."""
    if name.isupper() and len(name) > 1:
        return (0, natural(name))
    return (1 if name[:1].isupper() else 2, natural(name))


@functools.lru_cache(maxsize=1 << 16)
def import_key(name: str) -> tuple[int, NaturalKey, NaturalKey]:
    """The order of names in an import: as :func:`sort_key`, but regardless of case at first."""
    rank, key = sort_key(name)
    return (rank, natural(name.lower()), key)


def module_name(words: Words) -> str:
    """A file's name without ``.py``: importable, and short enough for every file system."""
    name = identifier(words, "module")
    if len(name) <= _LONGEST_MODULE:
        return name
    return f"{name[:_LONGEST_MODULE].rstrip('_')}_{digest_word(name)}"


def singular(words: Words) -> Words:
    """``("api", "keys")`` -> ``("api", "key")``; words that are no plural stay."""
    return (*words[:-1], singular_word(words[-1])) if words else words


class Namespace:
    """Hands out names of one scope, each once.

    Args:
        reserved: Names that are taken from the start.
        fold: Compare without regard to case (file names on some systems).
    """

    def __init__(self, reserved: Iterable[str] = (), *, fold: bool = False) -> None:
        self._fold = fold
        self._taken = {name.lower() for name in reserved} if fold else set(reserved)

    def __contains__(self, name: str) -> bool:
        return (name.lower() if self._fold else name) in self._taken

    def take(self, *wishes: str) -> str:
        """The first wish that is free; else the last one with underscores behind it."""
        for wish in wishes:
            if wish not in self:
                break
        else:
            wish = wishes[-1]
            while wish in self:
                wish += "_"
        self._taken.add(wish.lower() if self._fold else wish)
        return wish

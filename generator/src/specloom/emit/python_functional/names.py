"""Names that openapi-python-client can live with.

It makes identifiers from the document's names, and gives up where two come out alike; it also lets
a parameter shadow what its own templates use. So it is handed names that cannot collide, and the
wire names are put back before it prints (``wire.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

__all__ = ["MODULE_NAMES", "OBJECT_NAMES", "OPERATION_NAMES", "Names", "joined"]

OPERATION_NAMES: Final = frozenset(
    [
        "client",
        "url",
        "body",
        "params",
        "headers",
        "cookies",
        "kwargs",
        "response",
        "quote",
        "cast",
        "httpx",
        "errors",
    ]
)
"""Words that the endpoint templates use for themselves."""

OBJECT_NAMES: Final = frozenset(
    [
        "additional_properties",
        "additional_keys",
        "to_dict",
        "from_dict",
        "to_multipart",
        "field_dict",
        "files",
        "src_dict",
        "prop",
        "prop_name",
        "cast",
        "cls",
        "d",
        "types",
    ]
)
"""Words that the model template uses for itself."""

MODULE_NAMES: Final = frozenset(
    [
        "any",
        "authenticated_client",
        "client",
        "file",
        "file_types",
        "generator",
        "literal",
        "mapping",
        "response",
        "t",
        "unset",
    ]
)
"""Modules of classes that generated modules import from elsewhere: `Response`, `File`, ..."""


class Names:
    """Hands out names of one scope, each once.

    Args:
        taken: Names that may not be given away.
        form: What makes two names the same; by default the names themselves.
    """

    def __init__(self, taken: Iterable[str] = (), form: Callable[[str], str] | None = None) -> None:
        self._form = form or (lambda name: name)
        self._taken = set(taken)

    def take(self, *wanted: str) -> str:
        """The first name that is free, else the last with a number; the same every time."""
        for name in self._candidates(wanted):
            form = self._form(name)
            if form not in self._taken:
                self._taken.add(form)
                return name
        raise AssertionError("the candidates never end")

    @staticmethod
    def _candidates(wanted: tuple[str, ...]) -> Iterator[str]:
        yield from wanted
        number = 2
        while True:
            yield f"{wanted[-1]}_{number}"
            number += 1


def joined(words: Iterable[str], otherwise: str) -> str:
    """Words as one lower-case name that starts with a letter, else behind ``otherwise``."""
    name = "_".join(words)
    return name if name[:1].isalpha() else f"{otherwise}_{name}".rstrip("_")

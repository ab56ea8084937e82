"""What a walk through the pages remembers, to notice when a server repeats itself."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["Chain"]


class Chain:
    """The tokens of one walk through the pages, up to one of them.

    The tokens are shared by the pages of a walk; each page only sees those that came before it,
    so that asking a page twice for the next one is no repetition.
    """

    __slots__ = ("index", "previous", "tokens")

    def __init__(
        self,
        tokens: dict[str, int] | None = None,
        index: int = 0,
        previous: list[Any] | None = None,
    ) -> None:
        self.tokens = {} if tokens is None else tokens
        self.index = index
        self.previous = previous

    def __contains__(self, token: object) -> bool:
        return self.tokens.get(cast("str", token), self.index + 1) <= self.index

    def next(self, token: str | None, ids: list[Any] | None) -> Chain:
        """The place after this one.

        Args:
            token: What leads there.
            ids: Of this page's items.
        """
        if token is not None:
            self.tokens[token] = self.index + 1
        return Chain(self.tokens, self.index + 1, ids)

"""Options of a client that only some APIs have: headers of every request, an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from .record import Record

__all__ = ["OptionHeader", "first_given", "option_headers"]


class OptionHeader(Record):
    """An option and its header.

    Args:
        header: The header's name.
        option: The client's argument; None for a header that is always the same.
        env: Environment variable that is read when the argument is not given.
        default: What is sent when neither says anything; None sends nothing.
    """

    __slots__ = ("default", "env", "header", "option")

    def __init__(
        self,
        header: str,
        option: str | None = None,
        env: str | None = None,
        default: str | None = None,
    ) -> None:
        self.header = header
        self.option = option
        self.env = env
        self.default = default


def option_headers(
    options: Sequence[OptionHeader],
    given: Mapping[str, str | None],
    default_headers: Mapping[str, str | None] | None,
) -> Mapping[str, str | None]:
    """The headers of every request: what the options say, and the caller's own above them.

    Args:
        options: The options.
        given: The client's arguments by option.
        default_headers: The client's argument of that name.
    """
    headers: dict[str, str | None] = {}
    for item in options:
        value = given.get(item.option) if item.option is not None else None
        if value is None and item.env is not None:
            value = os.environ.get(item.env) or None
        if value is None:
            value = item.default
        if value is not None:
            headers[item.header] = value
    return {**headers, **(default_headers or {})}


def first_given(*values: str | None) -> str | None:
    """The first value that is not None; None where all are."""
    return next((value for value in values if value is not None), None)

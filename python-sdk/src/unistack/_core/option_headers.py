"""Options of a client that only some APIs have: headers of every request, an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from .brand import Brand
from .record import Record

__all__ = ["OptionHeader", "ServerOption", "first_given", "option_headers", "server_url"]


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


class ServerOption(Record):
    """An option that fills a variable of the servers' URLs.

    Args:
        variable: The variable, as it stands in braces.
        option: The client's argument.
        env: Environment variable that is read when the argument is not given.
        default: The value when neither says anything.
        values: What may be given; empty where anything may.
    """

    __slots__ = ("default", "env", "option", "values", "variable")

    def __init__(
        self,
        variable: str,
        option: str,
        env: str | None = None,
        default: str | None = None,
        values: Sequence[str] = (),
    ) -> None:
        self.variable = variable
        self.option = option
        self.env = env
        self.default = default
        self.values = values


def server_url(
    brand: Brand,
    options: Sequence[ServerOption],
    given: Mapping[str, str | None],
    base_url: str | None,
    template: str | None = None,
) -> str:
    """The base URL with its variables filled, what the caller says of them percent-encoded.

    Args:
        brand: The names and addresses of the API.
        options: The options that fill variables.
        given: The client's arguments by option.
        base_url: A URL, or the name of an environment.
        template: The documented URL with its variables in braces; used where no URL is given and
            an option is.

    Raises:
        ValueError: When a variable of the URL has no value, or one that it cannot have.
    """
    url = base_url or os.environ.get(f"{brand.env_prefix}_BASE_URL") or brand.base_url
    if template is not None and url == brand.base_url and any(given.values()):
        url = template
    url = dict(brand.environments).get(url, url)
    for item in options:
        place = "{" + item.variable + "}"
        if place not in url:
            continue
        value = given.get(item.option)
        if value is None and item.env is not None:
            value = os.environ.get(item.env)
        if value and item.values and value not in item.values:
            raise ValueError(f"{item.option} is one of {', '.join(item.values)}, not {value}")
        filled = quote(value, safe="") if value else item.default
        if not filled:
            raise ValueError(f"the URL {url} needs {item.variable}: pass {item.option}=")
        url = url.replace(place, filled)
    return url

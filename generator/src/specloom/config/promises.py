"""What a configuration of another generator promises to the users of its SDKs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specloom.config.stainless.model import Stainless

__all__ = ["ClientDefaults", "HeaderOption", "Promises", "Seat", "VariableOption"]


@dataclass(frozen=True, slots=True)
class ClientDefaults:
    """What a client does where its caller says nothing else. Seconds."""

    max_retries: int = 2
    timeout: float | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderOption:
    """A client option that travels as a header of every request."""

    name: str
    header: str
    env: str | None = None
    default: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class VariableOption:
    """A client option that fills a variable of the servers' URLs."""

    name: str
    variable: str
    env: str | None = None
    default: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a model belongs: the resource's dotted path (``$shared`` for all), and its name there.

    ``suffix`` tells whether its form in requests has a name of its own.
    """

    resource: str
    name: str
    suffix: bool = True


@dataclass(frozen=True, slots=True)
class Promises:
    """Names, places and behaviour; the defaults promise nothing.

    Attributes:
        copies: Operation id -> ids of further methods that call the same operation.
        unwraps: Operation id -> property that its method hands out; overrules ``unwrap``.
        positional: Operation id -> wire names of the path parameters that are given by position;
            all of them where it is not named.
        body_names: Operation id -> what its body is called, where it is no object.
        page_names: Operation id -> name of its pages' class.
        pages: That name -> the fields of the envelope, each with its JSON type.
        seats: Component name -> where its model belongs.
        aliases: Names of models that only stand for another: dotted path -> component name.
        layout: ``plain``, or ``stainless``: files and names as that format promises them.
        casings: Word -> how it is written in the name of a class (layout ``stainless``).
        defaults: What a client does where its caller says nothing else.
        options: Client options that travel as headers.
        variables: Client options that fill variables of the servers' URLs.
        idempotency: Header that makes every request but a GET repeatable, where none is declared.
        stainless: What a stainless.yml says, to be bound to a document.
    """

    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unwraps: Mapping[str, str | None] = field(default_factory=dict)
    positional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body_names: Mapping[str, str] = field(default_factory=dict)
    page_names: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    seats: Mapping[str, Seat] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    layout: str = "plain"
    casings: Mapping[str, str] = field(default_factory=dict)
    defaults: ClientDefaults = field(default_factory=ClientDefaults)
    options: tuple[HeaderOption, ...] = ()
    variables: tuple[VariableOption, ...] = ()
    idempotency: str | None = None
    stainless: Stainless | None = None

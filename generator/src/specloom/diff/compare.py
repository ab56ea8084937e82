"""Every change between two editions of an API, as users of its SDKs meet it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specloom.config.model import Config
from specloom.diff.changes import Change, Level
from specloom.diff.matching import match
from specloom.diff.methods import MethodChanges
from specloom.diff.models import ModelChanges
from specloom.diff.relation import Relation, Side, Types
from specloom.diff.surface import events, shown
from specloom.ir.model import Api, SecurityKind, SecurityScheme
from specloom.ir.names import split_words, title_words

__all__ = ["Edition", "compare"]

_ORDER = {level: index for index, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of an API and the configuration of its SDKs."""

    api: Api
    config: Config


def compare(old: Edition, new: Edition) -> list[Change]:
    """Return what changes for users of the generated SDKs, the gravest first.

    Args:
        old: What users have.
        new: What they would get; built with the names of ``old`` taken (``lock_of``), since that
            is what generating into the same folder does.
    """
    matches = match(old.api, new.api)
    types = Types(old.api.models, new.api.models, matches.same)
    found = [
        *_client(old, new),
        *MethodChanges(old.api, new.api, matches, types).all(),
        *ModelChanges(old.api, new.api, matches, types).all(),
        *_events(old.api, new.api, types),
    ]
    found.sort(key=lambda change: _ORDER[change.level])
    return list(dict.fromkeys(found))


def _client(old: Edition, new: Edition) -> Iterator[Change]:
    for what, before, after in (
        ("client", _client_name(old), _client_name(new)),
        ("package", _package_name(old), _package_name(new)),
    ):
        if before != after:
            yield Change(
                Level.BREAKING,
                f"{what}-renamed",
                what,
                f"is now called {after}, not {before}",
                "every program imports it by its name",
                "/info/title",
                "/info/title",
                f"name it {before} under brand in the configuration",
            )
    yield from _options(old.api, new.api)
    yield from _servers(old.api, new.api)
    yield from _bound(old.config, new.config)
    if old.api.errors != new.api.errors:
        yield Change(
            Level.FIX,
            "error-reading-changed",
            "client",
            "reads an error's code, message, details or request id elsewhere in its body",
            "errors are of the same classes and carry more exact values",
        )


def _client_name(edition: Edition) -> str:
    return edition.config.brand.name or "".join(
        word.capitalize() for word in title_words(edition.api.title.raw)
    )


def _package_name(edition: Edition) -> str:
    brand = edition.config.brand
    named = brand.package or brand.name
    words = split_words(named) if named else title_words(edition.api.title.raw)
    return brand.package or "_".join(words)


def _options(old: Api, new: Api) -> Iterator[Change]:
    after = {scheme.id: scheme for scheme in new.security_schemes}
    before = {scheme.id: scheme for scheme in old.security_schemes}
    for id_, scheme in before.items():
        option = "_".join(scheme.option)
        other = after.get(id_)
        if scheme.kind is SecurityKind.OTHER:
            continue
        if other is None or other.kind is SecurityKind.OTHER:
            yield Change(
                Level.BREAKING,
                "option-removed",
                "client",
                f"the option {option} is gone",
                "a client that is made with it fails with a TypeError",
                scheme.source.pointer,
            )
        else:
            yield from _option(scheme, other)
    for id_, scheme in after.items():
        if id_ not in before and scheme.kind is not SecurityKind.OTHER:
            yield Change(
                Level.FEATURE,
                "option-added",
                "client",
                f"takes the credential {'_'.join(scheme.option)}",
                "nobody has to give it",
                None,
                scheme.source.pointer,
            )


def _option(old: SecurityScheme, new: SecurityScheme) -> Iterator[Change]:
    where = (old.source.pointer, new.source.pointer)
    before, after = "_".join(old.option), "_".join(new.option)
    if before != after:
        yield Change(
            Level.BREAKING,
            "option-renamed",
            "client",
            f"the option {before} is now called {after}",
            "a client that is made with the old name fails with a TypeError",
            *where,
            f"name it {before} under auth in the configuration",
        )
    if (old.kind is SecurityKind.BASIC) is not (new.kind is SecurityKind.BASIC):
        yield Change(
            Level.BREAKING,
            "option-changed",
            "client",
            f"the option {after} was {old.kind.value} and is {new.kind.value}",
            "user name and password are given otherwise than one secret",
            *where,
        )
    elif (old.kind, old.wire_name) != (new.kind, new.wire_name):
        yield Change(
            Level.FIX,
            "credential-moved",
            "client",
            f"the credential {after} travels otherwise",
            "the option stays, the client sends what the API wants",
            *where,
        )


def _servers(old: Api, new: Api) -> Iterator[Change]:
    before, after = (api.servers[0].url.raw if api.servers else "" for api in (old, new))
    if before != after:
        yield Change(
            Level.FIX,
            "server-changed",
            "client",
            f"the default base URL was {before or 'none'} and is {after or 'none'}",
            "a client without base_url sends its requests there",
            "/servers",
            "/servers",
        )


def _bound(old: Config, new: Config) -> Iterator[Change]:
    before = {item.method: item for item in old.dynamic}
    after = {item.method: item for item in new.dynamic}
    for method, item in before.items():
        if after.get(method) != item:
            yield Change(
                Level.BREAKING,
                "client-method-removed",
                "client",
                f"the method {method}, which binds {item.resource}, is gone or binds another",
                "a program that calls it fails",
            )
    for method in after.keys() - before.keys():
        yield Change(
            Level.FEATURE,
            "client-method-added",
            "client",
            f"has the method {method}, which binds {after[method].resource}",
            "nobody has to use it",
        )


def _events(old: Api, new: Api, types: Types) -> Iterator[Change]:
    before, after = events(old), events(new)
    for key, (payload, pointer) in before.items():
        if key not in after:
            yield Change(
                Level.BREAKING,
                "event-removed",
                key,
                "the webhook or callback is gone",
                "a handler of its type cannot be written any more",
                pointer,
            )
            continue
        found, place = after[key]
        relation = types.relation(payload, found, Side.RESPONSE)
        if relation is not Relation.SAME:
            exact = relation is Relation.NARROWER
            yield Change(
                Level.FEATURE if exact else Level.BREAKING,
                "event-payload-changed",
                key,
                f"the payload was {shown(payload, old.models)} and is {shown(found, new.models)}",
                "handlers that read it still can" if exact else "handlers read another type",
                pointer,
                place,
            )
    for key, (_, pointer) in after.items():
        if key not in before:
            yield Change(
                Level.FEATURE,
                "event-added",
                key,
                "a webhook or callback of its own type",
                "nobody has to handle it",
                None,
                pointer,
            )

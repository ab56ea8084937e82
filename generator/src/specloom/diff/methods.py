"""Changes of methods: their names, arguments, results, credentials and behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specloom.diff.changes import Change, Level
from specloom.diff.matching import Matches
from specloom.diff.places import Place
from specloom.diff.relation import Side, Types
from specloom.diff.surface import Argument, Arguments, arguments, differ, dotted, limits
from specloom.ir.model import Api, Operation, PathPart, ResultKind, SecurityRequirement

__all__ = ["MethodChanges"]

_RESULTS = {
    ResultKind.NONE: "nothing",
    ResultKind.JSON: "JSON",
    ResultKind.TEXT: "text",
    ResultKind.BINARY: "a download",
    ResultKind.EVENTS: "a stream of events",
    ResultKind.LINES: "a stream of lines",
}


@dataclass(frozen=True, slots=True)
class MethodChanges:
    """Compares the methods of two editions."""

    old: Api
    new: Api
    matches: Matches
    types: Types

    def all(self) -> Iterator[Change]:
        """Yield every change of a method, in the old document's order, then what is new."""
        for id_, operation in self.old.operations.items():
            other = self.new.operations.get(self.matches.operations.get(id_, ""))
            if other is None:
                yield Change(
                    Level.BREAKING,
                    "method-removed",
                    _name(operation),
                    "the method is gone",
                    "a program that calls it fails with an AttributeError",
                    operation.source.pointer,
                )
            else:
                yield from _Method(operation, other, self).changes()
        kept = set(self.matches.operations.values())
        for id_, operation in self.new.operations.items():
            if id_ not in kept:
                yield Change(
                    Level.FEATURE,
                    "method-added",
                    _name(operation),
                    f"a new method, {operation.http_method} {_path(operation.path)}",
                    "nobody has to use it",
                    None,
                    operation.source.pointer,
                )


def _name(operation: Operation) -> str:
    return dotted(*operation.resource, operation.method_name)


def _path(parts: tuple[PathPart, ...]) -> str:
    return "".join(f"{{{part.text.raw}}}" if part.is_parameter else part.text.raw for part in parts)


@dataclass(frozen=True, slots=True)
class _Method:
    """One method in both editions."""

    old: Operation
    new: Operation
    all: MethodChanges

    def changes(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if _name(old) != _name(new):
            yield self._change(
                Level.BREAKING,
                "method-renamed",
                f"is now called {_name(new)}",
                "a program that calls it by its old name fails with an AttributeError",
                f"keep the name: map {new.id} to {_name(old)} under resources in the configuration",
            )
        if (old.http_method, _path(old.path)) != (new.http_method, _path(new.path)):
            yield self._change(
                Level.FIX,
                "address-changed",
                f"{old.http_method} {_path(old.path)} became {new.http_method} {_path(new.path)}",
                "the call reads the same, the request goes elsewhere",
            )
        if old.deprecated is not new.deprecated:
            yield self._change(
                Level.FEATURE if new.deprecated else Level.FIX,
                "method-deprecated" if new.deprecated else "method-restored",
                "is deprecated" if new.deprecated else "is no longer deprecated",
                "it works as before, and warns" if new.deprecated else "it does not warn any more",
            )
        yield from self._security()
        yield from self._arguments()
        yield from self._result()
        yield from self._behaviour()
        yield from self._socket()
        yield from self._errors()
        if differ(_documented(old), _documented(new)):
            yield self._change(
                Level.FIX,
                "documentation-changed",
                "is documented otherwise",
                "nothing a program could notice",
            )

    def _change(self, level: Level, kind: str, message: str, why: str, hint: str = "") -> Change:
        where = (self.old.source.pointer, self.new.source.pointer)
        return Change(level, kind, _name(self.old), message, why, *where, hint)

    # -- credentials

    def _security(self) -> Iterator[Change]:
        before, after = _alternatives(self.old.security), _alternatives(self.new.security)
        if any(not any(other <= one for other in after) for one in before):
            yield self._change(
                Level.BREAKING,
                "credential-required",
                "needs a credential that it did not need",
                "a client without it is refused with an AuthenticationError or PermissionDeniedError",
            )
        elif any(not any(one <= other for one in before) for other in after):
            yield self._change(
                Level.FEATURE,
                "credential-admitted",
                "can be called with fewer or with other credentials",
                "those that were accepted still are",
            )

    # -- arguments

    def _arguments(self) -> Iterator[Change]:
        before = arguments(self.old, self.all.old.models)
        after = arguments(self.new, self.all.new.models)
        if len(before.positional) != len(after.positional):
            yield self._change(
                Level.BREAKING,
                "positional-changed",
                f"took {_listed(before.positional)} by position and takes {_listed(after.positional)}",
                "a call that gives as many as before fails with a TypeError",
            )
        else:
            for one, two in zip(before.positional, after.positional, strict=True):
                yield from self._place(one, two).types(self.all.types, one.type, two.type)
        if before.whole_body is not after.whole_body and _has_body(before) and _has_body(after):
            yield self._change(
                Level.BREAKING,
                "body-changed",
                "took the body as one argument and takes its properties one by one"
                if before.whole_body
                else "took the body's properties one by one and takes the body as one argument",
                "a call with the old arguments fails with a TypeError",
            )
            return
        renamed = _renamed(before, after)
        for name, one in before.keywords.items():
            found = after.keywords.get(renamed.get(name, name))
            if found is not None:
                yield from self._argument(one, found)
            else:
                yield self._place(one, None).change(
                    Level.BREAKING,
                    "removed",
                    f"the argument {name} is gone",
                    "a call that gives it fails with a TypeError",
                )
        new_names = after.keywords.keys() - before.keywords.keys() - set(renamed.values())
        for name in sorted(new_names):
            yield self._added(after.keywords[name])

    def _place(self, old: Argument | None, new: Argument | None) -> Place:
        named = old or new
        assert named is not None
        return Place(
            _name(self.old),
            f"the argument {named.name}",
            "argument",
            Side.REQUEST,
            old.pointer if old else self.old.source.pointer,
            new.pointer if new else self.new.source.pointer,
        )

    def _added(self, argument: Argument) -> Change:
        place = self._place(None, argument)
        if argument.required:
            return place.change(
                Level.BREAKING,
                "added-required",
                f"a new argument {argument.name} must be given",
                "a call without it fails with a TypeError",
            )
        return place.change(
            Level.FEATURE,
            "added",
            f"takes the argument {argument.name}",
            "nobody has to give it",
        )

    def _argument(self, old: Argument, new: Argument) -> Iterator[Change]:
        place = self._place(old, new)
        if old.name != new.name:
            yield place.change(
                Level.BREAKING,
                "renamed",
                f"{place.what} is now called {new.name}",
                "a call that gives it by its old name fails with a TypeError",
            )
        if old.required is not new.required:
            yield place.change(
                Level.BREAKING if new.required else Level.FEATURE,
                "now-required" if new.required else "now-optional",
                f"{place.what} {'must' if new.required else 'need not'} be given",
                "a call without it fails with a TypeError"
                if new.required
                else "calls that give it are as good",
            )
        yield from place.types(self.all.types, old.type, new.type)
        if new.deprecated and not old.deprecated:
            yield place.change(
                Level.FEATURE, "deprecated", f"{place.what} is deprecated", "it works as before"
            )
        if (old.place, old.wire_name) != (new.place, new.wire_name):
            yield place.change(
                Level.FIX,
                "moved",
                f"{place.what} travels otherwise",
                "the call reads the same, the request is another",
            )
        if old.default != new.default:
            yield place.change(
                Level.FIX,
                "default-changed",
                f"the default of {place.what} was {old.default} and is {new.default}",
                "a call without it may be answered otherwise",
            )

    # -- results

    def _result(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if (old.pagination is None) is not (new.pagination is None):
            gained = new.pagination is not None
            yield self._change(
                Level.BREAKING,
                "pagination-added" if gained else "pagination-removed",
                "returns pages of items, not the whole answer"
                if gained
                else "returns the whole answer, not pages of items",
                "programs read the result as what it was",
                "" if not gained else "say false for it under pagination in the configuration",
            )
            return
        place = Place(
            _name(old),
            "the result",
            "result",
            Side.RESPONSE,
            old.source.pointer,
            new.source.pointer,
        )
        if old.pagination is not None and new.pagination is not None:
            yield from Place(
                place.subject, "the item of a page", "item", place.side, place.old, place.new
            ).types(self.all.types, old.pagination.item_type, new.pagination.item_type)
            if (old.pagination.style, old.pagination.items) != (
                new.pagination.style,
                new.pagination.items,
            ):
                yield self._change(
                    Level.FIX,
                    "pagination-changed",
                    f"pages by {new.pagination.style.value}, not by {old.pagination.style.value}"
                    if old.pagination.style is not new.pagination.style
                    else "finds the items of a page elsewhere in the answer",
                    "iterating reads the same",
                )
            return
        if old.result.kind is not new.result.kind:
            yield place.change(
                Level.BREAKING,
                "type-changed",
                f"returned {_RESULTS[old.result.kind]} and returns {_RESULTS[new.result.kind]}",
                "programs read the result as what it was",
            )
        elif old.result.kind is ResultKind.JSON:
            yield from place.types(self.all.types, old.result.value_type, new.result.value_type)

    def _behaviour(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if old.stream is not None and new.stream is not None:
            place = Place(
                _name(old),
                "an event of the stream",
                "event",
                Side.RESPONSE,
                old.source.pointer,
                new.source.pointer,
            )
            yield from place.types(self.all.types, old.stream.event, new.stream.event)
        elif old.stream is not None and old.stream.param is not None:
            yield self._change(
                Level.BREAKING,
                "stream-removed",
                "cannot stream any more",
                "a call that asks for the stream gets one answer",
            )
        elif new.stream is not None and new.stream.param is not None:
            yield self._change(
                Level.FEATURE, "stream-added", "can stream its answer", "nobody has to ask for it"
            )
        if (old.idempotency_header is None) is not (new.idempotency_header is None):
            safe = new.idempotency_header is not None
            yield self._change(
                Level.FEATURE if safe else Level.FIX,
                "retries-changed",
                "is sent with an idempotency key, so it is retried"
                if safe
                else "is sent without an idempotency key, so it is not retried",
                "fewer calls fail" if safe else "a lost connection surfaces as an error",
            )

    def _socket(self) -> Iterator[Change]:
        old, new = self.old.websocket, self.new.websocket
        where = (self.old.source.pointer, self.new.source.pointer)
        if old is not None and new is not None:
            sent = Place(_name(self.old), "what is sent", "message", Side.REQUEST, *where)
            received = Place(_name(self.old), "what is received", "message", Side.RESPONSE, *where)
            yield from sent.types(self.all.types, old.send, new.send)
            yield from received.types(self.all.types, old.receive, new.receive)
        elif old is not None:
            yield self._change(
                Level.BREAKING,
                "socket-removed",
                "the method that opens its WebSocket is gone",
                "a program that calls it fails with an AttributeError",
            )
        elif new is not None:
            yield self._change(
                Level.FEATURE,
                "socket-added",
                "a method opens its WebSocket",
                "nobody has to use it",
            )

    def _errors(self) -> Iterator[Change]:
        before = {item.status: item for item in self.old.responses if _is_error(item.status)}
        after = {item.status: item for item in self.new.responses if _is_error(item.status)}
        for status, response in before.items():
            if status not in after:
                yield Change(
                    Level.FIX,
                    "error-removed",
                    _name(self.old),
                    f"the error {status} is not documented any more",
                    "should it come, the same class is raised",
                    response.source.pointer,
                    self.new.source.pointer,
                )
        for status, response in after.items():
            if status not in before:
                yield Change(
                    Level.FEATURE,
                    "error-added",
                    _name(self.old),
                    f"documents the error {status}",
                    "it was raised by the same class before",
                    self.old.source.pointer,
                    response.source.pointer,
                )


def _is_error(status: str) -> bool:
    return status == "default" or status[:1] in ("4", "5")


def _alternatives(security: tuple[SecurityRequirement, ...]) -> list[frozenset[str]]:
    """Return the sets of schemes that suffice; the empty one where none is needed."""
    return [frozenset(name for name, _ in item.schemes) for item in security] or [frozenset()]


def _listed(given: tuple[Argument, ...]) -> str:
    return ", ".join(item.name for item in given) or "nothing"


def _has_body(given: Arguments) -> bool:
    return any(item.place == "body" for item in given.keywords.values())


def _renamed(before: Arguments, after: Arguments) -> dict[str, str]:
    """Return the new names of arguments that are the same on the wire."""
    names = {(item.place, item.wire_name): name for name, item in after.keywords.items()}
    found = {}
    for name, item in before.keywords.items():
        other = names.get((item.place, item.wire_name))
        if other is not None and other != name and name not in after.keywords:
            found[name] = other
    return found


def _documented(operation: Operation) -> dict[object, object]:
    """Return what is said about a method and about each of its parameters."""
    said: dict[object, object] = {"": operation.docs}
    said.update(
        ((item.location, item.wire_name), (item.docs, limits(item.type)))
        for item in operation.parameters
    )
    return said

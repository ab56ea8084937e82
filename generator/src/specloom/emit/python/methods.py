"""A method of a resource, in its synchronous and its asynchronous form, as printed text."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from specloom.emit.python.arguments import Argument, Arguments, argument_annotation
from specloom.emit.python.encode import (
    docstring,
    one_line,
    path_text,
    prose,
    string,
    with_sentence,
    wrap,
)
from specloom.emit.python.layout import (
    COLUMNS,
    Expression,
    Item,
    call,
    either,
    lay,
    pairs,
    sequence,
    signature,
    subscript,
)
from specloom.emit.python.plan import OperationTypes
from specloom.emit.python.types import Annotator, Side
from specloom.ir.model import BodyKind, Operation, ResultKind

__all__ = ["Flavour", "MethodPrinter"]

_INDENT = 4
_BODY = 8


class Flavour(enum.Enum):
    """Which of the two clients a class belongs to."""

    SYNC = "sync"
    ASYNC = "async"

    @property
    def prefix(self) -> str:
        """What stands before a class's name."""
        return "Async" if self is Flavour.ASYNC else ""


@dataclass(frozen=True, slots=True)
class MethodPrinter:
    """Prints the methods of one operation.

    Attributes:
        operation: The operation.
        name: The method's name.
        constant: The name of its endpoint in the module.
        arguments: Its arguments.
        types: The types that it brings.
        notes: Renders annotations into the module.
        owner: What the core's call methods hang on: ``self``, or ``self._operations``.
    """

    operation: Operation
    name: str
    constant: str
    arguments: Arguments
    types: OperationTypes
    notes: Annotator
    owner: str = "self"

    def methods(self, flavour: Flavour) -> str:
        """The method with its overloads."""
        argument = self._switch_argument()
        if argument is None:
            return self._method(flavour, self._signature(flavour, self.returned(flavour)))
        result, events = self._result(flavour), self._event_stream(flavour)
        both = either([result, events])
        out = []
        decorator = self.notes.scope.standard("typing", "overload")
        for value, returned in (("False", result), ("True", events), ("bool", both)):
            switch = self._switch(argument, value, required=value != "False")
            head = self._signature(flavour, returned, switch)
            out.append(f"    @{decorator}\n{head} ...")
        switch = self._switch(argument, "bool", required=False)
        out.append(self._method(flavour, self._signature(flavour, both, switch)))
        return "\n\n".join(out)

    def _switch_argument(self) -> Argument | None:
        """The argument that asks for the stream."""
        stream = self.operation.stream
        if stream is None or stream.param is None:
            return None
        return next((a for a in self.arguments.keywords if a.wire_name == stream.param), None)

    def _switch(self, argument: Argument, value: str, required: bool) -> tuple[str, Item]:
        """The streaming argument's name and its text in one overload."""
        scope = self.notes.scope
        with scope.typing_only():
            literal = scope.standard("typing", "Literal")
        kind = scope.builtin("bool") if value == "bool" else f"{literal}[{value}]"
        if required:
            return argument.name, Item(kind, f"{argument.name}: ")
        both = either([kind, self._omit_type()])
        return argument.name, Item(both, f"{argument.name}: ", f" = {self._omit()}")

    def _omit_type(self) -> str:
        with self.notes.scope.typing_only():
            return self.notes.scope.core("_core.absent", "Omit")

    def _omit(self) -> str:
        return self.notes.scope.core("_core.absent", "omit")

    # --- the signature ---------------------------------------------------------------------------

    def _signature(
        self, flavour: Flavour, returned: Expression, switch: tuple[str, Item] | None = None
    ) -> str:
        plain = flavour is Flavour.SYNC or self.operation.pagination is not None
        head = f"{'' if plain else 'async '}def {self.name}"
        return signature(head, self.items(switch), returned, _INDENT)

    def items(self, switch: tuple[str, Item] | None = None) -> list[Item]:
        """What stands between the parentheses of the signature.

        Args:
            switch: Name and text of an argument that reads otherwise in one overload.
        """
        items: list[Item] = [Item("self")]
        for argument in self.arguments.positional:
            items.append(Item(self._annotation(argument), f"{argument.name}: "))
        if self.arguments.path and self.operation.positional is None:
            items.append(Item("/"))
        # a required switch may stand among optional arguments: they are keywords all
        printed = [
            switch[1]
            if switch is not None and argument.name == switch[0]
            else self._keyword(argument)
            for argument in self.arguments.keywords
        ]
        if printed:
            items.append(Item("*"))
            items.extend(printed)
        with self.notes.scope.typing_only():
            options = self.notes.scope.core("_core.options", "RequestOptions")
            unpack = self.notes.scope.standard("typing", "Unpack")
        items.append(Item(f"{unpack}[{options}]", "**options: "))
        return items

    def _keyword(self, argument: Argument) -> Item:
        if argument.required:
            return Item(self._annotation(argument), f"{argument.name}: ")
        annotation = self._annotation(argument, self._omit_type())
        return Item(annotation, f"{argument.name}: ", f" = {self._omit()}")

    def _annotation(self, argument: Argument, *also: str) -> Expression:
        with self.notes.scope.typing_only():
            return argument_annotation(argument, self.notes, *also)

    # --- the result ------------------------------------------------------------------------------

    def returned(self, flavour: Flavour) -> Expression:
        """The annotation of what the method returns, without the stream that may be asked for."""
        if self.operation.pagination is not None:
            return self._page(flavour)
        stream = self.operation.stream
        if stream is not None and stream.param is None:
            return self._event_stream(flavour)
        return self._result(flavour)

    def _page(self, flavour: Flavour) -> Expression:
        pagination = self.operation.pagination
        assert pagination is not None
        name = "SyncPage" if flavour is Flavour.SYNC else "AsyncPaginator"
        with self.notes.scope.typing_only():
            item = self.notes.annotation(pagination.item_type, Side.RESPONSE)
            named = self.types.page
            if named is None:
                return subscript(self.notes.scope.core("_core.paging", name), [item])
            prefix = "Sync" if flavour is Flavour.SYNC else "Async"
            page = subscript(self.notes.scope.core("pagination", f"{prefix}{named}"), [item])
            if flavour is Flavour.SYNC:
                return page
            return subscript(self.notes.scope.core("_core.paging", name), [item, page])

    def _event_stream(self, flavour: Flavour) -> Expression:
        stream = self.operation.stream
        assert stream is not None
        base = "LineStream" if stream.kind is BodyKind.LINES else "EventStream"
        name = base if flavour is Flavour.SYNC else f"Async{base}"
        with self.notes.scope.typing_only():
            if self.types.event is not None:
                event: Expression = self.notes.name(self.types.event)
            else:
                event = self.notes.annotation(stream.event, Side.RESPONSE)
            return subscript(self.notes.scope.core("_core.sse", name), [event])

    def _result(self, flavour: Flavour) -> Expression:
        kind = self.operation.result.kind
        scope = self.notes.scope
        with scope.typing_only():
            if kind is ResultKind.NONE:
                return "None"
            if kind is ResultKind.TEXT:
                return scope.builtin("str")
            if kind is ResultKind.BINARY:
                name = "BinaryResponse" if flavour is Flavour.SYNC else "AsyncBinaryResponse"
                return scope.core("_core.response", name)
            result = self.operation.result
            named = self.types.result if result.unwrap is None else self.types.value
            if named is not None:
                return self.notes.name(named)
            return self.notes.annotation(result.value_type, Side.RESPONSE)

    # --- the body --------------------------------------------------------------------------------

    def _method(self, flavour: Flavour, head: str) -> str:
        parts = [head]
        text = self._docstring()
        parts.append(text)
        if self.operation.deprecated:
            parts.append(self._warning())
        parts.append(self._statement(flavour))
        return "\n".join(parts)

    def _warning(self) -> str:
        message = string(f"{self.operation.id} is deprecated")
        warn = self.notes.scope.standard("warnings", "warn")
        return lay(
            call(warn, [message, "DeprecationWarning", Item("2", "stacklevel=")]),
            _BODY,
        )

    def _statement(self, flavour: Flavour) -> str:
        operation = self.operation
        if operation.pagination is not None:
            return self._return(flavour, "_page")
        stream = operation.stream
        if stream is not None:
            switch = self._switch_argument()
            if switch is None and stream.param is None:
                return self._return(flavour, "_stream")
            if switch is not None:
                streamed = self._return(flavour, "_stream", indent=_BODY + 4)
                return f"        if {switch.name}:\n{streamed}\n{self._return(flavour, '_call')}"
        if operation.result.kind is ResultKind.BINARY:
            return self._return(flavour, "_download")
        return self._return(flavour, "_call")

    def given(self) -> list[Expression | Item]:
        """What the core's call methods are given: the endpoint, and where each argument goes."""
        items: list[Expression | Item] = [self.constant]
        parts = self.arguments
        if parts.path:
            items.append(Item(sequence([a.name for a in parts.path]), "path="))
        for name, group in (
            ("query", parts.query),
            ("headers", parts.headers),
            ("cookies", parts.cookies),
        ):
            if group:
                items.append(Item(_mapping(group), f"{name}="))
        if parts.whole_body is not None:
            items.append(Item(parts.whole_body.name, "body="))
        elif parts.body:
            items.append(Item(_mapping(parts.body), "body="))
        items.append(Item("options", "options="))
        return items

    def _return(self, flavour: Flavour, kind: str, indent: int = _BODY) -> str:
        statement = call(f"{self.owner}.{kind}", self.given())
        direct = flavour is Flavour.SYNC or kind == "_page"
        return lay(statement, indent, "return " if direct else "return await ")

    # --- the docstring ---------------------------------------------------------------------------

    def _docstring(self) -> str:
        operation = self.operation
        summary = prose(operation.docs.summary)
        description = prose(operation.docs.description)
        lines = (
            summary or description[:1] or [f"{self.name.replace('_', ' ').strip().capitalize()}."]
        )
        rest = [] if description == summary else description if summary else description[1:]
        path = one_line(path_text(operation.path))
        lines = [*lines, "", f"{operation.http_method.upper()} {path}"]
        while rest and not rest[0]:
            rest = rest[1:]
        if rest:
            lines += ["", *rest]
        if operation.deprecated:
            lines += ["", "Deprecated."]
        lines = wrap(lines, COLUMNS - _BODY - 3)
        documented = self._argument_lines()
        if documented:
            lines += ["", "Args:", *documented]
        return docstring(lines, _BODY)

    def _argument_lines(self) -> list[str]:
        out: list[str] = []
        for argument in (*self.arguments.positional, *self.arguments.keywords):
            text = prose(argument.docs.description) or prose(argument.docs.summary)
            text = with_sentence(text, argument.facts)
            if argument.deprecated:
                text = with_sentence(text, "Deprecated.")
            if text:
                text[0] = f"{argument.name}: {text[0]}"
                block = wrap(text, COLUMNS - _BODY - 8)
                out.append(f"    {block[0]}")
                out.extend(f"        {line}" if line else "" for line in block[1:])
        return out


def _mapping(arguments: Sequence[Argument]) -> Expression:
    return pairs([(string(argument.wire_name), argument.name) for argument in arguments])

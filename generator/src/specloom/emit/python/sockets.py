"""Methods that open the WebSocket whose address and token another operation hands out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specloom.emit.python.encode import docstring, json_literal, one_line, path_text, prose, string
from specloom.emit.python.layout import Expression, Item, call, lay, signature, subscript
from specloom.emit.python.methods import Flavour, MethodPrinter
from specloom.emit.python.names import RESOURCE_ATTRIBUTES, identifier
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.types import Side
from specloom.ir.model import AnyType, Operation, Ref, Type, WebSocket

__all__ = ["SocketPrinter", "socket_name", "socket_printers"]

_CORE = "_core.console"
_DROPPED = frozenset({"create", "get", "open", "start", "token", "ticket", "session", "url"})


@dataclass(frozen=True, slots=True)
class SocketPrinter:
    """Prints the method that opens one WebSocket.

    Attributes:
        ticket: The method that hands out address and token.
        name: Name of this method.
        plan: The types of the package.
    """

    ticket: MethodPrinter
    name: str
    plan: TypePlan

    @property
    def socket(self) -> WebSocket:
        """How the WebSocket is opened."""
        found = self.ticket.operation.websocket
        assert found is not None
        return found

    def _socket(self, name: str) -> Expression:
        """How to open it, as the core takes it."""
        socket = self.socket
        items: list[Expression | Item] = [string(socket.url)]
        items.append(string(socket.token) if socket.token is not None else "None")
        if socket.auth is not None:
            items.append(Item(json_literal(socket.auth), "auth="))
        received = self._target(Side.RESPONSE, socket.receive)
        if received is not None:
            items.append(Item(received, "receive="))
        sent = socket.send
        if isinstance(sent, Ref) and sent.model in self.plan.aliased:
            aliases = self._target(Side.REQUEST, sent)
            if aliases is not None:
                items.append(Item(aliases, "aliases="))
        return call(name, items)

    def _target(self, side: Side, type_: Type) -> str | None:
        named = self.ticket.types.message if side is Side.RESPONSE else None
        if named is not None:
            return string(named.target)
        if isinstance(type_, Ref):
            return string(self.plan.names[side, type_.model].target)
        return None

    def method(self, flavour: Flavour) -> str:
        """The method; it opens nothing by itself, so it is never a coroutine."""
        ticket, scope = self.ticket, self.ticket.notes.scope
        sync = flavour is Flavour.SYNC
        with scope.typing_only():
            console = scope.core(_CORE, "Console" if sync else "AsyncConsole")
            returned = subscript(console, [self._received(), self._sent()])
        partial = call(scope.standard("functools", "partial"), self._call(sync))
        # the console is imported by the first call: most programs open none
        local = scope.local_import(_CORE, {console.lstrip("_"): console, "Socket": "Socket"}, 8)
        client = "self._client" if ticket.owner == "self" else "self"
        statement = call(console, [client, self._socket("Socket"), partial])
        head = signature(f"def {self.name}", ticket.items(), returned, 4)
        return f"{head}\n{self._docstring(sync)}\n{local}\n\n{lay(statement, 8, 'return ')}"

    def _call(self, sync: bool) -> list[Expression | Item]:
        """The call that hands out the whole response, and its arguments."""
        ticket = self.ticket
        if ticket.owner != "self":  # the client has no raw twin of its own operations
            return [f"{ticket.owner}._raw()._call", *ticket.given()]
        wrapper = ticket.notes.scope.core("_core.resource", "as_raw" if sync else "as_async_raw")
        given: list[Expression | Item] = [call(wrapper, [f"self._raw().{ticket.name}"])]
        given.extend(argument.name for argument in ticket.arguments.path)
        given.extend(Item(a.name, f"{a.name}=") for a in ticket.arguments.keywords)
        return [*given, "**options"]

    def _received(self) -> Expression:
        notes = self.ticket.notes
        if self.ticket.types.message is not None:
            return notes.name(self.ticket.types.message)
        return notes.annotation(self.socket.receive, Side.RESPONSE)

    def _sent(self) -> Expression:
        notes = self.ticket.notes
        if isinstance(self.socket.send, AnyType):
            return notes.scope.standard("typing", "Any")
        return notes.annotation(self.socket.send, Side.REQUEST)

    def _docstring(self, sync: bool) -> str:
        operation = self.ticket.operation
        path = one_line(path_text(operation.path))
        block = "with" if sync else "async with"
        lines = [
            f"Open the WebSocket that `{self.ticket.name}` hands out the address of.",
            "",
            f"{operation.http_method.upper()} {path}, then the WebSocket",
            "",
            f"It connects when its `{block}` block is entered.",
        ]
        description = prose(operation.docs.description) if not operation.docs.summary else []
        return docstring([*lines, *(["", *description] if description else [])], 8)


def socket_printers(
    printers: Iterable[MethodPrinter], names: Mapping[str, str], plan: TypePlan
) -> list[SocketPrinter]:
    """Printers of the methods that open WebSockets.

    Args:
        printers: Those of the methods of the class.
        names: What the methods are called, by the id of the operation.
        plan: The types of the package.
    """
    return [
        SocketPrinter(printer, names[printer.operation.id], plan)
        for printer in printers
        if printer.operation.id in names
    ]


def socket_name(operation: Operation) -> str:
    """What the method is to be called: ``create_console_token`` opens a ``console``."""
    kept = tuple(word for word in operation.method_name if word not in _DROPPED)
    return identifier(kept or (*operation.method_name, "socket"), "socket", RESOURCE_ATTRIBUTES)

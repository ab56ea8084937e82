"""Methods that open the WebSocket which another operation hands out the address of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specloom.emit.python.methods import Flavour, MethodPrinter
from specloom.emit.python.names import Namespace

__all__ = ["socket_methods"]


def socket_methods(
    printers: Sequence[MethodPrinter], names: Namespace
) -> list[Callable[[Flavour], str]]:
    """One method for each operation with a WebSocket."""
    del printers, names
    return []

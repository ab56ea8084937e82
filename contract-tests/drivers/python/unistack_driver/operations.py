"""From operation ids and wire names to the SDK's methods and arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from .values import from_json

__all__ = ["Target", "resolve"]


class Target:
    """A method of the SDK, and the arguments of one call.

    Args:
        method: The bound method.
        raw: The same on `with_raw_response`, when wanted.
        positional: Path parameters in order.
        named: All other arguments by the SDK's names.
    """

    def __init__(
        self, method: Any, positional: list[Any], named: dict[str, Any], raw: Any = None
    ) -> None:
        self._method = method
        self._raw = raw
        self._positional = positional
        self._named = named

    def call(self, *, raw: bool = False, **more: Any) -> Any:
        """Call it; an asynchronous method gives an awaitable."""
        method = self._raw if raw else self._method
        return method(*self._positional, **self._named, **more)


def resolve(
    client: Any, operation: str, params: Mapping[str, Any], options: Mapping[str, Any]
) -> Target:
    """Find the method of an operation and name its arguments.

    Raises:
        LookupError: The SDK has no such method, or it takes no such argument.
    """
    left = {name: from_json(value) for name, value in params.items()}
    *path, last = operation.split(".")
    resource = client
    for step in path:
        resource = _attribute(resource, step, operation)
        if inspect.ismethod(resource):  # client.entities("tasks"): a path parameter is bound once
            bound = _positional(resource)
            resource = resource(*[left.pop(name) for name in bound])
    method = _attribute(resource, last, operation)
    wire = {_python_name(name): name for name in left}
    positional = [left.pop(wire[name]) for name in _positional(method) if name in wire]
    named = {_argument(method, name): value for name, value in left.items()}
    clash = named.keys() & options.keys()
    if clash:
        raise LookupError(f"{operation}: {clash} is an option and a parameter")
    named.update(options)
    raw_owner = getattr(resource, "with_raw_response", None)
    raw = getattr(raw_owner, method.__name__, None) if raw_owner is not None else None
    return Target(method, positional, named, raw)


def _attribute(owner: Any, name: str, operation: str) -> Any:
    for candidate in (name, f"{name}_"):
        if hasattr(type(owner), candidate) or candidate in vars(owner):
            return getattr(owner, candidate)
    raise LookupError(f"{operation}: {type(owner).__name__} has no {name}")


def _positional(method: Any) -> list[str]:
    parameters = inspect.signature(method).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]


def _argument(method: Any, wire: str) -> str:
    parameters = inspect.signature(method).parameters
    name = _python_name(wire)
    for candidate in (name, f"{name}_", wire):
        if candidate in parameters:
            return candidate
    raise LookupError(f"{method.__qualname__} takes no {wire!r}: {list(parameters)}")


def _python_name(wire: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", wire)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()

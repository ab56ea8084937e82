"""Values with named fields."""

from __future__ import annotations

from typing import Any

__all__ = ["Record"]


class Record:
    """Compares, hashes and shows itself by its `__slots__`; never changed after `__init__`.

    What a frozen dataclass does, without the millisecond that making each one costs a program's
    start.
    """

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"

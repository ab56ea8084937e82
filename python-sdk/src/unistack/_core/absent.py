"""The difference between "not given" and null."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["Omit", "omit"]


class Omit:
    """The type of `omit`, the default of every optional argument: nothing is sent for it.

    `None` is a value of its own: it is sent as null. `omit` is falsy, a singleton through copying
    and pickling, and compares by identity.
    """

    __slots__ = ()
    _instance: Omit | None = None

    def __new__(cls) -> Omit:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"

    def __copy__(self) -> Omit:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Omit:
        return self

    def __reduce__(self) -> tuple[type[Omit], tuple[()]]:
        return (Omit, ())


omit: Final = Omit()

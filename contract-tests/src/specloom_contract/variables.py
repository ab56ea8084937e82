"""Values saved in a scenario, and their use in later steps and expectations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["Variables"]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)((?:\.[A-Za-z0-9_-]+)*)\}")


class Variables:
    """Saved values by name.

    A string that is nothing but ``{name.path}`` stands for the value itself; inside a longer
    string its text is inserted. Names that nobody saved are left as they are: faults have
    placeholders of their own, which the mock server fills.

    Args:
        values: What is known from the start.
    """

    def __init__(self, **values: Any) -> None:
        self._values: dict[str, Any] = dict(values)

    def save(self, name: str, value: Any) -> None:
        """Keep ``value`` under ``name``, in place of an earlier one."""
        self._values[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def fill(self, template: Any) -> Any:
        """A copy of ``template`` with every placeholder of a saved name replaced.

        Raises:
            LookupError: A saved value has no such member.
        """
        if isinstance(template, str):
            return self._fill_text(template)
        if isinstance(template, dict):
            return {self._key(key): self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        return template

    def _key(self, key: Any) -> Any:
        return self._fill_text(key) if isinstance(key, str) else key

    def _fill_text(self, text: str) -> Any:
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and whole[1] in self._values:
            return self._look_up(whole)
        return _PLACEHOLDER.sub(self._insert, text)

    def _insert(self, found: re.Match[str]) -> str:
        return str(self._look_up(found)) if found[1] in self._values else found[0]

    def _look_up(self, found: re.Match[str]) -> Any:
        value = self._values[found[1]]
        for member in found[2].split(".")[1:]:
            try:
                value = value[int(member)] if isinstance(value, list) else value[member]
            except (LookupError, TypeError, ValueError) as error:
                raise LookupError(f"{found[0]}: no {member!r} in {value!r}") from error
        return value

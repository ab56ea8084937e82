"""The list of differences that are known: each names one place, one aspect and a reason.

It is a YAML file::

    - pointer: /paths/~1ai~1generate/post/responses/200/content/text~1event-stream
      kind: response
      reason: The referee reads one media type of a response; the event stream is the second.

There are no wildcards: a new difference of a known kind at another place is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from .compare import Difference, Kind

__all__ = ["Explanation", "ExplanationError", "Verdict", "judge", "load_explanations"]

_KEYS = {"pointer", "kind", "reason"}


class ExplanationError(Exception):
    """The list cannot be used. The text says where and why."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the two readers differ at one place."""

    pointer: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Differences with and without an explanation, and explanations without a difference."""

    unexplained: tuple[Difference, ...]
    explained: tuple[tuple[Difference, Explanation], ...]
    unused: tuple[Explanation, ...]


def load_explanations(path: Path) -> tuple[Explanation, ...]:
    """Read a list of explanations.

    Args:
        path: A YAML file.

    Raises:
        ExplanationError: It cannot be read, has another shape, says nothing, uses a wildcard, or
            explains one place twice.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExplanationError(f"{path}: {error}") from None
    if not isinstance(content, list):
        raise ExplanationError(f"{path}: a list of {{pointer, kind, reason}} is expected")
    found: dict[tuple[str, str], Explanation] = {}
    for number, entry in enumerate(content, 1):
        explanation = _explanation(entry, f"{path}: entry {number}")
        key = (explanation.pointer, explanation.kind)
        if key in found:
            raise ExplanationError(f"{path}: entry {number}: {key[0]} ({key[1]}) stands twice")
        found[key] = explanation
    return tuple(found.values())


def judge(differences: Iterable[Difference], explanations: Iterable[Explanation]) -> Verdict:
    """Match differences and explanations, by pointer and kind."""
    known = {(item.pointer, item.kind): item for item in explanations}
    used: set[tuple[str, str]] = set()
    unexplained: list[Difference] = []
    explained: list[tuple[Difference, Explanation]] = []
    for difference in differences:
        key = (difference.pointer, str(difference.kind))
        if key in known:
            used.add(key)
            explained.append((difference, known[key]))
        else:
            unexplained.append(difference)
    unused = tuple(item for key, item in known.items() if key not in used)
    return Verdict(tuple(unexplained), tuple(explained), unused)


def _explanation(entry: Any, where: str) -> Explanation:
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ExplanationError(f"{where}: exactly pointer, kind and reason are expected")
    pointer, kind, reason = entry["pointer"], entry["kind"], entry["reason"]
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise ExplanationError(f"{where}: `pointer` must be a JSON pointer, which starts with /")
    if kind not in get_args(Kind):
        known = ", ".join(get_args(Kind))
        raise ExplanationError(f"{where}: `kind` must be one of {known}")
    if not isinstance(reason, str) or not reason.strip():
        raise ExplanationError(f"{where}: `reason` must say why")
    return Explanation(pointer, kind, reason.strip())

"""The referee: openapi-python-client reads the same document, and the two readings must agree.

It is somebody else's reader of the same language, so what Specloom loses or invents shows up as a
difference. ``configure`` and ``run`` are the command ``specloom referee``.
"""

from __future__ import annotations

from .command import configure, run
from .compare import Difference, compare
from .explanations import Explanation, Verdict, judge, load_explanations
from .ours import read_ours
from .theirs import RefereeError, read_theirs

__all__ = [
    "Difference",
    "Explanation",
    "RefereeError",
    "Verdict",
    "compare",
    "configure",
    "judge",
    "load_explanations",
    "read_ours",
    "read_theirs",
    "run",
]

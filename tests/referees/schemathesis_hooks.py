"""What Schemathesis cannot read in a document, said in its own words.

It is loaded by ``SCHEMATHESIS_HOOKS``, in Schemathesis's process.
"""

from __future__ import annotations

from typing import Any

import schemathesis

__all__: list[str] = []


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send no idempotency key: the same key with another body is refused, as it should be."""
    if case.headers:
        case.headers.pop("Idempotency-Key", None)

"""Loaded by Schemathesis: what its generator cannot know of any API.

An idempotency key that two different requests share is rightly refused, so none is sent.
"""

from __future__ import annotations

from typing import Any

import schemathesis

__all__ = ["before_call"]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send no idempotency key."""
    for name in [name for name in case.headers or () if name.lower() == "idempotency-key"]:
        del case.headers[name]

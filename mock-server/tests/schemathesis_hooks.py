"""Hooks of the Schemathesis run: what its generator cannot know about the API.

Idempotency keys are the same in different requests, which is rightly a mismatch.
"""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send no idempotency key."""
    for name in [name for name in case.headers or () if name.lower() == "idempotency-key"]:
        del case.headers[name]

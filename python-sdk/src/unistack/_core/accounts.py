"""What a quota is called among processes: the same for the same caller, and no secret in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .request import Plan

__all__ = ["digest", "shared_name"]

_SALT: Final = b"rate-limit account"
# A password in a credential must not be guessed from the name of a key; an account's name is
# made once.
_ROUNDS: Final = 20_000
_LOGGER: Final = logging.getLogger(__name__.partition(".")[0])


def digest(text: str) -> str:
    """A name from which the text cannot be had back."""
    # Imported here: only accounts in a store have names.
    import hashlib

    return hashlib.pbkdf2_hmac("sha256", text.encode(), _SALT, _ROUNDS).hex()


def shared_name(plan: Plan, account: str | None) -> str | None:
    """Name the quota that a plan's requests are counted under.

    Args:
        plan: The plan.
        account: Whom the caller says that the calls are counted as; None when it does not.

    Returns:
        The name; None when the credential is got at run time and so does not say who calls.
    """
    import json

    if plan.dynamic and account is None:
        _LOGGER.warning(
            "rate limits are not shared among processes for credentials that are got at run time: "
            "say whose they are, RedisStore(client, account=...)"
        )
        return None
    where = plan.quota[0]
    who = sorted((p.name, p.value) for p in plan.static)
    kinds = sorted(scheme.id for scheme, _ in plan.dynamic)
    policy = plan.endpoint.rate_limit
    return digest(json.dumps([where, who, kinds, policy, account]))

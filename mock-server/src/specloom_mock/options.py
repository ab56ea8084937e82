"""How a server was started."""

from __future__ import annotations

from dataclasses import dataclass

from specloom_mock.clock import EPOCH
from specloom_mock.ratelimit import Quota

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How the server was started.

    Attributes:
        seed: What ids and data depend on.
        rows: Rows that each top-level collection begins with.
        virtual: Whether sessions have virtual clocks.
        limit: A quota that replaces the document's.
        limits: Whether quotas are enforced.
        start: Where virtual time begins, in epoch seconds.
        webhook_hosts: Hosts beside loopback that webhooks may be sent to.
        admin: Whether ``/__mock`` is served.
        admin_token: Bearer token that ``/__mock`` asks for.
        profile: The chaos profile that sessions begin with; None for none.
    """

    seed: int = 1
    rows: int = 50
    virtual: bool = False
    limit: Quota | None = None
    limits: bool = True
    start: float = EPOCH
    webhook_hosts: frozenset[str] = frozenset()
    admin: bool = True
    admin_token: str | None = None
    profile: str | None = None

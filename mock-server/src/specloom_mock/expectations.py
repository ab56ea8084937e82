"""Claims about the requests that a session has received, for tests in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from specloom_mock.assertions import check_assertions

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["Expectation"]

_SHOWN = 20


class Expectation:
    """Requests of one session, chosen by what they are; every claim that fails shows them.

    Claims return the expectation itself, so that they can be strung together.

    Args:
        session: Gives the session.
        where: ``operation``, ``method``, ``path``, ``status`` and ``port``, as the journal's
            filters in ``admin.openapi.yaml``.

    Example:
        >>> server.expect(operation="users.create").count(2).same_idempotency_key()
    """

    def __init__(self, session: Callable[[], Session], where: dict[str, Any]) -> None:
        self._session = session
        self._where = where

    def count(self, number: int) -> Self:
        """There are so many."""
        __tracebackhide__ = True
        return self._hold({"count": number})

    def at_least(self, number: int) -> Self:
        """There are so many or more."""
        __tracebackhide__ = True
        return self._hold({"at_least": number})

    def at_most(self, number: int) -> Self:
        """There are so many or fewer."""
        __tracebackhide__ = True
        return self._hold({"at_most": number})

    def in_order(self, *operations: str) -> Self:
        """These operations follow each other; others may stand between."""
        __tracebackhide__ = True
        return self._hold({"order": list(operations)})

    def same_header(self, name: str) -> Self:
        """All carry this header, with one value."""
        __tracebackhide__ = True
        return self._hold({"same_header": name})

    def same_idempotency_key(self) -> Self:
        """All carry one idempotency key: retries of one request."""
        __tracebackhide__ = True
        operation = self._session().plan.operations.get(self._where.get("operation", ""))
        declared = operation.idempotency if operation is not None else None
        return self._hold({"same_header": declared or "idempotency-key"})

    def respects_retry_after(self) -> Self:
        """After an answer with ``Retry-After`` the next one comes no sooner than it says."""
        __tracebackhide__ = True
        return self._hold({"respects_retry_after": True})

    def min_gap(self, seconds: float) -> Self:
        """From each to the next so much time of the session's clock passes."""
        __tracebackhide__ = True
        return self._hold({"min_gap": seconds})

    def query(self, text: str) -> Self:
        """Each has exactly this query, as it was sent: encoding and order count."""
        __tracebackhide__ = True
        return self._hold({"query": text})

    def header(self, name: str, value: str) -> Self:
        """Each has this header with this value."""
        __tracebackhide__ = True
        return self._hold({"header": [name, value]})

    def no_credentials(self) -> Self:
        """None carries a credential: what a client must see to when it crosses to another origin.

        The two ports are two origins: ``expect(port="chaos").no_credentials()``.
        """
        __tracebackhide__ = True
        return self._hold({"no_credentials": True})

    def _hold(self, claim: dict[str, Any]) -> Self:
        __tracebackhide__ = True
        session = self._session()
        failures = check_assertions(session, [{"where": self._where, **claim}])
        if not failures:
            return self
        wanted = ", ".join(f"{name}={value}" for name, value in self._where.items())
        lines = [f"{wanted or 'all requests'}: {failure['message']}" for failure in failures]
        found = session.journal.select(**self._where)
        concerned = {number for failure in failures for number in failure["entries"]}
        for entry in found[-_SHOWN:]:
            mark = ">" if entry.seq in concerned else " "
            lines.append(f"{mark} {entry.line()}  at {entry.at:.3f}")
        if not found:
            lines.append("  (no such requests)")
        raise AssertionError("\n".join(lines))

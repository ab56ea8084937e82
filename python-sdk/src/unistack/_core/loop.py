"""The loop around attempts: tenacity drives the waits after a first failure.

A call that succeeds at once imports neither this module nor tenacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .commands import adrive, drive
from .errors import APIError
from .failures import failure_facts
from .flow import attempt
from .log import log_retry
from .retry import Stop, decide

if TYPE_CHECKING:
    from .base_client import BaseClient
    from .call import Call
    from .request import Plan

__all__ = ["RetryState", "repeat", "repeat_async"]


class RetryState:
    """One call's retries: what tenacity asks, answered by the pure policy.

    Args:
        client: For its settings, clock and budget.
        plan: The call's plan.
        call: The call.
    """

    def __init__(self, client: BaseClient, plan: Plan, call: Call) -> None:
        self.client = client
        self.plan = plan
        self.call = call
        self.retries = 0
        self._spent = 0
        self._seconds = 0.0
        self._decided: BaseException | None = None
        self._taken = False

    def again(self, error: BaseException | None) -> bool:
        """Decide, once for each failure, whether the call is attempted again."""
        if error is self._decided and error is not None:
            return True
        if not isinstance(error, APIError):
            return False
        shared, settings, endpoint = self.client._shared, self.client._settings, self.call.endpoint
        decision = decide(
            self.retries,
            method=endpoint.method,
            has_key=endpoint.idempotency is not None,
            random=shared.clock.random(),
            budget=shared.budget.tokens,
            now=shared.clock.monotonic(),
            deadline=self.call.deadline,
            wall=shared.clock.time(),
            max_retries=self.call.max_retries,
            max_wait=settings.max_wait,
            probe=not endpoint.metered,
            **failure_facts(error),
        )
        if isinstance(decision, Stop) or not shared.budget.take(decision.cost):
            return False
        self._decided = error
        self._seconds = decision.seconds
        self._spent += decision.cost
        self.retries += 1
        log_retry(shared, self.call, self.retries, decision.seconds)
        return True

    def keywords(self, sleep: Any) -> dict[str, Any]:
        """Tenacity's arguments. It never stops by itself: the predicate knows when."""
        return {
            "retry": lambda state: state.outcome.failed and self.again(state.outcome.exception()),
            "wait": lambda state: self._seconds,
            "sleep": sleep,
            "reraise": True,
        }

    def take_decided(self) -> None:
        """Raise the failure that has been decided on, once: tenacity wants to see it."""
        if not self._taken:
            self._taken = True
            assert self._decided is not None
            raise self._decided

    def settle(self) -> None:
        """Give back what the retries took: the last of them succeeded."""
        self.client._shared.budget.refund(self._spent)


def repeat(state: RetryState) -> Any:
    """Go on after a first failure that `state` has decided on, blocking."""
    from tenacity import Retrying

    def again() -> Any:
        state.take_decided()
        return drive(attempt(state.client, state.plan, state.call, state.retries))

    result: Any = Retrying(**state.keywords(state.client._shared.clock.sleep))(again)
    state.settle()
    return result


async def repeat_async(state: RetryState) -> Any:
    """Go on after a first failure that `state` has decided on, in a task."""
    from tenacity import AsyncRetrying

    async def again() -> Any:
        state.take_decided()
        return await adrive(attempt(state.client, state.plan, state.call, state.retries))

    result: Any = await AsyncRetrying(**state.keywords(state.client._shared.clock.asleep))(again)
    state.settle()
    return result

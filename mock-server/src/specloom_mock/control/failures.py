"""Faults and quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specloom_mock.control.request import Control, Handler, Refused, answer, done
from specloom_mock.kinds import FaultError
from specloom_mock.message import Response
from specloom_mock.profiles import PROFILES

if TYPE_CHECKING:
    from specloom_mock.session import Session

__all__ = ["HANDLERS"]


async def _faults(control: Control) -> Response:
    return answer({"faults": [fault.as_json() for fault in control.session.faults]})


async def _add_faults(control: Control) -> Response:
    try:
        made = control.session.faults.add(control.body["faults"])
    except FaultError as error:
        raise Refused(400, str(error), f"/faults{error.pointer}") from error
    return answer({"faults": [fault.as_json() for fault in made]}, 201)


async def _clear_faults(control: Control) -> Response:
    control.session.faults.clear()
    return done()


async def _remove_fault(control: Control) -> Response:
    if not control.session.faults.remove(control.path["fault_id"]):
        raise Refused(404, f"there is no fault {control.path['fault_id']!r}")
    return done()


def _chaos_value(session: Session) -> dict[str, Any]:
    return {
        "profile": session.profile,
        "profiles": {name: what for name, (what, _) in PROFILES.items()},
        "faults": [fault.as_json() for fault in session.mixture],
    }


async def _chaos(control: Control) -> Response:
    return answer(_chaos_value(control.session))


async def _set_chaos(control: Control) -> Response:
    control.session.use_profile(control.body["profile"])
    return answer(_chaos_value(control.session))


def _limits_value(session: Session) -> dict[str, Any]:
    return {
        "enabled": session.limits_enabled,
        "retry_after": session.retry_after_form,
        "policies": {
            name: {"limit": q.limit, "window": q.window, "algorithm": q.algorithm}
            for name, q in session.policies().items()
        },
        "buckets": [
            {
                "policy": policy,
                "credential": credential,
                "remaining": verdict.remaining,
                "reset": verdict.reset,
            }
            for policy, credential, verdict in session.limiter.buckets(session.clock.now())
        ],
    }


async def _limits(control: Control) -> Response:
    return answer(_limits_value(control.session))


async def _change_limits(control: Control) -> Response:
    session, body = control.session, control.body
    if "enabled" in body:
        session.limits_enabled = body["enabled"]
    if "retry_after" in body:
        session.retry_after_form = body["retry_after"]
    for name, policy in (body.get("policies") or {}).items():
        if not policy["window"] > 0:
            raise Refused(400, "a window is longer than nothing", f"/policies/{name}/window")
        algorithm = policy.get("algorithm", "fixed")
        session.override(name, policy["limit"], float(policy["window"]), algorithm)
    return answer(_limits_value(session))


HANDLERS: dict[str, Handler] = {
    "faults.list": _faults,
    "faults.add": _add_faults,
    "faults.clear": _clear_faults,
    "faults.remove": _remove_fault,
    "chaos.get": _chaos,
    "chaos.set": _set_chaos,
    "limits.get": _limits,
    "limits.change": _change_limits,
}

"""``callback_events.py``: what the API sends to addresses that calls give it, by call and name."""

from __future__ import annotations

from typing import Any

from specloom.emit.python.encode import code_span, string
from specloom.emit.python.layout import Expression, call, either, lay, sequence
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.names import sort_key
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.scope import Scope
from specloom.emit.python.types import Annotator, Side, alias_statement
from specloom.fidelity import Ledger
from specloom.ir.model import AnyType, Api, ObjectModel, Ref

__all__ = ["callback_lines", "callbacks_module"]

_DEFINED = {"CALLBACKS", "CallbackEvent"}


def callbacks_module(api: Api, plan: TypePlan, ledger: Ledger) -> dict[str, Any]:
    """The template's values; empty for an API without callbacks that have a type."""
    scope = Scope(".", _DEFINED)
    notes = Annotator(api.models, plan.names, scope)
    references: list[tuple[str, Expression]] = []
    variants: list[Expression] = []
    names = set(_DEFINED)
    for callback in api.callbacks:
        payload = callback.payload
        if isinstance(payload, AnyType):
            continue  # it has no body, or one of any shape
        if not isinstance(payload, Ref) or not isinstance(api.models[payload.model], ObjectModel):
            ledger.degraded(callback.source.pointer, "a callback's payload is no object: untyped")
            continue
        name = plan.names[Side.RESPONSE, payload.model]
        references.append((string(callback.id), string(name.target)))
        with scope.typing_only():
            local = notes.name(name)
        if local not in variants:
            variants.append(local)
        names.add(name.name)
    if not references:
        return {}
    with scope.typing_only():
        alias = scope.standard("typing", "TypeAlias")
    scope.standard("typing", "TYPE_CHECKING")
    scope.standard("typing", "Any")
    scope.core("_core.references", "References")
    return {
        "imports": scope.lines(),
        "typing_imports": scope.lines(typing_only=True, indent=4),
        "names": lay(
            sequence([string(name) for name in sorted(names, key=sort_key)], "[]"), 0, "__all__ = "
        ),
        "callbacks": lay(
            call("References", [dict_display(references)]), 0, "CALLBACKS: References = "
        ),
        "union": alias_statement("CallbackEvent", either(variants), alias, 4),
    }


def callback_lines(api: Api, plan: TypePlan) -> list[str]:
    """The lines of ``api.md``: what comes, where it goes, and which call brings it about."""
    lines = []
    for callback in api.callbacks:
        payload = callback.payload
        typed = isinstance(payload, Ref) and isinstance(api.models[payload.model], ObjectModel)
        name = plan.names[Side.RESPONSE, payload.model].name if isinstance(payload, Ref) else ""
        where = code_span(f"{callback.http_method} {callback.url.raw}")
        lines.append(f"- {code_span(callback.id)}: {where}" + (f" -> `{name}`" if typed else ""))
    return lines

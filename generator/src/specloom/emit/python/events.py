"""``webhook_events.py``: the events that the API sends, by the value that names them."""

from __future__ import annotations

from typing import Any

from specloom.config.model import Config
from specloom.emit.python.encode import string
from specloom.emit.python.layout import Expression, call, either, lay, sequence
from specloom.emit.python.layout import pairs as dict_display
from specloom.emit.python.names import is_identifier, sort_key
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.scope import Scope
from specloom.emit.python.types import Annotator, Side, alias_statement
from specloom.fidelity import Ledger
from specloom.ir.model import Api, ObjectModel, Ref

__all__ = ["events_module"]

_DEFAULT_DISCRIMINATOR = "event"


def events_module(api: Api, config: Config, plan: TypePlan, ledger: Ledger) -> dict[str, Any]:
    """The template's values."""
    scope = Scope(".", {"DISCRIMINATOR", "EVENTS", "UnknownEvent", "WebhookEvent"})
    notes = Annotator(api.models, plan.names, scope)
    discriminator = config.webhooks.discriminator or _DEFAULT_DISCRIMINATOR
    references: list[tuple[str, Expression]] = []
    variants: list[Expression] = []
    names: set[str] = {"DISCRIMINATOR", "EVENTS", "UnknownEvent", "WebhookEvent"}
    seen: set[str] = set()
    for webhook in api.webhooks:
        payload = webhook.payload
        if not isinstance(payload, Ref) or not isinstance(api.models[payload.model], ObjectModel):
            ledger.degraded(webhook.source.pointer, "a webhook's payload is no object: untyped")
            continue
        if webhook.tag.raw in seen:
            ledger.degraded(webhook.source.pointer, "another webhook has this tag: the first wins")
            continue
        seen.add(webhook.tag.raw)
        name = plan.names[Side.RESPONSE, payload.model]
        references.append((string(webhook.tag), string(name.target)))
        with scope.typing_only():
            local = notes.name(name)
        if local not in variants:
            variants.append(local)
        names.add(name.name)
    variants.append("UnknownEvent")
    with scope.typing_only():
        alias = scope.standard("typing", "TypeAlias")
        scope.standard("typing", "Literal")
    scope.standard("typing", "TYPE_CHECKING")
    scope.standard("typing", "Any")
    scope.core("_core.models", "Model")
    scope.core("_core.references", "References")
    head = "EVENTS: References = "
    return {
        "imports": scope.lines(),
        "typing_imports": scope.lines(typing_only=True, indent=4),
        "names": lay(
            sequence([string(name) for name in sorted(names, key=sort_key)], "[]"), 0, "__all__ = "
        ),
        "discriminator": string(discriminator),
        "tag": discriminator if is_identifier(discriminator) else "",
        "events": lay(call("References", [dict_display(references)]), 0, head),
        "union": alias_statement("WebhookEvent", either(variants), alias, 4),
    }

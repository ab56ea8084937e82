"""What operations and documents declare: bodies, quotas, security schemes, events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloom_mock.plan import (
    BodyPlan,
    OperationPlan,
    SchemePlan,
)
from specloom_mock.ratelimit import Quota, parse_window
from specloom_mock.schemas import Schemas

__all__ = ["body_of", "events_of", "quotas_of", "schemes_of", "scopes_of"]


def scopes_of(plan: OperationPlan) -> frozenset[str]:
    """Scopes that an operation needs."""
    given = plan.mock.get("scopes")
    if isinstance(given, list):
        return frozenset(str(scope) for scope in given)
    return frozenset()


def body_of(schemas: Schemas, raw: Mapping[str, Any]) -> BodyPlan | None:
    """The request body that an operation declares."""
    node = schemas.resolve(raw.get("requestBody"))
    if not isinstance(node, dict) or not node.get("content"):
        return None
    contents = {
        name.split(";", 1)[0].strip().lower(): (media or {}).get("schema", {})
        for name, media in node["content"].items()
        if isinstance(media, dict)
    }
    return BodyPlan(node.get("required") is True, contents)


def quotas_of(raw: Any, notes: list[str], where: str) -> dict[str, Quota]:
    """Quotas by kind of credential; ``base`` is for all others."""
    if not isinstance(raw, dict):
        return {}
    found: dict[str, Quota] = {}
    for tier, node in [("base", raw), *(raw.get("tiers") or {}).items()]:
        try:
            found[tier] = Quota(
                str(node["policy"]), int(node["limit"]), parse_window(node["window"])
            )
        except (KeyError, TypeError, ValueError) as error:
            notes.append(f"{where}: x-rate-limit is not understood: {error}")
    return found


def schemes_of(schemas: Schemas) -> dict[str, SchemePlan]:
    """The security schemes of a document, by name."""
    found: dict[str, SchemePlan] = {}
    components = schemas.root.get("components") or {}
    for name, node in (components.get("securitySchemes") or {}).items():
        scheme = schemas.resolve(node)
        if not isinstance(scheme, dict):
            continue
        kind = str(scheme.get("type"))
        if kind == "http":
            kind = str(scheme.get("scheme", "bearer")).lower()
        elif kind == "apiKey":
            kind = f"key_{scheme.get('in')}"
        elif kind in {"oauth2", "openIdConnect"}:
            kind = "bearer"
        found[name] = SchemePlan(name, kind, str(scheme.get("name", "")))
    return found


def events_of(schemas: Schemas) -> dict[str, Any]:
    """The payload schema of every declared webhook, by the event's name."""
    found: dict[str, Any] = {}
    for name, item in (schemas.root.get("webhooks") or {}).items():
        item = schemas.resolve(item)
        post = item.get("post") if isinstance(item, dict) else None
        body = schemas.resolve(post.get("requestBody")) if isinstance(post, dict) else None
        content = body.get("content") if isinstance(body, dict) else None
        if isinstance(content, dict) and content:
            media = next(iter(content.values()))
            found[name] = media.get("schema", {}) if isinstance(media, dict) else {}
    return found

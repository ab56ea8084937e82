"""What a configuration names and the document does not have: said, so that a typing error is."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from specloom.ir.build.context import Context
from specloom.ir.build.resources import Standing
from specloom.ir.model import Operation

__all__ = ["check_bound", "check_names"]


def check_names(context: Context, standings: dict[str, Standing], skipped: Collection[str]) -> None:
    """Report operations, components and resources that only the configuration knows.

    Args:
        context: The build.
        standings: Every operation's place in the resource tree.
        skipped: The operations that were left out.
    """
    config = context.config
    operations = {*standings, *skipped}
    login = [config.login.login, config.login.refresh] if config.login is not None else []
    _unknown(context, "resources", config.resources, operations, "operation")
    _unknown(context, "pagination", config.pagination, operations, "operation")
    _unknown(context, "login", filter(None, login), operations, "operation")
    _unknown(context, "resources.skip", config.skip, skipped, "operation")
    components = context.document.root["components"].get("schemas", {})
    _unknown(context, "models", config.models, components, "component schema")
    resources = {
        ".".join("_".join(part) for part in standing.resource) for standing in standings.values()
    }
    _unknown(context, "dynamic", (item.resource for item in config.dynamic), resources, "resource")


def check_bound(context: Context, operations: Iterable[Operation]) -> None:
    """Report bound resources none of whose operations has the path parameter."""
    paths: dict[str, set[str]] = {}
    for operation in operations:
        name = ".".join("_".join(part) for part in operation.resource)
        parts = {part.text.raw for part in operation.path if part.is_parameter}
        paths.setdefault(name, set()).update(parts)
    for item in context.config.dynamic:
        if item.param not in paths.get(item.resource, {item.param}):
            context.warn(
                "unknown-parameter",
                f"dynamic in the configuration binds {item.param!r}, which no path of "
                f"{item.resource} has",
                "",
                "the entry has no effect",
                "check its spelling",
            )


def _unknown(
    context: Context, member: str, names: Iterable[str], known: Collection[str], noun: str
) -> None:
    for name in names:
        if name not in known:
            context.warn(
                f"unknown-{noun.replace(' ', '-')}",
                f"{member} in the configuration names the {noun} {name!r}, which is not there",
                "",
                "the entry has no effect",
                "check its spelling",
            )

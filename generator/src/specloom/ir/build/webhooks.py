"""Webhooks and callbacks: the requests that an API sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specloom.ir.build.context import Context, Place, docs_of
from specloom.ir.build.types import Types
from specloom.ir.model import AnyType, Callback, Source, Text, Type, Webhook, Words
from specloom.ir.names import Names, split_words
from specloom.spec.pointer import child

__all__ = ["callbacks", "webhooks"]

_METHODS = ("post", "put", "get", "patch", "delete")


def webhooks(context: Context, types: Types) -> tuple[Webhook, ...]:
    """Return the events of ``webhooks``, in document order."""
    names = Names()
    made = []
    for event, item in context.document.root["webhooks"].items():
        pointer = child("/webhooks", event)
        for method, node in item.items():
            if method not in _METHODS or not isinstance(node, dict):
                continue
            words = split_words(event)
            name = names.take([words, (method, *words)], pointer)
            payload, _ = _payload(
                context, types, node, f"{pointer}/{method}", Place((*name, "event"))
            )
            tag = _tag(context, types, node, f"{pointer}/{method}") or event
            made.append(
                Webhook(Text(tag), name, payload, Source(f"{pointer}/{method}"), docs_of(node))
            )
    return tuple(made)


def callbacks(
    context: Context,
    types: Types,
    node: dict[str, Any],
    pointer: str,
    operation: str,
    owner: Words,
) -> Iterator[Callback]:
    """Yield the callbacks of an operation, in document order.

    Args:
        context: The build.
        types: Reads schemas.
        node: The operation.
        pointer: Its pointer.
        operation: Its id.
        owner: The words that name its own models.
    """
    names = Names()
    for name, found in node.get("callbacks", {}).items():
        by_url, where = context.resolve(found, child(pointer, "callbacks", name))
        for url, item in by_url.items():
            if url.startswith("x-") or not isinstance(item, dict):
                continue
            item, here = context.resolve(item, child(where, url))
            for method, request in item.items():
                if method not in _METHODS or not isinstance(request, dict):
                    continue
                at = f"{here}/{method}"
                words = split_words(name)
                taken = names.take([words, (method, *words), split_words(f"{name} {url}")], at)
                payload, _ = _payload(
                    context, types, request, at, Place((*owner, *taken, "callback"))
                )
                yield Callback(
                    f"{operation}/{'_'.join(taken)}",
                    operation,
                    taken,
                    method.upper(),
                    Text(url),
                    payload,
                    Source(at),
                    docs_of(request),
                )


def _schema(context: Context, node: dict[str, Any], pointer: str) -> tuple[Any, str] | None:
    body, where = context.resolve(node.get("requestBody", {}), f"{pointer}/requestBody")
    for media_type, media in body.get("content", {}).items():
        if "schema" in media:
            return media["schema"], child(where, "content", media_type, "schema")
    return None


def _payload(
    context: Context, types: Types, node: dict[str, Any], pointer: str, place: Place
) -> tuple[Type, str]:
    found = _schema(context, node, pointer)
    if found is None:
        return AnyType(), pointer
    return types.of(found[0], found[1], place), found[1]


def _tag(context: Context, types: Types, node: dict[str, Any], pointer: str) -> str | None:
    """Return the payload's fixed discriminator value, where the configuration names the property."""
    name = context.config.webhooks.discriminator
    found = _schema(context, node, pointer)
    if name is None or found is None:
        return None
    values = types.unions.tags(found[0], name, found[1])
    return values[0] if len(values) == 1 else None

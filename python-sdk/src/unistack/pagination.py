"""Pages and iterators, for annotations: what `list()` methods return."""

from __future__ import annotations

from ._core.paging import AsyncItems, AsyncPage, AsyncPaginator, Items, SyncPage

__all__ = ["AsyncItems", "AsyncPage", "AsyncPaginator", "Items", "SyncPage"]

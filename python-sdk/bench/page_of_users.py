"""What the mock transports of the benchmarks answer: a page of users, as the API sends it."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["HEADERS", "URL", "body"]

URL = "https://api.unistack.dev/v1"
HEADERS = {
    "Content-Type": "application/json",
    "X-RateLimit-Limit": "1000000",
    "X-RateLimit-Remaining": "999999",
    "X-RateLimit-Reset": "3600",
    "X-Request-ID": "req_0123456789abcdef",
    "X-Total-Count": "100",
}


def body(
    size: int, envelope: dict[str, Any] | None = None, item: dict[str, Any] | None = None
) -> bytes:
    """A page of users.

    Args:
        size: Users on it.
        envelope: Members to add beside the list.
        item: Members to add to each user.
    """
    users = [
        {
            "id": f"user_{i:012d}",
            "name": f"User Number {i}",
            "email": f"user{i}@example.com",
            "role": "admin" if i % 2 else "member",
            "active": True,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-02T12:30:00.250Z",
            "username": f"user{i}",
            "organization_id": "org_000000000001",
            **(item or {}),
        }
        for i in range(size)
    ]
    meta = {"page": 1, "per_page": size, "total": size, "total_pages": 1}
    return json.dumps({"success": True, "data": users, "meta": meta, **(envelope or {})}).encode()

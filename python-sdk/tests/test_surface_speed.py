"""What makes the SDK fast, held without a clock: calls, modules, and what stays in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

import unistack
from unistack import AsyncUnistack, Unistack
from unistack.types.user_list import UserList

HOME = str(Path(unistack.__file__).parent)
# Functions of this package that a warm list call runs: what it took when this was written, and a
# few more. Raise it only for something that every call needs.
MOST_CALLS = 80
# Modules of this package that a program has after its first list call.
MOST_MODULES = 50
# What a call that succeeds at once does without.
UNNEEDED = [
    "unistack._core.alias",
    "unistack._core.body",
    "unistack._core.console",
    "unistack._core.lenient",
    "unistack._core.link",
    "unistack._core.login",
    "unistack._core.loop",
    "unistack._core.multipart",
    "unistack._core.redis_store",
    "unistack._core.retry_transport",
    "unistack._core.signature",
    "unistack._core.sse",
    "unistack.webhooks",
    "redis",
    "tenacity",
    "websockets",
]
FIRST_CALL = """
import json, sys
from unistack import Unistack
before = sorted(sys.modules)
import httpx
page = {"success": True, "data": [], "meta": {"page": 1, "per_page": 20, "total": 0, "total_pages": 0}}
transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page))
Unistack(api_key="sk_live_test", transport=transport).users.list()
print(json.dumps([before, sorted(sys.modules)]))
"""


def page(number: int, size: int, pages: int) -> dict[str, Any]:
    """A page of users."""
    users = [
        {
            "id": f"user_{number}x{i}",
            "name": f"User {i}",
            "email": "a@example.com",
            "role": "member",
            "active": True,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }
        for i in range(size)
    ]
    meta = {"page": number, "per_page": size, "total": size * pages, "total_pages": pages}
    return {"success": True, "data": users, "meta": meta}


def transport(size: int, pages: int = 1) -> httpx.MockTransport:
    """A transport that answers with pages of users."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", 1))
        headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "99"}
        return httpx.Response(200, json=page(number, size, pages), headers=headers)

    return httpx.MockTransport(answer)


def calls_of(function: Callable[[], object]) -> list[str]:
    """The functions of this package that a call runs, in order."""
    seen: list[str] = []

    def profile(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(HOME):
            seen.append(f"{Path(code.co_filename).name}:{code.co_name}")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return seen


@pytest.fixture(scope="module")
def modules() -> tuple[list[str], list[str]]:
    """The modules of a new program: after the import, and after a first list call."""
    run = subprocess.run(
        [sys.executable, "-c", FIRST_CALL], check=True, capture_output=True, text=True
    )
    imported, called = json.loads(run.stdout)
    return imported, called


def test_a_list_call_runs_few_functions() -> None:
    """A warm list call stays as short as it was made."""
    client = Unistack(api_key="sk_live_test", transport=transport(20))
    client.users.list(per_page=20)
    seen = calls_of(lambda: client.users.list(per_page=20))
    assert len(seen) <= MOST_CALLS, seen


def test_an_async_list_call_runs_few_functions() -> None:
    """The same for the async client, event loop apart."""
    client = AsyncUnistack(api_key="sk_live_test", transport=transport(20))

    async def twice() -> list[str]:
        await client.users.list(per_page=20)
        coroutine = client.users.list(per_page=20).__await__()
        return calls_of(lambda: list(coroutine))

    seen = asyncio.run(twice())
    assert len(seen) <= MOST_CALLS, seen


def test_no_function_runs_once_for_each_item() -> None:
    """Items are read in one call: a hundred cost no more functions than one does."""
    counts = []
    for size in (1, 100):
        client = Unistack(api_key="sk_live_test", transport=transport(size))
        client.users.list()
        counts.append(len(calls_of(client.users.list)))
    assert counts[0] == counts[1]


def test_the_import_brings_no_library(modules: tuple[list[str], list[str]]) -> None:
    """`import unistack` is free: httpx and pydantic come with the first use."""
    imported, _ = modules
    heads = {name.partition(".")[0] for name in imported}
    assert heads.isdisjoint({"anyio", "pydantic", "pydantic_core", "tenacity", "redis"})


def test_a_first_call_loads_only_what_it_needs(modules: tuple[list[str], list[str]]) -> None:
    """No retries, bodies, files, streams, webhooks or stores for a list that succeeds."""
    _, called = modules
    assert [name for name in UNNEEDED if name in called] == []


def test_a_first_call_loads_only_the_types_of_its_operation(
    modules: tuple[list[str], list[str]],
) -> None:
    """One operation's models and one resource, of the many that there are."""
    _, called = modules
    own = [name for name in called if name.startswith(("unistack.types.", "unistack.resources."))]
    assert own == [
        "unistack.resources.users",
        "unistack.types.page_meta",
        "unistack.types.user",
        "unistack.types.user_list",
    ]


def test_a_first_call_loads_few_modules(modules: tuple[list[str], list[str]]) -> None:
    """Each module costs a program's start a quarter of a millisecond."""
    _, called = modules
    own = [name for name in called if name.partition(".")[0] == "unistack"]
    assert len(own) <= MOST_MODULES, own


def test_an_iteration_keeps_one_page() -> None:
    """While items are walked over, the pages before are let go."""
    client = Unistack(api_key="sk_live_test", transport=transport(size=5, pages=20))
    alive: set[int] = set()
    most = 0
    for number, user in enumerate(client.users.list(per_page=5)):
        alive.add(number)
        weakref.finalize(user, alive.discard, number)
        most = max(most, len(alive))
        del user
    assert number == 99
    assert 0 < most <= 10  # a page, and the one that takes its place


def test_json_is_read_by_compiled_code_alone() -> None:
    """No Python function and no union stands between the bytes and a page of users."""
    UserList.model_rebuild()
    found: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, list):
            for part in schema:
                walk(part)
        if not isinstance(schema, dict):
            return
        if isinstance(schema.get("type"), str):
            found.add(schema["type"])
        for key, part in schema.items():
            # Values that are no JSON, such as a model's arguments, may take the slower way.
            if key not in ("python_schema", "metadata", "cls", "config"):
                walk(part)

    walk(UserList.__pydantic_core_schema__)
    assert "datetime" in found
    assert [kind for kind in found if kind.startswith("function-") or kind == "union"] == []

"""What a user's editor knows of lists, pages and event streams."""

from __future__ import annotations

from typing import Any, assert_type

from unistack import AsyncPage, AsyncPaginator, AsyncUnistack, SyncPage, Unistack
from unistack.types import AiChunk, AiGeneration, AuditEvent, EntityRow, User

client = Unistack()
aclient = AsyncUnistack()


def pages() -> None:
    page = client.users.list(role="admin", per_page=50)
    assert_type(page, SyncPage[User])
    assert_type(page.data, list[User])
    assert_type(page.next_page(), SyncPage[User] | None)
    assert_type(page.has_next_page(), bool)
    for user in page:
        assert_type(user, User)
    for user in page.items(max_items=5):
        assert_type(user, User)
    for other in page.pages():
        assert_type(other, SyncPage[User])
    for event in client.events.list(limit=5):
        assert_type(event, AuditEvent)
    client.users.list(per_page="50")  # type: ignore[arg-type]
    client.users.list(max_items=5)  # type: ignore[call-arg]


async def async_pages() -> None:
    assert_type(aclient.users.list(), AsyncPaginator[User])
    assert_type(await aclient.users.list(), AsyncPage[User])
    async for user in aclient.users.list():
        assert_type(user, User)
    async for page in aclient.users.list().pages():
        assert_type(page, AsyncPage[User])
    list(aclient.users.list())  # type: ignore[call-overload]


def streams(wanted: bool) -> None:
    assert_type(client.ai.generate(prompt="x"), AiGeneration)
    assert_type(client.ai.generate(prompt="x", stream=False), AiGeneration)
    with client.ai.generate(prompt="x", stream=True) as stream:
        for chunk in stream:
            assert_type(chunk, AiChunk)
        assert_type(next(stream), AiChunk)
    either = client.ai.generate(prompt="x", stream=wanted)
    if isinstance(either, AiGeneration):
        assert_type(either, AiGeneration)
    client.ai.generate(prompt="x").close()  # type: ignore[attr-defined]


async def async_streams() -> None:
    assert_type(await aclient.ai.generate(prompt="x"), AiGeneration)
    async with await aclient.ai.generate(prompt="x", stream=True) as stream:
        async for chunk in stream:
            assert_type(chunk, AiChunk)


def dynamic() -> None:
    tasks = client.entities("tasks")
    assert_type(tasks.get("tsk_1"), EntityRow)
    for row in tasks.list():
        assert_type(row, EntityRow)
    value: Any = tasks.get("tsk_1")
    _ = value
    client.entities()  # type: ignore[call-arg]
    client.entities.list()  # type: ignore[attr-defined]

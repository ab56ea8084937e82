"""What a user's editor knows of plain calls: arguments, results, and mistakes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, assert_type

from unistack import AsyncUnistack, RawResponse, Unistack, omit
from unistack.types import Health, Server, Task, User

client = Unistack(api_key="sk_live_x")
aclient = AsyncUnistack(api_key=lambda: "sk_live_x", timeout=5, max_retries=0)


def results() -> None:
    user = client.users.get("user_1")
    assert_type(user, User)
    assert_type(user.name, str)
    assert_type(user.created_at, datetime)
    assert_type(user.username, str | None)
    assert_type(client.users.get_me(), User)
    assert_type(client.health.check(), Health)
    assert_type(client.servers.start("srv_1"), Server)
    client.users.delete("user_1")


def enums_are_open(user: User) -> None:
    assert_type(user.role, Literal["admin", "member", "viewer"] | str)
    if user.role == "admin":
        return
    client.users.create(name="Ada", email="ada@example.com", role="a role of tomorrow")


def arguments() -> None:
    client.users.create(name="Ada", email="ada@example.com", role=omit, username=None)
    client.tasks.create(title="x", due_at=datetime(2026, 1, 1))  # noqa: DTZ001
    client.users.get("user_1", timeout=2.5, max_retries=0, extra_headers={"X": "y"})
    client.users.create(name="Ada", email="a@example.com", idempotency_key="k")
    client.with_options(max_retries=0).users.delete("user_1")
    assert_type(client.with_options(timeout=1), Unistack)


def mistakes() -> None:
    client.users.get()  # type: ignore[call-arg]
    client.users.get(5)  # type: ignore[arg-type]
    client.users.get(user_id="user_1")  # type: ignore[call-arg]
    client.users.create(name="Ada")  # type: ignore[call-arg]
    client.users.create("Ada", email="ada@example.com")  # type: ignore[call-arg]
    client.users.create(name=None, email="ada@example.com")  # type: ignore[arg-type]
    client.users.create(name="Ada", email="a@example.com", nmae="x")  # type: ignore[call-arg]
    client.users.get("user_1", max_retries="many")  # type: ignore[arg-type]
    _ = client.users.get("user_1").nmae  # type: ignore[attr-defined]
    _ = client.usres  # type: ignore[attr-defined]
    Unistack(apikey="x")  # type: ignore[call-arg]
    user: User = client.tasks.get("tsk_1")  # type: ignore[assignment]
    name: int = client.users.get("user_1").name  # type: ignore[assignment]
    _ = user, name


def raw() -> None:
    response = client.users.with_raw_response.get("user_1")
    assert_type(response, RawResponse[User])
    assert_type(response.parse(), User)
    assert_type(response.request_id, str | None)
    client.users.with_raw_response.get()  # type: ignore[call-arg]


async def asynchronous() -> None:
    assert_type(await aclient.users.get("user_1"), User)
    assert_type(await aclient.tasks.update("tsk_1", status="completed"), Task)
    response = await aclient.users.with_raw_response.get("user_1")
    assert_type(response.parse(), User)
    _ = aclient.users.get("user_1").name  # type: ignore[attr-defined]
    await aclient.users.create(name="Ada")  # type: ignore[call-arg]


def undocumented() -> None:
    assert_type(client.get("/new", cast_to=User), User)
    assert_type(client.get("/new"), Any)


with Unistack() as managed:
    assert_type(managed, Unistack)

"""The test aids that the SDK gives to its users."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import anyio
import httpx
import pytest
import respx

from unistack import (
    AsyncUnistack,
    NotFoundError,
    RateLimitError,
    Unistack,
    WebhookVerificationError,
)
from unistack.testing import (
    WEBHOOK_SECRET,
    Clock,
    FakeAPI,
    FakeClock,
    SystemClock,
    operations,
    signed_webhook,
)
from unistack.types import User

ADA = {
    "id": "user_1",
    "name": "Ada",
    "email": "ada@example.com",
    "role": "admin",
    "active": True,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}
PING = {
    "event": "ping",
    "data": {"webhook_endpoint_id": "whe_1"},
    "timestamp": "2026-01-01T00:00:00Z",
}


def users(count: int) -> list[dict[str, Any]]:
    return [{**ADA, "id": f"user_{i}"} for i in range(count)]


def test_edges_testing_reply_is_typed_by_the_client() -> None:
    """A reply is what the method returns: the envelope is put around it."""
    api = FakeAPI()
    route = api.reply("users.get", ADA)
    user = api.client(Unistack).users.get("user_1")
    assert isinstance(user, User)
    assert (user.name, route.call_count) == ("Ada", 1)
    assert api.calls("users.get")[0].request.headers["Authorization"] == "Bearer test-key"
    again = api.client(Unistack, strict=True)
    api.reply("users.get", user)
    assert again.users.get("user_1") == user


def test_edges_testing_async_client_talks_to_the_same_api() -> None:
    """The async client is made and answered alike."""
    api = FakeAPI()
    api.reply("users.get", ADA)
    api.serve("users.list", users(45))

    async def steps() -> None:
        client = api.client(AsyncUnistack)
        assert (await client.users.get("user_1")).name == "Ada"
        assert len([user async for user in client.users.list()]) == 45

    anyio.run(steps)
    assert len(api.calls("users.list")) == 3


def test_edges_testing_routes_may_be_for_one_path() -> None:
    """Path values choose between routes, encoded as the client encodes them."""
    api = FakeAPI()
    api.reply("users.get", {**ADA, "name": "Eve"}, user_id="a/b ?")
    api.reply("users.get", ADA)
    client = api.client(Unistack)
    assert client.users.get("a/b ?").name == "Eve"
    assert client.users.get("user_2").name == "Ada"
    with pytest.raises(TypeError, match="no path parameter id"):
        api.route("users.get", id="user_1")
    with pytest.raises(KeyError, match="no operation 'users\\.nope'"):
        api.route("users.nope")


def test_edges_testing_concrete_paths_win_over_templates() -> None:
    """`/users/me` is not a user whose id is "me"."""
    api = FakeAPI()
    api.reply("users.get", {**ADA, "name": "by id"})
    api.reply("users.get_me", {**ADA, "name": "me"})
    client = api.client(Unistack)
    assert client.users.get_me().name == "me"
    assert client.users.get("user_1").name == "by id"
    assert [len(api.calls(name)) for name in ("users.get_me", "users.get")] == [1, 1]


def test_edges_testing_unknown_requests_fail_the_test() -> None:
    """A request without a route is an error that names it."""
    with pytest.raises(respx.models.AllMockedAssertionError, match="users"):
        FakeAPI().client(Unistack, max_retries=0).users.get("user_1")


def test_edges_testing_failures_are_the_apis_errors() -> None:
    """A failure has the API's error body, and time passes only on the fake clock."""
    api = FakeAPI()
    api.fail("users.get", 404, code="NOT_FOUND", message="no such user", details={"id": 1})
    api.fail("users.list", 429, code="RATE_LIMIT_EXCEEDED", headers={"Retry-After": "5"})
    client = api.client(Unistack)
    with pytest.raises(NotFoundError, match="no such user") as caught:
        client.users.get("user_1")
    assert (caught.value.code, caught.value.details) == ("NOT_FOUND", {"id": 1})
    with pytest.raises(RateLimitError):
        client.users.list()
    assert api.clock.sleeps == [5.0, 5.0]
    assert api.clock.monotonic() == 10.0


def test_edges_testing_lists_are_served_page_by_page() -> None:
    """Items are served by number or by cursor, as the operation pages."""
    api = FakeAPI()
    api.serve("users.list", users(45))
    event = {"id": "evt_1"}
    api.serve("events.list", [event | {"id": f"evt_{i}"} for i in range(45)])
    client = api.client(Unistack)
    page = client.users.list(per_page=10)
    assert [len(p.data) for p in page.pages()] == [10, 10, 10, 10, 5]
    assert page.meta.total == 45
    with pytest.warns(UserWarning, match="leniently"):
        found = [event.id for event in client.events.list(limit=20)]
    assert found == [f"evt_{i}" for i in range(45)]
    api.reply("projects.list", [])
    assert list(client.projects.list()) == []
    with pytest.raises(ValueError, match="does not page"):
        api.serve("users.get", [])


def test_edges_testing_nothing_text_and_bytes_are_replied() -> None:
    """Results that are no JSON are replied as they are."""
    api = FakeAPI()
    api.reply("users.delete")
    api.reply("files.download", b"\x00\x01")
    client = api.client(Unistack)
    assert client.users.delete("user_1") is None
    with client.files.download("proj_1", "file_1") as download:
        assert download.read() == b"\x00\x01"


def test_edges_testing_block_answers_clients_made_elsewhere() -> None:
    """In a `with` block requests through httpx's own transports are answered too."""
    with FakeAPI() as api:
        api.reply("users.get", ADA)
        assert Unistack(api_key="k").users.get("user_1").name == "Ada"
        with httpx.Client() as plain, pytest.raises(respx.models.AllMockedAssertionError):
            plain.get(f"{api.base_url}/nowhere")
    assert not respx.mocks.HTTPCoreMocker.routers


def test_edges_testing_client_keeps_given_options() -> None:
    """What the caller gives wins over the test values."""
    api = FakeAPI(base_url="http://localhost:1/v9", clock=FakeClock(5))
    api.reply("users.get", ADA)
    client = api.client(Unistack, x_api_key="mine", max_retries=0)
    client.users.get("user_1")
    (call,) = api.calls("users.get")
    assert str(call.request.url) == "http://localhost:1/v9/users/user_1"
    assert call.request.headers["X-API-Key"] == "mine"
    assert "Authorization" not in call.request.headers
    assert repr(api.clock) == "<FakeClock 5.0>"


def test_edges_testing_client_may_be_a_users_own_class() -> None:
    """A subclass of the client is made like the client."""

    class Mine(Unistack):
        """A client with something of its own."""

    api = FakeAPI()
    api.reply("users.get", ADA)
    assert api.client(Mine).users.get("user_1").name == "Ada"


def test_edges_testing_operations_are_all_known() -> None:
    """Every operation of the API is found by its id."""
    assert len(operations()) >= 96
    assert operations()["users.get"].path == "/users/{user_id}"
    assert operations()["admin.nodes.create_token"].method == "POST"


def test_edges_testing_signed_webhooks_verify() -> None:
    """A signed sample is a delivery that the client accepts and reads."""
    client = FakeAPI(clock=FakeClock(SystemClock().time())).client(Unistack, strict=True)
    event = client.webhooks.unwrap(*signed_webhook(PING))
    assert event.event == "ping"
    body, headers = signed_webhook(b"{}", id="msg_2", timestamp=1)
    assert (body, headers["webhook-id"]) == (b"{}", "msg_2")  # type: ignore[index]
    assert client.webhooks.unwrap(*signed_webhook(event)) == event
    other = signed_webhook(PING, secret=WEBHOOK_SECRET.replace("dGVz", "AAAA"))
    with pytest.raises(WebhookVerificationError):
        client.webhooks.unwrap(*other)


def test_edges_testing_clock_moves_when_told() -> None:
    """Sleeping takes no time and moves the clock; time does not go back."""
    clock = FakeClock(100.0, random=0.5)
    assert isinstance(clock, Clock)
    clock.sleep(2)
    clock.advance(3)
    anyio.run(clock.asleep, 1)
    assert (clock.time(), clock.monotonic(), clock.random()) == (106.0, 6.0, 0.5)
    assert clock.sleeps == [2, 1]
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    clock.sleep(-1)
    assert clock.monotonic() == 6.0


def test_edges_testing_needs_respx_only_for_the_fake_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the module loads no respx; without it FakeAPI says what to install."""
    program = "import sys, unistack.testing; sys.exit('respx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "respx":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"unistack\[testing\]"):
        FakeAPI()

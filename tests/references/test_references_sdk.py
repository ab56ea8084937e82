"""The SDKs made from the reference documents work as they come, against their mock servers."""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.references.conftest import Serve, Served

Sdk = Callable[[str], ModuleType]

TOKEN = "sk_live_reference_0123456789abcdef"
CLIENTS = {
    "nanostack": ("Nanostack", {"api_key": TOKEN}),
    "example-rest": ("ExampleRest", {"api_token": TOKEN}),
    "entity-platform": ("EntityPlatform", {"api_key": TOKEN}),
    "stellarstack": ("StellarStack", {"api_token": TOKEN}),
    "account-api": ("AccountApi", {"api_key": TOKEN}),
}
FAILURES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
}


def connect(sdk: Sdk, served: Served, name: str, **options: Any) -> Any:
    """A client of an API for its mock server, on the server's time."""
    client, credentials = CLIENTS[name]
    settings = {"base_url": served.url, "clock": served.clock, "strict": True, **credentials}
    return getattr(sdk(name), client)(**(settings | options))


@pytest.mark.parametrize("name", CLIENTS)
def test_sdk_imports_whole(sdk: Sdk, name: str) -> None:
    """Every module of a generated SDK imports, and has what it says it has."""
    package = sdk(name)
    prefix = f"{package.__name__}."
    modules = [entry.name for entry in pkgutil.walk_packages(package.__path__, prefix)]
    assert len(modules) > 50
    for module in modules:
        imported = import_module(module)
        for exported in getattr(imported, "__all__", ()):
            assert getattr(imported, exported) is not None
    assert hasattr(package, f"{CLIENTS[name][0]}Error")
    assert hasattr(package, f"Async{CLIENTS[name][0]}")


@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize(
    ("name", "failing", "call"),
    [
        ("nanostack", "users.get", lambda client: client.users.get("user_123")),
        ("example-rest", "users.get", lambda client: client.users.get("user_123")),
        ("entity-platform", "entities.get", lambda client: client.entities("tasks").get("tsk_1")),
        ("stellarstack", "servers.get", lambda client: client.servers.get("server_123")),
        ("account-api", "users.get", lambda client: client.users.get("123456")),
    ],
    ids=list(CLIENTS),
)
def test_failures_are_typed(
    sdk: Sdk, serve: Serve, name: str, failing: str, call: Callable[[Any], Any], status: int
) -> None:
    """Each status is an exception of its own, with code and message from the API's envelope."""
    served = serve(name)
    served.fail(failing, status)
    expected = getattr(sdk(name), FAILURES[status])
    with (
        connect(sdk, served, name, max_retries=0) as client,
        pytest.raises(expected) as caught,
    ):
        call(client)
    assert caught.value.status_code == status
    assert isinstance(caught.value.code, str)
    assert caught.value.message == "A fault was asked for"
    assert isinstance(caught.value, getattr(sdk(name), f"{CLIENTS[name][0]}Error"))


def test_nanostack_sdk(sdk: Sdk, serve: Serve) -> None:
    """Users live and die, all pages come, and what is invalid says which field."""
    served = serve("nanostack")
    with connect(sdk, served, "nanostack") as client:
        user = client.users.create(name="Ada", email="ada@example.com")
        assert client.users.get(user.id) == user
        assert client.users.update(user.id, name="Grace").name == "Grace"
        page = client.users.list(per_page=20)
        assert (page.total, page.total_pages) == (51, 3)
        assert len({item.id for item in page}) == 51
        assert client.users.delete(user.id).name == "Grace"
        with pytest.raises(sdk("nanostack").NotFoundError):
            client.users.get(user.id)
        with pytest.raises(sdk("nanostack").UnprocessableEntityError) as caught:
            client.users.create(name="Ada", email="invalid-email")
        assert caught.value.code == "VALIDATION_ERROR"
        assert caught.value.details == {"field": "email", "value": "invalid-email"}
        key = client.api_keys.create(name="CI")
        assert client.api_keys.get(key.id).name == "CI"
        with connect(sdk, served, "nanostack", api_key=key.key) as other:
            assert len(other.organizations.list(per_page=5).data) == 5


def test_nanostack_sdk_logs_in(sdk: Sdk, serve: Serve) -> None:
    """A client with a login has tokens, and new ones when they have expired."""
    package, served = sdk("nanostack"), serve("nanostack")
    with connect(sdk, served, "nanostack") as client:
        client.auth.register(name="Ada", email="ada@example.com", password="correct horse")
    login = package.Login(email="ada@example.com", password="correct horse")
    with connect(sdk, served, "nanostack", api_key=None, login=login) as client:
        assert client.users.list(email="ada@example.com").data[0].role == "member"
        served.advance(2 * 3600)
        assert client.users.list(email="ada@example.com").total == 1
        with pytest.raises(package.PermissionDeniedError):
            client.tenants.list()
    called = [entry.operation for entry in served.session.journal]
    assert called.count("auth.login") == 1
    assert called.count("auth.refresh") == 1


def test_example_rest_sdk(sdk: Sdk, serve: Serve) -> None:
    """Users are bare objects, projects come page by page, and failures name fields."""
    served = serve("example-rest")
    with connect(sdk, served, "example-rest") as client:
        user = client.users.create(name="John Doe", email="john@example.com", password="secure")
        assert client.users.get(user.id) == user
        page = client.projects.list()
        assert (page.total, page.total_pages) == (50, 3)
        assert len({project.id for project in page}) == 50
        assert {item.status for item in client.projects.list(status="active")} == {"active"}
        with pytest.raises(sdk("example-rest").BadRequestError) as caught:
            client.users.create(name="", email="john@example.com", password="secure")
        assert caught.value.code == "invalid_request"
        assert caught.value.details.keys() == {"name"}


def test_example_rest_sdk_reads_webhooks(sdk: Sdk, serve: Serve) -> None:
    """A signed user.created is an event of its own type; a forged one is refused."""
    served = serve("example-rest")
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    data = {"id": "user_123", "name": "John Doe", "email": "john@example.com"}
    sent = httpx.post(
        f"{served.server.url}/__mock/webhooks/send",
        json={"event": "user.created", "secrets": [secret], "data": data},
    ).json()
    with connect(sdk, served, "example-rest", webhook_secret=secret) as client:
        event = client.webhooks.unwrap(sent["body"], sent["headers"])
        assert (event.event, event.data.email) == ("user.created", "john@example.com")
        assert type(event).__name__ == "UserCreatedEvent"
        with pytest.raises(sdk("example-rest").WebhookVerificationError):
            client.webhooks.unwrap(sent["body"].replace("John", "Jane"), sent["headers"])


def test_entity_platform_sdk(sdk: Sdk, serve: Serve) -> None:
    """Records of an entity bound once live and die, and come page by page."""
    served = serve("entity-platform")
    with connect(sdk, served, "entity-platform") as client:
        tasks = client.entities("tasks")
        made = [tasks.create(body={"title": f"Task {n}", "priority": "low"}) for n in range(7)]
        assert tasks.get(made[0].id) == made[0]
        assert made[0].title == "Task 0"
        assert tasks.update(made[0].id, body={"priority": "high"}).priority == "high"
        page = tasks.list(limit=3, sort="title", order="desc")
        assert (page.total, page.total_pages) == (7, 3)
        assert [item.title for item in page] == [f"Task {n}" for n in range(6, -1, -1)]
        assert tasks.list(filter='{"priority": "high"}').total == 1
        assert tasks.delete(made[0].id).success is True
        assert tasks.describe().rate_limit.limit == 1000
        assert tasks.list(start_date=date(2001, 1, 1)).total == 6
        assert tasks.list(end_date=datetime(2001, 1, 1, tzinfo=UTC)).total == 0
        assert client.health.check().status == "healthy"
        assert client.ai.generate(prompt="Headphones", temperature=0.8).model == "gpt-4"
        for call, code in (
            (lambda: tasks.get(made[0].id), "NOT_FOUND"),
            (lambda: client.entities("nothing").list(), "ENTITY_NOT_FOUND"),
        ):
            with pytest.raises(sdk("entity-platform").NotFoundError) as caught:
                call()
            assert caught.value.code == code
        served.fail("ai.generate", 402)
        with pytest.raises(sdk("entity-platform").PaymentRequiredError) as unpaid:
            client.ai.generate(prompt="Headphones")
        assert unpaid.value.code == "INSUFFICIENT_CREDITS"


def test_entity_platform_sdk_with_a_session(sdk: Sdk, serve: Serve) -> None:
    """A session manages keys; a key with one scope lacks the others."""
    package, served = sdk("entity-platform"), serve("entity-platform")
    served.admit(kind="session", value="session_0123456789")
    session = {"api_key": None, "session": "session_0123456789"}
    with connect(sdk, served, "entity-platform", **session) as client:
        key = client.keys.create(name="Mobile App Key", scopes=["read"])
        assert key.key.startswith("sk_live_")
        assert key.id in {item.id for item in client.keys.list()}
        assert client.keys.delete(key.id).success is True
    reader = "sk_live_reader_0123456789abcdef"
    served.admit(kind="api_key", value=reader, scopes=["read"])
    with connect(sdk, served, "entity-platform", api_key=reader) as client:
        assert client.entities("orders").list().data == []
        with pytest.raises(package.PermissionDeniedError) as caught:
            client.entities("orders").create(body={"total": 1})
        assert caught.value.code == "INVALID_SCOPE"


def test_stellarstack_sdk(sdk: Sdk, serve: Serve) -> None:
    """Servers are made, changed, started, killed and deleted; administrators see everything."""
    served = serve("stellarstack")
    with connect(sdk, served, "stellarstack") as client:
        node = client.nodes.create(name="n1", address="n1.example.com")
        sizes = {"memory": 2048, "cpu": 100, "disk": 10240}
        server = client.servers.create(
            name="My Server", node_id=node.id, blueprint_id="minecraft-java", **sizes
        )
        assert (server.node_id, server.status) == (node.id, "stopped")
        assert client.servers.update(server.id, memory=4096).memory == 4096
        assert client.servers.start(server.id).status == "running"
        assert client.servers.kill(server.id).status == "stopped"
        page = client.servers.list(limit=20)
        assert (page.total, len({item.id for item in page})) == (51, 51)
        assert client.servers.delete(server.id) is None
        with pytest.raises(sdk("stellarstack").NotFoundError):
            client.servers.get(server.id)
        assert client.nodes.stats(node.id).memory >= 0
        assert client.admin.nodes.create_token(node.id).token
        assert client.admin.stats().servers == 50
        assert client.admin.users.list(limit=5).total == 50


def test_stellarstack_sdk_signs_in(sdk: Sdk, serve: Serve) -> None:
    """A client with a login signs in, and again when its token has expired."""
    package, served = sdk("stellarstack"), serve("stellarstack")
    with connect(sdk, served, "stellarstack", api_token=None) as client:
        client.auth.signup(name="Ada", email="ada@example.com", password="correct horse")
    login = package.Login(email="ada@example.com", password="correct horse")
    with connect(sdk, served, "stellarstack", api_token=None, login=login) as client:
        assert client.auth.session().user.email == "ada@example.com"
        served.advance(2 * 3600)
        assert client.auth.session().user.email == "ada@example.com"
        with pytest.raises(package.PermissionDeniedError) as caught:
            client.nodes.list()
        assert caught.value.code == "FORBIDDEN"


def test_stellarstack_sdk_opens_the_console(sdk: Sdk, serve: Serve) -> None:
    """A console authenticates with its token, tells the server's status and answers a command."""
    served = serve("stellarstack")
    with connect(sdk, served, "stellarstack") as client:
        server = client.servers.list(limit=1).data[0]
        client.servers.start(server.id)
        with client.servers.console(server.id) as console:
            messages = iter(console)
            first = next(messages)
            assert (first.type, first.data) == ("status", "running")
            console.send({"type": "command", "data": "say hello"})
            assert "say hello" in next(messages).data


def test_nanostack_sdk_is_asynchronous_too(sdk: Sdk, serve: Serve) -> None:
    """The asynchronous client has the same methods and the same failures."""
    package, served = sdk("nanostack"), serve("nanostack")

    async def use() -> int:
        options = {"base_url": served.url, "api_key": TOKEN, "clock": served.clock}
        async with package.AsyncNanostack(**options) as client:
            user = await client.users.create(name="Ada", email="ada@example.com")
            await client.users.delete(user.id)
            with pytest.raises(package.NotFoundError):
                await client.users.get(user.id)
            return len([item async for item in client.users.list(per_page=20)])

    assert asyncio.run(use()) == 50


def test_account_api_sdk(sdk: Sdk, serve: Serve) -> None:
    """Users are bare objects, projects come page by page, and details are a sentence."""
    served = serve("account-api")
    with connect(sdk, served, "account-api") as client:
        user = client.users.create(
            username="newuser", email="newuser@example.com", password="securepassword"
        )
        assert client.users.get(user.id) == user
        page = client.projects.list(limit=20)
        assert (page.total, len({project.id for project in page})) == (50, 50)
        with pytest.raises(sdk("account-api").BadRequestError) as caught:
            client.users.create(username="", email="newuser@example.com", password="secure")
        assert caught.value.code == "invalid_request"
        assert "username" in caught.value.details


def test_account_api_sdk_needs_an_address(sdk: Sdk) -> None:
    """The text names no host, so a client has to be told one."""
    with pytest.raises(ValueError, match="ACCOUNT_API_BASE_URL"):
        sdk("account-api").AccountApi(api_key=TOKEN)


@pytest.mark.parametrize(
    ("name", "limit", "window", "call"),
    [
        ("example-rest", 100, 60, lambda client: client.projects.list(per_page=1)),
        ("stellarstack", 30, 60, lambda client: client.admin.stats()),
        ("account-api", 100, 60, lambda client: client.projects.list(limit=1)),
        ("entity-platform", 1000, 3600, lambda client: client.entities("tasks").list(limit=1)),
    ],
    ids=["example-rest", "stellarstack", "account-api", "entity-platform"],
)
def test_limits_are_waited_out(
    sdk: Sdk, serve: Serve, name: str, limit: int, window: int, call: Callable[[Any], Any]
) -> None:
    """More calls than the limit allows all succeed, the last ones in the next window."""
    served = serve(name)
    start = served.session.clock.now()
    with connect(sdk, served, name, max_wait=2 * window) as client:
        for _ in range(limit + 5):
            call(client)
    passed = served.session.clock.now() - start
    assert passed >= window * 0.9
    assert served.statuses.count(200) == limit + 5


@pytest.mark.parametrize("name", ["example-rest", "account-api"])
def test_limits_are_recovered_from(sdk: Sdk, serve: Serve, name: str) -> None:
    """A client that does not look ahead gets a 429, waits as long as it is told, and succeeds."""
    served = serve(name)
    with connect(sdk, served, name, on_limit="off", max_wait=120) as client:
        for _ in range(101):
            client.projects.list()
    assert served.statuses.count(429) == 1
    with connect(sdk, served, name, on_limit="off", max_retries=0) as client:
        for _ in range(99):
            client.projects.list()
        with pytest.raises(sdk(name).RateLimitError) as caught:
            client.projects.list()
    assert caught.value.code in {"rate_limit_exceeded", "too_many_requests"}

"""The adapters, over HTTP: each framework's way to lose the raw body, and the way around it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import threading
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import aiohttp.web
import django
import fastapi
import flask
import pytest
import starlette.applications
import starlette.requests
import starlette.responses
import starlette.routing
import uvicorn
import werkzeug.serving
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path as django_path
from django.views.decorators.csrf import csrf_exempt

from unistack.webhook_requests import (
    aiohttp_request,
    django_request,
    flask_request,
    starlette_request,
)
from unistack.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_700_000_000
WEBHOOK = Webhook(SECRET, clock=lambda: NOW)
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
# Bytes that any decoding and encoding again would change.
BODY = b'{"event" :"ping","data":{"t":"\xc3\xa9\xff\\u00e9"}}\r\n'
PARTS = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nx\r\n--b--\r\n'


def judge(request: Any) -> tuple[int, str]:
    """What every endpoint does: verify, and say what became of it."""
    try:
        return 200, WEBHOOK.verify(*request).hex()
    except WebhookVerificationError as error:
        return 400, error.reason


Post = Callable[..., tuple[int, str]]


def client(port: int) -> Post:
    def post(
        path: str,
        body: bytes = BODY,
        *,
        media_type: str = "application/json",
        twice: str | None = None,
        **changed: str,
    ) -> tuple[int, str]:
        headers = WEBHOOK.signed_headers("msg_1", NOW, body) | changed
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.putrequest("POST", path)
            for name, value in headers.items():
                connection.putheader(name.title(), value)
                if name == twice:
                    connection.putheader(name.title(), value)
            connection.putheader("Content-Type", media_type)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    return post


@contextmanager
def threaded(serve: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()


FormFile = Annotated[fastapi.UploadFile, fastapi.File()]


# --- one application for each framework; /hook verifies, /late does what loses the body first ----


@contextmanager
def starlette_server() -> Iterator[int]:
    async def hook(request: starlette.requests.Request) -> starlette.responses.Response:
        status, text = judge(await starlette_request(request))
        return starlette.responses.PlainTextResponse(text, status)

    async def late(request: starlette.requests.Request) -> starlette.responses.Response:
        async with request.form():
            pass
        try:
            await starlette_request(request)
        except RuntimeError as error:
            return starlette.responses.PlainTextResponse(str(error), 500)
        return starlette.responses.PlainTextResponse("no error", 200)

    app = starlette.applications.Starlette(
        routes=[
            starlette.routing.Route("/hook", hook, methods=["POST"]),
            starlette.routing.Route("/late", late, methods=["POST"]),
        ]
    )
    with asgi_server(app) as port:
        yield port


@contextmanager
def fastapi_server() -> Iterator[int]:
    app = fastapi.FastAPI()

    @app.post("/hook")
    async def hook(request: fastapi.Request) -> fastapi.Response:
        status, text = judge(await starlette_request(request))
        return fastapi.Response(text, status, media_type="text/plain")

    @app.post("/late")
    async def late(request: fastapi.Request, f: FormFile) -> fastapi.Response:
        # A form parameter of the endpoint: FastAPI has read the body before it calls.
        try:
            await starlette_request(request)
        except RuntimeError as error:
            return fastapi.Response(str(error), 500, media_type="text/plain")
        return fastapi.Response("no error", 200)

    with asgi_server(app) as port:
        yield port


@contextmanager
def asgi_server(app: Any) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    ready = threading.Event()
    startup = server.startup

    async def announced(*args: Any, **options: Any) -> None:
        await startup(*args, **options)
        ready.set()

    server.startup = announced  # type: ignore[method-assign]

    def stop() -> None:
        server.should_exit = True

    with threaded(server.run, stop):
        assert ready.wait(30)
        yield server.servers[0].sockets[0].getsockname()[1]


@contextmanager
def flask_server() -> Iterator[int]:
    app = flask.Flask(__name__)

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        status, text = judge(flask_request())
        return text, status

    @app.post("/late")
    def late() -> tuple[str, int]:
        _ = flask.request.form
        try:
            flask_request(flask.request)
        except RuntimeError as error:
            assert flask.request.get_data() == b""
            return str(error), 500
        return "no error", 200

    server = werkzeug.serving.make_server("127.0.0.1", 0, app)
    with threaded(lambda: server.serve_forever(0.01), server.shutdown):
        yield server.server_port
    server.server_close()


@csrf_exempt
def django_hook(request: Any) -> HttpResponse:
    status, text = judge(django_request(request))
    return HttpResponse(text, status=status)


@csrf_exempt
def django_late(request: Any) -> HttpResponse:
    request.FILES  # noqa: B018 - reading it is what loses the body
    try:
        django_request(request)
    except RuntimeError as error:
        return HttpResponse(str(error), status=500)
    return HttpResponse("no error", status=200)


urlpatterns = [django_path("hook", django_hook), django_path("late", django_late)]


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def django_server() -> Iterator[int]:
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["*"],
            SECRET_KEY="x",
            LOGGING_CONFIG=None,
            MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        )
        django.setup()
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": urlpatterns})
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, WSGIHandler(), handler_class=_Quiet)
    with threaded(lambda: server.serve_forever(0.01), server.shutdown):
        yield server.server_port
    server.server_close()


@contextmanager
def aiohttp_server() -> Iterator[int]:
    async def hook(request: aiohttp.web.Request) -> aiohttp.web.Response:
        status, text = judge(await aiohttp_request(request))
        return aiohttp.web.Response(text=text, status=status)

    async def late(request: aiohttp.web.Request) -> aiohttp.web.Response:
        await request.post()
        try:
            await aiohttp_request(request)
        except RuntimeError as error:
            return aiohttp.web.Response(text=str(error), status=500)
        return aiohttp.web.Response(text="no error", status=200)

    app = aiohttp.web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_post("/late", late)
    loop = asyncio.new_event_loop()
    runner = aiohttp.web.AppRunner(app)
    loop.run_until_complete(runner.setup())
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    loop.run_until_complete(site.start())
    with threaded(loop.run_forever, lambda: loop.call_soon_threadsafe(loop.stop)):
        yield runner.addresses[0][1]
    loop.run_until_complete(runner.cleanup())
    loop.close()


SERVERS = {
    "starlette": starlette_server,
    "fastapi": fastapi_server,
    "flask": flask_server,
    "django": django_server,
    "aiohttp": aiohttp_server,
}


@pytest.fixture(params=list(SERVERS), scope="module")
def post(request: pytest.FixtureRequest) -> Iterator[Post]:
    with SERVERS[request.param]() as port:
        yield client(port)


@pytest.mark.parametrize("media_type", ["application/json", FORM, MULTIPART, "text/plain"])
def test_webhooks_framework_hands_over_the_bytes_as_they_came(post: Post, media_type: str) -> None:
    """Whatever the media type claims, the body arrives byte for byte."""
    assert post("/hook", media_type=media_type) == (200, BODY.hex())
    assert post("/hook", b"", media_type=media_type) == (200, "")


def test_webhooks_framework_refuses_what_was_changed(post: Post) -> None:
    """A changed header and a missing one are refused with their reason."""
    assert post("/hook", **{"webhook-id": "msg_2"}) == (400, "no_match")
    assert post("/hook", **{"webhook-timestamp": str(NOW - 301)}) == (400, "too_old")
    assert post("/hook", **{"webhook-timestamp": "x"}) == (400, "bad_timestamp")


@pytest.mark.parametrize(
    ("name", "reason"), [("webhook-id", "bad_id"), ("webhook-timestamp", "bad_timestamp")]
)
def test_webhooks_framework_shows_repeated_headers(post: Post, name: str, reason: str) -> None:
    """An id or a timestamp that is sent twice is refused behind every framework."""
    assert post("/hook", twice=name) == (400, reason)


def test_webhooks_framework_whose_body_is_gone_says_so(post: Post) -> None:
    """After the framework's form parser an error names the remedy, not an empty body."""
    status, text = post("/late", PARTS, media_type=MULTIPART)
    assert status == 500
    assert "body is gone" in text
    assert "first" in text

"""Every failure is a typed error that says what happened and shows no secret."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import httpx
import pytest
import respx

import unistack.errors as public
from unistack._core import errors
from unistack._core.endpoint import Body, Endpoint, Json
from unistack._core.redaction import is_secret, redacted_url

GET = Endpoint("x.get", "GET", "/x", security=(("bearer",),), result=Json(dict[str, Any]))
POST = Endpoint("x.post", "POST", "/x", security=(("bearer",),), body=Body(), result=Json(Any))
SECRET = "sk_test"

CLASSES = {
    304: errors.NotModifiedError,
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    418: errors.APIStatusError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
    500: errors.InternalServerError,
    503: errors.InternalServerError,
    599: errors.InternalServerError,
}


@pytest.mark.parametrize(("status", "expected"), CLASSES.items())
def test_every_status_has_its_class(
    kit: Any, api: respx.MockRouter, status: int, expected: type[Exception]
) -> None:
    """A status is raised as its class, with the body's code, message, details and request id."""
    body = {
        "success": False,
        "error": {"code": "SOME_CODE", "message": "What happened", "details": {"field": "a"}},
        "request_id": "req_1",
    }
    api.get("/x").respond(status, json=body, headers={"X-Request-ID": "req_header"})
    with pytest.raises(errors.APIStatusError) as caught:
        kit.call(kit.client(max_retries=0), GET)
    error = caught.value
    assert type(error) is expected
    assert (error.status_code, error.code, error.message) == (status, "SOME_CODE", "What happened")
    assert (error.details, error.request_id, error.body) == ({"field": "a"}, "req_1", body)
    assert str(error) == (
        f"{status} SOME_CODE: What happened (request req_1) - GET https://api.test/v1/x"
    )
    assert error.response.json() == body


def test_the_request_is_a_redacted_copy(kit: Any, api: respx.MockRouter) -> None:
    """Neither credentials nor the body can be had from an error."""
    api.post("/x").respond(400, json={}, headers={"Set-Cookie": "session=abc"})
    client = kit.client(default_headers={"X-Secret-Token": "t0ken", "X-Plain": "seen"})
    with pytest.raises(errors.BadRequestError) as caught:
        kit.call(
            client,
            POST,
            body={"password": "hunter2"},
            query={"token": "q-secret", "page": 2},
            cookies={"session": "c-secret"},
        )
    error = caught.value
    assert error.request is not None
    assert error.request.headers["x-plain"] == "seen"
    assert error.request.headers["authorization"] == "[redacted]"
    assert error.request.content == b""
    assert error.url is not None
    assert error.url.endswith("?token=%5Bredacted%5D&page=2") or error.url.endswith(
        "?token=[redacted]&page=2"
    )
    assert error.response.request is error.request
    shown = "".join(
        [
            repr(error),
            str(error),
            repr(error.request.headers.raw),
            repr(error.response.headers.raw),
            repr(error.__dict__),
            "".join(traceback.format_exception(error)),
            repr(pickle.dumps(error)),
        ]
    )
    for secret in (SECRET, "hunter2", "t0ken", "q-secret", "c-secret", "session=abc"):
        assert secret not in shown


def test_scheme_names_are_secret_whatever_they_are(kit: Any, api: respx.MockRouter) -> None:
    """The name of a security scheme's parameter counts even if it sounds harmless."""
    endpoint = Endpoint("x.get", "GET", "/x", security=(("query",),), result=Json(Any))
    api.get("/x").respond(404)
    with pytest.raises(errors.NotFoundError) as caught:
        kit.call(kit.client(credentials={"query": "q-secret"}), endpoint)
    assert "q-secret" not in str(caught.value)
    assert is_secret("X-Odd", frozenset({"x-odd"}))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h/x?a=1", "https://h/x?a=1"),
        ("https://h/x?access_token=1&b=2#f", "https://h/x?access_token=[redacted]&b=2"),
        ("https://h/x?API%2DKEY=1", "https://h/x?API%2DKEY=[redacted]"),
        ("https://h/x?page=1&next_cursor=abc", "https://h/x?page=1&next_cursor=abc"),
        ("https://h/x?monkey=1", "https://h/x?monkey=1"),
    ],
)
def test_urls_lose_their_secrets(url: str, shown: str) -> None:
    """User information, fragments and the values of secret parameters are not shown."""
    assert redacted_url(url) == shown


def test_idempotency_keys_are_shown() -> None:
    """An idempotency key is no credential, and is needed to find a request again."""
    assert not is_secret("Idempotency-Key")


def test_a_body_that_is_no_envelope(kit: Any, api: respx.MockRouter) -> None:
    """Plain text says what is wrong; markup is left out; nothing raises something else."""
    client = kit.client(max_retries=0)
    for content, message in (
        (b"upstream is away", "upstream is away"),
        (b"<html><body>Bad Gateway</body></html>", "Bad Gateway"),
        (b"", "Bad Gateway"),
        (b"[" * 100_000, None),
        (b"\xff\xfe\x00", None),
    ):
        api.get("/x").respond(502, content=content)
        with pytest.raises(errors.InternalServerError) as caught:
            kit.call(client, GET)
        assert caught.value.code is None
        assert message is None or caught.value.message == message


def test_an_error_whose_body_breaks_off_keeps_its_class(kit: Any, api: respx.MockRouter) -> None:
    """The status is known, so the error is the status's."""

    class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield b'{"err'
            raise httpx.ReadError("cut")

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    api.get("/x").mock(return_value=httpx.Response(404, stream=Broken()))
    with pytest.raises(errors.NotFoundError) as caught:
        kit.call(kit.client(), GET)
    assert caught.value.response.content == b""
    api.get("/x").mock(side_effect=lambda _: httpx.Response(200, stream=Broken()))
    with pytest.raises(errors.APIResponseValidationError, match="broke off"):
        kit.call(kit.client(), GET)


def test_status_errors_survive_pickling(kit: Any, api: respx.MockRouter) -> None:
    """A pickled error is the same error, its response included."""
    body = {"error": {"code": "C", "message": "m", "details": [1]}, "request_id": "r"}
    api.get("/x").respond(429, json=body, headers={"Retry-After": "100"})
    with pytest.raises(errors.RateLimitError) as caught:
        kit.call(kit.client(), GET)
    before = caught.value
    for after in (pickle.loads(pickle.dumps(before)), copy.copy(before), copy.deepcopy(before)):
        assert type(after) is errors.RateLimitError
        assert str(after) == str(before)
        assert (after.status_code, after.code, after.details) == (429, "C", [1])
        assert (after.retry_after, after.request_id) == (100, "r")
        assert after.response.json() == body
        assert after.request.url == before.request.url  # type: ignore[union-attr]


SAMPLES = [
    errors.SDKError("x"),
    errors.APIConnectionError("x", request=httpx.Request("GET", "https://h/")),
    errors.APITimeoutError("x", request=httpx.Request("GET", "https://h/")),
    errors.APIResponseValidationError(
        "x", request=httpx.Request("GET", "https://h/"), response=httpx.Response(200, text="<")
    ),
    errors.RateLimitWaitError("x", wait=3.5, policy="user", method="GET", url="https://h/"),
    errors.PaginationError("x", token="c1"),
    errors.WebhookVerificationError("too_old"),
    errors.WebhookPayloadError("x"),
]


@pytest.mark.parametrize("before", SAMPLES, ids=lambda error: type(error).__name__)
def test_all_errors_survive_pickling(before: errors.SDKError) -> None:
    """Class, text and attributes come through."""
    before.resume_token = "here"
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is type(before)
    assert str(after) == str(before)
    assert after.resume_token == "here"
    assert set(after.__dict__) == set(before.__dict__)


def test_errors_belong_to_the_public_module() -> None:
    """Tracebacks and pickles name the module that users import from."""
    for name in public.__all__:
        exported = getattr(public, name)
        if isinstance(exported, type) and issubclass(exported, Exception):
            assert exported.__module__ == "unistack.errors"
            assert exported.__qualname__ in public.__all__


def test_the_tree_is_as_drawn() -> None:
    """The tree at the top of the module is the classes' own."""
    drawing = (public.__doc__ or "").split("\n\n")[2]
    parents: list[str] = []
    for line in drawing.splitlines():
        name = line.split("── ")[-1].split()[0]
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4
        if depth > 1:
            child, parent = getattr(public, name), getattr(public, parents[depth - 2])
            assert child.__bases__ == (parent,)
        parents = [*parents[: depth - 1], name]
    drawn = {word for word in drawing.split() if word.endswith("Error")}
    assert drawn == {n for n in public.__all__ if n.endswith("Error") and n != "UnistackError"}
    assert public.UnistackError is errors.SDKError


def test_a_missing_credential_is_named(kit: Any, api: respx.MockRouter) -> None:
    """A 401 without a credential says how to give one."""
    endpoint = Endpoint("x.get", "GET", "/x", security=(("bearer",), ("header",)))
    api.get("/x").respond(401, json={"error": {"code": "UNAUTHORIZED", "message": "Sign in"}})
    with pytest.raises(errors.AuthenticationError) as caught:
        kit.call(kit.client(credentials={}), endpoint)
    assert "pass api_key= or set API_TEST_KEY, or pass x_api_key=" in str(caught.value)
    with pytest.raises(errors.AuthenticationError) as caught:
        kit.call(kit.client(), endpoint)
    assert "pass api_key=" not in str(caught.value)


def test_not_modified(kit: Any, api: respx.MockRouter) -> None:
    """A 304 is an error of its own; the raw form returns it."""
    route = api.get("/x").respond(304, headers={"ETag": '"a"'})
    with pytest.raises(errors.NotModifiedError):
        kit.call(kit.client(), GET, headers={"If-None-Match": '"a"'})
    assert route.calls.last.request.headers["if-none-match"] == '"a"'
    raw = kit.raw(kit.client(), GET)
    assert (raw.status_code, raw.headers["etag"], raw.parse()) == (304, '"a"', None)


def test_connection_errors_say_where(kit: Any, api: respx.MockRouter) -> None:
    """The text ends in method and URL, and the cause is kept."""
    api.get("/x").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(errors.APIConnectionError) as caught:
        kit.call(kit.client(max_retries=0), GET)
    assert str(caught.value) == "could not connect: refused - GET https://api.test/v1/x"
    assert caught.value.status_code is None
    assert caught.value.response is None
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), errors.APIConnectionError)

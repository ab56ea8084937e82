"""What a success becomes: typed values, read leniently where the data does not fit."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from typing_extensions import TypedDict

from unistack._core.endpoint import Binary, Endpoint, Events, Json, Nothing, Text
from unistack._core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    NotFoundError,
    UnexpectedDataWarning,
)
from unistack._core.lenient import construct, json_kind, kinds
from unistack._core.models import DateTime, Model


class Address(Model):
    city: str
    zip_code: str | None = Field(default=None, alias="zipCode")


class Cat(Model):
    kind: Literal["cat"]
    lives: int


class Dog(Model):
    kind: Literal["dog"]
    owner: Address | None = None


class User(Model):
    id: str
    role: Literal["admin", "member"] | str
    created_at: DateTime = Field(alias="createdAt")
    age: int | None = None
    address: Address | None = None
    tags: list[str] = Field(default_factory=list)
    scores: dict[str, int] = Field(default_factory=dict)
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = Field(default_factory=list)


class UserResponse(Model):
    success: bool = True
    data: User


class Bag(TypedDict, total=False):
    a: int


GET = Endpoint("users.get", "GET", "/x", result=Json(UserResponse, unwrap="data"))
GOOD: dict[str, Any] = {"id": "u1", "role": "admin", "createdAt": "2026-01-01T00:00:00Z"}


def user(kit: Any, api: respx.MockRouter, data: Any, **options: Any) -> Any:
    api.get("/x").respond(200, json={"success": True, "data": data})
    return kit.call(kit.client(**options), GET)


def test_typed_values(kit: Any, api: respx.MockRouter) -> None:
    """Fields have Python names and types, and unknown ones are kept."""
    found = user(kit, api, {**GOOD, "age": 3, "unknownField": [1], "address": {"city": "Bonn"}})
    assert isinstance(found, User)
    assert found.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.unknownField == [1]  # type: ignore[attr-defined]
    assert found.address == Address(city="Bonn")


def test_a_new_enum_value_is_a_value(kit: Any, api: respx.MockRouter) -> None:
    """A value that the document does not list is handed out without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert user(kit, api, {**GOOD, "role": "owner"}).role == "owner"


def test_naive_date_times_are_utc(kit: Any, api: respx.MockRouter) -> None:
    """A date-time without a zone is read as UTC, without a warning; others keep their zone."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = user(kit, api, {**GOOD, "createdAt": "2026-01-01T00:00:00.5"})
    assert found.created_at == datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    found = user(kit, api, {**GOOD, "createdAt": "2026-01-01T00:00:00+02:00"})
    assert found.created_at.utcoffset() == timedelta(hours=2)


def test_unexpected_data_is_read_with_one_warning(kit: Any, api: respx.MockRouter) -> None:
    """What fits is typed, what does not is as it came, what is missing is None."""
    data = {
        "id": 7,
        "createdAt": "soon",
        "age": "old",
        "address": {"city": 5, "zipCode": "53111", "more": True},
        "tags": ["a", 1],
        "scores": {"x": "1", "y": "no"},
        "pets": [
            {"kind": "cat", "lives": "many"},
            {"kind": "dog", "owner": {"city": 1}},
            {"kind": "bird"},
        ],
        "extra": 1,
    }
    with pytest.warns(UnexpectedDataWarning) as caught:
        found = user(kit, api, data)
    assert len(caught) == 1
    assert "users.get" in str(caught[0].message)
    assert isinstance(found, User)
    assert (found.id, found.role, found.created_at, found.age) == (7, None, "soon", "old")
    assert isinstance(found.address, Address)
    assert (found.address.city, found.address.zip_code) == (5, "53111")
    assert found.address.more is True  # type: ignore[attr-defined]
    assert found.tags == ["a", 1]
    assert found.scores == {"x": 1, "y": "no"}
    cat, dog, bird = found.pets
    assert isinstance(cat, Cat)
    assert isinstance(dog, Dog)
    assert cat.lives == "many"
    assert isinstance(dog.owner, Address)
    assert bird.kind == "bird"
    assert found.extra == 1  # type: ignore[attr-defined]
    assert found.model_fields_set >= {"id", "created_at", "extra"}


def test_lenient_models_can_be_dumped(kit: Any, api: respx.MockRouter) -> None:
    """What was read leniently can be written, copied and compared like any model."""
    with pytest.warns(UnexpectedDataWarning):
        found = user(kit, api, {"id": 7})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found.model_dump()["id"] == 7
    assert found.model_copy() == found


def test_strict(kit: Any, api: respx.MockRouter) -> None:
    """A strict client refuses what does not fit."""
    with pytest.raises(APIResponseValidationError, match="does not fit its type"):
        user(kit, api, {"id": 7}, strict=True)
    assert user(kit, api, GOOD, strict=True).id == "u1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!doctype html><title>Sign in</title>", "not JSON"),
        (b'{"success": true, "da', "not JSON"),
        (b"", "not JSON"),
        (b"[]", "of kind array"),
        (b'"x"', "of kind string"),
        (b"null", "of kind null"),
        (b'{"success": false, "error": {"code": "C"}}', "says that the request failed"),
        (b'{"success": true}', "has no data"),
        (b'{"success": true, "data": null}', "data is of kind null"),
        (b'{"success": true, "data": []}', "data is of kind array"),
        (b'{"success": true, "data": "u1"}', "data is of kind string"),
        (b"[" * 100_000, "not JSON"),
        (b'\xff\xfe{"a"', "not JSON"),
    ],
)
def test_a_success_that_is_none(
    kit: Any, api: respx.MockRouter, content: bytes, message: str
) -> None:
    """Another kind of body is a typed error, in the lenient client as well."""
    api.get("/x").respond(200, content=content)
    for strict in (False, True):
        with pytest.raises(APIResponseValidationError, match=message) as caught:
            kit.call(kit.client(strict=strict), GET)
        assert caught.value.status_code == 200
        assert str(caught.value).endswith("GET https://api.test/v1/x")


def test_the_flag_counts_in_untyped_bodies_too(kit: Any, api: respx.MockRouter) -> None:
    """`success: false` is a failure wherever the type does not know the flag."""
    for result in (Any, dict[str, Any], Model, Bag):
        endpoint = Endpoint("x.get", "GET", "/x", result=Json(result))
        api.get("/x").respond(200, json={"success": False})
        with pytest.raises(APIResponseValidationError):
            kit.call(kit.client(), endpoint)
        api.get("/x").respond(200, json={"success": True})
        assert kit.call(kit.client(), endpoint) is not None


@pytest.mark.parametrize("status", [204, 205])
def test_no_content(kit: Any, api: respx.MockRouter, status: int) -> None:
    """Without content there is no value, and no error."""
    api.get("/x").respond(status)
    assert kit.call(kit.client(), GET) is None
    assert kit.call(kit.client(), Endpoint("x", "GET", "/x", result=Nothing())) is None


def test_text_and_nothing(kit: Any, api: respx.MockRouter) -> None:
    """Text is handed out decoded; a body that nobody promised is left alone."""
    route = api.get("/x").respond(200, text="grün", headers={"content-type": "text/plain"})
    assert kit.call(kit.client(), Endpoint("x", "GET", "/x", result=Text())) == "grün"
    assert route.calls.last.request.headers["accept"].startswith("text/plain")
    assert kit.call(kit.client(), Endpoint("x", "GET", "/x", result=Nothing())) is None


def test_undocumented_endpoints(kit: Any, api: respx.MockRouter) -> None:
    """client.get and its sisters send credentials and JSON, and read what they are told."""
    client = kit.client()
    api.get("/odd", params={"a": "1"}).respond(200, json=GOOD)
    assert kit.run(client.get("/odd", query={"a": 1})) == GOOD
    assert isinstance(kit.run(client.get("/odd", query={"a": 1}, cast_to=User)), User)
    for method in ("post", "put", "patch", "delete"):
        route = getattr(api, method)("/odd").respond(200, json={"m": method})
        body = {"x": datetime(2026, 1, 1, tzinfo=UTC)}
        assert kit.run(getattr(client, method)("/odd", body=body)) == {"m": method}
        request = route.calls.last.request
        assert request.content == b'{"x":"2026-01-01T00:00:00Z"}'
        assert request.headers["authorization"] == "Bearer sk_test"
    api.route(method="OPTIONS", path="/odd").respond(200, json=[1])
    assert kit.run(client.request("options", "/odd", cast_to=list[int])) == [1]


def test_the_raw_response(kit: Any, api: respx.MockRouter) -> None:
    """The raw form has status, headers, request id and body, and parses when asked."""
    api.get("/x").respond(200, json={"data": GOOD}, headers={"X-Request-ID": "r1"})
    raw = kit.raw(kit.client(), GET)
    assert (raw.status_code, raw.request_id, raw.method) == (200, "r1", "GET")
    assert raw.url == "https://api.test/v1/x"
    assert raw.headers["x-request-id"] == "r1"
    assert raw.json()["data"] == GOOD
    assert raw.content.decode() == raw.text
    assert raw.parse().id == "u1"
    assert raw.parse() is raw.parse()
    api.get("/x").respond(404)
    with pytest.raises(NotFoundError):
        kit.raw(kit.client(), GET)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in chunks that knows whether it was closed."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.sent = 0
        self.closed = False

    def __iter__(self) -> Any:
        for chunk in self.chunks:
            self.sent += 1
            yield chunk
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


DOWNLOAD = Endpoint("files.download", "GET", "/x", result=Binary())


def download(kit: Any, api: respx.MockRouter, body: Body) -> Any:
    api.get("/x").mock(return_value=httpx.Response(200, stream=body, headers={"ETag": "e"}))
    return kit.run(kit.resource(kit.client())._download(DOWNLOAD))


def test_downloads_are_streamed(kit: Any, api: respx.MockRouter, tmp_path: Any) -> None:
    """A download is read as it is wanted, whole, in chunks, or into a file."""
    body = Body(b"ab", b"cd", b"ef")
    found = download(kit, api, body)
    assert (found.status_code, found.headers["etag"], body.sent) == (200, "e", 0)
    assert kit.run(found.read()) == b"abcdef"
    assert body.closed
    found = download(kit, api, Body(b"ab", b"cd", b"ef"))
    assert kit.items(found.iter_bytes(4)) == [b"abcd", b"ef"]
    found = download(kit, api, Body(b"ab", b"cd"))
    kit.run(found.write_to_file(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == b"abcd"


def test_an_unread_download_is_closed(kit: Any, api: respx.MockRouter) -> None:
    """Leaving the block frees the connection."""
    body = Body(b"ab", b"cd")
    found = download(kit, api, body)

    async def leave() -> None:
        async with found:
            pass

    if kit.asynchronous:
        kit.run(leave())
    else:
        with found:
            pass
    assert body.closed
    assert body.sent == 0


def test_a_download_that_breaks_off(kit: Any, api: respx.MockRouter) -> None:
    """A connection that breaks while reading is the SDK's error, and closed."""
    for way in ("read", "iter_bytes"):
        body = Body(b"ab", error=httpx.ReadError("cut"))
        found = download(kit, api, body)
        with pytest.raises(APIConnectionError, match="broke") as caught:
            kit.run(found.read()) if way == "read" else kit.items(found.iter_bytes())
        assert isinstance(caught.value.__cause__, httpx.ReadError)
        assert body.closed


def test_a_failed_download_is_an_error(kit: Any, api: respx.MockRouter) -> None:
    """The error of a streamed request has its body."""
    body = Body(b'{"error": {"code": "NOT_FOUND", "message": "gone"}}')
    api.get("/x").mock(return_value=httpx.Response(404, stream=body))
    with pytest.raises(NotFoundError, match="gone"):
        kit.run(kit.resource(kit.client())._download(DOWNLOAD))
    assert body.closed


class Chunk(Model):
    text: str


EVENTS = Endpoint(
    "ai.generate",
    "POST",
    "/x",
    result=Json(Chunk),
    events=Events(Chunk, done="[DONE]", param="stream"),
)


def events(kit: Any, api: respx.MockRouter, media_type: str, *chunks: bytes) -> tuple[Any, Body]:
    body = Body(*chunks)
    headers = {"content-type": media_type}
    api.post("/x").mock(return_value=httpx.Response(200, stream=body, headers=headers))
    arguments = {"body": {"stream": True}}
    return kit.run(kit.resource(kit.client())._stream(EVENTS, **arguments)), body


def test_event_streams_are_typed(kit: Any, api: respx.MockRouter) -> None:
    """Each event is a model, up to the one that ends the stream."""
    stream, body = events(
        kit,
        api,
        "text/event-stream; charset=utf-8",
        b'data: {"text": "a"}\n\ndata: {"te',
        b'xt": "b"}\n\ndata: [DONE]\n\ndata: {"text": "never"}\n\n',
    )
    assert [chunk.text for chunk in kit.items(stream)] == ["a", "b"]
    assert body.closed
    request = api.calls.last.request
    assert request.headers["accept"] == "text/event-stream"


def test_json_lines_are_a_stream_too(kit: Any, api: respx.MockRouter) -> None:
    """A server that sends lines of JSON is read line by line."""
    stream, _ = events(kit, api, "application/x-ndjson", b'{"text": "a"}\n{"text": "b"}\n')
    assert [chunk.text for chunk in kit.items(stream)] == ["a", "b"]


@pytest.mark.parametrize("media_type", ["text/html", "application/json"])
def test_no_event_stream(kit: Any, api: respx.MockRouter, media_type: str) -> None:
    """Another kind of body is a typed error, and its connection is freed."""
    body = Body(b"<html>")
    headers = {"content-type": media_type}
    api.post("/x").mock(return_value=httpx.Response(200, stream=body, headers=headers))
    with pytest.raises(APIResponseValidationError, match="no event stream"):
        kit.run(kit.resource(kit.client())._stream(EVENTS, body={"stream": True}))
    assert body.closed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FIELDS = ("id", "role", "createdAt", "age", "address", "tags", "scores", "pets", "kind", "city")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_lenient_reading_never_raises(data: dict[str, Any]) -> None:
    """Whatever the JSON, there is a model with every field, and nothing received is lost."""
    found = construct(User, data)
    assert isinstance(found, User)
    for name, field in User.model_fields.items():
        assert hasattr(found, name)
        wire = field.alias or name
        if wire not in data and field.is_required():
            assert getattr(found, name) is None
    extras = {
        key for key in data if key not in {f.alias or n for n, f in User.model_fields.items()}
    }
    assert set(found.model_extra or {}) == extras


@given(JSON)
def test_every_json_value_has_a_kind(value: Any) -> None:
    """Any value is of exactly one kind, and a type that takes anything takes it."""
    assert json_kind(value) in {"object", "array", "string", "number", "boolean", "null"}
    assert kinds(Any) is None


def test_kinds_of_types() -> None:
    """A type's kinds are those of the JSON that it is read from."""
    assert kinds(User) == {"object"}
    assert kinds(list[User] | None) == {"array", "null"}
    assert kinds(Literal["a", 1]) == {"string", "number"}
    assert kinds(dict[str, int]) == kinds(Bag) == {"object"}
    assert kinds(datetime) is None


def test_models_read_a_date_time_without_a_zone_as_utc() -> None:
    """Whoever reads a model from JSON directly gets the same as through a call."""
    from datetime import UTC, datetime

    from unistack._core.models import Model

    class Stamped(Model):
        at: DateTime

    stamped = Stamped.model_validate_json('{"at": "2026-01-02T03:04:05"}')
    assert stamped.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

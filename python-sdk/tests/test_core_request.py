"""What goes onto the wire: URL, headers, bodies; the same straight and through an httpx client."""

from __future__ import annotations

import enum
import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, NotRequired
from urllib.parse import parse_qsl, unquote
from uuid import UUID

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from unistack._core.absent import omit
from unistack._core.alias import Alias, to_wire
from unistack._core.encoding import encode_header, encode_query, fill_path, instant, scalar
from unistack._core.endpoint import Body, Endpoint, Field, Json, Param
from unistack._core.link import next_link, parse_links
from unistack._core.models import DateTime, Model

GET = Endpoint("x.get", "GET", "/x", result=Json(Any))
AUTH = (("bearer",),)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


def test_absent_null_and_values(kit: Any, api: respx.MockRouter) -> None:
    """In a body omit sends nothing and None sends null; in a query neither sends anything."""
    endpoint = Endpoint("x", "PATCH", "/x", body=Body(), result=Json(Any))
    route = api.patch("/x").respond(200, json={})
    body = {"a": omit, "b": None, "c": 0, "d": "", "e": [], "f": {"g": omit, "h": None}}
    kit.call(kit.client(), endpoint, body=body, query={"a": omit, "b": None, "c": 0, "d": ""})
    request = route.calls.last.request
    assert json.loads(request.content) == {"b": None, "c": 0, "d": "", "e": [], "f": {"h": None}}
    assert request.url.query == b"c=0&d="


def test_json_is_utf8_without_spaces(kit: Any, api: respx.MockRouter) -> None:
    """Date-times go out in UTC, enums by value, models by their wire names."""

    class Item(Model):
        when: DateTime

    endpoint = Endpoint("x", "POST", "/x", body=Body(), result=Json(Any))
    route = api.post("/x").respond(200, json={})
    berlin = timezone(timedelta(hours=2))
    body = {
        "text": "grün",
        "when": datetime(2026, 1, 1, 2, tzinfo=berlin),
        "naive": datetime.fromisoformat("2026-01-01"),
        "day": date(2026, 1, 1),
        "colour": Colour.RED,
        "level": Level.HIGH,
        "id": UUID(int=1),
        "price": Decimal("1.50"),
        "item": Item(when=datetime(2026, 1, 1, tzinfo=UTC)),
        "set": (1, 2),
    }
    kit.call(kit.client(), endpoint, body=body)
    request = route.calls.last.request
    assert request.content.decode() == (
        '{"text":"grün","when":"2026-01-01T00:00:00Z","naive":"2026-01-01T00:00:00Z",'
        '"day":"2026-01-01","colour":"red","level":3,'
        '"id":"00000000-0000-0000-0000-000000000001","price":1.5,'
        '"item":{"when":"2026-01-01T00:00:00Z"},"set":[1,2]}'
    )
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.content))


def test_bodies_that_are_no_objects(kit: Any, api: respx.MockRouter) -> None:
    """Lists, scalars and null are bodies too."""
    endpoint = Endpoint("x", "POST", "/x", body=Body(), result=Json(Any))
    route = api.post("/x").respond(200, json={})
    for body, content in (
        ([1, {"a": omit}], b"[1,{}]"),
        ("s", b'"s"'),
        (None, b"null"),
        ({}, b"{}"),
    ):
        kit.call(kit.client(), endpoint, body=body)
        assert route.calls.last.request.content == content
    kit.call(kit.client(), endpoint)
    request = route.calls.last.request
    assert (request.content, request.headers["content-length"]) == (b"", "0")
    assert "content-type" not in request.headers
    optional = Endpoint("x", "POST", "/x", body=Body(required=False), result=Json(Any))
    kit.call(kit.client(), optional, body={"a": omit})
    assert route.calls.last.request.content == b""


def test_json_has_no_nan(kit: Any, api: respx.MockRouter) -> None:
    """A number that JSON does not have is the caller's mistake, said before anything is sent."""
    route = api.post("/x").respond(200, json={})
    endpoint = Endpoint("x", "POST", "/x", body=Body(), result=Json(Any))
    with pytest.raises(ValueError, match="JSON"):
        kit.call(kit.client(), endpoint, body={"a": float("nan")})
    assert not route.called


def test_other_kinds_of_bodies(kit: Any, api: respx.MockRouter, tmp_path: Any) -> None:
    """Forms, text, bytes and files have their own media types."""
    route = api.post("/x").respond(200, json={})
    client = kit.client()

    def sent(body: Body, value: Any) -> tuple[bytes, str]:
        kit.call(client, Endpoint("x", "POST", "/x", body=body, result=Json(Any)), body=value)
        request = route.calls.last.request
        assert int(request.headers["content-length"]) == len(request.content)
        assert "transfer-encoding" not in request.headers
        return request.content, request.headers["content-type"]

    form = Body("form", encodings=(Field("tags", explode=False),))
    assert sent(form, {"a": "b c", "tags": ["x", "y"], "n": None}) == (
        b"a=b%20c&tags=x,y",
        "application/x-www-form-urlencoded",
    )
    assert sent(Body("text"), "grün") == ("grün".encode(), "text/plain; charset=utf-8")
    assert sent(Body("binary"), b"\x00\xff") == (b"\x00\xff", "application/octet-stream")
    (tmp_path / "a.png").write_bytes(b"png" * 40_000)
    assert sent(Body("binary"), tmp_path / "a.png") == (b"png" * 40_000, "image/png")
    assert sent(Body("binary", "image/gif"), io.BytesIO(b"gif")) == (b"gif", "image/gif")
    content, media_type = sent(Body("multipart"), {"a": "b", "file": ("n.txt", b"x")})
    assert b'name="file"; filename="n.txt"' in content
    assert media_type.startswith("multipart/form-data; boundary=")


def test_a_streamed_body_is_sent_again(kit: Any, api: respx.MockRouter) -> None:
    """A retry sends the file from its start."""
    route = api.put("/x").mock(side_effect=[httpx.Response(503), httpx.Response(200, json={})])
    endpoint = Endpoint("x", "PUT", "/x", body=Body("binary"), result=Json(Any))
    kit.call(kit.client(), endpoint, body=io.BytesIO(b"content"))
    assert [call.request.content for call in route.calls] == [b"content", b"content"]


def test_per_call_options(kit: Any, api: respx.MockRouter) -> None:
    """extra_headers, extra_query, extra_body and timeout win over what the SDK would send."""
    endpoint = Endpoint("x", "POST", "/x", security=AUTH, body=Body(), result=Json(Any))
    route = api.post("/x").respond(200, json={})
    client = kit.client(default_headers={"X-A": "1", "X-B": "1"}, default_query={"lang": "de"})
    kit.call(
        client,
        endpoint,
        query={"q": 1},
        body={"a": 1},
        options={
            "extra_headers": {"x-a": "2", "X-B": None, "Accept": "text/csv", "X-C": omit},
            "extra_query": {"lang": "en", "more": [1, 2]},
            "extra_body": {"b": 2},
            "timeout": 1.5,
        },
    )
    request = route.calls.last.request
    assert request.headers["x-a"] == "2"
    assert request.headers["accept"] == "text/csv"
    assert "x-b" not in request.headers
    assert "x-c" not in request.headers
    assert request.url.query == b"lang=en&q=1&more=1&more=2"
    assert json.loads(request.content) == {"a": 1, "b": 2}
    assert set(request.extensions["timeout"].values()) == {1.5}
    kit.call(client, endpoint, options={"timeout": None, "extra_headers": {"Authorization": None}})
    request = route.calls.last.request
    assert set(request.extensions["timeout"].values()) == {None}
    assert "authorization" not in request.headers


def test_header_and_cookie_parameters(kit: Any, api: respx.MockRouter) -> None:
    """Values of any type are written in their style; a line break is refused."""
    endpoint = Endpoint(
        "x",
        "GET",
        "/x",
        headers=(Param("X-Json", "json"), Param("X-Object", "simple", True)),
        cookies=(Param("list", "form", False),),
        result=Json(Any),
    )
    route = api.get("/x").respond(200, json={})
    headers = {
        "X-List": [1, "a"],
        "X-Object": {"a": 1, "b": True},
        "X-Json": {"a": [1]},
        "X-When": datetime(2026, 1, 1, tzinfo=UTC),
        "X-None": None,
        "X-Omit": omit,
    }
    kit.call(kit.client(), endpoint, headers=headers, cookies={"a": "b;c", "list": [1, 2]})
    sent = route.calls.last.request.headers
    assert sent["x-list"] == "1,a"
    assert sent["x-object"] == "a=1,b=true"
    assert sent["x-json"] == '{"a":[1]}'
    assert sent["x-when"] == "2026-01-01T00:00:00Z"
    assert "x-none" not in sent
    assert "x-omit" not in sent
    assert sent["cookie"] == "a=b%3Bc; list=1,2"
    with pytest.raises(ValueError, match="line break"):
        kit.call(kit.client(), endpoint, headers={"X-List": "a\r\nX-Evil: 1"})


def test_both_ways_send_the_same(one_kit: Any, api: respx.MockRouter) -> None:
    """Straight or through an httpx client, sync or async, the server sees the same request."""
    endpoint = Endpoint(
        "x",
        "POST",
        "/x/{id}",
        security=AUTH,
        body=Body(),
        idempotency="Idempotency-Key",
        result=Json(Any),
    )
    route = api.post(url__regex=".*").mock(
        side_effect=lambda _: httpx.Response(200 if len(route.calls) % 2 else 503, json={})
    )
    seen = []
    for request in ("sync-direct", "sync-client", "async-direct", "async-client"):
        with one_kit(request) as kit:
            kit.call(
                kit.client(),
                endpoint,
                path=("a/b",),
                query={"q": ["a b", "c,d"]},
                body={"a": "grün"},
                cookies={"theme": "dark"},
                options={"idempotency_key": "k"},
            )
        for call in list(route.calls)[-2:]:
            headers = dict(call.request.headers.multi_items())
            seen.append((str(call.request.url), headers, call.request.content))
    assert len(seen) == 8
    assert seen[0] == seen[2] == seen[4] == seen[6]
    assert seen[1] == seen[3] == seen[5] == seen[7]
    assert seen[1][1]["x-retry-count"] == "1"


def test_paths(kit: Any, api: respx.MockRouter) -> None:
    """A value with slashes or dots stays one segment of the path."""
    endpoint = Endpoint("x", "GET", "/users/{user_id}/keys/{key}", result=Json(Any))
    route = api.get(url__regex=".*").respond(200, json={})
    for value, segment in (
        ("a/b", b"a%2Fb"),
        ("..", b"%2E%2E"),
        (".", b"%2E"),
        ("../../admin", b"..%2F..%2Fadmin"),
        ("a?b#c", b"a%3Fb%23c"),
        ("%2F", b"%252F"),
        (7, b"7"),
    ):
        kit.call(kit.client(), endpoint, path=(value, "k"))
        assert route.calls.last.request.url.raw_path == b"/v1/users/" + segment + b"/keys/k"
    for bad in ("", None, omit, []):
        with pytest.raises(ValueError, match="non-empty value for `user_id`"):
            kit.call(kit.client(), endpoint, path=(bad, "k"))
    with pytest.raises(TypeError, match="2 path values"):
        kit.call(kit.client(), endpoint, path=("a",))


def test_bound_path_values(kit: Any, api: respx.MockRouter) -> None:
    """A resource's bound values fill their places, wherever they stand."""
    endpoint = Endpoint("x", "GET", "/{a}/x/{b}/{c}", result=Json(Any))
    route = api.get(url__regex=".*").respond(200, json={})
    resource = kit.resource(kit.client(), (("b", "bound/"),))
    kit.run(resource._call(endpoint, path=("1", "3")))
    assert route.calls.last.request.url.raw_path == b"/v1/1/x/bound%2F/3"
    raw = kit.run(resource._raw()._call(endpoint, path=("1", "3")))
    assert raw.status_code == 200


def test_an_operations_own_server(kit: Any, api: respx.MockRouter) -> None:
    """It is called there with its credentials, unless the client was pointed at another host."""
    endpoint = Endpoint(
        "x", "GET", "/y", security=AUTH, base_url="https://files.test/v2/", result=Json(Any)
    )
    elsewhere = Endpoint("x", "GET", "https://files.test/z", security=AUTH, result=Json(Any))
    with respx.mock() as everywhere:
        route = everywhere.get("https://files.test/v2/y").respond(200, json={})
        kit.call(kit.client(), endpoint)
        assert route.calls.last.request.headers["authorization"]
        kit.call(kit.client(base_url="https://staging.test/v1"), endpoint)
        assert "authorization" not in route.calls.last.request.headers
        undocumented = everywhere.get("https://files.test/z").respond(200, json={})
        kit.call(kit.client(), elsewhere)
        assert "authorization" not in undocumented.calls.last.request.headers


def test_the_user_agent(kit: Any, api: respx.MockRouter) -> None:
    """SDK and Python are named, unless the program names itself."""
    route = api.get("/x").respond(200, json={})
    kit.call(kit.client(), GET)
    assert route.calls.last.request.headers["user-agent"].startswith("api/1.2.3 python/3.")
    kit.call(kit.client(default_headers={"user-agent": "mine"}), GET)
    assert route.calls.last.request.headers.get_list("user-agent") == ["mine"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(TEXT, SCALARS), max_size=6, unique_by=lambda pair: pair[0]))
def test_queries_can_be_read_back(pairs: list[tuple[str, Any]]) -> None:
    """Decoding the query gives the texts that went in, whatever they hold."""
    query = encode_query(dict(pairs), {})
    assert query.isascii()
    expected = [(name, scalar(value)) for name, value in pairs]
    assert parse_qsl(query, keep_blank_values=True) == expected
    assert httpx.URL(f"https://x/?{query}").query.decode() == query


@given(st.lists(TEXT, min_size=1, max_size=5), st.sampled_from(["form", "pipeDelimited"]))
def test_lists_can_be_read_back(items: list[str], style: Any) -> None:
    """A separator within an item is encoded, so splitting gives the items."""
    for explode in (True, False):
        query = encode_query({"a": items}, {"a": Param("a", style, explode)})
        if explode:
            assert [value for _, value in parse_qsl(query, True)] == items
        else:
            separator = "," if style == "form" else "%7C"
            parts = query.removeprefix("a=").split(separator)
            if style == "form":
                assert [unquote(part) for part in parts] == items
            else:
                assert unquote(query.removeprefix("a=")) == "|".join(items)


@given(TEXT.filter(bool), TEXT.filter(bool))
def test_paths_keep_their_shape(first: str, second: str) -> None:
    """No value adds a segment, removes one, or starts a query; and each can be read back."""
    path = fill_path(["/a/", "x", "/b/", "y", ""], [first, second], {})
    assert path.count("/") == 4
    url = httpx.URL(f"https://h{path}")
    assert url.raw_path.decode() == path
    segments = path.split("/")
    assert (unquote(segments[2]), unquote(segments[4])) == (first, second)


MOMENTS = st.datetimes(
    datetime.fromisoformat("1900-01-01"),
    datetime.fromisoformat("2100-01-01"),
    timezones=st.timezones(),
)


@given(MOMENTS)
def test_instants_are_in_utc(when: datetime) -> None:
    """A date-time is written in UTC with a Z, and means the same moment."""
    text = instant(when)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text).timestamp() == when.timestamp()


@given(TEXT)
def test_headers_hold_one_line(text: str) -> None:
    """A header's value either has no line break or is refused."""
    try:
        assert not {"\r", "\n", "\0"} & set(encode_header("X", text))
    except ValueError:
        assert {"\r", "\n", "\0"} & set(text)


def test_what_is_no_parameter() -> None:
    """Objects without a text are refused by type, numbers without a JSON by value."""
    with pytest.raises(TypeError, match="object"):
        scalar(object())
    with pytest.raises(ValueError, match="inf"):
        scalar(float("inf"))
    assert scalar(Decimal("1E+2")) == "100"
    assert scalar(1e20) == "1e+20"
    assert scalar(2.0) == "2"
    assert scalar(Colour.RED) == "red"
    assert scalar(Level.HIGH) == "3"
    assert scalar(timedelta(seconds=1.5)) == "1.5"
    assert scalar(b"bytes") == "bytes"


class Inner(TypedDict, total=False):
    post_code: Annotated[str, Alias("postCode")]


class Other(TypedDict, total=False):
    kind_of: Annotated[str, Alias("kindOf")]


class Outer(TypedDict):
    full_name: Annotated[str, Alias("fullName")]
    inner: NotRequired[Inner | Other | None]
    many: NotRequired[list[Inner]]
    by_name: NotRequired[Annotated[dict[str, Inner], Alias("byName")]]
    plain: NotRequired[Any]


def test_nested_aliases() -> None:
    """Keys of nested TypedDicts get their wire names; other keys and other types are left."""
    value = {
        "full_name": "Ada",
        "inner": {"post_code": "1"},
        "many": [{"post_code": "2", "other": 3}, {"post_code": omit}],
        "by_name": {"post_code": {"post_code": "4"}},
        "plain": {"post_code": "5"},
    }
    assert to_wire(value, Outer) == {
        "fullName": "Ada",
        "inner": {"postCode": "1"},
        "many": [{"postCode": "2", "other": 3}, {}],
        "byName": {"post_code": {"postCode": "4"}},
        "plain": {"post_code": "5"},
    }
    assert to_wire({"inner": {"kind_of": "x"}}, Outer) == {"inner": {"kindOf": "x"}}
    assert to_wire({"fullName": "x", "inner": None}, Outer) == {"fullName": "x", "inner": None}
    assert to_wire([{"post_code": "1"}], list[Inner]) == [{"postCode": "1"}]
    assert value["inner"] == {"post_code": "1"}


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz-*", min_size=1, max_size=8).filter(
    lambda name: name not in ("rel", "anchor")
)
TARGET = st.text("ab/?&=%,;\" '()#:.", max_size=20)
QUOTED = st.text('ab \t,;<>"\\=é', max_size=12)


@st.composite
def links(draw: Any) -> tuple[str, list[tuple[str, bool]]]:
    """A Link field of any shape, and each link's target and whether it is the next page's."""
    fields, facts = [], []
    for _ in range(draw(st.integers(0, 4))):
        target = draw(TARGET)
        text = f"<{target}>"
        following = draw(st.booleans())
        params: list[str] = []
        for name, value in draw(st.lists(st.tuples(TOKEN, QUOTED), max_size=3)):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            params.append(f'{name}="{escaped}"')
        rel = (
            draw(st.sampled_from(['"next"', "next", '"last next"', "NEXT"]))
            if following
            else "prev"
        )
        params.insert(draw(st.integers(0, len(params))), f"rel={rel}")
        blank = draw(st.sampled_from(["", " ", "\t"]))
        fields.append(text + "".join(f"{blank};{blank}{param}" for param in params))
        facts.append((target, following))
    return draw(st.sampled_from([", ", ",", " , ,"])).join(fields), facts


@given(links())
def test_links_of_any_shape(case: tuple[str, list[tuple[str, bool]]]) -> None:
    """Every link is found, in order, with its relation, whatever its other parameters hold."""
    line, facts = case
    found = parse_links([line])
    assert [(link.target, "next" in link.relations) for link in found] == facts


@given(st.text(max_size=80))
def test_no_link_field_raises(line: str) -> None:
    """Rubbish has no links, and takes no time that grows without bound."""
    assert isinstance(parse_links([line]), list)
    next_link([line], "https://h/")

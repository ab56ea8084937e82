"""Bodies and responses of every kind, sent and read: the golden document ``media`` executed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

SOURCE = (Path(__file__).parent / "golden" / "media.yaml").read_bytes()


@pytest.fixture
def sdk(package: Callable[..., Any]) -> Any:
    """The package of the document."""
    return package(SOURCE)


def part(sdk: Any, name: str) -> tuple[dict[str, str], str]:
    """Headers and content of a part of the last request's multipart body."""
    boundary = sdk.sent.headers["content-type"].partition("boundary=")[2]
    for piece in sdk.sent.content.decode().split(f"--{boundary}"):
        head, _, body = piece.strip("\r\n").partition("\r\n\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines() if ": " in line)
        if f'name="{name}"' in headers.get("content-disposition", ""):
            return headers, body
    raise AssertionError(f"no part {name}")


def test_a_multipart_body_has_a_part_for_each_property(sdk: Any) -> None:
    """Files with name and type, lists by their style, objects as JSON."""
    client = sdk.client({"title": "t"})
    file = ("a.png", b"png", "image/png")
    assert client.files.upload(file=file, labels=["a", "b"], meta={"title": "x"}).title == "t"
    headers, body = part(sdk, "file")
    assert (headers["content-type"], body) == ("image/png", "png")
    assert 'filename="a.png"' in headers["content-disposition"]
    assert part(sdk, "labels")[1] == "a,b"
    headers, body = part(sdk, "meta")
    assert (headers["content-type"], body) == ("application/json", '{"title":"x"}')


def test_a_part_with_several_media_types_takes_the_files_own(sdk: Any) -> None:
    """By the file's name; the first that is allowed where the name says nothing."""
    client = sdk.client({})
    client.files.upload(file=("photo.jpg", b"jpeg"))
    assert part(sdk, "file")[0]["content-type"] == "image/jpeg"
    client.files.upload(file=b"bytes")
    assert part(sdk, "file")[0]["content-type"] == "image/png"


def test_bytes_go_up_and_come_down(sdk: Any, tmp_path: Path) -> None:
    """From a path, and into one; with the declared media types."""
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    sdk.client(httpx.Response(204)).files.replace("1", body=tmp_path / "a.bin")
    assert sdk.sent.content == b"\x00\x01"
    assert sdk.sent.headers["content-type"] == "application/octet-stream"
    answer = httpx.Response(200, content=b"png", headers={"content-type": "image/png"})
    with sdk.client(answer).files.download("1") as download:
        assert download.read() == b"png"
    assert sdk.sent.headers["accept"] == "image/png"


def test_forms_repeat_lists(sdk: Any) -> None:
    """And a success by range is a success: its text is handed out."""
    answer = httpx.Response(202, text="token", headers={"content-type": "text/plain"})
    assert sdk.client(answer).session.start(user="a b", roles=["x", "y"]) == "token"
    assert sdk.sent.content == b"user=a%20b&roles=x&roles=y"
    assert sdk.sent.headers["content-type"] == "application/x-www-form-urlencoded"


def test_text_keeps_its_media_type_and_default_is_the_result(sdk: Any) -> None:
    """An operation that declares no status but ``default`` returns what that holds."""
    assert sdk.client({"title": "t"}).notes.write(body="# ü").title == "t"
    assert sdk.sent.content == "# ü".encode()
    assert sdk.sent.headers["content-type"] == "text/markdown"


def test_json_is_chosen_among_many_media_types(sdk: Any) -> None:
    """For what is sent and for what is accepted, under the name that the document gives it."""
    assert sdk.client({"title": "t"}).many.send(title="x").title == "t"
    assert sdk.sent.headers["content-type"] == "application/vnd.demo+json"
    assert sdk.body == {"title": "x"}
    assert "application/json" in sdk.sent.headers["accept"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, "NotFoundError"), (418, "APIStatusError"), (503, "InternalServerError")],
)
def test_errors_by_range_and_by_default(sdk: Any, status: int, error: str) -> None:
    """The class follows the status, whether it is declared by range, by default or not at all."""
    answer = httpx.Response(
        status,
        json={"title": "no", "code": "C"},
        headers={"content-type": "application/problem+json"},
    )
    client = sdk.client(answer, max_retries=0)
    with pytest.raises(getattr(sdk.module(), error)) as caught:
        client.files.upload(file=b"x")
    assert (caught.value.status_code, caught.value.code, caught.value.message) == (
        status,
        "C",
        "no",
    )


def test_streams_of_lines_and_of_events(sdk: Any) -> None:
    """Typed, in both clients; blank lines are no values."""
    lines = httpx.Response(
        200,
        content=b'{"title": "a"}\n\n{"title": "b"}\n',
        headers={"content-type": "application/x-ndjson"},
    )
    with sdk.client(lines).log.follow() as stream:
        assert [item.title for item in stream] == ["a", "b"]
    events = httpx.Response(
        200,
        content=b'event: x\ndata: {"title":\ndata: "a"}\n\n: hello\n\ndata: {"title": "b"}\n\n',
        headers={"content-type": "text/event-stream"},
    )

    async def read() -> list[str]:
        async with await sdk.async_client(events).events.follow() as stream:
            return [item.title async for item in stream]

    assert asyncio.run(read()) == ["a", "b"]
    assert sdk.sent.headers["accept"] == "text/event-stream"

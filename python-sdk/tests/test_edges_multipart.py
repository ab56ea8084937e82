"""Uploads: every form of a file, streamed, repeated for a retry, read by somebody else's parser."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from unistack._core.absent import omit
from unistack._core.endpoint import Field
from unistack._core.files import CHUNK_BYTES, is_file, upload
from unistack._core.multipart import encode_multipart

DATA = bytes(range(256)) * 3
BIG = os.urandom(CHUNK_BYTES * 2 + 17)


def sent(value: Any, *encodings: Field) -> tuple[bytes, str]:
    """The body's bytes and its media type; the announced length is checked on the way."""
    encoded = encode_multipart(value, encodings)
    body = b"".join(encoded.content())
    assert encoded.length in (None, len(body))
    assert body == b"".join(encoded.content())
    assert encoded.media_type is not None
    return body, encoded.media_type


def parsed(value: Any, *encodings: Field) -> list[tuple[str, Any]]:
    """What starlette's parser makes of the body: text, or (filename, media type, content)."""
    body, media_type = sent(value, *encodings)

    async def stream() -> Any:
        yield body

    async def parse() -> list[tuple[str, Any]]:
        parser = MultiPartParser(Headers({"content-type": media_type}), stream())
        fields: list[tuple[str, Any]] = []
        async with _closing(await parser.parse()) as form:
            for name, item in form.multi_items():
                if isinstance(item, UploadFile):
                    content = await item.read()
                    fields.append((name, (item.filename, item.content_type, content)))
                else:
                    fields.append((name, item))
        return fields

    return anyio.run(parse)


class _closing:
    def __init__(self, form: Any) -> None:
        self.form = form

    async def __aenter__(self) -> Any:
        return self.form

    async def __aexit__(self, *args: object) -> None:
        await self.form.close()


class Pipe(io.RawIOBase):
    """A source that can be read once and has no length."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._left.read(size)

    def seekable(self) -> bool:
        return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "report.pdf"
    file.write_bytes(DATA)
    return file


def test_edges_upload_takes_every_form(path: Path) -> None:
    """A path, bytes, a file object and tuples of them arrive with name, type and content."""
    octets = "application/octet-stream"
    with path.open("rb") as file:
        forms: list[tuple[Any, tuple[str, str, bytes]]] = [
            (path, ("report.pdf", "application/pdf", DATA)),
            (DATA, ("upload", octets, DATA)),
            (bytearray(DATA), ("upload", octets, DATA)),
            (file, ("report.pdf", "application/pdf", DATA)),
            (io.BytesIO(DATA), ("upload", octets, DATA)),
            (("a.png", DATA), ("a.png", "image/png", DATA)),
            (("a.png", path), ("a.png", "image/png", DATA)),
            ((None, path), ("report.pdf", "application/pdf", DATA)),
            (("a.bin", DATA, "text/csv"), ("a.bin", "text/csv", DATA)),
            (("a.txt", DATA, None), ("a.txt", "text/plain", DATA)),
            (["a.txt", DATA, "text/csv"], ("a.txt", "text/csv", DATA)),
            (b"", ("upload", octets, b"")),
        ]
        for given_, expected in forms:
            assert parsed({"file": given_}) == [("file", expected)]


def test_edges_upload_of_many_files_is_many_parts(path: Path) -> None:
    """A list of files is one part each, under the same name."""
    fields = parsed({"files": [path, ("b", b"2"), b"3"]})
    assert [(name, item[0], item[2]) for name, item in fields] == [
        ("files", "report.pdf", DATA),
        ("files", "b", b"2"),
        ("files", "upload", b"3"),
    ]


def test_edges_upload_of_text_is_a_type_error() -> None:
    """Text may be a path or content, so it is neither; other things are no files."""
    for value in ("report.pdf", 5, object()):
        with pytest.raises(TypeError, match="Expected a file"):
            upload(value)
    with pytest.raises(TypeError, match="binary mode"):
        upload(io.StringIO("text"))
    assert not is_file("text")
    assert not is_file(["a", "b"])
    assert not is_file([b"1", b"2"])
    assert not is_file(["a", b"1", 5])


def test_edges_upload_of_a_missing_path_says_so(tmp_path: Path) -> None:
    """A path without a file fails before anything is sent."""
    with pytest.raises(FileNotFoundError):
        encode_multipart({"file": tmp_path / "none"})


def test_edges_upload_starts_where_the_file_stands() -> None:
    """A file object is sent from its position, again and again."""
    file = io.BytesIO(b"skipped" + DATA)
    file.seek(7)
    encoded = encode_multipart({"file": file})
    first, second = b"".join(encoded.content()), b"".join(encoded.content())
    assert first == second
    assert DATA in first
    assert b"skipped" not in first
    assert encoded.length == len(first)


def test_edges_upload_of_a_pipe_has_no_length_and_one_attempt() -> None:
    """What cannot be read again is sent once, chunked, and says why it cannot be repeated."""
    encoded = encode_multipart({"file": ("log.txt", Pipe(DATA))})
    assert encoded.length is None
    assert not encoded.repeatable
    assert encode_multipart({"file": DATA}).repeatable
    assert DATA in b"".join(encoded.content())
    with pytest.raises(ValueError, match=r"log\.txt cannot be sent again"):
        b"".join(encoded.content())


def test_edges_upload_that_shrinks_is_an_error(path: Path) -> None:
    """A file that became shorter would leave the server waiting; one that grew is cut."""
    encoded = encode_multipart({"file": path})
    path.write_bytes(DATA + b"more")
    body = b"".join(encoded.content())
    assert b"more" not in body
    assert len(body) == encoded.length
    path.write_bytes(DATA[:-5])
    with pytest.raises(ValueError, match="5 bytes shorter"):
        b"".join(encoded.content())


def test_edges_upload_refuses_readers_of_other_things() -> None:
    """A reader that gives no bytes is found out."""

    class Wrong:
        def read(self, size: int) -> str:
            return "text"

    with pytest.raises(TypeError, match="not str"):
        b"".join(encode_multipart({"file": ("x", Wrong())}).content())


def test_edges_upload_is_streamed(path: Path) -> None:
    """No chunk is larger than the limit, and the file is closed when the body is abandoned."""
    path.write_bytes(BIG)
    stream = iter(encode_multipart({"file": path, "after": "x"}).content())
    sizes = [len(chunk) for chunk in stream]
    assert max(sizes) == CHUNK_BYTES
    assert sum(sizes) > len(BIG)
    abandoned = iter(encode_multipart({"file": path}).content())
    next(abandoned)
    next(abandoned)
    abandoned.close()  # type: ignore[attr-defined]


def test_edges_upload_in_async_reads_in_a_thread(path: Path) -> None:
    """The event loop is not blocked by a disk; the bytes are the same."""
    path.write_bytes(BIG)
    threads: set[int] = set()

    class Watched(io.RawIOBase):
        def __init__(self) -> None:
            self._left = io.BytesIO(BIG)

        def read(self, size: int = -1) -> bytes:
            threads.add(threading.get_ident())
            return self._left.read(size)

    async def read(value: Any) -> tuple[bytes, bytes]:
        encoded = encode_multipart({"file": value, "name": "x"})
        body = b"".join([chunk async for chunk in encoded.content()])
        return body, b"" if encoded.length is None else b"".join(encoded.content())

    for value in (path, BIG, io.BytesIO(BIG), ["n", BIG]):
        first, second = anyio.run(read, value)
        assert first == second
    body, _ = anyio.run(read, ("x", Watched()))
    assert BIG in body
    assert threading.get_ident() not in threads


def test_edges_multipart_fields_have_their_natural_form() -> None:
    """Scalars are text as in a query, objects are JSON, None and absent values are left out."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    value = {
        "text": "é\r\n☃",
        "number": 1.5,
        "flag": True,
        "when": moment,
        "none": None,
        "absent": omit,
        "tags": ["a", None, "b"],
        "object": {"a": [1, None], "b": "é"},
        "objects": [{"a": 1}, {"a": 2}],
    }
    assert parsed(value) == [
        ("text", "é\r\n☃"),
        ("number", "1.5"),
        ("flag", "true"),
        ("when", "2026-01-02T03:04:05Z"),
        ("tags", "a"),
        ("tags", "b"),
        ("object", '{"a":[1,null],"b":"é"}'),
        ("objects", '{"a":1}'),
        ("objects", '{"a":2}'),
    ]
    body, _ = sent(value)
    assert body.count(b"Content-Type: application/json") == 3


def test_edges_multipart_encodings_of_the_document_are_kept() -> None:
    """The document's encoding decides on media type, comma lists and brackets."""
    assert parsed({"a": [1, 2]}, Field("a", explode=False)) == [("a", "1,2")]
    assert parsed({"a": [1, 2]}, Field("a", "application/json")) == [("a", "[1,2]")]
    deep = parsed({"a": {"b": {"c": 1}, "d": [2, 3]}}, Field("a", style="deepObject"))
    assert deep == [("a[b][c]", "1"), ("a[d]", "2"), ("a[d]", "3")]
    body, _ = sent({"a": "x"}, Field("a", "text/csv"))
    assert b"Content-Type: text/csv\r\n\r\nx\r\n" in body
    with pytest.raises(ValueError, match="line break"):
        encode_multipart({"a": "x"}, [Field("a", "text/csv\r\nX: y")])


@pytest.mark.parametrize(
    ("name", "allowed", "expected"),
    [
        ("a.png", "application/octet-stream, image/png", "image/png"),
        ("a.png", "image/*", "image/png"),
        ("a.png", "*/*", "image/png"),
        ("a.exe", "image/png, image/jpeg", "image/png"),
        ("a.exe", "image/*", None),
        ("a.png", None, "image/png"),
    ],
)
def test_edges_multipart_media_type_is_one_of_the_allowed(
    name: str, allowed: str | None, expected: str | None
) -> None:
    """Of several allowed media types the file's own is taken, else the first."""
    ((_, item),) = parsed({"f": (name, b"x")}, Field("f", allowed))
    assert item[1] == (expected or upload((name, b"x")).media_type)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.dictionaries(NAMES, st.one_of(st.text(max_size=20), st.binary(max_size=50)), max_size=4))
def test_edges_multipart_any_names_and_content_arrive(value: dict[str, Any]) -> None:
    """Names and contents with quotes, line breaks and boundaries' look cannot break out."""
    escaped = {code: f"%{code:02X}" for code in (*range(32), 127, ord('"'), ord("\\"))}
    fields = parsed({k: (k, v) if isinstance(v, bytes) else v for k, v in value.items()})
    found = [(k, v if isinstance(v, str) else v[2]) for k, v in fields]
    assert found == [(k.translate(escaped), v) for k, v in value.items()]
    assert all(isinstance(item, str) or item[0] == name for name, item in fields)


def test_edges_multipart_boundaries_differ() -> None:
    """A boundary cannot be guessed from the body before."""
    assert sent({"a": "x"})[1] != sent({"a": "x"})[1]


def test_edges_multipart_body_is_an_object() -> None:
    """A body without field names is a type error."""
    with pytest.raises(TypeError, match="named fields"):
        encode_multipart([1])


def test_edges_multipart_stream_serves_both_kinds_of_transport(path: Path) -> None:
    """One stream is a sync and an async byte stream of httpx."""
    stream = encode_multipart({"file": path}).content()
    assert isinstance(stream, httpx.SyncByteStream)
    assert isinstance(stream, httpx.AsyncByteStream)


@pytest.fixture
def spooled() -> Iterator[Any]:
    with tempfile.SpooledTemporaryFile() as file:
        file.write(DATA)
        file.seek(0)
        yield file


def test_edges_upload_of_a_temporary_file(spooled: Any) -> None:
    """File objects whose name is no text get the default name."""
    assert parsed({"f": spooled}) == [("f", ("upload", "application/octet-stream", DATA))]

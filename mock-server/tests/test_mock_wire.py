"""What comes over the wire and is no good: floods, slow senders, text that is not HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from specloom_mock import MockServer
from specloom_mock.protocol import WireLimits

DOCUMENT = b"""
openapi: 3.1.0
info: {title: Small, version: '1'}
paths:
  /notes:
    get:
      responses:
        '200': {description: Notes., content: {application/json: {schema: {type: array, items: {type: string}}}}}
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {type: object}}}}
        '413': {description: Too large.}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A server with a small appetite."""
    limits = WireLimits(head_bytes=4096, header_lines=20)
    with MockServer(DOCUMENT, wire=limits, chaos_port=None) as found:
        yield found


@pytest.fixture(scope="module")
def hasty() -> Iterator[MockServer]:
    """A server that waits for nobody."""
    with MockServer(DOCUMENT, wire=WireLimits(pause=0.05), chaos_port=None) as found:
        yield found


def exchange(server: MockServer, *pieces: bytes) -> tuple[int, str, bytes]:
    """Status, error message and everything of the answer to some bytes, read to the end."""
    with socket.create_connection(("127.0.0.1", server.mock.addresses.port), timeout=30) as found:
        for piece in pieces:
            found.sendall(piece)
        answer = b""
        while chunk := found.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"], answer


def alive(server: MockServer) -> bool:
    return httpx.get(f"{server.url}/notes").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"x" * 5000 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(30)),
    ],
)
def test_a_flood_of_headers_is_431(server: MockServer, head: bytes) -> None:
    """One endless header, and too many small ones, are refused; the server goes on."""
    status, message, _ = exchange(server, b"GET /notes HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
    assert status == 431
    assert "header" in message
    assert alive(server)


def test_a_head_that_never_ends_is_refused_while_it_comes(server: MockServer) -> None:
    """The limit holds before the head is complete, so that nothing is kept of it."""
    pieces = [b"GET /notes HTTP/1.1\r\nX-Long: ", *[b"x" * 1000] * 1000]
    assert exchange(server, *pieces)[0] == 431


def test_a_long_target_is_refused(server: MockServer) -> None:
    """The request line counts too."""
    status, _, _ = exchange(server, b"GET /notes?" + b"q" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 431


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        (b"GET /notes HTTP/1.1\r\nHost", "headers"),
        (b'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"te', "body"),
    ],
)
def test_a_sender_that_stops_in_the_middle_is_408(
    hasty: MockServer, sent: bytes, part: str
) -> None:
    """An unfinished head or body does not hold a connection for ever."""
    status, message, _ = exchange(hasty, sent)
    assert (status, part in message) == (408, True)


def test_a_quiet_connection_is_not_slow(hasty: MockServer) -> None:
    """Between two requests a client may be silent; the limit is for requests that have begun."""
    with httpx.Client(base_url=hasty.url) as client:
        first = client.get("/notes")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{hasty.url}/notes", headers={"X-Mock-Fault": "stall"}, timeout=0.2)
        assert (first.status_code, client.get("/notes").status_code) == (200, 200)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET /notes HTTP/1.1\r\nBad Header\x00: 1\r\n\r\n",
        b"GET /n\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /notes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_is_400(server: MockServer, sent: bytes) -> None:
    """TLS, noise, wrong framing and raw bytes in the path are answered, without a traceback."""
    status, message, answer = exchange(server, sent)
    assert (status, message) == (400, "this is not HTTP/1.1")
    assert b"Traceback" not in answer


def test_bodies_that_are_not_what_they_say(server: MockServer) -> None:
    """Invalid UTF-8, half a document and a body beyond every limit are the document's errors."""
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        for body in (b'{"text": "\xff\xfe"}', b'{"text": ', b"\x00", b"[" * 100_000):
            assert client.post("/notes", content=body).status_code == 400, body[:20]
        huge = client.post("/notes", content=b'"' + b"x" * 20_000_000 + b'"')
        assert huge.status_code == 413
        assert alive(server)

"""`specloom verify` against servers that misbehave below HTTP: the report says so, and it ends."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from specloom.cli import main

DOCUMENT = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    get:
      operationId: listNotes
      responses:
        "200":
          description: All notes.
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Note'}}
  /notes/{id}:
    get:
      operationId: getNote
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: A note.
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
        "404": {description: No such note.}
  /tags:
    get:
      operationId: listTags
      responses:
        "200":
          description: All tags.
          content: {application/json: {schema: {type: array, items: {type: string}}}}
components:
  schemas:
    Note: {type: object, required: [id], properties: {id: {type: string}, text: {type: string}}}
"""
BOMB = gzip.compress(b" " * (12 * 1024 * 1024), 1)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def server(behave):
    """A raw server: `behave(connection, request)` for each connection, in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_ = []
    threads = []

    def serve(connection):
        with contextlib.suppress(OSError), connection:
            behave(connection, connection.recv(65536))

    def accept():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            open_.append(connection)
            thread = threading.Thread(target=serve, args=(connection,))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        for connection in open_:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


@pytest.fixture
def verify(tmp_path, capsys):
    """Run the command with short limits; gives exit code, report and what was printed."""
    document = tmp_path / "notes.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")

    def run(url, *arguments):
        file = tmp_path / "report.json"
        limits = ["--timeout", "30", "--max-time", "90"]
        code = main(
            ["verify", str(document), "--base-url", url, *limits, "--json", str(file), *arguments]
        )
        printed = capsys.readouterr()
        report = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return code, report, printed.out + printed.err

    return run


def hang(connection, request):
    """Never answers."""
    while connection.recv(65536):
        pass


def flood_body(connection, request):
    """Sends a body that does not end."""
    connection.sendall(HEAD + b"\r\n[")
    while True:
        connection.sendall(b'"x",' * 65536)


def flood_headers(connection, request):
    """Sends headers that do not end."""
    connection.sendall(HEAD)
    while True:
        connection.sendall(b"X-More: " + b"x" * 4000 + b"\r\n")


def reset(connection, request):
    """Breaks the connection off."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def garbage(connection, request):
    """Sends what is not HTTP."""
    connection.sendall(b"\x00\xffSSH-2.0-OpenSSH_9.6\r\n")


def half(connection, request):
    """Promises more than it sends."""
    connection.sendall(HEAD + b'Content-Length: 1000\r\n\r\n[{"id":')


def bad_chunks(connection, request):
    """Sends chunks without sizes."""
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nnot-a-size\r\n")


def bomb(connection, request):
    """Sends a small body that is a large one when decoded."""
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    connection.sendall(head + BOMB)


def not_gzip(connection, request):
    """Says that plain text is compressed."""
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain")


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (hang, "within 0.3"),
        (flood_body, "the body does not end"),
        (flood_headers, "not HTTP"),
        (reset, "connection broke"),
        (garbage, "not HTTP"),
        (half, "ends in the middle"),
        (bad_chunks, "not HTTP"),
        (bomb, "the body does not end"),
        (not_gzip, "cannot be decoded"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_server_below_http_ends_the_run(verify, behave, told):
    """A server that never answers in HTTP is given up: status 3, and the report says what it did."""
    with server(behave) as url:
        code, report, printed = verify(url, *(("--timeout", "0.3") if behave is hang else ()))
    assert code == 3
    assert told in report["aborted"]
    assert told in printed
    assert all(
        engine["state"] == "not run" for engine in report["engines"] if engine["name"] != "semantic"
    )


def test_nobody_listens(verify):
    """An address at which nobody listens is status 3, said at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, report, printed = verify(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert code == 3
    assert "cannot connect" in report["aborted"]
    assert "cannot connect" in printed
    assert report["requests"] == 1


@pytest.mark.parametrize("only", ["schemathesis", "prism"])
def test_nobody_listens_to_the_other_judges(verify, only):
    """A judge that runs alone does not take silence for conformance."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, report, _ = verify(f"http://127.0.0.1:{taken.getsockname()[1]}", "--only", only)
    assert code == 3
    assert "cannot connect" in report["aborted"]
    assert {engine["state"] for engine in report["engines"]} == {"not run"}


def responding(respond):
    """A server that answers properly, by path."""

    def behave(connection, request):
        path = request.split(b" ")[1].partition(b"?")[0].decode() if b" " in request else "/"
        status, media, body = respond(path)
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

    return behave


def test_another_servers_document(verify):
    """A server of another API is recognised: one finding, and not one for each operation."""
    with server(responding(lambda path: (404, "text/html", b"<h1>Not here</h1>"))) as url:
        code, report, printed = verify(url)
    assert code == 1
    (finding,) = [c for c in report["checks"] if c["outcome"] == "violated" and c["kind"] != ""][:1]
    assert finding["kind"] == "document.served"
    assert "is this the server's base URL" in printed
    assert report["requests"] < 5


def test_one_operation_that_breaks_off_is_a_violation(verify):
    """What answers is tested although one operation does not answer in HTTP."""

    def behave(connection, request):
        if request.startswith(b"GET /tags"):
            garbage(connection, request)
            return
        responding(lambda path: (200, "application/json", b'[{"id": "a"}]'))(connection, request)

    with server(behave) as url:
        code, report, _ = verify(url, "--only", "semantic")
    assert code == 1
    wrong = [c for c in report["checks"] if c["outcome"] == "violated"]
    conforming = {c["subject"]: c for c in report["checks"] if c["kind"] == "response.conforms"}
    assert conforming["GET /tags"]["outcome"] == "violated"
    assert "not HTTP" in conforming["GET /tags"]["findings"][0]["message"]
    assert conforming["GET /notes"]["outcome"] == "ok"
    assert wrong


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"id": ' * 5_000,
        b"\xff\xfe\x00",
        b'[{"id": "a"}, {"id": "a"}, 7, null]',
        b'"text"',
        b'[{"id": 1e400}]',
        b"[NaN]",
    ],
    ids=["nested", "objects", "binary", "mixed", "string", "infinite", "nan"],
)
def test_bodies_that_are_no_notes(verify, body):
    """Whatever stands in a body ends in a report, with status 1."""
    with server(responding(lambda path: (200, "application/json", body))) as url:
        code, report, _ = verify(url, "--only", "semantic")
    assert code == 1
    assert any(c["outcome"] == "violated" for c in report["checks"])


def test_time_is_bounded(verify):
    """When the time of the run is up it ends, and says that this is why."""
    with server(hang) as url:
        code, report, _ = verify(url, "--timeout", "60", "--max-time", "0.3")
    assert code == 3
    assert "the time is up" in report["aborted"] or "did not end within" in report["aborted"]


def test_redirects_are_not_followed(verify):
    """A redirect to another place is an undeclared answer, not a way to other servers."""
    asked = []

    def elsewhere(connection, request):
        asked.append(request)
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]")

    with server(elsewhere) as other:

        def behave(connection, request):
            place = f"HTTP/1.1 302 Found\r\nLocation: {other}/notes\r\nContent-Length: 0\r\n"
            connection.sendall(place.encode() + b"Connection: close\r\n\r\n")

        with server(behave) as url:
            code, _, _ = verify(url, "--only", "semantic")
    assert code == 1
    assert asked == []


def test_quota_that_stays_used_up_is_no_violation(verify):
    """What cannot be asked for lack of quota is untested; the refusal itself must be declared."""

    def behave(connection, request):
        fine = request.startswith(b"GET /tags")
        status, body = (200, b'["a"]') if fine else (429, b"{}")
        responding(lambda path: (status, "application/json", body))(connection, request)

    with server(behave) as url:
        code, report, _ = verify(url, "--only", "semantic")
    assert code == 1  # the document does not declare 429
    wrong = {(c["kind"], c["subject"]) for c in report["checks"] if c["outcome"] == "violated"}
    assert wrong == {("response.conforms", "GET /notes")}
    reasons = {c["reason"] for c in report["checks"]}
    assert any("429" in reason for reason in reasons)

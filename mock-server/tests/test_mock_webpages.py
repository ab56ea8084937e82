"""The console and the reference as files, and what the control interface tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import specloom_mock
from specloom_mock import MockServer, Options
from specloom_mock.browser import page_addresses
from specloom_mock.plugin import SessionServer
from specloom_mock.reference import served_document

STATIC = Path(specloom_mock.__file__).with_name("static")
PAGES = ["/__mock/", "/__mock/docs", "/docs", "/~other/docs", "/~other/__mock/"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_allow_nothing_but_their_own_files(
    mock_server_process: MockServer, path: str
) -> None:
    """A page's policy forbids inline code, other origins and framing."""
    answer = httpx.get(mock_server_process.url + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text)


@pytest.mark.parametrize("path", ["/__mock/", "/docs"])
def test_everything_that_a_page_names_is_there(mock_server_process: MockServer, path: str) -> None:
    """Each file is served with its type, and as unchanged the second time."""
    text = httpx.get(mock_server_process.url + path).text
    names = [name for name in re.findall(r'(?:src|href)="(/[^"]+)"', text) if "static" in name]
    assert len(names) >= 4
    for name in names:
        answer = httpx.get(mock_server_process.url + name)
        assert answer.status_code == 200, name
        tag = {"If-None-Match": answer.headers["etag"]}
        assert httpx.get(mock_server_process.url + name, headers=tag).status_code == 304


@pytest.mark.parametrize(
    "name", ["../app.py", "%2e%2e/app.py", "console", "swagger-ui/../../app.py", "nope.js", ""]
)
def test_only_the_pages_files_are_served(mock_server_process: MockServer, name: str) -> None:
    """A path that is not one of them is 404, wherever it leads."""
    address = mock_server_process.mock.addresses
    with httpx.Client() as client:
        request = client.build_request("GET", f"http://{address.host}:{address.port}/")
        request.url = request.url.copy_with(raw_path=f"/__mock/static/{name}".encode())
        assert client.send(request).status_code == 404


def test_the_console_is_found_without_its_slash(mock_server_process: MockServer) -> None:
    """/__mock leads to /__mock/, in a session too; other methods are refused."""
    url = mock_server_process.url
    assert httpx.get(f"{url}/__mock").headers["location"] == "/__mock/"
    assert httpx.get(f"{url}/~a/__mock").headers["location"] == "/~a/__mock/"
    assert httpx.post(f"{url}/__mock/").status_code == 405
    head = httpx.head(f"{url}/__mock/")
    assert (head.status_code, head.content) == (200, b"")


def test_a_document_keeps_its_own_docs(serve: Any, small: Any, answers: Any) -> None:
    """A path /docs of the document wins; the reference is under /__mock/docs then."""
    document = small({"/docs": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document)
    assert httpx.get(f"{server.url}/docs").headers["content-type"] == "application/json"
    assert "text/html" in httpx.get(f"{server.url}/__mock/docs").headers["content-type"]


def test_who_may_see_the_pages(serve: Any, small: Any, answers: Any) -> None:
    """Foreign names see no page; with a token a page is there without data; without admin none."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document, Options(admin_token="t0ken"))
    for path in ("/__mock/", "/docs"):
        assert httpx.get(server.url + path).status_code == 200
        evil = {"Origin": "https://evil.example"}
        assert httpx.get(server.url + path, headers=evil).status_code == 403
    for path in ("/__mock/openapi.json", "/__mock/changes", "/__mock/journal"):
        assert httpx.get(server.url + path).status_code == 401
    off = serve(document, Options(admin=False))
    for path, status in (("/__mock/", 403), ("/docs", 404), ("/__mock/static/look.css", 403)):
        assert httpx.get(off.url + path).status_code == status
    plain = serve(document)
    assert httpx.get(f"{plain.url}/docs", headers={"Host": "evil.example"}).status_code == 403


def test_the_pages_make_no_markup_of_text() -> None:
    """No script parses markup or code, so no text of a document or a request can become either."""
    sinks = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
        r"|createContextualFragment|DOMParser|javascript:"
    )
    scripts = list(STATIC.rglob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        assert not sinks.search(script.read_text(encoding="utf-8")), script.name


def test_the_pages_need_no_other_machine() -> None:
    """No file names an address elsewhere."""
    for file in STATIC.rglob("*.*"):
        for found in re.findall(r"https?://[^\s\"'`<)]+", file.read_text(encoding="utf-8")):
            assert found.startswith(("http://127.0.0.1", "http://www.w3.org/", "http://$")), file


def test_the_served_document_leads_to_the_mock(control: httpx.Client) -> None:
    """Every server is the session's address with the same base path, once."""
    document = control.get("/openapi.json").json()
    base = str(control.base_url).partition("/__mock")[0]
    assert [server["url"] for server in document["servers"]] == [f"{base}/v1"]
    assert document["openapi"].startswith("3.1")
    assert document["webhooks"]


def test_servers_of_paths_and_operations_are_replaced() -> None:
    """Variables take their defaults; servers below the root keep their base paths."""
    root = {
        "servers": [{"url": "https://{host}/{base}", "variables": {"base": {"default": "v2"}}}],
        "paths": {
            "/a": {
                "servers": [{"url": "https://files.example/up"}],
                "get": {"servers": [{"url": "/x/"}, {"url": "https://b.example/x"}]},
            },
            "/b": {"get": {}},
        },
    }
    shown = served_document(root, "http://127.0.0.1:1/~s", "Mock")
    assert shown["servers"] == [{"url": "http://127.0.0.1:1/~s/v2", "description": "Mock"}]
    assert shown["paths"]["/a"]["servers"][0]["url"] == "http://127.0.0.1:1/~s/up"
    urls = [server["url"] for server in shown["paths"]["/a"]["get"]["servers"]]
    assert urls == ["http://127.0.0.1:1/~s/x"]
    assert shown["paths"]["/b"] == {"get": {}}
    assert root["paths"]["/a"]["get"]["servers"][0] == {"url": "/x/"}  # type: ignore[index]


def test_rows_are_browsed(control: httpx.Client, client: httpx.Client) -> None:
    """Rows come in pages and by text; nested collections when they were looked at."""
    named = {
        found["name"]: found for found in control.get("/state/collections").json()["collections"]
    }
    assert named["users"] == {"name": "users", "count": 50, "id_field": "id"}
    page = control.get("/state/rows", params={"collection": "users", "offset": 48}).json()
    assert (page["total"], len(page["rows"])) == (50, 2)
    one = page["rows"][0]
    search = {"collection": "users", "search": one["email"].upper()}
    assert one in control.get("/state/rows", params=search).json()["rows"]
    assert control.get("/state/rows", params={"collection": "nope"}).status_code == 404
    assert control.get("/state/rows").status_code == 400
    client.get("/projects/proj_000001/files")
    names = [found["name"] for found in control.get("/state/collections").json()["collections"]]
    assert names[-1] == "projects/proj_000001/files"
    assert control.get("/state/rows", params={"collection": names[-1]}).status_code == 200


def test_operations_and_events_are_told(control: httpx.Client, client: httpx.Client) -> None:
    """What a fault can be for, what can be sent, and where to."""
    operations = {found["id"]: found for found in control.get("/operations").json()["operations"]}
    assert operations["users.list"]["method"] == "GET"
    assert "429" in operations["users.list"]["statuses"]
    told = control.get("/webhooks").json()
    assert "user.created" in told["events"]
    assert {"id", "url", "active"} == set(told["endpoints"][0])


def test_a_request_is_replayed(control: httpx.Client, client: httpx.Client) -> None:
    """The same request happens once more: the state changes again, and a new entry tells of it."""
    control.post("/reset", json={"rows": 0})
    body = {"name": "Ada", "email": "ada@example.com"}
    assert client.post("/users?x=%20", json=body).status_code == 201
    first = control.get("/journal").json()["entries"][0]
    again = control.post("/journal/1/replay")
    assert again.status_code == 200
    entry = again.json()
    assert entry["seq"] == 2
    assert entry["response"]["status"] == 409
    same = ("method", "path", "query", "headers", "body", "port", "operation")
    assert {name: entry[name] for name in same} == {name: first[name] for name in same}
    assert control.get("/journal").json()["entries"][1] == entry
    assert control.post("/journal/9/replay").status_code == 404
    assert control.post("/journal/x/replay").status_code == 400


@pytest.mark.parametrize(
    ("fault", "status", "complete"),
    [
        ({"kind": "status", "params": {"status": 503}}, 503, True),
        ({"kind": "close"}, None, False),
        ({"kind": "reset", "params": {"bytes": 40}}, 200, False),
        ({"kind": "stall"}, None, False),
        ({"kind": "lose_response"}, None, False),
        ({"kind": "html"}, 200, True),
        ({"kind": "truncate", "params": {"bytes": 5}}, 200, False),
        ({"kind": "slow_body", "params": {"seconds": 0.01}}, 200, True),
    ],
)
def test_replays_take_faults(
    control: httpx.Client,
    mock_server: SessionServer,
    fault: dict[str, Any],
    status: int,
    complete: bool,
) -> None:
    """Whatever happens to a connection happens to a replay's, and the journal says so."""
    control.post("/reset")
    assert mock_server.chaos_url is not None
    httpx.get(f"{mock_server.chaos_url}/users", headers=mock_server.auth)
    control.post("/faults", json={"faults": [fault]})
    entry = control.post("/journal/1/replay").json()
    assert entry["port"] == "chaos"
    assert entry["faults"] == ["fault_1"]
    assert (entry["response"]["status"], entry["response"]["complete"]) == (status, complete)


def heard(lines: Any) -> set[str]:
    """The sections of the next event."""
    line = next(line for line in lines if line.startswith("data: "))
    return set(json.loads(line[6:])["changed"])


CHANGES: list[tuple[str, Callable[[httpx.Client, httpx.Client], Any], str]] = [
    ("request", lambda control, client: client.get("/users"), "journal"),
    ("row", lambda control, client: client.delete("/users/user_000001"), "state"),
    ("time", lambda control, client: control.post("/clock", json={"advance": 1}), "clock"),
    (
        "fault",
        lambda control, client: control.post("/faults", json={"faults": [{"kind": "close"}]}),
        "faults",
    ),
    ("limits", lambda control, client: control.patch("/limits", json={"enabled": False}), "limits"),
    (
        "webhook",
        lambda control, client: control.post("/webhooks/send", json={"event": "ping"}),
        "webhooks",
    ),
    (
        "snapshot",
        lambda control, client: control.post("/snapshots", json={"name": "a"}),
        "sessions",
    ),
]


@pytest.mark.parametrize(("name", "change", "section"), CHANGES, ids=[c[0] for c in CHANGES])
def test_changes_are_heard(
    control: httpx.Client, client: httpx.Client, name: str, change: Any, section: str
) -> None:
    """The first event names every section, the next one what has changed since."""
    with control.stream("GET", "/changes", timeout=30) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        everything = heard(lines)
        assert {"info", "journal", "state", "clock", "faults", "limits", "webhooks"} < everything
        change(control, client)
        changed: set[str] = set()
        while section not in changed:
            changed = heard(lines)
        assert "info" not in changed


def test_a_listener_does_not_hold_the_server_up(serve: Any, small: Any, answers: Any) -> None:
    """When the server stops, the stream of changes ends in order."""
    server = serve(small({"/a": {"get": {"responses": answers({"type": "object"})}}}))
    with httpx.stream("GET", f"{server.url}/__mock/changes", timeout=30) as stream:
        lines = stream.iter_lines()
        heard(lines)
        server.stop()
        assert not [line for line in lines if line.startswith("data: ")]


def test_the_pages_addresses_are_told(serve: Any, small: Any, answers: Any) -> None:
    """As the command line prints them: the reference gives way to a path of the document."""
    get = {"get": {"responses": answers({"type": "object"})}}
    server = serve(small({"/a": get}))
    assert page_addresses(server.mock) == {
        "console": f"{server.url}/__mock/",
        "docs": f"{server.url}/docs",
    }
    taken = serve(small({"/docs": get}))
    assert page_addresses(taken.mock)["docs"] == f"{taken.url}/__mock/docs"
    off = serve(small({"/a": get}), Options(admin=False))
    assert page_addresses(off.mock) == {"console": None, "docs": None}


def test_a_document_with_huge_integers_is_told(small: Any, answers: Any) -> None:
    """Limits beyond 64 bits, which some documents have, are sent as they are."""
    schema = {"type": "integer", "maximum": 2**64}
    document = json.dumps(small({"/a": {"get": {"responses": answers(schema)}}})).encode()
    with MockServer(document) as server:
        shown = httpx.get(f"{server.url}/__mock/openapi.json").json()
    answer = shown["paths"]["/a"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["maximum"] == 2**64

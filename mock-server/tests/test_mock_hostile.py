"""Everything the chaos port can do to a client: lists, latency, Retry-After, profiles."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.clock import format_http_date
from specloom_mock.kinds import KINDS
from specloom_mock.plugin import SessionServer
from specloom_mock.profiles import PROFILES
from specloom_mock.retry_after import FORMS


def fault(text: str) -> dict[str, str]:
    return {"X-Mock-Fault": text}


@pytest.fixture
def chaos(mock_server: SessionServer) -> Any:
    """A client of the port that may break the document."""
    with httpx.Client(
        base_url=mock_server.chaos_url or "", headers=mock_server.auth, timeout=10
    ) as found:
        yield found


def ids(answer: httpx.Response) -> list[str]:
    return [row["id"] for row in answer.json()["data"]]


def raw(server: SessionServer, path: str, forced: str) -> bytes:
    """Everything that the chaos port sends for a GET, to the end of the connection."""
    url = httpx.URL(f"{server.chaos_url}{path}")
    lines = [f"GET {url.raw_path.decode()} HTTP/1.1", "Host: x", f"X-Mock-Fault: {forced}"]
    lines += [f"{name}: {value}" for name, value in server.auth.items()]
    with socket.create_connection((url.host, url.port or 80), timeout=30) as found:
        found.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while chunk := found.recv(65536):
            received += chunk
    return received


# --- bodies and lengths --------------------------------------------------------------------------


def test_a_short_body_keeps_its_length_header(mock_server: SessionServer) -> None:
    """`truncate` declares the whole body, sends a part of it, and closes."""
    head, _, body = raw(mock_server, "/users", "truncate;bytes=20").partition(b"\r\n\r\n")
    declared = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(body) == 20 < declared


def test_a_wrong_length_is_declared_over_the_whole_body(mock_server: SessionServer) -> None:
    """`wrong_length` sends more than it says, so a client that trusts it reads half a document."""
    head, _, body = raw(mock_server, "/users", "wrong-length;bytes=10").partition(b"\r\n\r\n")
    assert b"Content-Length: 10\r\n" in head
    assert body.startswith(b"{")
    assert body.endswith(b"}")


def test_a_wrong_length_breaks_what_a_client_reads(chaos: httpx.Client) -> None:
    """The body that arrives is cut where the header said, and is no JSON."""
    answer = chaos.get("/users", headers=fault("wrong-length;bytes=10"))
    assert len(answer.content) == 10


def test_a_reset_inside_the_body(chaos: httpx.Client) -> None:
    """`reset` with bytes sends so much of the genuine answer first."""
    with pytest.raises(httpx.TransportError):
        chaos.get("/users", headers=fault("reset;bytes=300"))


# --- lists ---------------------------------------------------------------------------------------


def test_rows_shift_between_pages(chaos: httpx.Client) -> None:
    """The second page begins with the end of the first, or leaves rows out."""
    whole = [ids(chaos.get(f"/users?per_page=10&page={page}")) for page in (1, 2)]
    shifted = ids(chaos.get("/users?per_page=10&page=2", headers=fault("shift-page;rows=3")))
    assert shifted == [*whole[0][-3:], *whole[1][:7]]
    skipped = ids(chaos.get("/users?per_page=10&page=2", headers=fault("shift-page;rows=-2")))
    assert skipped[:8] == whole[1][2:]
    first = chaos.get("/users?per_page=10", headers=fault("shift-page"))
    assert ids(first) == whole[0]


def test_a_page_comes_twice(chaos: httpx.Client) -> None:
    """The second page holds the rows of the first, under its own number."""
    first = ids(chaos.get("/users?per_page=10&page=1"))
    again = chaos.get("/users?per_page=10&page=2", headers=fault("repeat-page"))
    assert (ids(again), again.json()["meta"]["page"]) == (first, 2)


def test_a_middle_page_is_empty_and_the_next_one_is_not(chaos: httpx.Client) -> None:
    """An empty page does not mean the end: its links lead on."""
    empty = chaos.get("/users?per_page=10&page=2", headers=fault("empty-page"))
    assert empty.json()["data"] == []
    assert len(ids(chaos.get(empty.links["next"]["url"]))) == 10


def test_a_cursor_leads_back_to_its_own_page(chaos: httpx.Client) -> None:
    """Following the cursor gives the same page again, for as long as the fault lasts."""
    first = chaos.get("/events", params={"limit": 2}).json()["meta"]
    asked = {"limit": "2", "after": first["next_cursor"]}
    looped = chaos.get("/events", params=asked, headers=fault("cursor-loop"))
    assert looped.json()["meta"]["next_cursor"] == first["next_cursor"]
    page = chaos.get("/users?per_page=10&page=3", headers=fault("cursor-loop"))
    assert httpx.URL(page.links["next"]["url"]).params["page"] == "3"


def test_faults_of_lists_are_for_lists_and_break_no_document(client: httpx.Client) -> None:
    """On the conformance port they work too; what is no list passes untouched."""
    assert client.get("/users?page=2", headers=fault("empty-page")).json()["data"] == []
    assert client.get("/users/user_000001", headers=fault("empty-page")).status_code == 200
    assert len(client.get("/users?page=2").json()["data"]) == 20


# --- latency -------------------------------------------------------------------------------------


def test_latency_is_drawn_and_moves_virtual_time(
    chaos: httpx.Client, mock_server: SessionServer
) -> None:
    """Ten answers take ten different times, and nobody waits for real."""
    mock_server.fault("delay", times=None, distribution="lognormal", seconds=60, p99=600)
    moments = []
    for _ in range(10):
        before = mock_server.clock.now()
        chaos.get("/users")
        moments.append(mock_server.clock.now() - before)
    assert len(set(moments)) == 10
    assert all(moment > 0 for moment in moments)


def test_latency_is_real_where_the_clock_is(serve, small, answers) -> None:
    """On a real clock the client waits: a timeout shorter than the delay is met."""
    document = small({"/a": {"get": {"responses": answers({"type": "object"})}}})
    server = serve(document, Options())
    slow = fault("delay;distribution=uniform;low=30;high=40")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{server.chaos_url}/a", headers=slow, timeout=0.2)


# --- bursts and storms ---------------------------------------------------------------------------


@pytest.mark.mock_fault("status", status=503, operation="users.list", times=3)
def test_a_burst_of_server_errors(chaos: httpx.Client) -> None:
    """So many answers fail one after the other, then all is well."""
    assert [chaos.get("/users").status_code for _ in range(4)] == [503, 503, 503, 200]


@pytest.mark.parametrize("form", FORMS[:-1])
def test_429_with_every_form_of_retry_after(
    chaos: httpx.Client, mock_server: SessionServer, form: str
) -> None:
    """Each form is sent as it is asked for, and nothing is put in its place."""
    asked = fault(f"status;status=429;retry-after=3;retry-after-form={form}")
    answer = chaos.get("/users", headers=asked)
    assert answer.status_code == 429
    now = mock_server.clock.now()
    expected = {
        "seconds": ("3", None),
        "fraction": ("3.000", None),
        "date": (format_http_date(now + 3), None),
        "ms": (None, "3000"),
        "past_date": (format_http_date(now - 3600), None),
        "garbage": ("in a moment", None),
        "huge": ("99999999999", None),
        "negative": ("-1", None),
        "missing": (None, None),
    }
    found = (answer.headers.get("retry-after"), answer.headers.get("retry-after-ms"))
    assert found == expected[form]


@pytest.mark.mock_fault("status", status=429, retry_after_form="each", times=9, port="chaos")
def test_a_storm_goes_through_the_forms(chaos: httpx.Client) -> None:
    """A stored fault with `each` sends one form after the other."""
    answers = [chaos.get("/users") for _ in range(9)]
    assert {answer.status_code for answer in answers} == {429}
    shown = {answer.headers.get("retry-after", "none") for answer in answers}
    assert {"1", "1.000", "in a moment", "99999999999", "-1", "none"} < shown


def test_forms_that_are_none_stay_off_the_conformance_port(client: httpx.Client) -> None:
    """There a date may come, and what no document has does nothing."""
    asked = "status;status=429;retry-after=3;retry-after-form="
    assert client.get("/users", headers=fault(asked + "garbage")).status_code == 200
    assert client.get("/users", headers=fault(asked + "seconds")).headers["retry-after"] == "3"


# --- every way to ask ---------------------------------------------------------------------------

SAMPLES: dict[str, dict[str, Any]] = {
    "status": {"status": 503},
    "delay": {"seconds": 5},
    "lose_response": {"how": "reset"},
    "reset": {"bytes": 50},
    "shift_page": {"rows": 2},
    "redirect": {"status": 302},
    "html": {"status": 200},
    "truncate": {"bytes": 10},
    "wrong_length": {"bytes": 10},
    "slow_headers": {"seconds": 0.01},
    "slow_body": {"seconds": 0.01},
}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stall"}))
def test_each_kind_is_asked_for_in_each_way(
    chaos: httpx.Client, control: httpx.Client, mock_server: SessionServer, kind: str
) -> None:
    """By the request's header, by the control interface and by the fixture (as by its mark)."""
    params = SAMPLES.get(kind, {})
    text = ";".join([kind.replace("_", "-"), *(f"{n}={v}" for n, v in params.items())])

    def ask(headers: dict[str, str] | None = None) -> None:
        with suppress(httpx.TransportError):
            chaos.get("/users?page=2", headers=headers)

    ask(fault(text))
    raw = {"kind": kind, "params": params, "match": {"operation": "users.list"}}
    assert control.post("/faults", json={"faults": [raw]}).status_code == 201
    ask()
    mock_server.fault(kind, **params)
    ask()
    ask()
    taken = [entry.faults for entry in mock_server.journal]
    assert taken == [["header"], ["fault_1"], ["fault_2"], []]


# --- profiles ------------------------------------------------------------------------------------


def outcomes(client: httpx.Client, count: int = 40) -> list[str]:
    """What became of so many requests: a status, or the kind of failure."""
    seen = []
    for _ in range(count):
        try:
            answer = client.get("/users?per_page=5")
        except httpx.TransportError:
            seen.append("cut")
            continue
        seen.append(str(answer.status_code))
    return seen


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_fails_the_same_way_for_the_same_seed(
    mock_server: SessionServer, client: httpx.Client, chaos: httpx.Client, profile: str
) -> None:
    """Some requests fail and some do not, twice the same; the conformance port stays well."""
    mock_server.chaos(profile)
    first = outcomes(chaos)
    mock_server.call(mock_server.session.reset)
    mock_server.chaos(profile)
    assert outcomes(chaos) == first
    assert "200" in first
    assert len(set(first)) > 1
    assert set(outcomes(client, 10)) == {"200"}
    taken = {name for entry in mock_server.journal for name in entry.faults}
    assert any(name.startswith(f"{profile}_") for name in taken)


@pytest.mark.mock_chaos("storm")
def test_a_mark_and_the_interface_set_a_profile(
    mock_server: SessionServer, control: httpx.Client
) -> None:
    """The mark begins it, the control interface tells and ends it, and a wrong name is refused."""
    assert control.get("/chaos").json()["profile"] == "storm"
    ended = control.put("/chaos", json={"profile": None}).json()
    assert (ended["profile"], ended["faults"]) == (None, [])
    assert set(ended["profiles"]) == set(PROFILES)
    assert control.put("/chaos", json={"profile": "calm"}).status_code == 400
    assert not mock_server.session.faulty


def test_the_server_can_begin_with_a_profile(mock_server_process: MockServer) -> None:
    """Every session, and every session after a reset, begins with the server's profile."""
    from specloom_mock.session import Session

    engine = mock_server_process.mock.engine
    session = Session("x", engine.plan, engine.schemas, Options(profile="flaky"))
    session.use_profile(None)
    session.reset()
    assert session.profile == "flaky"

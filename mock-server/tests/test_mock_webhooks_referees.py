"""What the mock sends, in the eyes of the Standard Webhooks packages (`nox -s prism`)."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from specloom_mock import MockServer

pytestmark = pytest.mark.prism

ROOT = Path(__file__).resolve().parents[2]
VERIFY = ROOT / "mock-server/webhooks-js/verify.mjs"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Inbox:
    """A receiver that keeps what comes."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], str]] = []
        self.arrived = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                with outer.arrived:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    outer.messages.append((headers, body))
                    outer.arrived.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def wait(self, count: int) -> tuple[dict[str, str], str]:
        """The message of that number, once it is there."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, timeout=30)
            return self.messages[count - 1]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A receiver on loopback."""
    found = Inbox()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def deliveries(inbox: Inbox) -> list[dict[str, Any]]:
    """Deliveries of a mock on real time: plain, after a rotation (both secrets), and tampered."""
    with (
        MockServer(ROOT / "openapi.yaml") as server,
        httpx.Client(base_url=server.base_url, headers=server.auth) as client,
        httpx.Client(base_url=f"{server.url}/__mock") as control,
    ):
        body = {"url": inbox.url, "events": ["user.created", "project.created"]}
        made = client.post("/webhook-endpoints", json=body).json()["data"]
        client.post("/users", json={"name": "Zoë", "email": "zoe@example.com"})
        first = inbox.wait(1)
        path = f"/webhook-endpoints/{made['id']}/rotate-secret"
        rotated = client.post(path).json()["data"]["secret"]
        client.post("/users", json={"name": "Ada", "email": "ada@example.com"})
        second = inbox.wait(2)
        sent = {"event": "user.created", "url": inbox.url, "faults": [{"kind": "tampered"}]}
        assert control.post("/webhooks/send", json={**sent, "secrets": [OTHER]}).status_code < 300
        third = inbox.wait(3)
    cases = [(made["secret"], first), (rotated, second), (made["secret"], second), (OTHER, first)]
    cases.append((OTHER, third))
    return [{"secret": key, "headers": headers, "body": body} for key, (headers, body) in cases]


VERDICTS = ["user.created", "user.created", "user.created", None, None]


def test_the_package_of_javascript_verifies_it(deliveries: list[dict[str, Any]]) -> None:
    """v1 signatures hold with either secret of a rotation; others and tampered bodies do not."""
    done = subprocess.run(
        ["node", str(VERIFY)],
        input=json.dumps(deliveries),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    verdicts = json.loads(done.stdout)
    assert [verdict.get("event") for verdict in verdicts] == VERDICTS
    assert {verdict.get("error") for verdict in verdicts} == {None, "No matching signature found"}


def test_the_package_of_python_verifies_it(deliveries: list[dict[str, Any]]) -> None:
    """The same deliveries, the same verdicts."""
    verdicts: list[str | None] = []
    for case in deliveries:
        try:
            found = Webhook(case["secret"]).verify(case["body"], case["headers"])
        except WebhookVerificationError:
            verdicts.append(None)
        else:
            verdicts.append(found["event"])
    assert verdicts == VERDICTS
